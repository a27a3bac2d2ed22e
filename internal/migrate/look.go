package migrate

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/keysweep/keysweep/internal/declare"
)

// IsCandidate says by its path whether a file can be one that GitHub runs.
func IsCandidate(p string) bool { return isWorkflow(p) || isAction(p) }

func isWorkflow(p string) bool {
	ext := path.Ext(p)
	return path.Dir(p) == ".github/workflows" && (ext == ".yml" || ext == ".yaml")
}

func isAction(p string) bool {
	base := path.Base(p)
	return base == "action.yml" || base == "action.yaml"
}

// plainPath are paths that a patch can name without quotes.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9._/-]*$`)

// look makes the patch of one file. It returns nil where the file takes no static key.
func look(f File, pin string, t Target) (*document, *Workflow) {
	d, err := open(f, pin, t)
	found := taken(f)
	if err == nil {
		err = unusual(d.root)
	}
	if err != nil {
		if len(found) == 0 {
			return d, nil
		}
		d.refuse(0, "%s", err.Error())
		return d, d.workflow(found, nil)
	}
	if isAction(f.Path) {
		d.action()
	} else {
		d.jobs()
	}
	if len(d.uses) > maxUses {
		d.refuse(0, "its jobs take more than %d keys", maxUses)
		d.uses = d.uses[:maxUses]
	}
	if len(found) == 0 && d.edits.empty() && len(d.reasons) == 0 {
		return d, nil
	}
	return d, d.workflow(found, d.finish())
}

// taken are the uses of static keys that a review would see in the file.
func taken(f File) []declare.Change {
	if len(f.Text) > MaxText {
		return nil
	}
	changes, _ := declare.Diff(single{}, single{f}, []string{f.Path}, nil)
	return slices.DeleteFunc(changes, func(c declare.Change) bool {
		return c.Kind != declare.StaticKeyUse || c.Confidence == declare.Possible
	})
}

// workflow is what came out. Where nothing was patched and no reason is known yet, the uses are the reasons.
func (d *document) workflow(found []declare.Change, rows []row) *Workflow {
	w := &Workflow{Path: d.file.Path, Reasons: d.reasons, Notes: d.notes, KeyIDs: slices.Compact(slices.Sorted(slices.Values(d.keyIDs))), before: d.file.Text}
	if rows != nil {
		w.Patched, w.diff = true, unified(d.file.Path, rows)
		w.after, _ = patched(rows)
	}
	if !w.Patched {
		w.Notes = nil
		for _, c := range found {
			if len(d.reasons) == 0 {
				w.Reasons = append(w.Reasons, Line{c.Line, "a static key is taken here in a way that no patch is made for"})
			}
			d.recordFound(c)
		}
	}
	slices.SortStableFunc(w.Reasons, func(a, b Line) int { return cmp.Compare(a.Line, b.Line) })
	slices.SortStableFunc(w.Notes, func(a, b Line) int { return cmp.Compare(a.Line, b.Line) })
	return w
}

// recordFound remembers the secret of a use that the patcher did not come to.
func (d *document) recordFound(c declare.Change) {
	if d.root == nil || c.Name == "" || len(d.uses) >= maxUses {
		return
	}
	for _, u := range d.uses {
		if slices.ContainsFunc(u.refs, func(r ref) bool { return r.name == strings.ToUpper(c.Name) }) {
			return
		}
	}
	for _, context := range []string{"secrets", "vars"} {
		if !strings.Contains(c.Address, context+"."+c.Name) {
			continue
		}
		name := strings.ToUpper(c.Name)
		job := get(get(d.root, "jobs"), strings.TrimPrefix(c.Owner, "jobs."))
		d.uses = append(d.uses, use{job: job, variable: variableOf(name), refs: []ref{{refKinds[context], name}}})
	}
}

