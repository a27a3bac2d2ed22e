package backlog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
	"github.com/keysweep/keysweep/internal/inventory"
)

// story is a world in which anything happens between runs.
type story struct {
	*world
	t     *rapid.T
	words map[int][]string // what people wrote, by issue
	n     int
}

const subjects = 4

// TestLaw lets people, facts and time do what they like between runs, and some runs die.
func TestLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &story{world: newWorld(), t: t, words: map[int][]string{}}
		s.facts()
		for range rapid.IntRange(2, 8).Draw(t, "runs") {
			if rapid.IntRange(0, 4).Draw(t, "dies") == 0 {
				s.left = rapid.IntRange(0, 8).Draw(t, "after")
				s.sync()
				s.left = -1
			}
			before := s.states()
			s.orderIsNothing(s.plan())
			s.holds(before, s.sync())
			for range rapid.IntRange(0, 4).Draw(t, "deeds") {
				s.people()
			}
			s.later(rapid.SampledFrom([]int{0, 1, 1, 5, 80, 100, 200}).Draw(t, "days"))
			s.now = s.now.Add(1e9)
			s.facts()
		}
	})
}

// facts draws what the next run finds.
func (s *story) facts() {
	s.verdicts = map[string]checks.Verdict{}
	var found []checks.Finding
	for n := range subjects {
		f := unusedKey(n)
		switch rapid.IntRange(0, 9).Draw(s.t, "fact") {
		case 0:
			s.verdicts[id(n)] = gone
		case 1:
			s.verdicts[id(n)] = unread
		case 2:
			s.verdicts[id(n)] = off
		case 3:
			f.Exemption = &checks.ExemptionRef{Reason: "vendor", Expires: s.now.AddDate(0, 0, rapid.IntRange(0, 40).Draw(s.t, "exempt")).Format("2006-01-02")}
			found = append(found, f)
		case 4:
			f.Check, f.Severity, f.Title = "aged-access-key", checks.Medium, "Access key is old"
			f.Evidence.LastUsed = s.now.Format("2006-01-02T15:04:05Z")
			found = append(found, f)
		case 5:
			f.Severity = checks.Critical
			found = append(found, f)
		case 6: // neither found nor judged
		default:
			found = append(found, f)
		}
	}
	s.with(found...)
	s.accounts[0].Status = rapid.SampledFrom([]inventory.Status{"audited", "audited", "audited", "partial", "failed"}).Draw(s.t, "account")
	if s.accounts[0].Status == "failed" {
		s.findings = nil
	}
}

// people draws one deed on one issue.
func (s *story) people() {
	if len(s.issues) == 0 {
		return
	}
	i := s.issue(rapid.IntRange(1, len(s.issues)).Draw(s.t, "issue"))
	s.n++
	word := fmt.Sprintf("word%d", s.n)
	switch rapid.IntRange(0, 13).Draw(s.t, "deed") {
	case 0:
		s.shut(i, rapid.SampledFrom([]string{"completed", "not_planned", "duplicate"}).Draw(s.t, "reason"))
	case 1:
		if !i.Open {
			s.reopen(i)
		}
	case 2:
		i.Title = word
	case 3:
		i.Labels = nil
	case 4:
		i.Labels = append(slices.DeleteFunc(i.Labels, func(l string) bool { return l == backlog.LabelAccepted }), backlog.LabelAccepted)
	case 5:
		i.Labels = slices.DeleteFunc(i.Labels, func(l string) bool { return l == backlog.LabelAccepted })
	case 6:
		i.Body += "\n" + word
		s.words[i.Number] = append(s.words[i.Number], word)
	case 7:
		i.Body = word + "\n" + i.Body
		s.words[i.Number] = append(s.words[i.Number], word)
	case 8:
		if strings.Contains(i.Body, "<!-- keysweep:begin -->\n") {
			i.Body = strings.Replace(i.Body, "<!-- keysweep:begin -->\n", word+"\n", 1)
			s.words[i.Number] = append(s.words[i.Number], word)
		}
	case 9:
		i.Body = strings.Replace(i.Body, "<!-- keysweep:end -->", "", 1)
	case 10:
		i.Body = strings.ReplaceAll(strings.ReplaceAll(i.Body, "\r\n", "\n"), "\n", "\r\n")
	case 11:
		i.Body = strings.Replace(i.Body, "- [ ]", "- [x]", 1)
	case 12:
		if first, rest, _ := strings.Cut(i.Body, "\n"); strings.HasPrefix(first, "<!-- keysweep:v1") {
			i.Body = rest
		}
	case 13:
		s.commands = append(s.commands, comment(i.Number, "alice", "write", s.now, "/keysweep accept until="+
			s.now.AddDate(0, 0, 30).Format("2006-01-02")+" reason="+word))
	}
}

