//go:build moto

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestServicesUsed: where the role may ask, the findings about keys in use say what their user calls, and a policy to
// start from; where it may not, one request is made and nothing is missing.
func TestServicesUsed(t *testing.T) {
	s := newSetting(t)
	const generate = "iam:GenerateServiceLastAccessedDetails"
	s.proxy.serve(s.org.ids["payments"], generate, "iam.GenerateServiceLastAccessedDetails.xml")
	o := s.audit()

	want := []string{"aged-access-key two-keys", "aged-access-key two-keys", "duplicate-access-keys two-keys"}
	for _, f := range computeFindings("payments", "two-keys") {
		if f.user != "" { // a mere reference to a key tells no user
			want = append(want, f.check+" "+f.user)
		}
	}
	if d := cmp.Diff(tally(want), tally(saying(t, o, "s3 (ListAllMyBuckets), sqs."))); d != "" {
		t.Errorf("findings that say what the user calls (-want +got):\n%s", d)
	}
	requests := map[string]int{}
	for _, c := range s.proxy.calls {
		if c.action == generate {
			requests[c.account]++
		}
	}
	// In payments two-keys works with a key, and a stack holds one of git-mirror. ops-admin has a key in use in the
	// management account, where the role may not ask.
	if d := cmp.Diff(map[string]int{s.org.ids["payments"]: 2, management: 1}, requests); d != "" {
		t.Errorf("requests by account (-want +got):\n%s", d)
	}
	for name, a := range o.accounts {
		if strings.Contains(strings.Join(a.Missing, " "), "services-used") {
			t.Errorf("%s: missing %v", name, a.Missing)
		}
	}
	s.github.ResetLog()
	if s.audit(); len(s.writes()) != 0 {
		t.Errorf("a second run wrote:\n%s", strings.Join(s.writes(), "\n"))
	}
}

// saying are the findings with a note that ends in the words, as "check user".
func saying(t *testing.T, o outcome, words string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(o.folder, "findings.json"))
	must(t, err)
	var doc struct {
		Findings []struct {
			Check, User string
			Evidence    struct{ Notes []string }
		}
	}
	must(t, json.Unmarshal(text, &doc))
	var out []string
	for _, f := range doc.Findings {
		if strings.Contains(strings.Join(f.Evidence.Notes, " "), words) {
			out = append(out, f.Check+" "+f.User)
		}
	}
	return out
}

func tally(lines []string) map[string]int {
	n := map[string]int{}
	for _, l := range lines {
		n[l]++
	}
	return n
}
