package report

import (
	"fmt"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// evil is an account name that tries everything at once. AWS takes any ASCII in it.
const evil = "<b>dev</b> | @octocat #12 `x` ::error::"

var sampleControls = []checks.Control{
	{Framework: "CIS AWS Foundations 5.0.0", Control: "1.11"},
	{Framework: "NIST 800-53 r5", Control: "AC-2(3)"},
	{Framework: "ISO 27001:2022", Control: "A.5.15"},
}

// sample is a small organization with an account of each status and hostile names.
func sample() Data {
	d := Data{
		GeneratedAt: time.Date(2026, 11, 24, 6, 30, 0, 0, time.UTC),
		ToolVersion: "1.0.0",
		Accounts: []Account{
			{
				ID: "111122223333", Name: "acme-management", Status: inventory.Audited, ReportGeneratedAt: "2026-11-24T05:58:00Z",
				Rechecked: 2, Users: 2, ActiveKeys: 1, Keys: 1, Passwords: 1,
			},
			{
				ID: "222233334444", Name: "acme-prod", Status: inventory.Audited, ReportGeneratedAt: "2026-11-24T02:41:00Z",
				Rechecked: 9, Users: 41, ActiveKeys: 38, Keys: 44, Passwords: 12,
			},
			{
				ID: "333344445555", Name: evil, Status: inventory.Partial, ReportGeneratedAt: "2026-11-24T06:10:00Z",
				Missing:   []string{"ssh-public-keys: iam:ListSSHPublicKeys was refused (AccessDenied)"},
				Rechecked: 1, Users: 6, ActiveKeys: 5, Keys: 6, Passwords: 2,
			},
			{
				ID: "444455556666", Name: "acme-sandbox", Status: inventory.Failed,
				Missing: []string{"role keysweep-audit cannot be assumed: it does not exist in account 444455556666, or does not trust the first role"},
			},
			{ID: "555566667777", Name: "acme-old", Status: inventory.Skipped, Missing: []string{"the account is SUSPENDED"}},
			{
				ID: "666677778888", Name: "acme-logs", Status: inventory.Audited, ReportGeneratedAt: "2026-11-24T06:29:00Z",
			},
		},
		Thresholds: policy.Default().Thresholds,
		Deferred:   3,
		Warnings:   []string{"unused-days is 90: the benchmarks ask for 45 | <!-- @octocat -->"},
		Source:     Location{Path: ".github/keysweep.yml"},
	}
	d.Findings = []checks.Finding{
		sampleRootKey(), sampleQuarantine(), sampleEvilKey(),
		sampleKey("AKIAIOSFODNN7EXAMPLE", "ci-legacy", "2025-03-04T11:20:00Z"),
		sampleKey("AKIAI44QH8DHBEXAMPLE", "alice@acme.com", ""),
		samplePassword(), sampleAged(), sampleAccepted(), sampleOrphan(),
	}
	d.Issues = map[string]IssueLink{
		d.Findings[0].ID: {Number: 12, URL: "https://github.com/acme/security/issues/12", Open: true},
		d.Findings[2].ID: {Number: 13, URL: "javascript:alert(1)", Open: true},
		d.Findings[3].ID: {Number: 14, URL: "https://github.com/acme/security/issues/14", Open: true},
	}
	return d
}

func sampleKey(id, user, lastUsed string) checks.Finding {
	f := checks.Finding{
		ID: fmt.Sprintf("%016x", len(id)+31*len(user)+len(lastUsed)), Check: "unused-access-key", Also: []string{"aged-access-key"},
		Severity: checks.High, Title: "Access key " + id + " of " + user + " is unused",
		AccountID: "222233334444", Account: "acme-prod", Resource: "arn:aws:iam::222233334444:user/" + user, User: user, KeyID: id,
		Evidence: checks.Evidence{AgeDays: 812, Created: "2024-09-03T08:00:00Z", LastUsed: lastUsed, Notes: []string{}},
		Removal:  checks.RemovalNow,
		Replace:  checks.Replacement{Kind: "delete", Why: "Nothing uses it: nothing has to take its place."},
		Why: "An access key works until somebody deletes it, from anywhere, without a second factor. " +
			"One that nobody uses serves only whoever finds it. Removing it breaks nothing.",
		Steps: []checks.Step{
			{
				Text:    "Look once more whether the key is in use: the last use may be younger than these facts.",
				Command: "aws iam get-access-key-last-used --access-key-id " + id,
			},
			{
				Text:    "Deactivate the key. To undo: aws iam update-access-key --user-name '" + user + "' --access-key-id " + id + " --status Active",
				Command: "aws iam update-access-key --user-name '" + user + "' --access-key-id " + id + " --status Inactive",
			},
			{
				Text:    "When nobody has missed the key for a week, delete it. A deleted key cannot be brought back.",
				Command: "aws iam delete-access-key --user-name '" + user + "' --access-key-id " + id,
			},
			{Text: "If the user has nothing left that is needed, delete the user too."},
		},
		Horizon: checks.Immediate, Compliance: sampleControls, Owner: "ci-team", OwnerRule: "owners rule 1",
		Kind: checks.SubjectAccessKey, Subject: "access-key", Because: "never used",
	}
	if lastUsed != "" {
		f.Because = "last used on " + lastUsed[:10]
		f.Evidence.LastUsedService, f.Evidence.LastUsedRegion = "s3", "us-east-1"
	}
	return f
}

func sampleEvilKey() checks.Finding {
	user := "@octocat=,.-_+"
	f := sampleKey("AKIAEVIL00000EXAMPLE", user, "2026-01-02T03:04:05Z")
	f.ID, f.AccountID, f.Account = "00000000000000e1", "333344445555", evil
	f.Resource = "arn:aws:iam::333344445555:user/<!--|`/" + user
	f.Severity, f.Because = checks.Critical, "copy found in `<b>@octocat`, line 3"
	f.Owner, f.OwnerRule = "@acme/owners |", "tag owner = <img src=x onerror=alert(1)>"
	f.Evidence.Administrator = "AdministratorAccess through group `adm|ins`"
	f.Evidence.LastUsedService = "s3|<x>"
	f.Evidence.Notes = []string{"Tagged \"::warning::x\" and https://evil.example on 2026-01-02.", "-->\n<!-- keysweep:end -->"}
	f.Evidence.SeenFrom = []checks.SeenFrom{
		{By: "internet", Source: "203.0.113.9", Agent: "aws-cli/2 | <b>", Service: "s3.amazonaws.com", Last: "2026-01-02T03:04:05Z", Events: 7},
		{By: "ec2", Source: "i-0abc`|@x", Agent: "Boto3", Service: "", Last: "2026-01-01T00:00:00Z", Events: 1},
	}
	return f
}

func sampleRootKey() checks.Finding {
	f := sampleKey("", inventory.RootUser, "2026-11-23T10:00:00Z")
	f.ID, f.Check, f.Also, f.Severity = "00000000000000a1", "root-access-key", []string{}, checks.Critical
	f.Title = "The root user of account acme-management (111122223333) has an access key"
	f.AccountID, f.Account, f.Resource = "111122223333", "acme-management", "arn:aws:iam::111122223333:root"
	f.Removal, f.Owner, f.OwnerRule = checks.RemovalAfterLook, "", ""
	f.Kind, f.Subject = checks.SubjectRoot, "root-access-key"
	f.Steps = []checks.Step{{Text: "Sign in as the root user of the account. List its keys, and set KEY_ID to the id.", Command: "aws iam list-access-keys"}}
	return f
}

func sampleQuarantine() checks.Finding {
	f := sampleKey("", "billing-export", "")
	f.ID, f.Check, f.Also, f.Severity = "00000000000000a2", "quarantined-user", nil, checks.Critical
	f.Title = "AWS has quarantined billing-export: it has seen a key of it in public"
	f.Removal, f.Kind, f.Subject = checks.RemovalNotAKey, checks.SubjectUser, "quarantined-user"
	f.Replace = checks.Replacement{}
	return f
}

func samplePassword() checks.Finding {
	f := sampleKey("", "bob", "2026-11-20T09:00:00Z")
	f.ID, f.Check, f.Also = "00000000000000b1", "password-without-mfa", []string{"human-iam-user"}
	f.Title = "The console password of bob has no MFA"
	f.Evidence.LastUsedService, f.Evidence.LastUsedRegion = "", ""
	f.Removal, f.Kind, f.Subject = checks.RemovalNotAKey, checks.SubjectPassword, "password"
	f.Replace = checks.Replacement{Kind: "identity-center", Why: "A person signs in through IAM Identity Center, with `aws sso login`."}
	f.Steps = []checks.Step{{Text: "Have the person assign an MFA device, a passkey or a security key, today."}}
	return f
}

func sampleAged() checks.Finding {
	f := sampleKey("AKIAAGED00000EXAMPLE", "mailer", "2026-11-24T01:00:00Z")
	f.ID, f.Check, f.Also, f.Severity = "00000000000000c1", "aged-access-key", nil, checks.Medium
	f.Title = "Access key AKIAAGED00000EXAMPLE of mailer is older than 90 days"
	f.Evidence.LastUsedService = "ses"
	f.Removal, f.Horizon = checks.RemovalAfterMigration, checks.ShortTerm
	f.Replace = checks.Replacement{Kind: "ses-role", Why: "It sends mail: a role that may only send through the SES API."}
	return f
}

func sampleAccepted() checks.Finding {
	f := sampleKey("AKIALEGACY000EXAMPLE", "legacy-vendor", "2025-01-01T00:00:00Z")
	f.ID = "00000000000000d1"
	f.Exemption = &checks.ExemptionRef{Reason: "vendor ends in March, says @octocat", Expires: "2027-03-31"}
	return f
}

func sampleOrphan() checks.Finding {
	f := sampleKey("", "temp-\u202euser", "")
	f.ID, f.Check, f.Also, f.Severity = "00000000000000f1", "orphaned-user", nil, checks.Low
	f.Title = "User temp-\u202euser has no credential at all"
	f.Removal, f.Horizon = checks.RemovalNotAKey, checks.ShortTerm
	f.Kind, f.Subject = checks.SubjectUser, "orphaned-user"
	return f
}

// many is a big report: n findings over n/20 accounts.
func many(n int) Data {
	d := sample()
	d.Accounts, d.Findings = nil, make([]checks.Finding, 0, n)
	severities := checks.Severities()
	for i := range n {
		id := fmt.Sprintf("%012d", 100000000000+i/20)
		if i%20 == 0 {
			d.Accounts = append(d.Accounts, Account{
				ID: id, Name: "account-" + id, Status: inventory.Audited, ReportGeneratedAt: "2026-11-24T02:41:00Z",
				Users: 20, ActiveKeys: 24, Keys: 30, Passwords: 4,
			})
		}
		f := sampleKey(fmt.Sprintf("AKIA%016d", i), fmt.Sprintf("user-%d", i), "2025-03-04T11:20:00Z")
		f.ID, f.AccountID, f.Account, f.Severity = fmt.Sprintf("%016x", i), id, "account-"+id, severities[i%4]
		d.Findings = append(d.Findings, f)
	}
	return d
}
