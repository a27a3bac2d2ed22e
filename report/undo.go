package report

import (
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// undo says how to take the steps of a finding back, and what cannot be taken back. It is
// Markdown; empty where there is nothing to say.
func undo(f *checks.Finding) string {
	switch f.Kind {
	case checks.SubjectAccessKey:
		if f.User == inventory.RootUser || f.User == "" || f.KeyID == "" {
			return "A deactivated key can be activated again. A deleted key is gone for good."
		}
		return "A deactivated key works again after this; a deleted key is gone for good.\n\n" +
			Fence("sh", "aws iam update-access-key --user-name "+shellWord(f.User)+
				" --access-key-id "+shellWord(f.KeyID)+" --status Active")
	case checks.SubjectPassword:
		if f.User == "" {
			return "A new password can be set at any time."
		}
		return "A new password can be set at any time; this makes one for the first sign-in, and the user must change it.\n\n" +
			Fence("sh", "read -rs PASSWORD && aws iam create-login-profile --user-name "+shellWord(f.User)+
				" --password \"$PASSWORD\" --password-reset-required")
	case checks.SubjectCredential:
		return "A deactivated credential can be activated again. A deleted credential is gone for good; a new one can be made."
	}
	return ""
}

// shellWord quotes s for a POSIX shell, so that no name can become a command or an option's
// end; a word that needs no quotes stays as it is.
func shellWord(s string) string {
	safe := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r > '~' || !isWord(byte(r)) && !strings.ContainsRune("+=,.@:/-", r)
	}) < 0
	if safe && s[0] != '-' {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
