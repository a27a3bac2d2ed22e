package checks

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/keyuse"
	"github.com/keysweep/keysweep/internal/policy"
)

// uses are the places that the subject's key was used from, the newest first, with those that only
// an address tells judged by the addresses of all accounts.
func (s *Subject) uses() []inventory.KeyUse {
	if s.traits.redacted {
		return s.traits.uses
	}
	if s.Key == nil || len(s.Key.Uses) == 0 {
		return nil
	}
	own := keyuse.Own{}
	if s.keys != nil {
		own = s.keys.own
	}
	out := slices.Clone(s.Key.Uses)
	for i := range out {
		out[i].By = own.Place(out[i])
	}
	slices.SortStableFunc(out, inventory.CompareUses)
	return out
}

// computePlacesOf are the kinds of compute, in the order in which they are spoken of.
var computePlacesOf = []struct{ by, word string }{
	{inventory.FromLambda, "Lambda"},
	{inventory.FromECS, "ECS"},
	{inventory.FromCodeBuild, "CodeBuild"},
	{inventory.FromEC2, "EC2"},
	{inventory.FromOwnNetwork, "your own network"},
}

// computeUses are the kinds of compute that the key is used from, in words. A person who works
// through a network of ours is no workload.
func (s *Subject) computeUses() []string {
	if s.traits.redacted {
		return s.traits.compute
	}
	var out []string
	uses := s.uses()
	for _, c := range computePlacesOf {
		used := slices.ContainsFunc(uses, func(u inventory.KeyUse) bool { return u.By == c.by })
		if used && (c.by != inventory.FromOwnNetwork || !isPerson(s)) {
			out = append(out, c.word)
		}
	}
	return out
}

// worksInCompute reports whether an active key is used from compute.
func (s *Subject) worksInCompute() bool {
	return s.Key != nil && s.User != nil && s.Key.Active && len(s.computeUses()) > 0
}

// seenToday reports whether CloudTrail holds a use of the key within the last 24 hours.
func (s *Subject) seenToday() bool {
	return slices.ContainsFunc(s.uses(), func(u inventory.KeyUse) bool { return s.Now.Sub(u.Last) < day })
}

// usedElsewhere reports whether the key is used from addresses of EC2 that are of no account that was read.
func (s *Subject) usedElsewhere() bool {
	return slices.ContainsFunc(s.uses(), func(u inventory.KeyUse) bool {
		_, aws := keyuse.RegionOf(u.Source)
		return aws && u.By == ""
	})
}

// useNotes say what the places alone do not: that an address is one of EC2's and of nobody we know.
func (s *Subject) useNotes() []string {
	if s.Key == nil || s.User == nil {
		return nil
	}
	if s.traits.elsewhere {
		return []string{"It is used from addresses of EC2 that belong to no account that was read: compute elsewhere, or somebody else's. The list of addresses is AWS's, of " + keyuse.RangesDate() + "."}
	}
	return nil
}

// seenFromUses are the places as a finding shows them: one entry for each that looks alike.
func seenFromUses(uses []inventory.KeyUse) []SeenFrom {
	var out []SeenFrom
	at := map[SeenFrom]int{}
	for _, u := range uses {
		place := SeenFrom{By: u.By, Source: u.Source, Agent: u.Agent, Service: u.Service}
		i, ok := at[place]
		if !ok {
			i = len(out)
			at[place] = i
			out = append(out, place)
		}
		out[i].Events += u.Events
		out[i].Last = max(out[i].Last, stamp(u.Last))
	}
	slices.SortFunc(out, compareSeen)
	return out
}

// hiddenUses are uses without what may name somebody: an address, or the words of a client. The
// name of an AWS service names nobody.
func hiddenUses(uses []inventory.KeyUse) []inventory.KeyUse {
	out := slices.Clone(uses)
	for i := range out {
		u := &out[i]
		u.Agent, u.EndpointAccount = "", ""
		if u.By != inventory.FromAWSService {
			u.Source = ""
		}
	}
	return out
}

// joinWords is a list in a sentence: "Lambda, ECS and EC2".
func joinWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// useAsk is one key to ask CloudTrail about, and why it comes before others.
type useAsk struct {
	inventory.Recheck
	severity int
	open     bool
	admin    bool
	key      *inventory.AccessKey
}

// trailDays is how long CloudTrail's event history is.
const trailDays = 90

// KeyUses names the active keys that CloudTrail is to be asked about, the worst first: those with the
// worst finding, those with an open issue (by what open says of a finding's id; nil: none), those of
// administrators, then those used last. A key that is unused comes behind all others, and one
// that was not used in 90 days is left out: CloudTrail remembers no use of it.
func KeyUses(a *inventory.Account, p *policy.Policy, now time.Time, open func(id string) bool) []inventory.Recheck {
	e, ok := newEvaluation(a, p, Options{Now: now})
	if !ok || a.ReportOnly {
		return nil
	}
	var asks []useAsk
	e.each(func(at spot) {
		if ask, ok := e.askUse(at, open); ok {
			asks = append(asks, ask)
		}
	})
	slices.SortStableFunc(asks, func(x, y useAsk) int {
		return cmp.Or(cmp.Compare(y.severity, x.severity), compareBools(y.open, x.open), compareBools(y.admin, x.admin),
			y.key.LastUsed.Compare(x.key.LastUsed), cmp.Compare(x.Key, y.Key))
	})
	out := make([]inventory.Recheck, len(asks))
	for i := range asks {
		out[i] = asks[i].Recheck
	}
	return out
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// askUse says whether the key at a spot is to be asked about.
func (e *evaluation) askUse(at spot, open func(id string) bool) (useAsk, bool) {
	s := &e.s
	if at.user < 0 || s.Key == nil || !s.Key.Active || s.Key.ID == "" || s.unusedFor(s.Key.LastUsed, time.Time{}, trailDays) {
		return useAsk{}, false
	}
	ask := useAsk{Recheck: inventory.Recheck{User: s.User.Name, Kind: inventory.RecheckKeyUse, Key: s.Key.ID}, admin: s.User.Administrator != "", key: s.Key}
	if at.held = e.held(at); at.held != 0 {
		if n := e.named(at); n.exemption == nil {
			ask.severity = n.severity.Rank()
		}
	}
	if id, incomplete := s.identity(); open != nil && incomplete == "" {
		ask.open = open(id)
	}
	if s.unusedKey(s.Key) && len(s.leaks[s.Key.ID]) == 0 {
		ask.severity, ask.open = -1, false
	}
	return ask, true
}
