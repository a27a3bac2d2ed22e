package awscollect

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"unicode"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// ErrNoOIDC says that the job may not have an OIDC token. A token function returns it
// when the runner's variables for it are absent.
var ErrNoOIDC = errors.New("the job has no OIDC token: it lacks `permissions: id-token: write`")

// Code tells faults apart.
type Code string

// The codes.
const (
	CodeInput         Code = "input"          // an option is wrong; no call was made
	CodeRoleARN       Code = "role-arn"       // the ARN of a role is malformed, or of another partition
	CodeNoOIDC        Code = "no-oidc"        // the job lacks id-token: write
	CodeTokenEndpoint Code = "token-endpoint" // GitHub's token endpoint did not answer
	CodeAudience      Code = "audience"       // the provider does not list the token's audience
	CodeNotTrusted    Code = "not-trusted"    // the trust policy of the first role does not match the token
	CodeProvider      Code = "provider"       // the account has no OIDC provider for the issuer
	CodeTokenExpired  Code = "token-expired"  // the token was too old when it arrived
	CodeTokenRejected Code = "token-rejected" // the token was refused for another reason
	CodeDuration      Code = "duration"       // the session would be longer than the role allows
	CodeMemberRole    Code = "member-role"    // the role in an account is missing, or does not trust the first
	CodeClock         Code = "clock"          // the machine's clock is wrong
	CodeRegion        Code = "region"         // STS is not enabled in the region
	CodeCredentials   Code = "credentials"    // the default chain found no credentials, or AWS refused them
	CodeOrganization  Code = "organization"   // the organization could not be listed
	CodeOutside       Code = "outside"        // the account of the first role is in no organization
	CodeMember        Code = "member"         // it is a member account, which may not list the others
	CodeRefused       Code = "refused"        // a policy does not allow an action
	CodeThrottled     Code = "throttled"      // AWS asked to slow down to the end
	CodeUnreachable   Code = "unreachable"    // no connection
	CodeCancelled     Code = "cancelled"      // the run ended first
	CodeFault         Code = "fault"          // anything else
)

// Error is a fault for people: its cause, then what to do. It never holds a token or a
// secret, and never wraps an error of the SDK, which may hold the request.
type Error struct {
	Code  Code
	Cause string
	Hint  string // may be empty
	// Denial says which sort of policy refused, where AWS says it.
	Denial Denial
	under  error // ErrNoOIDC or an error of a context; never anything else
}

// Denial is the sort of policy that refused a call. The zero Denial says nothing.
type Denial struct {
	Policy   string // in AWS's words: identity-based policy, service control policy, …
	Explicit bool   // it denies; otherwise it fails to allow
}

// Error is the cause, then the hint.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Cause
	}
	return e.Cause + ": " + e.Hint
}

// Unwrap is ErrNoOIDC, an error of a context, or nil.
func (e *Error) Unwrap() error { return e.under }

// BadInput reports whether an option is to blame.
func (e *Error) BadInput() bool { return e.Code == CodeInput || e.Code == CodeRoleARN }

func badInput(cause, hint string) *Error { return &Error{Code: CodeInput, Cause: cause, Hint: hint} }

func noOIDC() *Error {
	return &Error{
		Code: CodeNoOIDC, Cause: "no OIDC token: the job lacks `permissions: id-token: write`",
		Hint: "add it to the job; a pull request from a fork never gets one", under: ErrNoOIDC,
	}
}

// kind is what an error means for the one who called.
type kind int

const (
	kindOther     kind = iota
	kindRefused        // by a policy
	kindThrottled      // to the end
	kindGone           // what was asked about does not exist
	kindServer         // AWS is at fault
	kindNetwork        // no answer
	kindCancelled      // the context ended
	kindOurs           // an *Error, say from renewing credentials
)

// failure is an error of the SDK, taken apart. It holds no text that could hold a name
// or a secret but message, which never leaves this package as it is.
type failure struct {
	kind    kind
	code    string // of AWS, cleaned; empty when there is none
	status  int    // of HTTP; 0 when there is none
	message string // hostile
	network string // what was wrong with the network, in our words
	ours    *Error
}

func describe(err error) failure {
	var f failure
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.ResponseError != nil {
		f.status = response.HTTPStatusCode()
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		f.code, f.message = word(api.ErrorCode()), api.ErrorMessage()
	}
	switch {
	case errors.As(err, &f.ours):
		f.kind = kindOurs
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && f.status == 0 && !isTimeout(err):
		f.kind = kindCancelled
	default:
		f.kind = kindOf(f.code, f.status)
	}
	if f.kind == kindOther && f.status == 0 && f.code == "" {
		if f.network = networkCause(err); f.network != "" {
			f.kind = kindNetwork
		}
	}
	return f
}

