package awscollect

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// fullAccount holds one of everything.
func fullAccount() *awssim.Account {
	admin := "arn:aws:iam::aws:policy/AdministratorAccess"
	own := "arn:aws:iam::" + member + ":policy/all"
	alice := simUser(member, 1, "alice", 400)
	alice.Path = "/people/"
	alice.Tags = map[string]string{"owner": "platform", "person": "yes"}
	alice.Groups = []string{"admins"}
	alice.Password = &awssim.Password{Set: daysAgo(200), LastUsed: daysAgo(100)}
	bob := simUser(member, 2, "bob", 300, 200)
	bob.Keys[0].Inactive = true
	bob.Keys[0].ID, bob.Keys[1].ID = bob.Keys[1].ID, bob.Keys[0].ID // the newer key has the smaller id: slot 1
	bob.Certs = []awssim.Certificate{{ID: "CERTIFICATE0000000000001", Set: daysAgo(500)}}
	bob.SSH = []awssim.SSHKey{{ID: "APKA0000000000000001", Uploaded: daysAgo(40)}, {ID: "APKA0000000000000002", Inactive: true, Uploaded: daysAgo(50)}}
	bob.Services = []awssim.Service{
		{ID: "ACCA0000000000000001", Service: "bedrock.amazonaws.com", Status: "Active", Created: daysAgo(30), Expires: daysAgo(-30)},
		{ID: "ACCA0000000000000002", Service: "codecommit.amazonaws.com", Status: "Expired", Created: daysAgo(90)},
	}
	bob.Attached = []string{own}
	bob.Boundary = "arn:aws:iam::aws:policy/AdministratorAccess"
	carol := simUser(member, 3, "carol")
	carol.Inline = map[string]string{"a b": `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`}
	return &awssim.Account{
		ID: member, Users: []awssim.User{alice, bob, carol},
		Groups:   []awssim.Group{{Name: "admins", Attached: []string{admin}}},
		Policies: []awssim.Policy{{ARN: own, Document: `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`}},
		Root: awssim.Root{
			Created: daysAgo(3000), Password: true, PasswordSet: daysAgo(900), PasswordLastUsed: daysAgo(300), MFA: true,
			Keys: []awssim.Key{{ID: keyID(member, 900), Created: daysAgo(800), LastUsed: daysAgo(0), Service: "s3", Region: "eu-west-1"}},
		},
		Events: []awssim.Event{
			{Time: now.Add(-time.Minute), Source: "s3.amazonaws.com", Name: "CreateBucket", Region: "eu-west-1", Address: "198.51.100.7", Agent: "aws-cli/2", KeyID: keyID(member, 900)},
			{Time: now.Add(-time.Hour), Source: "iam.amazonaws.com", Name: "ListUsers", Region: "us-east-1", Address: "198.51.100.7", Agent: "aws-cli/2", KeyID: "ASIA0000000000000001"},
			{Time: now.Add(-2 * time.Hour), Source: "iam.amazonaws.com", Name: "ListRoles", Region: "us-east-1", UserType: "IAMUser", KeyID: keyID(member, 901)},
			{Time: now.Add(-3 * time.Hour), Source: "iam.amazonaws.com", Name: "Broken", Region: "us-east-1", Raw: "{"},
		},
	}
}

// everything asks to recheck all that can be.
func everything(a *inventory.Account) []inventory.Recheck {
	var all []inventory.Recheck
	for _, u := range a.Users {
		for _, k := range u.Keys {
			all = append(all, inventory.Recheck{User: u.Name, Kind: inventory.RecheckKey, Key: k.ID})
		}
		for _, kind := range []inventory.RecheckKind{inventory.RecheckPassword, inventory.RecheckUser, inventory.RecheckCertificates} {
			all = append(all, inventory.Recheck{User: u.Name, Kind: kind})
		}
	}
	return all
}

