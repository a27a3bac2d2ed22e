package declare

import (
	"path"
	"slices"
	"strings"
)

// A useForm is a kind of configuration file whose jobs, services or workloads can be given static keys.
type useForm struct {
	name string
	// wants says by path and content whether a file is of this form. top may be nil: then the path
	// alone is asked.
	wants   func(p string, top *datum) bool
	extract func(s dataSource, top *datum)
}

func useForms() []useForm {
	return []useForm{
		{"github-workflow", func(p string, _ *datum) bool { return isWorkflow(p) || isAction(p) }, extractWorkflow},
		{"gitlab-ci", isGitLab, extractGitLab},
		{"circleci", isCircle, extractCircle},
		{"bitbucket-pipelines", isBitbucket, extractBitbucket},
		{"azure-pipelines", isAzure, extractAzure},
		{"codebuild", isBuildspec, extractBuildspec},
		{"travis-ci", isTravis, extractWhole("travis-ci")},
		{"drone", isDrone, extractWhole("drone")},
		{"docker-compose", isCompose, extractCompose},
		{"kubernetes", isKubernetes, extractKubernetesUses},
		{"ansible", isPlaybook, extractPlaybook},
	}
}

// useTriggers are in every file of data that takes a key.
var useTriggers = []string{
	"ccess_key", "CCESS_KEY", "ccess-key", "CCESS-KEY", "ccessKey", "WS_KEY", "ws_key", "ws-key",
	".dkr.ecr.", "public.ecr.aws", "circleci/aws-cli", "ProviderConfig",
}

// extractUses hands each document of a file to the first form that it is of. A secret from which a workload
// of the same file is given its key is one thing to do with the workload.
func extractUses(s dataSource, docs []*datum) {
	used, forms := secretsUsed(docs, s.steps()), useForms()
	s.names = map[string]keyName{}
	for _, top := range docs {
		if holdsSecret(top) && used[secretName(top)] {
			continue
		}
		for _, f := range forms {
			if f.wants(s.path, top) {
				f.extract(s, top)
				break
			}
		}
	}
}

// takesKeys says by its path whether a file is of one of these forms.
func takesKeys(p string) bool {
	return slices.ContainsFunc(useForms(), func(f useForm) bool { return f.wants(p, nil) })
}

func isYAML(p string) bool {
	ext := path.Ext(p)
	return ext == ".yml" || ext == ".yaml"
}

// folderNamed says whether one of the folders of a path has a name.
func folderNamed(p string, names ...string) bool {
	return slices.ContainsFunc(parts(path.Dir(p)), func(dir string) bool { return slices.Contains(names, dir) })
}

// walkRest walks through the entries of a mapping, each a scope of its own unless its name is in wide.
func (w *useWalker) walkRest(top *datum, c useContext, wide ...string) {
	for _, p := range top.pairs() {
		if slices.Contains(wide, p.key.text) {
			w.walk("", p.val, c)
		}
	}
	for _, p := range top.pairs() {
		if !slices.Contains(wide, p.key.text) {
			w.walk(p.key.text, p.val, c)
		}
	}
}

func isGitLab(p string, _ *datum) bool {
	name := path.Base(p)
	return isYAML(p) && (strings.Contains(name, ".gitlab-ci.") || strings.HasPrefix(name, "gitlab-ci") ||
		folderNamed(p, ".gitlab", ".gitlab-ci", "gitlab-ci"))
}

// gitLabWide are the entries of a pipeline of GitLab that are no jobs and hold for all of them.
var gitLabWide = []string{
	"variables", "default", "before_script", "after_script", "include", "image", "services", "workflow", "stages", "cache", "spec",
}

func extractGitLab(s dataSource, top *datum) {
	w := newUseWalker(s, "gitlab-ci", whyJob, judgeShell)
	w.strict, w.once = true, true
	w.walkRest(top, w.start().within(top), gitLabWide...)
	w.finish()
}

func isBitbucket(p string, _ *datum) bool {
	return path.Base(p) == "bitbucket-pipelines.yml" || path.Base(p) == "bitbucket-pipelines.yaml"
}

