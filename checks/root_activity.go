package checks

import (
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// rootCallsShown bounds how many kinds of calls a note names.
const rootCallsShown = 12

// rootNotes tell what CloudTrail saw root do, so that one can see what it is used for.
// Calls of one kind are told once and without their dates: the note stays as it is while
// root goes on doing the same.
func rootNotes(s *Subject) []string {
	var notes []string
	if s.traits.lastUseUnknown {
		notes = append(notes, "When root was last used is not known: the fact was not collected.")
	}
	if _, missing := s.lacks(inventory.FactRootActivity); missing {
		return append(notes, "What root did is not known: its events in CloudTrail were not collected.")
	}
	calls := rootCalls(s.Account.Root.Events)
	if len(calls) == 0 {
		return append(notes, "CloudTrail holds no event of root in the regions that were asked: the home region, and where its key was last used.")
	}
	more := ""
	if len(calls) > rootCallsShown {
		calls, more = calls[:rootCallsShown], ", and more"
	}
	return append(notes, "CloudTrail saw root make these calls in the last 90 days: "+strings.Join(calls, ", ")+more+".")
}

// rootCalls are the kinds of calls, "s3.amazonaws.com CreateBucket", sorted.
func rootCalls(events []inventory.RootEvent) []string {
	var calls []string
	for _, e := range events {
		calls = append(calls, oneLine(e.Source+" "+e.Name))
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// rootSeenFrom tells from where root acted: one entry for each address, agent and service.
// Redacted, addresses and agents are left out.
func rootSeenFrom(events []inventory.RootEvent, redacted bool) []SeenFrom {
	seen := []SeenFrom{}
	at := map[SeenFrom]int{}
	for _, e := range events {
		place := SeenFrom{By: placeOf(e), Source: e.Address, Agent: e.Agent, Service: e.Source}
		if redacted {
			place.Source, place.Agent = "", ""
		}
		i, ok := at[place]
		if !ok {
			i = len(seen)
			at[place] = i
			seen = append(seen, place)
		}
		seen[i].Events++
		seen[i].Last = max(seen[i].Last, stamp(e.Time))
	}
	slices.SortFunc(seen, compareSeen)
	return seen
}

// placeOf says what kind of place an event came from, as far as the event itself tells.
func placeOf(e inventory.RootEvent) string {
	switch {
	case strings.Contains(e.Agent, "exec-env/CloudShell"):
		return "cloudshell"
	case strings.HasSuffix(e.Address, ".amazonaws.com"), strings.HasSuffix(e.Address, ".amazonaws.com.cn"):
		return "aws-service"
	}
	return "internet"
}

func compareSeen(a, b SeenFrom) int {
	for _, c := range []int{
		strings.Compare(b.Last, a.Last), strings.Compare(a.By, b.By), strings.Compare(a.Source, b.Source),
		strings.Compare(a.Agent, b.Agent), strings.Compare(a.Service, b.Service),
	} {
		if c != 0 {
			return c
		}
	}
	return 0
}
