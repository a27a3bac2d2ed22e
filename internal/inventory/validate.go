package inventory

import (
	"fmt"
	"strings"
)

// validate holds an inventory from a file to what can be. Names and ids of it go
// into commands and links, so nothing that AWS could not have said passes.
func (a *Account) validate() error {
	if !validAccountID(a.ID) {
		return fmt.Errorf("id: %q is not 12 digits", clip(a.ID))
	}
	unread := a.Status == Failed || a.Status == Skipped
	switch {
	case !unread && a.Status != Audited && a.Status != Partial:
		return fmt.Errorf("status: %q is none of audited, partial, failed, skipped", clip(string(a.Status)))
	case !validPartition(a.Partition) && !(unread && a.Partition == ""):
		return fmt.Errorf("partition: %q is none", clip(a.Partition))
	case !unread && a.CollectedAt.IsZero():
		return fmt.Errorf("collected_at: it is missing, so that nobody knows how old the facts are")
	}
	for i, m := range a.Missing {
		if m.Fact == "" {
			return fmt.Errorf("missing[%d].fact: it is empty", i)
		}
	}
	if a.Root.ARN != "" && a.Root.ARN != "arn:"+a.Partition+":iam::"+a.ID+":root" {
		return fmt.Errorf("root.arn: %q is not the ARN of root in account %s", clip(a.Root.ARN), a.ID)
	}
	seen := uniqueIDs{}
	if err := seen.keys("root.", a.Root.Keys); err != nil {
		return err
	}
	for i := range a.Users {
		if err := a.validateUser(fmt.Sprintf("users[%d].", i), &a.Users[i], seen); err != nil {
			return err
		}
	}
	if err := a.validateAddresses(); err != nil {
		return err
	}
	if err := a.Compute.validate(a.Partition, a.ID); err != nil {
		return err
	}
	return a.Leaks.validate()
}

func (l *Leaks) validate() error {
	if l == nil {
		return nil
	}
	if l.ScannedAt.IsZero() {
		return fmt.Errorf("leaks.scanned_at: it is missing, so that nobody knows how old the scan is")
	}
	for i, k := range l.Found {
		switch {
		case !validUniqueID(k.KeyID):
			return fmt.Errorf("leaks.found[%d].key_id: %q is no id of AWS", i, clip(k.KeyID))
		case k.Where == "":
			return fmt.Errorf("leaks.found[%d].where: it is empty", i)
		case k.Line < 0:
			return fmt.Errorf("leaks.found[%d].line: it is %d, lines are counted from 1", i, k.Line)
		}
	}
	return nil
}

func (a *Account) validateUser(at string, u *User, seen uniqueIDs) error {
	if !validUserName(u.Name) {
		return fmt.Errorf("%sname: %q is not a name that an IAM user can have", at, clip(u.Name))
	}
	if err := seen.add(at+"name", "user "+u.Name); err != nil {
		return err
	}
	arn, ok := parseIAMARN(u.ARN)
	if !ok || arn.account != a.ID || arn.partition != a.Partition || arn.user() != u.Name {
		return fmt.Errorf("%sarn: %q is not the ARN of user %q in account %s", at, clip(u.ARN), u.Name, a.ID)
	}
	if err := seen.id(at+"id", u.ID); err != nil {
		return err
	}
	if err := seen.keys(at, u.Keys); err != nil {
		return err
	}
	for i, k := range u.SSHKeys {
		if err := seen.id(fmt.Sprintf("%sssh_keys[%d].id", at, i), k.ID); err != nil {
			return err
		}
	}
	for i, c := range u.Services {
		if err := seen.id(fmt.Sprintf("%sservice_credentials[%d].id", at, i), c.ID); err != nil {
			return err
		}
	}
	for i, c := range u.Certificates {
		if err := seen.id(fmt.Sprintf("%scertificates[%d].id", at, i), c.ID); err != nil {
			return err
		}
	}
	return validateCalled(at, u.Called)
}

// uniqueIDs holds every name and id of one account: findings are told apart by them.
type uniqueIDs map[string]string

func (seen uniqueIDs) keys(at string, keys []AccessKey) error {
	for i, k := range keys {
		field := fmt.Sprintf("%skeys[%d].", at, i)
		if err := seen.id(field+"id", k.ID); err != nil {
			return err
		}
		if k.Slot < 0 || k.Slot > 2 {
			return fmt.Errorf("%sslot: it is %d, a report has slots 1 and 2", field, k.Slot)
		}
		if err := validateUses(field, k.Uses); err != nil {
			return err
		}
	}
	return nil
}

// id takes a unique id of AWS, or none.
func (seen uniqueIDs) id(field, id string) error {
	if id == "" {
		return nil
	}
	if !validUniqueID(id) {
		return fmt.Errorf("%s: %q is no id of AWS", field, clip(id))
	}
	return seen.add(field, id)
}

func (seen uniqueIDs) add(field, what string) error {
	if first, ok := seen[what]; ok {
		return fmt.Errorf("%s: %q stands at %s already", field, what, first)
	}
	seen[what] = field
	return nil
}

// validUniqueID takes what the API calls an id: 16 to 128 letters and digits.
func validUniqueID(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	return len(s) >= 16 && len(s) <= 128 && strings.Trim(s, letters) == ""
}
