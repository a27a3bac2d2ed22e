package declare

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// isWorkflow says by its path whether a file is a workflow of GitHub, or a template of one.
func isWorkflow(p string) bool {
	dir, ext := path.Dir(p), path.Ext(p)
	if ext != ".yml" && ext != ".yaml" {
		return false
	}
	return dir == ".github/workflows" || strings.HasSuffix(dir, "/.github/workflows") || path.Base(dir) == "workflow-templates"
}

func isAction(p string) bool {
	return path.Base(p) == "action.yml" || path.Base(p) == "action.yaml"
}

// extractWorkflow finds the static keys that the jobs of a workflow and the steps of an action are given.
func extractWorkflow(s dataSource, top *datum) {
	w := newUseWalker(s, "github-workflow", whyJob, judgeExpression)
	c := w.start().within(top)
	if isAction(s.path) {
		if runs := top.get("runs"); runs.get("using").word() == "composite" {
			w.walk("runs", runs, c)
		}
	} else {
		w.walk("", top.get("env"), c)
		for _, job := range top.get("jobs").pairs() {
			w.walk("jobs."+job.key.text, job.val, c)
		}
	}
	w.finish()
}

const whyJob = "the job is given a static access key"

var (
	expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)
	bracketed  = regexp.MustCompile(`\[\s*['"]([A-Za-z0-9_-]+)['"]\s*\]`)
	// isQuestion is an expression that says only whether a secret is there.
	isQuestion = regexp.MustCompile(`^\(?(!? ?secrets\.\w+ ?[!=]= ?('[^']*'|null)\)?( ?&& ?(true|'[^']*') ?\|\| ?(false|'[^']*'))?` +
		`|! ?secrets\.\w+|secrets\.\w+ ?&& ?(true|'[^']*') ?\|\| ?(false|'[^']*'))$`)
	secretWord = regexp.MustCompile(`(?i)\bsecrets\.([A-Za-z0-9_]+)`)
)

// judgeExpression judges the value of an entry by the contexts that its expressions name: secrets and
// variables of the repository are static, what a step or another job puts out is not.
func judgeExpression(value string, c useContext) (string, Confidence) {
	found := expression.FindAllStringSubmatch(value, 20)
	if len(found) == 0 {
		if strings.HasPrefix(value, "op://") {
			return value, Certain
		}
		if v := shellVariable(value); v != "" {
			return c.resolve(v)
		}
		return judgeShell(value, c)
	}
	ref, sure := "", Possible
	for _, m := range found {
		r, s := c.term(m[1])
		if r == "" {
			continue
		}
		ref, sure = strings.TrimPrefix(ref+" "+r, " "), s
	}
	return ref, sure
}

// term judges one expression.
func (c useContext) term(text string) (string, Confidence) {
	text = bracketed.ReplaceAllString(strings.Join(strings.Fields(text), " "), ".$1")
	names := contextNames(text)
	switch {
	case isQuestion.MatchString(text):
		return "", Certain
	case slices.Contains(names, "secrets"):
		text = secretWord.ReplaceAllStringFunc(text, func(s string) string { return "secrets." + strings.ToUpper(s[len("secrets."):]) })
		if strings.ContainsAny(text, "[(") {
			return text, Likely
		}
		return text, Certain
	case slices.Contains(names, "vars"):
		return text, Certain
	case slices.Contains(names, "inputs"):
		return text[strings.Index(text, "inputs"):], Likely
	case strings.HasPrefix(text, "env."):
		return c.resolve(strings.TrimPrefix(text, "env."))
	}
	return "", Possible
}

// resolve judges what a variable of the workflow was given.
func (c useContext) resolve(name string) (string, Confidence) {
	d := c.variable(name)
	if d == nil || len(c.env) == 0 {
		return "", Possible
	}
	return judgeExpression(d.word(), useContext{})
}

// contextNames are the words of an expression that stand before a dot or a bracket.
func contextNames(text string) []string {
	var out []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ()!&|=<>,[]", r) }) {
		name, _, _ := strings.Cut(word, ".")
		out = append(out, strings.ToLower(name))
		if strings.HasPrefix(word, "github.event.inputs.") {
			out = append(out, "inputs")
		}
	}
	return out
}

// secretsNamed are the secrets of a line whose names say that they hold a key id.
func secretsNamed(line string) []string {
	var out []string
	for _, m := range expression.FindAllStringSubmatch(line, 50) {
		text := bracketed.ReplaceAllString(strings.Join(strings.Fields(m[1]), " "), ".$1")
		if isQuestion.MatchString(text) {
			continue
		}
		for _, s := range secretWord.FindAllStringSubmatch(text, 20) {
			if namesKey(s[1]) {
				out = append(out, "secrets."+strings.ToUpper(s[1]))
			}
		}
	}
	return out
}
