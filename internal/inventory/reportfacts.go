package inventory

import (
	"fmt"
	"slices"
	"time"
)

// ReportFacts are the facts that Apply takes from a credential report. Where the report
// was refused they are missing, but for those that live calls answer.
func ReportFacts() []Fact {
	return []Fact{
		FactAccessKeys, FactAccessKeyLastUsed, FactPasswords, FactPasswordLastUsed,
		FactMFA, FactCertificates, FactRootCredentials, FactRootLastUsed,
	}
}

// userReportFacts are those of them that are about users.
var userReportFacts = ReportFacts()[:6]

// Apply puts the facts of the report into an account whose users are known already,
// with names and creation times. What it sets: of each user Password, MFA, Keys (the
// slots, without ids; see JoinKeys) and Certificates; and Root.
//
// A row describes the user of its name that was created in the same second; a user made
// since the report, or made again under an old name, has no row. A row without a user is
// of a user deleted since, and is left out. What the report does not say becomes an entry
// of Missing, and the names of the users it does not describe in full are returned in the
// order of a.Users: everything about them has to be read live. Where root has no row, the
// facts about root are missing. A live answer takes an entry away again with Found.
//
// Status and ReportGeneratedAt are not touched. A report of another account is an error.
func (r *Report) Apply(a *Account) (ask []string, err error) {
	if len(r.Rows) > 0 && r.AccountID != a.ID {
		return nil, fmt.Errorf("joining the credential report: it is of account %s, not of %s", r.AccountID, a.ID)
	}
	absent := r.absentFacts()
	a.Missing = append(a.Missing, absent...)
	known := func(m Missing) bool {
		return slices.ContainsFunc(absent, func(whole Missing) bool { return whole.Fact == m.Fact })
	}
	rows := r.byUser()
	for i := range a.Users {
		u := &a.Users[i]
		missing := lackRow(u.Name, a.ReportGeneratedAt)
		if row := rows[u.Name]; row != nil && row.describes(u) {
			missing = row.fill(u)
		}
		missing = slices.DeleteFunc(missing, known)
		if len(missing) > 0 {
			ask = append(ask, u.Name)
		}
		a.Missing = append(a.Missing, missing...)
	}
	a.Missing = append(a.Missing, slices.DeleteFunc(rows[RootUser].fillRoot(&a.Root), known)...)
	return ask, nil
}

// Found takes back that a fact is missing for one user, with all its credentials, since
// it has been read after all; an empty user takes back that it is missing for the account.
func (a *Account) Found(f Fact, user string) {
	a.Missing = slices.DeleteFunc(a.Missing, func(m Missing) bool { return m.Fact == f && m.User == user })
}

func (r *Report) byUser() map[string]*ReportRow {
	rows := make(map[string]*ReportRow, len(r.Rows))
	for i := range r.Rows {
		rows[r.Rows[i].User] = &r.Rows[i]
	}
	return rows
}

// absentFacts are the facts that no row can tell, since the file lacks the column.
func (r *Report) absentFacts() []Missing {
	var missing []Missing
	needs := []struct {
		fact Fact
		cols []column
	}{
		{FactPasswordLastUsed, []column{colPasswordUsed}},
		{FactAccessKeyLastUsed, []column{colKey1Used, colKey2Used}},
		{FactCertificates, []column{colCert1Active, colCert2Active}},
		{FactRootLastUsed, []column{colPasswordUsed, colKey1Used, colKey2Used}},
	}
	for _, need := range needs {
		for _, c := range need.cols {
			if slices.Contains(r.Absent, c.String()) {
				missing = append(missing, Missing{Fact: need.fact, Cause: fmt.Sprintf("the credential report has no column %s", c)})
				break
			}
		}
	}
	return missing
}

// describes reports whether the row is about this very user, not about one that had its
// name before. Some servers give fractions of a second that the report does not have.
func (r *ReportRow) describes(u *User) bool {
	return r.Created.IsZero() || u.Created.IsZero() || sameSecond(r.Created, u.Created)
}

