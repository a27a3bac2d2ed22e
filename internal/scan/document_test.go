package scan

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

var update = flag.Bool("update", false, "write the golden files anew")

// mask hides all but the ends, as the command does.
func mask(id string) string { return id[:4] + "…" + id[len(id)-4:] }

// schema is the outside contract of keysweep/scan/v1, word by word.
func schema(t interface{ Fatal(...any) }) *jsonschema.Schema {
	file, err := os.ReadFile("testdata/scan-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("scan.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scan.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, s *jsonschema.Schema, got []byte,
) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
}

// sample is a scan with a row of each status, one that is accepted and one place that was not read.
func sample(t *testing.T) *Result {
	secret := sighting(activeID, prod)
	secret.SecretNearby, secret.Encoding = true, "base64"
	layer := sighting(inactiveID, prod)
	layer.Path, layer.Inside, layer.Line = "image.tar", []string{"layer.tar", "app/" + inactiveID + ".json"}, 1
	old := sighting(oldID, "")
	old.Where, old.Path, old.Line, old.Commit, old.Blob = Message, "", 4, strings.Repeat("c", 40), strings.Repeat("d", 40)
	name := sighting(goneID, prod)
	name.Where, name.Path, name.Line, name.Commit = Name, "keys/"+strings.ToLower(goneID)+"-"+prod+".csv", 0, strings.Repeat("c", 40)
	accepted := sighting("AKIA6RVFFB77RE7OLMKI", foreign)
	accepted.Path = "docs/how.md"
	return Join(Input{
		Sightings: []Sighting{old, name, layer, accepted, secret}, NotScanned: []NotScanned{{"big.zip", "more than 50,000 entries of " + activeID}},
		Accounts: []*inventory.Account{audited(prod)}, Now: now, Ignore: parse(t, "* path=docs/* until=2026-12-31 reason=an example of a customer"),
	})
}

func TestDocument(t *testing.T) {
	s := schema(t)
	for name, doc := range map[string]*Document{
		"scan.json": sample(t).Shown(nil, nil), "scan-masked.json": sample(t).Shown(nil, mask),
		"scan-redacted.json": sample(t).Shown(checks.Redacted(), nil), "scan-empty.json": Join(Input{Now: now}).Shown(nil, nil),
	} {
		got := doc.JSON()
		valid(t, s, got)
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// The schema is strict: what it does not know, it refuses.
func TestSchemaIsStrict(t *testing.T) {
	s := schema(t)
	got := string(sample(t).Shown(nil, nil).JSON())
	for _, change := range [][2]string{
		{`"complete"`, `"done"`},
		{`"access_key_id"`, `"access_key"`},
		{`"status":"active"`, `"status":"deleted"`},
		{`"where":"message"`, `"where":"commits"`},
		{`"not_scanned"`, `"skipped"`},
		{`"reason":"more`, `"why":"more`},
		{`"line":4`, `"line":-4`},
		{`"secret_nearby":true`, `"secret":"x","secret_nearby":true`},
	} {
		if !strings.Contains(got, change[0]) {
			t.Fatalf("no %s in %s", change[0], got)
		}
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(got, change[0], change[1], 1)))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(doc) == nil {
			t.Errorf("the schema takes %s for %s", change[1], change[0])
		}
	}
}

// The fingerprint holds to id and path, whatever else changes.
func TestFingerprint(t *testing.T) {
	a := sighting(activeID, prod)
	b := a
	b.Line, b.Encoding, b.Inside, b.SecretNearby = 99, "hex", []string{"x"}, true
	other := a
	other.Path = "elsewhere.env"
	print := func(s Sighting) string {
		return Join(Input{Sightings: []Sighting{s}, Now: now}).Shown(nil, nil).Leaks[0].Fingerprint
	}
	if print(a) != print(b) || print(a) == print(other) || len(print(a)) != 64 {
		t.Errorf("%s, %s, %s", print(a), print(b), print(other))
	}
	r := Join(Input{Sightings: []Sighting{a}, Now: now})
	if masked := r.Shown(nil, mask).Leaks[0]; masked.Fingerprint != print(a) || masked.IgnoreKey == "" {
		t.Errorf("masked: %+v", masked)
	}
	if hidden := r.Shown(checks.Redacted(), mask).Leaks[0]; hidden.Fingerprint == print(a) || hidden.IgnoreKey != "" {
		t.Errorf("redacted: %+v", hidden)
	}
}

