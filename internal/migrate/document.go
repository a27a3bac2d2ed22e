package migrate

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// MaxText is how long a workflow may be, in bytes. GitHub runs none of this size.
const MaxText = 512 << 10

// maxRemarks is how many remarks there are about one file; more are left out.
const maxRemarks = 50

// maxUses is how many keys the jobs of one file may take.
const maxUses = 200

// document is a workflow, by its lines and by its values.
type document struct {
	file  File
	lines []string // with their ends
	root  *yaml.Node
	edits *edits
	uses  []use

	target  Target
	pin     string
	reasons []Line
	notes   []Line
	keyIDs  []string
}

// use is one key that a job takes.
type use struct {
	job      *yaml.Node
	variable string
	refs     []ref // the id first
}

// parse reads one YAML document that is a mapping.
func parse(text []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc, more yaml.Node
	if err := d.Decode(&doc); err != nil {
		return nil, errors.New("it is no YAML that can be read")
	}
	if d.Decode(&more) == nil {
		return nil, errors.New("it holds several YAML documents")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("it is no YAML mapping")
	}
	return doc.Content[0], nil
}

// open reads a workflow.
func open(f File, pin string, t Target) (*document, error) {
	d := &document{file: f, edits: newEdits(), pin: pin, target: t, lines: slices.Collect(strings.Lines(string(f.Text)))}
	if len(f.Text) > MaxText {
		return d, fmt.Errorf("it has more than %d bytes", MaxText)
	}
	if err := ordinary(string(f.Text)); err != nil {
		return d, err
	}
	var err error
	d.root, err = parse(f.Text)
	return d, err
}

// ordinary reports what in a text keeps its lines from being counted, or git from applying a patch of it.
func ordinary(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("it is no UTF-8")
	}
	for i, r := range text {
		switch {
		case r == '\n' || r == '\t' || r == '\r' && strings.HasPrefix(text[i:], "\r\n"):
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			return errors.New("it holds control characters or line ends of another kind")
		}
	}
	return nil
}

// unusual reports what the patcher keeps its hands off: anchors, aliases, merges and doubled entries.
func unusual(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return fmt.Errorf("line %d has an anchor or alias of YAML", n.Line)
	}
	seen := map[string]bool{}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if seen[c.Value] || c.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d has an entry twice", c.Line)
			}
			seen[c.Value] = true
		}
		if err := unusual(c); err != nil {
			return err
		}
	}
	return nil
}

// pair is an entry of a mapping.
type pair struct{ key, val *yaml.Node }

func pairs(n *yaml.Node) []pair {
	var out []pair
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{n.Content[i], n.Content[i+1]})
	}
	return out
}

// find is the entry of a name; its parts are nil where there is none.
func find(n *yaml.Node, name string) pair {
	for _, p := range pairs(n) {
		if p.key.Value == name {
			return p
		}
	}
	return pair{}
}

func get(n *yaml.Node, name string) *yaml.Node { return find(n, name).val }

func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// word is the text of a scalar.
func word(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// indent is what a line begins with.
func (d *document) indent(n int) string {
	line := d.lines[n]
	return line[:len(line)-len(strings.TrimLeft(line, " "))]
}

// keyColumn is the indentation of a key, also behind the dash of an item.
func keyColumn(key *yaml.Node) string { return strings.Repeat(" ", max(0, key.Column-1)) }

// above is the line before which something that precedes a line goes: comments of the same indentation stay with what they are about.
func (d *document) above(n int) int {
	own := d.indent(n)
	for n > 0 && strings.HasPrefix(strings.TrimLeft(d.lines[n-1], " "), "#") && d.indent(n-1) == own {
		n--
	}
	return n
}

// oneLine reports whether an entry is a key and a scalar on one line, and the key is what the line begins with.
func (d *document) oneLine(p pair) bool {
	n := p.key.Line - 1
	if n < 0 || n >= len(d.lines) || p.val.Kind != yaml.ScalarNode || p.val.Line != p.key.Line || p.val.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return false
	}
	return len(d.indent(n)) == p.key.Column-1
}

func (d *document) refuse(line int, format string, args ...any) {
	l := Line{line, fmt.Sprintf(format, args...)}
	if len(d.reasons) < maxRemarks && !slices.Contains(d.reasons, l) {
		d.reasons = append(d.reasons, l)
	}
}

func (d *document) note(line int, format string, args ...any) {
	l := Line{line, fmt.Sprintf(format, args...)}
	if len(d.notes) < maxRemarks && !slices.Contains(d.notes, l) {
		d.notes = append(d.notes, l)
	}
}

// scalars walks over the scalars of a value that are no names of entries, but for the entries that were taken out.
func scalars(n *yaml.Node, gone map[*yaml.Node]bool, visit func(*yaml.Node)) {
	switch n.Kind {
	case yaml.ScalarNode:
		visit(n)
	case yaml.MappingNode:
		for _, p := range pairs(n) {
			if !gone[p.key] {
				scalars(p.val, gone, visit)
			}
		}
	default:
		for _, c := range n.Content {
			scalars(c, gone, visit)
		}
	}
}

// ref is where a part of a key comes from.
type ref struct {
	kind string // secret or variable; id for the id of a key that stands there itself
	name string // as GitHub compares it: in capitals
}

var (
	oneExpression = regexp.MustCompile(`^\$\{\{\s*(.*?)\s*\}\}$`)
	contextName   = regexp.MustCompile(`^(secrets|vars|env)\.([A-Za-z_][A-Za-z0-9_]*)$`)
	keyIDForm     = regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`)
)

// refKinds are the kinds of references by the context that names them.
var refKinds = map[string]string{"secrets": "secret", "vars": "variable"}

var anyName = regexp.MustCompile(`(?i)\b(secrets|vars)\s*(?:\.\s*|\[\s*[\\'"]+)([A-Za-z_][A-Za-z0-9_]*)`)

// allSecrets is what hands all secrets on, or one whose name is computed.
var allSecrets = regexp.MustCompile(`(?im)^[^#\n]*(?:\bsecrets["']?\s*:\s*["']?inherit\b|\btojson\(\s*secrets\s*\)|\bsecrets\s*\[\s*[a-z(]|\bsecrets\.\*)`)

// named are the secrets and variables of Actions that a text names.
func named(text []byte) map[ref]bool {
	out := map[ref]bool{}
	for _, m := range anyName.FindAllSubmatch(text, -1) {
		out[ref{refKinds[strings.ToLower(string(m[1]))], strings.ToUpper(string(m[2]))}] = true
	}
	return out
}
