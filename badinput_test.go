package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/action"
)

// badInputs are a wrong value of each input, and what is said of it behind the name.
var badInputs = []struct{ name, value, says string }{
	{"mode", "audits", `"audits" is unknown: did you mean audit?`},
	{"role-to-assume", "keysweep", `"keysweep" is not the ARN of an IAM role: write arn:aws:iam::111122223333:role/NAME`},
	{"audience", "a\x00b", `"a\x00b" holds a character that cannot be seen`},
	{"role-duration-seconds", "600", `"600" is out of range: write a whole number from 900 to 43200`},
	{"aws-region", "europe", `"europe" is not a region of aws, aws-us-gov or aws-cn: write a name such as us-east-1`},
	{"accounts", "12345678901", `"12345678901" is not a 12-digit account id: write 12 digits, keep leading zeros`},
	{"account-role-name", "arn:aws:iam::111122223333:role/x", `is not a role name: write the name, not the ARN`},
	{"external-id", "a b", `it holds a character that STS does not take`},
	{"regions", "everywhere", `"everywhere" is not a region: write enabled, or names`},
	{"config", "nowhere.yml", `policy file nowhere.yml does not exist`},
	{"config", "a\u202eb", `holds a character that cannot be seen`},
	{"github-token", "Bearer x", `it holds a blank or a character that no token has`},
	{"issues-repository", "backlog", `"backlog" is not a repository: write owner/name`},
	{"unused-days", "0", `"0" is out of range: write a whole number from 1 to 3650`},
	{"max-key-age-days", "ninety", `"ninety" is not a whole number: write a whole number from 1 to 3650`},
	{"fail-on", "hgh", `"hgh" is unknown: did you mean high? Write never, low, medium, high, critical or addition`},
	{"max-new-issues", "-1", `"-1" is out of range: write a whole number from 0 to 100000`},
	{"max-close-percent", "101", `"101" is out of range: write a whole number from 0 to 100`},
	{"allow-public", "yes", `"yes" is neither true nor false: write true or false`},
	{"dry-run", "1", `"1" is neither true nor false: write true or false`},
	{"output-dir", "a\nb", `"a\nb" holds a character that cannot be seen`},
	{"concurrency", "0", `"0" is out of range: write a whole number from 1 to 256`},
	{"shard", "9/8", `"9/8" counts outside its parts: write i/n with i from 1 to n`},
	{"paths", "a\x07b", `"a\ab" holds a character that cannot be seen`},
	{"inventory", "nowhere", `nowhere holds no saved inventory`},
	{"inventory", "a\tb", `"a\tb" holds a character that cannot be seen`},
	{"plan-file", "a\tb", `"a\tb" holds a character that cannot be seen`},
}

// refused runs audit where it must end with status 2, and gives the one line that says why.
func refused(t *testing.T, dir string, args []string, vars map[string]string) string {
	t.Helper()
	var out, errs bytes.Buffer
	env := action.Env{
		Args: append([]string{"audit"}, args...), Dir: dir, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Rand: rand.Reader,
		Now: func() time.Time { return start }, Getenv: func(k string) (string, bool) { v, ok := vars[k]; return v, ok },
	}
	if status := action.Exit(env, func() error { return run(t.Context(), env) }); status != action.ExitBadInput {
		t.Errorf("%q %q: exit status %d\n%s", args, vars, status, &errs)
	}
	var causes []string
	for line := range strings.Lines(errs.String()) {
		if cause, ok := strings.CutPrefix(line, "keysweep: error: "); ok {
			causes = append(causes, strings.TrimSpace(cause))
		} else if !strings.HasPrefix(line, "keysweep: hint: ") {
			t.Errorf("%q %q: the line %q", args, vars, line)
		}
	}
	if len(causes) != 1 || out.Len() > 0 {
		t.Errorf("%q %q: %d causes, want one\n%s%s", args, vars, len(causes), &errs, &out)
		return ""
	}
	if _, err := os.Stat(filepath.Join(dir, "keysweep-report")); err == nil {
		t.Errorf("%q %q: a report was written", args, vars)
	}
	return causes[0]
}

