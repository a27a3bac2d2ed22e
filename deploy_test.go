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
	firstOnly  = append(organizationActions(), "sts:AssumeRole")
	actionForm = regexp.MustCompile(`\b(?:` + strings.Join(services(), "|") + `):[A-Z][A-Za-z]+`)
)

// organizationActions are those about the organization as a whole.
func organizationActions() []string {
	return slices.DeleteFunc(awscollect.Actions(), func(a string) bool {
		return !strings.HasPrefix(a, "organizations:") && a != "iam:ListOrganizationsFeatures"
	})
}

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

// What costs AWS a job for each user is granted only where somebody says so.
func TestShippedRolesAskForNoJobsByDefault(t *testing.T) {
	cloudformation := []string{"  ReadServicesUsed:\n    Type: String\n    Default: \"false\"\n", "Optional, ReadServicesUsed", "- ServicesUsed\n"}
	terraform := []string{`default     = false`, "Optional, read_services_used", "var.read_services_used ? [{"}
	for file, words := range map[string][]string{
		"deploy/cloudformation/first-role.yml":  cloudformation,
		"deploy/cloudformation/member-role.yml": cloudformation,
		"deploy/terraform/first-role/main.tf":   terraform,
		"deploy/terraform/member-role/main.tf":  terraform,
	} {
		data, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		rest := string(data)
		for _, word := range words {
			before, after, ok := strings.Cut(rest, word)
			if !ok || strings.Contains(before, "LastAccessedDetails") {
				t.Errorf("%s: %q does not stand before the actions", file, word)
			}
			rest = after
		}
		if strings.Count(rest, "LastAccessedDetails") != 2 {
			t.Errorf("%s: the actions are not in the block", file)
		}
	}
}

// Where keys are used from stands in one block, which needs neither the one about root nor the one about compute.
func TestShippedRolesReadKeyUseInOneBlock(t *testing.T) {
	for file, words := range map[string][2]string{
		"deploy/cloudformation/first-role.yml":  {"- Sid: ReadKeyUse\n", "- !Ref AWS::NoValue"},
		"deploy/cloudformation/member-role.yml": {"- Sid: ReadKeyUse\n", "- !Ref AWS::NoValue"},
		"deploy/terraform/first-role/main.tf":   {"var.read_key_use ? [{", "}] : []"},
		"deploy/terraform/member-role/main.tf":  {"var.read_key_use ? [{", "}] : []"},
	} {
		data, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(data), words[0])
		block, _, ok := strings.Cut(rest, words[1])
		want := []string{"cloudtrail:LookupEvents", "ec2:DescribeAddresses", "ec2:DescribeNatGateways", "ec2:DescribeNetworkInterfaces"}
		if got := actionForm.FindAllString(block, -1); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: the block holds %v", file, got)
		}
		if strings.Count(string(data), "cloudtrail:LookupEvents") != 2 {
			t.Errorf("%s: what root did has to be readable without that block", file)
		}
	}
}
