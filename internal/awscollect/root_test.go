package awscollect

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

func TestRoot(t *testing.T) {
	key := awssim.Key{ID: keyID(member, 900), Created: daysAgo(800), LastUsed: daysAgo(400), Service: "s3", Region: "eu-west-1"}
	slot := inventory.AccessKey{Slot: 1, Active: true, Created: daysAgo(800), LastUsed: daysAgo(400), LastUsedService: "s3", LastUsedRegion: "eu-west-1"}
	refuse := func(action string) awssim.Fault {
		return awssim.Fault{Action: action, Account: member, Code: "AccessDenied"}
	}
	for name, c := range map[string]struct {
		root    awssim.Root
		csv     func(live string) string // the report, from that of the live root
		omit    []string
		faults  []awssim.Fault
		want    inventory.Root
		lookups int
		missing []string
	}{
		"no credentials at all": {},
		"long unused": {
			root: awssim.Root{Password: true, PasswordSet: daysAgo(900), PasswordLastUsed: daysAgo(91), MFA: true},
			want: inventory.Root{HasPassword: true, PasswordLastUsed: daysAgo(91), HasMFA: true},
		},
		"password used 89 days ago": {
			root: awssim.Root{Password: true, PasswordSet: daysAgo(900), PasswordLastUsed: daysAgo(89)},
			want: inventory.Root{HasPassword: true, PasswordLastUsed: daysAgo(89)}, lookups: 1,
		},
		"an idle key": {
			root: awssim.Root{Keys: []awssim.Key{key}},
			want: inventory.Root{HasKeys: true, Keys: []inventory.AccessKey{slot}}, lookups: 2,
		},
		"a key deleted since the report": {
			csv:  func(string) string { return reportOf(awssim.Root{Created: daysAgo(3000), Keys: []awssim.Key{key}}) },
			want: inventory.Root{},
		},
		"a key made since the report": {
			root: awssim.Root{Keys: []awssim.Key{key}}, csv: func(string) string { return reportOf(awssim.Root{Created: daysAgo(3000)}) },
			want: inventory.Root{HasKeys: true}, lookups: 1, missing: []string{"root-last-used"},
		},
		"a certificate": {
			root: awssim.Root{Certificates: []awssim.Certificate{{ID: "CERTIFICATE0000000000009", Set: daysAgo(9)}}},
			want: inventory.Root{HasCertificates: true},
		},
		"MFA switched on since the report": {
			root: awssim.Root{Password: true, PasswordSet: daysAgo(900), PasswordLastUsed: daysAgo(300), MFA: true},
			csv: func(string) string {
				return reportOf(awssim.Root{Created: daysAgo(3000), Password: true, PasswordSet: daysAgo(900), PasswordLastUsed: daysAgo(300)})
			},
			want: inventory.Root{HasPassword: true, PasswordLastUsed: daysAgo(300), HasMFA: true},
		},
		"a summary that leaves the password out": {
			root: awssim.Root{Password: true, PasswordSet: daysAgo(900), PasswordLastUsed: daysAgo(300), MFA: true},
			omit: []string{sumPassword},
			want: inventory.Root{HasPassword: true, PasswordLastUsed: daysAgo(300), HasMFA: true},
		},
		"the same and no report": {
			root: awssim.Root{Password: true, MFA: true}, omit: []string{sumPassword}, faults: []awssim.Fault{refuse("iam:GetCredentialReport")},
			want: inventory.Root{HasMFA: true},
			missing: []string{
				"mfa iam:GetCredentialReport", "password-last-used iam:GetCredentialReport", "passwords iam:GetCredentialReport", "root-activity",
				"root-credentials iam:GetCredentialReport", "root-last-used iam:GetCredentialReport", "signing-certificates iam:GetCredentialReport",
			},
		},
		"no summary": {
			root: awssim.Root{Keys: []awssim.Key{key}, MFA: true}, faults: []awssim.Fault{refuse("iam:GetAccountSummary")},
			want: inventory.Root{HasKeys: true, HasMFA: true, Keys: []inventory.AccessKey{slot}}, lookups: 2, missing: []string{"root-credentials-live iam:GetAccountSummary"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			account := &awssim.Account{ID: member, Root: c.root, OmitSummary: c.omit}
			w := world(account)
			if c.csv != nil {
				account.ReportCSV = c.csv(w.Report(account))
			}
			w.Faults = c.faults
			collector, s := start(t, w)
			a := collector.Account(t.Context(), Target{ID: member}, nothing)
			c.want.ARN = "arn:aws:iam::" + member + ":root"
			if _, lacks := a.Lacks(inventory.FactRootLastUsed, "", ""); !lacks || c.csv != nil {
				c.want.Created = daysAgo(3000)
			}
			if diff := cmp.Diff(c.want, a.Root, likeEmpty); diff != "" {
				t.Errorf("root (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.missing, missingLines(a), likeEmpty); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if n := s.CountIn(member)["cloudtrail:LookupEvents"]; n != c.lookups {
				t.Errorf("%d look-ups, want %d", n, c.lookups)
			}
		})
	}
}

func reportOf(root awssim.Root) string {
	return (&awssim.World{}).Report(&awssim.Account{ID: member, Root: root})
}

// The newest fifty events, from at most two pages of each region.
func TestRootEventsAreBounded(t *testing.T) {
	account := &awssim.Account{ID: member, Root: awssim.Root{Keys: []awssim.Key{{ID: keyID(member, 1), Created: daysAgo(9), LastUsed: daysAgo(0), Region: "eu-west-1", Service: "s3"}}}}
	for i := range 200 {
		for _, region := range []string{"us-east-1", "eu-west-1", "eu-west-2"} {
			account.Events = append(account.Events, awssim.Event{Time: now.Add(-time.Duration(i) * time.Minute), Source: "s3.amazonaws.com", Name: fmt.Sprint("Call", i), Region: region})
		}
	}
	w := world(account)
	w.PageSize = 20
	c, s := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	events := a.Root.Events
	if len(events) != eventsAtMost || events[0].Name != "Call0" || events[49].Name != "Call24" {
		t.Errorf("%d events, from %v to %v", len(events), events[0], events[len(events)-1])
	}
	if n := s.CountIn(member)["cloudtrail:LookupEvents"]; n != 4 {
		t.Errorf("%d look-ups", n)
	}
}

func TestRootEventsSwitchedOff(t *testing.T) {
	c, s := start(t, world(fullAccount()), func(cfg *Config) { cfg.NoRootEvents = true })
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	m, lacks := a.Lacks(inventory.FactRootActivity, "", "")
	if !lacks || !m.Offline || a.Status != inventory.Audited || s.CountIn(member)["cloudtrail:LookupEvents"] != 0 {
		t.Errorf("status %s, missing %+v", a.Status, m)
	}
}

func TestGlobalRegions(t *testing.T) {
	for region, want := range map[string]string{"eu-west-1": "us-east-1", "us-gov-east-1": "us-gov-west-1", "cn-northwest-1": "cn-north-1"} {
		if got := globalRegion(partitionOf(region)); got != want {
			t.Errorf("events of global services of %s are in %s, want %s", region, got, want)
		}
	}
}
