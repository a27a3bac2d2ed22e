package orgpolicy

import "slices"

// Control is a control of AWS Control Tower about the root user of member accounts. Such a control is
// a service control policy that Control Tower makes; it denies nothing to users.
type Control struct {
	ID    string // AWS-GR_…
	Title string
	sid   string // of the statement that Control Tower writes
}

// rootControls are the controls that Control Tower has about root, each of which
// https://docs.aws.amazon.com/controltower/latest/controlreference/strongly-recommended-preventive-controls.html
// recommends.
var rootControls = []Control{
	{"AWS-GR_RESTRICT_ROOT_USER_ACCESS_KEYS", "Disallow creation of access keys for the root user", "GRRESTRICTROOTUSERACCESSKEYS"},
	{"AWS-GR_RESTRICT_ROOT_USER", "Disallow actions as a root user", "GRRESTRICTROOTUSER"},
}

// RootControls are the controls that Control Tower has about root.
func RootControls() []Control { return append([]Control(nil), rootControls...) }

// RootControls tells which of Control Tower's controls about root act on an account, and which are not
// there. What a policy that could not be read holds is not known; such a control counts as not there.
func (a *Account) RootControls() (on, off []Control) {
	for _, c := range rootControls {
		if a.hasStatement(c.sid) {
			on = append(on, c)
		} else {
			off = append(off, c)
		}
	}
	return on, off
}

func (a *Account) hasStatement(sid string) bool {
	for _, level := range a.Levels {
		for _, p := range level {
			if slices.Contains(p.sids, sid) {
				return true
			}
		}
	}
	return false
}
