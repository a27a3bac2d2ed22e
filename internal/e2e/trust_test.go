//go:build moto

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// role says who may assume a role. moto lets everybody assume everything.
type role struct {
	// By OIDC: the audiences of the account's provider (nil: the account has no provider) and
	// the subjects of the trust policy.
	audiences, subjects []string
	// By chaining: the account that is trusted, and the external id it must send.
	trusts, externalID string
}

// trust makes a role known.
func (p *proxy) trust(arn string, r role) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roles[arn] = r
}

// distrusts answers an assumption as STS does when the trust policy does not allow it.
func (p *proxy) distrusts(c call) (fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, known := p.roles[c.form.Get("RoleArn")]
	switch c.action {
	case "sts:AssumeRoleWithWebIdentity":
		token := c.form.Get("WebIdentityToken")
		p.secrets = append(p.secrets, token)
		return r.distrustsToken(known, token)
	case "sts:AssumeRole":
		if !known || r.trusts != c.account || r.externalID != "" && r.externalID != c.form.Get("ExternalId") {
			return fault{status: http.StatusForbidden, code: "AccessDenied", message: "User: arn:aws:sts::" + c.account +
				":assumed-role/keysweep/keysweep is not authorized to perform: sts:AssumeRole on resource: " +
				c.form.Get("RoleArn")}, true
		}
		if d := c.form.Get("DurationSeconds"); len(d) > 4 || d > "3600" && len(d) == 4 {
			return fault{status: http.StatusBadRequest, code: "ValidationError", message: "The requested DurationSeconds " +
				"exceeds the 1 hour session limit for roles assumed by role chaining"}, true
		}
	}
	return fault{}, false
}

func (r role) distrustsToken(known bool, token string) (fault, bool) {
	claims := claimsOf(token)
	switch {
	case known && r.audiences == nil:
		return fault{status: http.StatusBadRequest, code: "InvalidIdentityToken", message: "No OpenIDConnect provider " +
			"found in your account for https://token.actions.githubusercontent.com"}, true
	case known && !slices.Contains(r.audiences, claims.Audience):
		return fault{
			status: http.StatusBadRequest, code: "InvalidIdentityToken", message: "Incorrect token audience",
		}, true
	case !known || !slices.Contains(r.subjects, claims.Subject):
		return fault{
			status: http.StatusForbidden, code: "AccessDenied",
			message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
		}, true
	}
	return fault{}, false
}

type claims struct {
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
}

// claimsOf reads the claims of a token; whoever cannot be read has none.
func claimsOf(token string) (c claims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}
	}
	return c
}

var (
	givenKey    = regexp.MustCompile(`<AccessKeyId>(\w+)</AccessKeyId>`)
	givenSecret = regexp.MustCompile(`<(?:SecretAccessKey|SessionToken)>([^<]+)<`)
)

// remember keeps whose the credentials are that an assumption gave, and that nobody may see them.
func (p *proxy) remember(c call, body []byte) {
	if c.action != "sts:AssumeRole" && c.action != "sts:AssumeRoleWithWebIdentity" {
		return
	}
	m := givenKey.FindSubmatch(body)
	if m == nil {
		p.t.Errorf("proxy: %s gave no credentials: %s", c.action, body)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions[string(m[1])] = accountOf(c.form.Get("RoleArn"))
	for _, s := range givenSecret.FindAllSubmatch(body, -1) {
		p.secrets = append(p.secrets, string(s[1]))
	}
}
