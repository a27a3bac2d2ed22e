package checks

import (
	"testing"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// A resource that no list holds is gone where its service was read in its region; of one whose place the issue does
// not say, and of one whose service has no name there, nobody knows.
func TestGoneResourceByItsPlace(t *testing.T) {
	a := &inventory.Account{
		ID: "111122223333", Status: inventory.Audited, CollectedAt: now,
		Compute: &inventory.Compute{Regions: []string{"eu-west-1"}, Off: []string{"ssm"}, Nameless: []string{"amplify/eu-west-1"}},
	}
	for place, want := range map[string]string{
		"lambda/eu-west-1": StateAbsent, "lambda/us-east-1": StateNotAssessed, "ssm/eu-west-1": StateNotAssessed,
		"amplify/eu-west-1": StateNotAssessed, "amplify": StateNotAssessed, "": StateNotAssessed,
	} {
		q := Asked{ID: "x", Subject: idStaticKeyInCompute, Check: idStaticKeyInCompute, Place: place}
		if v := Absences(a, policy.Default(), now, []Asked{q})["x"]; v.State != want {
			t.Errorf("%q: %+v, want %s", place, v, want)
		}
	}
}
