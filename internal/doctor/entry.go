package doctor

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

const (
	linkIDToken      = "id-token: write"
	linkRole         = "first role"
	linkCaller       = "account"
	linkOrganization = "organization"
)

func (f Facts) idTokenLink() Link {
	e := f.Entry
	switch {
	case e.Event != "":
		return missing(linkIDToken, fmt.Sprintf("no token is asked for at the event %s, where a stranger may have started the job", e.Event),
			do("run it on schedule or workflow_dispatch"))
	case e.Role == "":
		return skip(linkIDToken, "not needed: role-to-assume is empty")
	case e.TokenFault == nil:
		l := ok(linkIDToken, "the job gets an OIDC token, which says:")
		l.Info = e.Claims.lines()
		return l
	case e.TokenFault.Kind == NoIDToken && !e.OnRunner:
		return missing(linkIDToken, "this is no job of GitHub Actions, and role-to-assume is taken with a job's token",
			do("leave role-to-assume out to use the AWS SDK's default credentials, or run this in the workflow with `mode: doctor`"))
	case e.TokenFault.Kind == NoIDToken:
		return missing(linkIDToken, "the job may not have an OIDC token", jobPermission("id-token: write"), fromFork)
	}
	return faulty(linkIDToken, e.TokenFault)
}

// lines are the claims, one a line.
func (c Claims) lines() []string {
	var out []string
	for _, claim := range [][2]string{
		{"sub", c.Subject}, {"aud", c.Audience}, {"iss", c.Issuer}, {"repository", c.Repository}, {"ref", c.Ref}, {"environment", c.Environment},
	} {
		if claim[1] == "" {
			claim[1] = "(none)"
		}
		out = append(out, fmt.Sprintf("%-12s%s", claim[0], claim[1]))
	}
	return out
}

func (f Facts) roleLink() Link {
	e := f.Entry
	switch {
	case f.idTokenLink().Bad():
		return waits(linkRole, linkIDToken)
	case e.RoleFault == nil && e.Role == "":
		return ok(linkRole, "none: the AWS SDK's default credentials are used")
	case e.RoleFault == nil:
		return ok(linkRole, "%s is assumed", e.Role)
	}
	switch e.RoleFault.Kind {
	case NoProvider:
		return e.noProvider()
	case WrongAudience:
		return e.wrongAudience()
	case NotTrusted:
		return e.notTrusted()
	}
	return faulty(linkRole, e.RoleFault)
}

func (e Entry) noProvider() Link {
	return missing(linkRole, fmt.Sprintf("account %s has no OIDC provider for %s", e.Account, e.Claims.Issuer),
		do("create it there, or deploy deploy/cloudformation/first-role.yml",
			"aws iam create-open-id-connect-provider --url "+e.Claims.Issuer+" --client-id-list "+e.Audience),
		do("correct the account in role-to-assume, if the provider is in another one"))
}

func (e Entry) wrongAudience() Link {
	usual := "sts.amazonaws.com"
	if partition(e.Role) == "aws-cn" {
		usual += ".cn"
	}
	provider := "arn:" + partition(e.Role) + ":iam::" + e.Account + ":oidc-provider/" + e.issuer()
	steps := []Step{do("add it to the provider's audiences",
		"aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "+provider+" --client-id "+e.Audience)}
	if e.Audience != usual {
		steps = append([]Step{do("set audience to the one that AWS is asked with, or leave it out", "audience: "+usual)}, steps...)
	}
	return missing(linkRole, fmt.Sprintf("the OIDC provider of account %s does not take the audience %q", e.Account, e.Audience), steps...)
}

// issuer is the issuer as IAM names it: without its scheme.
func (e Entry) issuer() string { return strings.TrimPrefix(e.Claims.Issuer, "https://") }

func partition(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 {
		return "aws"
	}
	return parts[1]
}

var immutableForm = regexp.MustCompile(`^repo:[^:/]+@[0-9]+/[^:/]+@[0-9]+:`)

