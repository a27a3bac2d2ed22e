package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestEncodeEmpty(t *testing.T) {
	got, err := Encode(&Account{ID: "111122223333", Partition: "aws", Status: Audited, CollectedAt: collected, Users: []User{{
		Name: "jane", ARN: "arn:aws:iam::111122223333:user/jane",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "schema": "keysweep/inventory/v1",
  "id": "111122223333",
  "name": "",
  "partition": "aws",
  "status": "audited",
  "missing": [],
  "collected_at": "2026-11-24T07:06:55Z",
  "rechecked": 0,
  "root": {
    "arn": "",
    "has_password": false,
    "has_mfa": false,
    "has_keys": false,
    "keys": [],
    "has_certificates": false,
    "events": []
  },
  "users": [
    {
      "name": "jane",
      "arn": "arn:aws:iam::111122223333:user/jane",
      "created": "0001-01-01T00:00:00Z",
      "password": {
        "enabled": false
      },
      "mfa": false,
      "keys": []
    }
  ]
}
`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func drawTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" is zero") {
		return time.Time{}
	}
	zone := time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, label+" zone")*3600)
	return time.Unix(rapid.Int64Range(1e9, 2e9).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label+" fraction")).In(zone)
}

func drawList[T any](t *rapid.T, label string, draw func(t *rapid.T, n int) T) []T {
	var out []T
	for n := range rapid.IntRange(0, 3).Draw(t, label) {
		out = append(out, draw(t, n))
	}
	return out
}

// ids gives ids that are unique in one account.
type ids struct{ next int }

func (i *ids) draw(t *rapid.T, prefix string) string {
	i.next++
	digits := strings.Repeat("A", 16) + strings.Repeat("B", i.next)
	return rapid.SampledFrom([]string{"", prefix + digits}).Draw(t, "id")
}

func drawAccount(t *rapid.T) *Account {
	var id ids
	text := rapid.String()
	key := func(t *rapid.T, n int) AccessKey {
		return AccessKey{
			ID: id.draw(t, "AKIA"), Slot: n % 3, Active: rapid.Bool().Draw(t, "active"), Created: drawTime(t, "created"),
			LastUsed: drawTime(t, "used"), LastUsedService: text.Draw(t, "service"), Live: rapid.Bool().Draw(t, "live"),
		}
	}
	a := &Account{
		Schema: Schema, ID: rapid.StringMatching(`[0-9]{12}`).Draw(t, "account"), Name: text.Draw(t, "name"),
		Partition: rapid.SampledFrom([]string{"aws", "aws-cn", "aws-us-gov"}).Draw(t, "partition"),
		Status:    rapid.SampledFrom([]Status{Audited, Partial, Failed, Skipped}).Draw(t, "status"), Cause: text.Draw(t, "cause"),
		CollectedAt: time.Unix(1_790_000_000, 5).In(time.FixedZone("", 3600)), ReportGeneratedAt: drawTime(t, "report"),
		Rechecked: rapid.IntRange(0, 9).Draw(t, "rechecked"), ReportOnly: rapid.Bool().Draw(t, "report only"),
		Missing: drawList(t, "missing", func(t *rapid.T, _ int) Missing {
			return Missing{Fact: FactMFA, User: text.Draw(t, "user"), Cause: text.Draw(t, "cause"), Offline: rapid.Bool().Draw(t, "offline")}
		}),
	}
	a.Root = Root{
		Created: drawTime(t, "created"), HasPassword: rapid.Bool().Draw(t, "password"), PasswordLastUsed: drawTime(t, "used"),
		Keys: drawList(t, "root keys", key),
		Events: drawList(t, "events", func(t *rapid.T, _ int) RootEvent {
			return RootEvent{Time: drawTime(t, "time"), Name: text.Draw(t, "name"), Agent: text.Draw(t, "agent")}
		}),
	}
	a.Leaks = drawLeaks(t)
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z0-9+=,.@_-]{1,8}`), 0, 4, rapid.ID).Draw(t, "users")
	for _, name := range names {
		a.Users = append(a.Users, drawUser(t, a, name, &id, key))
	}
	return a
}

func drawLeaks(t *rapid.T) *Leaks {
	if rapid.Bool().Draw(t, "never scanned") {
		return nil
	}
	text := rapid.String()
	return &Leaks{ScannedAt: time.Unix(1_790_000_000, 7).In(time.FixedZone("", 3600)), Found: drawList(t, "leaks", func(t *rapid.T, n int) Leak {
		return Leak{
			KeyID: strings.Repeat("L", 16+rapid.IntRange(0, 1).Draw(t, "key")), Where: rapid.SampledFrom([]string{"file", "commit", "name"}).Draw(t, "where"),
			Path: text.Draw(t, "path"), Line: n, Inside: rapid.SliceOfN(text, 0, 2).Draw(t, "inside"), SecretNearby: rapid.Bool().Draw(t, "secret"),
		}
	})}
}

func drawCalled(t *rapid.T) []ServiceUse {
	services := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z0-9-]{0,9}`), 0, 3, rapid.ID).Draw(t, "called")
	var out []ServiceUse
	for _, s := range services {
		out = append(out, ServiceUse{
			Service: s, Last: time.Unix(rapid.Int64Range(1e9, 2e9).Draw(t, "last"), 0).In(time.FixedZone("", 3600)),
			Region:  rapid.SampledFrom([]string{"", "eu-central-1"}).Draw(t, "region"),
			Actions: rapid.SliceOfN(rapid.StringMatching(`[A-Z][a-zA-Z0-9]{0,9}`), 0, 3).Draw(t, "actions"),
		})
	}
	return out
}

func drawUser(t *rapid.T, a *Account, name string, id *ids, key func(*rapid.T, int) AccessKey) User {
	text := rapid.String()
	return User{
		Name: name, ARN: "arn:" + a.Partition + ":iam::" + a.ID + ":user/x/" + name, Path: "/x/", ID: id.draw(t, "AIDA"), Created: drawTime(t, "created"),
		Tags:     rapid.MapOfN(text, text, 0, 2).Draw(t, "tags"),
		Groups:   rapid.SliceOfN(text, 0, 3).Draw(t, "groups"),
		Password: Password{Enabled: rapid.Bool().Draw(t, "password"), Set: drawTime(t, "set"), LastUsed: drawTime(t, "used")},
		MFA:      rapid.Bool().Draw(t, "mfa"), Keys: drawList(t, "keys", key), Administrator: text.Draw(t, "administrator"),
		Policies: drawList(t, "policies", func(t *rapid.T, _ int) UserPolicy {
			return UserPolicy{Name: text.Draw(t, "policy"), Via: text.Draw(t, "via")}
		}),
		Called: drawCalled(t),
		Certificates: drawList(t, "certificates", func(t *rapid.T, n int) Certificate {
			return Certificate{ID: id.draw(t, "CERT"), Slot: n, Active: rapid.Bool().Draw(t, "active"), Set: drawTime(t, "set")}
		}),
		SSHKeys: drawList(t, "ssh", func(t *rapid.T, _ int) SSHKey {
			return SSHKey{ID: id.draw(t, "APKA"), Uploaded: drawTime(t, "uploaded")}
		}),
		Services: drawList(t, "services", func(t *rapid.T, _ int) ServiceCredential {
			return ServiceCredential{ID: id.draw(t, "ACCA"), Created: drawTime(t, "created"), Expires: drawTime(t, "expires")}
		}),
	}
}

func TestDecodeUndoesEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAccount(t)
		doc, err := Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode("a.json", doc)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a.canonical(), got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-saved +read):\n%s", d)
		}
		plain, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(leaves(t, plain), leaves(t, doc)); d != "" {
			t.Fatalf("encoding lost or changed a fact (-fact +saved):\n%s", d)
		}
		again, err := Encode(got)
		if err != nil || !bytes.Equal(doc, again) {
			t.Fatalf("encoding what was read gives other bytes (%v):\n%s", err, cmp.Diff(string(doc), string(again)))
		}
	})
}

// leaves are all single values in a JSON text with the names that lead to them, in an order
// of their own, times in UTC.
func leaves(t *rapid.T, doc []byte) []string {
	var tree any
	if err := json.Unmarshal(doc, &tree); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				walk(path+"."+k, e)
			}
		case []any:
			for _, e := range v {
				walk(path+"[]", e)
			}
		case nil:
		case string:
			if when, err := time.Parse(time.RFC3339, v); err == nil {
				v = when.UTC().Format(time.RFC3339Nano)
			}
			out = append(out, path+" = "+v)
		default:
			out = append(out, fmt.Sprintf("%s = %v", path, v))
		}
	}
	walk("", tree)
	slices.Sort(out)
	return out
}

// The order in which facts came never shows in a saved inventory.
func TestEncodeIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAccount(t)
		// Things without an id that are made at one time are told apart by nothing.
		for i := range a.Users {
			for j := range a.Users[i].Keys {
				a.Users[i].Keys[j].ID = strings.Repeat("K", 16+j)
			}
		}
		a.Root.Keys, a.Missing = nil, nil
		b := a.canonical()
		slices.Reverse(b.Users)
		slices.Reverse(b.Root.Events)
		if b.Leaks != nil {
			slices.Reverse(b.Leaks.Found)
		}
		for i := range b.Users {
			slices.Reverse(b.Users[i].Keys)
			slices.Reverse(b.Users[i].Groups)
			slices.Reverse(b.Users[i].Policies)
		}
		before := len(a.Users)
		x, errX := Encode(a)
		y, errY := Encode(b)
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			t.Fatalf("%v, %v:\n%s", errX, errY, cmp.Diff(string(x), string(y)))
		}
		if len(a.Users) != before {
			t.Fatal("encoding changed the account")
		}
	})
}

func TestEncodeLeavesTheAccountAlone(t *testing.T) {
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))
	a := &Account{ID: "111122223333", Users: []User{
		{Name: "b", Groups: []string{"z", "a"}, Keys: []AccessKey{{ID: "2", Created: made}, {ID: "1", Created: made}}},
		{Name: "a", Services: []ServiceCredential{{ID: "2", Created: made}, {ID: "1"}}},
	}}
	if _, err := Encode(a); err != nil {
		t.Fatal(err)
	}
	if a.Users[0].Name != "b" || a.Users[0].Groups[0] != "z" || a.Users[0].Keys[0].ID != "2" ||
		a.Users[1].Services[0].ID != "2" || a.Users[1].Services[0].Created.Location() == time.UTC || a.Schema != "" {
		t.Errorf("changed to %+v", a)
	}
}

const goodInventory = `{
  "schema": "keysweep/inventory/v1",
  "id": "111122223333",
  "partition": "aws",
  "status": "audited",
  "collected_at": "2026-11-24T07:06:55Z",
  "root": {"arn": "arn:aws:iam::111122223333:root"},
  "users": [
    {"name": "jane", "arn": "arn:aws:iam::111122223333:user/jane", "id": "AIDAAAAAAAAAAAAAAAAA", "created": "2024-05-06T07:08:09Z",
     "tags": {"created": "long ago"},
     "keys": [{"id": "AKIAAAAAAAAAAAAAAAAA", "slot": 1, "created": "2024-05-06T07:08:09Z"}],
     "ssh_keys": [{"id": "APKAAAAAAAAAAAAAAAAA", "uploaded": "2024-05-06T07:08:09Z"}],
     "certificates": [{"id": "CERTAAAAAAAAAAAAAAAA"}],
     "service_credentials": [{"id": "ACCAAAAAAAAAAAAAAAAA"}]},
    {"name": "kim", "arn": "arn:aws:iam::111122223333:user/kim"}
  ]
}`

func TestDecodeFaults(t *testing.T) {
	if _, err := Decode("good.json", []byte("\ufeff"+goodInventory)); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ old, new, want string }{
		{goodInventory, "", "line 1: it is no JSON (unexpected end of JSON input)"},
		{goodInventory, "[]", "line 1: the document: what stands there is of the wrong kind (array)"},
		{goodInventory, "{}", `schema: it is "", this program reads "keysweep/inventory/v1"`},
		{`"status": "audited",`, `"status": "audited"`, `line 6: it is no JSON (invalid character '"' after object key:value pair)`},
		{"}\n  ]\n}", "}\n  ]\n}\n{}", "line 18: it is no JSON (invalid character '{' after top-level value)"},
		{"keysweep/inventory/v1", "keysweep/inventory/v2", `schema: it is "keysweep/inventory/v2", this program reads "keysweep/inventory/v1"`},
		{"keysweep/inventory/v1", "keysweep/findings/v1", `schema: it is "keysweep/findings/v1", this program reads "keysweep/inventory/v1"`},
		{`"id": "111122223333"`, `"id": "11112222333"`, `id: "11112222333" is not 12 digits`},
		{`"id": "111122223333"`, `"id": 111122223333`, `line 3: id: what stands there is of the wrong kind (number)`},
		{`"partition": "aws"`, `"partition": "aws; rm"`, `partition: "aws; rm" is none`},
		{`"audited"`, `"fine"`, `status: "fine" is none of audited, partial, failed, skipped`},
		{`"collected_at": "2026-11-24T07:06:55Z"`, `"collected_at": "yesterday"`, `collected_at: "yesterday" is no time such as 2026-09-11T13:14:52Z`},
		{`"collected_at": "2026-11-24T07:06:55Z",`, ``, `collected_at: it is missing, so that nobody knows how old the facts are`},
		{`"slot": 1, "created": "2024-05-06T07:08:09Z"`, `"slot": 1, "created": "2024-05-06"`, `users[0].keys[0].created: "2024-05-06" is no time such as 2026-09-11T13:14:52Z`},
		{`"slot": 1`, `"slot": 3`, `users[0].keys[0].slot: it is 3, a report has slots 1 and 2`},
		{`"slot": 1`, `"slot": "one"`, `line 11: users.keys.slot: what stands there is of the wrong kind (string)`},
		{"AKIAAAAAAAAAAAAAAAAA", "AKIA; rm -rf", `users[0].keys[0].id: "AKIA; rm -rf" is no id of AWS`},
		{"AKIAAAAAAAAAAAAAAAAA", "AIDAAAAAAAAAAAAAAAAA", `users[0].keys[0].id: "AIDAAAAAAAAAAAAAAAAA" stands at users[0].id already`},
		{"APKAAAAAAAAAAAAAAAAA", "APKA", `users[0].ssh_keys[0].id: "APKA" is no id of AWS`},
		{"ACCAAAAAAAAAAAAAAAAA", "AC CA", `users[0].service_credentials[0].id: "AC CA" is no id of AWS`},
		{"CERTAAAAAAAAAAAAAAAA", "APKAAAAAAAAAAAAAAAAA", `users[0].certificates[0].id: "APKAAAAAAAAAAAAAAAAA" stands at users[0].ssh_keys[0].id already`},
		{"AIDAAAAAAAAAAAAAAAAA", "AIDA-AAAAAAAAAAAAAAA", `users[0].id: "AIDA-AAAAAAAAAAAAAAA" is no id of AWS`},
		{`"name": "jane"`, `"name": "$(jane)"`, `users[0].name: "$(jane)" is not a name that an IAM user can have`},
		{`"name": "kim", "arn": "arn:aws:iam::111122223333:user/kim"`, `"name": "jane", "arn": "arn:aws:iam::111122223333:user/jane"`, `users[1].name: "user jane" stands at users[0].name already`},
		{"user/kim", "user/lee", `users[1].arn: "arn:aws:iam::111122223333:user/lee" is not the ARN of user "kim" in account 111122223333`},
		{"arn:aws:iam::111122223333:user/kim", "arn:aws:iam::444455556666:user/kim", `users[1].arn: "arn:aws:iam::444455556666:user/kim" is not the ARN of user "kim" in account 111122223333`},
		{"arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root", `root.arn: "arn:aws:iam::444455556666:root" is not the ARN of root in account 111122223333`},
		{`"tags"`, `"called": [{"service": "S3", "last": "2026-11-20T07:06:55Z"}], "tags"`, `users[0].called[0].service: "S3" is no service as policies name them`},
		{`"tags"`, `"called": [{"service": "s3"}], "tags"`, `users[0].called[0].last: it is missing`},
		{`"tags"`, `"called": [{"service": "s3", "last": "2026"}], "tags"`, `users[0].called[0].last: "2026" is no time such as 2026-09-11T13:14:52Z`},
		{`"tags"`, `"called": [{"service": "s3", "last": "2026-11-20T07:06:55Z", "region": "@eu"}], "tags"`, `users[0].called[0].region: "@eu" is no region`},
		{`"tags"`, `"called": [{"service": "s3", "last": "2026-11-20T07:06:55Z"}, {"service": "s3", "last": "2026-11-20T07:06:55Z"}], "tags"`, `users[0].called[1].service: "s3" stands there twice`},
		{`"tags"`, `"called": [{"service": "s3", "last": "2026-11-20T07:06:55Z", "actions": ["Get", "*"]}], "tags"`, `users[0].called[0].actions[1]: "*" is no name of an action`},
		{`"root": {`, `"missing": [{"cause": "x"}], "root": {`, `missing[0].fact: it is empty`},
	}
	for _, tt := range tests {
		if !strings.Contains(goodInventory, tt.old) {
			t.Fatalf("the inventory has no %q", tt.old)
		}
		_, err := Decode("a.json", []byte(strings.Replace(goodInventory, tt.old, tt.new, 1)))
		want := `inventory "a.json": ` + tt.want + ": save it again with keysweep audit"
		if err == nil || err.Error() != want {
			t.Errorf("%q for %q:\n got %v\nwant %s", tt.new, clip(tt.old), err, want)
		}
	}
}

// What a newer program adds to the schema is left out, not refused.
func TestDecodeTakesNewFields(t *testing.T) {
	text := strings.Replace(goodInventory, `"status"`, `"seen_from": [{"by": "lambda"}], "status"`, 1)
	if _, err := Decode("a.json", []byte(text)); err != nil {
		t.Error(err)
	}
}

// An account of which nothing is known may lack what comes with facts.
func TestDecodeFailedAccount(t *testing.T) {
	for _, status := range []string{"failed", "skipped"} {
		a, err := Decode("a.json", []byte(`{"schema": "keysweep/inventory/v1", "id": "111122223333", "status": "`+status+`", "cause": "not active"}`))
		if err != nil || a.Missing == nil || a.Users == nil {
			t.Errorf("%s: %+v, %v", status, a, err)
		}
	}
}

// timeFields must name every time in the document, or a bad one has no place in its error.
func TestTimeFieldsAreAll(t *testing.T) {
	found := map[string]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer:
			walk(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				f := typ.Field(i)
				if f.Type == reflect.TypeFor[time.Time]() {
					name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
					found[name] = true
				} else {
					walk(f.Type)
				}
			}
		}
	}
	walk(reflect.TypeFor[Account]())
	want := map[string]bool{}
	for _, name := range timeFields {
		want[name] = true
	}
	if d := cmp.Diff(want, found); d != "" {
		t.Errorf("(-timeFields +document):\n%s", d)
	}
}

// calledDocument is the good inventory with a service that jane called.
func calledDocument(service string) []byte {
	return []byte(strings.Replace(goodInventory, `"tags"`, `"called": [`+service+`], "tags"`, 1))
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(goodInventory))
	f.Add([]byte(strings.Replace(goodInventory, "2026-11-24T07:06:55Z", "2026-11-24", 1)))
	f.Add([]byte(`{"schema": "keysweep/inventory/v1", "id": "111122223333", "status": "failed"}`))
	f.Add([]byte(`{"users": [{"keys": 1}]}`))
	f.Add(calledDocument(`{"service": "s3", "last": "2026-11-20T07:06:55Z", "region": "eu-central-1", "actions": ["ListBucket"]}`))
	f.Add(calledDocument(`{"service": "S3\n@all"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := Decode("a.json", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), `inventory "a.json": `) {
				t.Fatalf("the error does not name the file: %v", err)
			}
			return
		}
		doc, err := Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode("a.json", doc)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, again, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-saved +read):\n%s", d)
		}
	})
}
