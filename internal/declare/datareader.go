package declare

import "strings"

// Limits of one file of YAML or JSON.
const (
	maxDataDepth = 100
	maxData      = 250_000 // values
)

// dataText is what was read of a file: its documents, and the first fault.
type dataText struct {
	docs      []*datum
	fault     string // empty when all of it could be read
	faultLine int
	values    int
}

// dataReader reads YAML and JSON, also between the words of a template language. It goes on after
// a fault at the next line that fits.
type dataReader struct {
	src     string
	pos     int
	line    int // of pos
	bol     int // where that line begins
	guard   int // conditions and loops of template text that are open
	values  int
	anchors map[string]*datum
	arena   []datum
	out     dataText
	stopped bool
	spans   templateSpans
}

// readData reads all documents of a text. It never fails: what it could not read is its fault.
func readData(data []byte) dataText {
	y := &dataReader{src: lineBreaks(string(data)), line: 1}
	for y.pos < len(y.src) && !y.stopped {
		y.document()
	}
	y.out.values = y.values
	return y.out
}

// document reads to the next document marker.
func (y *dataReader) document() {
	y.anchors = nil
	for !y.stopped {
		if y.next() < 0 {
			if y.pos < len(y.src) {
				y.marker()
			}
			return
		}
		start := y.pos
		d := y.node(0, -1, true, 0)
		if !d.isNull() {
			y.out.docs = append(y.out.docs, d)
		}
		if y.next() >= 0 && (y.pos == start || y.src[y.pos] != '{') {
			y.fail("something stands where nothing is expected")
			y.skipLine()
		}
	}
}

// marker passes over a line with a document marker or a directive; what stands behind --- is content.
func (y *dataReader) marker() {
	if strings.HasPrefix(y.src[y.pos:], "---") {
		y.pos += 3
		return
	}
	y.skipLine()
}

