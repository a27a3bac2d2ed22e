package checks

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/keysweep/keysweep/internal/inventory"
)

// Sentences that several remediations share. They are constants, so that a thousand
// findings hold them once.
const (
	textLookKey        = "Look once more whether the key is in use: the last use may be younger than these facts."
	textFindKey        = "Find the id of the key: the credential report does not hold it. Set KEY_ID to it for the commands that follow."
	textFindCert       = "Find the id of the certificate: the credential report does not hold it. Set CERTIFICATE_ID to it for the commands that follow."
	textDeleteKey      = "When nobody has missed the key for a week, delete it. A deleted key cannot be brought back."
	textDeleteUser     = "If the user has nothing left that is needed, delete the user too."
	textSES            = "Mind the mail: SES derives the SMTP password from this key, and the SMTP user name is its id. Give the sender its replacement first; without the key its mail stops."
	textSignInRoot     = "Sign in as the root user of the account. The commands below are for root: they act on the caller's own credentials."
	textCentralRoot    = "In a member account of an organization, turn on central management of root credentials in the management account: root credentials of member accounts can then be removed from there, and new accounts have none."
	textRootTrail      = "See in CloudTrail what root did, in each region in use; sign-ins of the aws partition stand in us-east-1. That shows what has to be moved to a role."
	commandRootTrail   = "aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=root --max-results 50"
	textLeftBehind     = "Look for what was left behind: users, keys, roles, console passwords and instances that nobody here made. Remove them."
	textIdentityCenter = "Give the person access through IAM Identity Center, with a permission set that fits the work. On the command line, aws sso login then takes the place of the access key."
)

// none and seenNowhere are the lists of a finding that has nothing to list: JSON shows [], not null.
var (
	none        = []string{}
	seenNowhere = []SeenFrom{}
)

// dateOf is a day as texts show it, in UTC.
func dateOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// stamp is a time as evidence shows it; empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// oneLine makes one line of a name that came from outside.
func oneLine(s string) string {
	if strings.IndexFunc(s, unicode.IsControl) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// accountLabel is how titles call the account: "prod (111122223333)".
func accountLabel(s *Subject) string {
	if s.Account.Name == "" {
		return oneLine(s.Account.ID)
	}
	return oneLine(s.Account.Name + " (" + s.Account.ID + ")")
}

// keyHeadline is the title of a finding about a key: "Access key AKIA… of ci-deploy is unused".
func keyHeadline(s *Subject, what string) string {
	if s.Key.ID == "" {
		return oneLine("Access key " + strconv.Itoa(s.Key.Slot) + " of " + s.User.Name + what)
	}
	return oneLine("Access key " + s.Key.ID + " of " + s.User.Name + what)
}

// keyWord is the key id a command takes: the id, or the variable that stands in for it.
func keyWord(k *inventory.AccessKey) string {
	if k.ID == "" {
		return keyVariable
	}
	return k.ID
}

// setKey is a sentence that ends in the command that changes the status of a key.
func setKey(sentence, user string, k *inventory.AccessKey, status string) string {
	return withCommand(sentence, "update-access-key", "--user-name", user, "--access-key-id", keyWord(k), "--status", status)
}

// keySteps begins the steps about a key: what must be known before it is touched.
func keySteps(s *Subject) []Step {
	var steps []Step
	if s.traits.ses {
		steps = append(steps, Step{Text: textSES})
	}
	if s.Key.ID == "" {
		steps = append(steps, Step{Text: textFindKey, Command: iamCommand("list-access-keys", "--user-name", s.User.Name)})
	}
	return slices.Grow(steps, 4)
}

// lookAtKey is the step that reads the last use of a key.
func lookAtKey(text string, k *inventory.AccessKey) Step {
	return Step{Text: text, Command: iamCommand("get-access-key-last-used", "--access-key-id", keyWord(k))}
}

// deactivateKey is the step that deactivates a key and says how to undo it.
func deactivateKey(user string, k *inventory.AccessKey) Step {
	return Step{
		Text:    setKey("Deactivate the key. To undo: ", user, k, "Active"),
		Command: setKey("", user, k, "Inactive"),
	}
}

// deleteKey is the step that deletes a deactivated key.
func deleteKey(user string, k *inventory.AccessKey) Step {
	return Step{
		Text:    textDeleteKey,
		Command: iamCommand("delete-access-key", "--user-name", user, "--access-key-id", keyWord(k)),
	}
}

// trailOfKey is the step that looks up what a key was used for.
func trailOfKey(text, key string) Step {
	return Step{Text: text, Command: "aws cloudtrail lookup-events --lookup-attributes " + Quote("AttributeKey=AccessKeyId,AttributeValue="+key)}
}

// activeKeys are the active keys of a user, oldest first.
func activeKeys(u *inventory.User) []*inventory.AccessKey {
	var keys []*inventory.AccessKey
	for i := range u.Keys {
		if !u.Keys[i].Active {
			continue
		}
		k := &u.Keys[i]
		at := len(keys)
		for at > 0 && keyBefore(k, keys[at-1]) {
			at--
		}
		keys = append(keys, nil)
		copy(keys[at+1:], keys[at:])
		keys[at] = k
	}
	return keys
}

// keyBefore orders keys by creation, then id, then slot.
func keyBefore(a, b *inventory.AccessKey) bool {
	if !a.Created.Equal(b.Created) {
		return a.Created.Before(b.Created)
	}
	if a.ID != b.ID {
		return a.ID < b.ID
	}
	return a.Slot < b.Slot
}

// keyName is how texts call a key among others of its user.
func keyName(k *inventory.AccessKey) string {
	if k.ID == "" {
		return "key " + strconv.Itoa(k.Slot)
	}
	return oneLine(k.ID)
}
