package checks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keysweep/keysweep/internal/inventory"
)

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (run with -update to write it anew): want, got:\n%s", path, diff)
	}
}

// render is all that a finding says, for people to read over.
func render(f Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n%s\n", f.Title, line(f))
	fmt.Fprintf(&b, "why: %s\nreplace: %s: %s\n", f.Why, f.Replace.Kind, f.Replace.Why)
	if f.Because != "" {
		fmt.Fprintf(&b, "goes: %s, %s\n", f.Removal, f.Because)
	}
	for _, n := range f.Evidence.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	for _, n := range f.Evidence.SeenFrom {
		fmt.Fprintf(&b, "seen: %+v\n", n)
	}
	for i, s := range f.Steps {
		fmt.Fprintf(&b, "%d. %s\n", i+1, s.Text)
		if s.Command != "" {
			fmt.Fprintf(&b, "   $ %s\n", s.Command)
		}
	}
	return b.String()
}

// texts is render without the verdict, which may change with the day.
func texts(f Finding) string {
	verdict := line(f)
	f.Because = ""
	return strings.ReplaceAll(render(f), verdict, "")
}

// All texts of all firing fixtures, to be read whenever one changes.
func TestTexts(t *testing.T) {
	var b strings.Builder
	for _, c := range list {
		for _, f := range readFixtures(t, "testdata/"+c.ID+"/fires*.json") {
			fmt.Fprintf(&b, "# %s\n", f.path)
			for _, x := range f.evaluate() {
				b.WriteString(render(x))
			}
			b.WriteString("\n")
		}
	}
	golden(t, "texts.golden", b.String())
}