func fullWant() *inventory.Account {
	return &inventory.Account{
		Schema: inventory.Schema, ID: member, Name: "prod", Partition: "aws", Status: inventory.Audited,
		CollectedAt: now, ReportGeneratedAt: now.Add(-time.Hour), Compute: &inventory.Compute{Regions: []string{"us-east-1"}},
		Root: inventory.Root{
			ARN: "arn:aws:iam::" + member + ":root", Created: daysAgo(3000), HasPassword: true, PasswordLastUsed: daysAgo(300), HasMFA: true, HasKeys: true,
			Keys: []inventory.AccessKey{{Slot: 1, Active: true, Created: daysAgo(800), LastUsed: now, LastUsedService: "s3", LastUsedRegion: "eu-west-1"}},
			Events: []inventory.RootEvent{
				{Time: now.Add(-time.Minute), Source: "s3.amazonaws.com", Name: "CreateBucket", Region: "eu-west-1", Address: "198.51.100.7", Agent: "aws-cli/2", KeyID: keyID(member, 900)},
				{Time: now.Add(-time.Hour), Source: "iam.amazonaws.com", Name: "ListUsers", Region: "us-east-1", Address: "198.51.100.7", Agent: "aws-cli/2"},
			},
		},
		Users: []inventory.User{
			{
				Name: "alice", ARN: "arn:aws:iam::" + member + ":user/people/alice", Path: "/people/", ID: userID(1), Created: daysAgo(300),
				Tags: map[string]string{"owner": "platform", "person": "yes"}, Groups: []string{"admins"},
				Policies:      []inventory.UserPolicy{{ARN: "arn:aws:iam::aws:policy/AdministratorAccess", Name: "AdministratorAccess", Via: "admins"}},
				Administrator: "AdministratorAccess through group admins",
				Password:      inventory.Password{Enabled: true, Set: daysAgo(200), LastUsed: daysAgo(100)},
				Keys:          []inventory.AccessKey{{ID: keyID(member, 10), Slot: 1, Active: true, Created: daysAgo(400), LastUsed: daysAgo(1), LastUsedService: "s3", LastUsedRegion: "eu-central-1"}},
			},
			{
				Name: "bob", ARN: "arn:aws:iam::" + member + ":user/bob", Path: "/", ID: userID(2), Created: daysAgo(300),
				Policies:      []inventory.UserPolicy{{ARN: "arn:aws:iam::" + member + ":policy/all", Name: "all"}},
				Administrator: "policy all allows * on every resource",
				Keys: []inventory.AccessKey{
					{ID: keyID(member, 21), Slot: 2, Created: daysAgo(300), LastUsed: daysAgo(1), LastUsedService: "s3", LastUsedRegion: "eu-central-1"},
					{ID: keyID(member, 20), Slot: 1, Active: true, Created: daysAgo(200), LastUsed: daysAgo(1), LastUsedService: "s3", LastUsedRegion: "eu-central-1"},
				},
				Certificates: []inventory.Certificate{{Slot: 1, Active: true, Set: daysAgo(500)}},
				SSHKeys:      []inventory.SSHKey{{ID: "APKA0000000000000001", Active: true, Uploaded: daysAgo(40)}, {ID: "APKA0000000000000002", Uploaded: daysAgo(50)}},
				Services: []inventory.ServiceCredential{
					{ID: "ACCA0000000000000001", Service: "bedrock.amazonaws.com", Status: "Active", Created: daysAgo(30), Expires: daysAgo(-30)},
					{ID: "ACCA0000000000000002", Service: "codecommit.amazonaws.com", Status: "Expired", Created: daysAgo(90)},
				},
			},
			{Name: "carol", ARN: "arn:aws:iam::" + member + ":user/carol", Path: "/", ID: userID(3), Created: daysAgo(300)},
		},
	}
}

// likeEmpty leaves out which facts were read live: TestRecheckReadsLive holds those.
var likeEmpty = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(inventory.User{}, "Live")}

func TestAccountHoldsEverything(t *testing.T) {
	for name, w := range map[string]*awssim.World{
		"whole pages":  world(fullAccount()),
		"pages of one": world(fullAccount()),
		"throttled":    world(fullAccount()),
	} {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "pages of one":
				w.PageSize = 1
			case "throttled":
				w.ThrottleEvery = 3
			}
			c, s := start(t, w)
			a := c.Account(t.Context(), Target{ID: member, Name: "prod"}, nothing)
			if diff := cmp.Diff(fullWant(), a, likeEmpty); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
			if userOf(t, a, "alice").IsLive(inventory.FactPasswords) {
				t.Error("a password that only the report tells is marked as read live")
			}
			if n := s.MaxInFlight(); n > inFlight {
				t.Errorf("%d calls in flight in one account, %d may be", n, inFlight)
			}
			roundTrip(t, a)
		})
	}
}

// Rechecking reads what the report told again, live, each thing once.
func TestRecheckReadsLive(t *testing.T) {
	c, s := start(t, world(fullAccount()))
	a := c.Account(t.Context(), Target{ID: member, Name: "prod"}, everything)
	want := fullWant()
	want.Rechecked = 3 + 3*3
	for i := range want.Users {
		for j := range want.Users[i].Keys {
			want.Users[i].Keys[j].Live = true
		}
	}
	want.Users[1].Certificates = []inventory.Certificate{{ID: "CERTIFICATE0000000000001", Active: true, Set: daysAgo(500)}}
	if diff := cmp.Diff(want, a, likeEmpty); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	for _, u := range a.Users {
		for _, f := range []inventory.Fact{inventory.FactAccessKeys, inventory.FactPasswords, inventory.FactPasswordLastUsed, inventory.FactCertificates} {
			if !u.IsLive(f) {
				t.Errorf("%s of %s was read live and is not marked so", f, u.Name)
			}
		}
	}
	n := s.CountIn(member)
	for action, want := range map[string]int{
		"iam:ListAccessKeys":          3, // carol has none in the report and is asked now
		"iam:GetAccessKeyLastUsed":    3,
		"iam:GetLoginProfile":         3,
		"iam:GetUser":                 1, // only alice has a password
		"iam:ListMFADevices":          1,
		"iam:ListSigningCertificates": 3,
	} {
		if n[action] != want {
			t.Errorf("%d calls of %s, want %d", n[action], action, want)
		}
	}
}
