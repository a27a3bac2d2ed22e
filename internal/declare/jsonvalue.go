package declare

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	maxJSONDepth  = 200
	maxJSONValues = 80_000
)

var errManyValues = errors.New("it holds too many values")

// parseJSON reads a JSON text into a value whose parts know their lines. Comments are taken as
// blanks, as some tools write them.
func parseJSON(path string, data []byte) (value, error) {
	p := &jsonParser{path: path, data: data, line: 1}
	v, err := p.value(0)
	if err == nil {
		if p.space(); p.pos < len(p.data) {
			err = p.fault("something stands after the end")
		}
	}
	return v, err
}

type jsonParser struct {
	path      string
	data      []byte
	pos, line int
	values    int
}

func (p *jsonParser) fault(what string) error { return fmt.Errorf("line %d: %s", p.line, what) }

func (p *jsonParser) space() {
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '\n':
			p.line++
			p.pos++
		case c == ' ' || c == '\t' || c == '\r':
			p.pos++
		case c == '/' && p.pos+1 < len(p.data) && p.data[p.pos+1] == '/':
			p.pos += indexOr(p.data[p.pos:], "\n")
		default:
			return
		}
	}
}

func (p *jsonParser) value(depth int) (value, error) {
	p.space()
	if p.values++; p.values > maxJSONValues {
		return value{}, errManyValues
	}
	if depth > maxJSONDepth {
		return value{}, p.fault("it is nested too deeply")
	}
	if p.pos >= len(p.data) {
		return value{}, p.fault("it ends early")
	}
	at := Place{Path: p.path, Line: p.line}
	var v value
	var err error
	switch c := p.data[p.pos]; c {
	case '{':
		v, err = p.object(depth)
	case '[':
		v, err = p.array(depth)
	case '"':
		v.kind = text
		v.str, err = p.string()
	default:
		v, err = p.scalar()
	}
	v.at = at
	return v, err
}

func (p *jsonParser) object(depth int) (value, error) {
	var es []entry
	p.pos++
	for {
		if p.space(); p.take('}') {
			return objectValue(es), nil
		}
		if len(es) > 0 && !p.take(',') {
			return value{}, p.fault("a comma is missing")
		}
		if p.space(); p.take('}') {
			return objectValue(es), nil
		}
		e := entry{at: Place{Path: p.path, Line: p.line}}
		var err error
		if e.key, err = p.string(); err != nil {
			return value{}, err
		}
		if p.space(); !p.take(':') {
			return value{}, p.fault("a colon is missing")
		}
		if e.val, err = p.value(depth + 1); err != nil {
			return value{}, err
		}
		es = append(es, e)
	}
}

func (p *jsonParser) array(depth int) (value, error) {
	var vs []value
	p.pos++
	for {
		if p.space(); p.take(']') {
			return listValue(vs), nil
		}
		if len(vs) > 0 && !p.take(',') {
			return value{}, p.fault("a comma is missing")
		}
		if p.space(); p.take(']') {
			return listValue(vs), nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		vs = append(vs, v)
	}
}

func (p *jsonParser) take(c byte) bool {
	if p.pos < len(p.data) && p.data[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *jsonParser) string() (string, error) {
	if !p.take('"') {
		return "", p.fault("a string is missing")
	}
	start, plain := p.pos, true
	for ; p.pos < len(p.data); p.pos++ {
		switch p.data[p.pos] {
		case '\\':
			plain = false
			p.pos++
		case '\n':
			return "", p.fault("a string does not end")
		case '"':
			s := string(p.data[start:p.pos])
			p.pos++
			if plain {
				return s, nil
			}
			return unescapeJSON(s), nil
		}
	}
	return "", p.fault("a string does not end")
}

var jsonEscapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f'}

func unescapeJSON(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		if c, ok := jsonEscapes[s[i]]; ok {
			out = append(out, c)
		} else if s[i] == 'u' && i+4 < len(s) {
			n, _ := strconv.ParseUint(s[i+1:i+5], 16, 32)
			out = utf8.AppendRune(out, rune(n))
			i += 4
		} else {
			out = append(out, s[i])
		}
	}
	return string(out)
}

func (p *jsonParser) scalar() (value, error) {
	start := p.pos
	for p.pos < len(p.data) && (isWordByte(p.data[p.pos]) || p.data[p.pos] == '.' || p.data[p.pos] == '+') {
		p.pos++
	}
	switch word := string(p.data[start:p.pos]); word {
	case "true", "false":
		return boolValue(word == "true"), nil
	case "null":
		return value{kind: null}, nil
	default:
		n, err := strconv.ParseFloat(word, 64)
		if err != nil || word == "" {
			return value{}, p.fault("no value")
		}
		return numberValue(n), nil
	}
}
