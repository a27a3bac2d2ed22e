package orgpolicy

import (
	"strings"
	"unicode/utf8"

	"github.com/keysweep/keysweep/internal/wildcard"
)

// unseen is a character that no ARN and no policy holds: only a wildcard matches it.
const unseen = "\x00"

var longName = strings.Repeat(unseen, 600)

// anyName stands, in our own patterns, for any run of characters but the colon, which no name or path
// in IAM holds.
const anyName = '\x01'

// request is what is the same of every request that makes a user or a credential in one account.
type request struct {
	users      string // all users
	principals string // whoever can ask: users, roles, root
	probes     struct{ users, roles []string }
	known      map[string]string // condition keys whose value is known, in lower case
	denied     map[*statement]effect
}

func requestOf(a *Account) request {
	base := "arn:" + a.Partition + ":iam::" + a.ID + ":"
	r := request{
		users: base + "user/" + string(anyName), principals: base + string(anyName),
		denied: map[*statement]effect{},
		known: map[string]string{
			"aws:requestedregion": globalRegion(a.Partition), "aws:principalaccount": a.ID, "aws:resourceaccount": a.ID,
		},
	}
	// One name as short and one as long as a name with its path can be.
	short, long := unseen, longName
	r.probes.users = []string{base + "user/" + short, base + "user/" + long}
	r.probes.roles = []string{base + "role/" + short, base + "role/" + long}
	if a.OrganizationID != "" {
		r.known["aws:principalorgid"], r.known["aws:resourceorgid"] = a.OrganizationID, a.OrganizationID
	}
	return r
}

// globalRegion is the region that requests to IAM are made in, wherever they come from.
func globalRegion(partition string) string {
	switch partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	}
	return "us-east-1"
}

func (r *request) allUsers(pattern string) bool { return all(pattern, r.probes.users) }
func (r *request) allRoles(pattern string) bool { return all(pattern, r.probes.roles) }

func all(pattern string, probes []string) bool {
	for _, p := range probes {
		if !wildcard.Match(pattern, p) {
			return false
		}
	}
	return true
}

// resourcePattern makes a pattern of wildcards of one with variables: what a variable stands for may
// be anything, so that exact is false; ${*}, ${?} and ${$} are those characters, which no ARN of IAM holds.
func resourcePattern(s string) (p string, exact bool) {
	if !strings.Contains(s, "${") {
		return s, true
	}
	var b strings.Builder
	exact = true
	for {
		before, rest, ok := strings.Cut(s, "${")
		b.WriteString(before)
		if !ok {
			return b.String(), exact
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteString("${" + rest)
			return b.String(), exact
		}
		switch name {
		case "*", "?", "$":
			b.WriteString(unseen)
		default:
			b.WriteByte('*')
			exact = false
		}
		s = after
	}
}

// overlap reports whether a text exists that both patterns match. The second may be one of ours.
func overlap(a, b string) bool {
	if !prefixesMeet(a, b) || !suffixesMeet(a, b) {
		return false
	}
	y := []rune(b)
	// can[j] says whether the characters of a so far and the first j of b can stand for one text.
	can := make([]bool, len(y)+1)
	can[0] = true
	for j := range y {
		can[j+1] = can[j] && (y[j] == '*' || y[j] == anyName)
	}
	for _, c := range a {
		diagonal := can[0]
		can[0] = can[0] && c == '*'
		for j, d := range y {
			up := can[j+1]
			switch {
			case c == '*', d == '*', d == anyName && c != ':':
				can[j+1] = up || can[j]
			case d == anyName:
				can[j+1] = can[j]
			default:
				can[j+1] = diagonal && (c == d || c == '?' || d == '?')
			}
			diagonal = up
		}
	}
	return can[len(y)]
}

// suffixesMeet is false where the texts behind the last wildcards differ.
func suffixesMeet(a, b string) bool {
	for i, j := len(a)-1, len(b)-1; i >= 0 && j >= 0; i, j = i-1, j-1 {
		if strings.IndexByte("*?", a[i]) >= 0 || strings.IndexByte("*?\x01", b[j]) >= 0 {
			return true
		}
		if a[i] != b[j] {
			return false
		}
	}
	return true
}

// prefixesMeet is false where the texts before the first wildcards differ: most pairs end here.
func prefixesMeet(a, b string) bool {
	for len(a) > 0 && len(b) > 0 {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x == '*' || y == '*' || y == anyName {
			return true
		}
		if x != y && x != '?' && y != '?' {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return true
}
