package declare

import "strings"

// puppetToken is a word, a variable, a string, a number or a sign of Puppet.
type puppetToken struct {
	kind puppetKind
	text string
	line int32
}

type puppetKind uint8

const (
	puppetSign     puppetKind = iota
	puppetWord                // also of several parts: a::b, and numbers
	puppetVariable            // without its sign
	puppetPlain               // a string that means what it says
	puppetFilled              // a string with variables
	puppetOther               // a pattern, a text that goes over lines
)

// puppetLexer cuts a manifest. Comments are left out.
type puppetLexer struct {
	src    string
	pos    int
	line   int32
	out    []puppetToken
	tags   []string // of texts over lines that begin behind this line
	faulty bool     // a string or comment does not end
}

const maxPuppetTokens = 150_000

func puppetTokens(s string) ([]puppetToken, bool) {
	l := &puppetLexer{src: s, line: 1}
	for l.pos < len(l.src) && !l.faulty && len(l.out) <= maxPuppetTokens {
		l.next()
	}
	return l.out, !l.faulty
}

func (l *puppetLexer) add(kind puppetKind, text string, line int32) {
	l.out = append(l.out, puppetToken{kind, text, line})
}

func (l *puppetLexer) next() {
	rest := l.src[l.pos:]
	switch c := rest[0]; {
	case c == '\n':
		l.line++
		l.pos++
		l.bodies()
	case isBlank(c):
		l.pos++
	case c == '#':
		l.pos += lineLength(rest)
	case strings.HasPrefix(rest, "/*"):
		l.skipTo("*/")
	case c == '\'' || c == '"':
		l.text(c)
	case strings.HasPrefix(rest, "@("):
		l.heredoc()
	case c == '/' && l.atPattern():
		l.pattern()
	case c == '$':
		l.pos++
		l.add(puppetVariable, strings.TrimPrefix(l.name(), "::"), l.line)
	case isNameByte(c) || strings.HasPrefix(rest, "::"):
		l.add(puppetWord, l.name(), l.line)
	default:
		l.sign(rest)
	}
}

func lineLength(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i
	}
	return len(s)
}

// name reads the parts of a name.
func (l *puppetLexer) name() string {
	start := l.pos
	for l.pos < len(l.src) {
		switch rest := l.src[l.pos:]; {
		case isNameByte(rest[0]):
			l.pos++
		case strings.HasPrefix(rest, "::"):
			l.pos += 2
		default:
			return l.src[start:l.pos]
		}
	}
	return l.src[start:]
}

func (l *puppetLexer) sign(rest string) {
	for _, s := range []string{"=>", "+>", "==", "!=", "=~", "!~", "<|", "|>", "->", "~>", "@@"} {
		if strings.HasPrefix(rest, s) {
			l.pos += len(s)
			l.add(puppetSign, s, l.line)
			return
		}
	}
	l.pos++
	l.add(puppetSign, rest[:1], l.line)
}

// skipTo goes behind a mark.
func (l *puppetLexer) skipTo(mark string) {
	i := strings.Index(l.src[l.pos+2:], mark)
	if i < 0 {
		l.faulty = true
		return
	}
	l.moveTo(l.pos + 2 + i + len(mark))
}

func (l *puppetLexer) moveTo(end int) {
	l.line += int32(strings.Count(l.src[l.pos:end], "\n"))
	l.pos = end
}

// text reads a string.
func (l *puppetLexer) text(quote byte) {
	line := l.line
	kind := puppetPlain
	var b strings.Builder
	for i := l.pos + 1; i < len(l.src); i++ {
		switch c := l.src[i]; {
		case c == quote:
			l.moveTo(i + 1)
			l.add(kind, b.String(), line)
			return
		case c == '\\' && i+1 < len(l.src):
			i++
			b.WriteByte(l.src[i])
		case c == '$' && quote == '"':
			kind = puppetFilled
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	l.faulty = true
}

// heredoc reads a text over lines: @("END") up to a line that holds END alone.
func (l *puppetLexer) heredoc() {
	head := l.src[l.pos : l.pos+lineLength(l.src[l.pos:])]
	inner, after, closed := strings.Cut(head[2:], ")")
	tag, _, _ := strings.Cut(inner, "/")
	tag, _, _ = strings.Cut(tag, ":")
	tag = strings.Trim(tag, "\" ")
	if !closed || tag == "" {
		l.sign("@")
		return
	}
	l.add(puppetOther, "", l.line)
	l.tags = append(l.tags, tag)
	l.pos += len(head) - len(after)
}

// bodies passes over the texts that were begun on the line that ends here.
func (l *puppetLexer) bodies() {
	for _, tag := range l.tags {
		for l.pos < len(l.src) {
			n := lineLength(l.src[l.pos:])
			last := strings.Trim(strings.TrimSpace(l.src[l.pos:l.pos+n]), "|- ")
			l.moveTo(min(len(l.src), l.pos+n+1))
			if last == tag {
				break
			}
		}
	}
	l.tags = nil
}

// atPattern says whether a slash begins a pattern: where a value is expected.
func (l *puppetLexer) atPattern() bool {
	if len(l.out) == 0 {
		return true
	}
	switch last := l.out[len(l.out)-1]; {
	case last.kind == puppetSign:
		return last.text != ")" && last.text != "]"
	case last.kind == puppetWord:
		return last.text == "node" || last.text == "if" || last.text == "in" || last.text == "and" || last.text == "or"
	}
	return false
}

func (l *puppetLexer) pattern() {
	for i := l.pos + 1; i < len(l.src) && l.src[i] != '\n'; i++ {
		switch l.src[i] {
		case '\\':
			i++
		case '/':
			l.pos = i + 1
			l.add(puppetOther, "", l.line)
			return
		}
	}
	l.sign("/")
}
