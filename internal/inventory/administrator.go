package inventory

import (
	"cmp"
	"slices"
	"strings"
)

// Grants is everything that decides what a user may do in its account.
type Grants struct {
	// UserARN says in which account resources are judged.
	UserARN string
	// Policies act on the user: attached, inline, or through a group. In any order.
	Policies []Grant
	// Boundary is the permissions boundary; the zero Grant is none.
	Boundary Grant
}

// Grant is one policy.
type Grant struct {
	Name string
	ARN  string // empty for an inline policy
	// Document is the policy's JSON, no longer URL-encoded (see DecodeDocument). It may be
	// empty for a policy that AWS manages, which is then known by its name.
	Document string
	Via      string // the group it comes through; empty when it is on the user itself
}

// Administrator says why a user is administrator-like, "AdministratorAccess through group
// admins", or "" when it is not: the managed policies AdministratorAccess and
// IAMFullAccess, or an Allow of * or iam:* on every resource. Conditions of an Allow are not
// looked at. A Deny of all of that, on every resource and without a condition, takes
// it away, and so does a permissions boundary that does not allow it. Of several reasons
// it gives one, always the same whatever the order of the policies.
//
// In unreadable are the names, sorted, of policies whose document is missing or is no
// policy. They grant and deny nothing here; where there is one, whether the user is
// administrator-like is not known. An unread boundary is not taken to cap, and the
// reason says so; it is in unreadable only when it has a document that is no policy.
func Administrator(g Grants) (reason string, unreadable []string) {
	resources := iamResources(g.UserARN)
	denied := false
	var reasons []grantReason
	for _, p := range g.Policies {
		allows, denies, err := p.judge(resources)
		if err != nil {
			unreadable = append(unreadable, p.Name)
		}
		denied = denied || denies
		if allows != "" {
			reasons = append(reasons, p.reason(allows))
		}
	}
	capped, note, err := g.Boundary.caps(resources)
	if err != nil {
		unreadable = append(unreadable, g.Boundary.Name)
	}
	slices.Sort(unreadable)
	unreadable = slices.Compact(unreadable)
	if denied || capped || len(reasons) == 0 {
		return "", unreadable
	}
	return slices.MinFunc(reasons, grantReason.compare).text + note, unreadable
}

// grantReason is a reason and what makes it better than another: nearer to the user, shorter to say.
type grantReason struct {
	inGroup bool
	text    string
}

func (r grantReason) compare(o grantReason) int {
	if r.inGroup != o.inGroup {
		if r.inGroup {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(len(r.text), len(o.text)), cmp.Compare(r.text, o.text))
}

func (g Grant) reason(allows string) grantReason {
	text := g.Name
	switch {
	case g.administrative():
	case g.ARN == "":
		text = "inline policy " + g.Name + " allows " + allows + " on every resource"
	default:
		text = "policy " + g.Name + " allows " + allows + " on every resource"
	}
	if g.Via != "" {
		text += " through group " + g.Via
	}
	return grantReason{inGroup: g.Via != "", text: text}
}

// awsManaged is the name of a policy that AWS manages, empty for any other.
func (g Grant) awsManaged() string {
	rest, ok := strings.CutPrefix(g.ARN, "arn:")
	partition, name, cut := strings.Cut(rest, ":iam::aws:policy/")
	if !ok || !cut || !validPartition(partition) {
		return ""
	}
	return name
}

// administrative reports whether AWS itself means the policy for administrators.
func (g Grant) administrative() bool {
	name := g.awsManaged()
	return name == "AdministratorAccess" || name == "IAMFullAccess"
}

// judge says what the policy allows, "*" or "iam:*" or nothing, on every resource, and
// whether it denies either.
func (g Grant) judge(resources []string) (allows string, denies bool, err error) {
	if g.administrative() {
		return "iam:*", false, nil
	}
	if g.Document == "" && g.awsManaged() != "" {
		return "", false, nil // no other policy of AWS allows all of IAM
	}
	list, err := parseStatements(g.Document)
	for _, s := range list {
		switch {
		case !s.covers(iamActions, resources):
		case s.Effect == "Deny":
			denies = denies || len(s.Condition) == 0
		case s.Action != nil && s.Resource != nil && s.covers(allActions, allResources):
			allows = "*"
		case allows == "":
			allows = "iam:*"
		}
	}
	return allows, denies, err
}

// caps reports whether a permissions boundary keeps the user from being an administrator;
// when that cannot be told, note says so.
func (g Grant) caps(resources []string) (capped bool, note string, err error) {
	if g == (Grant{}) {
		return false, "", nil
	}
	if g.Document != "" || g.awsManaged() != "" {
		var allows string
		var denies bool
		if allows, denies, err = g.judge(resources); err == nil {
			return allows == "" || denies, "", nil
		}
	}
	return false, " (what its permissions boundary " + cmp.Or(g.Name, g.ARN) + " allows is not known)", err
}
