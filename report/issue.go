package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// Limits of an issue. GitHub takes bodies of 65,536 characters; the block leaves room for
// the marker and for what people write around it.
const (
	titleLimit   = 200 // runes
	blockLimit   = 50_000
	tableLimit   = 25_000 // of the block: the facts
	tailLimit    = 20_000 // of the block: what stands below the steps
	proseLimit   = 1200   // runes of a sentence of ours that holds names
	commandLimit = 8000   // bytes; a command that is cut could do something else
	noteRows     = 20
	seenRows     = 10
	listLimit    = 30 // check ids, controls
)

// checkLeaked is the check whose findings can wait for nothing, whatever uses the key.
const checkLeaked = "leaked-access-key"

// IssueTitle is the one line that names the issue of a finding, 200 characters at most. It
// names the account where the finding's own title does not.
func IssueTitle(f *checks.Finding) string {
	title, where := f.Title, plainTitle(whereOf(f), titleLimit/2)
	if title == "" {
		title = f.Check
	}
	// Breaks that nobody sees count for GitHub too.
	for limit := titleLimit; ; limit -= 10 {
		if t := plainTitle(title, limit) + where; len([]rune(t)) <= titleLimit {
			return t
		}
	}
}

// whereOf names the account of a finding, ", account prod (111122223333)", unless its title does.
func whereOf(f *checks.Finding) string {
	switch {
	case f.AccountID == "", strings.Contains(f.Title, f.AccountID):
		return ""
	case f.Account == "", strings.Contains(f.Title, f.Account):
		return ", account " + f.AccountID
	}
	return ", account " + cut(f.Account, 50) + " (" + f.AccountID + ")"
}

// IssueLabels are the labels of ours that the issue of a finding carries.
func IssueLabels(f *checks.Finding) []string {
	return []string{"keysweep", "keysweep:" + string(f.Severity)}
}

// IssueBlock is the part of an issue's body that is ours, to stand between our marks. It
// holds dates and never ages, and nothing of the run that wrote it: the same facts a day
// later give the same text. 50,000 bytes at most.
func IssueBlock(f *checks.Finding) string {
	tail := issueTail(f)
	w := rows{limit: blockLimit - len(tail) - 300}
	w.add(verdict(f) + "\n\n" + factTable(f))
	for i, n := range f.Evidence.Notes[:min(len(f.Evidence.Notes), noteRows)] {
		if i == 0 {
			w.add("\n")
		}
		w.add("- " + Prose(n) + "\n")
	}
	w.left("notes", len(f.Evidence.Notes)-noteRows)
	w.add("\n### What to do\n\n")
	for _, s := range f.Steps {
		w.add(stepItem(s))
	}
	w.left("steps", 0)
	return strings.TrimRight(w.String(), "\n") + "\n" + tail
}

// verdict is the first line: what a stranger must know.
func verdict(f *checks.Finding) string {
	if f.Check == checkLeaked {
		return "**This key is known to others.** Whether it is in use or not: follow the steps below, in their order, today."
	}
	switch f.Removal {
	case checks.RemovalNow:
		return "**This can go today.** Nothing is known to use it: follow the steps below."
	case checks.RemovalAfterLook:
		return "**This can go after a look at what uses it.** Follow the steps below."
	case checks.RemovalAfterMigration:
		return "**Something still uses this.** Put its replacement in place first, then follow the steps below."
	}
	if f.Horizon == checks.Immediate {
		return "**To be put right now.** Follow the steps below."
	}
	return "**To be put right in the coming weeks.** Follow the steps below."
}

// factTable says what was found.
func factTable(f *checks.Finding) string {
	w := rows{limit: tableLimit}
	w.add("| What | Found |\n|---|---|\n")
	row := func(name, cell string) {
		if cell != "" {
			w.add("| " + name + " | " + cell + " |\n")
		}
	}
	row("Account", accountCell(f))
	row("User", userCell(f))
	row("Access key", Code(f.KeyID))
	row("Resource", Code(f.Resource))
	row("Created", dayCell(f.Evidence.Created))
	row("Last used", lastUsedCell(f))
	row("Seen from", seenCell(f.Evidence.SeenFrom))
	row("Owner", ownerCell(f))
	row("Severity", severityCell(f))
	row("Found by", foundByCell(f))
	return w.String()
}

func accountCell(f *checks.Finding) string { return nameCell(f.AccountID, f.Account) }

// nameCell names an account; the id is code, so that it can be copied.
func nameCell(id, name string) string {
	if name == "" {
		return Code(id)
	}
	return Text(name) + " (" + Code(id) + ")"
}

