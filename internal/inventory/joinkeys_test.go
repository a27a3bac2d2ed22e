package inventory

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestJoinKeys(t *testing.T) {
	t1, t2 := at("2024-01-01T00:00:01Z"), at("2025-01-01T00:00:02Z")
	used1, used2 := at("2026-01-01T00:00:00Z"), at("2026-02-02T00:00:00Z")
	slot := func(n int, made time.Time, active bool, used time.Time) AccessKey {
		return AccessKey{Slot: n, Created: made, Active: active, LastUsed: used, LastUsedService: fmt.Sprint("service", n)}
	}
	live := func(id string, made time.Time, active bool) AccessKey {
		return AccessKey{ID: id, Created: made, Active: active}
	}
	both := func(id string, s AccessKey, active bool) AccessKey {
		s.ID, s.Active = id, active
		return s
	}
	one, two := slot(1, t2, true, used1), slot(2, t1, false, used2)
	tests := []struct {
		name        string
		slots, live []AccessKey
		want        []AccessKey
		unknown     []string
	}{
		{"nothing", nil, nil, []AccessKey{}, nil},
		{
			"slots are not in the order of creation",
			[]AccessKey{one, two},
			[]AccessKey{live("A", t1, false), live("B", t2, true)},
			[]AccessKey{both("A", two, false), both("B", one, true)},
			nil,
		},
		{
			"deactivated since the report",
			[]AccessKey{one},
			[]AccessKey{live("A", t2, false)},
			[]AccessKey{both("A", one, false)},
			nil,
		},
		{"deleted since the report", []AccessKey{one, two}, []AccessKey{live("A", t1, false)}, []AccessKey{both("A", two, false)}, nil},
		{"made since the report", []AccessKey{two}, []AccessKey{live("A", t1, false), live("B", t2, true)}, []AccessKey{both("A", two, false), live("B", t2, true)}, []string{"B"}},
		{
			"same second, told apart by status",
			[]AccessKey{slot(1, t1, true, used1), slot(2, t1, false, used2)},
			[]AccessKey{live("A", t1, false), live("B", t1, true)},
			[]AccessKey{both("A", slot(2, t1, false, used2), false), both("B", slot(1, t1, true, used1), true)},
			nil,
		},
		{
			"same second and status",
			[]AccessKey{slot(1, t1, true, used1), slot(2, t1, true, used2)},
			[]AccessKey{live("B", t1, true), live("A", t1, true)},
			[]AccessKey{live("A", t1, true), live("B", t1, true)},
			[]string{"A", "B"},
		},
		{
			"same second, one deactivated since",
			[]AccessKey{slot(1, t1, true, used1), slot(2, t1, true, used2)},
			[]AccessKey{live("A", t1, true), live("B", t1, false)},
			[]AccessKey{live("A", t1, true), live("B", t1, false)},
			[]string{"A", "B"},
		},
		{
			"same second, one activated since",
			[]AccessKey{slot(1, t1, true, used1), slot(2, t1, false, used2)},
			[]AccessKey{live("A", t1, true), live("B", t1, true)},
			[]AccessKey{live("A", t1, true), live("B", t1, true)},
			[]string{"A", "B"},
		},
		{
			"same second, one deleted since",
			[]AccessKey{slot(1, t1, true, used1), slot(2, t1, false, used2)},
			[]AccessKey{live("A", t1, true)},
			[]AccessKey{live("A", t1, true)},
			[]string{"A"},
		},
		{
			"a server that knows fractions of a second",
			[]AccessKey{one},
			[]AccessKey{live("A", t2.Add(999999*time.Microsecond), true)},
			[]AccessKey{func() AccessKey { k := both("A", one, true); k.Created = t2.Add(999999 * time.Microsecond); return k }()},
			nil,
		},
		{
			"a last use read live stays",
			[]AccessKey{slot(1, t1, true, used1)},
			[]AccessKey{{ID: "A", Created: t1, Active: true, LastUsed: used2, LastUsedService: "s3", Live: true}},
			[]AccessKey{{ID: "A", Slot: 1, Created: t1, Active: true, LastUsed: used2, LastUsedService: "s3", Live: true}},
			nil,
		},
		{
			"ambiguous, but read live",
			[]AccessKey{slot(1, t1, true, used1), slot(2, t1, true, used2)},
			[]AccessKey{{ID: "A", Created: t1, Active: true, Live: true}, live("B", t1, true)},
			[]AccessKey{{ID: "A", Created: t1, Active: true, Live: true}, live("B", t1, true)},
			[]string{"B"},
		},
	}
	for _, tt := range tests {
		got, unknown := JoinKeys(tt.slots, tt.live)
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
		if d := cmp.Diff(tt.unknown, unknown); d != "" {
			t.Errorf("%s: unknown (-want +got):\n%s", tt.name, d)
		}
	}
}

