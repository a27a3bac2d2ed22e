package report

import (
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// AccountOf is an account as the report shows it. With a display no true name or id is left in it.
func AccountOf(a *inventory.Account, d *checks.Display) Account {
	out := Account{
		ID: a.ID, Name: a.Name, Status: a.Status, Missing: missingOf(a, d), Rechecked: a.Rechecked,
		CollectedAt: a.CollectedAt, Users: len(a.Users),
	}
	if !a.ReportGeneratedAt.IsZero() {
		out.ReportGeneratedAt = a.ReportGeneratedAt.UTC().Format(time.RFC3339)
	}
	if d != nil {
		out.ID, out.Name = d.Account(a.ID), d.Name(a.Name)
	}
	out.countKeys(a.Root.Keys)
	if a.Root.HasKeys && len(a.Root.Keys) == 0 {
		out.Keys++
		out.ActiveKeys++ // its status is not known, so it counts as usable
	}
	if a.Root.HasPassword {
		out.Passwords++
	}
	for i := range a.Users {
		u := &a.Users[i]
		out.countKeys(u.Keys)
		if u.Password.Enabled {
			out.Passwords++
		}
	}
	return out
}

func (a *Account) countKeys(keys []inventory.AccessKey) {
	a.Keys += len(keys)
	for _, k := range keys {
		if k.Active {
			a.ActiveKeys++
		}
	}
}

// missingOf says what was not collected, "fact: why", sorted and each once. Causes are worded by
// AWS and may hold any id, so with a display only our own words are left of them.
func missingOf(a *inventory.Account, d *checks.Display) []string {
	out := []string{}
	if a.Status == inventory.Failed || a.Status == inventory.Skipped {
		cause := a.Cause
		if d != nil {
			cause = "the account was " + string(a.Status)
		}
		out = append(out, "everything: "+cause)
	}
	for _, m := range a.Missing {
		out = append(out, missingText(a, m, d))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func missingText(a *inventory.Account, m inventory.Missing, d *checks.Display) string {
	name, cause := m.User, m.Cause
	if m.Action != "" && !strings.Contains(cause, m.Action) {
		cause = m.Action + " " + cause
	}
	if d != nil {
		cause = ownWords(m)
		if name != "" {
			name = d.User(userID(a, name), name)
		}
	}
	if m.Service != "" {
		name = m.Service
	}
	if m.Region != "" {
		name = strings.TrimSpace(name + " in " + m.Region)
	}
	if name == "" {
		return string(m.Fact) + ": " + cause
	}
	return string(m.Fact) + " of " + name + ": " + cause
}

func ownWords(m inventory.Missing) string {
	switch {
	case m.Offline:
		return "the source cannot hold it"
	case m.Action != "":
		return "AWS did not answer " + m.Action
	}
	return "it could not be read"
}

func userID(a *inventory.Account, name string) string {
	for i := range a.Users {
		if u := &a.Users[i]; u.Name == name {
			if u.ID != "" {
				return u.ID
			}
			return u.ARN
		}
	}
	return ""
}
