package awscollect

import (
	"bytes"
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readStacks reads the stacks that exist: their parameters, outputs and templates, and which keys
// those that declare AWS::IAM::AccessKey have made. Nested stacks are listed like all others.
var readStacks = reader{
	service: &service{name: "cloudformation", id: "CloudFormation", version: "2010-05-15"},
	actions: []action{actStacks, actTemplate, actStackResources},
	read: func(ctx context.Context, r *region) error {
		var stacks []stack
		err := paged(func(token string) (string, error) {
			var page stacksPage
			if err := r.query(ctx, actStacks, withToken(url.Values{}, token), &page); err != nil {
				return "", err
			}
			for _, s := range page.Stacks {
				if s.Status != "DELETE_COMPLETE" {
					stacks = append(stacks, s)
				}
			}
			return page.NextToken, nil
		})
		r.stacks(ctx, stacks)
		return err
	},
	try: func(ctx context.Context, r *region) {
		_ = r.query(ctx, actStacks, url.Values{"StackName": {nobody}}, &stacksPage{})
		_ = r.query(ctx, actTemplate, url.Values{"StackName": {nobody}}, &templatePage{})
		_ = r.query(ctx, actStackResources, url.Values{"StackName": {nobody}}, &stackResourcesPage{})
	},
}

// templatesAtMost bounds the templates that are read in one region: one request each.
const templatesAtMost = 500

// The answers, as far as they are read.
type (
	stacksPage struct {
		NextToken string  `xml:"DescribeStacksResult>NextToken"`
		Stacks    []stack `xml:"DescribeStacksResult>Stacks>member"`
	}
	stack struct {
		ID           string   `xml:"StackId"`
		Name         string   `xml:"StackName"`
		Status       string   `xml:"StackStatus"`
		Capabilities []string `xml:"Capabilities>member"`
		Parameters   []struct {
			Key      string `xml:"ParameterKey"`
			Value    string `xml:"ParameterValue"`
			Resolved string `xml:"ResolvedValue"`
		} `xml:"Parameters>member"`
		Outputs []struct {
			Key   string `xml:"OutputKey"`
			Value string `xml:"OutputValue"`
		} `xml:"Outputs>member"`
	}
	templatePage struct {
		Body string `xml:"GetTemplateResult>TemplateBody"`
	}
	stackResourcesPage struct {
		NextToken string `xml:"ListStackResourcesResult>NextToken"`
		Resources []struct {
			Logical  string `xml:"LogicalResourceId"`
			Physical string `xml:"PhysicalResourceId"`
			Type     string `xml:"ResourceType"`
			Status   string `xml:"ResourceStatus"`
		} `xml:"ListStackResourcesResult>StackResourceSummaries>member"`
	}
)

// makesIdentities reports whether the stack was allowed to make users and keys: without that it has none.
func (s *stack) makesIdentities() bool {
	return slices.ContainsFunc(s.Capabilities, func(c string) bool { return strings.HasSuffix(c, "_IAM") })
}

// stacks reads each stack. Where there are more than templates may be read, those come first that may
// make keys. After a failure, which is told, what the other templates hold is not known.
func (r *region) stacks(ctx context.Context, stacks []stack) {
	rank := func(s stack) int {
		if s.makesIdentities() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(stacks, func(a, b stack) int { return rank(a) - rank(b) })
	if len(stacks) > templatesAtMost {
		r.miss(inventory.FactComputeKeys, actTemplate, &Error{Code: CodeFault, Cause: "the region has more stacks than templates are read, which is 500"})
	}
	begun := make([]bool, len(stacks))
	failed := r.each(len(stacks), func(i int) error {
		s := &stacks[i]
		begun[i] = true
		if i >= templatesAtMost || s.Status == "REVIEW_IN_PROGRESS" { // which has no template yet
			r.stack(s, nil, nil)
			return nil
		}
		template, made, err := r.templateOf(ctx, s)
		r.stack(s, template, made)
		return err
	})
	if failed == nil {
		return
	}
	r.miss(inventory.FactComputeKeys, actTemplate, failed)
	for i := range stacks {
		if !begun[i] {
			r.stack(&stacks[i], nil, nil)
		}
	}
}

// templateOf is the template of a stack and, if that declares keys, those that the stack has made. A
// stack that is gone by then has neither.
func (r *region) templateOf(ctx context.Context, s *stack) (template []byte, made []hit, err error) {
	var page templatePage
	err = r.query(ctx, actTemplate, url.Values{"StackName": {s.ID}}, &page)
	if err != nil {
		if goneAs(err, "ValidationError", "does not exist") {
			return nil, nil, nil
		}
		return nil, nil, err
	}
	template = []byte(page.Body)
	if bytes.Contains(template, []byte(keyType)) {
		made, err = r.keysOf(ctx, s)
	}
	return template, made, err
}

// keyType is what a template calls an access key.
const keyType = "AWS::IAM::AccessKey"

// keyIDForm is the id of a long-term key, where AWS itself names one.
var keyIDForm = regexp.MustCompile(`^AKIA[A-Z0-9]{12,124}$`)

// keysOf are the keys that a stack has made: a template may name the type and make none.
func (r *region) keysOf(ctx context.Context, s *stack) ([]hit, error) {
	var out []hit
	err := paged(func(token string) (string, error) {
		var page stackResourcesPage
		if err := r.query(ctx, actStackResources, withToken(url.Values{"StackName": {s.ID}}, token), &page); err != nil {
			return "", err
		}
		for _, x := range page.Resources {
			if x.Type != keyType || x.Status == "DELETE_COMPLETE" || x.Physical == "" {
				continue
			}
			k := inventory.ComputeKey{Where: inventory.InStack, Variable: showable(x.Logical)}
			if keyIDForm.MatchString(x.Physical) {
				k.KeyID = x.Physical
			}
			out = append(out, hit{ComputeKey: k})
		}
		return page.NextToken, nil
	})
	return out, err
}

// stack keeps what was found in one stack.
func (r *region) stack(s *stack, template []byte, made []hit) {
	var h haystack
	for _, p := range s.Parameters {
		h.variable(inventory.InParameter, "", p.Key, p.Value)
		if p.Resolved != "" {
			h.variable(inventory.InParameter, "", p.Key, p.Resolved)
		}
	}
	for _, o := range s.Outputs {
		h.variable(inventory.InOutput, "", o.Key, o.Value)
	}
	if template != nil {
		h.passage(inventory.InTemplate, "", template)
	}
	r.found(inventory.Resource{ARN: s.ID, Name: s.Name}, append(r.keysIn(&h), made...))
}
