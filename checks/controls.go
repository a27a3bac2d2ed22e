package checks

// Names of the frameworks whose controls a finding bears on. Only numbers are given,
// never a framework's text.
const (
	frameworkCIS5 = "CIS AWS Foundations 5.0.0"
	frameworkCIS3 = "CIS AWS Foundations 3.0.0"
	frameworkNIST = "NIST 800-53 r5"
	frameworkISO  = "ISO 27001:2022"
)

// controls makes the list of a check: the same recommendation in both versions of CIS,
// then NIST, then ISO.
func controls(cis5, cis3 string, nist, iso []string) []Control {
	out := []Control{{frameworkCIS5, cis5}, {frameworkCIS3, cis3}}
	for _, n := range nist {
		out = append(out, Control{frameworkNIST, n})
	}
	for _, i := range iso {
		out = append(out, Control{frameworkISO, i})
	}
	return out
}

// The rows of the mapping. A check without a row of its own bears on the one whose
// recommendation it serves.
var (
	controlsUnused   = controls("1.11", "1.12", []string{"AC-2", "AC-2(3)", "AC-6"}, []string{"A.5.15"})
	controlsKeyAge   = controls("1.13", "1.14", []string{"AC-2(1)", "AC-2(3)"}, []string{"A.5.15"})
	controlsTwoKeys  = controls("1.12", "1.13", []string{"AC-2(1)", "AC-2(3)"}, []string{"A.5.15"})
	controlsExposed  = controls("1.13", "1.14", []string{"AC-2(3)", "AC-6"}, []string{"A.5.15"})
	controlsRootKey  = controls("1.3", "1.4", []string{"AC-2(1)", "AC-6", "AC-6(2)", "AC-6(10)"}, []string{"A.5.15"})
	controlsRootMFA  = controls("1.4", "1.5", []string{"IA-2(1)", "IA-2(2)", "IA-2(6)", "IA-2(8)"}, []string{"A.5.15", "A.5.17", "A.8.5"})
	controlsRootUse  = controls("1.6", "1.7", []string{"AC-6", "AC-6(2)", "AC-6(10)"}, []string{"A.5.15"})
	controlsUserMFA  = controls("1.9", "1.10", []string{"IA-2(1)", "IA-2(2)", "IA-2(6)", "IA-2(8)"}, []string{"A.5.15", "A.5.17", "A.8.5"})
	controlsCentral  = controls("1.20", "1.21", []string{"AC-2", "AC-2(1)"}, []string{"A.5.15"})
	controlsLongLife = controls("1.20", "1.21", []string{"AC-2", "AC-2(3)"}, []string{"A.5.15"})
)
