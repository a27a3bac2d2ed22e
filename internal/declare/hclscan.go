package declare

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The structure of an HCL file is read by a scanner of our own and its expressions only when they are
// asked for: a full parse of 1 MiB takes a third of a second and 300 MiB, and most blocks of most
// files are no matter of ours. It also keeps one broken block from hiding the others.

// source is one file of HCL or of its JSON form.
type source struct {
	path    string
	data    []byte
	line    int  // the line before its first, for a text within another file
	spent   int  // bytes of expressions that were parsed; a file has a budget of them
	tooMuch bool // the budget did not suffice
	broken  bool // a part of it is no HCL
}

// block is a block of HCL or an object of its JSON form that stands for one.
type block struct {
	kind   string
	labels []string
	src    *source
	line   int
	end    int // the line of its closing bracket; 0 in the JSON form
	attrs  []*attribute
	blocks []*block
	node   *value // the object in the JSON form
}

// attribute is one argument. Its expression is parsed when it is first asked for.
type attribute struct {
	name       string
	src        *source
	line       int
	start, end int    // the expression within src.data
	node       *value // the expression in the JSON form
	parsed     hclsyntax.Expression
	failed     bool // it could not be parsed
}

func (b *block) attr(name string) *attribute {
	if b == nil {
		return nil
	}
	for i := len(b.attrs) - 1; i >= 0; i-- {
		if b.attrs[i].name == name {
			return b.attrs[i]
		}
	}
	return nil
}

func (b *block) label(i int) string {
	if i < len(b.labels) {
		return b.labels[i]
	}
	return ""
}

const (
	maxNesting = 100 // brackets and templates within each other
	maxLabels  = 8
	maxItems   = 50_000 // blocks and arguments of a file
)

// scanner walks over the bytes of an HCL file.
type scanner struct {
	src    *source
	data   []byte
	pos    int
	line   int
	steps  int // bytes that may still be looked at, over all tries to go on after a fault
	items  int
	faulty bool // something did not have the shape of HCL
}

// scanHCL returns the body of a file, and false where a part of it could not be read.
func scanHCL(src *source) (*block, bool) {
	s := &scanner{src: src, data: src.data, line: src.line + 1, steps: 4*len(src.data) + 4096}
	root := &block{src: src, line: 1}
	for s.pos < len(s.data) {
		start, line, blocks, attrs := s.pos, s.line, len(root.blocks), len(root.attrs)
		if s.item(root, 0) {
			continue
		}
		s.faulty = true
		root.blocks, root.attrs = root.blocks[:blocks], root.attrs[:attrs]
		s.pos, s.line = start, line
		if !s.resume() {
			break
		}
	}
	return root, !s.faulty
}

// resume goes on after a fault: at the next line that begins a block in the first column.
func (s *scanner) resume() bool {
	for {
		i := bytes.IndexByte(s.data[s.pos:], '\n')
		if i < 0 || s.steps <= 0 {
			s.pos = len(s.data)
			return false
		}
		s.pos += i + 1
		s.steps -= i + 1
		s.line++
		if s.pos < len(s.data) && isLetter(s.data[s.pos]) {
			return true
		}
	}
}

// item reads one argument or block, or what stands between them. False means that the rest
// cannot be trusted.
func (s *scanner) item(into *block, depth int) bool {
	s.space(true)
	if s.pos >= len(s.data) {
		return true
	}
	line := s.line
	name, ok := s.word()
	if !ok {
		return false
	}
	s.space(false)
	if s.peek(0) == '=' && s.peek(1) != '=' {
		s.pos++
		s.space(false)
		a := &attribute{name: name, src: s.src, line: line, start: s.pos}
		if !s.expression() {
			return false
		}
		a.end = s.pos
		into.attrs = append(into.attrs, a)
		s.items++
		return s.items <= maxItems
	}
	return s.block(into, &block{kind: name, src: s.src, line: line}, depth)
}

