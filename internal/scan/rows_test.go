package scan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keysweep/keysweep/internal/inventory"
)

// placeLines are rows as text: "file deploy.env:3 commit".
func placeLines(rows []Leak) []string {
	out := []string{}
	for _, l := range rows {
		place := strings.Join(append([]string{l.Path}, l.Inside...), " > ")
		line := strings.TrimSpace(l.AccessKeyID + " " + string(l.Where) + " " + place + ":" + string(rune('0'+l.Line)) + " " + l.Commit)
		if l.SecretNearby {
			line += " secret"
		}
		out = append(out, line+" "+l.Confidence+" "+l.Encoding)
	}
	return out
}

func TestRows(t *testing.T) {
	at := func(id string, where Where, path string, line int, more ...func(*Sighting)) Sighting {
		s := Sighting{AccessKeyID: id, Where: where, Path: path, Line: line, Confidence: Likely, Encoding: "plain"}
		for _, change := range more {
			change(&s)
		}
		return s
	}
	commit := func(c, blob string) func(*Sighting) { return func(s *Sighting) { s.Commit, s.Blob = c, blob } }
	blob := func(b string) func(*Sighting) { return func(s *Sighting) { s.Blob = b } }
	inside := func(names ...string) func(*Sighting) { return func(s *Sighting) { s.Inside = names } }
	secret := func(s *Sighting) { s.SecretNearby, s.Confidence = true, Certain }
	encoded := func(s *Sighting) { s.Encoding = "base64" }
	for _, test := range []struct {
		name string
		in   []Sighting
		want []string
	}{
		{"one id in a place is one row, of its first line", []Sighting{at("A", File, "a", 9), at("A", File, "a", 3), at("A", File, "a", 7)}, []string{"A file a:3 likely plain"}},
		{"what makes it surer is kept", []Sighting{at("A", File, "a", 3), at("A", File, "a", 9, secret)}, []string{"A file a:3 secret certain plain"}},
		{"a line is more than none", []Sighting{at("A", File, "a", 0), at("A", File, "a", 9)}, []string{"A file a:9 likely plain"}},
		{"plain before encoded", []Sighting{at("A", File, "a", 3, encoded), at("A", File, "a", 3)}, []string{"A file a:3 likely plain"}},
		{"ids, paths, wheres and insides are told apart", []Sighting{
			at("A", File, "a", 1), at("B", File, "a", 1), at("A", File, "b", 1), at("A", Name, "a", 1), at("A", File, "a", 1, inside("x")), at("A", File, "a", 1, inside("x", "y")),
		}, []string{"A file a:1 likely plain", "B file a:1 likely plain", "A file b:1 likely plain", "A name a:1 likely plain", "A file a > x:1 likely plain", "A file a > x > y:1 likely plain"}},
		{"the first commit that was told counts", []Sighting{at("A", Commit, "a", 5, commit("c1", "b1")), at("A", Commit, "a", 2, commit("c2", "b2"))}, []string{"A commit a:5 c1 likely plain"}},
		{"the work tree stands for its blob", []Sighting{
			at("A", Commit, "a", 5, commit("c1", "b1")), at("A", Commit, "z", 5, commit("c1", "b1")), at("A", Dangling, "", 5, blob("b1")),
			at("A", File, "a", 5, blob("b1")),
		}, []string{"A file a:5 likely plain"}},
		{"and for no other blob, id or name inside", []Sighting{
			at("A", File, "a", 5, blob("b1")), at("A", Commit, "a", 5, commit("c1", "b2")), at("B", Commit, "a", 5, commit("c1", "b1")),
			at("A", Commit, "a", 5, commit("c1", "b1"), inside("x")),
		}, []string{"A file a:5 likely plain", "A commit a:5 c1 likely plain", "B commit a:5 c1 likely plain", "A commit a > x:5 c1 likely plain"}},
		{"a blob that is not known is nothing in common", []Sighting{at("A", File, "a", 5), at("A", Commit, "a", 5, commit("c1", ""))}, []string{"A file a:5 likely plain", "A commit a:5 c1 likely plain"}},
		{"another content under the same path is history all the same", []Sighting{
			at("A", Commit, "a", 5, commit("c1", "b1")), at("A", Commit, "a", 6, commit("c2", "b2")), at("A", File, "a", 5, blob("b1")),
		}, []string{"A commit a:6 c2 likely plain", "A file a:5 likely plain"}},
		{"history does not stand for history", []Sighting{at("A", Stash, "a", 5, commit("c2", "b1")), at("A", Commit, "a", 5, commit("c1", "b1"))}, []string{"A stash a:5 c2 likely plain", "A commit a:5 c1 likely plain"}},
		{"nothing", nil, []string{}},
	} {
		if d := cmp.Diff(test.want, placeLines(rows(test.in))); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
	}
}