func sameSecond(a, b time.Time) bool { return a.Unix() == b.Unix() }

// lackRow says what is missing for a user without a row.
func lackRow(user string, made time.Time) []Missing {
	cause := "the user was made, or got this name, after the credential report"
	if !made.IsZero() {
		cause += " of " + made.UTC().Format(time.RFC3339)
	}
	missing := make([]Missing, 0, len(userReportFacts))
	for _, f := range userReportFacts {
		missing = append(missing, Missing{Fact: f, User: user, Cause: cause})
	}
	return missing
}

// fill sets the user's facts and returns what the row does not say about it.
func (r *ReportRow) fill(u *User) []Missing {
	m := gaps{user: u.Name}
	u.MFA = r.MFA == Yes
	if r.MFA == Unknown {
		m.add(FactMFA, "the credential report does not say whether the user has MFA")
	}
	u.Password = r.fillPassword(&m)
	u.Keys = fillKeys(r.Keys, &m)
	u.Certificates = fillCertificates(r.Certificates, &m)
	if r.More != "" {
		const cause = "the credential report says that the user has more credentials than it has columns for"
		m.add(FactAccessKeys, cause)
		m.add(FactAccessKeyLastUsed, cause)
		m.add(FactCertificates, cause)
	}
	return m.missing
}

// fillRoot sets root's facts and returns what the report does not say; a nil row says nothing.
func (r *ReportRow) fillRoot(root *Root) []Missing {
	m := gaps{}
	if r == nil {
		const cause = "the credential report has no row of the root user"
		m.add(FactRootCredentials, cause)
		m.add(FactRootLastUsed, cause)
		return m.missing
	}
	var keys gaps
	root.ARN, root.Created = r.ARN, r.Created
	// Reports of the years in which every root user had a password say not_supported.
	root.HasPassword = r.Password != No
	root.PasswordLastUsed = r.PasswordUsed.At
	root.HasMFA = r.MFA == Yes
	root.Keys = fillKeys(r.Keys, &keys)
	root.HasKeys = r.Keys[0].Exists == Yes || r.Keys[1].Exists == Yes
	root.HasCertificates = r.Certificates[0].Exists == Yes || r.Certificates[1].Exists == Yes
	if r.MFA == Unknown || keys.has(FactAccessKeys) {
		m.add(FactRootCredentials, "the credential report does not say which credentials root has")
	}
	if root.HasPassword && !r.PasswordUsed.Known || keys.has(FactAccessKeyLastUsed) || r.More != "" {
		m.add(FactRootLastUsed, "the credential report does not say when root was last used")
	}
	return m.missing
}

// gaps collects what one row does not say, each fact once.
type gaps struct {
	user    string
	missing []Missing
}

func (g *gaps) add(f Fact, cause string) {
	if !g.has(f) {
		g.missing = append(g.missing, Missing{Fact: f, User: g.user, Cause: cause})
	}
}

func (g *gaps) has(f Fact) bool {
	return slices.ContainsFunc(g.missing, func(m Missing) bool { return m.Fact == f })
}

func (r *ReportRow) fillPassword(m *gaps) Password {
	if r.Password == Unknown {
		m.add(FactPasswords, "the credential report does not say whether the user has a password")
	}
	if r.Password != Yes {
		return Password{} // some servers give dates for passwords that do not exist
	}
	switch {
	case !r.PasswordUsed.Known:
		m.add(FactPasswordLastUsed, "the credential report does not say when the password was last used")
	case r.PasswordUsed.At.IsZero() && r.PasswordSet.IsZero():
		m.add(FactPasswordLastUsed, "the password was never used and the credential report does not say since when it exists")
	}
	return Password{Enabled: true, Set: r.PasswordSet, LastUsed: r.PasswordUsed.At}
}

