package scansource

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/leak"
)

// Of a key that stands several times in one place there is one row: the first, as sure as the surest.
func TestOneRowOfAPlace(t *testing.T) {
	s := newScanner(Options{})
	hit := func(id string, offset int64, sure leak.Confidence, secret bool) placed {
		return placed{Row: Row{Hit: leak.Hit{ID: id, Offset: offset, Line: int(offset) / 10, Confidence: sure, SecretNearby: secret}, Where: InFile, Path: "p"}}
	}
	for _, p := range []placed{hit("A", 30, leak.Possible, false), hit("A", 50, leak.Certain, true), hit("A", 10, leak.Likely, false), hit("B", 20, leak.Likely, false)} {
		s.add(p)
	}
	rows := s.Result().Rows
	if len(rows) != 2 || rows[0].Line != 1 || rows[0].Confidence != leak.Certain || !rows[0].SecretNearby {
		t.Errorf("%+v", rows)
	}
}

// A file that is made of ids costs no more memory than so many rows, and the scan says that there are more.
func TestManyKeys(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	digits := "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	for n := range maxRows + 50_000 {
		id := []byte("AKIATHPRDSKWAA6G543C")
		for at := 19; n > 0; at, n = at-1, n/32 {
			id[at] = digits[n%32]
		}
		fmt.Fprintf(&b, "%s\n", id)
	}
	write(t, filepath.Join(dir, "many"), b.String())
	s := newScanner(Options{})
	if err := s.Path(dir, ""); err != nil {
		t.Fatal(err)
	}
	r := s.Result()
	if len(r.Rows) != maxRows || len(r.Unread) != 1 || !strings.Contains(r.Unread[0].Reason, "more than 200000 places") {
		t.Errorf("%d rows, unread %v", len(r.Rows), r.Unread)
	}
}
