package review

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/declare"
)

// pull is a pull request with its comments, as GitHub keeps it.
type pull struct {
	comments []ExistingComment
	clock    time.Time
	writes   []string
}

// write carries a plan out.
func (p *pull) write(plan CommentPlan) {
	switch plan.Step {
	case Create:
		p.comments = append(p.comments, ExistingComment{ID: int64(len(p.comments) + 1), Author: actions[0], AuthorBot: true, Body: plan.Body, UpdatedAt: p.clock})
		p.writes = append(p.writes, "create")
	case Update:
		p.edit(plan.ID, plan.Body)
	}
	for _, d := range plan.Doubles {
		p.edit(d.ID, d.Body)
	}
}

func (p *pull) edit(id int64, body string) {
	for i := range p.comments {
		if p.comments[i].ID == id {
			p.comments[i].Body, p.comments[i].UpdatedAt = body, p.clock
			p.writes = append(p.writes, fmt.Sprintf("update %d", id))
		}
	}
}

// run is one run over the pull request; it takes a minute.
func (p *pull) run(in Input) Verdict {
	in.Now = p.clock
	in.Memory = ParseMemory(p.comments, actions)
	v := Judge(in)
	p.clock = p.clock.Add(time.Minute)
	p.write(PlanComment(v, p.comments, actions))
	p.clock = p.clock.Add(time.Minute)
	return v
}

// took is what was written since it was asked last.
func (p *pull) took() string {
	w := strings.Join(p.writes, ", ")
	p.writes = nil
	return w
}

func TestCommentOfAPullRequest(t *testing.T) {
	at := func(head string, changes ...declare.Change) Input {
		in := input(changes...)
		in.Outcome.Head = head
		return in
	}
	incomplete := at(laterSHA)
	incomplete.Outcome.NotAnalysed = unread(1)
	alice, bob := user("alice", "users.tf", 1), user("bob", "users.tf", 2)
	p := &pull{clock: now}
	for _, s := range []struct {
		name string
		in   Input
		want string
	}{
		{"nothing was ever added", at(headSHA), ""},
		{"only possible ones", at(headSHA, sure(declare.Possible, alice)), ""},
		{"not everything was analysed", incomplete, ""},
		{"an addition", at(headSHA, alice), "create"},
		{"the same again", at(headSHA, alice), ""},
		{"a later head", at(laterSHA, alice), "update 1"},
		{"another addition", at(laterSHA, alice, bob), "update 1"},
		{"in another order", at(laterSHA, bob, alice), ""},
		{"nothing is added any more", at(laterSHA), "update 1"},
		{"nor by a later head", at(headSHA), ""},
		{"that is not known for sure", incomplete, "update 1"},
		{"nor again", incomplete, ""},
		{"back again", at(laterSHA, alice), "update 1"},
	} {
		p.run(s.in)
		if got := p.took(); got != s.want {
			t.Errorf("%s: wrote %q, want %q", s.name, got, s.want)
		}
	}
	group := at(headSHA, alice)
	group.Pull = nil
	if plan := PlanComment(Judge(group), p.comments, actions); plan.Step != Nothing || plan.Body != "" {
		t.Errorf("without a pull request: %+v", plan)
	}
}