// block reads the labels and the body of a block.
func (s *scanner) block(into, b *block, depth int) bool {
	for s.peek(0) != '{' {
		label, ok := s.word()
		if !ok || len(b.labels) >= maxLabels {
			return false
		}
		b.labels = append(b.labels, label)
		s.space(false)
	}
	s.pos++
	if s.items++; depth >= maxNesting || s.items > maxItems {
		return false
	}
	for {
		s.space(true)
		switch {
		case s.pos >= len(s.data) || s.steps <= 0:
			return false
		case s.data[s.pos] == '}':
			s.pos++
			b.end = s.line
			into.blocks = append(into.blocks, b)
			return true
		}
		if !s.item(b, depth+1) {
			return false
		}
	}
}

// word reads an identifier or a quoted word without templates.
func (s *scanner) word() (string, bool) {
	start := s.pos
	if s.peek(0) == '"' {
		for i := s.pos + 1; i < len(s.data) && s.data[i] != '\n'; i++ {
			switch s.data[i] {
			case '\\':
				i++
			case '"':
				s.advance(i + 1)
				return unquote(string(s.data[start+1 : i])), true
			}
		}
		return "", false
	}
	for s.pos < len(s.data) && (isLetter(s.data[s.pos]) || s.pos > start && isWordByte(s.data[s.pos])) {
		s.pos++
	}
	s.steps -= s.pos - start
	return string(s.data[start:s.pos]), s.pos > start
}

func isLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

func isWordByte(c byte) bool { return isLetter(c) || c == '-' || '0' <= c && c <= '9' }

func (s *scanner) peek(i int) byte {
	if s.pos+i < len(s.data) {
		return s.data[s.pos+i]
	}
	return 0
}

// advance moves to a later position and counts the lines on the way.
func (s *scanner) advance(to int) {
	to = min(to, len(s.data))
	s.line += bytes.Count(s.data[s.pos:to], []byte{'\n'})
	s.steps -= to - s.pos
	s.pos = to
}

// space skips blanks and comments, and the ends of lines if it may.
func (s *scanner) space(lines bool) {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == ' ' || c == '\t' || c == '\r' || (c == '\n' || c == ',' || c == ';') && lines:
			s.advance(s.pos + 1)
		case c == '#' || c == '/' && s.peek(1) == '/':
			s.advance(s.pos + indexOr(s.data[s.pos:], "\n"))
		case c == '/' && s.peek(1) == '*':
			s.advance(s.pos + 2)
			s.advance(s.pos + indexOr(s.data[s.pos:], "*/") + 2)
		default:
			return
		}
	}
}

// indexOr is the index of a word, or the length where it is not found.
func indexOr(data []byte, word string) int {
	if i := bytes.Index(data, []byte(word)); i >= 0 {
		return i
	}
	return len(data)
}

// expression moves over an expression to its end: the end of the line or the bracket of the block,
// outside of all brackets, strings and heredocs.
func (s *scanner) expression() bool {
	var stack []mode
	for s.pos < len(s.data) {
		if s.steps <= 0 || len(stack) > maxNesting {
			return false
		}
		top := mode{}
		if len(stack) > 0 {
			top = stack[len(stack)-1]
		}
		if top.open == 0 && (s.data[s.pos] == '\n' || s.data[s.pos] == '}' || s.comment()) {
			return true
		}
		var ok bool
		if stack, ok = s.step(stack, top); !ok {
			return false
		}
	}
	return len(stack) == 0
}

// comment says whether a comment to the end of the line begins here.
func (s *scanner) comment() bool {
	return s.data[s.pos] == '#' || s.data[s.pos] == '/' && s.peek(1) == '/'
}

// mode is what the scanner stands within: a bracket, a template, a string or a heredoc.
type mode struct {
	open byte // ( [ { $ " <
	end  string
}

