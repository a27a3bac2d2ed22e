package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Owner names who owns what belongs to an account and, where there is one, a user: the
// first owner rule that matches, or else the owner tag of the user, or else the owner of the
// account. The user's name is empty for the account itself. Rule says in a few words
// which of them decided, "owners rule 2", "tag owner", "account 111122223333"; all three
// results are empty when none did. The owner of a tag is text from AWS.
func (p *Policy) Owner(accountID, userName string, tags map[string]string) (owner string, assignees []string, rule string) {
	for i, r := range p.Owners {
		if MatchOrEmpty(r.Account, accountID) && MatchOrEmpty(r.User, userName) {
			return r.Owner, slices.Clone(r.Assignees), fmt.Sprintf("owners rule %d", i+1)
		}
	}
	if name := tagValue(tags, p.OwnerTag); name != "" {
		return name, nil, "tag " + p.OwnerTag
	}
	if name := p.Accounts[accountID].Owner; name != "" {
		return name, nil, "account " + accountID
	}
	return "", nil, ""
}

// Exempt finds the exemption that silences a check for an account and, where there are any, a user
// and an access key; what there is not is empty. Of several that hold at now it is the
// one that holds longest, and of equals the first in the file.
func (p *Policy) Exempt(check, accountID, user, keyID string, now time.Time) (Exemption, bool) {
	var found Exemption
	ok := false
	for _, e := range p.Exemptions {
		if e.Path != "" || !Match(e.Check, check) || !e.Holds(now) {
			continue
		}
		if !MatchOrEmpty(e.Account, accountID) || !MatchOrEmpty(e.User, user) || !MatchOrEmpty(e.AccessKey, keyID) {
			continue
		}
		if !ok || e.Expires.After(found.Expires) {
			found, ok = e, true
		}
	}
	return found, ok
}

// ExemptAddition finds the exemption under which a change may add credentials at a path. Of several that hold
// at now it is the one that holds longest, and of equals the first in the file.
func (p *Policy) ExemptAddition(path string, now time.Time) (Exemption, bool) {
	var found Exemption
	ok := false
	for _, e := range p.Exemptions {
		if e.Check != addition || e.Path == "" || !Match(e.Path, path) || !e.Holds(now) {
			continue
		}
		if !ok || e.Expires.After(found.Expires) {
			found, ok = e, true
		}
	}
	return found, ok
}

// IsBreakGlass reports whether the user of an ARN is kept for emergencies.
func (p *Policy) IsBreakGlass(arn string) bool {
	return slices.ContainsFunc(p.BreakGlass, func(pattern string) bool { return Match(pattern, arn) })
}

// IsPerson reports whether a user is a person by name or tag, and by which of them.
func (p *Policy) IsPerson(userName string, tags map[string]string) (is bool, why string) {
	return marked(p.People.Users, p.People.Tag, userName, tags)
}

// IsContractor reports whether a user belongs to a third party, and by what one can tell.
func (p *Policy) IsContractor(userName string, tags map[string]string) (is bool, why string) {
	return marked(p.Contractors.Users, p.Contractors.Tag, userName, tags)
}

// marked reports whether a name matches a pattern, or else a tag says yes.
func marked(patterns []string, tag, userName string, tags map[string]string) (bool, string) {
	for _, pattern := range patterns {
		if Match(pattern, userName) {
			return true, fmt.Sprintf("its name matches %q", pattern)
		}
	}
	if yes(tagValue(tags, tag)) {
		return true, "it has the tag " + tag
	}
	return false, ""
}

// yes reports whether the value of a tag is anything but an empty text or a word for no.
func yes(value string) bool {
	return !slices.Contains([]string{"", "false", "no", "0"}, strings.ToLower(value))
}

// tagValue is the value of a tag without blanks around it. IAM takes tags that differ in
// case alone for one tag, so "Owner" answers for "owner" too.
func tagValue(tags map[string]string, name string) string {
	if name == "" || len(tags) == 0 {
		return ""
	}
	if v, ok := tags[name]; ok {
		return strings.TrimSpace(v)
	}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if strings.EqualFold(k, name) {
			return strings.TrimSpace(tags[k])
		}
	}
	return ""
}
