package advise

import (
	"strings"

	"github.com/keysweep/keysweep/internal/declare"
)

// Fix is the replacement of some lines of a file, from First to Last, counted from 1.
type Fix struct {
	First, Last int
	// Text takes the place of the lines, without a line break at its end. Lines that it keeps are those
	// of the file, with whatever stands in them.
	Text string
	// Note says what else the job needs; empty where it has it.
	Note string
}

// roleLine is what takes the place of the keys.
const roleLine = "role-to-assume: arn:aws:iam::ACCOUNT:role/NAME"

const (
	notePermission = "That permission is not there yet: name with it what else the job uses, like `contents: read`."
	noteAction     = "Name with that permission what else they use, like `contents: read`."
)

// keyLines are the inputs of the action that a role takes the place of.
var keyLines = []string{"aws-access-key-id", "aws-secret-access-key", "aws-session-token"}

const action = "aws-actions/configure-aws-credentials@"

// Suggestion returns the lines that take the place of static keys in a workflow. There are some where the
// keys are inputs of a step that configures the credentials, one a line, and the step takes no role yet.
func Suggestion(c declare.Change, file []byte) (Fix, bool) {
	if c.Kind != declare.StaticKeyUse || c.Form != "github-workflow" {
		return Fix{}, false
	}
	w := workflow(strings.Split(string(file), "\n"))
	at := c.Line - 1
	if at < 0 || at >= len(w) || inputName(w[at]) != keyLines[0] {
		return Fix{}, false
	}
	first, last, ok := w.inputs(at)
	if !ok || !w.configures(first) {
		return Fix{}, false
	}
	from, to := w.keyRange(first, last)
	f := Fix{First: from, Last: to, Text: w.replaced(from-1, to-1, w.indent(at))}
	switch {
	case strings.HasPrefix(c.Address, "runs."):
		f.Note = noteAction
	case !w.mayAskForToken(at):
		f.Note = notePermission
	}
	return f, true
}

// workflow is the lines of a file.
type workflow []string

// indent is the number of blanks that a line begins with; -1 for one that says nothing.
func (w workflow) indent(n int) int {
	text := strings.TrimLeft(w[n], " ")
	if t := strings.TrimSpace(text); t == "" || t[0] == '#' {
		return -1
	}
	return len(w[n]) - len(text)
}

// column is where the first key of a line stands: behind the dash of an item.
func (w workflow) column(n int) int {
	rest := strings.TrimLeft(w[n], " ")
	for strings.HasPrefix(rest, "- ") {
		rest = strings.TrimLeft(rest[1:], " ")
	}
	return len(w[n]) - len(rest)
}

func (w workflow) isItem(n int) bool { return strings.HasPrefix(strings.TrimLeft(w[n], " "), "- ") }

// inputName is the key that a line begins with.
func inputName(line string) string {
	name, _, ok := strings.Cut(strings.TrimSpace(line), ":")
	if !ok {
		return ""
	}
	return strings.Trim(name, `"'`)
}

// inputs returns the first and the last line of the mapping that a line belongs to, and false where it is none
// of plain lines below "with:".
func (w workflow) inputs(at int) (first, last int, ok bool) {
	indent := w.indent(at)
	first, last = at, at
	for first > 0 && (w.indent(first-1) < 0 || w.indent(first-1) >= indent) {
		first--
	}
	for last+1 < len(w) && (w.indent(last+1) < 0 || w.indent(last+1) >= indent) {
		last++
	}
	if first == 0 || strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(w[first-1]), "- ")) != "with:" {
		return 0, 0, false
	}
	for n := first; n <= last; n++ {
		name := inputName(w[n])
		if w.indent(n) == indent && (name == "role-to-assume" || name == "web-identity-token-file" || name == "<<") {
			return 0, 0, false
		}
		if isKeyLine(name) && !isPlain(w[n]) {
			return 0, 0, false
		}
	}
	return first, last, true
}

func isKeyLine(name string) bool {
	return name == keyLines[0] || name == keyLines[1] || name == keyLines[2]
}

// isPlain says whether a line holds its value as a whole.
func isPlain(line string) bool {
	_, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	return value != "" && !strings.HasPrefix(value, "|") && !strings.HasPrefix(value, ">") && !strings.HasPrefix(value, "&") &&
		strings.Count(value, `"`)%2 == 0 && strings.Count(value, "'")%2 == 0
}

// configures says whether the step whose inputs begin at a line is one that configures the credentials.
func (w workflow) configures(first int) bool {
	with := first - 1
	col := w.column(with)
	begin, end := with, first
	for begin > 0 && !w.isItem(begin) && (w.indent(begin-1) < 0 || w.column(begin-1) >= col) {
		begin--
	}
	for end < len(w) && (w.indent(end) < 0 || w.indent(end) >= col) {
		end++
	}
	if !w.isItem(begin) || w.column(begin) != col {
		return false
	}
	for n := begin; n < end; n++ {
		name, value, _ := strings.Cut(strings.TrimSpace(w[n][min(col, len(w[n])):]), ":")
		if w.column(n) == col && name == "uses" {
			return strings.HasPrefix(strings.Trim(strings.TrimSpace(value), `"'`), action)
		}
	}
	return false
}

// keyRange is from the first to the last line, counted from 1, that holds a key.
func (w workflow) keyRange(first, last int) (from, to int) {
	for n := first; n <= last; n++ {
		if !isKeyLine(inputName(w[n])) {
			continue
		}
		if from == 0 {
			from = n + 1
		}
		to = n + 1
	}
	return from, to
}

// replaced is the text of some lines with a role in the place of the keys.
func (w workflow) replaced(first, last, indent int) string {
	out := []string{strings.Repeat(" ", indent) + roleLine}
	for n := first; n <= last; n++ {
		if !isKeyLine(inputName(w[n])) {
			out = append(out, strings.TrimRight(w[n], "\r"))
		}
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n ")
}

// mayAskForToken says whether the job that a line belongs to may ask for a token: it says so itself, or says
// nothing and the workflow does.
func (w workflow) mayAskForToken(at int) bool {
	jobs := w.top("jobs:")
	if jobs < 0 || jobs > at {
		return false
	}
	indent := -1
	for n := jobs + 1; n < len(w) && indent < 0; n++ {
		indent = w.indent(n)
	}
	begin := at
	for begin > jobs && w.indent(begin) != indent {
		begin--
	}
	end := at + 1
	for end < len(w) && (w.indent(end) < 0 || w.indent(end) > indent) {
		end++
	}
	inner := -1
	for n := begin + 1; n < end && inner < 0; n++ {
		inner = w.indent(n)
	}
	if grants, said := w.grants(begin+1, end, inner); said {
		return grants
	}
	grants, _ := w.grants(0, len(w), 0)
	return grants
}

// top is the line at the left edge that begins with a word; -1 when there is none.
func (w workflow) top(word string) int {
	for n := range w {
		if strings.HasPrefix(w[n], word) {
			return n
		}
	}
	return -1
}

// grants looks for the permissions at a column, and says whether tokens are among them.
func (w workflow) grants(from, to, column int) (grants, said bool) {
	for n := from; n < to; n++ {
		if w.indent(n) != column || inputName(w[n]) != "permissions" {
			continue
		}
		text := w[n]
		for m := n + 1; m < to && (w.indent(m) < 0 || w.indent(m) > column); m++ {
			if w.indent(m) >= 0 {
				text += "\n" + w[m]
			}
		}
		plain := strings.ReplaceAll(text, " ", "")
		return strings.Contains(plain, "id-token:write") || strings.Contains(plain, "permissions:write-all"), true
	}
	return false, false
}
