package declare

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// plainForm writes a datum as nested lists and words, so that it can be compared.
func plainForm(d *datum, steps *int) any {
	if *steps--; *steps < 0 {
		return "…"
	}
	switch {
	case d.is(mapping):
		out := []any{}
		for i := 0; i < len(d.kids); i += 2 {
			out = append(out, plainForm(d.kids[i], steps), plainForm(d.kids[i+1], steps))
		}
		return map[string]any{"map": out, "tag": d.tag}
	case d.is(sequence):
		out := []any{}
		for _, k := range d.kids {
			out = append(out, plainForm(k, steps))
		}
		return map[string]any{"list": out, "tag": d.tag}
	}
	return fmt.Sprintf("%s|%s|%v", d.tag, strings.TrimSpace(d.text), d.isNull())
}

// libraryForm writes what the YAML library read in the same way.
func libraryForm(n *yaml.Node, steps *int) any {
	if *steps--; *steps < 0 {
		return "…"
	}
	tag := n.Tag
	if n.Kind == yaml.AliasNode {
		return libraryForm(n.Alias, steps)
	}
	if strings.HasPrefix(tag, "!!") {
		tag = ""
	}
	out := []any{}
	for _, c := range n.Content {
		out = append(out, libraryForm(c, steps))
	}
	switch n.Kind {
	case yaml.MappingNode:
		return map[string]any{"map": out, "tag": tag}
	case yaml.SequenceNode:
		return map[string]any{"list": out, "tag": tag}
	}
	null := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 &&
		(n.Value == "" || n.Value == "~" || n.Value == "null")
	return fmt.Sprintf("%s|%s|%v", tag, strings.TrimSpace(n.Value), null)
}

func libraryDocs(t *testing.T, text string) []any {
	t.Helper()
	var docs []any
	dec := yaml.NewDecoder(strings.NewReader(text))
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			t.Fatalf("the library does not read the sample: %v", err)
		}
		steps := 10000
		if len(n.Content) == 1 && n.Content[0].Tag != "!!null" {
			docs = append(docs, libraryForm(n.Content[0], &steps))
		}
	}
}

// Samples that the library reads: both must read the same.
var dataSamples = map[string]string{
	"nested":  "a:\n  b: 1\n  c:\n  - x\n  - y: 2\n    z: 3\nd: e\n",
	"list":    "- a\n- - b\n  - c\n- d: 1\n  e: 2\n-\n  f: 3\n",
	"json":    `{"a": {"b": [1, 2.5, true, null, "x\n\u0041\"y"]}, "c": {}, "d": [], "e":"f"}`,
	"tags":    "A: !Ref B\nC: !GetAtt D.E\nF: !Sub\n  - '${x}'\n  - x: !Ref Y\nG: !If [Cond, !Ref H, !Ref \"AWS::NoValue\"]\nI: !Foo\n  J: 1\n",
	"quotes":  "a: 'it''s'\nb: \"x: y # z\"\n'c d': e\n\"f\": 'g\n  h'\ni: \"j\\\n  k\"\n",
	"blocks":  "a: |\n  one\n    two\n\n  three\nb: >-\n  x\n  y\nc: |2\n   z\nd: |\n  last",
	"folded":  "a: >\n  one\n  two\n\n  three\n    four\n    five\n  six\n\n\n  seven\nb: >-\n  {\n    \"x\": [\n      1\n    ]\n  }\n",
	"bare":    "a: [0, !GetAZs ]\nb: [!GetAZs, x]\nc: {d: !GetAZs }\ne: !Select [ 0, !GetAZs ] # f\ng: [&h , *h]\n",
	"plain":   "a: one two\n  three\nb: http://x.y/z\nc: x#y # comment\nd: -1\ne: a:b\n",
	"anchor":  "x: &x\n  a: 1\ny:\n  <<: *x\n  b: *x\nz: [&q 1, *q]\n",
	"docs":    "---\na: 1\n---\n# nothing\n---\nb: 2\n...\n---\n- c\n",
	"flow":    "a: {b: c, d: [e, f], 'g': \"h\"}\ni: [ {j: k}, l: m, n ]\no: [\n  p,\n  q, # r\n  s\n]\n",
	"empty":   "a:\nb: ~\nc: ''\nd:\n  e:\nf: 1\n",
	"deeper":  "a:\n  - b:\n      - c:\n          d\n  - e\n",
	"zero":    "a:\n- b:\n  - c\n- d\ne:\n    - f\n",
	"complex": "? a\n: b\n? c\n: - d\n",
	"crlf":    "a: 1\r\nb:\r\n  - c\r\n  - \"d\"\r\n",
	"keys":    "a b: 1\n\"x:y\": 2\nz-1.2/3: 3\n'*': 4\n",
	"dashes":  "a: b\n  - c\n  d\ne:\n- f\n  - g\n- h\n",
	"compact": "- name: x\n  iam_user:\n    name: '{{ item }}'\n  loop: [a, b]\n  when: a == \"b\"\n",
}

func TestReadDataLikeTheLibrary(t *testing.T) {
	for name, text := range dataSamples {
		t.Run(name, func(t *testing.T) {
			out := readData([]byte(text))
			if out.fault != "" {
				t.Errorf("line %d: %s", out.faultLine, out.fault)
			}
			var got []any
			for _, d := range out.docs {
				steps := 10000
				got = append(got, plainForm(d, &steps))
			}
			if diff := cmp.Diff(libraryDocs(t, text), got); diff != "" {
				t.Errorf("(-library +ours):\n%s", diff)
			}
		})
	}
}

func TestReadDataTemplates(t *testing.T) {
	text := `{{- if .Values.user }}
apiVersion: v1
metadata:
  name: {{ .Release.Name }}-ci
  labels:
    {{- include "x: y" . | nindent 4 }}
{{- end }}
{% for u in users %}
{{ u }}: {a: [{{ u }}, b]}
{% endfor %}
last: <%= x %>
shell: echo ${#a}
`
	d := readData([]byte(text)).docs[0]
	if got := d.at("metadata", "name").text; got != "{{ .Release.Name }}-ci" {
		t.Errorf("name = %q", got)
	}
	if !d.get("apiVersion").guarded || d.get("last").guarded {
		t.Error("the condition guards the wrong lines")
	}
	if got := d.at("{{ u }}", "a").items()[1].text; got != "b" {
		t.Errorf("item = %q", got)
	}
	if got := d.get("shell").text; got != "echo ${#a}" {
		t.Errorf("shell = %q", got)
	}
}

func TestReadDataGoesOnAfterFaults(t *testing.T) {
	out := readData([]byte("a: 1\n\tb\nc: [1, 2\n---\nd: 4\n  e: 5\nf: 6\n"))
	if out.fault == "" {
		t.Error("no fault")
	}
	if got := out.docs[len(out.docs)-1].get("f").word(); got != "6" {
		t.Errorf("f = %q", got)
	}
}

func TestMergeKeysAndDuplicates(t *testing.T) {
	d := readData([]byte("b: &b {x: 1, y: 2}\nc: {<<: [*b, {z: 3}], y: 4, y: 5}\n")).docs[0].get("c")
	for key, want := range map[string]string{"x": "1", "y": "5", "z": "3"} {
		if got := d.get(key).word(); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	if got := len(d.pairs()); got != 3 {
		t.Errorf("%d pairs", got)
	}
}

func FuzzReadData(f *testing.F) {
	for _, s := range dataSamples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out := readData(data)
		for _, d := range out.docs {
			steps := 5000
			plainForm(d, &steps)
			d.pairs()
		}
	})
}
