package ghfake

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// SetClaims sets claims of the tokens that the issuer gives out, over the usual ones of a workflow's job.
func (s *Server) SetClaims(claims map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims = maps.Clone(claims)
}

// OIDCEnv is what a runner sets in a job that has "id-token: write".
func (s *Server) OIDCEnv() map[string]string {
	return map[string]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL":   s.URL + "/_oidc/token?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": OIDCRequestToken,
	}
}

// Env is what a runner sets for the API and the issuer.
func (s *Server) Env() map[string]string {
	env := s.OIDCEnv()
	env["GITHUB_API_URL"], env["GITHUB_SERVER_URL"], env["GITHUB_GRAPHQL_URL"] = s.URL, s.URL, s.URL+"/graphql"
	env["GITHUB_REPOSITORY"] = DefaultRepository
	return env
}

// oidc gives out a token that nobody signed, a new one each time.
func (s *Server) oidc(req *http.Request) *reply {
	if bearer(req) != OIDCRequestToken {
		return fail(http.StatusUnauthorized, "Unauthorized")
	}
	s.issued++
	claims := map[string]any{
		"iss": "https://token.actions.githubusercontent.com", "sub": "repo:" + DefaultRepository + ":ref:refs/heads/main",
		"repository": DefaultRepository, "ref": "refs/heads/main", "jti": fmt.Sprintf("token-%d", s.issued),
		"aud": req.URL.Query().Get("audience"), "iat": s.time().Unix(), "nbf": s.time().Unix(), "exp": s.time().Unix() + 300,
	}
	maps.Copy(claims, s.claims)
	token := part(map[string]any{"typ": "JWT", "alg": "RS256", "kid": "fake"}) + "." + part(claims) + ".ZmFrZS1zaWduYXR1cmU"
	return jsonReply(http.StatusOK, map[string]any{"count": s.issued, "value": token})
}

func part(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // claims of a test
	}
	return base64.RawURLEncoding.EncodeToString(data)
}
