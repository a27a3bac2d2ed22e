package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/checks"
)

// Limits of the order in which keys can go.
const (
	orderRows    = 50 // keys of one part
	orderShare   = 180_000
	summaryOrder = 30_000 // of the job summary
)

// orderParts are the parts of the order, the safest first.
var orderParts = []struct{ removal, title, lead string }{
	{checks.RemovalNow, "Now", "Nothing is known to use these, and no copy of an active one was found. Deactivate them today; delete them when nobody has missed them for a week."},
	{checks.RemovalAfterLook, "After a look", "These may be in use, a copy is known, or not enough is known of them. Look at the evidence first. A leaked key does not wait: deactivate it at once."},
	{checks.RemovalAfterMigration, "After migration", "Something uses these. Put the replacement in place first: the issue of each has the steps."},
}

// keysOf are the findings of one part of the order, those that were idle for longest first. What is known of no use
// at all comes first among keys that can go, and last where it may only be unknown.
func keysOf(d *Data, removal string) []*checks.Finding {
	var out []*checks.Finding
	met := map[keyOf]bool{}
	for _, own := range []bool{true, false} { // a key's own finding says more than that of a place where it stands
		for _, f := range ranked(d) {
			if f.Removal == removal && own == (f.Kind == checks.SubjectAccessKey) && first(met, f) {
				out = append(out, f)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *checks.Finding) int {
		return cmp.Or(cmp.Compare(known(b), known(a)), strings.Compare(a.Evidence.LastUsed, b.Evidence.LastUsed),
			strings.Compare(a.AccountID, b.AccountID), strings.Compare(a.ID, b.ID))
	})
	return out
}

// orderText is the order in which keys can go, each with the command that deactivates it and the one that undoes that.
func orderText(d *Data, limit int) string {
	w := rows{limit: limit}
	for _, p := range orderParts {
		all := keysOf(d, p.removal)
		if len(all) == 0 {
			continue
		}
		w.add("\n### " + p.title + ": " + plural(len(all), "key") + "\n\n" + p.lead + "\n\n")
		for _, f := range all[:min(len(all), orderRows)] {
			w.add(orderItem(f))
		}
		w.left("keys", len(all)-orderRows)
	}
	if w.String() == "" {
		return ""
	}
	return "\n## In which order keys can go\n" + w.String()
}

// orderItem is one key with its commands.
func orderItem(f *checks.Finding) string {
	item := "- " + Text(f.Title) + ", account " + accountCell(f)
	if used := lastUsedCell(f); used != "" {
		item += "; last used: " + used
	}
	item += "\n"
	active := false
	for _, s := range f.Steps {
		text, undo := splitUndo(s.Text)
		active = active || undo != ""
		if undo == "" || text == "" || len(s.Command)+len(undo) > commandLimit {
			continue
		}
		for _, c := range []string{s.Command, undo} {
			if c == undo {
				item += "\n  To undo it:\n"
			}
			item += "\n  " + strings.ReplaceAll(Fence("sh", c), "\n", "\n  ") + "\n"
		}
		return item + "\n"
	}
	if !active && f.Removal == checks.RemovalNow {
		return item + deleteItem(f)
	}
	return item
}

// deleteItem is the command for a key that can go and that there is nothing to deactivate of.
func deleteItem(f *checks.Finding) string {
	for _, s := range f.Steps {
		if strings.HasPrefix(s.Command, "aws iam delete-access-key ") && len(s.Command) <= commandLimit {
			return "\n  It is deactivated already. To delete it, which nothing undoes:\n\n  " + strings.ReplaceAll(Fence("sh", s.Command), "\n", "\n  ") + "\n\n"
		}
	}
	return ""
}

// Roadmap is roadmap.md: what to do now, in the coming months and later, and the order in which keys can go.
func Roadmap(d Data) string {
	works := worksOf(ranked(&d))
	w := rows{limit: orderShare}
	for _, h := range horizons {
		w.add("\n## " + strings.ToUpper(h.name[:1]) + h.name[1:] + "\n\n")
		n := 0
		for _, x := range works {
			if x.horizon == h.horizon {
				n++
				w.add(workItem(x, nil))
			}
		}
		if n == 0 {
			w.add("Nothing is open.\n")
		}
	}
	w.left("items", 0)
	return "# Roadmap\n" + w.String() + orderText(&d, orderShare) + "\n" + Prose(madeAt(&d)) + "\n"
}
