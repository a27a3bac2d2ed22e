package ghapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/ghfake"
)

func lookIn(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

// TestToken: each token is fresh, for the audience that was asked for, and masked before it is handed out.
func TestToken(t *testing.T) {
	s := ghfake.New(t)
	var masked []string
	o := OIDC{Getenv: lookIn(s.OIDCEnv()), Sleep: s.Sleep, Mask: func(token string) { masked = append(masked, token) }}
	var got []string
	for range 2 {
		token, err := o.Token(t.Context(), "sts.amazonaws.com")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, token)
	}
	if got[0] == got[1] {
		t.Error("the same token twice")
	}
	if !slices.Equal(masked, got) {
		t.Errorf("%d tokens were masked, want both", len(masked))
	}
	if q := s.Requests()[0].Query; !strings.Contains(q, "audience=sts.amazonaws.com") || !strings.Contains(q, "api-version=2.0") {
		t.Errorf("asked for %q", q)
	}
}

func TestTokenFaults(t *testing.T) {
	tests := []struct {
		kind   ghfake.FaultKind
		times  int
		asked  int
		works  bool
		reason string
	}{
		{ghfake.BadGateway, 3, 4, true, ""},
		{ghfake.BadGateway, -1, 4, false, "GitHub says 502"},
		{ghfake.AnswerLost, 2, 3, true, ""},
		{ghfake.AnswerCut, 1, 2, true, ""},
		{ghfake.Reset, -1, 4, false, ""},
		{ghfake.TooMany, 1, 2, true, ""},
		{ghfake.SecondaryBare, -1, 1, false, "GitHub says 403"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.kind, " ", tt.times), func(t *testing.T) {
			s := ghfake.New(t)
			s.Inject(ghfake.Fault{Kind: tt.kind, Times: tt.times})
			var masked []string
			o := OIDC{
				Getenv: lookIn(s.OIDCEnv()), Sleep: s.Sleep, HTTP: &http.Transport{DisableKeepAlives: true},
				Mask: func(token string) { masked = append(masked, token) },
			}
			token, err := o.Token(t.Context(), "aud")
			if (err == nil) != tt.works || tt.works && token == "" {
				t.Errorf("got %v, want it to work: %v", err, tt.works)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.reason) || strings.Contains(err.Error(), ghfake.OIDCRequestToken)) {
				t.Errorf("got %v, want %q", err, tt.reason)
			}
			if n := len(s.Requests()); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
			if tt.works != (len(masked) == 1) {
				t.Errorf("masked %d tokens", len(masked))
			}
		})
	}
}

// TestTokenAnswers: no part of an answer is repeated in an error, for it may hold a token.
func TestTokenAnswers(t *testing.T) {
	const secret = "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0"
	tests := []struct {
		status int
		body   string
		want   string
	}{
		{200, `{"value":"` + secret + `"}`, "the answer holds no token"},
		{200, `{"value":"` + secret + `.x\n::set-env name=A::b"}`, "the answer holds no token"},
		{200, `{"value":""}`, "the answer holds no token"},
		{200, secret, "the answer is not understood"},
		{400, `{"message":"` + secret + `"}`, "GitHub says 400"},
	}
	for _, tt := range tests {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			w.Write([]byte(tt.body)) //nolint:errcheck // the client went away
		}))
		env := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": web.URL + "/x?y=z", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": testToken}
		k := newClock()
		o := OIDC{Getenv: lookIn(env), Sleep: k.Sleep, Mask: func(string) { t.Error("masked what is no token") }}
		_, err := o.Token(t.Context(), "aud")
		web.Close()
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), testToken) {
			t.Errorf("%s: got %v, want %q", tt.body, err, tt.want)
		}
		if len(k.slept) > 0 {
			t.Errorf("%s: asked again", tt.body)
		}
	}
}

func TestNoIDToken(t *testing.T) {
	full := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:1/", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": testToken}
	for missing := range full {
		env := map[string]string{}
		for k, v := range full {
			if k != missing {
				env[k] = v
			}
		}
		_, err := OIDC{Getenv: lookIn(env), Sleep: newClock().Sleep, Mask: func(string) {}}.Token(t.Context(), "aud")
		if !errors.Is(err, ErrNoIDToken) || !strings.Contains(err.Error(), "id-token: write") {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}
