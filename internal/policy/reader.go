package policy

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/keysweep/keysweep/internal/spelling"
)

// reader walks the nodes of one file, fills a policy and collects every fault. It goes
// where the file's form is known, so it never follows an alias.
type reader struct {
	file   string
	lines  int // of the file
	known  []string
	today  time.Time // its start, UTC
	policy *Policy
	faults Faults
}

// mostFaults bounds the message for a file that is no policy file at all.
const mostFaults = 1000

func (r *reader) full() bool { return len(r.faults) > mostFaults }

// faultAt notes a fault; its line becomes one that the file has.
func (r *reader) faultAt(line int, path, format string, args ...any) {
	if r.full() {
		return
	}
	if len(r.faults) == mostFaults {
		line, path, format, args = r.lines, "file", "there is more than %d times something wrong, mend what is told first", []any{mostFaults}
	}
	line = max(1, min(line, r.lines))
	r.faults = append(r.faults, Fault{File: r.file, Line: line, Field: path, Problem: fmt.Sprintf(format, args...)})
}

func (r *reader) fault(n *yaml.Node, path, format string, args ...any) {
	r.faultAt(lineOf(n), path, format, args...)
}

func lineOf(n *yaml.Node) int { return max(1, n.Line) }

// nearest is the word that was meant, empty when none is near.
func nearest(s string, words []string) string { return spelling.Nearest(s, words) }

// join makes the path of a field in a mapping. A name from the file that could be taken
// for more or less than a name is quoted, and so is an account id.
func join(path, name string) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if name == "" || !strings.Contains(letters, name[:1]) || strings.Trim(name, letters+"0123456789-_") != "" {
		return path + "[" + quote(name) + "]"
	}
	if path == "" {
		return clip(name)
	}
	return path + "." + clip(name)
}

// clip bounds a text from the file that goes into a message.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func quote(s string) string { return strconv.Quote(clip(s)) }

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kind says what a node is, for people.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "it is a mapping of names"
	case yaml.SequenceNode:
		return "it is a list"
	}
	if isNull(n) {
		return "it has no value"
	}
	return "it is " + quote(n.Value)
}

// readable refuses what YAML can do and a policy file need not: anchors, aliases, tags.
func (r *reader) readable(path string, n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		r.fault(n, path, "the alias %s is not followed here, write the value itself, or put quotes around a pattern", quote("*"+n.Value))
		return false
	case n.Anchor != "":
		r.fault(n, path, "the anchor %s has no use here, take it out and write the value wherever it belongs", quote("&"+n.Anchor))
	case n.Style&yaml.TaggedStyle != 0:
		r.fault(n, path, "the tag %s has no use here, take it out", quote(n.Tag))
		return false
	}
	return true
}

// pairs calls read for each entry of a mapping whose name can be read, double ones too. A
// mapping without a value has no entries; want says what should stand there.
func (r *reader) pairs(path string, n *yaml.Node, want string, read func(name string, k, v *yaml.Node)) {
	here := cmp.Or(path, "file")
	if !r.readable(here, n) || isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.fault(n, here, "%s, write %s", kind(n), want)
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content) && !r.full(); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Tag == "!!merge":
			r.fault(k, here, "<< is not followed here, write the values themselves")
			continue
		case k.Kind != yaml.ScalarNode || isNull(k):
			r.fault(k, here, "a name is missing, write name: value")
			continue
		case !r.readable(join(path, k.Value), k):
			continue
		}
		if first, ok := lines[k.Value]; ok {
			r.fault(k, join(path, k.Value), "it stands twice, on lines %d and %d, keep one of them", first, lineOf(k))
		} else {
			lines[k.Value] = lineOf(k)
		}
		read(k.Value, k, v)
	}
}

// object reads a mapping of known fields and returns the nodes of those that are there.
func (r *reader) object(path string, n *yaml.Node, fields []field) map[string]*yaml.Node {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	seen := map[string]*yaml.Node{}
	r.pairs(path, n, "a mapping of the fields "+strings.Join(names, ", "), func(name string, k, v *yaml.Node) {
		for _, f := range fields {
			if f.name == name {
				seen[name] = v
				f.read(r, join(path, name), v)
				return
			}
		}
		if near := nearest(name, names); near != "" {
			r.fault(k, join(path, name), "there is no such field, write %s", near)
		} else {
			r.fault(k, join(path, name), "there is no such field, write one of %s", strings.Join(names, ", "))
		}
	})
	return seen
}

