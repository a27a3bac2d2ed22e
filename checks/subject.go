package checks

import (
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

// day is what thresholds count: 24 hours, not a day of the calendar.
const day = 24 * time.Hour

// credentialList names a list of credentials of a user.
type credentialList int

const (
	noList credentialList = iota
	listKeys
	listServices
	listCertificates
	listSSHKeys
)

// group is the checks that share a subject, in order of rank.
type group struct {
	name   string
	kind   SubjectKind
	list   credentialList
	checks []*Check
}

// groupsOf puts the checks of a list together by subject.
func groupsOf(list []*Check) []group {
	var groups []group
	for _, c := range list {
		name, where := string(c.Kind), c.list
		switch c.Kind {
		case SubjectAccessKey:
			where = listKeys
		case SubjectPassword:
		default:
			name = c.ID
		}
		groups = addToGroup(groups, group{name: name, kind: c.Kind, list: where}, c)
		if c.ID == idHumanIAMUser {
			// A person without a password has no password that could be the subject.
			groups = addToGroup(groups, group{name: c.ID, kind: SubjectUser}, c)
		}
	}
	return groups
}

// addToGroup adds a check to the group of the same name and keeps the order of rank.
func addToGroup(groups []group, g group, c *Check) []group {
	for i := range groups {
		if groups[i].name != g.name {
			continue
		}
		at := len(groups[i].checks)
		for at > 0 && groups[i].checks[at-1].Rank > c.Rank {
			at--
		}
		rest := append([]*Check{c}, groups[i].checks[at:]...)
		groups[i].checks = append(groups[i].checks[:at:at], rest...)
		return groups
	}
	g.checks = []*Check{c}
	return append(groups, g)
}

// spot says where a subject is: small, so that many can be remembered before the findings
// about them are made.
type spot struct {
	group uint8
	held  uint8 // one bit for each check of the group that holds
	user  int32 // -1: root
	item  int32 // index in the group's list, or 0
}

// ofAccount reports whether the subjects of the group are no part of a user.
func (g *group) ofAccount() bool {
	return g.kind == SubjectRoot || g.kind == SubjectResource || g.kind == SubjectAccount
}

// count is the number of subjects a group has in a user.
func (g *group) count(u *inventory.User) int {
	switch g.list {
	case listKeys:
		return len(u.Keys)
	case listServices:
		return len(u.Services)
	case listCertificates:
		return len(u.Certificates)
	case listSSHKeys:
		return len(u.SSHKeys)
	}
	return 1
}

// point makes s the subject of a group that is at an index of a user's list.
func (g *group) point(s *Subject, u *inventory.User, item int) {
	s.Name, s.User = g.name, u
	s.Key, s.Service, s.SSH, s.Certificate, s.Resource = nil, nil, nil, nil, nil
	switch g.list {
	case listKeys:
		s.Key = &u.Keys[item]
	case listServices:
		s.Service = &u.Services[item]
	case listCertificates:
		s.Certificate = &u.Certificates[item]
	case listSSHKeys:
		s.SSH = &u.SSHKeys[item]
	}
}

// traits are what only the true names tell. They are decided before names are hidden, so
// that a redacted text says the same.
type traits struct {
	ses            bool   // the key may stand behind an SMTP password
	personWhy      string // by what human-iam-user tells a person
	lastUseUnknown bool   // the last use of the credential was not collected
	redacted       bool   // names are hidden
	move           move   // what takes the place of the key
	// uses are where the key was used from, and compute the kinds of compute among them, in words. Hidden, uses
	// hold no address and no agent.
	uses    []inventory.KeyUse
	compute []string
	// elsewhere: it is used from addresses of EC2 that nobody we know has.
	elsewhere bool
}

// sesUserPrefix begins the names of users that the console of SES makes.
const sesUserPrefix = "ses-smtp-user."

// traitsOf decides the traits of a true subject.
func traitsOf(s *Subject) traits {
	t := traits{}
	if s.Resource != nil || s.kind == SubjectAccount {
		return t
	}
	if s.User == nil {
		_, t.lastUseUnknown = s.lacks(inventory.FactRootLastUsed)
		return t
	}
	t.ses = strings.HasPrefix(s.User.Name, sesUserPrefix)
	for i := range s.User.Keys {
		k := &s.User.Keys[i]
		t.ses = t.ses || k.LastUsedService == "ses" && (s.Key == nil || s.Key == k)
	}
	if s.Name == string(SubjectPassword) || s.Name == idHumanIAMUser || s.Service != nil {
		_, t.personWhy = s.person()
	}
	if s.Key != nil {
		t.move = moveOf(s, t.ses)
	}
	if s.Key != nil || s.Name == idDuplicateAccessKeys {
		_, t.lastUseUnknown = s.lacks(inventory.FactAccessKeyLastUsed)
	}
	t.uses, t.compute, t.elsewhere = s.uses(), s.computeUses(), s.usedElsewhere()
	return t
}

// person reports whether the user works as a person, and by what one can tell.
func (s *Subject) person() (bool, string) {
	if s.User.Password.Enabled {
		return true, "it has a console password"
	}
	return s.Policy.IsPerson(s.User.Name, s.User.Tags)
}

// isPerson is person without the words.
func isPerson(s *Subject) bool {
	is, _ := s.person()
	return is
}

// isContractor reports whether the user belongs to a third party.
func isContractor(s *Subject) bool {
	is, _ := s.Policy.IsContractor(s.User.Name, s.User.Tags)
	return is
}

// unusedFor reports whether something last used at a time, or never and made at a time,
// has been unused for a number of days. A use in the future is clock skew: it is in use.
func (s *Subject) unusedFor(lastUsed, made time.Time, days int) bool {
	since := lastUsed
	if since.IsZero() {
		since = made
	}
	return s.Now.Sub(since) >= time.Duration(days)*day
}

// unusedKey reports whether an active key is unused. One that was never used must also
// be older than the grace period: its first use may be about to come, or to be told.
func (s *Subject) unusedKey(k *inventory.AccessKey) bool {
	t := s.Policy.Thresholds
	if !k.Active || !s.unusedFor(k.LastUsed, k.Created, t.UnusedDays) {
		return false
	}
	return !k.LastUsed.IsZero() || s.Now.Sub(k.Created) >= time.Duration(t.GraceDays)*day
}

// olderThan reports whether more than a number of days passed since a time.
func (s *Subject) olderThan(t time.Time, days int) bool {
	return s.Now.Sub(t) > time.Duration(days)*day
}

// usedToday reports whether the key was used within the last 24 hours, by IAM or by CloudTrail.
func (s *Subject) usedToday(k *inventory.AccessKey) bool {
	for _, u := range k.Uses {
		if s.Now.Sub(u.Last) < day {
			return true
		}
	}
	return !k.LastUsed.IsZero() && s.Now.Sub(k.LastUsed) < day
}

// keyAgeUnknown is the unsure of checks that need to know when a key was made.
func keyAgeUnknown(s *Subject) string {
	if s.Key.Created.IsZero() {
		return "the facts do not say when the key was made"
	}
	return ""
}
