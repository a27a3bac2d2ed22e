package awscollect

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// Every cause is in our words: no name, no id, no text of AWS's.
func TestCauses(t *testing.T) {
	denied := func(message string) error { return &smithy.GenericAPIError{Code: "AccessDenied", Message: message} }
	who := "User: arn:aws:sts::444455556666:assumed-role/x/alice is not authorized to perform: iam:GetUser on resource: user bob "
	for _, c := range []struct {
		err  error
		want string
	}{
		{denied(who + "because no identity-based policy allows the iam:GetUser action"), "refused: no identity-based policy allows it"},
		{denied(who + "because no permissions boundary allows the iam:GetUser action"), "refused: no permissions boundary allows it"},
		{denied(who + "with an explicit deny in a service control policy"), "refused: an explicit deny in a service control policy"},
		{denied(who + "with an explicit deny in an identity-based policy: arn:aws:iam::444455556666:policy/secret"), "refused: an explicit deny in an identity-based policy"},
		{denied(who + "with an explicit deny in a policy about alice"), "refused (AccessDenied)"},
		{denied(""), "refused (AccessDenied)"},
		{forbidden(&smithy.GenericAPIError{Code: "UnknownError"}), "refused (HTTP 403)"},
		{forbidden(errors.New("XML syntax error")), "refused (HTTP 403)"},
		{&smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}, "throttled: AWS still asked to slow down after the last attempt"},
		{&smithy.GenericAPIError{Code: "Invalid\nInput <b>", Message: "alice"}, "AWS answered with the error InvalidInputb"},
		{errors.New("deserialization failed"), "the answer could not be read"},
		{errors.New("dial tcp 127.0.0.1:1: connect: connection refused"), "no answer: the connection was refused"},
		{errors.New("proxyconnect tcp: EOF"), "no answer: the proxy did not let it through"},
		{fmt.Errorf("x: %w", context.Canceled), "the run ended before AWS answered"},
		{&aws.RequestCanceledError{Err: context.DeadlineExceeded}, "the run ended before AWS answered"},
		{fmt.Errorf("x: %w", &Error{Cause: "ours", Hint: "do this"}), "ours: do this"},
	} {
		if got := describe(c.err).cause(); got != c.want {
			t.Errorf("cause of %q is %q, want %q", c.err, got, c.want)
		}
	}
}

// forbidden is an answer of status 403, say a proxy's page.
func forbidden(err error) error {
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusForbidden}}, Err: err,
	}}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\n::error::b\tc\x00": "a ::error::b c",
		"token " + awssim.JWT(map[string]any{"sub": subject}) + " end": "token *** end",
		strings.Repeat("ä", 200):                                       strings.Repeat("ä", 150) + "…",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestErrorText(t *testing.T) {
	if got := (&Error{Cause: "cause", Hint: "hint"}).Error(); got != "cause: hint" {
		t.Error(got)
	}
	if got := (&Error{Cause: "cause"}).Error(); got != "cause" {
		t.Error(got)
	}
}

// The log says which calls were made, and nothing that was in them.
func TestLogHoldsNoData(t *testing.T) {
	var log bytes.Buffer
	w := world(fullAccount())
	w.Faults = []awssim.Fault{{Action: "iam:GetUser", Code: "AccessDenied", Message: "alice may not"}}
	c, s := start(t, w, func(cfg *Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if _, err := c.Targets(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	c.Account(t.Context(), Target{ID: member, Name: "prod"}, everything)
	for _, secret := range []string{"alice", "AKIA", "ASIA", "eyJ", member, hub, "secret", "session", "arn:"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, log.String())
		}
	}
	if lines := strings.Count(log.String(), "aws call"); lines != len(s.Calls()) {
		t.Errorf("%d lines for %d calls", lines, len(s.Calls()))
	}
	if !strings.Contains(log.String(), "action=iam:GetUser outcome=AccessDenied") {
		t.Errorf("the refused call is not in the log:\n%s", log.String())
	}
}

// A dead endpoint fails in a few attempts and says so.
func TestDeadEndpoint(t *testing.T) {
	c, _ := start(t, world(), func(*Config) { t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1") })
	_, err := c.Targets(t.Context(), nil)
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeUnreachable || !strings.Contains(e.Cause, "the connection was refused") {
		t.Errorf("error %v", err)
	}
	a := c.Account(t.Context(), Target{ID: hub}, nothing)
	if a.Status != inventory.Failed {
		t.Errorf("status %s", a.Status)
	}
}

// AWS_CA_BUNDLE names the authority of an endpoint, as a proxy that looks into TLS needs it.
func TestCABundle(t *testing.T) {
	w := world()
	s := awssim.New(t, w)
	tls := httptest.NewTLSServer(s)
	t.Cleanup(tls.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw})
	if err := os.WriteFile(bundle, block, 0o600); err != nil {
		t.Fatal(err)
	}
	setenv(t, s.Env())
	t.Setenv("AWS_ENDPOINT_URL", tls.URL)
	cfg := Config{RoleARN: "arn:aws:iam::" + hub + ":role/first", Token: token(nil), Now: func() time.Time { return now }, Pace: fast}
	try := func() error {
		c, err := New(t.Context(), cfg)
		if err != nil {
			return err
		}
		_, err = c.Targets(t.Context(), nil)
		return err
	}
	if err := try(); err == nil || !strings.Contains(err.Error(), "AWS_CA_BUNDLE") {
		t.Errorf("without the bundle: %v", err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	if err := try(); err != nil {
		t.Errorf("with the bundle: %v", err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle+".gone")
	var e *Error
	if err := try(); !errors.As(err, &e) || e.Code != CodeInput {
		t.Errorf("with a bundle that is not there: %v", err)
	}
}

// The client takes the way that HTTPS_PROXY says.
func TestClientHonoursProxies(t *testing.T) {
	if httpClient(16).GetTransport().Proxy == nil {
		t.Error("the client knows no proxy")
	}
	if n := httpClient(100).GetTransport().MaxIdleConnsPerHost; n < 100*inFlight {
		t.Errorf("%d idle connections: each account would make new ones", n)
	}
}

func FuzzReadClaims(f *testing.F) {
	f.Add(awssim.JWT(map[string]any{"sub": subject, "aud": []string{"a", "b"}}))
	f.Add("a.b.c")
	f.Add("..")
	f.Add(awssim.JWT(map[string]any{"sub": "repo:a@1/b@2:x", "iss": 7}))
	f.Fuzz(func(t *testing.T, token string) {
		c := readClaims(token)
		for _, s := range []string{c.String(), c.otherSubject(), c.show("sub")} {
			if strings.ContainsAny(s, "\n\r\x00") || len(s) > 6*2000 {
				t.Errorf("%q", s)
			}
		}
	})
}

func FuzzRootEvent(f *testing.F) {
	f.Add(`{"awsRegion":"us-east-1","userIdentity":{"type":"Root","accessKeyId":"AKIA"}}`)
	f.Add(`{"userIdentity":[]}`)
	f.Add(`{`)
	f.Fuzz(func(t *testing.T, raw string) {
		event, ok := rootEvent(types.Event{EventTime: &now, CloudTrailEvent: &raw})
		if ok && event.KeyID != "" && !strings.HasPrefix(event.KeyID, "AKIA") {
			t.Errorf("key %q", event.KeyID)
		}
		if !ok && event != (inventory.RootEvent{}) {
			t.Errorf("%+v of an event that is none", event)
		}
	})
}