// drawKeys draws the keys of one user as they truly are: up to two, often made in the same
// second, each with its own last use, so that a mix-up shows.
func drawKeys(t *rapid.T) []AccessKey {
	n := rapid.IntRange(0, 2).Draw(t, "keys")
	keys := make([]AccessKey, n)
	for i := range keys {
		keys[i] = AccessKey{
			ID:       fmt.Sprintf("AKIA%016d", i),
			Active:   rapid.Bool().Draw(t, "active"),
			Created:  time.Unix(1_700_000_000+rapid.Int64Range(0, 1).Draw(t, "second"), 0).UTC(),
			LastUsed: time.Unix(1_750_000_000+int64(i), 0).UTC(),
		}
	}
	return keys
}

// reportOf is what a report shows of the keys, in some order of slots.
func reportOf(t *rapid.T, keys []AccessKey) []AccessKey {
	slots := rapid.Permutation(slices.Clone(keys)).Draw(t, "slots")
	for i := range slots {
		slots[i].ID, slots[i].Slot = "", i+1
	}
	return slots
}

// listingOf is what a live listing shows of the keys, with fractions of a second.
func listingOf(t *rapid.T, keys []AccessKey) []AccessKey {
	live := rapid.Permutation(slices.Clone(keys)).Draw(t, "live")
	for i := range live {
		live[i].LastUsed = time.Time{}
		live[i].Created = live[i].Created.Add(time.Duration(rapid.Int64Range(0, 999_999_999).Draw(t, "fraction")))
	}
	return live
}

// Whatever one thing happened since the report, a last use is never given to another key.
func TestJoinKeysNeverMixesUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := drawKeys(t)
		slots := reportOf(t, keys)
		if len(keys) > 0 {
			i := rapid.IntRange(0, len(keys)-1).Draw(t, "which")
			switch rapid.SampledFrom([]string{"nothing", "status", "deleted", "replaced"}).Draw(t, "since") {
			case "status":
				keys[i].Active = !keys[i].Active
			case "deleted":
				keys = slices.Delete(keys, i, i+1)
			case "replaced":
				keys[i] = AccessKey{ID: "AKIANEW", Active: true, Created: time.Unix(1_760_000_000, 0).UTC()}
			}
		}
		joined, unknown := JoinKeys(slots, listingOf(t, keys))
		if len(joined) != len(keys) {
			t.Fatalf("%d keys joined, %d exist", len(joined), len(keys))
		}
		for _, k := range joined {
			i := slices.IndexFunc(keys, func(o AccessKey) bool { return o.ID == k.ID })
			truth := keys[i]
			if k.Active != truth.Active {
				t.Fatalf("%s: status is not the live one", k.ID)
			}
			if slices.Contains(unknown, k.ID) {
				if !k.LastUsed.IsZero() || k.Slot != 0 {
					t.Fatalf("%s is unknown and has %+v", k.ID, k)
				}
				continue
			}
			if !k.LastUsed.Equal(truth.LastUsed) {
				t.Fatalf("%s: last used %v, truly %v", k.ID, k.LastUsed, truth.LastUsed)
			}
		}
	})
}

// The order of slots and of the listing never matters, and nothing given is changed.
func TestJoinKeysIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots, live := reportOf(t, drawKeys(t)), listingOf(t, drawKeys(t))
		want, wantUnknown := JoinKeys(slots, live)
		s2, l2 := slices.Clone(slots), slices.Clone(live)
		slices.Reverse(s2)
		slices.Reverse(l2)
		s3, l3 := slices.Clone(s2), slices.Clone(l2)
		got, gotUnknown := JoinKeys(s2, l2)
		if d := cmp.Diff(want, got) + cmp.Diff(wantUnknown, gotUnknown); d != "" {
			t.Fatalf("order matters:\n%s", d)
		}
		if d := cmp.Diff(s3, s2) + cmp.Diff(l3, l2); d != "" {
			t.Fatalf("the arguments were changed:\n%s", d)
		}
	})
}
