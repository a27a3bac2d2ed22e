package review

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestGoldens(t *testing.T) {
	all := scenarios()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		v := Judge(all[name])
		if !v.quiet() {
			golden(t, name+".comment.md", []byte(v.Comment()))
		}
		golden(t, name+".terminal.txt", []byte(v.Terminal(false)))
	}
	for _, name := range []string{"mixed", "nothing", "unknown", "only-possible", "merge-group", "approved-before", "hostile"} {
		golden(t, name+".summary.md", []byte(Judge(all[name]).Summary()))
	}
	for _, name := range []string{"nothing", "unknown", "only-possible"} {
		golden(t, name+".quiet.md", []byte(Judge(all[name]).QuietLine()))
	}
	golden(t, "mixed.colour.txt", []byte(Judge(all["mixed"]).Terminal(true)))
}

// TestVerdicts holds the numbers that outputs and exit status are made of.
func TestVerdicts(t *testing.T) {
	want := map[string]struct {
		additions int
		fails     bool
		accepted  int
		possible  int
		complete  bool
	}{
		"one-user": {1, true, 0, 0, true}, "mixed": {7, true, 0, 1, true}, "accepted": {1, true, 1, 0, true}, "all-accepted": {0, false, 2, 0, true},
		"approved": {0, false, 2, 0, true}, "approved-before": {1, true, 2, 0, true}, "own-label": {1, true, 0, 0, true},
		"only-possible": {0, false, 0, 1, true}, "incomplete": {1, true, 0, 0, false}, "unknown": {0, false, 0, 0, false},
		"nothing": {0, false, 0, 0, true}, "merge-group": {1, true, 0, 0, true}, "many": {300, true, 0, 0, true}, "hostile": {7, true, 7, 7, false},
	}
	all := scenarios()
	if len(want) != len(all) {
		t.Errorf("%d expectations for %d scenarios", len(want), len(all))
	}
	for name, in := range all {
		v, w := Judge(in), want[name]
		if v.Additions() != w.additions || v.Fails() != w.fails || total(v.Accepted) != w.accepted || total(v.Possible) != w.possible || v.Complete() != w.complete {
			t.Errorf("%s: %d additions, fails %v, %d accepted, %d possible, complete %v; want %+v",
				name, v.Additions(), v.Fails(), total(v.Accepted), total(v.Possible), v.Complete(), w)
		}
	}
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("testdata/review.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJSON(t *testing.T) {
	s := schema(t)
	all := scenarios()
	for name, in := range all {
		got := in.Outcome.JSON()
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, got)
		}
		if name == "hostile" { // its paths may be what no file is called
			continue
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	golden(t, "mixed.json", all["mixed"].Outcome.JSON())
	golden(t, "unknown.json", all["unknown"].Outcome.JSON())
	golden(t, "nothing.json", Outcome{}.JSON())
	broken := strings.Replace(string(all["mixed"].Outcome.JSON()), `"line"`, `"lines"`, 1)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(broken))
	if err != nil {
		t.Fatal(err)
	}
	if s.Validate(doc) == nil {
		t.Error("the schema takes a field that the document does not have")
	}
}

// TestJSONKeepsWords: what is escaped for terminals and runners is read back as it was.
func TestJSONKeepsWords(t *testing.T) {
	for _, w := range hostile {
		got := Outcome{Head: w}.JSON()
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
		if err != nil {
			t.Fatalf("%q: %v", w, err)
		}
		if head := doc.(map[string]any)["head"]; head != strings.ToValidUTF8(w, "\ufffd") && head != strings.ReplaceAll(w, "\xff\xfe", "\ufffd\ufffd") {
			t.Errorf("%q became %q", w, head)
		}
		for line := range strings.Lines(string(got)) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.ContainsFunc(line, unseen) {
				t.Errorf("%q prints as %q", w, line)
			}
		}
	}
}