func userCell(f *checks.Finding) string {
	if f.User == inventory.RootUser {
		return "the root user"
	}
	return Code(f.User)
}

// lastUsedCell is made of the evidence alone, so that a plan can render a block with the last
// use that an issue already shows. A day is precise enough for a decision.
func lastUsedCell(f *checks.Finding) string { return lastUsed(f, Text, Code) }

// lastUsed says when and by what a credential was used last; words and code escape its parts.
func lastUsed(f *checks.Finding, words, code func(string) string) string {
	e := &f.Evidence
	if e.LastUsed == "" {
		return neverUsed(f)
	}
	used := words(day(e.LastUsed))
	if e.LastUsedService != "" {
		used += ", service " + code(e.LastUsedService)
	}
	if e.LastUsedRegion != "" {
		used += ", region " + code(e.LastUsedRegion)
	}
	return used
}

// neverUsed says "never" only where a check that needs the last use has held: elsewhere an
// empty last use may mean that it was not collected.
func neverUsed(f *checks.Finding) string {
	for _, id := range append([]string{f.Check}, f.Also...) {
		if strings.HasPrefix(id, "unused-") {
			return "never"
		}
	}
	switch checks.SubjectKind(f.Subject) {
	case checks.SubjectAccessKey, checks.SubjectPassword:
		return "not recorded"
	}
	return ""
}

// seenCell lists the kinds of places a credential was used from. Addresses, agents, dates
// and counts are left to the report: they change from day to day, an issue should not.
func seenCell(seen []checks.SeenFrom) string {
	var places []string
	for _, s := range seen {
		place := Text(cut(s.By, 30))
		if s.Source != "" && s.By != "internet" && s.By != "own-network" {
			place += " " + Code(cut(s.Source, 120))
		}
		if s.Service != "" {
			place += ", service " + Code(cut(s.Service, 120))
		}
		places = append(places, place)
	}
	slices.Sort(places)
	places = slices.Compact(places)
	if n := len(places) - seenRows; n > 0 {
		places = append(places[:seenRows], strconv.Itoa(n)+" more")
	}
	return strings.Join(places, "; ")
}

func ownerCell(f *checks.Finding) string {
	switch {
	case f.Owner == "":
		return "nobody is named yet"
	case f.OwnerRule == "":
		return Text(f.Owner)
	}
	return Text(f.Owner) + " (by " + Text(f.OwnerRule) + ")"
}

func severityCell(f *checks.Finding) string {
	cell := "**" + Text(string(f.Severity)) + "**"
	if f.Evidence.Administrator != "" {
		cell += ", raised one step: the user is an administrator (" + Text(f.Evidence.Administrator) + ")"
	}
	return cell
}

func foundByCell(f *checks.Finding) string {
	cell := Code(f.Check)
	for i, id := range f.Also[:min(len(f.Also), listLimit)] {
		if i == 0 {
			cell += ", and also "
		} else {
			cell += ", "
		}
		cell += Code(id)
	}
	return cell
}

// stepItem is one step as a box to tick, its commands in fences that belong to the item.
func stepItem(s checks.Step) string {
	text, undo := splitUndo(s.Text)
	item := "- [ ] " + Prose(text) + "\n"
	for _, c := range []struct{ lead, command string }{{"", s.Command}, {"  To undo it:\n\n", undo}} {
		switch {
		case c.command == "":
		case len(c.command) > commandLimit:
			item += "\n" + c.lead + "  The command is too long to show here; the report holds it.\n"
		default:
			item += "\n" + c.lead + "  " + strings.ReplaceAll(Fence("sh", c.command), "\n", "\n  ") + "\n"
		}
	}
	return item + "\n"
}

// undoLead stands before the command at the end of a step's text that takes the step back.
const undoLead = " To undo: "

// splitUndo parts the text of a step from the command that undoes it, which must be shown
// as a command: in prose, names are broken up.
func splitUndo(text string) (rest, command string) {
	if i := strings.LastIndex(text, undoLead); i >= 0 {
		return text[:i], text[i+len(undoLead):]
	}
	return text, ""
}

// issueTail is what stands below the steps. Its end, which says how the issue closes, is
// rendered first, since it must be there whatever is left out.
func issueTail(f *checks.Finding) string {
	end := section("How this issue closes", closesWhen(f))
	w := rows{limit: tailLimit - len(end)}
	w.add(section("Why it matters", Prose(f.Why)))
	w.add(section("What takes its place", replacementText(f.Replace)))
	w.add(section("Controls", controlText(f.Compliance, Text)))
	return w.String() + end
}

