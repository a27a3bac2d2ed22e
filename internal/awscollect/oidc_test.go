package awscollect

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// Each way in which the first role can fail has a cause and a hint of its own.
func TestFirstRoleFailures(t *testing.T) {
	const webIdentity = "sts:AssumeRoleWithWebIdentity"
	fault := func(status int, code, message string) func(*awssim.World, *Config) {
		return func(w *awssim.World, _ *Config) {
			w.Faults = []awssim.Fault{{Action: webIdentity, Status: status, Code: code, Message: message}}
		}
	}
	tokenFails := func(err error) func(*awssim.World, *Config) {
		return func(_ *awssim.World, cfg *Config) {
			cfg.Token = func(context.Context, string) (string, error) { return "", err }
		}
	}
	for name, c := range map[string]struct {
		spoil func(*awssim.World, *Config)
		code  Code
		calls int      // of STS
		words []string // in the error
	}{
		"no id-token permission": {
			spoil: tokenFails(fmt.Errorf("reading the environment: %w", ErrNoOIDC)),
			code:  CodeNoOIDC, words: []string{"no OIDC token: the job lacks `permissions: id-token: write`", "fork"},
		},
		"token endpoint unreachable": {
			spoil: tokenFails(errors.New("GET token: 503")), code: CodeTokenEndpoint, words: []string{"GET token: 503", "ACTIONS_ID_TOKEN_REQUEST_URL"},
		},
		"wrong audience": {
			spoil: func(_ *awssim.World, cfg *Config) { cfg.Audience = "elsewhere" },
			code:  CodeAudience, calls: 1, words: []string{hub, `does not take the audience "elsewhere"`, "set audience"},
		},
		"subject mismatch": {
			spoil: func(_ *awssim.World, cfg *Config) {
				cfg.Token = token(map[string]any{"sub": "repo:acme/app:environment:prod", "environment": "prod"})
			},
			code: CodeNotTrusted, calls: 1, words: []string{
				`"arn:aws:iam::111122223333:role/first"`, `sub "repo:acme/app:environment:prod"`, `aud "sts.amazonaws.com"`, `iss "` + issuer + `"`,
				`repository "acme/app"`, `ref "refs/heads/main"`, `environment "prod"`,
				`"repo:acme@11/app@22:environment:prod" does not match`, "repo:ORG@ORG_ID/REPO@REPO_ID", "repo:ORG/REPO:",
			},
		},
		"immutable subject": {
			spoil: func(_ *awssim.World, cfg *Config) {
				cfg.Token = token(map[string]any{"sub": "repo:acme@11/app@22:ref:refs/heads/main"})
			},
			code: CodeNotTrusted, calls: 1, words: []string{
				`sub "repo:acme@11/app@22:ref:refs/heads/main"`, `"repo:acme/app:ref:refs/heads/main" does not match`, `environment (none)`,
			},
		},
		"the name that does not work": {
			spoil: func(_ *awssim.World, cfg *Config) { cfg.RoleARN = "arn:aws:iam::" + hub + ":role/GitHubActions" },
			code:  CodeNotTrusted, calls: 1, words: []string{"rename it"},
		},
		"denied by a service control policy": {
			spoil: fault(403, "AccessDenied", "User is not authorized to perform: sts:AssumeRoleWithWebIdentity with an explicit deny in a service control policy"),
			code:  CodeNotTrusted, calls: 1, words: []string{"an explicit deny in a service control policy"},
		},
		"provider missing": {
			spoil: func(w *awssim.World, _ *Config) { w.Accounts[hub].Provider = nil },
			code:  CodeProvider, calls: 1, words: []string{"account 111122223333 has no OIDC provider", issuer, "create-open-id-connect-provider", "--client-id-list sts.amazonaws.com"},
		},
		"expired token": {
			spoil: func(_ *awssim.World, cfg *Config) {
				cfg.Token = token(map[string]any{"exp": now.Add(-time.Minute).Unix()})
			},
			code: CodeTokenExpired, calls: 1, words: []string{"had expired", "clock"},
		},
		"rejected claim": {
			spoil: fault(403, "IDPRejectedClaim", "no"), code: CodeTokenRejected, calls: 1, words: []string{"IDPRejectedClaim", `sub "repo:acme/app`},
		},
		"no token at all": {
			spoil: func(_ *awssim.World, cfg *Config) {
				cfg.Token = func(context.Context, string) (string, error) { return "rubbish", nil }
			},
			code: CodeTokenRejected, calls: 1, words: []string{"it is no OIDC token"},
		},
		"malformed ARN, says AWS": {
			spoil: fault(400, "ValidationError", "Request ARN is invalid"), code: CodeRoleARN, calls: 1, words: []string{"malformed", "role-to-assume"},
		},
		"too long": {
			spoil: func(_ *awssim.World, cfg *Config) { cfg.RoleDuration = 2 * time.Hour },
			code:  CodeDuration, calls: 1, words: []string{"longer than the role allows", "role-duration-seconds"},
		},
		"region disabled": {
			spoil: fault(403, "RegionDisabledException", "STS is not activated in this region"),
			code:  CodeRegion, calls: 1, words: []string{"not enabled", "aws-region"},
		},
		"keys of the issuer": {
			spoil: fault(400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements"),
			code:  CodeTokenRejected, calls: firstRoleAttempts, words: []string{"could not fetch the keys of the issuer", "run the job again"},
		},
		"issuer does not answer": {
			spoil: fault(400, "IDPCommunicationError", "x"), code: CodeTokenRejected, calls: firstRoleAttempts, words: []string{"could not fetch the keys"},
		},
		"throttled to the end": {
			spoil: fault(400, "Throttling", "Rate exceeded"), code: CodeThrottled, calls: firstRoleAttempts, words: []string{"throttled"},
		},
		"AWS broken": {
			spoil: func(w *awssim.World, _ *Config) {
				w.Faults = []awssim.Fault{{Action: webIdentity, Status: 500, Body: "<!doctype html>\n<html lang=en>\n<title>500</title>"}}
			},
			code: CodeFault, calls: firstRoleAttempts, words: []string{"HTTP 500"},
		},
		"connection cut": {
			spoil: func(w *awssim.World, _ *Config) { w.Faults = []awssim.Fault{{Action: webIdentity, Cut: true}} },
			code:  CodeUnreachable, calls: firstRoleAttempts, words: []string{"no answer: the connection broke", "HTTPS_PROXY"},
		},
		"an answer without credentials": {
			spoil: func(w *awssim.World, _ *Config) {
				w.Faults = []awssim.Fault{{Action: webIdentity, Status: 200, Body: "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult/></AssumeRoleWithWebIdentityResponse>"}}
			},
			code: CodeFault, calls: firstRoleAttempts, words: []string{"without credentials"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world()
			collector, s := start(t, w, func(cfg *Config) { c.spoil(w, cfg) })
			_, err := collector.Targets(t.Context(), nil)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is no *Error", err)
			}
			if e.Code != c.code {
				t.Errorf("code %s, want %s: %v", e.Code, c.code, e)
			}
			if e.Cause == "" || e.Hint == "" && e.Code != CodeFault {
				t.Errorf("cause %q, hint %q", e.Cause, e.Hint)
			}
			for _, words := range c.words {
				if !strings.Contains(e.Error(), words) {
					t.Errorf("%q is not in: %s", words, e)
				}
			}
			if n := s.Count()[webIdentity]; n != c.calls {
				t.Errorf("%d calls of STS, want %d", n, c.calls)
			}
			if errors.Is(err, ErrNoOIDC) != (c.code == CodeNoOIDC) {
				t.Errorf("errors.Is ErrNoOIDC is wrong for %s", e.Code)
			}
			noToken(t, e)
		})
	}
}

