package awscollect

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func daysAgo(n int) time.Time { return now.AddDate(0, 0, -n) }

const (
	hub     = "111122223333"
	member  = "444455556666"
	issuer  = "https://token.actions.githubusercontent.com"
	subject = "repo:acme/app:ref:refs/heads/main"
)

// fast waits for nothing that a test would notice.
var fast = Pace{Attempts: 10, MaxBackoff: 2 * time.Millisecond, PollInterval: time.Millisecond, PollTimeout: 100 * time.Millisecond, JobTimeout: 100 * time.Millisecond, LookupInterval: time.Millisecond}

var tokenSerial atomic.Int64

// token is a workflow's token, another one each time.
func token(claims map[string]any) func(context.Context, string) (string, error) {
	return func(_ context.Context, audience string) (string, error) {
		all := map[string]any{
			"iss": issuer, "sub": subject, "aud": audience, "repository": "acme/app", "ref": "refs/heads/main",
			"repository_id": "22", "repository_owner_id": "11", "jti": tokenSerial.Add(1),
		}
		for k, v := range claims {
			all[k] = v
		}
		return awssim.JWT(all), nil
	}
}

// world has a hub with a first role, and the accounts, each with a role that trusts it.
func world(accounts ...*awssim.Account) *awssim.World {
	w := &awssim.World{Accounts: map[string]*awssim.Account{}, Now: now}
	home := &awssim.Account{ID: hub}
	for _, a := range append([]*awssim.Account{home}, accounts...) {
		if a.Root.Created.IsZero() {
			a.Root.Created = daysAgo(3000)
		}
		if a.ReportAt.IsZero() {
			a.ReportAt = now.Add(-time.Hour)
		}
		a.Roles = append(a.Roles, awssim.Role{Name: "keysweep-audit", Callers: []string{hub}})
		w.Accounts[a.ID] = a
	}
	home = w.Accounts[hub]
	home.Provider = &awssim.Provider{Issuer: issuer, Audiences: []string{"sts.amazonaws.com"}}
	home.Roles = append(home.Roles, awssim.Role{Name: "first", Subjects: []string{subject}})
	return w
}

func setenv(t *testing.T, vars map[string]string) {
	t.Helper()
	for k, v := range vars {
		t.Setenv(k, v)
	}
}

// start runs a world and a collector that reaches nothing else.
func start(t *testing.T, w *awssim.World, change ...func(*Config)) (*Collector, *awssim.Server) {
	t.Helper()
	s := awssim.New(t, w)
	setenv(t, s.Env())
	cfg := Config{
		RoleARN: "arn:aws:iam::" + hub + ":role/first", Token: token(nil),
		Now: func() time.Time { return now }, Pace: fast,
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// keyID is an access key id of an account.
func keyID(account string, n int) string {
	var id uint64
	for _, c := range account {
		id = id*10 + uint64(c-'0')
	}
	var raw [10]byte
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], 1<<47|id<<7)
	copy(raw[:6], head[2:])
	binary.BigEndian.PutUint32(raw[6:], uint32(n))
	return "AKIA" + base32.StdEncoding.EncodeToString(raw[:])
}

// userID is a unique id of a user.
func userID(n int) string { return fmt.Sprintf("AIDA%s", strings.ToUpper(fmt.Sprintf("%016x", n))) }

// simUser is a user of 300 days with a key per age in days, all used yesterday.
func simUser(account string, n int, name string, keyAges ...int) awssim.User {
	u := awssim.User{Name: name, ID: userID(n), Created: daysAgo(300)}
	for i, age := range keyAges {
		u.Keys = append(u.Keys, awssim.Key{
			ID: keyID(account, 10*n+i), Created: daysAgo(age), LastUsed: daysAgo(1), Service: "s3", Region: "eu-central-1",
		})
	}
	return u
}

func userOf(t *testing.T, a *inventory.Account, name string) *inventory.User {
	t.Helper()
	for i := range a.Users {
		if a.Users[i].Name == name {
			return &a.Users[i]
		}
	}
	t.Fatalf("user %q is not in the account: %+v", name, a)
	return nil
}

// nothing asks for no recheck.
func nothing(*inventory.Account) []inventory.Recheck { return nil }

// missingLines is what is missing, one line each, "fact user credential action".
func missingLines(a *inventory.Account) []string {
	var lines []string
	for _, m := range a.Missing {
		lines = append(lines, strings.TrimSpace(strings.Join(strings.Fields(fmt.Sprint(m.Fact, " ", m.User, " ", m.Credential, " ", m.Action)), " ")))
	}
	return lines
}

// roundTrip holds an account to what a saved inventory may be.
func roundTrip(t *testing.T, a *inventory.Account) {
	t.Helper()
	data, err := inventory.Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inventory.Decode("test", data); err != nil {
		t.Errorf("what was collected cannot be read back: %v", err)
	}
}
