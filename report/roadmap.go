package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/checks"
)

// work is what one check found: one item of the roadmap.
type work struct {
	check    string
	horizon  checks.Horizon
	findings []*checks.Finding // the first to take up first
}

// horizons in order, and what they are called.
var horizons = []struct {
	horizon checks.Horizon
	name    string
}{
	{checks.Immediate, "now"},
	{checks.ShortTerm, "in one to three months"},
	{checks.LongTerm, "later"},
}

// worksOf groups what was found by check, the most urgent first.
func worksOf(findings []*checks.Finding) []work {
	at := map[string]int{}
	var out []work
	for _, f := range findings {
		horizon := f.Horizon
		if horizonRank(horizon) < 0 {
			horizon = checks.Immediate
		}
		key := string(horizon) + " " + f.Check
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, work{check: f.Check, horizon: horizon})
		}
		out[i].findings = append(out[i].findings, f)
	}
	for _, w := range out {
		slices.SortFunc(w.findings, takeUp)
	}
	slices.SortFunc(out, func(a, b work) int {
		return cmp.Or(cmp.Compare(horizonRank(a.horizon), horizonRank(b.horizon)),
			takeUpKind(a.findings[0], b.findings[0]), cmp.Compare(len(b.findings), len(a.findings)), cmp.Compare(a.check, b.check))
	})
	return out
}

func horizonRank(h checks.Horizon) int {
	return slices.Index([]checks.Horizon{checks.Immediate, checks.ShortTerm, checks.LongTerm}, h)
}

// takeUp orders findings of one check: the worst, then what can go at once, then the oldest.
func takeUp(a, b *checks.Finding) int {
	return cmp.Or(takeUpKind(a, b), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
}

func takeUpKind(a, b *checks.Finding) int {
	return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), cmp.Compare(removalRank(a), removalRank(b)))
}

func removalRank(f *checks.Finding) int {
	return slices.Index([]string{checks.RemovalNow, checks.RemovalNotAKey, checks.RemovalAfterLook, checks.RemovalAfterMigration}, f.Removal)
}

// roadmap is the sections of the three horizons. The text of an item never changes, lest a
// tick be lost with it: what changes stands below it.
func roadmap(d *Dashboard) string {
	works := worksOf(d.Findings)
	w := rows{limit: roadmapShare}
	for _, h := range horizons {
		w.add("\n### Roadmap: " + h.name + "\n\n")
		n := 0
		for _, x := range works {
			if x.horizon == h.horizon {
				n++
				w.add(workItem(x, d.Numbers))
			}
		}
		if h.horizon == checks.LongTerm {
			n++
			w.add(guardItem(d.Accounts))
		}
		if n == 0 {
			w.add("Nothing is open.\n")
		}
	}
	w.left("items", 0)
	return w.String()
}

// workItem is one item with its issues.
func workItem(x work, numbers map[string]int) string {
	title := x.check
	if c, ok := checks.ByID(x.check); ok {
		title = c.Title
	}
	accounts := map[string]bool{}
	var links []string
	for _, f := range x.findings {
		accounts[f.AccountID] = true
		if n := numbers[f.ID]; n > 0 && len(links) < linksShown {
			links = append(links, IssueRef(n))
		}
	}
	text := "- [ ] **" + Text(title) + "** (" + Code(x.check) + ")\n  " + plural(len(x.findings), "finding") + " in " + plural(len(accounts), "account")
	if len(links) > 0 {
		text += ": " + strings.Join(links, ", ")
		if more := len(x.findings) - len(links); more > 0 {
			text += " and " + thousands(more) + " more"
		}
	}
	return text + "\n"
}

// guardItem is where the road ends: where no key is left, none is made any more.
func guardItem(accounts []DashboardAccount) string {
	read, ready := 0, 0
	for _, a := range accounts {
		if !a.Read {
			continue
		}
		read++
		if a.Keys == 0 {
			ready++
		}
	}
	return "- [ ] **Deny new users and keys where none is left**, by a service control policy\n  " +
		thousands(ready) + " of " + plural(read, "account") + " that " + wasWere(read) + " read have no active key of a user\n"
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// nextStepItems are the three findings to take up first: the first of each item of the
// roadmap in turn, so that three people can begin.
func nextStepItems(d *Dashboard) string {
	works := worksOf(d.Findings)
	w := rows{limit: stepShare}
	taken := 0
	for nth := 0; taken < nextSteps; nth++ {
		more := false
		for _, x := range works {
			if nth < len(x.findings) && taken < nextSteps {
				w.add(nextStep(x.findings[nth], d.Numbers))
				taken++
				more = true
			}
		}
		if !more {
			break
		}
	}
	w.left("steps", 0)
	if taken == 0 {
		return "Nothing is open: keep it so."
	}
	return strings.TrimRight(w.String(), "\n")
}

func nextStep(f *checks.Finding, numbers map[string]int) string {
	title := Text(f.Title)
	if f.Account != "" && !strings.Contains(f.Title, f.AccountID) {
		title += ", account " + Text(f.Account)
	}
	text := "- [ ] " + strings.TrimSpace(IssueRef(numbers[f.ID])+" "+title) + " (" + Text(string(f.Severity)) + ")\n"
	if len(f.Steps) > 0 {
		step, _ := splitUndo(f.Steps[0].Text)
		text += "  " + Prose(cut(step, textLimit)) + "\n"
	}
	if f.Owner != "" {
		text += "  Owner: " + Text(f.Owner) + "\n"
	}
	return text
}

// team is an owner with the keys of all accounts.
type team struct {
	name, rule string
	keys       int
	accounts   map[string]bool
}

// pilot names the team that moves to roles first: the one whose workloads use most keys.
func pilot(all []AccountWorkload) string {
	nobody, keys := 0, 0
	var teams []*team
	for _, w := range all {
		keys += w.Keys
		if w.Owner == "" {
			nobody += w.Keys
			continue
		}
		i := slices.IndexFunc(teams, func(t *team) bool { return t.name == w.Owner })
		if i < 0 {
			i = len(teams)
			teams = append(teams, &team{name: w.Owner, rule: w.Rule, accounts: map[string]bool{}})
		}
		teams[i].keys += w.Keys
		teams[i].accounts[w.Account] = true
	}
	switch {
	case keys == 0:
		return ""
	case len(teams) == 0:
		return "Nobody is named for the " + plural(nobody, "key") + " that workloads use. Name owners in the policy file, by `owners` or `owner-tag`: " +
			"the team with most of them is the one to begin with."
	}
	slices.SortFunc(teams, func(a, b *team) int {
		return cmp.Or(cmp.Compare(b.keys, a.keys), cmp.Compare(len(b.accounts), len(a.accounts)), cmp.Compare(a.name, b.name))
	})
	t := teams[0]
	text := "**" + Text(t.name) + "** (by " + Text(t.rule) + "): its workloads use " + plural(t.keys, "key") + " in " + plural(len(t.accounts), "account") +
		", of " + thousands(keys) + " in all, and people use none of them. No team has more, so its move to roles takes away most and shows the others the way."
	if nobody > 0 {
		text += " For " + plural(nobody, "key") + " nobody is named."
	}
	return text
}
