package action

import "strings"

// check holds what only several options together can tell, and fills in what
// follows from others.
func (p *parser) check(line commandLine) {
	p.checkAWS()
	p.checkOffline()
	p.checkRepository()
	if p.opts.Command == Audit && p.opts.FailOn == addition {
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

// checkRepository takes the workflow's repository where none is given.
func (p *parser) checkRepository() {
	if c := p.opts.Command; c != Audit && c != Doctor || p.opts.Given("issues-repository") || p.opts.Runner.Repository == "" {
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
