package awssim

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) generateCredentialReport(q *request) reply {
	s.mu.Lock()
	n := s.generated[q.id]
	s.generated[q.id]++
	s.mu.Unlock()
	return answer(q.operation(), func(d *doc) {
		switch {
		case q.account.ReportReady || n > q.account.ReportPolls:
			d.text("State", "COMPLETE")
		case n == 0:
			d.text("State", "STARTED")
			d.text("Description", "No report exists. Starting a new report generation task")
		default:
			d.text("State", "INPROGRESS")
		}
	})
}

func (s *Server) getCredentialReport(q *request) reply {
	s.mu.Lock()
	n := s.generated[q.id]
	s.mu.Unlock()
	switch {
	case q.account.ReportReady || n > q.account.ReportPolls+1:
	case n == 0:
		return fail(410, "ReportNotPresent", "Unknown")
	default:
		return fail(404, "ReportInProgress", "Unknown")
	}
	csv := q.account.ReportCSV
	if csv == "" {
		csv = s.world.Report(q.account)
	}
	return answer(q.operation(), func(d *doc) {
		d.text("Content", base64.StdEncoding.EncodeToString([]byte(csv)))
		d.text("ReportFormat", "text/csv")
		d.time("GeneratedTime", q.account.ReportAt)
	})
}

func (s *Server) getAccountSummary(q *request) reply {
	root := &q.account.Root
	bit := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	all := map[string]int{
		"AccountMFAEnabled": bit(root.MFA), "AccountAccessKeysPresent": bit(len(root.Keys) > 0),
		"AccountPasswordPresent": bit(root.Password), "AccountSigningCertificatesPresent": bit(len(root.Certificates) > 0),
		"Users": len(q.account.Users), "UsersQuota": 5000, "AccessKeysPerUserQuota": 2,
	}
	for _, k := range q.account.OmitSummary {
		delete(all, k)
	}
	return answer(q.operation(), func(d *doc) {
		d.open("SummaryMap")
		for _, k := range slices.Sorted(maps.Keys(all)) {
			d.open("entry")
			d.text("key", k)
			d.text("value", strconv.Itoa(all[k]))
			d.shut("entry")
		}
		d.shut("SummaryMap")
	})
}

// getAccountAuthorizationDetails pages over users, then groups, then policies, as one row.
func (s *Server) getAccountAuthorizationDetails(q *request) reply {
	users, groups, policies := q.account.Users, q.account.Groups, q.account.Policies
	var filter []string
	for i := 1; q.form.Has("Filter.member." + strconv.Itoa(i)); i++ {
		filter = append(filter, q.form.Get("Filter.member."+strconv.Itoa(i)))
	}
	if want := []string{"User", "Group", "LocalManagedPolicy"}; !slices.Equal(filter, want) {
		s.surprise("%s with the filter %q", q.action, filter)
	}
	nu, ng := len(users), len(users)+len(groups)
	from, to, next := s.formWindow(q, ng+len(policies))
	part := func(lo, hi int) (int, int) { return clamp(from, lo, hi) - lo, clamp(to, lo, hi) - lo }
	return answer(q.operation(), func(d *doc) {
		a, b := part(0, nu)
		d.list("UserDetailList", a, b, func(i int) { s.userDetail(d, q.account, &users[i]) })
		a, b = part(nu, ng)
		d.list("GroupDetailList", a, b, func(i int) { s.groupDetail(d, q.account, &groups[i]) })
		a, b = part(ng, ng+len(policies))
		d.list("Policies", a, b, func(i int) { policyDetail(d, &policies[i]) })
		d.page(next)
	})
}

func clamp(v, lo, hi int) int { return max(lo, min(v, hi)) }

