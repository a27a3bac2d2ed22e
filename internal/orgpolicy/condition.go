package orgpolicy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/wildcard"
)

// when says for which requests something is true.
type when int

const (
	always    when = iota // for all
	never                 // for none
	sometimes             // for some
	exempting             // for all but those that are named
)

// meaning is what a condition does in an account.
type meaning struct {
	when when
	// whom are those that an exempting condition names. Of one that is true sometimes they are
	// those for whom it is; none where it is not about who asks.
	whom []exempt
}

// condition is one operator with one key.
type condition struct {
	operator string // lower case, without what is split off below
	key      string // lower case
	suffix   string // of a key that names a tag, as it was written
	values   words
	negative bool // the operator says Not
	ifExists bool
	set      bool // ForAllValues or ForAnyValue
	exact    bool // * and ? stand for themselves
}

// operators are those that AWS knows, without Not, IfExists and the words for sets.
var operators = []string{
	"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "bool", "null", "ipaddress", "binaryequals",
	"numericequals", "numericlessthan", "numericlessthanequals", "numericgreaterthan", "numericgreaterthanequals",
	"dateequals", "datelessthan", "datelessthanequals", "dategreaterthan", "dategreaterthanequals",
}

func newCondition(operator, key string, values words) (condition, error) {
	c := condition{key: strings.ToLower(key), values: values}
	op := strings.ToLower(operator)
	for _, prefix := range []string{"forallvalues:", "foranyvalue:"} {
		if rest, ok := strings.CutPrefix(op, prefix); ok {
			op, c.set = rest, true
			break
		}
	}
	op, c.ifExists = strings.CutSuffix(op, "ifexists")
	for _, not := range []string{"stringnot", "arnnot", "numericnot", "datenot", "notip"} {
		if rest, ok := strings.CutPrefix(op, not); ok {
			op, c.negative = strings.Replace(not, "not", "", 1)+rest, true
			break
		}
	}
	if !slices.Contains(operators, op) {
		return c, fmt.Errorf("%.60q is no operator of a condition", operator)
	}
	if len(values) == 0 {
		return c, fmt.Errorf("the condition on %.60q has no value", key)
	}
	c.operator, c.exact = op, op == "stringequals" || op == "stringequalsignorecase"
	if i := strings.IndexByte(key, '/'); i >= 0 {
		c.suffix = key[i+1:]
	}
	return c, nil
}

func (c condition) compare(d condition) int {
	return cmp.Or(cmp.Compare(c.key, d.key), cmp.Compare(c.operator, d.operator), slices.Compare(c.values, d.values))
}

// Keys that are judged, in lower case.
const (
	keyPrincipalARN = "aws:principalarn"
	keyPrincipalTag = "aws:principaltag/"
	keyUserID       = "aws:userid"
	keyUserName     = "aws:username"
	keyAssumedRoot  = "aws:assumedroot"
	keyIsService    = "aws:principalisawsservice"
)

// meaning says what the condition does to requests in an account. What is not understood is true
// sometimes: it makes no guard.
func (c *condition) meaning(r *request) meaning {
	if c.set {
		return meaning{when: sometimes}
	}
	if c.operator == "null" {
		return c.null()
	}
	switch {
	case c.key == keyPrincipalARN && c.texts():
		return c.principal(r)
	case strings.HasPrefix(c.key, keyPrincipalTag) && c.texts():
		return c.tag()
	case (c.key == keyUserName || c.key == keyUserID) && c.texts():
		return c.user(r)
	case c.key == keyIsService && c.operator == "bool":
		// Services by themselves are reached by no service control policy.
		return truth(c.hasFold("false"))
	}
	if known, ok := r.known[c.key]; ok && c.texts() && !c.variables() {
		return truth(c.matches(known) != c.negative)
	}
	return meaning{when: sometimes}
}

func truth(t bool) meaning {
	if t {
		return meaning{when: always}
	}
	return meaning{when: never}
}

// texts reports whether the operator compares texts or ARNs.
func (c *condition) texts() bool {
	return strings.HasPrefix(c.operator, "string") || strings.HasPrefix(c.operator, "arn")
}

// variables reports whether what a value stands for depends on the request.
func (c *condition) variables() bool {
	return slices.ContainsFunc(c.values, func(v string) bool { return strings.Contains(v, "${") })
}

func (c *condition) hasFold(word string) bool {
	return slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(v, word) })
}

