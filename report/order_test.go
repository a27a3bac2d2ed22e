package report

import (
	"bytes"
	stdcmp "cmp"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
)

// A key with several findings is listed once, in the part of the worst of them, with the commands of the one that has them.
func TestOrderListsAKeyOnce(t *testing.T) {
	key := func(id, user string) checks.Finding {
		f := sampleKey(id, user, "")
		f.ID = "key " + id + user
		return f
	}
	resource := func(id, user string) checks.Finding {
		f := key(id, user)
		f.ID, f.Check, f.Kind = "resource "+id+user, "static-key-in-compute", checks.SubjectResource
		f.Removal, f.Because, f.Steps = checks.RemovalAfterMigration, "it stands in Lambda function `resize`", nil
		return f
	}
	exempt := resource("AKIA4", "d")
	exempt.Exemption = &checks.ExemptionRef{Reason: "r", Expires: "2027-01-01"}
	d := &Data{Findings: []checks.Finding{
		key("AKIA1", "a"), resource("AKIA1", "a"), resource("AKIA2", "b"), key("AKIA2", "b"), key("AKIA3", "c"),
		key("AKIA4", "d"), exempt, key("AKIA…WXYZ", "user-1"), key("AKIA…WXYZ", "user-2"), key("", "e"), key("", "f"),
	}}
	var got []string
	for i, part := range orderOf(d) {
		for _, k := range part {
			off, undo := offCommands(k.commands)
			if off == "" || undo == "" {
				t.Errorf("%s %s has no commands", k.f.KeyID, k.f.User)
			}
			got = append(got, orderParts[i].title+" "+k.f.KeyID+" "+k.f.User+": "+k.f.Because)
		}
	}
	want := []string{
		"Now AKIA3 c: never used", "Now AKIA4 d: never used",
		"Now AKIA…WXYZ user-1: never used", "Now AKIA…WXYZ user-2: never used", "Now  e: never used", "Now  f: never used",
		"After migration AKIA1 a: it stands in Lambda function `resize`", "After migration AKIA2 b: it stands in Lambda function `resize`",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := orderText(d, orderShare); strings.Count(text, "AKIA1 of") != 1 {
		t.Errorf("listed more than once:\n%s", text)
	}
}

func TestPageOrderStaysBounded(t *testing.T) {
	got, err := HTML(many(pageKeys + 1))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := bytes.Cut(got, []byte(`<ol class="order">`))
	list, rest, _ := bytes.Cut(list, []byte("</ol>"))
	if n := bytes.Count(list, []byte("<li>")); n != pageKeys {
		t.Errorf("%d keys are shown", n)
	}
	if !bytes.HasPrefix(rest, []byte(`<p class="muted">1 more are in findings.json.</p>`)) {
		t.Errorf("the page does not say what it leaves out: %.80s", rest)
	}
}

// The table of what takes the place of a key calls it as issues do.
func TestReplacementDocNames(t *testing.T) {
	text, err := os.ReadFile("../docs/replacement.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, l := range strings.Split(string(text), "\n") {
		cells := strings.Split(l, " | ")
		kind, ok := strings.CutPrefix(cells[0], "| `")
		if !ok || len(cells) != 3 {
			continue
		}
		rows++
		want := stdcmp.Or(replacementName(strings.TrimSuffix(kind, "`")), "nothing")
		if got := strings.TrimSuffix(cells[2], " |"); got != want {
			t.Errorf("%s: %q, issues say %q", kind, got, want)
		}
	}
	if rows < 10 {
		t.Errorf("only %d rows", rows)
	}
}