// Names of API keys hold a user and an account.
func TestShownAPIKey(t *testing.T) {
	s := sighting("BedrockAPIKey-x7p2-at-"+prod, prod)
	s.Path = s.AccessKeyID + "/BedrockAPIKey-x7p2.txt"
	r := Join(Input{Sightings: []Sighting{s}, Accounts: []*inventory.Account{audited(prod)}, Now: now})
	row := r.Shown(checks.Redacted(), nil).Leaks[0]
	if !regexp.MustCompile(`^user-[0-9a-f]{8}-at-account-[0-9a-f]{5}$`).MatchString(row.AccessKeyID) || strings.Contains(row.Path, "Bedrock") || strings.Contains(row.Path, prod) {
		t.Errorf("%+v", row)
	}
	if row := r.Shown(nil, mask).Leaks[0]; row.AccessKeyID != "Bedr…3333" || strings.Contains(row.Path, "at-"+prod) {
		t.Errorf("%+v", row)
	}
}

// Whatever is found wherever: masked, no id is left; redacted, no account and user either. The
// document is valid and counts the same.
func TestNothingHiddenIsShown(t *testing.T) {
	s := schema(t)
	ids := []string{activeID, inactiveID, goneID, oldID, "AKIA6RVFFB77RE7OLMKI"}
	rapid.Check(t, func(t *rapid.T) {
		r := Join(Input{
			Sightings: drawSightings(t), Accounts: []*inventory.Account{audited(prod), audited(dev)}, Now: now,
			NotScanned: []NotScanned{{"x/" + activeID, prod}},
		})
		open, masked, hidden := r.Shown(nil, nil), r.Shown(nil, mask), r.Shown(checks.Redacted(), mask)
		for _, d := range []*Document{open, masked, hidden} {
			valid(t, s, d.JSON())
			if len(d.Leaks) != len(open.Leaks) || d.Complete || d.Counts.Keys != open.Counts.Keys {
				t.Fatalf("%d rows, %d", len(d.Leaks), len(open.Leaks))
			}
		}
		// Only ids that were found are known to be ids: an entry that was not read may name another.
		found := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			return !slices.ContainsFunc(r.Leaks, func(l Leak) bool { return l.AccessKeyID == id })
		})
		all := func(d *Document) string {
			out, err := json.Marshal([]any{json.RawMessage(d.JSON()), d.Warnings})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range append(d.Leaks, d.Accepted...) {
				out = append(out, row.Why+row.Owner...)
			}
			return strings.ToUpper(string(out))
		}
		for _, id := range found {
			if strings.Contains(all(masked), id) || strings.Contains(all(hidden), id) {
				t.Fatalf("%s is shown:\n%s\n%s", id, all(masked), all(hidden))
			}
		}
		for _, name := range []string{prod, dev, foreign, "NAME-1111", "TAG-OWNER"} {
			if strings.Contains(all(hidden), name) {
				t.Fatalf("%s is shown:\n%s", name, all(hidden))
			}
		}
		for _, row := range hidden.Leaks {
			if strings.HasPrefix(row.Inventory.User, "ci") || row.Inventory.User != "" && strings.Contains(row.Path+strings.Join(row.Inside, ""), "ci-deploy") {
				t.Fatalf("the user is shown: %+v", row)
			}
		}
	})
}

func TestLegible(t *testing.T) {
	for in, want := range map[string]string{"": "", "ä\ufffd": "ä\ufffd", "a\xffb\xc3": `a\xffb\xc3`} {
		if got := legible(in); got != want {
			t.Errorf("legible(%q) = %q, want %q", in, got, want)
		}
	}
}
