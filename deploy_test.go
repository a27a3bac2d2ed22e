package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/awscollect"
)

// What the roles grant, beside what needs no grant: the first role is entered by its trust
// policy, and everybody may ask who they are.
var (
	ungranted  = []string{"sts:AssumeRoleWithWebIdentity", "sts:GetCallerIdentity"}
	firstOnly  = []string{"organizations:ListAccounts", "sts:AssumeRole"}
	actionForm = regexp.MustCompile(`\b(?:` + strings.Join(services(), "|") + `):[A-Z][A-Za-z]+`)
)

// services are those whose actions the code calls.
func services() []string {
	var out []string
	for _, a := range awscollect.Actions() {
		name, _, _ := strings.Cut(a, ":")
		out = append(out, name)
	}
	return slices.Compact(out) // the actions are sorted
}

// The shipped roles allow exactly the actions that the code calls, and nothing more.
func TestShippedRolesGrantWhatTheCodeCalls(t *testing.T) {
	first := without(awscollect.Actions(), ungranted)
	member := without(first, firstOnly)
	for file, want := range map[string][]string{
		"deploy/cloudformation/first-role.yml":  first,
		"deploy/cloudformation/member-role.yml": member,
		"deploy/terraform/first-role/main.tf":   first,
		"deploy/terraform/member-role/main.tf":  member,
	} {
		if got := granted(t, file); !slices.Equal(got, want) {
			t.Errorf("%s grants %v\nthe code calls %v", file, got, want)
		}
	}
}

// granted are the actions that a template names outside of comments, trust policies and conditions.
func granted(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	_, policies, ok := strings.Cut(text, "keysweep-read-iam")
	if !ok {
		t.Fatalf("%s has no policy keysweep-read-iam", file)
	}
	var out []string
	for line := range strings.Lines(policies) {
		if code := strings.TrimSpace(line); !strings.HasPrefix(code, "#") {
			out = append(out, actionForm.FindAllString(code, -1)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// What reads values that somebody keeps, and files in S3, is granted only where somebody says so.
func TestShippedRolesReadNoValuesByDefault(t *testing.T) {
	for file, words := range map[string][]string{
		"deploy/cloudformation/first-role.yml":  {"ReadParameters:\n    Type: String\n    Default: \"false\"", "ReadEnvironmentFiles:\n    Type: String\n    Default: \"false\"", "s3:::*.env"},
		"deploy/cloudformation/member-role.yml": {"ReadParameters:\n    Type: String\n    Default: \"false\"", "ReadEnvironmentFiles:\n    Type: String\n    Default: \"false\"", "s3:::*.env"},
		"deploy/terraform/first-role/main.tf":   {"var.read_parameters ? [", "var.read_environment_files ? [", "s3:::*.env"},
		"deploy/terraform/member-role/main.tf":  {"var.read_parameters ? [", "var.read_environment_files ? [", "s3:::*.env"},
	} {
		data, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if !strings.Contains(string(data), word) {
				t.Errorf("%s has no %q", file, word)
			}
		}
		if strings.HasSuffix(file, ".tf") && strings.Count(string(data), "default     = false") < 2 {
			t.Errorf("%s grants it by default", file)
		}
	}
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}