// noToken fails when any part of a token is in what an error can show.
func noToken(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, form := range []string{"%v", "%+v", "%#v", "%q"} {
			text := fmt.Sprintf(form, e)
			if strings.Contains(text, "eyJ") || strings.Contains(text, "c2lnbmF0dXJl") || strings.Contains(text, "secret-of") || strings.Contains(text, "session-of") {
				t.Errorf("a token or secret is in %s of the error: %s", form, text)
			}
		}
	}
}

// A token that somebody's error holds does not come out again.
func TestTokenNeverInErrors(t *testing.T) {
	jwt := awssim.JWT(map[string]any{"sub": subject})
	w := world()
	c, _ := start(t, w, func(cfg *Config) {
		cfg.Token = func(context.Context, string) (string, error) {
			return "", &url.Error{Op: "Get", URL: "https://runner/?token=" + jwt, Err: errors.New("bad answer " + jwt)}
		}
	})
	_, err := c.Targets(t.Context(), nil)
	noToken(t, err)

	// AWS may give back what it was sent, in an error or in a claim.
	w = world()
	w.Faults = []awssim.Fault{
		{Action: "sts:AssumeRoleWithWebIdentity", Times: 1, Status: 400, Code: "Odd" + jwt, Message: "you sent " + jwt},
		{Action: "sts:AssumeRoleWithWebIdentity", Times: 1, Status: 400, Code: "InvalidIdentityToken", Message: "you sent " + jwt},
		{Action: "sts:AssumeRoleWithWebIdentity", Times: 1, Status: 403, Code: "AccessDenied", Message: "you sent " + jwt},
	}
	c, _ = start(t, w, func(cfg *Config) { cfg.Token = token(map[string]any{"ref": jwt, "sub": jwt}) })
	for range w.Faults {
		_, err := c.Targets(t.Context(), nil)
		if err == nil {
			t.Fatal("the role was assumed")
		}
		noToken(t, err)
	}
}