// notTrusted is the refusal for which AWS gives no reason. The token's subject has one of two forms, and a trust policy
// that names the other is the likeliest one.
func (e Entry) notTrusted() Link {
	cause := e.Role + " does not take this job's token"
	if p := e.RoleFault.Policy; p != "" && e.RoleFault.Explicit {
		return missing(linkRole, cause+": an explicit deny in a "+p, do("let that policy leave the role out"))
	}
	form := "whose subject has the older form, without ids: a trust policy that asks for the ids does not match it"
	if immutableForm.MatchString(e.Claims.Subject) {
		form = "whose subject has the newer form, with the ids of owner and repository: a trust policy without them does not match it"
	}
	name := e.Role[strings.LastIndexByte(e.Role, '/')+1:]
	subject := "let the trust policy of the role name the subject (one form is enough; both are safe)"
	if e.Claims.Other == "" {
		subject = "let the trust policy of the role name the subject"
	}
	steps := []Step{
		do(subject, e.trust()...),
		do(fmt.Sprintf("see that account %s has a role of this name; AWS answers the same when it has none", e.Account), "aws iam get-role --role-name "+name),
	}
	if name == "GitHubActions" {
		steps = append(steps, do("rename the role: one of exactly this name is reported never to work"))
	}
	return missing(linkRole, cause+", "+form, steps...)
}

// trust is the condition of a trust policy that lets this token in, by either form of its subject.
func (e Entry) trust() []string {
	subjects := []string{e.Claims.Subject}
	if e.Claims.Other != "" {
		subjects = append(subjects, e.Claims.Other)
	}
	out := []string{jsonText(e.issuer()+":aud") + ": " + jsonText(e.Claims.Audience) + ",", jsonText(e.issuer()+":sub") + ": ["}
	for i, s := range subjects {
		comma := ","
		if i == len(subjects)-1 {
			comma = ""
		}
		out = append(out, "  "+jsonText(s)+comma)
	}
	return append(out, "]")
}

// jsonText is s as JSON that can stand in a policy.
func jsonText(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string and a Builder never fail
	return strings.TrimSuffix(b.String(), "\n")
}

// blocker is the link of the way into AWS that the later ones wait for; empty: none.
func (f Facts) blocker() string {
	switch {
	case f.idTokenLink().Bad():
		return linkIDToken
	case f.roleLink().Bad():
		return linkRole
	case f.organizationLink().Bad():
		return linkOrganization
	}
	return ""
}

func (f Facts) callerLink() Link {
	e := f.Entry
	switch {
	case f.idTokenLink().Bad():
		return waits(linkCaller, linkIDToken)
	case f.roleLink().Bad():
		return waits(linkCaller, linkRole)
	case e.CallerFault != nil:
		return faulty(linkCaller, e.CallerFault)
	}
	return ok(linkCaller, "%s, as %s", e.Home, e.Caller)
}

func (f Facts) organizationLink() Link {
	o := f.Organization
	switch {
	case !o.Wanted && o.Listed > 0:
		return skip(linkOrganization, "not needed: accounts names %s", plural(o.Listed, "account"))
	case !o.Wanted:
		return skip(linkOrganization, "not needed: accounts is empty, the first role's account alone is audited")
	case f.idTokenLink().Bad():
		return waits(linkOrganization, linkIDToken)
	case f.roleLink().Bad():
		return waits(linkOrganization, linkRole)
	case o.Fault == nil && o.Inactive > 0:
		return ok(linkOrganization, "%s; %d not active, left out", plural(o.Active, "active account"), o.Inactive)
	case o.Fault == nil:
		return ok(linkOrganization, "%s", plural(o.Active, "active account"))
	}
	return f.noOrganization()
}

const listInstead = "list the accounts instead of the word organization"

func (f Facts) noOrganization() Link {
	fault := f.Organization.Fault
	ids := do(listInstead, "accounts: 111122223333, 444455556666")
	account := "the first role's account"
	if f.Entry.Home != "" {
		account = "account " + f.Entry.Home
	}
	central := do("take the first role in the management account, or make " + account + " a delegated administrator there")
	switch {
	case fault.Kind == Outside:
		return missing(linkOrganization, account+" is in no organization", do("leave accounts empty for this one account"), ids)
	case fault.Kind == Member:
		return missing(linkOrganization, account+" is a member of the organization and may not list the others", central, ids)
	case fault.Kind == Refused && fault.Explicit:
		return missing(linkOrganization, "listing the organization's accounts is denied in a "+fault.Policy, do("let that policy leave the first role out"), ids)
	case fault.Kind == Refused:
		steps := []Step{do("add this statement to the policy of the first role", allow("organizations:ListAccounts", "*"))}
		if fault.Policy == "" {
			steps = append(steps, central)
		}
		return missing(linkOrganization, "the first role may not list the organization's accounts", append(steps, ids)...)
	}
	return faulty(linkOrganization, fault)
}

// allow is a statement of a policy that allows one action.
func allow(action, resource string) string {
	return fmt.Sprintf(`{"Effect": "Allow", "Action": %s, "Resource": %s}`, jsonText(action), jsonText(resource))
}
