package declare

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
)

// said returns what a block says apart from its labels, comments and formatting.
func (b *block) said() string {
	var out strings.Builder
	if b.node != nil {
		encodeJSON(&out, *b.node, 0)
		return out.String()
	}
	parts := make([]string, 0, len(b.attrs)+len(b.blocks))
	for _, a := range b.attrs {
		parts = append(parts, a.name+"="+a.said())
	}
	for _, c := range b.blocks {
		parts = append(parts, c.kind+" "+strings.Join(c.labels, " ")+"{"+c.said()+"}")
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

// said returns the text of an expression without blanks and comments.
func (a *attribute) said() string {
	if a.node != nil {
		var out strings.Builder
		encodeJSON(&out, *a.node, 0)
		return out.String()
	}
	s := &scanner{src: a.src, data: a.src.data[:a.end], pos: a.start, line: a.line, steps: 4*(a.end-a.start) + 64}
	var out strings.Builder
	var stack []mode
	for s.pos < len(s.data) {
		start, top := s.pos, mode{}
		if len(stack) > 0 {
			top = stack[len(stack)-1]
		}
		var ok bool
		if stack, ok = s.step(stack, top); !ok {
			break
		}
		piece := s.data[start:s.pos]
		if top.open == '"' || top.open == '<' {
			out.Write(piece)
		} else if piece[0] != '#' && piece[0] != '/' {
			out.WriteString(squeeze(string(piece)))
		}
	}
	return out.String()
}

// squeeze drops blanks and commas, which formatting alone decides on.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ',' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// digest is a short name for what some texts say.
func digest(parts ...string) string {
	h := sha256.Sum256([]byte(join(parts...)))
	return hex.EncodeToString(h[:8])
}

// fromJSON turns the object of a file in the JSON form into the body of a file.
func fromJSON(src *source, v value) *block {
	root := &block{src: src, line: 1}
	for _, top := range objects(v) {
		for _, e := range top.entries {
			if depth, isBlock := jsonLabels[e.key]; isBlock {
				root.blocks = append(root.blocks, jsonBlocks(src, e, e.key, nil, depth)...)
			} else {
				root.attrs = append(root.attrs, jsonAttribute(src, e))
			}
		}
	}
	return root
}

// jsonLabels are the kinds of blocks and how many labels each has.
var jsonLabels = map[string]int{
	"resource": 2, "module": 1, "variable": 1, "output": 1, "locals": 0,
	"moved": 0, "import": 0, "removed": 0, "component": 1, "deployment": 1,
	"terraform": 0, "provider": 1, "include": 1, "generate": 1, "unit": 1, "stack": 1,
}

// objects returns a value that may stand as one object or as a list of them.
func objects(v value) []value {
	if v.kind == list {
		return v.list
	}
	return []value{v}
}

func jsonBlocks(src *source, e entry, kind string, labels []string, depth int) []*block {
	var bs []*block
	for _, v := range objects(e.val) {
		if v.kind != object {
			continue
		}
		if depth > 0 {
			for _, inner := range v.entries {
				bs = append(bs, jsonBlocks(src, inner, kind, append(slices.Clone(labels), inner.key), depth-1)...)
			}
			continue
		}
		b := &block{kind: kind, labels: labels, src: src, line: e.at.Line, node: &v}
		for _, a := range v.entries {
			b.attrs = append(b.attrs, jsonAttribute(src, a))
		}
		bs = append(bs, b)
	}
	return bs
}

func jsonAttribute(src *source, e entry) *attribute {
	return &attribute{name: e.key, src: src, line: e.at.Line, node: &e.val}
}
