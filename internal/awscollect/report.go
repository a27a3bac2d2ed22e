package awscollect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/keysweep/keysweep/internal/inventory"
)

// reportResult is the credential report, or the call that kept us from it.
type reportResult struct {
	report *inventory.Report // nil: could not be had
	made   time.Time
	action action
	cause  string
}

// reportRounds bounds how often a report that AWS says is complete may turn out to be
// absent, expired or unfinished.
const reportRounds = 4

var errReportSlow = errors.New("the report was not ready in time")

// startReport has AWS begin the report. It says whether it is there already.
func (v *visit) startReport(ctx context.Context) started {
	out, err := ask(ctx, v, actGenerateReport, v.iam.GenerateCredentialReport, &iam.GenerateCredentialReportInput{})
	switch {
	case err == nil:
		return started{ready: out.State == types.ReportStateTypeComplete}
	case tooMany(err):
		return started{ready: true} // somebody else has asked: there may be a report
	}
	return started{err: err}
}

// tooMany is what AWS says to who asks for reports too often. It makes one in four hours.
func tooMany(err error) bool { return describe(err).code == "LimitExceeded" }

type started struct {
	ready bool
	err   error
}

// readReport waits for the report and reads it.
func (v *visit) readReport(ctx context.Context, s started) {
	patience := v.c.cfg.Pace.PollTimeout
	for range reportRounds {
		if s.err == nil && !s.ready {
			patience, s.err = v.poll(ctx, patience)
		}
		if s.err != nil {
			v.noReport(actGenerateReport, s.err)
			return
		}
		out, err := ask(ctx, v, actGetReport, v.iam.GetCredentialReport, &iam.GetCredentialReportInput{})
		if err == nil {
			v.parseReport(out)
			return
		}
		if !again(describe(err).code) {
			v.noReport(actGetReport, err)
			return
		}
		s.ready = false
	}
	v.noReport(actGetReport, errReportSlow)
}

// again reports whether the report is to be generated anew. AWS's messages with these
// codes say nothing.
func again(code string) bool {
	return slices.Contains([]string{"ReportNotPresent", "ReportExpired", "ReportInProgress"}, code)
}

// poll asks until the report is complete, and gives back what is left of the patience.
func (v *visit) poll(ctx context.Context, patience time.Duration) (time.Duration, error) {
	wait := v.c.cfg.Pace.PollInterval
	for {
		if patience <= 0 {
			return patience, errReportSlow
		}
		if err := sleep(ctx, wait); err != nil {
			return patience, err
		}
		patience -= wait
		out, err := ask(ctx, v, actGenerateReport, v.iam.GenerateCredentialReport, &iam.GenerateCredentialReportInput{})
		if err != nil && !tooMany(err) {
			return patience, err
		}
		if err == nil && out.State == types.ReportStateTypeComplete {
			return patience, nil
		}
		wait = min(2*wait, 10*v.c.cfg.Pace.PollInterval)
	}
}

func (v *visit) noReport(a action, err error) {
	cause := describe(err).cause()
	if errors.Is(err, errReportSlow) {
		cause = errReportSlow.Error()
	}
	v.report = reportResult{action: a, cause: cause}
}

func (v *visit) parseReport(out *iam.GetCredentialReportOutput) {
	r, err := inventory.ParseReport(out.Content)
	switch {
	case err != nil:
		v.report = reportResult{action: actGetReport, cause: "the report cannot be read"}
	case out.GeneratedTime == nil:
		v.report = reportResult{action: actGetReport, cause: "AWS does not say when the report was made"}
	case len(r.Rows) > 0 && r.AccountID != v.a.ID:
		v.report = reportResult{action: actGetReport, cause: "the report is of another account"}
	default:
		v.report = reportResult{report: r, made: out.GeneratedTime.UTC()}
	}
}

// usersFromReport takes the users from the report, since authorization details were
// refused. Without a report either, no user is known; it reports whether they are.
func (v *visit) usersFromReport(ctx context.Context) bool {
	r := v.report.report
	if r == nil {
		v.nobodyKnown()
		return false
	}
	r.AddUsers(v.a)
	v.people = true
	v.readSSHKeys(ctx)
	return true
}

// nobodyKnown says that everything about users is missing: no call told who they are.
func (v *visit) nobodyKnown() {
	cause := "no call told which users there are"
	for _, f := range []inventory.Fact{
		inventory.FactUsers, inventory.FactAccessKeys, inventory.FactAccessKeyIDs, inventory.FactAccessKeyLastUsed,
		inventory.FactPasswords, inventory.FactPasswordLastUsed, inventory.FactMFA, inventory.FactCertificates,
		inventory.FactServiceCredentials, inventory.FactSSHKeys,
	} {
		v.miss(inventory.Missing{Fact: f, Action: string(v.report.action), Cause: cause})
	}
}

// applyReport puts the report's facts into the account, or says that they are missing.
func (v *visit) applyReport() {
	if r := v.report.report; r != nil {
		v.a.ReportGeneratedAt = v.report.made
		_, _ = r.Apply(v.a) // its one error, another account's report, was looked for before
	} else {
		for _, f := range inventory.ReportFacts() {
			v.miss(inventory.Missing{Fact: f, Action: string(v.report.action), Cause: v.report.cause})
		}
	}
	v.rootFromSummary()
}

// applyRoot takes what is known about root when nothing is known about users. An account
// of which nothing at all is known has failed.
func (v *visit) applyRoot(ctx context.Context) {
	for _, f := range []inventory.Fact{inventory.FactRootCredentials, inventory.FactRootLastUsed} {
		v.miss(inventory.Missing{Fact: f, Action: string(v.report.action), Cause: v.report.cause})
	}
	v.rootFromSummary()
	if v.summary == nil {
		v.a.Status = inventory.Failed
		v.a.Cause = "the role could be assumed, but no call told anything (" + v.report.cause + "): allow it " + strings.Join(slices.DeleteFunc(accountActions(), isExtra), ", ")
		return
	}
	v.readRootEvents(ctx)
}
