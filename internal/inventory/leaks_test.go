package inventory

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An audit without a scan neither finds nor clears a leak, and nothing of it shows in what is saved.
func TestLeaksAreMissingWithoutAScan(t *testing.T) {
	a := &Account{ID: "111122223333", Partition: "aws", Status: Audited, CollectedAt: collected}
	for _, lacks := range []func() (Missing, bool){
		func() (Missing, bool) { return a.Lacks(FactLeaks, "jane", "AKIA1") },
		func() (Missing, bool) { return a.LacksAnywhere(FactLeaks) },
	} {
		if m, ok := lacks(); !ok || !m.Offline || m.Fact != FactLeaks || m.Action != "" {
			t.Errorf("without a scan: %+v, %v", m, ok)
		}
	}
	if m, ok := a.Lacks(FactMFA, "jane", ""); ok {
		t.Errorf("another fact is missing too: %+v", m)
	}
	doc, err := Encode(a)
	if err != nil || len(a.Missing) > 0 || strings.Contains(string(doc), "leak") {
		t.Errorf("%v: missing %v, saved:\n%s", err, a.Missing, doc)
	}

	a.Leaks = &Leaks{ScannedAt: collected}
	if m, ok := a.Lacks(FactLeaks, "jane", "AKIA1"); ok {
		t.Errorf("after a scan that found nothing: %+v", m)
	}
	a.Status, a.Cause = Failed, "no role"
	if m, ok := a.Lacks(FactLeaks, "", ""); !ok || m.Cause != "no role" {
		t.Errorf("of a failed account: %+v, %v", m, ok)
	}
}

func TestCompareLeaks(t *testing.T) {
	want := []Leak{
		{KeyID: "A", Where: "file", Path: "z", Line: 9},
		{KeyID: "A", Where: "commit", Path: "a", Line: 1},
		{KeyID: "A", Where: "commit", Path: "a", Line: 2, SecretNearby: true},
		{KeyID: "A", Where: "commit", Path: "a", Line: 2},
		{KeyID: "A", Where: "commit", Path: "a", Line: 2, Commit: "c"},
		{KeyID: "A", Where: "commit", Path: "a", Inside: []string{"x"}, Line: 1},
		{KeyID: "A", Where: "message"},
		{KeyID: "B", Where: "file"},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, CompareLeaks)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestDecodeLeakFaults(t *testing.T) {
	leaks := func(s string) string {
		return strings.TrimSuffix(goodInventory, "\n}") + ",\n  \"leaks\": " + s + "\n}"
	}
	const key = `"key_id": "AKIAAAAAAAAAAAAAAAAA"`
	for text, want := range map[string]string{
		`{"scanned_at": "2026-11-24T07:06:55Z", "found": [{` + key + `, "where": "file", "line": 3}]}`: "",
		`{"scanned_at": "2026-11-24T07:06:55Z"}`:                                                       "",
		`{"found": []}`:                                                                                "leaks.scanned_at: it is missing, so that nobody knows how old the scan is",
		`{"scanned_at": "monday"}`:                                                                     `leaks.scanned_at: "monday" is no time such as 2026-09-11T13:14:52Z`,
		`{"scanned_at": "2026-11-24T07:06:55Z", "found": [{"key_id": "$(x)", "where": "file"}]}`:        `leaks.found[0].key_id: "$(x)" is no id of AWS`,
		`{"scanned_at": "2026-11-24T07:06:55Z", "found": [{` + key + `}]}`:                              "leaks.found[0].where: it is empty",
		`{"scanned_at": "2026-11-24T07:06:55Z", "found": [{` + key + `, "where": "file", "line": -1}]}`: "leaks.found[0].line: it is -1, lines are counted from 1",
	} {
		a, err := Decode("a.json", []byte(leaks(text)))
		switch {
		case want == "":
			if err != nil || a.Leaks == nil || a.Leaks.Found == nil {
				t.Errorf("%s: %v", text, err)
			}
		case err == nil || err.Error() != `inventory "a.json": `+want+": save it again with keysweep audit":
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}
