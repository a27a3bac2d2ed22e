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

// orderKey is one key of the order: the finding that tells where it stands, and the one that has its commands.
type orderKey struct{ f, commands *checks.Finding }

// orderOf is the keys of each part of the order. A key with several findings is listed once, where the
// worst of them puts it: what one of them knows nothing of, another may.
func orderOf(d *Data) [][]orderKey {
	at := map[string]int{}
	var all []orderKey
	for _, f := range ranked(d) {
		if partOf(f) < 0 {
			continue
		}
		i, seen := at[keyName(f)]
		switch {
		case !seen:
			at[keyName(f)] = len(all)
			all = append(all, orderKey{f, f})
			continue
		case partOf(f) > partOf(all[i].f) && all[i].f.Check != checkLeaked: // which waits for nothing
			all[i].f = f
		}
		if f.Kind == checks.SubjectAccessKey {
			all[i].commands = f
		}
	}
	slices.SortStableFunc(all, compareOrder)
	parts := make([][]orderKey, len(orderParts))
	for _, k := range all {
		parts[partOf(k.f)] = append(parts[partOf(k.f)], k)
	}
	return parts
}

// compareOrder puts those that were idle for longest first. What is known of no use at all comes first among
// keys that can go, and last where it may only be unknown.
func compareOrder(x, y orderKey) int {
	a, b := x.f, y.f
	return cmp.Or(cmp.Compare(known(b), known(a)), strings.Compare(a.Evidence.LastUsed, b.Evidence.LastUsed),
		strings.Compare(a.AccountID, b.AccountID), strings.Compare(a.ID, b.ID))
}

// partOf is the index of the finding's part; below zero for what is no key.
func partOf(f *checks.Finding) int {
	for i := range orderParts {
		if orderParts[i].removal == f.Removal {
			return i
		}
	}
	return -1
}

// keyName tells keys apart: an id is of one key wherever it is found, a hidden one of one key of its user, and
// what has no id is a key of its own.
func keyName(f *checks.Finding) string {
	if f.KeyID == "" {
		return "finding " + f.ID
	}
	return f.KeyID + " " + f.User
}

// orderText is the order in which keys can go, each with the command that deactivates it and the one that undoes that.
func orderText(d *Data, limit int) string {
	w := rows{limit: limit}
	for i, all := range orderOf(d) {
		if len(all) == 0 {
			continue
		}
		p := orderParts[i]
		w.add("\n### " + p.title + ": " + plural(len(all), "key") + "\n\n" + p.lead + "\n\n")
		for _, k := range all[:min(len(all), orderRows)] {
			w.add(orderItem(k))
		}
		w.left("keys", len(all)-orderRows)
	}
	if w.String() == "" {
		return ""
	}
	return "\n## In which order keys can go\n" + w.String()
}

// orderItem is one key with its commands.
func orderItem(k orderKey) string {
	item := "- " + Text(k.commands.Title) + ", account " + accountCell(k.commands)
	if why := k.f.Because; why != "" {
		item += ": " + Prose(why)
	} else if used := lastUsedCell(k.f); used != "" {
		item += "; last used: " + used
	}
	item += "\n"
	off, undo := offCommands(k.commands)
	if off == "" {
		return item + deleteItem(k)
	}
	if where := k.where(); where != "" {
		item += "\n  " + Prose(where) + "\n"
	}
	return item + orderFence(off) + "\n  To undo it:\n" + orderFence(undo) + "\n"
}

// where says in which account the commands are to be given, where that may not be the one of the finding: a resource
// may hold a key of another account.
func (k orderKey) where() string {
	if k.commands.Kind != checks.SubjectResource {
		return ""
	}
	for _, s := range k.commands.Steps {
		if text, undo := splitUndo(s.Text); undo != "" {
			return text
		}
	}
	return ""
}

// orderFence is a command within an item of a list.
func orderFence(command string) string {
	return "\n  " + strings.ReplaceAll(Fence("sh", command), "\n", "\n  ") + "\n"
}

// offCommands are the command that deactivates a key, and the one that undoes that; empty where there is none, or
// they are too long to show.
func offCommands(f *checks.Finding) (off, undo string) {
	for _, s := range f.Steps {
		text, undo := splitUndo(s.Text)
		if undo != "" && text != "" && len(s.Command)+len(undo) <= commandLimit {
			return s.Command, undo
		}
	}
	return "", ""
}

// checkInactive is the check that is about deactivated keys alone.
const checkInactive = "inactive-access-key"

// deleteItem is the command that deletes a key which can go and which there is nothing to deactivate of.
func deleteItem(k orderKey) string {
	if k.commands.Check != checkInactive || k.f.Removal != checks.RemovalNow {
		return ""
	}
	for _, s := range k.commands.Steps {
		if strings.HasPrefix(s.Command, "aws iam delete-access-key ") && len(s.Command) <= commandLimit {
			return "\n  To delete it, which nothing undoes:\n" + orderFence(s.Command) + "\n"
		}
	}
	return ""
}

// pageOrder is one part of the order on the page.
type pageOrder struct {
	Title, Lead, More string
	Keys              []pageKey
}

type pageKey struct {
	Title, Account, Command, Undo string
	Because                       []span
}

func (p *page) addOrder(d *Data) {
	for i, all := range orderOf(d) {
		if len(all) == 0 {
			continue
		}
		part := pageOrder{Title: orderParts[i].title + ": " + plural(len(all), "key"), Lead: orderParts[i].lead}
		if n := len(all) - pageKeys; n > 0 {
			all = all[:pageKeys]
			part.More = thousands(n) + " more are in findings.json."
		}
		for _, k := range all {
			off, undo := offCommands(k.commands)
			because := k.f.Because
			if where := k.where(); because != "" && where != "" {
				because += ". " + where
			}
			part.Keys = append(part.Keys, pageKey{
				Title: sentence(k.commands.Title), Account: label(accountName(k.commands.AccountID, k.commands.Account)), Because: spans(because),
				Command: command(off), Undo: command(undo),
			})
		}
		p.Order = append(p.Order, part)
	}
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