// Every input, wrong once, as a flag and from the environment: one clear line, which names it as it was written.
func TestBadInput(t *testing.T) {
	for _, tt := range badInputs {
		named := !strings.Contains(tt.says, "nowhere")
		got := refused(t, t.TempDir(), []string{"--" + tt.name + "=" + tt.value}, nil)
		if !strings.Contains(got, tt.says) || named && !strings.HasPrefix(got, "--"+tt.name+": ") {
			t.Errorf("--%s=%q: %s", tt.name, tt.value, got)
		}
		got = refused(t, t.TempDir(), nil, map[string]string{"INPUT_" + strings.ToUpper(tt.name): tt.value})
		if !strings.Contains(got, tt.says) || named && !strings.HasPrefix(got, "input "+tt.name+": ") {
			t.Errorf("input %s %q: %s", tt.name, tt.value, got)
		}
	}
}

// The table leaves no input of the action out; any session name is made into one that STS takes.
func TestBadInputIsComplete(t *testing.T) {
	data, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, inputs, _ := strings.Cut(string(data), "\ninputs:\n")
	inputs, _, _ = strings.Cut(inputs, "\noutputs:\n")
	tested := []string{"role-session-name"}
	for _, tt := range badInputs {
		tested = append(tested, tt.name)
	}
	names := regexp.MustCompile(`(?m)^  ([a-z-]+):$`).FindAllStringSubmatch(inputs, -1)
	if len(names) < 25 {
		t.Fatalf("action.yml has %d inputs", len(names))
	}
	for _, m := range names {
		if !slices.Contains(tested, m[1]) {
			t.Errorf("no wrong value of %s is tried", m[1])
		}
	}
}

// badPolicies are policy files with one thing wrong, by the field that is to be named; the fault is in the last line.
var badPolicies = []struct{ field, text string }{
	{"version", "version: 2\n"},
	{"thresholds.unused-days", "version: 1\nthresholds: {unused-days: 0}\n"},
	{"thresholds.max-key-age-days", "version: 1\nthresholds: {max-key-age-days: old}\n"},
	{"thresholds.rotation-overlap-days", "version: 1\nthresholds: {rotation-overlap-days: -1}\n"},
	{"thresholds.grace-days", "version: 1\nthresholds: {grace-days: 1.5}\n"},
	{"thresholds.unused", "version: 1\nthresholds: {unused: 45}\n"},
	{"checks.unused-key", "version: 1\nchecks:\n  unused-key: {enabled: false}\n"},
	{"checks.signing-certificate.enabled", "version: 1\nchecks:\n  signing-certificate: {enabled: maybe}\n"},
	{"checks.aged-access-key.severity", "version: 1\nchecks:\n  aged-access-key: {severity: lowest}\n"},
	{`accounts["11112222333"]`, "version: 1\naccounts:\n  \"11112222333\": {name: prod}\n"},
	{`accounts["111122223333"].environment`, "version: 1\naccounts:\n  \"111122223333\": {environment: live}\n"},
	{"owners[0].owner", "version: 1\nowners:\n  - {user: \"ci-*\"}\n"},
	{"owner-tag", "version: 1\nowner-tag: [a]\n"},
	{"exemptions[0].reason", "version: 1\nexemptions:\n  - {check: unused-access-key, user: x, expires: 2027-01-31}\n"},
	{"exemptions[0].expires", "version: 1\nexemptions:\n  - {check: unused-access-key, user: x, reason: y, expires: 2027-02-30}\n"},
	{"exemptions[0].check", "version: 1\nexemptions:\n  - {check: unused, user: x, reason: y, expires: 2027-01-31}\n"},
	{"break-glass", "version: 1\nbreak-glass: yes\n"},
	{"people.list", "version: 1\npeople: {list: x}\n"},
	{"contractors.users", "version: 1\ncontractors: {users: {}}\n"},
	{"trusted-accounts[0]", "version: 1\ntrusted-accounts: [\"99990000\"]\n"},
	{"repositories[0]", "version: 1\nrepositories: [app]\n"},
	{"owner", "version: 1\nowner: x\n"},
}

// Every part of the policy file, wrong once: one clear line with its place and field.
func TestBadPolicyFile(t *testing.T) {
	for _, tt := range badPolicies {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "policy.yml"), []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		line := strings.Count(tt.text, "\n")
		want := regexp.MustCompile(`^policy\.yml:` + string(rune('0'+line)) + `: ` + regexp.QuoteMeta(tt.field) + `: \S`)
		if got := refused(t, dir, []string{"--config", "policy.yml", "--accounts", "111122223333"}, nil); !want.MatchString(got) {
			t.Errorf("%s: %s", tt.field, got)
		}
	}
}