func TestCatalogue(t *testing.T) {
	golden(t, "catalogue.golden", Table())
	for _, l := range strings.Split(Table(), "\n") {
		if len([]rune(l)) > 80 {
			t.Errorf("wider than 80 columns: %q", l)
		}
	}
	var doc struct {
		Schema string
		Checks []struct {
			ID, Title, Severity, Horizon, Finds, Why string
			Needs                                    []string
			Compliance                               []Control
		}
	}
	if err := json.Unmarshal(CatalogueJSON(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != CatalogueSchema || len(doc.Checks) != len(All()) {
		t.Errorf("schema %q with %d checks", doc.Schema, len(doc.Checks))
	}
	for i, c := range doc.Checks {
		if c.ID != All()[i].ID || c.Title == "" || c.Severity == "" || c.Horizon == "" || c.Finds == "" || c.Why == "" || c.Needs == nil || len(c.Compliance) == 0 {
			t.Errorf("incomplete: %+v", c)
		}
	}
}

// The list is in the catalogue's order and complete in itself.
func TestList(t *testing.T) {
	at := 0
	for _, c := range list {
		for at < len(knownIDs) && knownIDs[at] != c.ID {
			at++
		}
		if at == len(knownIDs) {
			t.Fatalf("%s is out of the catalogue's order", c.ID)
		}
		if c.Holds == nil || c.Steps == nil || c.headline == nil || c.replace == nil || (c.cleared == nil) != (c.lasting != "") || c.Severity.Rank() == 0 {
			t.Errorf("%s is incomplete", c.ID)
		}
		frameworks := map[string]bool{}
		for _, k := range c.Controls {
			frameworks[k.Framework] = true
		}
		for _, want := range []string{frameworkCIS5, frameworkCIS3, frameworkNIST, frameworkISO} {
			if !frameworks[want] {
				t.Errorf("%s names no control of %s", c.ID, want)
			}
		}
	}
	if len(knownIDs) != 26 {
		t.Errorf("%d ids, want the 26 of the catalogue", len(knownIDs))
	}
	for i := range groups {
		if len(groups[i].checks) > 8 {
			t.Errorf("group %s has more checks than a spot has bits", groups[i].name)
		}
	}
	want := []string{"leaked-access-key", "unused-access-key", "workload-access-key", "aged-access-key", "inactive-access-key", "|", "unused-password", "password-without-mfa", "human-iam-user"}
	var got []string
	for _, name := range []string{"access-key", "|", "password"} {
		g, ok := groupNamed(name)
		if !ok {
			got = append(got, name)
			continue
		}
		for _, c := range g.checks {
			got = append(got, c.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("precedence: want, got:\n%s", diff)
	}
}

// No text of a finding tells an age: the same facts a day later give the same texts.
func TestTextsDoNotAge(t *testing.T) {
	for _, c := range list {
		for _, f := range readFixtures(t, "testdata/"+c.ID+"/fires*.json") {
			before := f.evaluate()
			f.AsOf = f.AsOf.AddDate(0, 0, 1)
			after := map[string]string{}
			for _, x := range f.evaluate() {
				after[x.ID+x.Check] = texts(x)
			}
			for _, x := range before {
				if a, ok := after[x.ID+x.Check]; ok && a != texts(x) {
					t.Errorf("%s: the texts changed over a day:\n%s", f.path, cmp.Diff(texts(x), a))
				}
			}
		}
	}
}

// Nobody is ever told to detach a quarantine policy before anything else.
func TestQuarantineIsNotDetachedFirst(t *testing.T) {
	f := readFixture(t, "testdata/quarantined-user/fires.json")
	x := f.evaluate()[0]
	if !strings.HasPrefix(x.Steps[0].Text, "Leave the quarantine policy where it is.") {
		t.Errorf("first step: %q", x.Steps[0].Text)
	}
	for _, s := range x.Steps {
		if strings.Contains(s.Command, "detach") {
			t.Errorf("a command detaches: %q", s.Command)
		}
	}
	if s := x.Steps[2]; !strings.Contains(s.Command, "--status Inactive") {
		t.Errorf("third step does not deactivate the key: %+v", s)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "''",
		"ci-deploy":        "ci-deploy",
		"a+b=c,d.e@f_g":    "a+b=c,d.e@f_g",
		"=ls":              "'=ls'",
		"it's":             `'it'\''s'`,
		"a b":              "'a b'",
		"$(id)":            "'$(id)'",
		"`id`":             "'`id`'",
		"a\nb":             "'a\nb'",
		"~root":            "'~root'",
		"{a,b}":            "'{a,b}'",
		"a\x00b":           "'ab'",
		"ünï":              "'ünï'",
		"a;rm -rf /":       "'a;rm -rf /'",
		"arn:aws:iam::1:x": "arn:aws:iam::1:x",
	} {
		if got := Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}

// A name that begins with a dash is legal, and must not become an option.
func TestCommandWithDash(t *testing.T) {
	got := iamCommand("delete-user", "--user-name", "-rf")
	if want := "aws iam delete-user --user-name=-rf"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = iamCommand("delete-user", "--user-name", "--x $(id)")
	if want := "aws iam delete-user --user-name='--x $(id)'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// unquote reads one word as a POSIX shell does, of what Quote may make.
func unquote(word string) (string, bool) {
	var b bytes.Buffer
	for i := 0; i < len(word); {
		switch c := word[i]; {
		case c == '\'':
			end := strings.IndexByte(word[i+1:], '\'')
			if end < 0 {
				return "", false
			}
			b.WriteString(word[i+1 : i+1+end])
			i += end + 2
		case c == '\\' && i+1 < len(word):
			b.WriteByte(word[i+1])
			i += 2
		case plainWord(string(rune(c))) || c == '=':
			b.WriteByte(c)
			i++
		default:
			return "", false
		}
	}
	return b.String(), true
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "a'b", "''", "-rf", "$(x)", "a\\'b", "\x00", "\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := unquote(Quote(s))
		if want := strings.ReplaceAll(s, "\x00", ""); !ok || got != want {
			t.Errorf("Quote(%q) = %s reads back as %q, %v", s, Quote(s), got, ok)
		}
	})
}

// rich is an account in which every check fires, with names that can be searched for.
func rich(t *testing.T) *fixture {
	t.Helper()
	var out fixture
	n := 0
	for _, c := range list {
		for _, f := range readFixtures(t, "testdata/"+c.ID+"/fires*.json") {
			if out.About == "" {
				out = f
				out.policy.People.Users = []string{"person-*"}
				out.policy.OwnerTag = "truetag"
				out.Account.Name = "secret-account-name"
				out.Account.Root.HasMFA = false
				out.Account.Root.PasswordLastUsed = f.AsOf.AddDate(0, 0, -1)
				out.Account.Root.Events = []inventory.RootEvent{{
					Time: f.AsOf.AddDate(0, 0, -1), Source: "s3.amazonaws.com", Name: "CreateBucket",
					Region: "us-east-1", Address: "203.0.113.77", Agent: "agent-of-root", KeyID: "AKIAROOTROOTROOTROOT",
				}}
			}
			for _, u := range f.Account.Users {
				n++
				keys := slices.Clone(u.Keys)
				hide(&u, n, c.ID == idHumanIAMUser)
				for i, k := range keys {
					leak(&out.Account, f.Account.Leaks, k.ID, u.Keys[i].ID, u.Name)
				}
				out.Account.Users = append(out.Account.Users, u)
			}
			hideCompute(&out.Account, f.Account.Compute, n)
		}
	}
	return &out
}

// hideCompute adds the compute of a fixture under names that can be searched for. The keys in it
// become those of the last user.
func hideCompute(a *inventory.Account, from *inventory.Compute, n int) {
	if from == nil {
		return
	}
	if a.Compute == nil {
		a.Compute = &inventory.Compute{Regions: []string{"eu-west-1"}}
	}
	keys := a.Users[len(a.Users)-1].Keys
	for _, r := range from.Resources {
		r.ARN += fmt.Sprintf("-truename%04d%d", n, len(a.Compute.Resources))
		if r.Role != "" {
			r.Role += "-truename"
		}
		r.Keys = slices.Clone(r.Keys)
		for i := range r.Keys {
			if r.Keys[i].KeyID != "" && len(keys) > 0 {
				r.Keys[i].KeyID = keys[0].ID
			}
		}
		a.Compute.Resources = append(a.Compute.Resources, r)
	}
}

// leak adds what a fixture says of leaks of a key under the name that the key has now. Paths hold true
// ids as well.
func leak(a *inventory.Account, from *inventory.Leaks, was, is, user string) {
	if a.Leaks == nil {
		a.Leaks = &inventory.Leaks{ScannedAt: a.CollectedAt}
	}
	if from == nil {
		return
	}
	for _, l := range from.Found {
		if l.KeyID != was {
			continue
		}
		l.KeyID = is
		l.Path += "/" + is + "-" + strings.ToLower(is) + "-111122223333-" + user
		if len(l.Inside) > 0 {
			l.Inside = []string{is, "111122223333.txt"}
		}
		a.Leaks.Found = append(a.Leaks.Found, l)
	}
}

// hide gives a user and its credentials names of their own.
func hide(u *inventory.User, n int, person bool) {
	prefix := "machine-"
	if person {
		prefix = "person-"
	}
	tag := fmt.Sprintf("%04d", n)
	u.Name = prefix + "truename" + tag
	u.ARN, u.ID = "arn:aws:iam::111122223333:user/truepath/"+u.Name, "AIDATRUEID"+tag
	u.Path, u.Groups = "/truepath/", []string{"truegroup" + tag}
	u.Tags = map[string]string{"truetag": "truevalue" + tag}
	u.Administrator = "AdministratorAccess through group truegroup" + tag
	for i := range u.Policies {
		u.Policies[i].Via = "truegroup" + tag
	}
	for i := range u.Keys {
		u.Keys[i].ID = fmt.Sprintf("AKIATRUEKEY%s%dEXAM", tag, i)
	}
	for i := range u.Certificates {
		u.Certificates[i].ID = fmt.Sprintf("CERTTRUECERT%s%dEXAM", tag, i)
	}
	for i := range u.SSHKeys {
		u.SSHKeys[i].ID = fmt.Sprintf("APKATRUESSH%s%dEXAM", tag, i)
	}
	for i := range u.Services {
		u.Services[i].ID = fmt.Sprintf("ACCATRUESVC%s%dEXAM", tag, i)
	}
}

// Redacted, no true name of an account, user, group, credential or address is in the JSON.
func TestRedacted(t *testing.T) {
	f := rich(t)
	open := f.evaluate()
	hidden := Evaluate(&f.Account, f.policy, Options{Now: f.AsOf, Display: Redacted()})
	if len(open) != len(hidden) || len(open) < len(list) {
		t.Fatalf("%d findings, redacted %d", len(open), len(hidden))
	}
	secret := regexp.MustCompile(`true(name|path|group|tag|value|id)|(?i:TRUE(KEY|CERT|SSH|SVC|ID))|AIDA|secret-account|111122223333|203\.0\.113|agent-of-root|ROOTROOT|person-\*`)
	ids := map[string]string{}
	fired := map[string]bool{}
	for _, x := range open {
		ids[x.ID] = x.Check
		fired[x.Check] = true
	}
	for _, x := range hidden {
		data, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, x.Because...)
		if m := secret.FindString(string(data)); m != "" {
			t.Errorf("%s holds %q:\n%s", x.Check, m, data)
		}
		if ids[x.ID] != x.Check {
			t.Errorf("%s: the id changed", x.Check)
		}
	}
	for _, c := range list {
		if !fired[c.ID] && c.Kind != SubjectAccount { // of which no account has all
			t.Errorf("%s names no finding of the rich account", c.ID)
		}
	}
	if !secret.MatchString(fmt.Sprintf("%+v", open)) {
		t.Error("the search finds nothing in the open findings either")
	}
}

func TestRedactedForms(t *testing.T) {
	d := Redacted()
	for got, want := range map[string]string{
		d.Account("111122223333"):     `account-[0-9a-f]{5}`,
		d.User("AIDAX", "alice"):      `user-[0-9a-f]{8}`,
		d.Key("AKIAQX4WJ2KEAEXAMPLE"): `AKIA…MPLE`,
		d.Key("short"):                `…`,
		d.Name("prod"):                ``,
	} {
		if !regexp.MustCompile("^" + want + "$").MatchString(got) {
			t.Errorf("%q does not look like %s", got, want)
		}
	}
	if d.User("AIDAX", "alice") == d.User("AIDAY", "alice") {
		t.Error("two users of one name are hidden as one")
	}
}

// The order of users and credentials in an inventory never changes the findings.
func TestOrderDoesNotMatter(t *testing.T) {
	f := rich(t)
	want, err := json.Marshal(f.evaluate())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		a := f.Account
		a.Users = rapid.Permutation(a.Users).Draw(rt, "users")
		for i := range a.Users {
			u := &a.Users[i]
			if len(u.Keys) > 1 {
				u.Keys = rapid.Permutation(u.Keys).Draw(rt, "keys")
			}
		}
		got, err := json.Marshal(Evaluate(&a, f.policy, Options{Now: f.AsOf}))
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			rt.Fatalf("another order, other findings:\n%s", diff)
		}
	})
}

