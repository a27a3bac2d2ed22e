package checks

import (
	"cmp"
	"slices"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

// Rechecks names the credentials whose facts must be read again live, since those of the
// credential report may be hours old: each about which an issue would be opened, and each
// about which one is open, by what open says of its finding's id (nil: none). What is
// read live anyway is left out, and so is what is exempt and has no open issue. The
// result is sorted and holds nothing twice.
func Rechecks(a *inventory.Account, p *policy.Policy, now time.Time, open func(id string) bool) []inventory.Recheck {
	e, ok := newEvaluation(a, p, Options{Now: now})
	if !ok || a.ReportOnly {
		return nil
	}
	var out []inventory.Recheck
	e.each(func(at spot) {
		if at.user >= 0 && e.wanted(at, open) {
			out = e.recheck(out)
		}
	})
	slices.SortFunc(out, func(a, b inventory.Recheck) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return slices.Compact(out)
}

// wanted reports whether an issue would be opened about the subject or is open.
func (e *evaluation) wanted(at spot, open func(id string) bool) bool {
	if at.held = e.held(at); at.held != 0 && e.named(at).exemption == nil {
		return true
	}
	id, incomplete := e.s.identity()
	if c := e.s.Certificate; c != nil && incomplete != "" && !allOff(e.policy, e.s.Name) {
		// The report does not tell its id, so an issue about it may be open.
		return true
	}
	return open != nil && incomplete == "" && open(id)
}

// recheck adds what has to be read again about the subject.
func (e *evaluation) recheck(out []inventory.Recheck) []inventory.Recheck {
	s, name := &e.s, e.s.User.Name
	switch {
	case s.Key != nil:
		return recheckKey(out, name, s.Key)
	case s.Name == idDuplicateAccessKeys:
		for i := range s.User.Keys {
			out = recheckKey(out, name, &s.User.Keys[i])
		}
		return out
	case s.Name == string(SubjectPassword), s.Name == idHumanIAMUser:
		return append(out, inventory.Recheck{User: name, Kind: inventory.RecheckPassword})
	case s.Name == orphanedUser.ID:
		return append(out, inventory.Recheck{User: name, Kind: inventory.RecheckUser})
	case s.Certificate != nil:
		return append(out, inventory.Recheck{User: name, Kind: inventory.RecheckCertificates})
	}
	return out // policies, service credentials and SSH keys are read live
}

// recheckKey adds a key whose last use decides and is not live yet.
func recheckKey(out []inventory.Recheck, user string, k *inventory.AccessKey) []inventory.Recheck {
	if !k.Active || k.Live || k.ID == "" {
		return out
	}
	return append(out, inventory.Recheck{User: user, Kind: inventory.RecheckKey, Key: k.ID})
}
