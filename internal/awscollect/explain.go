package awscollect

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// firstError explains a failure of the first role or of a call with its credentials that
// has no cause of its own; doing says what could not be done.
func firstError(err error, doing string) *Error {
	f := describe(err)
	if f.kind == kindOurs {
		return f.ours
	}
	if e := known(f); e != nil {
		e.Cause = doing + ": " + e.Cause
		return e.with(err)
	}
	return (&Error{Code: CodeFault, Cause: doing + ": " + f.cause()}).with(err)
}

// with keeps whether a context ended, and nothing else of the error.
func (e *Error) with(err error) *Error {
	for _, c := range []error{context.Canceled, context.DeadlineExceeded} {
		if e.Code == CodeCancelled && errors.Is(err, c) {
			e.under = c
		}
	}
	return e
}

// known explains what any call can fail of; nil for anything else.
func known(f failure) *Error {
	switch f.kind {
	case kindCancelled:
		return &Error{Code: CodeCancelled, Cause: f.cause()}
	case kindNetwork:
		return &Error{Code: CodeUnreachable, Cause: f.cause(), Hint: "look at the network, HTTPS_PROXY, AWS_ENDPOINT_URL and aws-region"}
	case kindThrottled:
		return &Error{Code: CodeThrottled, Cause: f.cause(), Hint: "lower concurrency, or run at another time"}
	}
	switch {
	case f.code == "RegionDisabledException":
		return &Error{Code: CodeRegion, Cause: "STS is not enabled for the account in this region", Hint: "enable the region there, or set aws-region to one that is enabled"}
	case skewed(f):
		return &Error{Code: CodeClock, Cause: "AWS did not take the time of the signature", Hint: "set the clock of this machine; AWS takes five minutes of difference"}
	case f.code == "ValidationError" && strings.Contains(f.message, "DurationSeconds"):
		return &Error{Code: CodeDuration, Cause: "the session would last longer than the role allows", Hint: "lower role-duration-seconds, or raise the role's maximum session duration"}
	case f.code == "ValidationError" && strings.Contains(f.message, "ARN is invalid"):
		return &Error{Code: CodeRoleARN, Cause: "AWS takes the ARN of the role for malformed", Hint: "look at role-to-assume and account-role-name"}
	case refusedCredentials[f.code]:
		return &Error{
			Code: CodeCredentials, Cause: fmt.Sprintf("AWS did not take the credentials (%s)", f.code),
			Hint: "set role-to-assume, or give the SDK's default chain credentials that are valid in this partition",
		}
	}
	return nil
}

var refusedCredentials = map[string]bool{
	"InvalidClientTokenId": true, "UnrecognizedClientException": true, "ExpiredToken": true,
	"ExpiredTokenException": true, "MissingAuthenticationToken": true, "SignatureDoesNotMatch": true,
	"InvalidSignatureException": true,
}

func skewed(f failure) bool {
	switch f.code {
	case "RequestTimeTooSkewed", "RequestExpired":
		return true
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		return strings.Contains(f.message, "Signature expired") || strings.Contains(f.message, "not yet current")
	}
	return false
}

// memberError explains why the role in an account could not be taken. It names no
// account: it stands in the account's own entry.
func (c *Collector) memberError(err error) *Error {
	f := describe(err)
	if f.kind == kindOurs {
		return f.ours
	}
	if e := known(f); e != nil {
		e.Cause = fmt.Sprintf("the role %q could not be assumed: %s", c.cfg.AccountRoleName, e.Cause)
		return e.with(err)
	}
	e := &Error{Code: CodeFault, Cause: fmt.Sprintf("the role %q could not be assumed: %s", c.cfg.AccountRoleName, f.cause())}
	if f.kind != kindRefused {
		return e
	}
	e.Code, e.Denial = CodeMemberRole, f.denial()
	e.Hint = "create the role in this account with a trust policy that names the first role, and let the first role call sts:AssumeRole on it; "
	if c.cfg.ExternalID == "" {
		e.Hint += "where its trust policy asks for an external id, set external-id"
	} else {
		e.Hint += "the external id that its trust policy asks for must be the one in external-id"
	}
	return e
}
