package checks

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

var update = flag.Bool("update", false, "write the goldens anew")

// fixture is an inventory and the findings that are right for it, one a line.
type fixture struct {
	About string `json:"about"`
	// Wrong says which class of tools gets a trap wrong.
	Wrong   string            `json:"wrong"`
	AsOf    time.Time         `json:"as_of"`
	Policy  json.RawMessage   `json:"policy"`
	Account inventory.Account `json:"account"`
	// NotAssessed are checks that must be unassessed wherever they have a subject.
	NotAssessed []string `json:"not_assessed"`
	Want        []string `json:"want"`

	path   string
	policy *policy.Policy
}

func readFixtures(t *testing.T, pattern string) []fixture {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixture matches %s (%v)", pattern, err)
	}
	var out []fixture
	for _, path := range paths {
		out = append(out, readFixture(t, path))
	}
	return out
}

func readFixture(t *testing.T, path string) fixture {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{path: filepath.ToSlash(path), policy: policy.Default()}
	strict(t, path, data, &f)
	if len(f.Policy) > 0 {
		strict(t, path, f.Policy, f.policy)
	}
	if f.About == "" || f.AsOf.IsZero() {
		t.Fatalf("%s: about and as_of must be set", path)
	}
	return f
}

func strict(t *testing.T, path string, data []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func (f *fixture) evaluate() []Finding {
	return Evaluate(&f.Account, f.policy, Options{Now: f.AsOf})
}

// line is one finding as fixtures write it.
func line(f Finding) string {
	key := f.KeyID
	if key == "" {
		key = "-"
	}
	out := fmt.Sprintf("%s %s %s %s %s", f.Severity, f.Check, f.User, key, f.Removal)
	if len(f.Also) > 0 {
		out += " +" + strings.Join(f.Also, ",")
	}
	if f.Evidence.Administrator != "" {
		out += " administrator"
	}
	if f.Exemption != nil {
		out += " exempt until " + f.Exemption.Expires
	}
	return strings.Replace(out, " - - ", " - ", 1)
}

func lines(findings []Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, line(f))
	}
	return out
}

func TestFixtures(t *testing.T) {
	for _, f := range readFixtures(t, "testdata/*/*.json") {
		t.Run(f.path, func(t *testing.T) {
			if diff := cmp.Diff(f.Want, lines(f.evaluate())); diff != "" {
				t.Errorf("%s\nwant, got:\n%s", f.About, diff)
			}
		})
	}
}

// Every check of the list has a fixture where it fires and one where it was assessed and
// kept silent.
func TestEveryCheckFiresAndIsSilent(t *testing.T) {
	for _, c := range list {
		for _, f := range readFixtures(t, "testdata/"+c.ID+"/fires*.json") {
			if !names(f.evaluate(), c.ID) {
				t.Errorf("%s: %s does not fire", f.path, c.ID)
			}
		}
		for _, f := range readFixtures(t, "testdata/"+c.ID+"/silent*.json") {
			if names(f.evaluate(), c.ID) {
				t.Errorf("%s: %s is not silent", f.path, c.ID)
			}
			if n, without := assessed(&f, c); n == 0 || without > 0 {
				t.Errorf("%s: %s was assessed for %d subjects and not for %d: silence must be a verdict", f.path, c.ID, n, without)
			}
		}
	}
}

func names(findings []Finding, id string) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Check == id || slices.Contains(f.Also, id) })
}

// assessed counts the subjects for which a check could and could not be assessed.
func assessed(f *fixture, c *Check) (with, without int) {
	e, _ := newEvaluation(&f.Account, f.policy, Options{Now: f.AsOf})
	e.each(func(at spot) {
		if !slices.Contains(groups[at.group].checks, c) {
			return
		}
		if c.unassessed(&e.s) == "" {
			with++
		} else {
			without++
		}
	})
	return with, without
}

// A folder of fixtures that belongs to no check would never be held to anything.
func TestFixtureFoldersBelongToChecks(t *testing.T) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := ByID(e.Name()); !ok && e.IsDir() && e.Name() != "traps" {
			t.Errorf("testdata/%s: no such check", e.Name())
		}
	}
}

// The verdict traps: inventories on which well-known tools are wrong.
func TestTraps(t *testing.T) {
	traps := readFixtures(t, "testdata/traps/*.json")
	want := []string{
		"credential-report-refused", "expired-exemption", "never-used-key-without-password", "person-never-signed-in",
		"root-key-idle", "root-key-used-root-password-old", "root-without-credentials", "second-key-unused-first-inactive",
	}
	var got []string
	for _, f := range traps {
		got = append(got, strings.TrimSuffix(filepath.Base(f.path), ".json"))
		if f.Wrong == "" {
			t.Errorf("%s: says not which tools get it wrong", f.path)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("traps: want, got:\n%s", diff)
	}
}

// Where the credential report was refused nothing is clean: no open issue is closed.
func TestRefusedReportClearsNothing(t *testing.T) {
	f := readFixture(t, "testdata/traps/credential-report-refused.json")
	for _, id := range f.NotAssessed {
		c, ok := ByID(id)
		if !ok {
			t.Fatalf("no check %s", id)
		}
		if n, without := assessed(&f, c); n > 0 {
			t.Errorf("%s: assessed for %d subjects, not for %d; want none assessed", id, n, without)
		}
	}
	var asked []Asked
	found := map[string]bool{}
	for _, x := range f.evaluate() {
		found[x.ID] = true
	}
	for id, place := range Index(&f.Account) {
		g, _ := groupNamed(place.Subject)
		for _, c := range g.checks {
			if !found[id] && slices.Contains(f.NotAssessed, c.ID) {
				asked = append(asked, Asked{ID: id, Subject: place.Subject, Check: c.ID})
			}
		}
	}
	if len(asked) < 10 {
		t.Fatalf("only %d issues asked about", len(asked))
	}
	for id, v := range Absences(&f.Account, f.policy, f.AsOf, asked) {
		if v.State != StateNotAssessed {
			t.Errorf("%s (%s): %+v, want not assessed", id, Index(&f.Account)[id].Subject, v)
		}
	}
}
