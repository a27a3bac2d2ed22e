package review

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keysweep/keysweep/report"
)

// Limits of the parts of a comment, in bytes; with the memory they are below 60,000.
const (
	addedShare       = 18_000
	adviceShare      = 9000
	acceptedShare    = 5000
	possibleShare    = 3500
	notAnalysedShare = 2500
)

// elsewhere says where the rows are that a comment has no room for.
const elsewhere = " here; the job summary of the run has them"

// Comment is the one comment on the pull request, below 60,000 bytes, its hidden lines included.
func (v Verdict) Comment() string { return v.written(stateAdded, v.commentText()) }

func (v Verdict) commentText() string {
	return blocks(
		"## keysweep: "+v.headline(),
		v.incomplete(),
		report.Prose(reasons(v.Added)),
		v.addedTable(addedShare, elsewhere),
		v.adviceBlock(),
		v.labelNote(),
		v.howToAccept(),
		v.acceptedBlock(acceptedShare, elsewhere),
		v.possibleBlock(possibleShare, elsewhere),
		v.restLine(),
		v.notAnalysedBlock(notAnalysedShare, elsewhere),
		footer,
	)
}

const footer = "keysweep compares which AWS credentials the code declares before and after the change. It writes this comment anew when the answer changes."

// QuietLine is what the comment becomes when nothing is added any more, its hidden line included.
func (v Verdict) QuietLine() string { return v.written(stateQuiet, v.quietText()) }

func (v Verdict) quietText() string {
	text := "keysweep: " + v.subject() + " no longer adds IAM users, access keys or other long-lived credentials."
	if !v.Complete() {
		text = "keysweep: in what could be analysed, " + v.subject() + " no longer adds IAM users or access keys. **" +
			number(len(v.NotAnalysed), "file was", "files were") + " not analysed**; the job summary of the run names them."
	}
	if n := total(v.Possible); n > 0 {
		text += " " + number(n, "possible addition is", "possible additions are") + " in the job summary."
	}
	return text
}

// subject is what is under review, in the middle of a sentence.
func (v Verdict) subject() string {
	if v.pull == nil {
		return "this change"
	}
	return "this pull request"
}

// headline says what is added, or that nothing is.
func (v Verdict) headline() string {
	switch {
	case len(v.Added) > 0 && len(v.Accepted) > 0:
		return v.subject() + " adds " + amounts(v.Added) + "; " + amounts(v.Accepted) + " more " + isAre(total(v.Accepted)) + " accepted"
	case len(v.Added) > 0:
		return v.subject() + " adds " + amounts(v.Added)
	case len(v.Accepted) > 0:
		return v.subject() + " adds " + amounts(v.Accepted) + ", accepted"
	case v.Complete():
		return v.subject() + " adds no IAM users, access keys or other long-lived credentials"
	}
	return "no added IAM users or access keys were found in what could be analysed"
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// incomplete warns that what was not seen is not clean.
func (v Verdict) incomplete() string {
	if v.Complete() {
		return ""
	}
	return "> [!WARNING]\n> " + number(len(v.NotAnalysed), "file that could declare a credential was", "files that could declare credentials were") +
		" not analysed, so what stands there is not known."
}

func (v Verdict) addedTable(limit int, where string) string {
	return table(limit, where, []string{"Adds", "Name", "Where", "How sure", "Because"}, v.Added, func(r Row) []string {
		return []string{what(r), named(r), v.links.cell(r), report.Text(confidenceWords(r.Confidence)), report.Text(shortened(r.Why, whyShown))}
	})
}

// adviceBlock says what to do instead, once for all additions that it fits.
func (v Verdict) adviceBlock() string {
	var groups [][]Row
	at := map[Advice]int{}
	for _, r := range v.Added {
		n, ok := at[r.advice]
		if !ok {
			n = len(groups)
			at[r.advice] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], r)
	}
	if len(groups) == 0 {
		return ""
	}
	w := rows{limit: adviceShare}
	w.b.WriteString("### What to do instead\n")
	for _, g := range groups {
		w.add(func() string {
			return "\n**" + fors(g, len(groups) == 1) + "** " + report.Prose(g[0].advice.Text) + "\n" + snippet(g[0].advice)
		})
	}
	if w.out > 0 {
		return w.b.String() + "\nMore advice is left out" + elsewhere + ".\n"
	}
	return w.b.String()
}

// adviceNames is how many additions an advice names.
const adviceNames = 4