func (s *story) shut(i *backlog.Issue, reason string) {
	if i.Open {
		who := rapid.SampledFrom([]string{"alice", "stale[bot]"}).Draw(s.t, "who")
		s.close(i, who, who != "alice", reason)
	}
}

func (s *story) states() []bool {
	var open []bool
	for _, i := range s.issues {
		open = append(open, i.Open)
	}
	return open
}

// holds checks what must be true after any run.
func (s *story) holds(before []bool, r backlog.Result) {
	again := s.plan()
	for _, a := range append(again.Actions, s.planDashboard(again)...) {
		if a.Writes() {
			s.t.Fatalf("a second run would write: %s", lines([]backlog.Action{a}))
		}
	}
	if open := s.openAbout(dashboardID); len(open) > 1 {
		s.t.Fatalf("the open dashboards are %v", open)
	}
	for n := range subjects {
		if open := s.openAbout(id(n)); len(open) > 1 {
			s.t.Fatalf("finding %d has the open issues %v", n, open)
		}
	}
	for n, was := range before {
		i := s.issue(n + 1)
		if was && !i.Open && !s.mayClose(i) {
			s.t.Fatalf("#%d was closed without proof: %s", i.Number, lines(r.Actions))
		}
	}
	for n, words := range s.words {
		for _, w := range words {
			if !strings.Contains(s.issue(n).Body, w) {
				s.t.Fatalf("%q was lost from #%d:\n%s", w, n, s.issue(n).Body)
			}
		}
	}
	s.toldOnce()
}

// mayClose reports whether facts or an earlier issue close an issue.
func (s *story) mayClose(i *backlog.Issue) bool {
	if i.StateReason == "duplicate" {
		return true
	}
	v := s.verdicts[findingOf(i)].State
	return s.accounts[0].Status != "failed" && (v == checks.StateAbsent || v == checks.StatePolicy)
}

// toldOnce holds that no comment of ours stands twice.
func (s *story) toldOnce() {
	for n, all := range s.comments {
		keys := map[string]bool{}
		for _, c := range all {
			key, ok := backlog.ParseCommentKey(c)
			if !ok || keys[key] {
				s.t.Fatalf("#%d holds twice, or without a key: %q", n, c)
			}
			keys[key] = true
		}
	}
}

func findingOf(i *backlog.Issue) string {
	_, rest, _ := strings.Cut(i.Body, "<!-- keysweep:v1 id=")
	return rest[:min(len(rest), 16)]
}

// orderIsNothing holds that the plan is the same whatever the order of what it is made of.
func (s *story) orderIsNothing(r backlog.Result) {
	in := s.input()
	if len(r.NeedCloser) == 0 {
		for _, i := range s.issues {
			s.whoClosed(in.Issues, []int{i.Number})
		}
	}
	straight := encode(s.t, planWith(s.world, in)) + s.dashboardOver(in)
	rnd := rand.New(rand.NewPCG(1, uint64(s.n)))
	rnd.Shuffle(len(in.Findings), func(a, b int) { in.Findings[a], in.Findings[b] = in.Findings[b], in.Findings[a] })
	rnd.Shuffle(len(in.Issues), func(a, b int) { in.Issues[a], in.Issues[b] = in.Issues[b], in.Issues[a] })
	rnd.Shuffle(len(in.Commands), func(a, b int) { in.Commands[a], in.Commands[b] = in.Commands[b], in.Commands[a] })
	rnd.Shuffle(len(in.Accounts), func(a, b int) { in.Accounts[a], in.Accounts[b] = in.Accounts[b], in.Accounts[a] })
	if shuffled := encode(s.t, planWith(s.world, in)) + s.dashboardOver(in); shuffled != straight {
		s.t.Fatalf("in another order:\n%s\n%s", straight, shuffled)
	}
	slices.SortFunc(s.accounts, func(a, b *inventory.Account) int { return strings.Compare(a.ID, b.ID) })
}

// dashboardOver is what would be done to the dashboard, as text.
func (s *story) dashboardOver(in backlog.Input) string {
	var b strings.Builder
	for _, a := range backlog.PlanDashboard(backlog.DashboardInput{Input: in, Plan: planWith(s.world, in)}) {
		b.WriteString(lines([]backlog.Action{a}) + a.Body)
	}
	return b.String()
}

// encode is everything of a plan as text.
func encode(t interface{ Fatal(...any) }, r backlog.Result) string {
	out, err := backlog.EncodePlan(r, backlog.Run{GeneratedAt: start})
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + lines(r.Actions) + fmt.Sprint(r.NeedCloser, len(r.Issues))
}