// extractBitbucket takes the steps for jobs: each has a machine of its own.
func extractBitbucket(s dataSource, top *datum) {
	w := newUseWalker(s, "bitbucket-pipelines", whyJob, judgeShell)
	w.strict, w.once = true, true
	w.bitbucket("", top.get("definitions"), w.start())
	w.bitbucket("", top.get("pipelines"), w.start())
	w.finish()
}

func (w *useWalker) bitbucket(at string, d *datum, c useContext) {
	if w.left--; w.left < 0 || d == nil {
		return
	}
	for _, p := range pairsOf(d) {
		next := strings.TrimPrefix(at+"."+p.key.text, ".")
		if p.key.text != "step" {
			w.bitbucket(next, p.val, c)
			continue
		}
		if name := p.val.get("name").word(); name != "" {
			next = "steps." + name
		}
		w.walk(next, p.val, c)
	}
	for _, item := range d.items() {
		w.bitbucket(at, item, c)
	}
}

func pairsOf(d *datum) []pair {
	var out []pair
	for i := 0; d.is(mapping) && i+1 < len(d.kids); i += 2 {
		out = append(out, pair{d.kids[i], d.kids[i+1]})
	}
	return out
}

func isAzure(p string, top *datum) bool {
	name := strings.ToLower(path.Base(p))
	switch {
	case !isYAML(p):
		return false
	case strings.Contains(name, "azure-pipeline"), strings.Contains(name, "azure_pipeline"),
		folderNamed(p, "azure-pipelines", ".azure-pipelines", ".azuredevops", ".azure", ".pipelines", ".vsts-ci", ".vsts"):
		return true
	}
	begins := slices.ContainsFunc([]string{"trigger", "pr", "pool", "parameters", "variables", "resources", "extends"}, func(k string) bool { return top.get(k) != nil })
	return begins && (hasItems(top.get("stages"), "stage") || hasItems(top.get("jobs"), "job", "deployment") ||
		hasItems(top.get("steps"), "script", "bash", "task", "pwsh", "powershell"))
}

// hasItems says whether a list has an item with one of the entries.
func hasItems(d *datum, entries ...string) bool {
	return slices.ContainsFunc(d.items(), func(item *datum) bool {
		return slices.ContainsFunc(entries, func(e string) bool { return item.get(e) != nil })
	})
}

func extractAzure(s dataSource, top *datum) {
	w := newUseWalker(s, "azure-pipelines", whyJob, judgeAzure)
	w.azure("", top, w.start())
	w.finish()
}

// azure walks down stages and jobs; all else belongs to the nearest of them.
func (w *useWalker) azure(scope string, d *datum, c useContext) {
	if w.left--; w.left < 0 || d == nil {
		return
	}
	for _, kind := range []string{"stage", "job", "deployment"} {
		if name := d.get(kind).word(); name != "" {
			scope = strings.TrimPrefix(scope+"."+kind+"s."+name, ".")
		}
	}
	c = c.within(d)
	for _, p := range pairsOf(d) {
		if p.key.text == "stages" || p.key.text == "jobs" {
			for _, item := range p.val.items() {
				w.azure(scope, item, c)
			}
			continue
		}
		if p.val.is(scalar) {
			w.entry(scope, d, p, c)
			continue
		}
		w.walk(scope, p.val, c)
	}
}

// judgeAzure judges a value by the macros and expressions of Azure Pipelines; others are of the shell.
func judgeAzure(value string, c useContext) (string, Confidence) {
	for _, m := range [][2]string{{"$(", ")"}, {"${{", "}}"}, {"$[", "]"}} {
		inner, ok := strings.CutPrefix(value, m[0])
		inner, closed := strings.CutSuffix(inner, m[1])
		inner = strings.TrimSpace(inner)
		if !ok || !closed {
			continue
		}
		name := strings.TrimPrefix(inner, "variables.")
		switch {
		case strings.ContainsAny(name, " ()$|`"):
			return "", Certain
		case strings.HasPrefix(name, "parameters."):
			return name, Likely
		case c.variable(name) != nil:
			return judgeAzure(c.variable(name).word(), useContext{})
		}
		return name, Certain
	}
	if v := shellVariable(value); v != "" {
		if d := c.variable(v); d != nil {
			return judgeAzure(d.word(), useContext{})
		}
		return "", Certain
	}
	return judgeShell(value, c)
}
