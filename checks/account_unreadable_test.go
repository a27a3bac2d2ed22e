package checks

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

func unreadable() *inventory.Account {
	return &inventory.Account{
		ID: "111122223333", Name: "secret-account-name", Partition: "aws", Status: inventory.Failed, CollectedAt: now,
		Cause: `the role "keysweep-audit" could not be assumed: AccessDenied in 111122223333`,
	}
}

func TestUnreadable(t *testing.T) {
	since := now.AddDate(0, 0, -1)
	p := policy.Default()
	p.Accounts["111122223333"] = policy.AccountSetting{Owner: "platform"}
	f, ok := Unreadable(unreadable(), p, Options{Now: now}, since)
	if !ok || f.Severity != Medium || f.Horizon != Immediate || f.Kind != SubjectAccount || !f.FactsAt.Equal(now) || !f.Since.Equal(since) {
		t.Errorf("%v %+v", ok, f)
	}
	if f.Owner != "platform" || f.OwnerRule != "account 111122223333" || f.ID != FindingID("aws", "111122223333", "", "", "account-unreadable") {
		t.Errorf("%+v", f)
	}
	golden(t, "account-unreadable.golden", render(f))
	later, _ := Unreadable(unreadable(), p, Options{Now: now.AddDate(0, 0, 40)}, since)
	if diff := cmp.Diff(f, later); diff != "" {
		t.Errorf("it changes as days pass:\n%s", diff)
	}

	hidden, _ := Unreadable(unreadable(), p, Options{Now: now, Display: Redacted()}, since)
	data, err := json.Marshal(hidden)
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`111122223333|secret-account|AccessDenied`).FindString(string(data) + hidden.OwnerRule); m != "" || hidden.ID != f.ID {
		t.Errorf("redacted it holds %q:\n%s", m, data)
	}
}

func TestUnreadableByPolicy(t *testing.T) {
	p := policy.Default()
	p.Checks[idAccountUnreadable] = policy.CheckSetting{Severity: "low"}
	p.Exemptions = []policy.Exemption{{Check: idAccountUnreadable, Account: "1111*", Reason: "moves", Expires: now}}
	f, _ := Unreadable(unreadable(), p, Options{Now: now}, now)
	if f.Severity != Low || f.Exemption == nil || f.Exemption.Reason != "moves" {
		t.Errorf("%+v", f)
	}
	p.Checks[idAccountUnreadable] = policy.CheckSetting{Disabled: true}
	if _, ok := Unreadable(unreadable(), p, Options{Now: now}, now); ok {
		t.Error("switched off it is found")
	}
	for _, s := range []inventory.Status{inventory.Audited, inventory.Partial, inventory.Skipped} {
		a := unreadable()
		a.Status = s
		if _, ok := Unreadable(a, policy.Default(), Options{Now: now}, now); ok {
			t.Errorf("found in an account that is %s", s)
		}
	}
}

func TestUnreadableIsReadAgain(t *testing.T) {
	ask := []Asked{{ID: "00000000000000ff", Subject: idAccountUnreadable, Check: idAccountUnreadable}}
	for _, tc := range []struct {
		status inventory.Status
		off    bool
		want   string
	}{
		{inventory.Audited, false, StateAbsent},
		{inventory.Partial, false, StateAbsent},
		{inventory.Failed, false, StateNotAssessed},
		{inventory.Skipped, false, StateNotAssessed},
		{inventory.Audited, true, StatePolicy},
	} {
		a, p := unreadable(), policy.Default()
		a.Status = tc.status
		p.Checks[idAccountUnreadable] = policy.CheckSetting{Disabled: tc.off}
		if got := Absences(a, p, now.Add(time.Hour), ask)[ask[0].ID]; got.State != tc.want {
			t.Errorf("%+v: %+v", tc, got)
		}
	}
}
