package ghapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	githubactions "github.com/sethvargo/go-githubactions"
)

// ErrNoIDToken says that the job may not ask for an OIDC token.
var ErrNoIDToken = errors.New("no OIDC token: the job lacks `permissions: id-token: write`, or this is no job of GitHub Actions " +
	"(a pull request from a fork never has it)")

const (
	oidcTries   = 4
	oidcTimeout = 10 * time.Second // of one try
)

// OIDC asks the runner's issuer for OIDC tokens.
type OIDC struct {
	Getenv func(string) string                              // ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN come from here
	Mask   func(token string)                               // hides the token in the job's log, before anything else is done with it
	HTTP   http.RoundTripper                                // nil: net/http's
	Sleep  func(ctx context.Context, d time.Duration) error // nil: real sleep
	Log    *slog.Logger                                     // nil: silence
}

// Token gives a fresh token for an audience; it lives for minutes. Before it is returned it is masked. Faults of the line and of the server are tried again, a few seconds long. Where the job has no permission the
// error is ErrNoIDToken. No error holds a token.
func (o OIDC) Token(ctx context.Context, audience string) (string, error) {
	sleep := o.Sleep
	if sleep == nil {
		sleep = pause
	}
	for try := 0; ; try++ {
		token, again, err := o.ask(ctx, audience)
		if err == nil {
			o.Mask(token)
			return token, nil
		}
		if !again || try == oidcTries-1 {
			return "", fmt.Errorf("asking GitHub for an OIDC token: %w", err)
		}
		if o.Log != nil {
			o.Log.Info("asking for an OIDC token again", "error", err)
		}
		if err := sleep(ctx, time.Second<<try); err != nil {
			return "", err
		}
	}
}

// ask asks once. The library neither repeats nor masks; what it says of an answer may quote it, so that is not passed on.
func (o OIDC) ask(ctx context.Context, audience string) (token string, again bool, _ error) {
	runner := githubactions.New(
		githubactions.WithGetenv(o.Getenv), githubactions.WithWriter(io.Discard),
		githubactions.WithHTTPClient(&http.Client{Transport: o.HTTP, Timeout: oidcTimeout}),
	)
	token, err := runner.GetIDToken(ctx, audience)
	var missing *githubactions.EnvMissingError
	var refused *githubactions.RequestFailedError
	var line *url.Error
	switch {
	case err == nil && isToken(token):
		return token, false, nil
	case err == nil:
		return "", false, errors.New("the answer holds no token")
	case ctx.Err() != nil:
		return "", false, context.Cause(ctx)
	case errors.As(err, &missing):
		return "", false, ErrNoIDToken
	case errors.As(err, &refused):
		again = refused.StatusCode >= http.StatusInternalServerError || refused.StatusCode == http.StatusTooManyRequests
		return "", again, fmt.Errorf("GitHub says %d", refused.StatusCode)
	case errors.As(err, &line):
		return "", true, line.Err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "", true, errors.New("the answer was cut off")
	}
	return "", false, errors.New("the answer is not understood")
}

// isToken reports whether s is three parts of base64url: what is masked must hold no line break.
func isToken(s string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return false
	}
	for _, p := range parts {
		if p == "" || strings.Trim(p, letters) != "" {
			return false
		}
	}
	return true
}