func (y *dataReader) atMarker() bool {
	if y.pos != y.bol {
		return false
	}
	rest := y.src[y.pos:]
	if strings.HasPrefix(rest, "---") || strings.HasPrefix(rest, "...") {
		return len(rest) == 3 || isBlank(rest[3])
	}
	return strings.HasPrefix(rest, "%YAML") || strings.HasPrefix(rest, "%TAG")
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// fail records the first fault.
func (y *dataReader) fail(what string) {
	if y.out.fault == "" {
		y.out.fault, y.out.faultLine = what, y.line
	}
}

// halt ends the reading.
func (y *dataReader) halt(what string) {
	y.fail(what)
	y.stopped = true
}

// create returns a new datum of the current line.
func (y *dataReader) create(kind datumKind) *datum {
	if y.values++; y.values > maxData {
		y.halt("it holds too many values")
	}
	if len(y.arena) == 0 {
		y.arena = make([]datum, min(512, 8+y.values))
	}
	d := &y.arena[0]
	y.arena = y.arena[1:]
	d.kind, d.line, d.guarded = kind, int32(y.line), y.guard > 0
	return d
}

func (y *dataReader) newline() {
	y.pos++
	y.line++
	y.bol = y.pos
}

func (y *dataReader) skipLine() {
	i := strings.IndexByte(y.src[y.pos:], '\n')
	if i < 0 {
		y.pos = len(y.src)
		return
	}
	y.pos += i
	y.newline()
}

// moveTo goes to a later position and counts the lines on the way.
func (y *dataReader) moveTo(end int) {
	end = min(end, len(y.src))
	for {
		i := strings.IndexByte(y.src[y.pos:end], '\n')
		if i < 0 {
			break
		}
		y.pos += i
		y.newline()
	}
	y.pos = end
}

func (y *dataReader) peek(i int) byte {
	if y.pos+i < len(y.src) {
		return y.src[y.pos+i]
	}
	return '\n'
}

// next moves to the next content and returns its column, or -1 at the end of a document. Called
// again at the same place it does nothing.
func (y *dataReader) next() int {
	for y.pos < len(y.src) && !y.stopped {
		switch c := y.src[y.pos]; {
		case y.pos == y.bol && (c == '-' || c == '.' || c == '%') && y.atMarker():
			return -1
		case c == '\n':
			y.newline()
		case c == ' ' || c == '\t' || c == '\r':
			y.pos++
		case c == '#' && (y.pos == y.bol || isBlank(y.src[y.pos-1])):
			y.skipLine()
		case (c == '{' || c == '<') && y.directive():
		default:
			return y.pos - y.bol
		}
	}
	return -1
}

// node reads one value: on the rest of the line, or on later lines that are indented by low at
// least. A sequence may also stand at the column seqAt. compact says that a mapping may begin on this line.
func (y *dataReader) node(low, seqAt int, compact bool, depth int) *datum {
	if depth > maxDataDepth {
		y.halt("it is nested too deeply")
	}
	line, first, tag, anchor := y.line, -1, "", ""
	for {
		col := y.next()
		fits := col >= low || col == seqAt && y.atDash()
		if col < 0 || y.line != line && !fits {
			d := y.create(scalar)
			d.tag = tag
			return y.anchored(anchor, d)
		}
		if y.line != line {
			compact, first, line = true, -1, y.line
		}
		if first < 0 {
			first = col
		}
		switch c := y.src[y.pos]; {
		case c == '!':
			tag = y.property()
			continue
		case c == '&' && !isBlank(y.peek(1)):
			anchor = y.property()[1:]
			continue
		}
		d := y.content(low, first, compact, depth)
		if tag != "" && d.tag == "" {
			d.tag = tag
		}
		return y.anchored(anchor, d)
	}
}

func (y *dataReader) anchored(anchor string, d *datum) *datum {
	if anchor != "" {
		if y.anchors == nil {
			y.anchors = map[string]*datum{}
		}
		y.anchors[anchor] = d
	}
	return d
}

// property reads a tag, an anchor or an alias.
func (y *dataReader) property() string {
	start := y.pos
	for y.pos < len(y.src) && !isBlank(y.src[y.pos]) && !strings.ContainsRune(",[]{}", rune(y.src[y.pos])) {
		y.pos++
	}
	return y.src[start:y.pos]
}

func (y *dataReader) atDash() bool { return y.peek(0) == '-' && isBlank(y.peek(1)) }

// content reads a value that stands here, without its tag and anchor.
func (y *dataReader) content(low, col int, compact bool, depth int) *datum {
	switch c := y.src[y.pos]; {
	case y.atDash():
		return y.sequence(y.pos-y.bol, depth)
	case compact && (c == '?' && isBlank(y.peek(1)) || y.atKey()):
		return y.mapping(col, depth)
	case c == '*':
		return y.alias()
	case c == '[' || c == '{' && !y.atSpan():
		return y.flow(depth)
	case c == '"' || c == '\'':
		return y.quoted()
	case c == '|' || c == '>':
		if d := y.block(low); d != nil {
			return d
		}
	}
	return y.plain(low)
}

func (y *dataReader) alias() *datum {
	name := y.property()
	if d := y.anchors[name[1:]]; d != nil {
		return d
	}
	y.fail("an alias without its anchor")
	return y.create(scalar)
}

func (y *dataReader) sequence(col, depth int) *datum {
	s := y.create(sequence)
	for !y.stopped {
		switch c := y.next(); {
		case c > col:
			y.fail("something stands where nothing is expected")
			y.skipLine()
		case c < col || !y.atDash():
			return s
		default:
			y.pos++
			s.kids = append(s.kids, y.node(col+1, -1, true, depth+1))
		}
	}
	return s
}

// mapping reads a block of keys that stand at one column. The first one may stand behind a tag.
func (y *dataReader) mapping(col, depth int) *datum {
	m := y.create(mapping)
	for first := true; !y.stopped; first = false {
		c := y.next()
		if c < col {
			return m
		}
		key := y.complexKey(col, depth)
		if key == nil && (c == col || first) && !y.atDash() {
			key = y.key()
		}
		switch {
		case key != nil:
			m.kids = append(m.kids, key, y.node(col+1, col, false, depth+1))
		case c == col && y.atDash():
			return m
		default:
			y.fail("something stands where a key is expected")
			y.skipLine()
		}
	}
	return m
}

// complexKey reads a key that is written with a question mark; nil when there is none.
func (y *dataReader) complexKey(col, depth int) *datum {
	if y.peek(0) != '?' || !isBlank(y.peek(1)) || y.pos >= len(y.src) {
		return nil
	}
	y.pos++
	key := y.node(col+1, -1, true, depth+1)
	if y.next() == col && y.peek(0) == ':' {
		y.pos++
	}
	return key
}
