package checks

import (
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

const functionARN = "arn:aws:lambda:eu-west-1:111122223333:function:resize"

// computeIn is an account whose compute was read in one region.
func computeIn(resources ...inventory.Resource) *inventory.Account {
	return &inventory.Account{
		ID: "111122223333", Partition: "aws", Status: inventory.Audited, CollectedAt: now,
		Compute: &inventory.Compute{Regions: []string{"eu-west-1"}, Resources: resources},
	}
}

// An issue about a resource closes when its service was read in its region, whatever became of others.
func TestAbsenceOfAResource(t *testing.T) {
	asked := Asked{
		ID:      FindingID("aws", "111122223333", "", functionARN, idStaticKeyInCompute),
		Subject: idStaticKeyInCompute, Check: idStaticKeyInCompute, Place: "lambda/eu-west-1",
	}
	missing := func(service, region string) *inventory.Account {
		a := computeIn()
		a.Missing = []inventory.Missing{{Fact: inventory.FactComputeKeys, Service: service, Region: region, Action: "lambda:ListFunctions", Cause: "refused"}}
		return a
	}
	noCompute := computeIn()
	noCompute.Compute = nil
	otherRegions := computeIn()
	otherRegions.Compute.Regions = []string{"us-east-1"}
	elsewhere := asked
	elsewhere.Place = ""
	for _, tt := range []struct {
		name    string
		account *inventory.Account
		asked   Asked
		want    string
	}{
		{"all was read", computeIn(), asked, StateAbsent},
		{"another region was refused", missing("lambda", "us-east-1"), asked, StateAbsent},
		{"another service was refused", missing("ecs", ""), asked, StateAbsent},
		{"its region was refused", missing("lambda", "eu-west-1"), asked, StateNotAssessed},
		{"its service was refused everywhere", missing("lambda", ""), asked, StateNotAssessed},
		{"its region is not read any more", otherRegions, asked, StateNotAssessed},
		{"no compute was read", noCompute, asked, StateNotAssessed},
		{"where it was is not known, and something was refused", missing("ecs", "us-east-1"), elsewhere, StateNotAssessed},
	} {
		v := Absences(tt.account, policy.Default(), now, []Asked{tt.asked})[tt.asked.ID]
		if v.State != tt.want {
			t.Errorf("%s: %+v, want %s", tt.name, v, tt.want)
		}
		if v.State == StateAbsent && !strings.Contains(v.Proof, "no access key stands in the configuration") {
			t.Errorf("%s: the proof is %q", tt.name, v.Proof)
		}
	}
}

// A resource that is still there and holds no key any more is proof only where it was read.
func TestResourceWithoutItsKey(t *testing.T) {
	instance := inventory.Resource{ARN: "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", Service: "ec2", Region: "eu-west-1", Running: 1}
	asked := Asked{
		ID:      FindingID("aws", "111122223333", "", instance.ARN, idStaticKeyInCompute),
		Subject: idStaticKeyInCompute, Check: idStaticKeyInCompute, Place: "ec2/eu-west-1",
	}
	a := computeIn(instance)
	if v := Absences(a, policy.Default(), now, []Asked{asked})[asked.ID]; v.State != StateAbsent {
		t.Errorf("%+v", v)
	}
	a.Missing = []inventory.Missing{{Fact: inventory.FactComputeKeys, Service: "ec2", Region: "eu-west-1", Cause: "refused"}}
	if v := Absences(a, policy.Default(), now, []Asked{asked})[asked.ID]; v.State != StateNotAssessed {
		t.Errorf("%+v", v)
	}
}

// A key of another account is named with its user there; hidden, neither is.
func TestKeyOfAnotherAccount(t *testing.T) {
	const id = "AKIAQX4WJ2KEAEXAMPLE"
	owner := &inventory.Account{ID: "444455556666", Name: "data", Partition: "aws", Status: inventory.Audited, CollectedAt: now, Users: []inventory.User{{
		Name: "loader", ARN: "arn:aws:iam::444455556666:user/loader", ID: "AIDAQX4WJ2KEEXAMPLE01", Created: now.AddDate(-1, 0, 0),
		Keys: []inventory.AccessKey{{ID: id, Active: true, Created: now.AddDate(0, -1, 0), LastUsed: now.Add(-time.Hour)}},
	}}}
	holder := computeIn(inventory.Resource{ARN: functionARN, Service: "lambda", Region: "eu-west-1", Keys: []inventory.ComputeKey{{KeyID: id, Variable: "KEY", Where: inventory.InEnvironment}}})
	keys := KeysOf([]*inventory.Account{owner, holder})
	found := Evaluate(holder, policy.Default(), Options{Now: now, Keys: keys})
	if len(found) != 1 || found[0].User != "loader" || found[0].KeyID != id || !strings.Contains(found[0].Evidence.Notes[1], "account data (444455556666)") {
		t.Fatalf("%+v", found)
	}
	if f := Evaluate(holder, policy.Default(), Options{Now: now}); len(f) != 1 || f[0].User != "" || f[0].ID != found[0].ID {
		t.Errorf("without the other account: %+v", f)
	}
	hidden := Evaluate(holder, policy.Default(), Options{Now: now, Keys: keys, Display: Redacted()})
	for _, word := range []string{"loader", "444455556666", "111122223333", "resize", id, "data ("} {
		if text := render(hidden[0]) + hidden[0].Resource + hidden[0].User + hidden[0].KeyID; strings.Contains(text, word) {
			t.Errorf("%q is not hidden:\n%s", word, text)
		}
	}
}

// A key that stands in compute of another account is not one that can go now.
func TestUnusedKeyInCompute(t *testing.T) {
	const id = "AKIAQX4WJ2KEAEXAMPLE"
	owner := &inventory.Account{ID: "444455556666", Name: "data", Partition: "aws", Status: inventory.Audited, CollectedAt: now, Users: []inventory.User{{
		Name: "loader", ARN: "arn:aws:iam::444455556666:user/loader", ID: "AIDAQX4WJ2KEEXAMPLE01", Created: now.AddDate(-1, 0, 0),
		Keys: []inventory.AccessKey{{ID: id, Active: true, Created: now.AddDate(-1, 0, 0)}},
	}}}
	holder := computeIn(inventory.Resource{ARN: functionARN, Service: "lambda", Region: "eu-west-1", Keys: []inventory.ComputeKey{{KeyID: id, Where: inventory.InEnvironment}}})
	o := Options{Now: now, Keys: KeysOf([]*inventory.Account{owner, holder})}
	found := Evaluate(owner, policy.Default(), o)
	if len(found) != 1 || found[0].Removal != RemovalAfterMigration || !strings.Contains(strings.Join(found[0].Evidence.Notes, " "), "It stands in Lambda function `resize` in eu-west-1") {
		t.Errorf("%+v", found)
	}
	o.Display = Redacted()
	hidden := Evaluate(owner, policy.Default(), o)
	if text := render(hidden[0]); strings.Contains(text, "resize") || strings.Contains(text, "111122223333") || !strings.Contains(text, "It stands in Lambda function") {
		t.Errorf("hidden:\n%s", text)
	}
}
