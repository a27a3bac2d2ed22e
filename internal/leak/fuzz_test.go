package leak

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzFind: nothing panics, pieces give what the whole gives, and every hit says what is true of it.
func FuzzFind(f *testing.F) {
	for _, e := range encodings {
		f.Add([]byte(e.encode("key="+testID+"\n")), uint16(7))
	}
	for _, text := range hostile(300) {
		f.Add(text, uint16(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint16) {
		d := New(Options{Known: func(id string) bool { return strings.HasPrefix(id, "AKIAR") }})
		var whole, pieces []Hit
		d.Find(data, func(h Hit) { whole = append(whole, h) })
		s := d.Stream(func(h Hit) { pieces = append(pieces, h) })
		for rest := data; len(rest) > 0; {
			n := min(len(rest), int(piece)+1)
			_, _ = s.Write(rest[:n])
			rest = rest[n:]
		}
		_ = s.Close()
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Errorf("(-Find +Stream):\n%s", diff)
		}
		for _, h := range whole {
			checkHit(t, h, data)
		}
	})
}

func checkHit(t *testing.T, h Hit, data []byte) {
	t.Helper()
	wide, _ := isUTF16(data)
	switch {
	case h.Offset < 0 || h.Offset >= int64(len(data)):
		t.Errorf("%+v is outside", h)
	case !wide && h.Line != 1+strings.Count(string(data[:h.Offset]), "\n"):
		t.Errorf("%+v is on another line", h)
	case h.Encoding == Plain && h.Kind == LongTerm && string(data[h.Offset:h.Offset+idLength]) != h.ID:
		t.Errorf("%+v is not what stands there", h)
	case h.Kind == "" || h.Confidence == "" || h.Encoding == "":
		t.Errorf("%+v is not told in full", h)
	}
}

// FuzzRuns: the positions that are looked at are enough.
func FuzzRuns(f *testing.F) {
	f.Add([]byte("x" + testID + " AKIA" + testOther + "8"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if diff := cmp.Diff(oracle(text), sampled(&search{d: New(Options{})}, text)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func FuzzKeyAccount(f *testing.F) {
	f.Add(testID)
	f.Fuzz(func(t *testing.T, id string) {
		account, ok := KeyAccount(id)
		if ok != (len(account) == 12) {
			t.Errorf("KeyAccount(%q) = %q, %v", id, account, ok)
		}
		if m := Mask(id); len(id) >= 12 && strings.Contains(m, id) {
			t.Errorf("Mask(%q) = %q", id, m)
		}
	})
}

// TestTogether: one detector serves several goroutines.
func TestTogether(t *testing.T) {
	d := New(Options{})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			e := encodings[i*3]
			for range 50 {
				n := 0
				d.Find([]byte(e.encode(" "+testID+" ")), func(h Hit) {
					if h.ID == testID && h.Encoding == e.name {
						n++
					}
				})
				if n != 1 {
					t.Errorf("%s: found %d", e.name, n)
				}
			}
		})
	}
	group.Wait()
}

// TestWiped: what was decoded does not stay in the memory that is kept.
func TestWiped(t *testing.T) {
	d := New(Options{})
	secret := testSecret(10)
	s := d.search()
	s.window([]byte(inBase64("id = "+testID+"\nkey = "+secret+"\n")), 0, 10)
	if len(s.hits) != 1 || !s.hits[0].hit.SecretNearby {
		t.Fatalf("found %+v", s.hits)
	}
	d.release(s)
	for i := range s.levels {
		l := &s.levels[i]
		if all := string(l.text[:cap(l.text)]) + string(l.letters[:cap(l.letters)]); strings.Contains(all, secret[:8]) || strings.Contains(all, inBase64(secret)[:8]) {
			t.Errorf("level %d still holds a secret", i)
		}
	}
	if strings.Contains(string(s.text.text[:cap(s.text.text)]), secret[:8]) {
		t.Error("what was decoded to look for a secret still holds it")
	}
}
