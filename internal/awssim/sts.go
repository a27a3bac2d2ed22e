package awssim

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// JWT makes a token of claims. Its signature is noise: nothing here checks it.
func JWT(claims map[string]any) string {
	part := func(v any) string {
		b, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return part(map[string]string{"alg": "RS256", "typ": "JWT"}) + "." + part(claims) + "." +
		base64.RawURLEncoding.EncodeToString([]byte("signature of a token that must never be seen"))
}

var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):role/([\w+=,.@/-]+)$`)

func splitRoleARN(arn string) (account, role string, ok bool) {
	m := roleARN.FindStringSubmatch(arn)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

func (s *Server) assumeRoleWithWebIdentity(q *request) reply {
	token := q.form.Get("WebIdentityToken")
	s.mu.Lock()
	s.tokens[token]++
	s.mu.Unlock()
	if q.id != "" {
		s.surprise("%s with a signature", q.action)
	}
	id, name, ok := splitRoleARN(q.form.Get("RoleArn"))
	if !ok {
		return fail(400, "ValidationError", "Request ARN is invalid")
	}
	claims, ok := claimsOf(token)
	if !ok {
		return fail(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	account := s.world.account(id)
	if account == nil || account.Provider == nil || account.Provider.Issuer != claims.Issuer {
		return fail(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for "+claims.Issuer)
	}
	if !slices.Contains(account.Provider.Audiences, claims.Audience) {
		return fail(400, "InvalidIdentityToken", "Incorrect token audience")
	}
	if now := s.world.Now; !now.IsZero() && claims.Expires > 0 && now.Unix() > claims.Expires {
		return fail(400, "ExpiredTokenException", "Token expired: current date/time "+strconv.FormatInt(now.Unix(), 10)+
			" must be before the expiration date/time "+strconv.FormatInt(claims.Expires, 10))
	}
	role := account.role(name)
	if role == nil || !slices.Contains(role.Subjects, claims.Subject) {
		return fail(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	if tooLong(role, q, 0) {
		return fail(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return s.credentials(q, id, name)
}

func (s *Server) assumeRole(q *request) reply {
	arn := q.form.Get("RoleArn")
	id, name, ok := splitRoleARN(arn)
	if !ok {
		return fail(400, "ValidationError", "Request ARN is invalid")
	}
	refused := fail(403, "AccessDenied", "User: arn:"+s.world.partition()+":sts::"+q.id+
		":assumed-role/first/keysweep is not authorized to perform: sts:AssumeRole on resource: "+arn)
	account := s.world.account(id)
	if account == nil {
		return refused
	}
	role := account.role(name)
	if role == nil || !slices.Contains(role.Callers, q.id) || role.ExternalID != "" && role.ExternalID != q.form.Get("ExternalId") {
		return refused
	}
	if tooLong(role, q, time.Hour) {
		return fail(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	return s.credentials(q, id, name)
}

func tooLong(role *Role, q *request, limit time.Duration) bool {
	longest := role.MaxSession
	if longest == 0 {
		longest = time.Hour
	}
	if limit > 0 {
		longest = min(longest, limit)
	}
	seconds, _ := strconv.Atoi(q.form.Get("DurationSeconds"))
	return time.Duration(seconds)*time.Second > longest
}

var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// credentials carry the account in the key id, so that a later request needs no look-up.
func (s *Server) credentials(q *request, account, role string) reply {
	session := q.form.Get("RoleSessionName")
	if !sessionName.MatchString(session) {
		return fail(400, "ValidationError", "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint")
	}
	life := s.world.SessionLife
	if life == 0 {
		life = time.Hour
	}
	return answer(q.operation(), func(d *doc) {
		d.open("Credentials")
		d.text("AccessKeyId", "ASIA"+account+"SIMU")
		d.text("SecretAccessKey", "secret-of-"+account)
		d.text("SessionToken", "session-of-"+account)
		d.time("Expiration", time.Now().Add(life).Truncate(time.Second))
		d.shut("Credentials")
		d.open("AssumedRoleUser")
		d.text("AssumedRoleId", "AROAEXAMPLE:"+session)
		d.text("Arn", "arn:"+s.world.partition()+":sts::"+account+":assumed-role/"+role[strings.LastIndexByte(role, '/')+1:]+"/"+session)
		d.shut("AssumedRoleUser")
	})
}

func (s *Server) getCallerIdentity(q *request) reply {
	return answer(q.operation(), func(d *doc) {
		d.text("Arn", "arn:"+s.world.partition()+":iam::"+q.id+":user/somebody")
		d.text("UserId", "AIDAEXAMPLE")
		d.text("Account", q.id)
	})
}

type claimSet struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Expires  int64  `json:"exp"`
}

func claimsOf(token string) (claimSet, bool) {
	var c claimSet
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, false
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, false
	}
	return c, json.Unmarshal(b, &c) == nil
}
