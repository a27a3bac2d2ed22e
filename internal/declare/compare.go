package declare

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The words of Change.Change.
const (
	Added    = "added"    // will exist and did not
	Replaced = "replaced" // takes the place of one of its kind in the same root
	Rotated  = "rotated"  // a key that takes the place of a key of the same user
	Moved    = "moved"    // stands elsewhere, and is the same thing
	Imported = "imported" // existed outside the code and is taken over
	Removed  = "removed"  // will no longer exist
)

// Compare returns what will exist in head that did not in base, and what became of the rest, by the
// rules of review. Declarations are matched in stages, the surest first, each declaration once: the
// same address; an earlier address that head names itself; the same user; an equal block; the same name
// under another root. What is left came or went. A deactivated key counts as not there, so that its
// activation is an addition. Rows are sorted by place; added and imported less removed is what the
// numbers of declarations differ by, but that jobs add no use of a key that base gave their whole file.
func Compare(base, head Extraction) []Change {
	c := &comparison{base: standing(base), head: standing(head)}
	c.baseUsers, c.headUsers = userNames(c.base), userNames(c.head)
	c.roots, c.observed = rootsOf(c.head), observedIn(base)
	for _, users := range []bool{true, false} {
		c.match(func(x *item) bool { return (x.Kind == User) == users })
	}
	c.rest()
	slices.SortFunc(c.rows, compareChanges)
	return gather(c.rows)
}

// gather makes one row of those that differ in an index or in nothing: a resource with a count, and
// a resource of a module that several roots call.
func gather(rows []Change) []Change {
	at := map[string]int{}
	var out []Change
	for _, c := range rows {
		plain := stripIndexes(c.Address)
		k := join(c.Change, string(c.Kind), c.Form, plain, c.Path, strconv.Itoa(c.Line), string(c.Confidence), c.Why)
		if plain == c.Address {
			k = join(k, c.Name)
		}
		n, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, c)
			continue
		}
		out[n].Count += c.Count
		if out[n].Address != c.Address {
			out[n].Address = plain
		}
		if out[n].Name != c.Name {
			out[n].Name = ""
		}
	}
	return out
}

// item is a declaration and how many of it have found no partner yet.
type item struct {
	*Declaration
	left   int
	beside []string // the other files that hold a key id, which counts once
}

type comparison struct {
	base, head           []*item
	baseUsers, headUsers map[string]string // root and address of a user: its name
	heirs                map[string]string // root and address of a user of base: its address in head
	roots                map[string]bool   // roots of head
	open                 map[string]bool   // resources of base whose number was not known
	observed             map[string]bool   // what base only looked at
	wide                 map[string]bool   // uses of keys that base has for a whole file
	rows                 []Change
}

// standing returns the declarations that make something, one item for each identity, in order.
func standing(e Extraction) []*item {
	ds := slices.Clone(e.Declarations)
	slices.SortStableFunc(ds, compareDeclarations)
	byID := map[string]*item{}
	var items []*item
	for i := range ds {
		d := &ds[i]
		if d.Inactive || d.Observed {
			continue
		}
		id, n := identity(d, d.Address), max(d.Count, 1)
		if known := byID[id]; known != nil {
			known.again(d, n)
			continue
		}
		if d.Kind == HardcodedKey {
			n = 1
		}
		byID[id] = &item{Declaration: d, left: n}
		items = append(items, byID[id])
	}
	return items
}

// again counts a declaration of the same identity.
func (x *item) again(d *Declaration, n int) {
	switch {
	case d.Kind == HardcodedKey:
		if last := len(x.beside) - 1; d.Path != x.Path && (last < 0 || d.Path != x.beside[last]) {
			x.beside = append(x.beside, d.Path)
		}
	case !d.Idempotent:
		x.left += n
	case worse(x.Confidence, d.Confidence) != d.Confidence:
		x.Declaration = d
	}
}

// observedIn returns what a state only looks at: it exists.
func observedIn(e Extraction) map[string]bool {
	seen := map[string]bool{}
	for i := range e.Declarations {
		if d := &e.Declarations[i]; d.Observed {
			seen[identity(d, d.Address)] = true
		}
	}
	return seen
}

// identity is what makes two declarations the same one: a key id that is written out is the same
// wherever it stands.
func identity(d *Declaration, address string) string {
	if d.Kind == HardcodedKey {
		return join(string(d.Kind), address)
	}
	return join(string(d.Kind), formFamily(d.Form), d.Root, address)
}

// join makes one key of several words.
func join(words ...string) string { return strings.Join(words, "\x00") }

func userNames(items []*item) map[string]string {
	names := map[string]string{}
	for _, x := range items {
		if x.Kind == User && x.Name != "" {
			names[join(x.Root, bareAddress(x.Address))] = x.Name
		}
	}
	return names
}

func rootsOf(items []*item) map[string]bool {
	roots := map[string]bool{}
	for _, x := range items {
		roots[join(x.Form, x.Root)] = true
	}
	return roots
}

// match goes through the stages for some of the items.
func (c *comparison) match(which func(*item) bool) {
	for _, s := range c.stages() {
		c.pair(s, which)
	}
}

// A stage pairs what is left of base and head where they share a key and the stage agrees.
type stage struct {
	base, head func(*item) []string
	agree      func(b, h *item) bool
	// change is the row of a pair; empty for pairs that are the same thing in the same place.
	change func(b, h *item) string
	why    string
}

