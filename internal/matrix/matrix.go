// Package matrix shares accounts out among the jobs of a workflow's matrix, and says what each job
// has to do and what an audit asks of AWS.
//
// It is pure: accounts and how long each takes go in, a plan comes out, and texts of it. It knows
// neither AWS nor how the times were estimated.
package matrix

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Account is one account that was listed, in the words that may be shown.
type Account struct {
	ID, Name string
	// Skip says why it is left out; empty: it is audited.
	Skip string
	// Time is how long its audit takes.
	Time time.Duration
}

// Job is one job of the matrix.
type Job struct {
	Shard    string // i/n, as the input shard takes it
	Accounts int    // that it audits
	Time     time.Duration
}

// Plan is how the accounts are shared out.
type Plan struct {
	// Accounts are in the order in which they were given.
	Accounts []Account
	// Jobs are those with an account; of none there is one without.
	Jobs []Job
	// Total is the number of shards: what stands behind the stroke of each.
	Total int
}

const (
	// jobTime is how long a job may take before another is made. Each job costs the start of a
	// runner, and a matrix is looked at job by job, so there are as few as that allows.
	jobTime = 10 * time.Minute
	// MaxJobs is how many jobs GitHub makes of one matrix.
	MaxJobs = 256
)

// Part is the part of a list that is the index-th of total shards, counted from 1: every total-th, so
// that accounts that are next to each other, and often alike, are spread. Total 0 is the whole list.
func Part[T any](all []T, index, total int) []T {
	if total == 0 {
		return all
	}
	var out []T
	for i := index - 1; i < len(all); i += total {
		out = append(out, all[i])
	}
	return out
}

// Share makes as few jobs as let each end within ten minutes, or where one account takes longer than that
// within a quarter more than it takes: 256 at most, and none without an account. atOnce accounts are
// audited at once in a job; before it begins each job lists the accounts, which takes the time given for it.
func Share(accounts []Account, atOnce int, listing time.Duration) Plan {
	var longest, sum time.Duration
	active := 0
	for _, a := range accounts {
		if a.Skip == "" {
			active++
			longest = max(longest, a.Time)
			sum += a.Time
		}
	}
	limit := max(jobTime, (listing+longest)*5/4)
	most := max(1, min(active, MaxJobs))
	fewest := int(sum / time.Duration(max(1, atOnce)) / max(time.Minute, limit-listing)) // fewer take too long on average
	for n := max(1, min(fewest, most)); ; n++ {
		jobs := split(accounts, n, atOnce, listing)
		if n == most || !slices.ContainsFunc(jobs, func(j Job) bool { return j.Time > limit }) {
			return Plan{Accounts: accounts, Total: n, Jobs: slices.DeleteFunc(jobs, func(j Job) bool { return j.Accounts == 0 && n > 1 })}
		}
	}
}

// split is what n jobs have to do each.
func split(accounts []Account, n, atOnce int, listing time.Duration) []Job {
	jobs := make([]Job, n)
	for i := range jobs {
		var longest, sum time.Duration
		j := &jobs[i]
		j.Shard = shard(i+1, n)
		for _, a := range Part(accounts, i+1, n) {
			if a.Skip != "" {
				continue
			}
			j.Accounts++
			sum += a.Time
			longest = max(longest, a.Time)
		}
		j.Time = listing + max(longest, sum/time.Duration(max(1, atOnce)))
	}
	return jobs
}

func shard(index, total int) string { return fmt.Sprintf("%d/%d", index, total) }

// Matrix is the plan as the strategy of a workflow's job takes it: JSON with one include a job.
func (p Plan) Matrix() string {
	var rows []string
	for _, j := range p.Jobs {
		rows = append(rows, fmt.Sprintf(`{"shard": "%s", "accounts": %d}`, j.Shard, j.Accounts))
	}
	return `{"include": [` + strings.Join(rows, ", ") + `]}`
}

// shards are the shards of the accounts, by their place in the list; those that are skipped have none.
func (p Plan) shards() []string {
	places := make([]int, len(p.Accounts))
	for i := range places {
		places[i] = i
	}
	out := make([]string, len(places))
	for n := range p.Total {
		for _, i := range Part(places, n+1, p.Total) {
			if p.Accounts[i].Skip == "" {
				out[i] = shard(n+1, p.Total)
			}
		}
	}
	return out
}

// counts are the accounts that are audited, those that are skipped, and the longest job.
func (p Plan) counts() (audited, skipped int, longest time.Duration) {
	for _, a := range p.Accounts {
		if a.Skip == "" {
			audited++
		} else {
			skipped++
		}
	}
	for _, j := range p.Jobs {
		longest = max(longest, j.Time)
	}
	return audited, skipped, longest
}
