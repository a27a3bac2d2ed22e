package declare

import (
	"slices"
	"strings"
)

func isCircle(p string, _ *datum) bool { return isYAML(p) && folderNamed(p, ".circleci") }

func extractCircle(s dataSource, top *datum) {
	w := newUseWalker(s, "circleci", whyJob, judgeCircle)
	w.strict = true
	c := w.start().within(top)
	for _, part := range []string{"executors", "commands", "jobs"} {
		for _, p := range top.get(part).pairs() {
			scope := part + "." + p.key.text
			w.walk(scope, p.val, c)
			if part != "executors" {
				w.setup(scope, p.val, top.get("orbs"))
			}
		}
	}
	for _, flow := range top.get("workflows").pairs() {
		for _, item := range flow.val.get("jobs").items() {
			for _, p := range pairsOf(item) {
				w.walk("workflows."+flow.key.text+"."+p.key.text, p.val, c)
			}
		}
	}
	w.finish()
}

// judgeCircle takes a bare name for that of a variable: orbs take names in the place of values.
func judgeCircle(value string, c useContext) (string, Confidence) {
	if inner, ok := strings.CutPrefix(value, "<<"); ok {
		return strings.TrimSpace(strings.TrimSuffix(inner, ">>")), Likely
	}
	if strings.Contains(value, "_") && strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
		return value, Certain
	}
	return judgeShell(value, c)
}

// setup records a set-up of the command line by its orb that says nothing about a role: by default it
// takes a static key out of the variables of the project.
func (w *useWalker) setup(scope string, job, orbs *datum) {
	var names []string
	for _, p := range orbs.pairs() {
		if strings.HasPrefix(p.val.word(), "circleci/aws-cli@") {
			names = append(names, p.key.text+"/setup")
		}
	}
	if slices.ContainsFunc(w.uses, func(u keyUse) bool { return u.scope == scope }) {
		return
	}
	for _, step := range job.get("steps").items() {
		at, given := step, (*datum)(nil)
		if ps := pairsOf(step); len(ps) == 1 {
			at, given = ps[0].key, ps[0].val
		}
		if slices.Contains(names, at.text) && !w.takesRole(job) && !w.namesRole(given) {
			w.use(scope, "AWS_ACCESS_KEY_ID", at, at, Likely, useContext{})
			return
		}
	}
}

// takesRole says whether some step of a job takes a role.
func (w *useWalker) takesRole(job *datum) bool {
	steps := w.src.steps()
	for _, word := range []string{"role_arn", "role-arn", "web-identity", "web_identity", "oidc"} {
		if job.holds(word, &steps) {
			return true
		}
	}
	return false
}

func (w *useWalker) namesRole(d *datum) bool {
	return slices.ContainsFunc(pairsOf(d), func(p pair) bool { return strings.HasPrefix(plainName(p.key.text), "rolearn") })
}