// bare is the account as one downloaded report would show it: no ids, slots instead.
func bare(a inventory.Account) *inventory.Account {
	a.ReportOnly = true
	a.Users = append([]inventory.User(nil), a.Users...)
	for i := range a.Users {
		u := &a.Users[i]
		u.ID, u.SSHKeys, u.Services = "", nil, nil
		u.Keys = append([]inventory.AccessKey(nil), u.Keys...)
		for k := range u.Keys {
			u.Keys[k].ID, u.Keys[k].Slot = "", k+1
		}
		u.Certificates = append([]inventory.Certificate(nil), u.Certificates...)
		for c := range u.Certificates {
			u.Certificates[c].ID, u.Certificates[c].Slot = "", c+1
		}
	}
	return &a
}

// A variable in a command is one that an earlier step said how to set, and no command
// lacks an id. Each finding is complete for people.
func TestEveryFindingIsWhole(t *testing.T) {
	f := rich(t)
	kinds := []string{"delete", "identity-center", "ses-role", "short-term-api-key", "roles-anywhere", "external-id-role", "lambda-role", "ecs-task-role", "instance-profile", "codebuild-role"}
	removals := []string{RemovalNow, RemovalAfterLook, RemovalAfterMigration, RemovalNotAKey}
	for _, a := range []*inventory.Account{&f.Account, bare(f.Account)} {
		for _, x := range Evaluate(a, f.policy, Options{Now: f.AsOf}) {
			if x.Title == "" || strings.Contains(x.Title, "\n") || x.Why == "" || len(x.Steps) < 2 || x.Incomplete != "" || x.Since.IsZero() || x.FactsAt.IsZero() {
				t.Errorf("incomplete: %+v", x)
			}
			if !slices.Contains(kinds, x.Replace.Kind) || x.Replace.Why == "" || !slices.Contains(removals, x.Removal) {
				t.Errorf("%s: replacement %+v, removal %q", x.Check, x.Replace, x.Removal)
			}
			known := ""
			for _, s := range x.Steps {
				known += s.Text
				if s.Command != "" && !strings.HasPrefix(s.Command, "aws ") && !strings.HasPrefix(s.Command, "git remote ") || strings.Contains(s.Command, "-id ''") {
					t.Errorf("%s: command %q", x.Check, s.Command)
				}
				for _, v := range []string{"KEY_ID", "CERTIFICATE_ID"} {
					if strings.Contains(s.Command, `"$`+v+`"`) && !strings.Contains(known, v+" to") && !strings.Contains(known, v+" set to") {
						t.Errorf("%s: nothing says how to set %s before %q", x.Check, v, s.Command)
					}
				}
			}
		}
	}
}

