package awscollect

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// faultAttempts bounds how often a call is made that fails for another reason than
// throttling. Throttling passes if one waits; a dead network or a broken endpoint does
// not, and there are hundreds of calls to come.
const faultAttempts = 4

// retryer waits out throttling. It has no quota of retries: a quota is shared by all
// accounts, and one account that is throttled must not fail another.
type retryer struct {
	*retry.Standard
	throttle retry.IsErrorThrottles
}

func newRetryer(p Pace) *retryer {
	return &retryer{
		throttle: retry.IsErrorThrottles(retry.DefaultThrottles),
		Standard: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = p.Attempts
			o.MaxBackoff = p.MaxBackoff
			o.RateLimiter = ratelimit.None
		}),
	}
}

// RetryDelay is how long to wait after a failed attempt; its error ends the attempts.
func (r *retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	if attempt >= faultAttempts && !r.throttle.IsErrorThrottle(err).Bool() {
		return 0, &retry.MaxAttemptsError{Attempt: attempt, Err: err}
	}
	return r.Standard.RetryDelay(attempt, err)
}
