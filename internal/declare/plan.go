package declare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const planForm = "terraform-plan"

// ReadPlan returns the changes that a plan makes, as `terraform show -json PLAN` writes it. path is what
// the rows name as their file. Of the plan only resource_changes counts: planned_values also holds
// what is forgotten, prior_state what is only read. Any version of the format is taken.
func ReadPlan(path string, data []byte) ([]Change, error) {
	text, ok := decodeText(data)
	if !ok {
		return nil, fmt.Errorf("%q is not a plan in JSON", path)
	}
	p := &planReader{path: path, data: text, line: 1, dec: json.NewDecoder(bytes.NewReader(text))}
	if err := p.read(); err != nil {
		return nil, fmt.Errorf("reading the plan %q: %w", path, err)
	}
	rows := append(Compare(p.base, p.head), p.replaced...)
	slices.SortFunc(rows, compareChanges)
	return rows, nil
}

type planReader struct {
	path string
	data []byte
	dec  *json.Decoder
	line int // of the offset that was counted last
	at   int64

	base, head Extraction
	replaced   []Change
}

// planChange is what is read of one element of resource_changes.
type planChange struct {
	Address  string `json:"address"`
	Previous string `json:"previous_address"`
	Mode     string `json:"mode"`
	Type     string `json:"type"`
	Deposed  string `json:"deposed"`
	Change   struct {
		Actions   []string        `json:"actions"`
		Before    planValues      `json:"before"`
		After     planValues      `json:"after"`
		Importing json.RawMessage `json:"importing"`
	} `json:"change"`
}

// planValues are the arguments that are looked at. What is not known until it is applied is empty.
type planValues struct {
	Name, User, UserName, Username, Status, TemplateBody string
	LoginProfile                                         bool
}

// UnmarshalJSON takes strings alone: other types of other resources are no matter of ours.
func (v *planValues) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil || fields == nil {
		return nil
	}
	for name, to := range map[string]*string{
		"name": &v.Name, "user": &v.User, "user_name": &v.UserName, "username": &v.Username,
		"status": &v.Status, "template_body": &v.TemplateBody,
	} {
		var s string
		if json.Unmarshal(fields[name], &s) == nil {
			*to = s
		}
	}
	profile := string(bytes.TrimSpace(fields["login_profile"]))
	v.LoginProfile = profile != "" && profile != "null" && profile != "[]"
	return nil
}

func (v planValues) get(argument string) string {
	switch argument {
	case "name":
		return v.Name
	case "user":
		return v.User
	case "user_name":
		return v.UserName
	case "username":
		return v.Username
	}
	return ""
}

var errNoPlan = errors.New("it holds no plan")

// read goes through the top of the document; only the changes are decoded.
func (p *planReader) read() error {
	if t, err := p.dec.Token(); err != nil {
		return fmt.Errorf("it is no JSON: %w", err)
	} else if t != json.Delim('{') {
		return errNoPlan
	}
	isPlan := false
	for p.dec.More() {
		key, err := p.dec.Token()
		if err != nil {
			return err
		}
		switch key {
		case "resource_changes":
			isPlan = true
			err = p.changes()
		case "planned_values", "configuration", "prior_state":
			isPlan = true
			err = p.skip()
		case "@level", "@message":
			return fmt.Errorf("it is the log of terraform plan -json: %w", errNoPlan)
		default:
			err = p.skip()
		}
		if err != nil {
			return err
		}
	}
	if _, err := p.dec.Token(); err != nil {
		return err
	}
	if !isPlan {
		return errNoPlan
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands after its end")
	}
	return nil
}

