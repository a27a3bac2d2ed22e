package policy

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

var options = ParseOptions{
	KnownChecks: []string{
		"root-access-key", "leaked-access-key", "unused-access-key", "aged-access-key",
		"unused-password", "orphaned-user", "signing-certificate",
	},
	Now: time.Date(2026, 11, 24, 23, 59, 59, 0, time.UTC),
}

// Each file in testdata is wrong, and the .out beside it is what the user is told.
func TestParseFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(filepath.Base(file), data, options)
		if err == nil {
			t.Errorf("%s: no fault, %+v", file, p)
			continue
		}
		got := err.Error() + "\n"
		golden := strings.TrimSuffix(file, ".yml") + ".out"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
}

// everything is a file with every field there is.
const everything = `version: 1
thresholds: {unused-days: 30, max-key-age-days: 60, rotation-overlap-days: 0, grace-days: 14}
checks:
  signing-certificate: {enabled: false}
  aged-access-key: {severity: low}         # fixed
accounts:
  "111122223333": {name: prod, environment: production, owner: platform}
  012345678901:
    name: 42
    environment: non-production
owners:
  - {account: "111122223333", user: "ci-*", owner: ci-team, assignees: [alice, bob_acme]}
  - owner: everybody
owner-tag: owner
exemptions:
  - {check: unused-access-key, account: "*", user: "legacy-*", access-key: "", reason: "vendor ends in March", expires: 2027-03-31}
  - {check: addition, path: "infra/ses/*", reason: "SES SMTP needs a key", expires: 2027-03-31}
  - check: "*"
    user: <root_account>
    reason: 'over'
    expires: "2020-02-29"
break-glass: ["arn:aws:iam::*:user/breakglass-*"]
people: {users: ["*@acme.com"], tag: person, roster: people.csv}
contractors: {users: ["ext-*"], tag: vendor}
trusted-accounts: ["999900001111", 000000000001]
repositories: [acme/app, acme/infra]
`

func TestParseEverything(t *testing.T) {
	want := &Policy{
		Thresholds: Thresholds{UnusedDays: 30, MaxKeyAgeDays: 60, RotationOverlapDays: 0, GraceDays: 14},
		Checks:     map[string]CheckSetting{"signing-certificate": {Disabled: true}, "aged-access-key": {Severity: "low"}},
		Accounts: map[string]AccountSetting{
			"111122223333": {Name: "prod", Environment: "production", Owner: "platform"},
			"012345678901": {Name: "42", Environment: "non-production"},
		},
		Owners: []OwnerRule{
			{Account: "111122223333", User: "ci-*", Owner: "ci-team", Assignees: []string{"alice", "bob_acme"}},
			{Owner: "everybody"},
		},
		OwnerTag: "owner",
		Exemptions: []Exemption{
			{Check: "unused-access-key", Account: "*", User: "legacy-*", Reason: "vendor ends in March", Expires: day("2027-03-31"), Line: 16},
			{Check: "addition", Path: "infra/ses/*", Reason: "SES SMTP needs a key", Expires: day("2027-03-31"), Line: 17},
			{Check: "*", User: "<root_account>", Reason: "over", Expires: day("2020-02-29"), Line: 18},
		},
		BreakGlass:      []string{"arn:aws:iam::*:user/breakglass-*"},
		People:          People{Users: []string{"*@acme.com"}, Tag: "person", Roster: "people.csv"},
		Contractors:     Contractors{Users: []string{"ext-*"}, Tag: "vendor"},
		TrustedAccounts: []string{"999900001111", "000000000001"},
		Repositories:    []string{"acme/app", "acme/infra"},
	}
	for name, text := range map[string]string{
		"plain": everything, "BOM": "\ufeff" + everything, "CRLF": strings.ReplaceAll(everything, "\n", "\r\n"),
		"with a document mark": "---\n" + everything, "with an end mark": everything + "...\n",
	} {
		got, err := Parse("keysweep.yml", []byte(text), options)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		ignore := cmpopts.IgnoreFields(Exemption{})
		if strings.HasPrefix(text, "---") {
			ignore = cmpopts.IgnoreFields(Exemption{}, "Line")
		}
		if d := cmp.Diff(want, got, ignore); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestParseNothing(t *testing.T) {
	for _, text := range []string{
		"", "\n", "# only a comment\n", "---\n", "--- # a comment\n", "~\n", "\ufeff", "version: 1\n", "version: 1",
		"version: 1\nthresholds:\nchecks:\naccounts:\nowners:\nexemptions:\nbreak-glass:\npeople:\n  users:\ncontractors:\ntrusted-accounts: []\nrepositories: ~\n",
	} {
		got, err := Parse("keysweep.yml", []byte(text), options)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if d := cmp.Diff(Default(), got); d != "" {
			t.Errorf("%q (-default +got):\n%s", text, d)
		}
	}
}

// The range of each number, at both of its ends.
func TestParseRanges(t *testing.T) {
	for _, tt := range []struct {
		name        string
		least, most string
		under, over string
	}{
		{"unused-days", "1", "3650", "0", "3651"},
		{"max-key-age-days", "1", "3650", "0", "3651"},
		{"rotation-overlap-days", "0", "365", "-1", "366"},
		{"grace-days", "0", "365", "-1", "366"},
	} {
		for value, good := range map[string]bool{tt.least: true, tt.most: true, tt.under: false, tt.over: false} {
			_, err := Parse("keysweep.yml", []byte("version: 1\nthresholds: {"+tt.name+": "+value+"}\n"), options)
			if (err == nil) != good {
				t.Errorf("%s: %s: %v", tt.name, value, err)
			}
		}
	}
}

// 365 days are counted from the day of the run in UTC, whatever zone its clock is in.
func TestParseLastDay(t *testing.T) {
	parse := func(expires string, now time.Time) error {
		_, err := Parse("keysweep.yml", []byte("version: 1\nexemptions: [{check: \"*\", reason: x, expires: "+expires+"}]\n"), ParseOptions{KnownChecks: []string{"x"}, Now: now})
		return err
	}
	east := time.Date(2026, 11, 25, 1, 0, 0, 0, time.FixedZone("", 2*3600)) // the 24th in UTC
	for _, now := range []time.Time{options.Now, options.Now.Truncate(24 * time.Hour), east} {
		if err := parse("2027-11-24", now); err != nil {
			t.Errorf("%v: %v", now, err)
		}
		if err := parse("2027-11-25", now); err == nil {
			t.Errorf("%v: 366 days are accepted", now)
		}
	}
}

// One wrong line more never hides the faults of the others.
func TestParseAllFaultsAtOnce(t *testing.T) {
	wrong := []string{
		"owner-tga: x", "people: 3", "thresholds: {unused-days: 0}", "checks: {nonsense: {}}", "accounts: {1: {}}", "owners: [{}]",
		"exemptions: [{check: nonsense, reason: x, expires: 2027-02-30}]", "break-glass: [x]", "trusted-accounts: [x]", "repositories: [x]", "version: 1",
	}
	alone := map[string]int{}
	for _, w := range wrong {
		_, err := Parse("f", []byte("version: 1\n"+w+"\n"), options)
		alone[w] = len(err.(Faults))
	}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(wrong), 1, len(wrong), rapid.ID).Draw(t, "lines")
		want := 0
		for _, w := range some {
			want += alone[w]
		}
		_, err := Parse("f", []byte("version: 1\n"+strings.Join(some, "\n")+"\n"), options)
		var faults Faults
		if !errors.As(err, &faults) || len(faults) != want {
			t.Fatalf("%d faults, want %d:\n%v", len(faults), want, err)
		}
		if !slices.IsSortedFunc(faults, func(a, b Fault) int { return a.Line - b.Line }) {
			t.Fatalf("not in the order of lines:\n%v", err)
		}
	})
}