// fillKeys turns slots into keys. A key without a creation time or a status is no key
// that can be judged: it is left out, and the fact is missing.
func fillKeys(slots [2]ReportKey, m *gaps) []AccessKey {
	keys := make([]AccessKey, 0, len(slots))
	for i, s := range slots {
		if s.Exists == No {
			continue
		}
		if s.Exists == Unknown || s.Active == Unknown || s.Created.IsZero() {
			m.add(FactAccessKeys, "the credential report does not say enough about an access key")
			m.add(FactAccessKeyLastUsed, "the credential report does not say enough about an access key")
			continue
		}
		if !s.Used.Known {
			m.add(FactAccessKeyLastUsed, "the credential report does not say when an access key was last used")
		}
		keys = append(keys, AccessKey{
			Slot: i + 1, Active: s.Active == Yes, Created: s.Created,
			LastUsed: s.Used.At, LastUsedService: s.Service, LastUsedRegion: s.Region,
		})
	}
	sortKeys(keys)
	return keys
}

func fillCertificates(slots [2]ReportCertificate, m *gaps) []Certificate {
	var certs []Certificate
	for i, s := range slots {
		if s.Active == Unknown && s.Exists != No {
			m.add(FactCertificates, "the credential report does not say whether a signing certificate is active")
			continue
		}
		if s.Exists == Yes {
			certs = append(certs, Certificate{Slot: i + 1, Active: s.Active == Yes, Set: s.Set})
		}
	}
	return certs
}

// reportLacks are the facts that no credential report holds.
var reportLacks = []Fact{
	FactUserIDs, FactUserTags, FactUserPolicies, FactAccessKeyIDs,
	FactServiceCredentials, FactSSHKeys, FactRootActivity,
}

// FromReport makes an account of one downloaded credential report, without any live
// call. The facts that such a file cannot hold are missing with Offline set. Nothing in
// the file says when AWS made it, so ReportGeneratedAt stays zero; CollectedAt is the
// given time. The account is Audited, or Partial when root's row is not in the file.
func FromReport(data []byte, collectedAt time.Time) (*Account, error) {
	r, err := ParseReport(data)
	if err != nil {
		return nil, err
	}
	if len(r.Rows) == 0 {
		return nil, reportFault(1, "", "there is only a header, so that nothing says which account it is of")
	}
	a := &Account{
		Schema: Schema, ID: r.AccountID, Partition: r.Partition, Status: Audited,
		CollectedAt: collectedAt.UTC(), ReportOnly: true, Users: []User{},
		Root: Root{ARN: fmt.Sprintf("arn:%s:iam::%s:root", r.Partition, r.AccountID)},
	}
	r.AddUsers(a)
	if _, err := r.Apply(a); err != nil {
		return nil, err
	}
	a.markOffline(r.byUser()[RootUser] != nil)
	a.Sort()
	return a, nil
}

// AddUsers puts the users of the report into an account that knows none from elsewhere,
// with name, ARN, path and creation.
func (r *Report) AddUsers(a *Account) {
	for _, row := range r.Rows {
		if row.Root() {
			continue
		}
		a.Users = append(a.Users, User{Name: row.User, ARN: row.ARN, Path: row.Path, Created: row.Created})
		if row.Created.IsZero() {
			a.Missing = append(a.Missing, Missing{Fact: FactUsers, User: row.User, Cause: "the credential report does not say when the user was made"})
		}
	}
}

// markOffline says of everything missing that the file cannot hold it. Root's row is the
// exception: a report holds it, so a file without it was cut.
func (a *Account) markOffline(rootRow bool) {
	for i := range a.Missing {
		root := a.Missing[i].Fact == FactRootCredentials || a.Missing[i].Fact == FactRootLastUsed
		a.Missing[i].Offline = rootRow || !root
	}
	if !rootRow {
		a.Status = Partial
	}
	for _, f := range reportLacks {
		a.Missing = append(a.Missing, Missing{Fact: f, Cause: "a credential report does not hold it", Offline: true})
	}
}
