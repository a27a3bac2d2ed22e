package orgpolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxLength is how many characters a service control policy may have.
const MaxLength = 10240

// Policy is a service control policy, parsed: of its statements those that speak of making users and
// their credentials.
type Policy struct {
	// ID is as Organizations gives it: p-…. Name is people's.
	ID, Name string
	// Fault says why the document could not be read; empty: it was. Such a policy leaves undecided
	// whatever it might have decided.
	Fault string

	allow, deny [len(actions)][]*statement
	sids        []string
}

// statement is one statement of a policy, as much of it as is judged here.
type statement struct {
	Sid         string
	Effect      string
	Action      words
	NotAction   words
	Resource    words
	NotResource words
	Condition   map[string]map[string]words

	conditions []condition
}

// words is a string or a list of strings in JSON; nil when the element is absent.
type words []string

// UnmarshalJSON takes both forms. In conditions numbers and truth values stand for their text.
func (w *words) UnmarshalJSON(data []byte) error {
	var one any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&one); err != nil {
		return err
	}
	list, ok := one.([]any)
	if !ok {
		list = []any{one}
	}
	out := words{}
	for _, v := range list {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		case bool:
			out = append(out, fmt.Sprint(v))
		default:
			return errors.New("a text or a list of texts was expected")
		}
	}
	*w = out
	return nil
}

// Parse reads the document of a service control policy. It always returns a policy: one that
// could not be read carries its fault, and the accounts under it are not assessed for what it
// might have decided.
func Parse(id, name, document string) *Policy {
	p := &Policy{ID: id, Name: name}
	statements, err := parse(document)
	if err != nil {
		p.Fault = err.Error()
		return p
	}
	for _, s := range statements {
		p.sids = append(p.sids, s.Sid)
		for i, a := range actions {
			if !s.speaksOf(a) {
				continue
			}
			if s.Effect == "Deny" {
				p.deny[i] = append(p.deny[i], s)
			} else {
				p.allow[i] = append(p.allow[i], s)
			}
		}
	}
	return p
}

func parse(document string) ([]*statement, error) {
	document = strings.TrimPrefix(document, "\ufeff")
	if n := utf8.RuneCountInString(document); n > MaxLength {
		return nil, fmt.Errorf("it has %d characters, a service control policy has %d at most", n, MaxLength)
	}
	if !utf8.ValidString(document) {
		return nil, errors.New("it is no text")
	}
	if err := walk(json.NewDecoder(strings.NewReader(document))); err != nil {
		return nil, err
	}
	var doc struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := strictly([]byte(document), &doc); err != nil {
		return nil, err
	}
	if doc.Version != "" && doc.Version != "2012-10-17" && doc.Version != "2008-10-17" {
		return nil, fmt.Errorf("its version is %.20q", doc.Version)
	}
	raw, err := statementList(doc.Statement)
	if err != nil {
		return nil, err
	}
	list := make([]*statement, len(raw))
	for i := range raw {
		list[i] = &statement{}
		if err := strictly(raw[i], list[i]); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		if err := list[i].check(); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return list, nil
}

// statementList takes a list of statements, or one that stands without a list around it.
func statementList(raw json.RawMessage) ([]json.RawMessage, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, errors.New("it has no statement")
	case raw[0] == '{':
		return []json.RawMessage{raw}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, errors.New("its statements are no list")
	}
	if len(list) == 0 {
		return nil, errors.New("it has no statement")
	}
	return list, nil
}

// strictly decodes, and knows no other fields than those of the struct.
func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("it is no policy (%.200s)", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// elements are the names that a policy may hold above its conditions. A JSON decoder would take them in
// any case of letters, and of two that are the same it would take the last.
var elements = []string{
	"Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

// deepest is how far a policy is nested: document, list, statement, conditions, operator, values.
const deepest = 6

// walk looks at the whole document for what a decoder lets pass: names that stand twice, names in other
// letters, text after the end.
func walk(d *json.Decoder) error {
	d.UseNumber()
	if err := value(d, 0, ""); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind its end")
	}
	return nil
}

// value walks one value; in is the name of the condition element above it, or empty.
func value(d *json.Decoder, depth int, in string) error {
	t, err := d.Token()
	if err != nil {
		return fmt.Errorf("it is no JSON (%.200s)", err.Error())
	}
	open, ok := t.(json.Delim)
	switch {
	case !ok && depth == 0, open == '[' && depth == 0:
		return errors.New("it is no JSON object")
	case !ok:
		return nil
	case depth >= deepest:
		return errors.New("it is nested too deep")
	}
	seen := map[string]bool{}
	for d.More() {
		below := in
		if open == '{' {
			name, err := member(d, seen, in)
			if err != nil {
				return err
			}
			if name == "Condition" {
				below = name
			}
		}
		if err := value(d, depth+1, below); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("it is no JSON (%.200s)", err.Error())
	}
	return nil
}

// member reads the name of a member.
func member(d *json.Decoder, seen map[string]bool, in string) (string, error) {
	t, err := d.Token()
	if err != nil {
		return "", fmt.Errorf("it is no JSON (%.200s)", err.Error())
	}
	name, _ := t.(string)
	key := name
	if in != "" {
		key = strings.ToLower(name)
	} else if !slices.Contains(elements, name) {
		return "", fmt.Errorf("%.60q is no element of a service control policy", name)
	}
	if seen[key] {
		return "", fmt.Errorf("%.60q stands there twice", name)
	}
	seen[key] = true
	return name, nil
}

func (s *statement) check() error {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return errors.New("its effect is neither Allow nor Deny")
	case (s.Action == nil) == (s.NotAction == nil):
		return errors.New("it has not one of Action and NotAction")
	case (s.Resource == nil) == (s.NotResource == nil):
		return errors.New("it has not one of Resource and NotResource")
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			c, err := newCondition(operator, key, values)
			if err != nil {
				return err
			}
			s.conditions = append(s.conditions, c)
		}
	}
	slices.SortFunc(s.conditions, condition.compare)
	return nil
}
