package awscollect

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/keysweep/keysweep/internal/inventory"
)

// serviceOf is a service-specific credential and the name of its user.
type serviceOf struct {
	user string
	inventory.ServiceCredential
}

// services is the outcome of asking for the credentials of all users at once.
type services struct {
	list []serviceOf
	err  error
}

// readServices asks for the service-specific credentials of all users in one paged call.
func (v *visit) readServices(ctx context.Context) {
	v.services.list, v.services.err = v.listServices(ctx, &iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true), MaxItems: aws.Int32(maxItems)})
}

func (v *visit) listServices(ctx context.Context, in *iam.ListServiceSpecificCredentialsInput) ([]serviceOf, error) {
	var list []serviceOf
	err := pages(ctx, v, actListServices, v.iam.ListServiceSpecificCredentials, in,
		func(in *iam.ListServiceSpecificCredentialsInput, m *string) { in.Marker = m },
		func(out *iam.ListServiceSpecificCredentialsOutput) (bool, *string) {
			for _, c := range out.ServiceSpecificCredentials {
				list = append(list, serviceOf{aws.ToString(c.UserName), inventory.ServiceCredential{
					ID: aws.ToString(c.ServiceSpecificCredentialId), Service: aws.ToString(c.ServiceName), Status: string(c.Status),
					Created: aws.ToTime(c.CreateDate).UTC(), Expires: aws.ToTime(c.ExpirationDate).UTC(),
				}})
			}
			return out.IsTruncated, out.Marker
		})
	return list, err
}

// applyServices gives each user its service-specific credentials. Where AWS does not take
// the question about all users, each is asked about.
func (v *visit) applyServices(ctx context.Context) {
	switch err := v.services.err; {
	case err == nil:
		byUser := map[string][]inventory.ServiceCredential{}
		for _, s := range v.services.list {
			byUser[s.user] = append(byUser[s.user], s.ServiceCredential)
		}
		for i := range v.a.Users {
			v.a.Users[i].Services = byUser[v.a.Users[i].Name]
		}
	case isValidation(err):
		v.breaker.note(actListServices, nil)
		v.eachUser(v.allUsers(), func(u *inventory.User) { v.readServicesOf(ctx, u) })
	default:
		v.lack(inventory.FactServiceCredentials, "", "", actListServices, err)
	}
}

func isValidation(err error) bool {
	switch describe(err).code {
	case "ValidationError", "ValidationException", "InvalidInput", "InvalidParameterValue", "InvalidParameterCombination":
		return true
	}
	return false
}

func (v *visit) readServicesOf(ctx context.Context, u *inventory.User) {
	list, err := v.listServices(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: &u.Name, MaxItems: aws.Int32(maxItems)})
	if v.failed(u.Name, actListServices, err, inventory.FactServiceCredentials) {
		return
	}
	for _, s := range list {
		u.Services = append(u.Services, s.ServiceCredential)
	}
}

// readSSHKeys asks for each user's SSH keys: no other call shows them.
func (v *visit) readSSHKeys(ctx context.Context) {
	v.eachUser(v.allUsers(), func(u *inventory.User) {
		var keys []inventory.SSHKey
		err := pages(ctx, v, actListSSHKeys, v.iam.ListSSHPublicKeys, &iam.ListSSHPublicKeysInput{UserName: &u.Name, MaxItems: aws.Int32(maxItems)},
			func(in *iam.ListSSHPublicKeysInput, m *string) { in.Marker = m },
			func(out *iam.ListSSHPublicKeysOutput) (bool, *string) {
				for _, k := range out.SSHPublicKeys {
					keys = append(keys, inventory.SSHKey{
						ID: aws.ToString(k.SSHPublicKeyId), Active: k.Status == types.StatusTypeActive, Uploaded: aws.ToTime(k.UploadDate).UTC(),
					})
				}
				return out.IsTruncated, out.Marker
			})
		if !v.failed(u.Name, actListSSHKeys, err, inventory.FactSSHKeys) {
			u.SSHKeys = keys
		}
	})
}

// readUsers asks live what the report does not tell: the ids of keys, and everything about
// users that it does not describe in full.
func (v *visit) readUsers(ctx context.Context) {
	noReport := v.report.report == nil
	v.eachUser(v.allUsers(), func(u *inventory.User) {
		if noReport || len(u.Keys) > 0 || v.lacks(inventory.FactAccessKeys, u.Name) {
			v.readKeys(ctx, u)
		}
		if !noReport {
			v.readUnreported(ctx, u)
		}
	})
	// Each user and each key was asked about, and has an entry of its own where that failed.
	v.found("", inventory.FactAccessKeys, inventory.FactAccessKeyLastUsed)
}

