package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// job is a list of the services that a user called, being made or made.
type job struct {
	account, user string
	asked         int // how often it was asked for
}

func jobID(n int) string { return fmt.Sprintf("0f2a6c1e-9d3b-4b7a-8c5d-%012d", n) }

func (s *Server) generateServiceLastAccessedDetails(q *request) reply {
	if g := q.form.Get("Granularity"); g != "ACTION_LEVEL" {
		s.surprise("%s with the granularity %q", q.action, g)
	}
	arn := q.form.Get("Arn")
	i := slices.IndexFunc(q.account.Users, func(u User) bool { return s.world.userARN(q.account, &u) == arn })
	if i < 0 {
		return fail(404, "NoSuchEntity", "ARN "+arn+" not found.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		if j.account == q.id && j.asked <= q.account.JobPolls {
			s.unexpected = append(s.unexpected, q.action+" while another list of the account is being made")
		}
	}
	s.jobs = append(s.jobs, job{account: q.id, user: q.account.Users[i].Name})
	id := jobID(len(s.jobs) - 1)
	return answer(q.operation(), func(d *doc) { d.text("JobId", id) })
}

// jobOf is the user whose list a job is, and whether it is made.
func (s *Server) jobOf(q *request) (u *User, made bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.jobs {
		if j := &s.jobs[i]; jobID(i) == q.form.Get("JobId") && j.account == q.id {
			j.asked++
			return q.account.user(j.user), j.asked > q.account.JobPolls
		}
	}
	return nil, false
}

func (s *Server) getServiceLastAccessedDetails(q *request) reply {
	u, made := s.jobOf(q)
	if u == nil {
		return fail(404, "NoSuchEntity", "Job "+q.form.Get("JobId")+" not found.")
	}
	head := func(d *doc, status string) {
		d.text("JobStatus", status)
		d.text("JobType", "ACTION_LEVEL")
		d.time("JobCreationDate", u.Created)
	}
	switch {
	case u.CalledFails:
		return answer(q.operation(), func(d *doc) {
			head(d, "FAILED")
			d.time("JobCompletionDate", u.Created)
			d.list("ServicesLastAccessed", 0, 0, nil)
			d.bool("IsTruncated", false)
			d.open("Error")
			d.text("Message", "An internal error occurred.")
			d.text("Code", "InternalError")
			d.shut("Error")
		})
	case !made:
		return answer(q.operation(), func(d *doc) {
			head(d, "IN_PROGRESS")
			d.list("ServicesLastAccessed", 0, 0, nil)
			d.bool("IsTruncated", false)
		})
	}
	from, to, next := s.formWindow(q, len(u.Called))
	return answer(q.operation(), func(d *doc) {
		head(d, "COMPLETED")
		d.time("JobCompletionDate", u.Created)
		d.list("ServicesLastAccessed", from, to, func(i int) { s.serviceLastAccessed(d, q.account, u, &u.Called[i]) })
		d.page(next)
	})
}

func (s *Server) serviceLastAccessed(d *doc, a *Account, u *User, c *Called) {
	arn := s.world.userARN(a, u)
	d.text("ServiceName", "Service "+c.Service)
	d.text("ServiceNamespace", c.Service)
	entities := 0
	if !c.Last.IsZero() {
		entities = 1
		d.time("LastAuthenticated", c.Last)
		d.text("LastAuthenticatedEntity", arn)
		d.opt("LastAuthenticatedRegion", c.Region)
	}
	d.text("TotalAuthenticatedEntities", strconv.Itoa(entities))
	names := slices.Sorted(maps.Keys(c.Actions))
	if names == nil {
		return
	}
	d.list("TrackedActionsLastAccessed", 0, len(names), func(i int) {
		d.text("ActionName", names[i])
		if at := c.Actions[names[i]]; !at.IsZero() {
			d.text("LastAccessedEntity", arn)
			d.time("LastAccessedTime", at)
			d.opt("LastAccessedRegion", c.Region)
		}
	})
}