func (c *comparison) stages() []stage {
	return []stage{
		{base: indexedName, head: indexedName, change: silent},
		{base: idKey, head: idKey, change: silent},
		{base: bareKey, head: bareKey, change: silent},
		{base: variantKey, head: variantKey, agree: oneHasNoVariant, change: silent},
		{base: resourceKey, head: resourceKey, agree: oneIsOpen, change: silent},
		{base: bareKey, head: movedKeys, change: always(Moved), why: "it is the same one under an earlier address"},
		{base: useScopeKey, head: useScopeKey, change: silent},
		{base: c.baseOwnerKeys, head: c.headOwnerKeys, change: ofOneUser, why: "it takes the place of one of the same user"},
		{base: nameKey, head: nameKey, change: always(Replaced), why: "it takes the place of one with the same name"},
		{base: bodyKey, head: bodyKey, agree: c.mayBeOne, change: always(Replaced), why: "it takes the place of one that says the same"},
		{base: farNameKey, head: farNameKey, change: always(Moved), why: "the same name went elsewhere"},
		{base: farBodyKey, head: farBodyKey, agree: c.rootIsGone, change: always(Moved), why: "the same block went elsewhere"},
		{base: farUseKey, head: farUseKey, change: always(Moved), why: "the same key was used elsewhere"},
	}
}

// pair runs one stage over what is left.
func (c *comparison) pair(s stage, which func(*item) bool) {
	index := map[string][]*item{}
	for _, b := range c.base {
		if b.left > 0 && which(b) {
			for _, k := range s.base(b) {
				index[k] = append(index[k], b)
			}
		}
	}
	for _, h := range c.head {
		if h.left == 0 || !which(h) {
			continue
		}
		for _, k := range s.head(h) {
			for _, b := range index[k] {
				c.join(s, b, h)
			}
			index[k] = slices.DeleteFunc(index[k], func(b *item) bool { return b.left == 0 })
		}
	}
}

// join pairs as many of two items as both have left.
func (c *comparison) join(s stage, b, h *item) {
	n := min(b.left, h.left)
	if n == 0 || s.agree != nil && !s.agree(b, h) {
		return
	}
	b.left, h.left = b.left-n, h.left-n
	if b.Kind == User {
		if c.heirs == nil {
			c.heirs = map[string]string{}
		}
		c.heirs[join(b.Root, bareAddress(b.Address))] = bareAddress(h.Address)
	}
	switch change := s.change(b, h); {
	case b.Kind == AccessKey && b.Generation != h.Generation && (change == "" || change == Moved):
		c.row(Rotated, h, n, h.Confidence, sentence(h.Why, "its serial changes, so that a new key takes its place"))
	case change != "":
		c.row(change, h, n, h.Confidence, sentence(h.Why, s.why+": "+place(b)))
	}
}

func place(x *item) string {
	if x.Root == "" || x.Root == "." {
		return x.Address
	}
	return x.Address + " of " + x.Root
}

// elsewhere says which files beside that of a row hold the same key id: taking one line out is not enough.
func (x *item) elsewhere() string {
	switch n := len(x.beside) - 1; {
	case n < 0:
		return ""
	case n > 0:
		return fmt.Sprintf("also in %s and %d more", x.beside[0], n)
	}
	return "also in " + x.beside[0]
}

func silent(_, _ *item) string { return "" }

func always(change string) func(b, h *item) string {
	return func(_, _ *item) string { return change }
}

func ofOneUser(b, _ *item) string {
	if b.Kind == AccessKey {
		return Rotated
	}
	return Replaced
}

// rest makes rows of what found no partner.
func (c *comparison) rest() {
	t := c.twins()
	for _, h := range c.head {
		if h.left == 0 {
			continue
		}
		twin := t.of(h)
		switch {
		case c.wasWide(h):
		case h.Imported || c.observed[identity(h.Declaration, h.Address)]:
			c.row(Imported, h, h.left, h.Confidence, h.Why)
		case twin != nil:
			c.row(Added, h, h.left, Possible, sentence(h.Why, "it may be the twin of "+place(twin)))
		case c.wasOpen(h):
			c.row(Added, h, h.left, Possible, sentence(h.Why, "it may be one of those whose number was not known before"))
		default:
			c.row(Added, h, h.left, h.Confidence, sentence(h.Why, h.elsewhere()))
		}
		t.learn(h)
	}
	for _, b := range c.base {
		if b.left > 0 {
			c.row(Removed, b, b.left, b.Confidence, whyRemoved(b.Kind))
		}
	}
}

// whyRemoved says what it means that a declaration is gone. A key that was taken out of a file is as good as before.
func whyRemoved(k Kind) string {
	if k == HardcodedKey {
		return "no file holds it any more; history does, so that it stays known until it is deactivated"
	}
	return "it is no longer declared, or switched off"
}

func (c *comparison) row(change string, x *item, n int, sure Confidence, why string) {
	c.rows = append(c.rows, Change{
		Change: change, Kind: x.Kind, Form: x.Form, Address: x.Address, Name: x.Name,
		Path: x.Path, Line: x.Line, Count: n, Confidence: sure, Why: withoutLogins(why), Owner: x.Owner,
	})
}

// sentence joins what a declaration says of itself with what the comparison found.
func sentence(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, "; ")
}

func compareChanges(a, b Change) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Form, b.Form), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Change, b.Change),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Count, b.Count), cmp.Compare(a.Confidence, b.Confidence),
		cmp.Compare(a.Why, b.Why), cmp.Compare(a.Owner, b.Owner),
	)
}
