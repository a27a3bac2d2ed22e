package declare

import (
	"strings"
)

// Expressions of Jinja, as Ansible and Salt write them. What is not known stays unknown: an expression
// decides only where all that it needs is in the text.

const (
	maxJinja      = 4096 // bytes of one expression
	maxJinjaDepth = 30   // expressions within each other, and variables that refer to others
)

// jinja evaluates expressions.
type jinja struct {
	names func(name string) value // unknown where a name is none of the text
	depth int
	base  Place // where an expression begins, if its literals shall know their lines
	steps *int  // tokens that may still be read
}

// text fills a text in. A text that is one expression has its value.
func (j *jinja) text(v value) value {
	if v.kind != text || !strings.Contains(v.str, "{{") {
		if v.kind == text && strings.Contains(v.str, "{%") {
			return value{at: v.at}
		}
		return v
	}
	if j.depth >= maxJinjaDepth || strings.Contains(v.str, "{%") {
		return value{at: v.at}
	}
	var parts []value
	s := v.str
	for {
		before, rest, found := strings.Cut(s, "{{")
		if before != "" || !found {
			parts = append(parts, stringValue(before))
		}
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}}")
		if !closed || len(parts) > 100 {
			return value{at: v.at}
		}
		parts = append(parts, j.expr(strings.Trim(inner, "-")))
		s = after
	}
	return placedAt(joinedParts(v.str, parts), v.at)
}

// joinedParts joins the parts of a text. A single expression keeps its value and its place.
func joinedParts(whole string, parts []value) value {
	trimmed := strings.TrimSpace(whole)
	if strings.HasPrefix(trimmed, "{{") && strings.HasSuffix(trimmed, "}}") && strings.Count(trimmed, "{{") == 1 {
		for _, p := range parts {
			if p.kind != text || strings.TrimSpace(p.str) != "" {
				return p
			}
		}
	}
	out := stringValue("")
	for _, p := range parts {
		s, ok := p.asString()
		if !ok {
			return value{}.because(p)
		}
		if len(out.str)+len(s) > 1<<16 {
			return value{}
		}
		out.str += s
		out = out.because(p)
	}
	return out
}

// expr evaluates an expression without its brackets.
func (j *jinja) expr(s string) value {
	if len(s) > maxJinja || j.depth >= maxJinjaDepth {
		return value{}
	}
	p := &jinjaParser{j: j, tokens: jinjaTokens(s)}
	if *j.steps -= len(p.tokens) + 1; *j.steps < 0 {
		return value{}
	}
	v := p.ternary()
	if p.bad || p.pos < len(p.tokens) {
		return value{}
	}
	return v
}

// deeper is an evaluator for what a variable says.
func (j *jinja) deeper() *jinja {
	return &jinja{names: j.names, depth: j.depth + 1, steps: j.steps}
}

// known fills in what a variable, an attribute or an item says.
func (j *jinja) known(v value) value { return j.deeper().text(v) }

// jinjaToken is a word, a string, a number or a sign.
type jinjaToken struct {
	kind byte // w, s, n, or 0 for a sign
	text string
	line int // counted from that of the expression
}

func jinjaTokens(s string) []jinjaToken {
	var out []jinjaToken
	line := 0
	for i := 0; i < len(s); {
		c := s[i]
		start := i
		switch {
		case isBlank(c):
			if c == '\n' {
				line++
			}
			i++
		case c == '\'' || c == '"':
			word, n := jinjaString(s[i:])
			i += n
			out = append(out, jinjaToken{'s', word, line})
			line += strings.Count(s[start:i], "\n")
		case isNameByte(c) && (c < '0' || c > '9'):
			for i < len(s) && isNameByte(s[i]) {
				i++
			}
			out = append(out, jinjaToken{'w', s[start:i], line})
		case c >= '0' && c <= '9':
			for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9') {
				i++
			}
			out = append(out, jinjaToken{'n', s[start:i], line})
		default:
			i++
			if i < len(s) && s[i] == '=' && strings.IndexByte("=!<>", c) >= 0 || i < len(s) && c == '/' && s[i] == '/' {
				i++
			}
			out = append(out, jinjaToken{0, s[start:i], line})
		}
	}
	return out
}

func isNameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// jinjaString reads a string and says how long it is written.
func jinjaString(s string) (string, int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return b.String(), i + 1
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), len(s)
}
