package checks

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"github.com/keysweep/keysweep/internal/inventory"
)

// FindingID makes the id of a finding: 16 hex digits of a SHA-256 over the parts, each
// behind its length so that no two lists of parts run together. It never holds the check,
// a name or the title, so that an issue follows its subject while these change.
//
//	subject               userID          credential
//	access-key            unique id       key id (AKIA…)
//	password              unique id       ""
//	a check about a user  unique id       ""
//	service-specific-…    unique id       credential id (ACCA…)
//	signing-certificate   unique id       certificate id
//	ssh-public-key        unique id       key id (APKA…)
//	a check about root    ""              ""
//	a check of resources  ""              ARN, as inventory.Resource has it
//
// Where the facts come from one downloaded credential report, which holds no ids, the ARN
// stands in for the unique id and "slot-1" or "slot-2" for the credential.
func FindingID(partition, account, userID, credential, subject string) string {
	if partition == "" {
		partition = "aws"
	}
	var room [256]byte
	b := room[:0]
	for _, part := range [...]string{partition, account, userID, credential, subject} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	var out [16]byte
	hex.Encode(out[:], sum[:8])
	return string(out[:])
}

// identity returns the id of the finding about a subject, and what of it is not known.
func (s *Subject) identity() (id, incomplete string) {
	if s.Resource != nil {
		return FindingID(s.Account.Partition, s.Account.ID, "", s.Resource.ARN, s.Name), ""
	}
	if s.User == nil {
		return FindingID(s.Account.Partition, s.Account.ID, "", "", s.Name), ""
	}
	userID, user := s.userIdentity()
	credential, cred := s.credentialIdentity()
	id = FindingID(s.Account.Partition, s.Account.ID, userID, credential, s.Name)
	switch {
	case user && cred:
		return id, ""
	case !user:
		return id, "the unique id of the user is not known"
	}
	return id, "the id of the credential is not known"
}

// userIdentity returns the unique id of the user, or its ARN where there is none, and
// whether that is all there can be.
func (s *Subject) userIdentity() (string, bool) {
	if s.Account.ReportOnly || s.User.ID == "" {
		return s.User.ARN, s.Account.ReportOnly
	}
	return s.User.ID, true
}

// credentialIdentity is userIdentity for the credential of the subject; one that has no
// credential is whole without.
func (s *Subject) credentialIdentity() (string, bool) {
	id, slot, has := "", 0, true
	switch {
	case s.Key != nil:
		id, slot = s.Key.ID, s.Key.Slot
	case s.Service != nil:
		id = s.Service.ID
	case s.SSH != nil:
		id = s.SSH.ID
	case s.Certificate != nil:
		id, slot = s.Certificate.ID, s.Certificate.Slot
	default:
		has = false
	}
	if !has {
		return "", true
	}
	if s.Account.ReportOnly || id == "" {
		return slotName(slot), s.Account.ReportOnly
	}
	return id, true
}

// slotName stands in for the id of a credential of which only the report's column is known.
func slotName(slot int) string { return "slot-" + strconv.Itoa(slot) }

// userName is the name of the subject's user, root's as the credential report has it. Of a resource
// it is the user of the key that stands in it, where that is known.
func (s *Subject) userName() string {
	switch {
	case s.Resource != nil:
		_, o, ok := s.owner()
		if !ok {
			return ""
		}
		return o.User.Name
	case s.kind == SubjectAccount:
		return ""
	case s.User == nil:
		return inventory.RootUser
	}
	return s.User.Name
}

// keyID is the id of the subject's access key, empty where there is none.
func (s *Subject) keyID() string {
	if s.Resource != nil {
		id, _, _ := s.owner()
		return id
	}
	if s.Key == nil {
		return ""
	}
	return s.Key.ID
}
