package inventory

import (
	"cmp"
	"slices"
	"time"
)

// FactLeaks is which keys of the account a scan of code, logs and archives found. No audit
// collects it: it is missing unless a scan was joined to the account, and its absence is no
// fault, so it never stands among Account.Missing.
const FactLeaks Fact = "leaked-keys"

// Leaks is what one scan found of the keys of an account.
type Leaks struct {
	// ScannedAt is when the scan began (UTC).
	ScannedAt time.Time `json:"scanned_at"`
	// Found may be empty: none of the account's keys was found.
	Found []Leak `json:"found"`
}

// Leak is one place where a key of the account was found. All of it but the key's id is
// text from outside.
type Leak struct {
	KeyID string `json:"key_id"`
	// Where is the kind of place, in the words of keysweep/scan/v1: file, commit, message, ….
	Where string `json:"where"`
	Path  string `json:"path,omitempty"`
	Line  int    `json:"line,omitempty"` // from 1; 0 where there are no lines
	// Inside are the names down through archives, the outermost first.
	Inside []string `json:"inside,omitempty"`
	// Commit is the name of the commit in hexadecimal digits; empty outside of history.
	Commit string `json:"commit,omitempty"`
	// SecretNearby: what looks like a secret key stands near. The secret itself is never kept.
	SecretNearby bool `json:"secret_nearby,omitempty"`
}

// CompareLeaks is the order of places: by key, then what is there now before what is only in
// history, then by path, line and the rest.
func CompareLeaks(a, b Leak) int {
	return cmp.Or(
		cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(rankOfWhere(a.Where), rankOfWhere(b.Where)), cmp.Compare(a.Where, b.Where),
		cmp.Compare(a.Path, b.Path), slices.Compare(a.Inside, b.Inside), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Commit, b.Commit),
		cmp.Compare(number(b.SecretNearby), number(a.SecretNearby)),
	)
}

// rankOfWhere puts files first: they are what is mended first.
func rankOfWhere(where string) int {
	if where == "file" {
		return 0
	}
	return 1
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// noScan is the missing fact of an account that no scan was joined to.
func (a *Account) noScan(f Fact) (Missing, bool) {
	if f != FactLeaks || a.Leaks != nil {
		return Missing{}, false
	}
	return Missing{Fact: f, Cause: "no scan for leaked keys was joined to the account", Offline: true}, true
}

// canonical is a copy that is sorted, with its time in UTC.
func (l *Leaks) canonical() *Leaks {
	if l == nil {
		return nil
	}
	c := &Leaks{ScannedAt: l.ScannedAt.UTC(), Found: list(l.Found)}
	slices.SortStableFunc(c.Found, CompareLeaks)
	return c
}