func (s *scanner) step(stack []mode, top mode) ([]mode, bool) {
	switch top.open {
	case '"':
		return s.inString(stack)
	case '<':
		return s.inHeredoc(stack, top.end)
	}
	c := s.data[s.pos]
	switch {
	case c == '"' || c == '(' || c == '[' || c == '{':
		s.advance(s.pos + 1)
		return append(stack, mode{open: c}), true
	case c == ')' || c == ']' || c == '}':
		s.advance(s.pos + 1)
		if !closes(top.open, c) {
			return stack, false
		}
		return stack[:len(stack)-1], true
	case c == '<' && s.peek(1) == '<':
		return s.heredoc(stack), true
	case s.comment() || c == '/' && s.peek(1) == '*':
		s.space(false)
		return stack, true
	}
	end := s.pos + 1
	for end < len(s.data) && !special[s.data[end]] {
		end++
	}
	s.advance(end)
	return stack, true
}

// special are the bytes that can change what the scanner stands within.
var special = func() (t [256]bool) {
	for _, c := range []byte("\"([{)]}<#/\n") {
		t[c] = true
	}
	return t
}()

func closes(open, c byte) bool {
	switch open {
	case '(':
		return c == ')'
	case '[':
		return c == ']'
	case '{', '$':
		return c == '}'
	}
	return false
}

// heredoc enters a heredoc if one begins here.
func (s *scanner) heredoc(stack []mode) []mode {
	i := s.pos + 2
	if i < len(s.data) && s.data[i] == '-' {
		i++
	}
	end := i
	for end < len(s.data) && isWordByte(s.data[end]) {
		end++
	}
	eol := end
	for eol < len(s.data) && (s.data[eol] == '\r' || s.data[eol] == ' ') {
		eol++
	}
	if end == i || eol >= len(s.data) || s.data[eol] != '\n' {
		s.advance(s.pos + 2)
		return stack
	}
	word := string(s.data[i:end])
	s.advance(eol + 1)
	return append(stack, mode{open: '<', end: word})
}

// inHeredoc moves over one line of a heredoc, or to the template within it.
func (s *scanner) inHeredoc(stack []mode, word string) ([]mode, bool) {
	if s.pos > 0 && s.data[s.pos-1] == '\n' {
		line := s.data[s.pos : s.pos+indexOr(s.data[s.pos:], "\n")]
		if string(bytes.TrimSpace(line)) == word {
			s.advance(s.pos + len(line))
			return stack[:len(stack)-1], true
		}
	}
	return s.template(stack, "\n"), true
}

// inString moves over a string to its end or to the template within it.
func (s *scanner) inString(stack []mode) ([]mode, bool) {
	switch s.data[s.pos] {
	case '\n':
		return stack, false
	case '"':
		s.advance(s.pos + 1)
		return stack[:len(stack)-1], true
	case '\\':
		s.advance(s.pos + 2)
		return stack, true
	}
	return s.template(stack, "\"\\\n"), true
}

// template moves on within a string or heredoc: past text, up to a byte of stop or into ${ and %{.
func (s *scanner) template(stack []mode, stop string) []mode {
	c := s.data[s.pos]
	if c == '\n' {
		s.advance(s.pos + 1)
		return stack
	}
	if (c == '$' || c == '%') && s.peek(1) == c && s.peek(2) == '{' {
		s.advance(s.pos + 3)
		return stack
	}
	if (c == '$' || c == '%') && s.peek(1) == '{' {
		s.advance(s.pos + 2)
		return append(stack, mode{open: '$'})
	}
	i := bytes.IndexAny(s.data[s.pos+1:], stop+"$%")
	if i < 0 {
		s.advance(len(s.data))
		return stack
	}
	next := s.pos + 1 + i
	if s.data[next] == '\n' && strings.HasPrefix(stop, "\n") {
		next++
	}
	s.advance(next)
	return stack
}

// unquote undoes the escapes of a quoted word.
func unquote(s string) string {
	if !strings.ContainsRune(s, '\\') {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c, digits := s[i], 0; {
		case c == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n', 't', 'r':
				b.WriteString(dataEscapes[s[i]])
			case 'u', 'U':
				if digits = hexEscapes[s[i]]; i+digits < len(s) {
					n, _ := strconv.ParseUint(s[i+1:i+1+digits], 16, 32)
					b.WriteRune(rune(n))
					i += digits
				}
			default:
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// quoteHCL writes a string as HCL does.
func quoteHCL(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", "$${", "%{", "%%{").Replace(s) + `"`
}
