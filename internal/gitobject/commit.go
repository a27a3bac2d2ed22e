package gitobject

import (
	"strconv"
	"strings"
	"time"
)

// Commit is a state of the tree and how it came about.
type Commit struct {
	Tree      ID
	Parents   []ID
	Author    Person
	Committer Person
	Message   string // as it is stored, of whatever encoding
}

// Tag is an annotated tag.
type Tag struct {
	Object  ID
	Type    Type // of the object
	Name    string
	Tagger  Person // old tags have none
	Message string
}

// Person is who made a commit or tag, and when. What cannot be read in it is left empty.
type Person struct {
	Name, Email string
	When        time.Time
}

// ParseCommit reads the content of a commit. The tree and the parents are read strictly, for they
// are what is followed; signatures and other lines are passed over.
func ParseCommit(b []byte, f Format) (*Commit, error) {
	h := headers{rest: string(b)}
	c := &Commit{}
	var ok bool
	if c.Tree, ok = h.id("tree", f); !ok {
		return nil, corrupt("a commit that does not begin with its tree")
	}
	for strings.HasPrefix(h.rest, "parent ") {
		parent, ok := h.id("parent", f)
		if !ok {
			return nil, corrupt("a commit whose parent %d is no id", len(c.Parents)+1)
		}
		c.Parents = append(c.Parents, parent)
	}
	c.Author = parsePerson(h.text("author"))
	c.Committer = parsePerson(h.text("committer"))
	c.Message = h.message()
	return c, nil
}

// ParseTag reads the content of an annotated tag.
func ParseTag(b []byte, f Format) (*Tag, error) {
	h := headers{rest: string(b)}
	t := &Tag{}
	var ok bool
	if t.Object, ok = h.id("object", f); !ok {
		return nil, corrupt("a tag that does not begin with its object")
	}
	if t.Type, ok = parseType(h.text("type")); !ok {
		return nil, corrupt("a tag of an object without a type")
	}
	t.Name = h.text("tag")
	t.Tagger = parsePerson(h.text("tagger"))
	t.Message = h.message()
	return t, nil
}

// headers are the lines of a commit or tag before its message.
type headers struct{ rest string }

// text takes the next line off when it begins with a key, and gives what follows the key.
func (h *headers) text(key string) string {
	value, ok := strings.CutPrefix(h.rest, key+" ")
	if !ok {
		return ""
	}
	line, rest, _ := strings.Cut(value, "\n")
	h.rest = rest
	return line
}

func (h *headers) id(key string, f Format) (ID, bool) { return f.parse(h.text(key)) }

// message is what follows the first empty line.
func (h *headers) message() string {
	if m, ok := strings.CutPrefix(h.rest, "\n"); ok {
		return m
	}
	_, m, _ := strings.Cut(h.rest, "\n\n")
	return m
}

// parsePerson reads "name <email> seconds zone". A name may hold anything, so that the time is what
// stands behind the last bracket.
func parsePerson(s string) Person {
	who, when := s, ""
	if i := strings.LastIndexByte(s, '>'); i >= 0 {
		who, when = s[:i], s[i+1:]
	}
	name, email, _ := strings.Cut(who, "<")
	p := Person{Name: strings.TrimSpace(name), Email: email}
	seconds, zone, _ := strings.Cut(strings.TrimSpace(when), " ")
	if n, err := strconv.ParseInt(seconds, 10, 64); err == nil && n >= 0 && n <= maxSeconds {
		p.When = time.Unix(n, 0).In(parseZone(zone))
	}
	return p
}

// maxSeconds is the end of the year 9999, behind which a time has no form in JSON.
const maxSeconds = 253402300799 - 24*60*60

// parseZone reads +hhmm.
func parseZone(s string) *time.Location {
	n, err := strconv.Atoi(s)
	if err != nil || n < -2359 || n > 2359 {
		return time.UTC
	}
	return time.FixedZone("", (n/100*60+n%100)*60)
}
