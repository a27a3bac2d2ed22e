package awscollect

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// Target is one account to read.
type Target struct {
	ID   string // 12 digits
	Name string // the organization's name; empty when it was not asked
	// Skip says why the account is left out; empty: it is read.
	Skip string
}

// Organization is the word that stands for all accounts of the organization.
const Organization = "organization"

var accountForm = regexp.MustCompile(`^\d{12}$`)

// Targets finds the accounts that a spec names: 12-digit ids, or the one word
// "organization", or nothing for the account of the first role. They come sorted by id,
// each once. It takes the first role, so that a fault of the whole set-up shows here and
// not account by account. Its errors are of type *Error.
func (c *Collector) Targets(ctx context.Context, spec []string) ([]Target, error) {
	named, all, err := c.Named(spec)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err // an answer can be quicker than the end of a run is noticed
	}
	if err := c.login(ctx); err != nil {
		return nil, err
	}
	c.shared.wanted = all
	switch {
	case all:
		return c.members(ctx)
	case len(named) > 0:
		return named, nil
	}
	home, err := c.homeAccount(ctx)
	if err != nil {
		return nil, err
	}
	return []Target{{ID: home}}, nil
}

// Named are the targets that a spec tells by itself, as Targets gives them, without any call. There
// are none where AWS has to be asked: about all of the organization, or who we are.
func (c *Collector) Named(spec []string) (targets []Target, all bool, err error) {
	ids, all, err := readSpec(spec)
	if err != nil || all {
		return nil, all, err
	}
	if home := c.homeKnown(); len(ids) == 0 && home != "" {
		ids = []string{home}
	}
	for _, id := range ids {
		targets = append(targets, Target{ID: id})
	}
	return targets, false, nil
}

// login gets the credentials that everything hangs on.
func (c *Collector) login(ctx context.Context) error {
	if c.aws.Credentials == nil {
		return noCredentials()
	}
	_, err := c.aws.Credentials.Retrieve(ctx)
	if err == nil {
		return nil
	}
	if f := describe(err); f.kind == kindOurs {
		return f.ours
	}
	if ctx.Err() != nil {
		return cancelled(ctx)
	}
	return noCredentials()
}

func noCredentials() *Error {
	return &Error{
		Code: CodeCredentials, Cause: "no AWS credentials were found",
		Hint: "set role-to-assume and give the job `permissions: id-token: write`, or give the SDK's default chain credentials",
	}
}

func readSpec(spec []string) (ids []string, all bool, err error) {
	for _, s := range spec {
		s = strings.TrimSpace(s)
		switch {
		case s == "":
		case s == Organization:
			all = true
		case accountForm.MatchString(s):
			ids = append(ids, s)
		default:
			return nil, false, badInput(fmt.Sprintf("accounts: %q is no account id", s), "write 12 digits, or the word organization")
		}
	}
	if all && len(ids) > 0 {
		return nil, false, badInput("accounts names single accounts and the organization", "write one or the other")
	}
	slices.Sort(ids)
	return slices.Compact(ids), all, nil
}

// members lists the accounts of the organization.
func (c *Collector) members(ctx context.Context) ([]Target, error) {
	var targets []Target
	seen := map[string]bool{}
	paths := map[string][]string{}
	in := &organizations.ListAccountsInput{}
	for {
		out, err := call(ctx, c.log, actListAccounts, c.org.ListAccounts, in)
		if err != nil {
			return nil, organizationError(err)
		}
		for _, a := range out.Accounts {
			if t := targetOf(a); accountForm.MatchString(t.ID) && !seen[t.ID] {
				seen[t.ID] = true
				targets = append(targets, t)
				if len(a.Paths) == 1 {
					paths[t.ID] = pathOf(a.Paths[0])
				}
			}
		}
		// A page may be empty and yet not the last.
		next := aws.ToString(out.NextToken)
		if next == "" {
			break
		}
		if next == aws.ToString(in.NextToken) {
			return nil, &Error{Code: CodeOrganization, Cause: "the list of the organization's accounts has no end", Hint: "look at AWS_ENDPOINT_URL and the proxy"}
		}
		in.NextToken = &next
	}
	if len(targets) == 0 {
		return nil, &Error{
			Code: CodeOrganization, Cause: "the organization's list of accounts is empty, which no organization's is",
			Hint: "let the first role be one of the management account or of a delegated administrator, or list the accounts",
		}
	}
	slices.SortFunc(targets, func(a, b Target) int { return cmp.Compare(a.ID, b.ID) })
	if !slices.ContainsFunc(targets, func(t Target) bool { return paths[t.ID] == nil }) {
		c.shared.paths = paths
	}
	return targets, nil
}

// targetOf reads State, which has taken the place of Status.
func targetOf(a types.Account) Target {
	t := Target{ID: aws.ToString(a.Id), Name: oneLine(aws.ToString(a.Name))}
	state := cmp.Or(string(a.State), string(a.Status))
	switch state {
	case "ACTIVE":
	case "":
		t.Skip = "the organization does not say that the account is active"
	default:
		t.Skip = "the account is not active: " + strings.ToLower(strings.ReplaceAll(oneLine(state), "_", " "))
	}
	return t
}

func organizationError(err error) *Error {
	f := describe(err)
	e := &Error{Code: CodeOrganization, Cause: "the accounts of the organization could not be listed: " + f.cause()}
	switch {
	case f.kind == kindOurs:
		return f.ours
	case f.code == "AWSOrganizationsNotInUseException":
		e.Code, e.Cause, e.Hint = CodeOutside, "the account of the first role is in no organization", "list the accounts, or leave accounts empty for this one"
	case f.kind == kindRefused:
		e.Code, e.Denial = CodeRefused, f.denial()
		// This is what AWS answers to a member account that its policy lets ask.
		if strings.Contains(f.message, "have permissions to access this resource") {
			e.Code, e.Cause = CodeMember, "the account of the first role is a member of the organization that may not list the others"
		}
		e.Hint = "the first role must be in the management account or a delegated administrator's and may call organizations:ListAccounts; or list the accounts"
	default:
		if k := known(f); k != nil {
			k.Cause = "the accounts of the organization could not be listed: " + k.Cause
			return k.with(err)
		}
	}
	return e
}
