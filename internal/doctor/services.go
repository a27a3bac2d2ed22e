package doctor

import (
	"slices"
)

// The actions that are asked only where somebody wants to know, which they say by allowing the first of them.
const (
	startServices = "iam:GenerateServiceLastAccessedDetails"
	readServices  = "iam:GetServiceLastAccessedDetails"
)

const linkServices = "services used"

// withoutServices takes the actions about called services out of the accounts where they are not wanted, and
// names these accounts.
func withoutServices(accounts []Account) (off []string, out []Account) {
	for _, a := range accounts {
		if notWanted(a.find(startServices).Fault) {
			off = append(off, a.ID)
			a.Actions = slices.DeleteFunc(slices.Clone(a.Actions), func(x Action) bool { return x.Name == startServices || x.Name == readServices })
		}
		out = append(out, a)
	}
	return off, out
}

// notWanted reports whether nothing but the role's own policy keeps an action closed.
func notWanted(f *Fault) bool {
	return f != nil && f.Kind == Refused && !f.Explicit && (f.Policy == "" || f.Policy == "identity-based policy")
}

// servicesLink tells where the services that users call are asked for, which is nobody's fault where they are not.
func servicesLink(off []string, entered []Account) []Link {
	var on []string
	for _, a := range entered {
		if x := a.find(startServices); x.Calls > 0 && x.Fault == nil {
			on = append(on, a.ID)
		}
	}
	switch {
	case len(off) > 0:
		l := skip(linkServices, "not asked for in %s: the role does not allow it", share(off, len(entered)))
		l.Info = []string{
			"it would tell what the policy of a role that takes a key's place can start from",
			"ReadServicesUsed of deploy/cloudformation, read_services_used of deploy/terraform turn it on",
		}
		return []Link{l}
	case len(on) > 0:
		return []Link{ok(linkServices, "asked for in %s, of the users whose keys matter most", share(on, len(entered)))}
	}
	return nil
}
