package awssim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reportHeader is the header of a report as AWS writes it in 2026.
const reportHeader = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
	"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
	"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
	"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

// Report is the credential report of an account: root first, users sorted without
// regard to case, slots in the order of key ids, no new line at the end. A column of
// additional credentials is there only when a user has some.
func (w *World) Report(a *Account) string {
	users := a.Users
	if a.Reported != nil {
		users = a.Reported
	}
	users = slices.Clone(users)
	slices.SortFunc(users, func(a, b User) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	extra := slices.ContainsFunc(users, func(u User) bool { return len(u.Keys) > 2 })
	lines := []string{reportHeader}
	if extra {
		lines[0] += ",additional_credentials_info"
	}
	lines = append(lines, w.rootRow(a, extra))
	for i := range users {
		lines = append(lines, w.userRow(a, &users[i], extra))
	}
	return strings.Join(lines, "\n")
}

func (w *World) rootRow(a *Account, extra bool) string {
	r := &a.Root
	c := []string{"<root_account>", "arn:" + w.partition() + ":iam::" + a.ID + ":root", date(r.Created)}
	c = append(c, passwordCells(r.Password, r.PasswordSet, r.PasswordLastUsed)...)
	c = append(c, "not_supported", strconv.FormatBool(r.MFA))
	return row(append(c, credentialCells(r.Keys, r.Certificates)...), extra, len(r.Keys))
}

func (w *World) userRow(a *Account, u *User, extra bool) string {
	c := []string{u.Name, w.userARN(a, u), date(u.Created)}
	if u.Password == nil {
		c = append(c, passwordCells(false, time.Time{}, time.Time{})...)
	} else {
		c = append(c, passwordCells(true, u.Password.Set, u.Password.LastUsed)...)
	}
	c = append(c, "N/A", strconv.FormatBool(u.MFA))
	return row(append(c, credentialCells(u.Keys, u.Certs)...), extra, len(u.Keys))
}

func row(cells []string, extra bool, keys int) string {
	if extra {
		info := ""
		if keys > 2 {
			info = strconv.Itoa(keys-2) + " additional access keys: iam:ListAccessKeys"
		}
		cells = append(cells, info)
	}
	for i, c := range cells {
		if strings.ContainsAny(c, ",\"\n") {
			cells[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
	}
	return strings.Join(cells, ",")
}

func passwordCells(enabled bool, set, used time.Time) []string {
	if !enabled {
		return []string{"false", "N/A", "N/A"}
	}
	last := "no_information"
	if !used.IsZero() {
		last = date(used)
	}
	return []string{"true", last, date(set)}
}

func credentialCells(keys []Key, certs []Certificate) []string {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b Key) int { return cmp.Compare(a.ID, b.ID) })
	var c []string
	for i := range 2 {
		if i >= len(keys) {
			c = append(c, "false", "N/A", "N/A", "N/A", "N/A")
			continue
		}
		k := keys[i]
		c = append(c, strconv.FormatBool(!k.Inactive), date(k.Created), date(k.LastUsed), orNA(k.Region, k.LastUsed), orNA(k.Service, k.LastUsed))
	}
	for i := range 2 {
		if i >= len(certs) {
			c = append(c, "false", "N/A")
			continue
		}
		c = append(c, strconv.FormatBool(!certs[i].Inactive), date(certs[i].Set))
	}
	return c
}

// date is whole seconds, or N/A.
func date(t time.Time) string {
	if t.IsZero() {
		return "N/A"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