// skip passes over one value without keeping it.
func (p *planReader) skip() error {
	for depth := 0; ; {
		t, err := p.dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func (p *planReader) changes() error {
	t, err := p.dec.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('[') {
		return errors.New("resource_changes is no list")
	}
	for p.dec.More() {
		var c planChange
		line := p.lineOf(p.dec.InputOffset())
		if err := p.dec.Decode(&c); err != nil {
			return err
		}
		p.change(c, line)
	}
	_, err = p.dec.Token()
	return err
}

// lineOf counts the lines up to where the next value begins.
func (p *planReader) lineOf(offset int64) int {
	end := offset
	for end < int64(len(p.data)) && strings.IndexByte(", \t\r\n", p.data[end]) >= 0 {
		end++
	}
	p.line += bytes.Count(p.data[p.at:end], []byte{'\n'})
	p.at = end
	return p.line
}

// change sorts one resource into what was there and what will be.
func (p *planReader) change(c planChange, line int) {
	t, ours := resourceTypes[c.Type]
	if !ours || c.Mode == "data" || c.Deposed != "" || slices.Contains(c.Change.Actions, "read") {
		return
	}
	importing := len(c.Change.Importing) > 0 && string(c.Change.Importing) != "null"
	creates, deletes := slices.Contains(c.Change.Actions, "create"), slices.Contains(c.Change.Actions, "delete")
	forgets := slices.Contains(c.Change.Actions, "forget")
	was := !importing && !forgets && (deletes || !creates)
	will := creates || !deletes && !forgets
	address := c.Address
	if c.Previous != "" {
		address = c.Previous
	}
	if was {
		p.base.Declarations = append(p.base.Declarations, p.declare(t, c, address, c.Change.Before, line)...)
	}
	if will {
		ds := p.declare(t, c, c.Address, c.Change.After, line)
		for n := range ds {
			ds[n].Imported = importing
			if c.Previous != "" {
				ds[n].MovedFrom = []string{strings.Replace(ds[n].Address, c.Address, c.Previous, 1)}
			}
			if creates && deletes {
				p.replace(ds[n], c)
			}
		}
		p.head.Declarations = append(p.head.Declarations, ds...)
	}
}

// replace makes the row of what is destroyed and made anew at one address.
func (p *planReader) replace(d Declaration, c planChange) {
	if d.Inactive {
		return
	}
	change := Replaced
	before := c.Change.Before.get(resourceTypes[c.Type].owner)
	if d.Kind == AccessKey && (d.Owner == "" || d.Owner == before) {
		change = Rotated
	}
	p.replaced = append(p.replaced, Change{
		Change: change, Kind: d.Kind, Form: d.Form, Address: d.Address, Name: d.Name, Path: d.Path, Line: d.Line,
		Count: 1, Confidence: Certain, Why: "the plan destroys it and makes it anew",
	})
}

// declare returns what one resource makes with some values.
func (p *planReader) declare(t resourceType, c planChange, address string, v planValues, line int) []Declaration {
	if t.template {
		return p.template(address, v.TemplateBody, line)
	}
	d := Declaration{
		Kind: t.kind, Form: planForm, Address: address, Name: v.get(t.name + t.owner), Path: p.path, Line: line,
		Count: 1, Confidence: Certain, Why: "the plan has it: resource " + c.Type,
		Inactive: t.inactive && strings.EqualFold(v.Status, "Inactive"),
	}
	if t.kind != User {
		d.Owner = d.Name
		return []Declaration{d}
	}
	ds := []Declaration{d}
	if c.Type == "awscc_iam_user" && v.LoginProfile {
		d.Kind, d.Owner, d.Address = LoginProfile, d.Name, address+".login_profile"
		ds = append(ds, d)
	}
	return ds
}

// template reads the CloudFormation template of a stack.
func (p *planReader) template(address, body string, line int) []Declaration {
	if !strings.Contains(body, "AWS::IAM::") {
		return nil
	}
	r := newReading(emptyTree{}, Scope{})
	extractCloudFormationText(r, p.path, line, "", address+".", []byte(body))
	for n := range r.out.Declarations {
		r.out.Declarations[n].Line = line
	}
	return r.out.Declarations
}

// emptyTree is a state that holds no files.
type emptyTree struct{}

func (emptyTree) List(string) ([]Entry, error) { return nil, nil }
func (emptyTree) Read(string) ([]byte, error)  { return nil, errNoPlan }