// readUnreported reads what the row of a user leaves open: a user made since the report
// has no row at all. Without a report there would be thousands of such calls, and the
// facts stay missing.
func (v *visit) readUnreported(ctx context.Context, u *inventory.User) {
	open := func(f inventory.Fact) bool {
		return v.lacks(f, u.Name) && !v.lacks(f, "") && !v.isGone(u.Name)
	}
	if open(inventory.FactPasswords) || open(inventory.FactPasswordLastUsed) || open(inventory.FactMFA) {
		v.readPassword(ctx, u)
	}
	if open(inventory.FactMFA) {
		v.readMFA(ctx, u)
	}
	if open(inventory.FactCertificates) {
		v.readCertificates(ctx, u)
	}
}

// readKeys lists the keys of a user and joins them to the report's slots.
func (v *visit) readKeys(ctx context.Context, u *inventory.User) bool {
	v.seenOf(u.Name).keys = true
	slots := u.Keys
	known := v.report.report != nil && !v.lacks(inventory.FactAccessKeys, u.Name)
	live, err := v.listKeys(ctx, u.Name)
	if known && v.failed(u.Name, actListKeys, err, inventory.FactAccessKeyIDs) {
		return false
	}
	if v.failed(u.Name, actListKeys, err, inventory.FactAccessKeys, inventory.FactAccessKeyIDs, inventory.FactAccessKeyLastUsed) {
		return false
	}
	var unknown []string
	u.Keys, unknown = inventory.JoinKeys(slots, live)
	if v.lacks(inventory.FactAccessKeyLastUsed, u.Name) {
		unknown = ids(live)
	}
	v.found(u.Name, inventory.FactAccessKeys, inventory.FactAccessKeyIDs, inventory.FactAccessKeyLastUsed)
	u.MarkLive(inventory.FactAccessKeys)
	for _, id := range unknown {
		v.readLastUsed(ctx, u, id)
	}
	return true
}

func ids(keys []inventory.AccessKey) []string {
	var all []string
	for _, k := range keys {
		all = append(all, k.ID)
	}
	return all
}

func (v *visit) listKeys(ctx context.Context, user string) ([]inventory.AccessKey, error) {
	var keys []inventory.AccessKey
	err := pages(ctx, v, actListKeys, v.iam.ListAccessKeys, &iam.ListAccessKeysInput{UserName: &user, MaxItems: aws.Int32(maxItems)},
		func(in *iam.ListAccessKeysInput, m *string) { in.Marker = m },
		func(out *iam.ListAccessKeysOutput) (bool, *string) {
			for _, k := range out.AccessKeyMetadata {
				keys = append(keys, inventory.AccessKey{
					ID: aws.ToString(k.AccessKeyId), Active: k.Status == types.StatusTypeActive,
					Created: aws.ToTime(k.CreateDate).UTC(),
				})
			}
			return out.IsTruncated, out.Marker
		})
	return keys, err
}