// fors names the additions that an advice is for; where it is for all of them, it names none.
func fors(g []Row, all bool) string {
	if all && len(g) > 1 {
		return "For all of them:"
	}
	var names []string
	for _, r := range g[:min(len(g), adviceNames)] {
		name := report.Code(shortened(shortName(r), nameShown))
		if name == "" {
			name = "the " + report.Text(kindWords(r.Kind))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if more := len(g) - adviceNames; more > 0 {
		names = append(names, thousands(more)+" more")
	}
	return "For " + list(names) + ":"
}

// longestSnippet is more than any reader takes from a comment.
const longestSnippet = 4000

func snippet(a Advice) string {
	if a.Snippet == "" || len(a.Snippet) > longestSnippet {
		return ""
	}
	return "\n" + fold("Ready-made lines", report.Fence(a.Language, a.Snippet))
}

// labelNote says why a label that is there does not approve what counts.
func (v Verdict) labelNote() string {
	a := v.approval
	if v.pull == nil || !a.Label || len(v.Added) == 0 {
		return ""
	}
	if !a.Valid {
		return "The label `" + LabelApproved + "` is there and approves nothing: it counts when somebody with write access sets it who is not the author."
	}
	return "The label `" + LabelApproved + "` is there and does not approve what is listed above: it was set before that was listed here. Take it off and set it again to approve that too."
}

// howToAccept says what to do when an addition has to stay.
func (v Verdict) howToAccept() string {
	if len(v.Added) == 0 {
		return ""
	}
	text := "**If it has to stay:** "
	if v.pull != nil {
		text += "somebody with write access" + otherThan(v.pull.Author) + " sets the label `" + LabelApproved +
			"`. That approves what is listed here; what comes later needs it anew. Or an "
	} else {
		text += "an "
	}
	text += "exemption in the policy file of the base branch, with a reason and a last day, accepts it by its path."
	if lines := v.exemptionLines(); lines != "" {
		text += "\n\n" + fold("An exemption for the policy file", report.Fence("yaml", lines))
	}
	return text
}

func otherThan(author string) string {
	if author == "" {
		return " who is not the author"
	}
	return " other than " + report.Code(shortened(author, nameShown))
}

// Limits of the lines for the policy file: paths, and the bytes of one.
const (
	exemptionPaths = 3
	exemptionPath  = 500
)

// exemptionLines are lines for the policy file, for the first paths. JSON's strings are YAML's.
func (v Verdict) exemptionLines() string {
	lines := ""
	var done []string
	for _, r := range v.Added {
		if len(done) == exemptionPaths {
			break
		}
		quoted, err := json.Marshal(r.Path)
		if err != nil { // strings always encode
			panic(err)
		}
		if slices.Contains(done, r.Path) || r.Path == "" || !utf8.ValidString(r.Path) || len(quoted) > exemptionPath {
			continue
		}
		done = append(done, r.Path)
		lines += "  - {check: addition, path: " + string(quoted) + ", reason: \"why it has to stay\", expires: YYYY-MM-DD}\n"
	}
	if lines == "" {
		return ""
	}
	return "exemptions:\n" + lines
}

func (v Verdict) acceptedBlock(limit int, where string) string {
	t := table(limit, where, []string{"Accepted", "Name", "Where", "By", "Until", "Reason"}, v.Accepted, func(r Row) []string {
		by, until, reason := v.acceptedBy(r.Accepted)
		return []string{what(r), named(r), v.links.cell(r), by, until, reason}
	})
	if t == "" {
		return ""
	}
	return "### Accepted\n\n" + t
}

func (v Verdict) acceptedBy(a *Acceptance) (by, until, reason string) {
	if a.Exemption != nil {
		return "an exemption of the policy file", a.Exemption.Expires.UTC().Format("2006-01-02") + " (that day included)", report.Text(a.Exemption.Reason)
	}
	by = "the label `" + LabelApproved + "`"
	if a.By != "" {
		by += ", set by " + report.Code(shortened(a.By, nameShown))
	}
	return by, "as long as the label stays", ""
}

func (v Verdict) possibleBlock(limit int, where string) string {
	t := table(limit, where, []string{"May add", "Name", "Where", "Because"}, v.Possible, func(r Row) []string {
		return []string{what(r), named(r), v.links.cell(r), report.Text(shortened(r.Why, whyShown))}
	})
	return fold(number(total(v.Possible), "possible addition", "possible additions")+", of which the text does not tell; not counted", t)
}

func (v Verdict) restLine() string {
	if words := restWords(v.Rest); words != "" {
		return "Beside that: " + words + ". None of these is an addition."
	}
	return ""
}

func (v Verdict) notAnalysedBlock(limit int, where string) string {
	if v.Complete() {
		return ""
	}
	w := rows{limit: limit}
	w.b.WriteString("| Not analysed | Because |\n|---|---|\n")
	for _, n := range v.NotAnalysed {
		w.add(func() string {
			return "| " + report.Code(shortened(n.Path, pathShown)) + " | " + report.Text(shortened(n.Reason, whyShown)) + " |\n"
		})
	}
	return fold(number(len(v.NotAnalysed), "file", "files")+" not analysed", w.left(where))
}

// blocks joins blocks of Markdown that are there.
func blocks(all ...string) string {
	var out []string
	for _, b := range all {
		if b = strings.Trim(b, "\n"); b != "" {
			out = append(out, b)
		}
	}
	return strings.Join(out, "\n\n") + "\n"
}