// matches reports whether one of the values matches a text.
func (c *condition) matches(text string) bool {
	return slices.ContainsFunc(c.values, func(v string) bool {
		switch {
		case c.operator == "stringequalsignorecase":
			return strings.EqualFold(v, text)
		case c.exact:
			return v == text
		}
		return wildcard.Match(v, text)
	})
}

// null is about whether a key is there at all: true says that it is absent.
func (c *condition) null() meaning {
	absent := c.hasFold("true")
	if absent == c.hasFold("false") {
		return meaning{when: sometimes} // both, or neither
	}
	switch {
	case strings.HasPrefix(c.key, keyPrincipalTag):
		tagged := []exempt{{kind: byTag, key: c.suffix, text: "*"}}
		if absent {
			return meaning{exempting, tagged}
		}
		return meaning{sometimes, tagged}
	case c.key == keyAssumedRoot:
		return truth(absent) // only sessions of sts:AssumeRoot have it, which make no users
	case c.key == keyPrincipalARN, c.key == keyUserID:
		return truth(!absent)
	}
	return meaning{when: sometimes}
}

// principal is a condition on the ARN of who asks.
func (c *condition) principal(r *request) meaning {
	var whom []exempt
	users, roles := false, false
	for _, v := range c.values {
		p, sure := c.pattern(v)
		users = users || sure && r.allUsers(p)
		roles = roles || sure && r.allRoles(p)
		if overlap(p, r.principals) {
			whom = append(whom, exempt{kind: byARN, text: p})
		}
	}
	switch {
	case users && roles:
		return truth(!c.negative)
	case len(whom) == 0:
		return truth(c.negative)
	case users || roles:
		return meaning{when: sometimes} // all users, or all roles: that names nobody
	case c.negative:
		return meaning{exempting, whom}
	}
	return meaning{sometimes, whom}
}

// pattern is a value as a pattern of wildcards; sure is false where it holds a variable.
func (c *condition) pattern(v string) (p string, sure bool) {
	if c.exact {
		return strings.NewReplacer("*", unseen, "?", unseen).Replace(v), !strings.Contains(v, "${")
	}
	return resourcePattern(v)
}

// tag is a condition on a tag of who asks. Who has no such tag is not like any value.
func (c *condition) tag() meaning {
	var whom []exempt
	for _, v := range c.values {
		whom = append(whom, exempt{kind: byTag, key: c.suffix, text: v})
	}
	switch {
	case c.negative:
		return meaning{exempting, whom}
	case c.ifExists:
		// True for all without the tag: those with other values of it are left out.
		return meaning{exempting, []exempt{{kind: byTag, key: c.suffix, text: "other than " + strings.Join(c.values, ", ")}}}
	}
	return meaning{sometimes, whom}
}

// user is a condition on the name of a user, or on the id of who asks.
func (c *condition) user(r *request) meaning {
	var whom []exempt
	for _, v := range c.values {
		if p, sure := c.pattern(v); sure && strings.Trim(p, "*") == "" && p != "" {
			return c.anybody()
		}
		whom = append(whom, exempt{kind: byUser, key: c.key, text: v})
	}
	if c.negative {
		return meaning{exempting, whom}
	}
	if c.ifExists && c.key == keyUserName {
		return meaning{when: sometimes} // roles have no user name
	}
	return meaning{sometimes, whom}
}

// anybody is a condition on a user's name or an id that every user and every id fulfils.
func (c *condition) anybody() meaning {
	if c.key == keyUserID || c.ifExists && !c.negative {
		return truth(!c.negative)
	}
	return meaning{when: sometimes} // users, and no role
}

// The kinds of exempt.
type exemptKind int

const (
	byARN exemptKind = iota
	byTag
	byUser
	byResource
	together // several that must all hold
)

// exempt names for whom an action stays allowed.
type exempt struct {
	kind exemptKind
	key  string // of a tag, or the condition key of byUser
	text string
}

func (x exempt) String() string {
	text := strings.ReplaceAll(x.text, unseen, "?")
	switch x.kind {
	case byTag:
		return "tag " + x.key + "=" + text
	case byUser:
		if x.key == keyUserID {
			return "id " + text
		}
		return "user " + text
	case byResource:
		return "on " + text
	}
	return text
}

// and are those who are exempt by both; false where nobody can be.
func (x exempt) and(y exempt) (exempt, bool) {
	switch {
	case x == y:
		return x, true
	case x.kind == byARN && y.kind == byARN, x.kind == byResource && y.kind == byResource:
		if !overlap(x.text, y.text) {
			return exempt{}, false
		}
	}
	return exempt{kind: together, text: x.String() + " and " + y.String()}, true
}