// readLastUsed reads the last use of one key live. A call that fails is never "never
// used": the fact is then missing for this key. A key that is gone is dropped.
func (v *visit) readLastUsed(ctx context.Context, u *inventory.User, id string) bool {
	i := slices.IndexFunc(u.Keys, func(k inventory.AccessKey) bool { return k.ID == id })
	if i < 0 {
		return false
	}
	out, err := ask(ctx, v, actKeyLastUsed, v.iam.GetAccessKeyLastUsed, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
	if err == nil && out.AccessKeyLastUsed == nil {
		err = errUnreadable
	}
	if err != nil && isGone(err) {
		u.Keys = slices.Delete(u.Keys, i, i+1)
		return true
	}
	if err != nil {
		v.lack(inventory.FactAccessKeyLastUsed, u.Name, id, actKeyLastUsed, err)
		return false
	}
	k, used := &u.Keys[i], aws.ToTime(out.AccessKeyLastUsed.LastUsedDate).UTC()
	k.Live = true
	if used.After(k.LastUsed) || used.Equal(k.LastUsed) {
		k.LastUsed = used
		k.LastUsedService, k.LastUsedRegion = orNone(out.AccessKeyLastUsed.ServiceName), orNone(out.AccessKeyLastUsed.Region)
	}
	return true
}

// errUnreadable is an answer without the part that was asked for.
var errUnreadable = &Error{Code: CodeFault, Cause: "the answer could not be read"}

// orNone turns AWS's N/A into nothing.
func orNone(s *string) string {
	if aws.ToString(s) == "N/A" {
		return ""
	}
	return aws.ToString(s)
}

// readLogin reads whether the user has a password. known is false when that failed.
func (v *visit) readLogin(ctx context.Context, u *inventory.User) (known bool) {
	if s := v.seenOf(u.Name); s.login {
		return !v.lacks(inventory.FactPasswords, u.Name)
	} else {
		s.login = true
	}
	out, err := ask(ctx, v, actLoginProfile, v.iam.GetLoginProfile, &iam.GetLoginProfileInput{UserName: &u.Name})
	if err == nil && out.LoginProfile == nil {
		err = errUnreadable
	}
	if err != nil && isGone(err) {
		// No password: there is nothing more to know about it.
		u.Password = inventory.Password{}
		v.read(u, inventory.FactPasswords, inventory.FactPasswordLastUsed)
		return true
	}
	if v.failed(u.Name, actLoginProfile, err, inventory.FactPasswords) {
		return false
	}
	u.Password.Enabled = true
	u.Password.Set = later(u.Password.Set, aws.ToTime(out.LoginProfile.CreateDate))
	v.read(u, inventory.FactPasswords)
	return true
}

// readPassword reads the password of a user, its last use and the user's MFA devices.
// Without a password neither matters.
func (v *visit) readPassword(ctx context.Context, u *inventory.User) bool {
	if !v.readLogin(ctx, u) {
		return false
	}
	if !u.Password.Enabled {
		return true
	}
	used := v.readPasswordUse(ctx, u)
	return v.readMFA(ctx, u) && used
}

func (v *visit) readPasswordUse(ctx context.Context, u *inventory.User) bool {
	if s := v.seenOf(u.Name); s.user {
		return !v.lacks(inventory.FactPasswordLastUsed, u.Name)
	} else {
		s.user = true
	}
	out, err := ask(ctx, v, actGetUser, v.iam.GetUser, &iam.GetUserInput{UserName: &u.Name})
	if err == nil && out.User == nil {
		err = errUnreadable
	}
	if v.failed(u.Name, actGetUser, err, inventory.FactPasswordLastUsed) {
		return false
	}
	u.Password.LastUsed = later(u.Password.LastUsed, aws.ToTime(out.User.PasswordLastUsed))
	v.read(u, inventory.FactPasswordLastUsed)
	return true
}

func (v *visit) readMFA(ctx context.Context, u *inventory.User) bool {
	if s := v.seenOf(u.Name); s.mfa {
		return !v.lacks(inventory.FactMFA, u.Name)
	} else {
		s.mfa = true
	}
	// One device answers the question, so the first page that has one is enough; an
	// empty page may come before it.
	has := false
	err := pages(ctx, v, actListMFA, v.iam.ListMFADevices, &iam.ListMFADevicesInput{UserName: &u.Name},
		func(in *iam.ListMFADevicesInput, m *string) { in.Marker = m },
		func(out *iam.ListMFADevicesOutput) (bool, *string) {
			has = has || len(out.MFADevices) > 0
			return out.IsTruncated && !has, out.Marker
		})
	if v.failed(u.Name, actListMFA, err, inventory.FactMFA) {
		return false
	}
	u.MFA = has
	v.read(u, inventory.FactMFA)
	return true
}

func (v *visit) readCertificates(ctx context.Context, u *inventory.User) bool {
	if s := v.seenOf(u.Name); s.certificates {
		return !v.lacks(inventory.FactCertificates, u.Name)
	} else {
		s.certificates = true
	}
	var list []inventory.Certificate
	err := pages(ctx, v, actListCertificates, v.iam.ListSigningCertificates, &iam.ListSigningCertificatesInput{UserName: &u.Name, MaxItems: aws.Int32(maxItems)},
		func(in *iam.ListSigningCertificatesInput, m *string) { in.Marker = m },
		func(out *iam.ListSigningCertificatesOutput) (bool, *string) {
			for _, c := range out.Certificates {
				list = append(list, inventory.Certificate{
					ID: aws.ToString(c.CertificateId), Active: c.Status == types.StatusTypeActive, Set: aws.ToTime(c.UploadDate).UTC(),
				})
			}
			return out.IsTruncated, out.Marker
		})
	if v.failed(u.Name, actListCertificates, err, inventory.FactCertificates) {
		return false
	}
	u.Certificates = list
	v.read(u, inventory.FactCertificates)
	return true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC()
	}
	return a
}