// TestOnlyOurComments: a mark that somebody else wrote, or that stands elsewhere, is no comment of ours.
func TestOnlyOurComments(t *testing.T) {
	v := Judge(input(user("alice", "users.tf", 1)))
	body := v.Comment()
	for _, tt := range []struct {
		name string
		by   ExistingComment
		self []string
		want Step
	}{
		{"ours", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: body}, actions, Nothing},
		{"ours, lines as an editor ends them", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: strings.ReplaceAll(body, "\n", "\r\n")}, actions, Nothing},
		{"ours, in other letters", ExistingComment{Author: "GitHub-Actions[bot]", AuthorBot: true, Body: body}, actions, Nothing},
		{"somebody's copy", ExistingComment{Author: "mallory", Body: body}, actions, Create},
		{"another bot's copy", ExistingComment{Author: "copycat[bot]", AuthorBot: true, Body: body}, actions, Create},
		{"a person who is called like a bot", ExistingComment{Author: "github-actions[bot]", Body: body}, actions, Create},
		{"the person whose token the run has", ExistingComment{Author: "machine", Body: body}, []string{"machine"}, Nothing},
		{"nobody is us", ExistingComment{Body: body, AuthorBot: true}, []string{""}, Create},
		{"a quotation", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: "> " + body}, actions, Create},
		{"further down", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: "\n" + body}, actions, Create},
		{"more behind the marker", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: strings.Replace(body, " -->", " --> x", 1)}, actions, Create},
		{"another head", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: strings.Replace(body, headSHA, laterSHA, 1)}, actions, Update},
		{"words were taken out", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: strings.Replace(body, "IAM user", "", 1)}, actions, Update},
		{"the memory was taken out", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: strings.Replace(body, "keysweep:memory", "x", 1)}, actions, Update},
		{"an approval was put in", ExistingComment{Author: "github-actions[bot]", AuthorBot: true, Body: strings.Replace(body, `"ids"`, `"approved"`, 1)}, actions, Update},
	} {
		tt.by.ID = 7
		if got := PlanComment(v, []ExistingComment{tt.by}, tt.self); got.Step != tt.want || got.Step == Update && got.ID != 7 {
			t.Errorf("%s: %s of %d, want %s", tt.name, got.Step, got.ID, tt.want)
		}
		if m := ParseMemory([]ExistingComment{tt.by}, tt.self); tt.want == Create && m != nil {
			t.Errorf("%s: it is remembered", tt.name)
		}
	}
}

func TestDoubles(t *testing.T) {
	v := Judge(input(user("alice", "users.tf", 1)))
	by := func(id int64) ExistingComment {
		return ExistingComment{ID: id, Author: actions[0], AuthorBot: true, Body: v.Comment()}
	}
	p := &pull{clock: now, comments: []ExistingComment{by(9), by(4), by(6)}}
	plan := PlanComment(v, p.comments, actions)
	want := CommentPlan{Step: Nothing, ID: 4, Body: v.Comment(), Doubles: []CommentEdit{{6, doubleBody(headSHA)}, {9, doubleBody(headSHA)}}}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Errorf("three of ours (-want +got):\n%s", diff)
	}
	p.write(plan)
	if again := PlanComment(v, p.comments, actions); again.Step != Nothing || len(again.Doubles) != 0 {
		t.Errorf("again: %+v", again)
	}
	// Where somebody deletes the one, nobody takes a double for it.
	if plan := PlanComment(v, p.comments[:1], actions); plan.Step != Update || plan.ID != 9 {
		t.Errorf("a double alone: %+v", plan)
	}
}