func TestKnownIDs(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range KnownIDs() {
		if seen[id] {
			t.Errorf("%s stands twice", id)
		}
		seen[id] = true
	}
	for _, c := range list {
		if !seen[c.ID] {
			t.Errorf("%s is not in the catalogue", c.ID)
		}
	}
}

func TestRootSeenFrom(t *testing.T) {
	at := func(source, agent string, hour int) inventory.RootEvent {
		return inventory.RootEvent{Time: now.Add(-time.Duration(hour) * time.Hour), Source: "iam.amazonaws.com", Address: source, Agent: agent}
	}
	got := rootSeenFrom([]inventory.RootEvent{
		at("cloudformation.amazonaws.com", "cloudformation.amazonaws.com", 3),
		at("198.51.100.4", "aws-cli/2 exec-env/CloudShell", 2),
		at("203.0.113.7", "Mozilla", 1), at("203.0.113.7", "Mozilla", 5),
	}, false)
	var by []string
	for _, s := range got {
		by = append(by, fmt.Sprintf("%s %s %d", s.By, s.Last, s.Events))
	}
	want := []string{"internet 2026-11-24T05:00:00Z 2", "cloudshell 2026-11-24T04:00:00Z 1", "aws-service 2026-11-24T03:00:00Z 1"}
	if diff := cmp.Diff(want, by); diff != "" {
		t.Errorf("want, got:\n%s", diff)
	}
}
