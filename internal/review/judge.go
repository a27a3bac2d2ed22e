package review

import (
	"time"

	"github.com/keysweep/keysweep/internal/advise"
	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/internal/policy"
)

// LabelApproved is the label that approves the additions of a pull request.
const LabelApproved = "keysweep:approved"

// Input is all that a verdict is made of.
type Input struct {
	Outcome Outcome
	// Policy is that of the base, so that a change cannot exempt itself; nil: there is none.
	Policy   *policy.Policy
	Approval Approval
	// Memory is what our comment on the pull request remembers; nil: there is none.
	Memory *Memory
	Now    time.Time
	// Pull is nil where there is no pull request: a merge group, folders, a plan.
	Pull *Pull
	// Repository (owner/name) and ServerURL make the links to the head's files.
	Repository, ServerURL string
	// Advise says what to do instead of an addition. Where it is nil or says nothing, general advice stands.
	Advise func(declare.Change) Advice
	// Suggest gives the lines of the head, from 1, that text would replace, without a line break at its end.
	Suggest func(declare.Change) (start, end int, text string, ok bool)
}

// Pull is the pull request under review.
type Pull struct {
	Number int
	Author string // a login; empty where the account is gone
}

// Advice is what to do instead of an addition. Backticks in Text make code.
type Advice = advise.Advice

// Approval is the label LabelApproved as it stands on the pull request.
type Approval struct {
	// Label says that the label is there. By and At are who set it last, and when by GitHub's clock.
	Label bool
	By    string
	At    time.Time
	// Valid says that By has write access and is not the author.
	Valid bool
	// HeadAtLabel is the head of the pull request in the event, where that event is the setting of this label;
	// otherwise it is empty.
	HeadAtLabel string
}

// Row is a change with what was decided about it.
type Row struct {
	declare.Change
	// Accepted is nil where nobody accepted the addition.
	Accepted *Acceptance

	id      string // of an addition
	advice  Advice
	suggest *suggestion
}

// Acceptance says who accepted an addition.
type Acceptance struct {
	// Exemption is that of the policy file; nil: the label did.
	Exemption *policy.Exemption
	By        string // who set the label
}

type suggestion struct {
	start, end int
	text       string
}

// Verdict is a change, judged.
type Verdict struct {
	Base, Head string
	// Added are the additions, certain or likely, that count; Accepted those that do not.
	Added, Accepted []Row
	// Possible are additions of which it cannot be known; they count for nothing.
	Possible []Row
	// Rest is what else came of credentials: replaced, rotated, moved, imported, removed.
	Rest        []Row
	NotAnalysed []declare.NotAnalysed

	pull     *Pull
	approval Approval
	links    links
	memory   Memory // what our comment remembers next
}

// Judge applies the exemptions of the base's policy file and the approval by label.
//
// The label approves what was there when it was set: what the comment had shown before that, and, where the
// event is the setting of the label, what the very head under review adds. What was approved once stays so
// as long as the label stays.
func Judge(in Input) Verdict {
	o := in.Outcome.sorted()
	v := Verdict{
		Base: o.Base, Head: o.Head, NotAnalysed: o.NotAnalysed, pull: in.Pull, approval: in.Approval,
		links: newLinks(in.ServerURL, in.Repository, o.Head),
	}
	var additions []Row
	for _, c := range o.Changes {
		switch {
		case c.Change != declare.Added:
			v.Rest = append(v.Rest, Row{Change: c})
		case c.Confidence == declare.Possible:
			v.Possible = append(v.Possible, Row{Change: c})
		default:
			additions = append(additions, in.row(c))
		}
	}
	v.sort(in, additions)
	return v
}

// row is an addition with what to do instead of it.
func (in Input) row(c declare.Change) Row {
	r := Row{Change: c}
	if in.Advise != nil {
		r.advice = in.Advise(c)
	}
	if r.advice.Text == "" {
		r.advice.Text = generalAdvice(c.Kind)
	}
	if in.Suggest != nil {
		if start, end, text, ok := in.Suggest(c); ok {
			r.suggest = &suggestion{start, end, text}
		}
	}
	return r
}

// sort parts the additions that count from those that were accepted.
func (v *Verdict) sort(in Input, additions []Row) {
	identify(additions)
	whole := wholeOf(additions)
	v.memory = Memory{written: in.Now.UTC().Truncate(time.Second), shown: map[string]sight{}}
	for i := range additions {
		r := &additions[i]
		approved := in.approves(r.id, whole)
		v.memory.shown[r.id] = sight{since: in.Memory.since(r.id, whole, v.memory.written), approved: approved}
		if e, ok := in.exempts(r.Path); ok {
			r.Accepted = &Acceptance{Exemption: &e}
		} else if approved {
			r.Accepted = &Acceptance{By: in.Approval.By}
		}
		if r.Accepted != nil {
			v.Accepted = append(v.Accepted, *r)
		} else {
			v.Added = append(v.Added, *r)
		}
	}
}

func (in Input) exempts(path string) (policy.Exemption, bool) {
	if in.Policy == nil {
		return policy.Exemption{}, false
	}
	return in.Policy.ExemptAddition(path, in.Now)
}

// approves reports whether the label approves an addition.
func (in Input) approves(id, whole string) bool {
	a := in.Approval
	if !a.Label || !a.Valid {
		return false
	}
	if a.HeadAtLabel != "" && a.HeadAtLabel == in.Outcome.Head {
		return true
	}
	s, ok := in.Memory.sight(id, whole)
	return ok && (s.approved || a.At.After(s.since))
}

// Complete reports whether every file was analysed that could hold a declaration.
func (v Verdict) Complete() bool { return len(v.NotAnalysed) == 0 }

// Additions is the number of additions that count: certain or likely, and not accepted.
func (v Verdict) Additions() int { return total(v.Added) }

// Fails reports whether the gate "fail-on: addition" holds the change back.
func (v Verdict) Fails() bool { return len(v.Added) > 0 }

func total(rows []Row) int {
	n := 0
	for _, r := range rows {
		n += max(r.Count, 1)
	}
	return n
}