// require finds fault with a mapping in which a text is missing or blank.
func (r *reader) require(seen map[string]*yaml.Node, n *yaml.Node, path, name, value, want string) {
	v, ok := seen[name]
	switch {
	case !ok && n.Kind == yaml.MappingNode:
		r.fault(n, join(path, name), "it is missing, write %s", want)
	case ok && v.Kind == yaml.ScalarNode && !isNull(v) && strings.TrimSpace(value) == "" && strings.TrimSpace(v.Value) == "":
		r.fault(v, join(path, name), "it is empty, write %s", want)
	}
}

// each reads a list; a list without a value has no entries.
func each(what string, read func(*reader, string, *yaml.Node)) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		if !r.readable(path, n) || isNull(n) {
			return
		}
		if n.Kind != yaml.SequenceNode {
			r.fault(n, path, "%s, write a list of %s", kind(n), what)
			return
		}
		for i, e := range n.Content {
			if r.full() {
				return
			}
			at := fmt.Sprintf("%s[%d]", path, i)
			if isNull(e) {
				r.fault(e, at, "it has no value, write one or take the line out")
				continue
			}
			read(r, at, e)
		}
	}
}

// text reads a single value as it is written: an account id is no number here.
func (r *reader) text(path string, n *yaml.Node, want string) (string, bool) {
	if !r.readable(path, n) {
		return "", false
	}
	switch {
	case isNull(n):
		r.fault(n, path, "it has no value, write %s", want)
		return "", false
	case n.Kind != yaml.ScalarNode:
		r.fault(n, path, "%s, write %s", kind(n), want)
		return "", false
	}
	return n.Value, true
}

// pattern reads a text that a rule holds for; the rule says what is wrong with it.
func (r *reader) pattern(path string, n *yaml.Node, problem func(string) string) (string, bool) {
	s, ok := r.text(path, n, "a text")
	if !ok {
		return "", false
	}
	if what := problem(s); what != "" {
		r.fault(n, path, "%s", what)
		return "", false
	}
	return s, true
}

func textInto(into *string, want string) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		if s, ok := r.text(path, n, want); ok {
			*into = s
		}
	}
}

// patternInto reads a pattern that may be empty, which matches everything.
func patternInto(into *string, problem func(string) string) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		orEmpty := func(s string) string {
			if s == "" {
				return ""
			}
			return problem(s)
		}
		if s, ok := r.pattern(path, n, orEmpty); ok {
			*into = s
		}
	}
}

func wordInto(into *string, words ...string) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		s, ok := r.text(path, n, "one of "+strings.Join(words, ", "))
		if !ok {
			return
		}
		for _, w := range words {
			if s == w {
				*into = s
				return
			}
		}
		if near := nearest(strings.ToLower(s), words); near != "" {
			r.fault(n, path, "there is no %s, write %s", quote(s), near)
		} else {
			r.fault(n, path, "there is no %s, write one of %s", quote(s), strings.Join(words, ", "))
		}
	}
}

func boolInto(into *bool) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		s, ok := r.text(path, n, "true or false")
		switch {
		case !ok:
		case n.Tag == "!!bool":
			*into = strings.EqualFold(s, "true")
		default:
			r.fault(n, path, "%s is neither true nor false, write one of them, without quotes", quote(s))
		}
	}
}

// whole reads a whole number written in digits.
func (r *reader) whole(path string, n *yaml.Node, want string) (int, bool) {
	s, ok := r.text(path, n, want)
	if !ok {
		return 0, false
	}
	digits := strings.TrimPrefix(s, "-")
	switch {
	case digits == "" || strings.Trim(digits, "0123456789") != "" || len(digits) > 1 && digits[0] == '0':
		r.fault(n, path, "%s is no whole number, write %s", quote(s), want)
		return 0, false
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		r.fault(n, path, "%s is a text, write %s without quotes", quote(s), clip(s))
		return 0, false
	}
	v, err := strconv.Atoi(s)
	if err != nil {
		r.fault(n, path, "%s is out of range, write %s", clip(s), want)
		return 0, false
	}
	return v, true
}

func daysInto(into *int, least, most int) func(*reader, string, *yaml.Node) {
	want := fmt.Sprintf("a number of days from %d to %d", least, most)
	return func(r *reader, path string, n *yaml.Node) {
		v, ok := r.whole(path, n, want)
		switch {
		case !ok:
		case v < least || v > most:
			r.fault(n, path, "%d is out of range, write %s", v, want)
		default:
			*into = v
		}
	}
}
