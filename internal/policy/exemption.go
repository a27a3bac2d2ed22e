package policy

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// addition is what an exemption names for pull requests, instead of a check.
const addition = "addition"

// longestExemption is in days, counted from the day of the run.
const longestExemption = 365

func (r *reader) exemption(path string, n *yaml.Node) {
	e := Exemption{Line: lineOf(n)}
	seen := r.object(path, n, []field{
		{"check", textInto(&e.Check, "the id of a check, or a pattern such as unused-*")},
		{"account", patternInto(&e.Account, accountPatternProblem)},
		{"user", patternInto(&e.User, userPatternProblem)},
		{"access-key", patternInto(&e.AccessKey, keyPatternProblem)},
		{"path", textInto(&e.Path, "a pattern of paths, such as infra/ses/*")},
		{"reason", textInto(&e.Reason, "why this may stay")},
		{"expires", dayInto(&e.Expires)},
	})
	r.require(seen, n, path, "check", e.Check, "the id of a check, or a pattern such as unused-*")
	r.require(seen, n, path, "reason", e.Reason, "why this may stay")
	if seen["expires"] == nil && n.Kind == yaml.MappingNode {
		r.fault(n, join(path, "expires"), "it is missing, write the last day, such as %s", r.lastDay().Format(time.DateOnly))
	}
	if e.Check != "" {
		r.exemptionSubject(path, e, seen)
	}
	r.policy.Exemptions = append(r.policy.Exemptions, e)
}

// exemptionSubject holds what an exemption names against what it can mean.
func (r *reader) exemptionSubject(path string, e Exemption, seen map[string]*yaml.Node) {
	at, p := seen["check"], join(path, "check")
	if e.Check == addition {
		if e.Path == "" {
			r.fault(at, join(path, "path"), "it is missing, write a pattern of paths, such as infra/ses/*: an addition is exempt by its path")
		}
		for _, f := range [...]struct{ name, value string }{{"account", e.Account}, {"user", e.User}, {"access-key", e.AccessKey}} {
			if f.value != "" && f.value != "*" {
				r.fault(seen[f.name], join(path, f.name), "an addition is exempt by its path alone, take it out")
			}
		}
		return
	}
	if e.Path != "" {
		r.fault(seen["path"], join(path, "path"), "only an addition has a path, write check: addition or take it out")
	}
	switch {
	case !strings.ContainsAny(e.Check, "*?"):
		if !slices.Contains(r.known, e.Check) {
			r.fault(at, p, "there is no check %s, %s", quote(e.Check), r.suggestExempt(e.Check))
		}
	case !slices.ContainsFunc(r.known, func(id string) bool { return Match(e.Check, id) }):
		r.fault(at, p, "no check matches %s, write a pattern such as unused-*", quote(e.Check))
	}
}

func (r *reader) suggestExempt(check string) string {
	if nearest(check, []string{addition}) != "" {
		return "write " + addition
	}
	return r.suggestCheck(check)
}

// lastDay is the last day that an exemption may have.
func (r *reader) lastDay() time.Time { return r.today.AddDate(0, 0, longestExemption) }

// dayInto reads the last day of an exemption.
func dayInto(into *time.Time) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		s, ok := r.text(path, n, "a day, such as "+r.lastDay().Format(time.DateOnly))
		if !ok {
			return
		}
		day, err := time.Parse(time.DateOnly, s)
		switch {
		case !looksLikeDay(s):
			r.fault(n, path, "%s is no day, write one such as %s", quote(s), r.lastDay().Format(time.DateOnly))
		case err != nil:
			r.fault(n, path, "there is no day %s, write one of the calendar", s)
		case day.After(r.lastDay()):
			r.fault(n, path, "%s is more than %d days ahead, write %s or an earlier day", s, longestExemption, r.lastDay().Format(time.DateOnly))
		default:
			*into = day
		}
	}
}

// looksLikeDay reports whether a text has the form of a day, 2027-02-30 included.
func looksLikeDay(s string) bool {
	if len(s) != len(time.DateOnly) {
		return false
	}
	for i := range len(s) {
		if digit := '0' <= s[i] && s[i] <= '9'; i == 4 || i == 7 {
			if s[i] != '-' {
				return false
			}
		} else if !digit {
			return false
		}
	}
	return true
}