func TestDistinct(t *testing.T) {
	in := []NotScanned{{"b", "y"}, {"a", "z"}, {"b", "y"}, {"a", "x"}}
	if d := cmp.Diff([]NotScanned{{"a", "x"}, {"a", "z"}, {"b", "y"}}, distinct(in)); d != "" {
		t.Error(d)
	}
}

// drawSightings are rows of few ids in few places, so that they meet.
func drawSightings(t *rapid.T) []Sighting {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Sighting {
		id := rapid.SampledFrom([]string{activeID, inactiveID, goneID, oldID, "AKIA6RVFFB77RE7OLMKI"}).Draw(t, "id")
		s := Sighting{
			AccessKeyID: id, Path: rapid.SampledFrom([]string{"a", "b", "x/" + id, "log-" + prod + "/" + strings.ToLower(id), "ci-deploy.csv", "\xff\n`|"}).Draw(t, "path"),
			Line: rapid.IntRange(0, 3).Draw(t, "line"), Where: rapid.SampledFrom(wheres).Draw(t, "where"), Encoding: rapid.SampledFrom([]string{"plain", "hex"}).Draw(t, "encoding"),
			SecretNearby: rapid.Bool().Draw(t, "secret"), Confidence: rapid.SampledFrom(confidences).Draw(t, "confidence"),
		}
		s.AccountID = map[string]string{activeID: prod, inactiveID: prod, goneID: prod, "AKIA6RVFFB77RE7OLMKI": foreign}[id]
		if rapid.Bool().Draw(t, "archive") {
			s.Inside = []string{rapid.SampledFrom([]string{"in", id, "ci-deploy"}).Draw(t, "inside")}
		}
		if s.Where == File || s.Where == Dangling {
			s.Blob = rapid.SampledFrom([]string{"", strings.Repeat("1", 40)}).Draw(t, "blob")
		} else {
			s.Commit, s.Blob = strings.Repeat("c", 40), strings.Repeat(rapid.SampledFrom([]string{"1", "2"}).Draw(t, "blob"), 40)
		}
		return s
	}), 0, 12).Draw(t, "sightings")
}

// The order in which places were read never shows.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawSightings(t)
		gaps := []NotScanned{{"a", "x"}, {"b", "y"}}
		accounts := []*inventory.Account{audited(prod), audited(dev)}
		want := Join(Input{Sightings: all, NotScanned: gaps, Accounts: accounts, Now: now}).Shown(nil, nil)
		mixed := rapid.Permutation(all).Draw(t, "mixed")
		slices.Reverse(gaps)
		slices.Reverse(accounts)
		got := Join(Input{Sightings: mixed, NotScanned: gaps, Accounts: accounts, Now: now}).Shown(nil, nil)
		if d := cmp.Diff(string(want.JSON()), string(got.JSON())); d != "" {
			t.Fatalf("in another order:\n%s", d)
		}
	})
}

// A row speaks for each sighting, and there is one for each key in a place.
func TestEachSightingHasItsRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawSightings(t)
		at := map[rowKey]*Leak{}
		out := rows(all)
		for i := range out {
			k := keyOf(&out[i].Sighting)
			if at[k] != nil {
				t.Fatalf("two rows for %+v", k)
			}
			at[k] = &out[i]
		}
		for i := range all {
			s := &all[i]
			row := at[keyOf(s)]
			if row == nil {
				covered := slices.ContainsFunc(all, func(o Sighting) bool {
					return o.Where == File && o.Blob != "" && o.Blob == s.Blob && o.AccessKeyID == s.AccessKeyID && slices.Equal(o.Inside, s.Inside)
				})
				if !covered {
					t.Fatalf("no row for %+v", s)
				}
				continue
			}
			if s.Where == File && (s.SecretNearby && !row.SecretNearby || rank(confidences, s.Confidence) < rank(confidences, row.Confidence)) {
				t.Fatalf("the row %+v forgot of %+v", row, s)
			}
		}
	})
}
