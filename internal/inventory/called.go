package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ServiceUse is a service that a user has called, by IAM's last-accessed details: with any of its
// keys or its password, and whether the call was allowed or not.
type ServiceUse struct {
	Service string    `json:"service"` // as policies name it: s3
	Last    time.Time `json:"last"`
	Region  string    `json:"region,omitempty"`
	// Actions are those that it called, without the service: ListAllMyBuckets; sorted. IAM keeps track of
	// some actions of some services only, and hardly of any that reads or writes data.
	Actions []string `json:"actions,omitempty"`
}

// IsServicePrefix reports whether s can be what policies call a service: a lower-case word.
func IsServicePrefix(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	return s != "" && len(s) <= 64 && strings.IndexByte(letters, s[0]) >= 0 && strings.Trim(s, letters+"0123456789-") == ""
}

// IsActionName reports whether s can be the name of an action of a service: a word of letters and digits.
func IsActionName(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return s != "" && len(s) <= 128 && strings.IndexByte(letters, s[0]) >= 0 && strings.Trim(s, letters+"0123456789") == ""
}

func sortCalled(called []ServiceUse) {
	slices.SortStableFunc(called, func(x, y ServiceUse) int { return cmp.Compare(x.Service, y.Service) })
	for i := range called {
		slices.Sort(called[i].Actions)
	}
}

// ownCalled is a copy that shares nothing that is changed, with times in UTC.
func ownCalled(called []ServiceUse) []ServiceUse {
	called = slices.Clone(called)
	for i := range called {
		called[i].Last, called[i].Actions = called[i].Last.UTC(), slices.Clone(called[i].Actions)
	}
	return called
}

// validateCalled holds what a user called to what can be: it goes into policies.
func validateCalled(at string, called []ServiceUse) error {
	seen := map[string]bool{}
	for i, u := range called {
		field := fmt.Sprintf("%scalled[%d].", at, i)
		switch {
		case !IsServicePrefix(u.Service):
			return fmt.Errorf("%sservice: %q is no service as policies name them", field, clip(u.Service))
		case seen[u.Service]:
			return fmt.Errorf("%sservice: %q stands there twice", field, u.Service)
		case u.Region != "" && !validWord(u.Region):
			return fmt.Errorf("%sregion: %q is no region", field, clip(u.Region))
		case u.Last.IsZero():
			return fmt.Errorf("%slast: it is missing", field)
		}
		seen[u.Service] = true
		for j, a := range u.Actions {
			if !IsActionName(a) {
				return fmt.Errorf("%sactions[%d]: %q is no name of an action", field, j, clip(a))
			}
		}
	}
	return nil
}