func TestParseTooLarge(t *testing.T) {
	_, err := Parse("f", []byte(strings.Repeat("# x\n", 1<<18)+"\n"), options)
	if err == nil || err.Error() != "f:1: file: it has 1048577 bytes, write one of at most 1048576" {
		t.Errorf("got %v", err)
	}
}

// A file that is wrong from end to end gets a message that can still be read.
func TestParseMostFaults(t *testing.T) {
	_, err := Parse("f", []byte("version: 1\n"+strings.Repeat("x: 1\n", 5000)), options)
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != mostFaults+1 {
		t.Fatalf("%d faults", len(faults))
	}
	if got, want := faults[mostFaults].String(), "f:5001: file: there is more than 1000 times something wrong, mend what is told first"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLineCount(t *testing.T) {
	for text, want := range map[string]int{
		"": 1, "a": 1, "a\n": 1, "a\nb": 2, "a\r\nb\r\n": 2, "a\rb": 2, "\n": 1, "\n\n": 2, "a\u2028b": 2,
	} {
		if got := lineCount([]byte(text)); got != want {
			t.Errorf("lineCount(%q) = %d, want %d", text, got, want)
		}
	}
}

// Whatever the file: no panic, and faults with a line of the file, in our words.
func FuzzParse(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("\ufeffversion: 1\r\nowner-tag: x\r\n"))
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("keysweep.yml", data, options)
		if err == nil {
			if p == nil || p.Checks == nil || p.Accounts == nil {
				t.Fatal("a policy with nothing in it")
			}
			return
		}
		var faults Faults
		if !errors.As(err, &faults) || len(faults) == 0 {
			t.Fatalf("error of type %T: %v", err, err)
		}
		last := 1
		for _, fault := range faults {
			if fault.File != "keysweep.yml" || fault.Line < last || fault.Line > lineCount(data) || fault.Field == "" || fault.Problem == "" {
				t.Fatalf("fault %+v", fault)
			}
			last = fault.Line
			for _, word := range []string{"yaml.", "go-yaml", "libyaml", "!!map", "!!seq"} {
				if strings.Contains(fault.Problem, word) && !strings.Contains(string(data), word) {
					t.Fatalf("fault tells of our insides: %s", fault.Problem)
				}
			}
			if strings.ContainsAny(fault.String(), "\n\r") {
				t.Fatalf("fault of more than one line: %q", fault.String())
			}
		}
	})
}