// finish holds the patch to what it may be; nil means that there is none.
func (d *document) finish() []row {
	if len(d.reasons) == 0 {
		d.leftovers()
	}
	if len(d.reasons) > 0 || d.edits.empty() {
		return nil
	}
	if !plainPath.MatchString(d.file.Path) {
		d.refuse(0, "its path has characters that a patch would have to quote: rename the file")
		return nil
	}
	rows := d.edits.rows(d.lines)
	after, meant := patched(rows)
	if !held(d.root, d.edits.gone, after, meant) {
		d.refuse(0, "it is laid out in a way that cannot be changed line by line")
		return nil
	}
	for _, c := range taken(File{d.file.Path, after}) {
		d.refuse(0, "it takes a static key in yet another way (`%s`)", withoutTicks(c.Address))
	}
	d.guard(rows)
	if len(d.reasons) > 0 {
		return nil
	}
	return rows
}

func withoutTicks(s string) string { return strings.ReplaceAll(s, "`", "'") }

// leftovers refuses a patch where something else in the file goes by what is taken away.
func (d *document) leftovers() {
	gone := map[ref]bool{}
	for _, u := range d.uses {
		for _, r := range u.refs {
			gone[r] = true
		}
		lines(u.job, d.edits.gone, func(at int, line string) {
			if keyVariable.MatchString(line) {
				d.refuse(at, "the parts of the key are handed on by name here; with a role there is an `AWS_SESSION_TOKEN` to hand on too")
			}
		})
	}
	lines(d.root, d.edits.gone, func(at int, line string) {
		for r := range named([]byte(line)) {
			if gone[r] {
				d.refuse(at, "the key is used in another way here")
			}
		}
	})
}

// lines walks over the lines of all values, with the numbers of those that they stand in.
func lines(n *yaml.Node, gone map[*yaml.Node]bool, visit func(at int, line string)) {
	scalars(n, gone, func(s *yaml.Node) {
		at := s.Line
		if s.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			at++
		}
		for i, line := range strings.Split(s.Value, "\n") {
			visit(at+i, line)
		}
	})
}

var keyVariable = regexp.MustCompile(`(?i)\bAWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)\b`)

// secretEntry are names of entries whose values are kept secret.
var (
	secretEntry = regexp.MustCompile(`(?i)(passw|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[A-Za-z0-9_-]*["']?\s*[:=]\s*(.*)$`)
	secretForms = regexp.MustCompile(`-----BEGIN|\bgh[pousr]_[A-Za-z0-9]{20}|github_pat_|\bxox[abp]-|://[^/\s:@]+:[^/\s@$]+@`)
	longWord    = regexp.MustCompile(`[A-Za-z0-9/+]{40,}`)
)

// guard refuses a patch that would show a secret: in a line that it takes away, or in one that stands around.
func (d *document) guard(rows []row) {
	for _, h := range hunks(rows) {
		line := 1
		for _, r := range rows[:h.from] {
			line += count(r.sign != '+')
		}
		for _, r := range rows[h.from:h.to] {
			switch {
			case r.sign != '+' && showsSecret(r.text):
				d.refuse(line, "what may be a secret stands here as it is, and a patch would show it: take it out first, and have it changed where it is valid")
			case r.sign != '+' && d.target.Redacted && keyIDInside.MatchString(r.text):
				d.refuse(line, "the id of a key stands here, and ids are not shown here")
			}
			line += count(r.sign != '+')
		}
	}
}

var keyIDInside = regexp.MustCompile(`A(KIA|SIA)[A-Z2-7]{16}`)

// showsSecret reports whether a line may hold a secret in plain sight.
func showsSecret(line string) bool {
	if secretForms.MatchString(line) {
		return true
	}
	for _, w := range longWord.FindAllString(line, -1) {
		if !isHexWord(w) && strings.ContainsAny(w, "0123456789") && strings.ToLower(w) != w && strings.ToUpper(w) != w {
			return true
		}
	}
	m := secretEntry.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
	return m != nil && !harmless(m[2])
}

func isHexWord(s string) bool { return strings.Trim(strings.ToLower(s), "0123456789abcdef") == "" }

// harmless are values that are no secrets: expressions, and words of the language.
func harmless(value string) bool {
	value, _, _ = strings.Cut(value, " #")
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	if m := oneExpression.FindStringSubmatch(value); m != nil {
		return true
	}
	return slices.Contains([]string{"", "read", "write", "none", "inherit", "true", "false", "null"}, value) || keyIDForm.MatchString(value) ||
		strings.HasPrefix(value, "$")
}

// single is a tree with one file, or none.
type single []File
