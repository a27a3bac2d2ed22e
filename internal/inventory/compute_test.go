package inventory

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func computed(change func(*Resource)) *Account {
	r := Resource{
		ARN: "arn:aws:lambda:eu-west-1:111122223333:function:x", Service: "lambda", Region: "eu-west-1",
		Keys: []ComputeKey{{KeyID: "AKIAQX4WJ2KEAEXAMPLE", Variable: "B", Where: InEnvironment}, {KeyID: "AKIAQX4WJ2KEAEXAMPLE", Variable: "A", Where: InEnvironment}},
	}
	change(&r)
	return &Account{
		Schema: Schema, ID: "111122223333", Partition: "aws", Status: Audited, CollectedAt: time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC),
		Compute: &Compute{Regions: []string{"us-east-1", "eu-west-1"}, Resources: []Resource{r}},
	}
}

// A file may hold only what AWS could have said: names of it go into commands.
func TestComputeOfAFile(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Resource)
		want   string // of the error; empty: none
	}{
		{"as it is", func(*Resource) {}, ""},
		{"no ARN", func(r *Resource) { r.ARN = "x" }, "is not the ARN of a resource"},
		{"another account", func(r *Resource) { r.ARN = strings.Replace(r.ARN, "1111", "9999", 1) }, "is not the ARN of a resource"},
		{"another partition", func(r *Resource) { r.ARN = strings.Replace(r.ARN, "aws", "aws-cn", 1) }, "is not the ARN of a resource"},
		{"another region", func(r *Resource) { r.Region = "us-east-1" }, "is not the ARN of a resource"},
		{"two lines", func(r *Resource) { r.ARN += "\nx" }, "is not the ARN of a resource"},
		{"a service that is none", func(r *Resource) { r.Service = "La mbda" }, "are none"},
		{"an id that is none", func(r *Resource) { r.Keys[0].KeyID = "$(id)" }, "is no id of AWS"},
		{"a place that is none", func(r *Resource) { r.Keys[0].Where = "" }, "is none"},
		{"fewer than no instances", func(r *Resource) { r.Running = -1 }, "it is -1"},
	} {
		data, err := Encode(computed(tt.change))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Decode("f.json", data)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// The same facts give the same bytes, and the account that is encoded is not changed.
func TestComputeIsSorted(t *testing.T) {
	a := computed(func(*Resource) {})
	before := computed(func(*Resource) {})
	data, err := Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, a); diff != "" {
		t.Errorf("the account changed:\n%s", diff)
	}
	got, err := Decode("f.json", data)
	if err != nil {
		t.Fatal(err)
	}
	if v := got.Compute.Resources[0].Keys[0].Variable; v != "A" || got.Compute.Regions[0] != "eu-west-1" {
		t.Errorf("not sorted: %+v", got.Compute)
	}
}

// An inventory from before compute was read knows nothing of it, and that is no fault.
func TestComputeNotRead(t *testing.T) {
	a := computed(func(*Resource) {})
	a.Compute = nil
	for _, f := range []Fact{FactComputeKeys, FactInstances} {
		m, missing := a.Lacks(f, "", "")
		if !missing || !m.Offline {
			t.Errorf("%s: %+v, %v", f, m, missing)
		}
		if _, missing := a.LacksAt(f, "lambda", "eu-west-1"); !missing {
			t.Errorf("%s is not missing in a region", f)
		}
	}
}