// The token is fetched anew for each attempt, and passing faults do not fail the run.
func TestFreshTokenForEachAttempt(t *testing.T) {
	w := world()
	w.Faults = []awssim.Fault{
		{Action: "sts:AssumeRoleWithWebIdentity", Times: 1, Status: 400, Code: "IDPCommunicationError"},
		{Action: "sts:AssumeRoleWithWebIdentity", Times: 1, Status: 503, Code: "ServiceUnavailable"},
		{Action: "sts:AssumeRoleWithWebIdentity", Times: 1, Cut: true},
	}
	asked := 0
	c, s := start(t, w, func(cfg *Config) {
		fresh := cfg.Token
		cfg.Token = func(ctx context.Context, audience string) (string, error) {
			asked++
			if audience != "sts.amazonaws.com" {
				t.Errorf("audience %q", audience)
			}
			return fresh(ctx, audience)
		}
	})
	if _, err := c.Targets(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if asked != 4 || s.TokenUses() != 1 {
		t.Errorf("%d tokens were fetched, the most used was used %d times", asked, s.TokenUses())
	}
}

// Credentials that run out are renewed, the first role's with a fresh token.
func TestCredentialsAreRenewed(t *testing.T) {
	w := world(&awssim.Account{ID: member, Users: []awssim.User{simUser(member, 1, "alice", 10)}})
	w.SessionLife = 30 * time.Second // less than what is kept in reserve: run out at once
	c, s := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if a.Status != inventory.Audited {
		t.Fatalf("status %s: %s", a.Status, a.Cause)
	}
	if n := s.Count()["sts:AssumeRoleWithWebIdentity"]; n < 2 || s.TokenUses() != 1 {
		t.Errorf("the first role was taken %d times, the most used token %d times", n, s.TokenUses())
	}
}

// What asking again cannot change is not asked again for each of a thousand accounts.
func TestFinalRefusalIsRemembered(t *testing.T) {
	w := world()
	w.Accounts[hub].Provider = nil
	c, s := start(t, w)
	for range 3 {
		if a := c.Account(t.Context(), Target{ID: member}, nothing); a.Status != inventory.Failed || !strings.Contains(a.Cause, "account (account) has no OIDC provider") {
			t.Errorf("status %s: %s", a.Status, a.Cause)
		}
	}
	if n := s.Count()["sts:AssumeRoleWithWebIdentity"]; n != 1 {
		t.Errorf("STS was asked %d times", n)
	}
}

// The machine's own credentials are never used when a role is named.
func TestAmbientCredentialsAreNotUsed(t *testing.T) {
	c, s := start(t, world(), func(*Config) { setenv(t, awssim.KeyEnv("999999999999")) })
	if _, err := c.Targets(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n := s.CountIn("999999999999"); len(n) != 0 {
		t.Errorf("calls with the machine's credentials: %v", n)
	}
}

func TestDefaultChain(t *testing.T) {
	chain := func(cfg *Config) { cfg.RoleARN = ""; cfg.Token = nil }
	w := world(&awssim.Account{ID: member})
	c, s := start(t, w, chain, func(*Config) { setenv(t, awssim.KeyEnv(hub)) })
	targets, err := c.Targets(t.Context(), nil)
	if err != nil || len(targets) != 1 || targets[0].ID != hub {
		t.Fatalf("targets %v, %v", targets, err)
	}
	for _, id := range []string{hub, member} {
		if a := c.Account(t.Context(), Target{ID: id}, nothing); a.Status != inventory.Audited {
			t.Errorf("%s is %s: %s", id, a.Status, a.Cause)
		}
	}
	if n := s.Count(); n["sts:GetCallerIdentity"] != 1 || n["sts:AssumeRole"] != 1 {
		t.Errorf("who we are is asked once, and only the other account's role is assumed: %v", n)
	}

	c, _ = start(t, w, chain)
	_, err = c.Targets(t.Context(), nil)
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeCredentials || !strings.Contains(e.Hint, "role-to-assume") {
		t.Errorf("without credentials: %v", err)
	}

	c, _ = start(t, w, chain, func(*Config) { setenv(t, awssim.KeyEnv("000000000000")) })
	_, err = c.Targets(t.Context(), nil)
	if !errors.As(err, &e) || e.Code != CodeCredentials || !strings.Contains(e.Cause, "InvalidClientTokenId") {
		t.Errorf("with credentials that AWS does not know: %v", err)
	}
}

func TestCancelledLogin(t *testing.T) {
	c, _ := start(t, world())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Targets(ctx, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
