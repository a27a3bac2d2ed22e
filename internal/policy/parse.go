package policy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// largest bounds a policy file. One that names 5,000 accounts has half of it.
const largest = 1 << 20

// ParseOptions is what a policy file is held against.
type ParseOptions struct {
	// KnownChecks are the ids of all checks there are.
	KnownChecks []string
	// Now is the time of the run: no exemption may end more than 365 days after its day, in UTC.
	Now time.Time
}

// Parse reads a policy file; file is its name, for messages alone. What the file leaves
// out is as in Default, and an empty file is Default. The error is Faults: all that is
// wrong, each with its line. An exemption that has ended is no fault.
func Parse(file string, data []byte, o ParseOptions) (*Policy, error) {
	y, m, d := o.Now.UTC().Date()
	r := &reader{
		file: file, lines: lineCount(data), known: o.KnownChecks,
		today: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), policy: Default(),
	}
	if doc := r.load(data); doc != nil {
		r.document(doc)
	}
	if len(r.faults) > 0 {
		slices.SortStableFunc(r.faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
		return nil, r.faults
	}
	return r.policy, nil
}

// load gives the one node of the file's one document, nil when there is nothing to read.
func (r *reader) load(data []byte) *yaml.Node {
	if len(data) > largest {
		r.faultAt(1, "file", "it has %d bytes, write one of at most %d", len(data), largest)
		return nil
	}
	if line, what := unreadable(data); what != "" {
		r.faultAt(line, "file", "%s", what)
		return nil
	}
	// Double keys are looked for here, so that they hide no other fault.
	in, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false))
	if err != nil {
		r.faultAt(1, "file", "it cannot be read (%v)", err)
		return nil
	}
	first, err := next(in)
	if err == nil && first != nil {
		var second *yaml.Node
		if second, err = next(in); second != nil {
			r.fault(second, "file", "a second document begins here, write one document without ---")
		}
	}
	if err != nil {
		line, what := syntaxFault(err, data)
		r.faultAt(line, "syntax", "%s", what)
		return nil
	}
	if first == nil || len(first.Content) == 0 || isNull(first.Content[0]) {
		return nil
	}
	return first.Content[0]
}