// section is a headed part of a body; without text there is no heading either.
func section(title, text string) string {
	if text == "" {
		return ""
	}
	return "\n### " + title + "\n\n" + text + "\n"
}

func replacementText(r checks.Replacement) string {
	if name := replacementName(r.Kind); name != "" {
		return strings.TrimRight("**"+Text(name)+".** "+Prose(r.Why), " ")
	}
	return Prose(r.Why)
}

// replacementName says a replacement's kind in words; empty where nothing has to take the place.
func replacementName(kind string) string {
	switch kind {
	case "delete":
		return ""
	case "instance-profile":
		return "An instance profile"
	case "lambda-role":
		return "The execution role"
	case "ecs-task-role":
		return "A task role"
	case "pod-identity":
		return "EKS Pod Identity"
	case "codebuild-role":
		return "The service role of the CodeBuild project"
	case "github-oidc":
		return "A role that GitHub Actions assumes with its OIDC token"
	case "oidc":
		return "A role that is assumed with an OIDC token"
	case "roles-anywhere":
		return "IAM Roles Anywhere"
	case "identity-center":
		return "Single sign-on with IAM Identity Center"
	case "aws-login":
		return "Short-lived credentials of aws login"
	case "external-id-role":
		return "A role with an external id"
	case "ses-role":
		return "A role that sends through the SES API"
	case "short-term-api-key":
		return "A short-term API key"
	}
	return kind
}

// controlText lists controls, each escaped by show.
func controlText(controls []checks.Control, show func(string) string) string {
	var names []string
	for _, c := range controls[:min(len(controls), listLimit)] {
		names = append(names, show(c.Framework+" "+c.Control))
	}
	return strings.Join(names, ", ")
}

// closesWhen says what ends the issue, and how to live with what it is about.
func closesWhen(f *checks.Finding) string {
	gone := "its check no longer holds"
	switch {
	case f.Check == checkLeaked:
		gone = "the key is deleted"
	case f.Kind == checks.SubjectAccessKey:
		gone = "the key is deleted or that no check holds for it any more"
	case f.Kind == checks.SubjectPassword:
		gone = "the password is gone or that no check holds for it any more"
	case f.Kind == checks.SubjectCredential:
		gone = "the credential is deleted or that its check no longer holds"
	}
	return "It closes by itself, with the proof in a comment, once keysweep has read in AWS that " + gone +
		". To keep it on purpose, somebody with write access comments `/keysweep accept until=YYYY-MM-DD reason=…`."
}

// span is a part of a sentence: prose or code.
type span struct {
	Text string
	Code bool
}

// spans parts a sentence of ours at its backticks: what stands between two is code. They
// may be longer than a name. Where backticks do not pair, a name holds them.
func spans(s string) []span {
	c := clean(s, proseLimit)
	parts := strings.Split(c, "`")
	inner := parts[min(1, len(parts)-1):max(1, len(parts)-1)]
	switch {
	case c == "":
		return nil
	case len(parts)%2 == 0, slices.Contains(inner, ""):
		return []span{{Text: c}}
	}
	out := make([]span, len(parts))
	for i, p := range parts {
		out[i] = span{p, i%2 == 1}
	}
	return out
}

// Prose is Text for sentences of ours that may hold names, up to 1,200 runes. What stands between two backticks
// is code; where backticks do not pair, a name holds them.
func Prose(s string) string {
	var b strings.Builder
	for i, p := range spans(s) {
		if p.Code {
			b.WriteString(Code(p.Text))
		} else {
			b.WriteString(markdownAt(p.Text, i == 0))
		}
	}
	return b.String()
}

// dayCell shows the day of an RFC 3339 time as a cell of a table.
func dayCell(rfc3339 string) string { return Text(day(rfc3339)) }

// day is the day of an RFC 3339 time; other words stay as they are.
func day(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return label(rfc3339)
	}
	return t.UTC().Format(time.DateOnly)
}

// rows collects whole rows up to a limit of bytes and says how many were left out.
type rows struct {
	b     strings.Builder
	limit int
	out   int
}

// add adds a row; once one was left out, so are those after it.
func (w *rows) add(row string) {
	if w.out > 0 || w.b.Len()+len(row) > w.limit {
		w.out++
		return
	}
	w.b.WriteString(row)
}

// left closes a run of rows: it says how many were left out, those included that were
// never added. A negative number counts as none.
func (w *rows) left(what string, notAdded int) {
	if out := w.out + max(0, notAdded); out > 0 {
		fmt.Fprintf(&w.b, "\n%s more %s are left out here; the report holds them.\n", thousands(out), what)
	}
	w.out = 0
}

func (w *rows) String() string { return w.b.String() }
