package action

import "strings"

// check holds what only several options together can tell, and fills in what
// follows from others.
func (p *parser) check(line commandLine) {
	p.checkAWS()
	p.checkOffline()
	p.checkRepository()
	p.checkReview()
	if (p.opts.Command == Audit || p.opts.Command == Scan) && p.opts.FailOn == addition {
		p.problem(p.source("fail-on"), "%q is for review: write never, low, medium, high or critical", addition)
	}
	p.warnUnread(line)
}

// source is how the user wrote an option, or its flag when it has its default.
func (p *parser) source(name string) string {
	if s := p.opts.given[name]; s != "" {
		return s
	}
	return "--" + name
}

// checkAWS holds partition, role and audience together.
func (p *parser) checkAWS() {
	o := p.opts
	if role := o.Role.Partition; role != "" && o.Partition != "" && role != o.Partition {
		p.problem(p.source("aws-region"), "%s is a region of %s, and role-to-assume is a role of %s: set aws-region to a region of %s",
			quoted(o.Region), o.Partition, role, role)
	}
	if o.Partition == "aws-cn" && !o.Given("audience") {
		o.Audience = "sts.amazonaws.com.cn"
	}
}

// checkOffline holds the sources of an offline audit and its clock together.
func (p *parser) checkOffline() {
	o := p.opts
	if o.Command == Scan && !o.AsOf.IsZero() && !o.Offline() {
		p.problem("--as-of", "a scan that reads accounts goes by the clock: leave it out, or scan with --inventory DIR")
	}
	if o.Command != Audit {
		return
	}
	if o.CredentialReport != "" && o.Inventory != "" {
		p.problem(p.source("inventory"), "an audit reads either a credential report or an inventory: leave out %s or %s",
			p.source("inventory"), p.source("credential-report"))
	}
	if !o.AsOf.IsZero() && !o.Offline() {
		p.problem("--as-of", "a live audit goes by the clock: leave it out, or audit --credential-report FILE or --inventory DIR")
	}
}

// checkReview holds the sources of a review together: one plan, one repository or two folders.
func (p *parser) checkReview() {
	o := p.opts
	if o.Command != Review {
		return
	}
	if o.FailOn != never {
		o.FailOn = addition
	}
	git := o.GitDir != "" || o.Base != "" || o.Head != ""
	folders := o.BaseDir != "" || o.HeadDir != ""
	switch {
	case o.PlanFile != "" && (git || folders):
		p.problem(p.source("plan-file"), "a plan is reviewed alone: leave out %s", p.given("git-dir", "base", "head", "base-dir", "head-dir"))
	case git && folders:
		p.problem(p.given("base-dir", "head-dir"), "a review compares either two states of a repository or two folders: leave out %s", p.given("git-dir", "base", "head"))
	case git && (o.Base == "" || o.Head == ""):
		p.problem("--"+missingOf(o.Base, "base", "head"), "it is missing: write --base REV --head REV, the two states to compare")
	case folders && (o.BaseDir == "" || o.HeadDir == ""):
		p.problem("--"+missingOf(o.BaseDir, "base-dir", "head-dir"), "it is missing: write --base-dir DIR --head-dir DIR, the two folders to compare")
	case git && o.GitDir == "":
		o.GitDir = "."
	}
	if !git && !folders && o.PlanFile == "" {
		p.checkReviewEvent()
	}
}

// checkReviewEvent makes sure that there is something to compare where no option names it.
func (p *parser) checkReviewEvent() {
	o := p.opts
	switch {
	case !reviewed(o.Runner.Event):
		p.problem("review", "there is nothing to compare: run it at the event pull_request, pull_request_target or merge_group, "+
			"or write --git-dir DIR --base REV --head REV, --base-dir DIR --head-dir DIR or --plan FILE")
	case o.Runner.Repository == "":
		p.problem("GITHUB_REPOSITORY", "it is not set, though the event is %s: a runner sets it", o.Runner.Event)
	case !o.Token.IsSet():
		p.problem("github-token", "it is empty: leave it out to use the token of the workflow, or give one that may read the repository")
	}
}

// missingOf is the name of the one of two options that has no value, given that of the first.
func missingOf(first, firstName, secondName string) string {
	if first == "" {
		return firstName
	}
	return secondName
}

// given lists those of some options that were given, as the user wrote them.
func (p *parser) given(names ...string) string {
	var list []string
	for _, name := range names {
		if s := p.opts.given[name]; s != "" {
			list = append(list, s)
		}
	}
	return join(list, "and")
}

// checkRepository takes the workflow's repository where none is given.
func (p *parser) checkRepository() {
	if c := p.opts.Command; c != Audit && c != Scan && c != Plan && c != Doctor || p.opts.Given("issues-repository") || p.opts.Runner.Repository == "" {
		return
	}
	if err := setIssuesRepository(p.opts, p.opts.Runner.Repository); err != nil {
		p.problem("GITHUB_REPOSITORY", "%v", err)
	}
}

// warnUnread tells of flags that the command does not read. An action passes every
// input to every mode, so inputs are not told of.
func (p *parser) warnUnread(line commandLine) {
	for _, opt := range p.table {
		if line.flags[opt.name] != "" && !opt.readBy(p.opts.Command) {
			p.opts.Warnings = append(p.opts.Warnings, "--"+opt.name+" has no effect on "+string(p.opts.Command)+
				": it is for "+join(strings.Fields(opt.readers), "and"))
		}
	}
}
