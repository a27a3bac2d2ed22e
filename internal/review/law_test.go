package review

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/keysweep/keysweep/internal/declare"
)

// drawInput draws what a run could meet.
func drawInput(t *rapid.T) Input {
	word := rapid.SampledFrom(append([]string{"alice", "bob", "infra/users.tf", "infra/ses/smtp.tf"}, hostile...))
	change := rapid.Custom(func(t *rapid.T) declare.Change {
		return declare.Change{
			Change: rapid.SampledFrom([]string{declare.Added, declare.Added, declare.Added, declare.Replaced, declare.Removed}).Draw(t, "change"),
			Kind:   rapid.SampledFrom([]declare.Kind{declare.User, declare.AccessKey, declare.HardcodedKey}).Draw(t, "kind"),
			Form:   "terraform", Address: word.Draw(t, "address"), Name: word.Draw(t, "name"), Path: word.Draw(t, "path"),
			Line: rapid.IntRange(0, 3).Draw(t, "line"), Count: rapid.IntRange(1, 2).Draw(t, "count"), Why: word.Draw(t, "why"),
			Confidence: rapid.SampledFrom([]declare.Confidence{declare.Certain, declare.Likely, declare.Possible}).Draw(t, "confidence"),
		}
	})
	in := input(rapid.SliceOfN(change, 0, 6).Draw(t, "changes")...)
	in.Outcome.Head = rapid.SampledFrom([]string{headSHA, laterSHA}).Draw(t, "head")
	for _, p := range rapid.SliceOfN(word, 0, 2).Draw(t, "unread") {
		in.Outcome.NotAnalysed = append(in.Outcome.NotAnalysed, declare.NotAnalysed{Path: p, Reason: p})
	}
	if rapid.Bool().Draw(t, "policy") {
		in.Policy = exempting("infra/ses/*")
	}
	in.Approval = Approval{
		Label: rapid.Bool().Draw(t, "label"), Valid: rapid.Bool().Draw(t, "valid"), By: word.Draw(t, "by"),
		At:          now.Add(time.Duration(rapid.IntRange(-2, 20).Draw(t, "at")) * time.Minute),
		HeadAtLabel: rapid.SampledFrom([]string{"", headSHA, laterSHA}).Draw(t, "head at label"),
	}
	return in
}

// TestTwiceIsOnce: after any history of runs, a run that meets the same writes nothing and judges the same.
func TestTwiceIsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pull{clock: now}
		var in Input
		for range rapid.IntRange(1, 4).Draw(t, "runs") {
			in = drawInput(t)
			p.run(in)
		}
		first := p.run(in)
		p.took()
		second := p.run(in)
		if w := p.took(); w != "" {
			t.Errorf("the second run over the same wrote: %s\n%s", w, p.comments[0].Body)
		}
		if first.Additions() != second.Additions() || first.Comment() == "" {
			t.Errorf("%d additions, then %d", first.Additions(), second.Additions())
		}
	})
}

// TestOrderDoesNotMatter: what is said does not depend on the order in which it was found.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		other := in
		other.Outcome.Changes = rapid.Permutation(in.Outcome.Changes).Draw(t, "changes")
		other.Outcome.NotAnalysed = rapid.Permutation(in.Outcome.NotAnalysed).Draw(t, "unread")
		before := slices.Clone(other.Outcome.Changes)
		a, b := Judge(in), Judge(other)
		if diff := cmp.Diff(a.Comment()+a.Summary()+a.QuietLine()+a.Terminal(true), b.Comment()+b.Summary()+b.QuietLine()+b.Terminal(true)); diff != "" {
			t.Errorf("another order says another thing:\n%s", diff)
		}
		if !bytes.Equal(in.Outcome.JSON(), other.Outcome.JSON()) || !slices.Equal(a.Annotations(), b.Annotations()) {
			t.Error("another order, another document or other annotations")
		}
		if !slices.Equal(before, other.Outcome.Changes) {
			t.Error("the input was sorted")
		}
	})
}

// TestEveryAdditionIsSomewhere: an addition counts, is accepted or is possible, and nothing is counted twice.
func TestEveryAdditionIsSomewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		v := Judge(in)
		want := 0
		for _, c := range in.Outcome.Changes {
			if c.Change == declare.Added {
				want += c.Count
			}
		}
		if got := v.Additions() + total(v.Accepted) + total(v.Possible); got != want {
			t.Errorf("%d additions are shown, %d came", got, want)
		}
		if v.Fails() != (v.Additions() > 0) {
			t.Error("the gate and the number differ")
		}
	})
}