// isTimeout tells a time-out of the HTTP client, which is the network's fault, from the
// end of the run's own context.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() && strings.Contains(err.Error(), "Client.Timeout")
}

var throttleCodes = regexp.MustCompile(`^(Throttling|ThrottlingException|ThrottledException|RequestLimitExceeded|TooManyRequestsException|RequestThrottled|RequestThrottledException|SlowDown)$`)

func kindOf(code string, status int) kind {
	switch {
	case throttleCodes.MatchString(code), status == http.StatusTooManyRequests:
		return kindThrottled
	case strings.HasPrefix(code, "AccessDenied"), code == "UnauthorizedOperation", code == "AuthorizationError":
		return kindRefused
	case strings.HasPrefix(code, "NoSuchEntity"):
		return kindGone
	case status >= 500:
		return kindServer
	case status == http.StatusForbidden && (code == "" || code == "UnknownError"):
		return kindRefused
	}
	return kindOther
}

func isGone(err error) bool { return describe(err).kind == kindGone }

// word is the failure in one word, for the log.
func (f failure) word() string {
	switch f.kind {
	case kindOurs:
		return string(f.ours.Code)
	case kindCancelled:
		return "cancelled"
	case kindNetwork:
		return "network"
	}
	if f.code != "" {
		return f.code
	}
	return fmt.Sprintf("HTTP %d", f.status)
}

// cause is one line for people. It holds no name, id or text of AWS's, so that it can
// stand in any output.
func (f failure) cause() string {
	switch f.kind {
	case kindOurs:
		return hideAccounts(f.ours.Error())
	case kindCancelled:
		return "the run ended before AWS answered"
	case kindNetwork:
		return "no answer: " + f.network
	case kindThrottled:
		return "throttled: AWS still asked to slow down after the last attempt"
	case kindRefused:
		return "refused" + f.refusal()
	case kindServer:
		return fmt.Sprintf("AWS answered with a fault of its own (HTTP %d)", f.status)
	}
	if f.code != "" {
		return "AWS answered with the error " + f.code
	}
	return "the answer could not be read"
}

var accountDigits = regexp.MustCompile(`\b\d{12}\b`)

// hideAccounts takes account ids out of a text that may stand where they are hidden.
func hideAccounts(s string) string { return accountDigits.ReplaceAllString(s, "(account)") }

var refusalForm = regexp.MustCompile(`(with an explicit deny in an? |because no )(identity-based policy|resource-based policy|service control policy|resource control policy|permissions boundary|session policy|VPC endpoint policy)\b`)

// refusal says which sort of policy refused, where AWS says it: an explicit deny in a
// service control policy is mended elsewhere than a missing permission.
func (f failure) refusal() string {
	m := refusalForm.FindStringSubmatch(f.message)
	switch {
	case m == nil && (f.code == "" || f.code == "UnknownError"):
		return fmt.Sprintf(" (HTTP %d)", f.status)
	case m == nil:
		return " (AccessDenied)"
	case m[1] == "because no ":
		return ": no " + m[2] + " allows it"
	case m[2][0] == 'i':
		return ": an explicit deny in an " + m[2]
	}
	return ": an explicit deny in a " + m[2]
}

// denial is the sort of policy that refused.
func (f failure) denial() Denial {
	m := refusalForm.FindStringSubmatch(f.message)
	if m == nil {
		return Denial{}
	}
	return Denial{Policy: m[2], Explicit: m[1] != "because no "}
}

// networkCause says in our words what is wrong with the network; empty when the error
// is not about the network. The SDK's words hold addresses and ports that change.
func networkCause(err error) string {
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	var netErr net.Error
	text := err.Error()
	switch {
	case errors.As(err, &name):
		return "the name of the endpoint was not found"
	case errors.As(err, &authority), strings.Contains(text, "certificate"):
		return "the certificate of the endpoint is not trusted (AWS_CA_BUNDLE names further authorities)"
	case strings.Contains(text, "connection refused"):
		return "the connection was refused"
	case strings.Contains(text, "proxyconnect"), strings.Contains(text, "Proxy"):
		return "the proxy did not let it through"
	case errors.As(err, &netErr) && netErr.Timeout():
		return "it took too long"
	case errors.As(err, &netErr), strings.Contains(text, "EOF"), strings.Contains(text, "connection reset"):
		return "the connection broke"
	}
	return ""
}

// word keeps what an error code may be made of; nothing of what is too long to be one.
func word(code string) string {
	if len(code) > 64 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == ':') {
			return r
		}
		return -1
	}, code)
}

// jwtForm is anything that could be a token.
var jwtForm = regexp.MustCompile(`[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)

// oneLine makes a short line of outside words, without anything that looks like a token.
func oneLine(s string) string {
	s = jwtForm.ReplaceAllString(s, "***")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}
