package doctor

import "slices"

const linkParameters = "plain parameters"

// parameterActions are asked only where somebody wants that, which they say by allowing them all.
var parameterActions = []string{"ssm:DescribeParameters", "ssm:GetParameters"}

// withoutParameters takes the actions about parameters out of the accounts where they are off, and
// names these accounts.
func withoutParameters(accounts []Account) (off []string, out []Account) {
	for _, a := range accounts {
		if slices.ContainsFunc(parameterActions, func(name string) bool { return keptClosed(a.find(name).Fault) }) {
			off = append(off, a.ID)
			a.Actions = slices.DeleteFunc(slices.Clone(a.Actions), func(x Action) bool { return slices.Contains(parameterActions, x.Name) })
		}
		out = append(out, a)
	}
	return off, out
}

// keptClosed reports whether nothing but the role's own policy keeps an action closed.
func keptClosed(f *Fault) bool {
	return f != nil && f.Kind == Refused && !f.Explicit && f.Policy == "identity-based policy"
}

// parametersLink tells where parameters are not read, which is nobody's fault.
func parametersLink(off []string, of int) []Link {
	if len(off) == 0 {
		return nil
	}
	l := skip(linkParameters, "off in %s: the role does not allow it", share(off, of))
	l.Info = []string{
		"it would find access keys in parameters of Systems Manager that are plain text",
		"ReadParameters of deploy/cloudformation, read_parameters of deploy/terraform turn it on",
	}
	return []Link{l}
}

// untriedInfo says why an action was not tried.
func untriedInfo(name string) string {
	if name == "s3:GetObject" {
		return name + " was not tried: it is asked of the files that task definitions name (ReadEnvironmentFiles), and is off where the role does not allow it"
	}
	return name + " was not tried: no access key was seen to ask about"
}