func TestApproval(t *testing.T) {
	alice, bob := user("alice", "users.tf", 1), user("bob", "users.tf", 2)
	at := func(head string, a Approval, changes ...declare.Change) Input {
		in := input(changes...)
		in.Outcome.Head, in.Approval = head, a
		return in
	}
	by := func(minute int, head string) Approval {
		return Approval{Label: true, By: "bob", At: now.Add(time.Duration(minute) * time.Minute), Valid: true, HeadAtLabel: head}
	}
	none := Approval{}
	invalid := by(100, headSHA)
	invalid.Valid = false
	type step struct {
		name string
		in   Input
		want int // additions that count
	}
	// The n-th run begins at minute 2n and writes at minute 2n+1.
	for name, steps := range map[string][]step{
		"the label after the comment": {
			{"an addition", at(headSHA, none, alice), 1},
			{"the label, told by another event", at(headSHA, by(2, ""), alice), 0},
			{"and again", at(headSHA, by(2, ""), alice), 0},
			{"what comes later needs it anew", at(laterSHA, by(2, ""), alice, bob), 1},
			{"it is still so", at(laterSHA, by(2, ""), alice, bob), 1},
			{"the label is set again", at(laterSHA, by(10, ""), alice, bob), 0},
			{"the label goes", at(laterSHA, none, alice, bob), 2},
			{"its setting of old does not count", at(laterSHA, none, alice, bob), 2},
		},
		"the label in the second of the comment": {
			{"an addition", at(headSHA, none, alice), 1},
			{"nobody can have seen it", at(headSHA, by(1, ""), alice), 1},
		},
		"the label between the run and its comment": {
			{"an addition", at(headSHA, none, alice), 1},
			{"another, which the label does not know", at(laterSHA, by(2, ""), alice, bob), 1},
			{"the first stays approved", at(laterSHA, by(2, ""), alice, bob), 1},
		},
		"a label from before the first run": {
			{"it does not say what was there", at(headSHA, by(-5, ""), alice), 1},
			{"nor later", at(headSHA, by(-5, ""), alice), 1},
		},
		"the setting of the label is the event": {
			{"what is there", at(headSHA, by(0, headSHA), alice), 0},
			{"it stays approved", at(laterSHA, by(0, ""), alice), 0},
			{"what comes later is not", at(laterSHA, by(0, ""), alice, bob), 1},
		},
		"the setting of the label at another head": {
			{"it approves nothing of this one", at(laterSHA, by(0, headSHA), alice), 1},
		},
		"a label of the author, or of somebody without write access": {
			{"it approves nothing", at(headSHA, invalid, alice), 1},
			{"nor what the comment shows", at(headSHA, invalid, alice), 1},
		},
		"an approved addition that moves in its file, or goes and comes": {
			{"an addition", at(headSHA, by(0, headSHA), alice), 0},
			{"on another line", at(laterSHA, by(0, ""), user("alice", "users.tf", 40)), 0},
			{"more of it", at(laterSHA, by(0, ""), func() declare.Change { c := alice; c.Count = 2; return c }()), 2},
			{"as it was", at(laterSHA, by(0, ""), alice), 1},
		},
		"two that are alike": {
			{"one", at(headSHA, by(0, headSHA), alice), 0},
			{"two", at(laterSHA, by(0, ""), alice, user("alice", "users.tf", 9)), 1},
		},
	} {
		p := &pull{clock: now}
		for _, s := range steps {
			if got := p.run(s.in).Additions(); got != s.want {
				t.Errorf("%s: %s: %d additions, want %d\n%s", name, s.name, got, s.want, p.comments[0].Body)
			}
		}
	}
}

// TestApprovalOfMany: more additions than a comment can remember one by one are approved as a whole.
func TestApprovalOfMany(t *testing.T) {
	in := input()
	for i := range 3000 {
		in.Outcome.Changes = append(in.Outcome.Changes, key(fmt.Sprint("k", i), "keys.tf", i+1))
	}
	p := &pull{clock: now}
	if n := p.run(in).Additions(); n != 3000 || len(p.comments[0].Body) > 60_000 {
		t.Fatalf("%d additions, a comment of %d bytes", n, len(p.comments[0].Body))
	}
	in.Approval = Approval{Label: true, By: "bob", At: p.clock, Valid: true}
	for range 2 {
		if n := p.run(in).Additions(); n != 0 {
			t.Errorf("approved as a whole, %d additions", n)
		}
	}
	in.Outcome.Changes = append(in.Outcome.Changes, key("late", "keys.tf", 9000))
	if n := p.run(in).Additions(); n != 3001 {
		t.Errorf("with one more: %d additions", n)
	}
	p.took()
	if p.run(in); p.took() != "" {
		t.Error("the same again writes")
	}
}

func TestExemption(t *testing.T) {
	in := input(user("alice", "infra/ses/users.tf", 1))
	in.Policy = exempting("infra/ses/*")
	for _, tt := range []struct {
		now  string
		want int
	}{{"2026-11-24T10:00:00Z", 0}, {"2027-03-31T23:59:59Z", 0}, {"2027-04-01T00:00:00Z", 1}} {
		at, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		in.Now = at
		if n := Judge(in).Additions(); n != tt.want {
			t.Errorf("at %s: %d additions, want %d", tt.now, n, tt.want)
		}
	}
}