func (s *Server) userDetail(d *doc, a *Account, u *User) {
	d.text("Path", u.path())
	d.text("UserName", u.Name)
	d.text("UserId", u.ID)
	d.text("Arn", s.world.userARN(a, u))
	d.time("CreateDate", u.Created)
	inline(d, "UserPolicyList", u.Inline)
	d.list("GroupList", 0, len(u.Groups), func(i int) { d.b.WriteString(u.Groups[i]) })
	attached(d, u.Attached)
	if u.Boundary != "" {
		d.open("PermissionsBoundary")
		d.text("PermissionsBoundaryType", "PermissionsBoundaryPolicy")
		d.text("PermissionsBoundaryArn", u.Boundary)
		d.shut("PermissionsBoundary")
	}
	keys := slices.Sorted(maps.Keys(u.Tags))
	d.list("Tags", 0, len(keys), func(i int) {
		d.text("Key", keys[i])
		d.text("Value", u.Tags[keys[i]])
	})
}

func (s *Server) groupDetail(d *doc, a *Account, g *Group) {
	d.text("Path", "/")
	d.text("GroupName", g.Name)
	d.text("GroupId", "AGPA"+strings.ToUpper(g.Name))
	d.text("Arn", "arn:"+s.world.partition()+":iam::"+a.ID+":group/"+g.Name)
	inline(d, "GroupPolicyList", g.Inline)
	attached(d, g.Attached)
}

func policyDetail(d *doc, p *Policy) {
	d.text("PolicyName", lastPart(p.ARN))
	d.text("Arn", p.ARN)
	d.text("DefaultVersionId", "v2")
	d.list("PolicyVersionList", 0, 2, func(i int) {
		document := p.Document
		if i == 1 {
			document = `{"Version":"2012-10-17","Statement":[]}` // an old version that no longer counts
		}
		d.text("Document", encode(document))
		d.text("VersionId", []string{"v2", "v1"}[i])
		d.bool("IsDefaultVersion", i == 0)
	})
}

func inline(d *doc, name string, documents map[string]string) {
	names := slices.Sorted(maps.Keys(documents))
	d.list(name, 0, len(names), func(i int) {
		d.text("PolicyName", names[i])
		d.text("PolicyDocument", encode(documents[names[i]]))
	})
}

func attached(d *doc, arns []string) {
	d.list("AttachedManagedPolicies", 0, len(arns), func(i int) {
		d.text("PolicyName", lastPart(arns[i]))
		d.text("PolicyArn", arns[i])
	})
}

