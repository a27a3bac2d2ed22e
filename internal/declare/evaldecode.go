package declare

import (
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// jsonEncode writes a value as JSON, what is unknown in it as a reference: templates of other tools
// are often made so, and only a part of them depends on what cannot be known.
func jsonEncode(args []value) value {
	if len(args) != 1 {
		return missing()
	}
	var b strings.Builder
	encodeJSON(&b, args[0], 0)
	out := stringValue(b.String())
	if !args[0].wholly() {
		out.kind = unknown
	}
	out.at = args[0].at
	return out
}

func encodeJSON(b *strings.Builder, v value, depth int) {
	if depth > maxNesting {
		b.WriteString("null")
		return
	}
	switch v.kind {
	case unknown:
		writeJSONString(b, "${"+v.str+"}")
	case null:
		b.WriteString("null")
	case boolean, number:
		s, _ := v.asString()
		b.WriteString(s)
	case text:
		writeJSONString(b, v.str)
	case list:
		b.WriteByte('[')
		for i, x := range v.list {
			if i > 0 {
				b.WriteByte(',')
			}
			encodeJSON(b, x, depth+1)
		}
		b.WriteByte(']')
	case object:
		b.WriteByte('{')
		for i, e := range v.entries {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSONString(b, e.key)
			b.WriteByte(':')
			encodeJSON(b, e.val, depth+1)
		}
		b.WriteByte('}')
	}
}

func writeJSONString(b *strings.Builder, s string) {
	out, err := json.Marshal(s)
	if err == nil {
		b.Write(out)
	}
}

// decodeJSON reads a text whose lines are those of the file it was read from, if it was.
func decodeJSON(v value) value {
	s, ok := v.asString()
	if !ok {
		return missing()
	}
	out, err := parseJSON(v.at.Path, []byte(s))
	if err != nil {
		return value{}
	}
	return shifted(out, v.at)
}

// shifted moves the lines of a decoded text to where the text begins.
func shifted(v value, at Place) value {
	move := func(p Place) Place {
		if at.Line == 0 || p.Line == 0 {
			return at
		}
		return Place{Path: at.Path, Line: at.Line + p.Line - 1}
	}
	v.at = move(v.at)
	for i := range v.list {
		v.list[i] = shifted(v.list[i], at)
	}
	for i := range v.entries {
		v.entries[i].at = move(v.entries[i].at)
		v.entries[i].val = shifted(v.entries[i].val, at)
	}
	return v
}

func decodeYAML(v value) value {
	s, ok := v.asString()
	if !ok || len(s) > maxParsed {
		return value{}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(s), &doc); err != nil || len(doc.Content) == 0 {
		return value{}
	}
	left := maxJSONValues
	out, ok := fromYAML(doc.Content[0], v.at.Path, 0, &left)
	if !ok {
		return value{}
	}
	return shifted(out, v.at)
}

// fromYAML turns a node into a value; false where aliases or depth make too much of it.
func fromYAML(n *yaml.Node, path string, depth int, left *int) (value, bool) {
	if *left--; *left < 0 || depth > maxNesting {
		return value{}, false
	}
	at := Place{Path: path, Line: n.Line}
	switch n.Kind {
	case yaml.AliasNode:
		return fromYAML(n.Alias, path, depth+1, left)
	case yaml.SequenceNode:
		vs := make([]value, 0, len(n.Content))
		for _, c := range n.Content {
			v, ok := fromYAML(c, path, depth+1, left)
			if !ok {
				return value{}, false
			}
			vs = append(vs, v)
		}
		return placedAt(listValue(vs), at), true
	case yaml.MappingNode:
		v, ok := fromYAMLMap(n, path, depth, left)
		return placedAt(v, at), ok
	}
	return placedAt(yamlScalar(n), at), true
}

func fromYAMLMap(n *yaml.Node, path string, depth int, left *int) (value, bool) {
	var es []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		v, ok := fromYAML(n.Content[i+1], path, depth+1, left)
		if !ok {
			return value{}, false
		}
		if n.Content[i].Value == "<<" {
			es = append(append([]entry{}, v.entries...), es...)
			continue
		}
		es = append(es, entry{key: n.Content[i].Value, at: Place{Path: path, Line: n.Content[i].Line}, val: v})
	}
	return objectValue(es), true
}

func yamlScalar(n *yaml.Node) value {
	switch n.ShortTag() {
	case "!!null":
		return value{kind: null}
	case "!!bool":
		return boolValue(strings.EqualFold(n.Value, "true"))
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return numberValue(f)
		}
	}
	return stringValue(n.Value)
}

func decodeCSV(v value) value {
	s, ok := v.asString()
	if !ok {
		return missing()
	}
	r := csv.NewReader(strings.NewReader(s))
	head, err := r.Read()
	if err != nil {
		return value{}
	}
	var rows []value
	for len(rows) < maxJSONValues/10 {
		row, err := r.Read()
		if err != nil {
			break
		}
		line, _ := r.FieldPos(0)
		var es []entry
		for i, cell := range row {
			es = append(es, entry{key: head[i], val: placedAt(stringValue(cell), Place{Line: line})})
		}
		rows = append(rows, placedAt(objectValue(es), Place{Line: line}))
	}
	return shifted(listValue(rows), v.at)
}
