package declare

import (
	"maps"
	"path"
	"slices"
)

// A module that others call is declared by its callers. Where none of them makes it, in neither state, the call
// must not hide it: somebody may call a root module in vain, or let modules call each other in a circle.

// declareUnmade declares the touched modules that are called and made by nobody and are set up to be applied by
// themselves, and records those that are called from a circle.
func declareUnmade(s Scope, readings []*reading) {
	either := func(is func(r *reading) bool) bool { return slices.ContainsFunc(readings, is) }
	for _, dir := range slices.Sorted(maps.Keys(s.called)) {
		matters := either(func(r *reading) bool { m := r.module(dir); return m != nil && m.mattersIn(r) })
		made := either(func(r *reading) bool { return r.terraform.made[dir] })
		if !matters || made || !s.touched[dir] || isCopy(dir) {
			continue
		}
		alone := either(func(r *reading) bool { return r.isAppliedAlone(dir) })
		met := either(func(r *reading) bool { return r.terraform.met[dir] })
		for _, r := range readings {
			m := r.module(dir)
			switch {
			case m == nil || !m.mattersIn(r):
			case alone:
				r.declareRoot(m)
			case !met:
				r.record(m.files[0], "the module is called by modules alone that it leads to itself")
			}
		}
	}
}

// isAppliedAlone says whether a folder says where its state is, sets providers up, or holds the values of its
// variables.
func (r *reading) isAppliedAlone(dir string) bool {
	m := r.module(dir)
	return m != nil && (m.isRoot || r.exists(path.Join(dir, ".terraform.lock.hcl")) || r.exists(path.Join(dir, "terraform.tfvars")))
}

// meet notes that a call of a folder was looked at, and make that something is made of it.
func (r *reading) meet(dir string) {
	if r.terraform.met == nil {
		r.terraform.met = map[string]bool{}
	}
	r.terraform.met[dir] = true
}

func (r *reading) make(dir string) {
	if r.terraform.made == nil {
		r.terraform.made = map[string]bool{}
	}
	r.terraform.made[dir] = true
}
