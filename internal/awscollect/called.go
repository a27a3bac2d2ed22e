package awscollect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/keysweep/keysweep/internal/inventory"
)

const (
	// calledUsers is how many users of an account are asked for: each is a job of AWS's, one after the other.
	calledUsers = 10
	// calledServices and calledActions bound what is kept of one user and of one service.
	calledServices = 100
	calledActions  = 100
)

var (
	errJobSlow   = errors.New("the list of services was not ready in time")
	errJobFailed = errors.New("AWS could not make the list of services")
)

// readCalled asks which services the users have called, the first of them first, one job at a time. Whoever
// wants to know grants it: where the role's own policy does not allow it, nobody wanted to, and nothing is
// missing. All the waiting in the account is bounded together.
func (v *visit) readCalled(ctx context.Context, names []string) {
	names = names[:min(len(names), calledUsers)]
	patience := v.c.cfg.Pace.JobTimeout
	for i, name := range names {
		u := v.userNamed(name)
		if u == nil {
			continue
		}
		job, err := v.startCalled(ctx, u)
		if notGranted(err) {
			return
		}
		a := actGenerateCalled
		if err == nil {
			a = actGetCalled
			patience, err = v.awaitCalled(ctx, u, job, patience)
		}
		switch {
		case err == nil, isGone(err):
		case errors.Is(err, errJobFailed):
			v.noCalled(names[i:i+1], a, err)
		default: // as would be the answer about the others
			v.noCalled(names[i:], a, err)
			return
		}
	}
}

func (v *visit) userNamed(name string) *inventory.User {
	for i := range v.a.Users {
		if v.a.Users[i].Name == name {
			return &v.a.Users[i]
		}
	}
	return nil
}

// notGranted reports whether a call was refused for no other reason than that the role's own policy does not
// allow it: AWS names any other policy, and any that denies.
func notGranted(err error) bool {
	if err == nil {
		return false
	}
	f := describe(err)
	return f.kind == kindRefused && slices.Contains([]Denial{{}, {Policy: "identity-based policy"}}, f.denial())
}

// startCalled has AWS begin a list.
func (v *visit) startCalled(ctx context.Context, u *inventory.User) (job *string, err error) {
	out, err := ask(ctx, v, actGenerateCalled, v.iam.GenerateServiceLastAccessedDetails, &iam.GenerateServiceLastAccessedDetailsInput{
		Arn: &u.ARN, Granularity: types.AccessAdvisorUsageGranularityTypeActionLevel,
	})
	if v.failed(u.Name, actGenerateCalled, err) {
		return nil, err
	}
	return out.JobId, nil
}

// awaitCalled waits for the list and reads it, and gives back what is left of the patience.
func (v *visit) awaitCalled(ctx context.Context, u *inventory.User, job *string, patience time.Duration) (time.Duration, error) {
	first := v.c.cfg.Pace.PollInterval / 4
	for wait := first; patience > 0; wait = min(2*wait, 20*first) {
		if err := sleep(ctx, wait); err != nil {
			return patience, err
		}
		patience -= wait
		out, err := v.calledPage(ctx, job, nil)
		switch {
		case err != nil:
			return patience, err
		case out.JobStatus == types.JobStatusTypeCompleted:
			return patience, v.takeCalled(ctx, u, job, out)
		case out.JobStatus == types.JobStatusTypeFailed:
			return patience, errJobFailed
		}
	}
	return patience, errJobSlow
}

// calledPage asks for one page of a list. That AWS does not know the job is a fault: the user is still there.
func (v *visit) calledPage(ctx context.Context, job, marker *string) (*iam.GetServiceLastAccessedDetailsOutput, error) {
	out, err := ask(ctx, v, actGetCalled, v.iam.GetServiceLastAccessedDetails, &iam.GetServiceLastAccessedDetailsInput{
		JobId: job, Marker: marker, MaxItems: aws.Int32(maxItems),
	})
	if err != nil && isGone(err) {
		return nil, errJobFailed
	}
	return out, err
}

// takeCalled reads the list from its first page on.
func (v *visit) takeCalled(ctx context.Context, u *inventory.User, job *string, page *iam.GetServiceLastAccessedDetailsOutput) error {
	var called []inventory.ServiceUse
	for last := ""; ; {
		for _, s := range page.ServicesLastAccessed {
			if use, ok := serviceUse(s); ok {
				called = append(called, use)
			}
		}
		if !page.IsTruncated {
			break
		}
		m := aws.ToString(page.Marker)
		if m == "" || m == last {
			return errEndless
		}
		last = m
		var err error
		if page, err = v.calledPage(ctx, job, &m); err != nil {
			return err
		}
	}
	u.Called = mostRecent(called)
	return nil
}

// serviceUse is a service that was called; false for one that never was, or whose name is none.
func serviceUse(s types.ServiceLastAccessed) (inventory.ServiceUse, bool) {
	name := aws.ToString(s.ServiceNamespace)
	if s.LastAuthenticated == nil || !inventory.IsServicePrefix(name) {
		return inventory.ServiceUse{}, false
	}
	use := inventory.ServiceUse{Service: name, Last: s.LastAuthenticated.UTC()}
	if r := aws.ToString(s.LastAuthenticatedRegion); regionForm.MatchString(r) {
		use.Region = r
	}
	for _, t := range s.TrackedActionsLastAccessed {
		action := strings.TrimPrefix(aws.ToString(t.ActionName), name+":")
		if t.LastAccessedTime != nil && inventory.IsActionName(action) {
			use.Actions = append(use.Actions, action)
		}
	}
	slices.Sort(use.Actions)
	use.Actions = slices.Compact(use.Actions)
	use.Actions = use.Actions[:min(len(use.Actions), calledActions)]
	return use, true
}

// mostRecent keeps each service once, those called last where there are too many, and sorts them by name.
func mostRecent(called []inventory.ServiceUse) []inventory.ServiceUse {
	slices.SortStableFunc(called, func(a, b inventory.ServiceUse) int { return b.Last.Compare(a.Last) })
	var out []inventory.ServiceUse
	for _, u := range called {
		known := slices.ContainsFunc(out, func(o inventory.ServiceUse) bool { return o.Service == u.Service })
		if !known && len(out) < calledServices {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b inventory.ServiceUse) int { return strings.Compare(a.Service, b.Service) })
	return out
}

// noCalled records why the lists of users were not read.
func (v *visit) noCalled(users []string, a action, err error) {
	m := inventory.Missing{Fact: inventory.FactServicesUsed, Action: string(a), Cause: describe(err).cause()}
	if errors.Is(err, errJobSlow) || errors.Is(err, errJobFailed) {
		m.Cause = err.Error()
	}
	for _, m.User = range users {
		v.miss(m)
	}
}
