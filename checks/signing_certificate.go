package checks

import "github.com/keysweep/keysweep/internal/inventory"

var signingCertificate = &Check{
	ID: "signing-certificate", Title: "Active signing certificate",
	Severity: Low, Horizon: ShortTerm, Kind: SubjectCredential, list: listCertificates,
	Needs: []inventory.Fact{inventory.FactCertificates},
	Finds: "an active X.509 signing certificate",
	Why: "Signing certificates belong to interfaces that AWS has left behind. They never end by themselves, " +
		"and AWS does not tell when one was used.",
	Controls: controlsLongLife,
	Holds:    func(s *Subject) bool { return s.Certificate.Active },
	Steps:    certificateSteps,
	headline: func(s *Subject) string { return oneLine(s.User.Name + " has an active signing certificate") },
	replace:  always(Replacement{replaceDelete, "What still exists of these interfaces takes the signed requests of a role."}),
	cleared:  func(*Subject) string { return "the certificate is deactivated" },
}

func certificateSteps(s *Subject) []Step {
	name, id := s.User.Name, s.Certificate.ID
	var steps []Step
	if id == "" {
		id = certificateVariable
		steps = append(steps, Step{Text: textFindCert, Command: iamCommand("list-signing-certificates", "--user-name", name)})
	}
	set := func(status string) string {
		return iamCommand("update-signing-certificate", "--user-name", name, "--certificate-id", id, "--status", status)
	}
	return append(
		steps,
		Step{Text: "Deactivate the certificate. To undo: " + set("Active"), Command: set("Inactive")},
		Step{
			Text:    "When nobody has missed it for a week, delete it. It can be uploaded again by whoever has it.",
			Command: iamCommand("delete-signing-certificate", "--user-name", name, "--certificate-id", id),
		},
	)
}