// next reads a document, nil at the end of the file.
func next(in *yaml.Loader) (*yaml.Node, error) {
	var doc yaml.Node
	err := in.Load(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &doc, nil
}

// field is one thing that can stand in a mapping.
type field struct {
	name string
	read func(r *reader, path string, n *yaml.Node)
}

// The fields of the file, in the order in which a message lists them.
func (r *reader) document(n *yaml.Node) {
	p := r.policy
	seen := r.object("", n, []field{
		{"version", (*reader).version},
		{"thresholds", (*reader).thresholds},
		{"checks", (*reader).checks},
		{"accounts", (*reader).accounts},
		{"owners", each("owner rules", (*reader).ownerRule)},
		{"owner-tag", textInto(&p.OwnerTag, "the name of a tag")},
		{"exemptions", each("exemptions", (*reader).exemption)},
		{"break-glass", each("ARN patterns of users", (*reader).breakGlass)},
		{"people", (*reader).people},
		{"contractors", (*reader).contractors},
		{"trusted-accounts", each("account ids", (*reader).trustedAccount)},
		{"repositories", each("repositories", (*reader).repository)},
	})
	if _, ok := seen["version"]; !ok && n.Kind == yaml.MappingNode {
		r.fault(n, "version", "it is missing, write version: 1 as the first line")
	}
}

func (r *reader) version(path string, n *yaml.Node) {
	if v, ok := r.whole(path, n, "the number 1"); ok && v != 1 {
		r.fault(n, path, "version %d is not known here, write version: 1", v)
	}
}

func (r *reader) thresholds(path string, n *yaml.Node) {
	t := &r.policy.Thresholds
	r.object(path, n, []field{
		{"unused-days", daysInto(&t.UnusedDays, 1, 3650)},
		{"max-key-age-days", daysInto(&t.MaxKeyAgeDays, 1, 3650)},
		{"rotation-overlap-days", daysInto(&t.RotationOverlapDays, 0, 365)},
		{"grace-days", daysInto(&t.GraceDays, 0, 365)},
	})
}

func (r *reader) checks(path string, n *yaml.Node) {
	r.pairs(path, n, "a mapping of checks by their ids", func(id string, k, v *yaml.Node) {
		at := join(path, id)
		if !slices.Contains(r.known, id) {
			r.fault(k, at, "there is no such check, %s", r.suggestCheck(id))
		}
		s := CheckSetting{}
		enabled := true
		r.object(at, v, []field{
			{"enabled", boolInto(&enabled)},
			{"severity", wordInto(&s.Severity, "critical", "high", "medium", "low")},
		})
		s.Disabled = !enabled
		r.policy.Checks[id] = s
	})
}

func (r *reader) accounts(path string, n *yaml.Node) {
	r.pairs(path, n, "a mapping of accounts by their ids", func(id string, k, v *yaml.Node) {
		at := join(path, id)
		if problem := accountIDProblem(id); problem != "" {
			r.fault(k, at, "%s", problem)
		}
		s := AccountSetting{}
		r.object(at, v, []field{
			{"name", textInto(&s.Name, "the name of the account")},
			{"environment", wordInto(&s.Environment, "production", "non-production")},
			{"owner", textInto(&s.Owner, "the name of the owner")},
		})
		r.policy.Accounts[id] = s
	})
}

func (r *reader) ownerRule(path string, n *yaml.Node) {
	o := OwnerRule{}
	seen := r.object(path, n, []field{
		{"account", patternInto(&o.Account, accountPatternProblem)},
		{"user", patternInto(&o.User, userPatternProblem)},
		{"owner", textInto(&o.Owner, "the name of the owner")},
		{"assignees", each("GitHub logins", func(r *reader, path string, n *yaml.Node) {
			if s, ok := r.pattern(path, n, loginProblem); ok {
				o.Assignees = append(o.Assignees, s)
			}
		})},
	})
	r.require(seen, n, path, "owner", o.Owner, "the name of the owner of what the rule matches")
	if len(o.Assignees) > mostAssignees {
		r.fault(seen["assignees"], join(path, "assignees"), "there are %d, write at most %d: an issue takes no more", len(o.Assignees), mostAssignees)
	}
	r.policy.Owners = append(r.policy.Owners, o)
}

// mostAssignees is how many assignees GitHub takes for an issue.
const mostAssignees = 10

func (r *reader) breakGlass(path string, n *yaml.Node) {
	if s, ok := r.pattern(path, n, userARNProblem); ok {
		r.policy.BreakGlass = append(r.policy.BreakGlass, s)
	}
}

func (r *reader) people(path string, n *yaml.Node) {
	p := &r.policy.People
	r.object(path, n, []field{
		{"users", userPatterns(&p.Users)},
		{"tag", textInto(&p.Tag, "the name of a tag")},
		{"roster", textInto(&p.Roster, "the path of the roster file")},
	})
}

func (r *reader) contractors(path string, n *yaml.Node) {
	c := &r.policy.Contractors
	r.object(path, n, []field{
		{"users", userPatterns(&c.Users)},
		{"tag", textInto(&c.Tag, "the name of a tag")},
	})
}

func userPatterns(into *[]string) func(*reader, string, *yaml.Node) {
	return each("patterns of user names", func(r *reader, path string, n *yaml.Node) {
		if s, ok := r.pattern(path, n, userPatternProblem); ok {
			*into = append(*into, s)
		}
	})
}

func (r *reader) trustedAccount(path string, n *yaml.Node) {
	if s, ok := r.pattern(path, n, accountIDProblem); ok {
		r.policy.TrustedAccounts = append(r.policy.TrustedAccounts, s)
	}
}

func (r *reader) repository(path string, n *yaml.Node) {
	if s, ok := r.pattern(path, n, repositoryProblem); ok {
		r.policy.Repositories = append(r.policy.Repositories, s)
	}
}

// suggestCheck says what to write for a check that does not exist.
func (r *reader) suggestCheck(id string) string {
	if near := nearest(id, r.known); near != "" {
		return "write " + near
	}
	return fmt.Sprintf("write one of the ids that %q lists", "keysweep checks")
}