// encode is RFC 3986, where a space is %20.
func encode(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func (s *Server) listServiceSpecificCredentials(q *request) reply {
	type row struct {
		user string
		Service
	}
	name, all := q.form.Get("UserName"), q.form.Get("AllUsers") == "true"
	if (name != "") == all {
		return fail(400, "ValidationError", "Exactly one of UserName and AllUsers must be given")
	}
	if name != "" && q.account.user(name) == nil {
		return noUser(name)
	}
	var rows []row
	for _, u := range q.account.Users {
		for _, c := range u.Services {
			if all || u.Name == name {
				rows = append(rows, row{u.Name, c})
			}
		}
	}
	from, to, next := s.formWindow(q, len(rows))
	return answer(q.operation(), func(d *doc) {
		d.list("ServiceSpecificCredentials", from, to, func(i int) {
			d.text("UserName", rows[i].user)
			d.text("Status", rows[i].Status)
			d.text("ServiceName", rows[i].Service.Service)
			d.time("CreateDate", rows[i].Created)
			d.text("ServiceSpecificCredentialId", rows[i].ID)
			d.time("ExpirationDate", rows[i].Expires)
		})
		d.page(next)
	})
}

func noUser(name string) reply {
	return fail(404, "NoSuchEntity", "The user with name "+name+" cannot be found.")
}

// ofUser answers a list of one user's things, paged.
func (s *Server) ofUser(q *request, list string, count func(u *User) int, each func(d *doc, u *User, i int)) reply {
	u := q.account.user(q.form.Get("UserName"))
	if u == nil {
		return noUser(q.form.Get("UserName"))
	}
	from, to, next := s.formWindow(q, count(u))
	return answer(q.operation(), func(d *doc) {
		d.list(list, from, to, func(i int) { each(d, u, i) })
		d.page(next)
	})
}

func (s *Server) listSSHPublicKeys(q *request) reply {
	return s.ofUser(q, "SSHPublicKeys", func(u *User) int { return len(u.SSH) }, func(d *doc, u *User, i int) {
		d.text("UserName", u.Name)
		d.text("SSHPublicKeyId", u.SSH[i].ID)
		d.status(u.SSH[i].Inactive)
		d.time("UploadDate", u.SSH[i].Uploaded)
	})
}

func (s *Server) listAccessKeys(q *request) reply {
	return s.ofUser(q, "AccessKeyMetadata", func(u *User) int { return len(u.Keys) }, func(d *doc, u *User, i int) {
		d.text("UserName", u.Name)
		d.text("AccessKeyId", u.Keys[i].ID)
		d.status(u.Keys[i].Inactive)
		d.time("CreateDate", u.Keys[i].Created)
	})
}

func (s *Server) listMFADevices(q *request) reply {
	count := func(u *User) int {
		if u.MFA {
			return 1
		}
		return 0
	}
	return s.ofUser(q, "MFADevices", count, func(d *doc, u *User, _ int) {
		d.text("UserName", u.Name)
		d.text("SerialNumber", "arn:"+s.world.partition()+":iam::"+q.id+":mfa/"+u.Name)
		d.time("EnableDate", u.Created)
	})
}

func (s *Server) listSigningCertificates(q *request) reply {
	return s.ofUser(q, "Certificates", func(u *User) int { return len(u.Certs) }, func(d *doc, u *User, i int) {
		d.text("UserName", u.Name)
		d.text("CertificateId", u.Certs[i].ID)
		d.text("CertificateBody", "-----BEGIN CERTIFICATE-----")
		d.status(u.Certs[i].Inactive)
		d.time("UploadDate", u.Certs[i].Set)
	})
}

func (s *Server) getAccessKeyLastUsed(q *request) reply {
	id := q.form.Get("AccessKeyId")
	for i := range q.account.Users {
		u := &q.account.Users[i]
		for _, k := range u.Keys {
			if k.ID == id {
				return answer(q.operation(), func(d *doc) { lastUsed(d, u.Name, k) })
			}
		}
	}
	return fail(404, "NoSuchEntity", "The Access Key with id "+id+" cannot be found")
}

func lastUsed(d *doc, user string, k Key) {
	d.text("UserName", user)
	d.open("AccessKeyLastUsed")
	d.time("LastUsedDate", k.LastUsed)
	d.text("ServiceName", orNA(k.Service, k.LastUsed))
	d.text("Region", orNA(k.Region, k.LastUsed))
	d.shut("AccessKeyLastUsed")
}

// orNA is what AWS says in place of a service or region that it does not know.
func orNA(s string, used time.Time) string {
	if s == "" || used.IsZero() {
		return "N/A"
	}
	return s
}

func (s *Server) getLoginProfile(q *request) reply {
	name := q.form.Get("UserName")
	u := q.account.user(name)
	if u == nil || u.Password == nil {
		return fail(404, "NoSuchEntity", "Login Profile for User "+name+" cannot be found.")
	}
	return answer(q.operation(), func(d *doc) {
		d.open("LoginProfile")
		d.text("UserName", name)
		d.time("CreateDate", u.Password.Set)
		d.shut("LoginProfile")
	})
}

func (s *Server) getUser(q *request) reply {
	u := q.account.user(q.form.Get("UserName"))
	if u == nil {
		return noUser(q.form.Get("UserName"))
	}
	return answer(q.operation(), func(d *doc) {
		d.open("User")
		d.text("Path", u.path())
		d.text("UserName", u.Name)
		d.text("UserId", u.ID)
		d.text("Arn", s.world.userARN(q.account, u))
		d.time("CreateDate", u.Created)
		if u.Password != nil {
			d.time("PasswordLastUsed", u.Password.LastUsed)
		}
		d.shut("User")
	})
}
