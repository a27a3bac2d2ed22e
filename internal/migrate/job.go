package migrate

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// jobs goes through the jobs of a workflow.
func (d *document) jobs() {
	env := find(d.root, "env")
	wide := d.credential(env.val, variables, nil)
	if wide != nil {
		d.remove(env, wide)
	}
	jobs := pairs(get(d.root, "jobs"))
	taken := false
	for _, j := range jobs {
		taken = d.job(j, wide) || taken
	}
	if wide != nil && !taken {
		d.refuse(env.key.Line, "no job has steps that could take the role in the place of the key")
	}
}

// jobPatch is one job while it is patched.
type jobPatch struct {
	*document
	job, steps pair
	scopes     []*yaml.Node // mappings of variables around, the nearest last
	// now is the role that is taken at this point, and the condition under which it is.
	now     string
	touched bool
	// exported are the roles that stay for the steps behind, taken those that one step or the whole job had a key for.
	exported, taken []string
	chains          []int // lines in which another role is assumed with what a step before left
}

// job patches one job. It reports whether the job takes a key now.
func (d *document) job(at pair, wide *credential) bool {
	j := &jobPatch{document: d, job: at, steps: find(at.val, "steps"), scopes: []*yaml.Node{get(d.root, "env"), get(at.val, "env")}}
	env := find(at.val, "env")
	own := d.credential(env.val, variables, j.scopes[:1])
	if own != nil {
		d.remove(env, own)
	}
	for _, name := range []string{"container", "services"} {
		j.inContainers(get(at.val, name))
	}
	if j.steps.key == nil {
		j.call(at)
		return false
	}
	given := wide
	if own != nil {
		given = own
	}
	if given != nil {
		j.use(given)
		j.taken = append(j.taken, given.variable())
		j.whole(given)
	}
	for _, s := range items(j.steps.val) {
		j.step(s)
	}
	if j.touched {
		for _, line := range j.chains {
			j.refuse(line, "another role is assumed here with the key: let it trust GitHub's token, or the role that takes the place of the key")
		}
		j.mixed()
		j.permit()
		j.warn()
	}
	return j.touched
}

// chained remembers a step that assumes a role with the credentials that a step before it left. With the right to a
// token the action would ask by the token in their place, and a role that trusts the user trusts neither it nor the new role.
func (j *jobPatch) chained(in *yaml.Node) {
	p := find(in, "role-to-assume")
	if p.key == nil || find(in, "web-identity-token-file").key != nil {
		return
	}
	permissions := get(j.job.val, "permissions")
	if permissions == nil {
		permissions = get(j.root, "permissions")
	}
	if may, _ := asksToken(permissions); !may || word(get(in, "role-chaining")) == "true" {
		j.chains = append(j.chains, p.key.Line)
	}
}

// mixed refuses a job in which steps that had no key of their own could come to have another role than before.
func (j *jobPatch) mixed() {
	for _, t := range j.taken {
		for _, e := range j.exported {
			if t != e {
				j.refuse(j.job.key.Line, "the job takes several keys or roles, some of them for all steps that follow: part it into one job for each")
			}
		}
	}
}

// inContainers refuses keys that a container of the job is given.
func (j *jobPatch) inContainers(n *yaml.Node) {
	for _, p := range pairs(n) {
		if keyVariable.MatchString(p.key.Value) && keptValue.MatchString(word(p.val)) {
			j.refuse(p.key.Line, "a container of the job is given the key when it starts, before a role can be assumed: give it the credentials in the step that uses it")
		}
		j.inContainers(p.val)
	}
}

// call looks at a job that calls a workflow.
func (j *jobPatch) call(at pair) {
	for _, name := range []string{"with", "secrets"} {
		for _, p := range pairs(get(at.val, name)) {
			if partOfKey.MatchString(strings.ToUpper(strings.ReplaceAll(p.key.Value, "-", "_"))) && strings.Contains(word(p.val), "secrets.") {
				j.refuse(p.key.Line, "a workflow that is called is handed the key here: change that one to take a role, give this job `permissions: id-token: write`, and take the line out")
			}
		}
	}
}

// use records that the job takes a role now.
func (j *jobPatch) use(c *credential) {
	j.touched = true
	j.uses = append(j.uses, use{j.job.val, c.variable(), c.refs})
}

// notFromFork leaves out the runs that have no right to a token, and had no secrets either.
const notFromFork = "if: github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository"

// whole takes the role before the first step that can need it, for a key that the whole job has.
func (j *jobPatch) whole(c *credential) {
	steps := items(j.steps.val)
	first := slices.IndexFunc(steps, func(s *yaml.Node) bool { return !hasPrefix(word(get(s, "uses")), preparing) })
	if first < 0 {
		j.refuse(j.job.key.Line, "no step of the job can be seen to need the key")
		return
	}
	if in := get(steps[first], "with"); strings.HasPrefix(word(get(steps[first], "uses")), configure) && find(in, inputs[0]).key != nil {
		return // it takes the key by itself, and is changed on its own
	}
	cond := ""
	if slices.Contains(eventNames(get(j.root, "on")), "pull_request") {
		cond = notFromFork
		j.note(steps[first].Line, "a pull request from a fork gets no token, as it got no secrets: the role is not taken there")
	}
	j.assume(steps[first], c.variable(), "", cond)
	for _, s := range steps {
		if u := word(get(s, "uses")); u != "" && !hasPrefix(u, knowsRoles) && !hasPrefix(u, preparing) {
			j.note(get(s, "uses").Line, "`%s` sees the credentials too: where it takes a key of its own, it has to take the session token with it", withoutTicks(u))
		}
	}
}

// step patches one step.
func (j *jobPatch) step(s *yaml.Node) {
	uses, in, env := word(get(s, "uses")), find(s, "with"), find(s, "env")
	scopes := append(slices.Clip(j.scopes), env.val)
	switch {
	case strings.HasPrefix(uses, configure):
		if c := j.credential(in.val, inputs, scopes); c != nil {
			j.configured(in, c)
			if j.condition(s) == "" {
				j.now = c.variable()
			}
		} else {
			j.exported = append(j.exported, "")
			j.chained(in.val)
		}
	case strings.HasPrefix(uses, login):
		if c := j.credential(in.val, []string{"username", "password"}, scopes); c != nil {
			j.registry(s, in, c)
		}
	default:
		j.others(uses, in.val)
	}
	if c := j.credential(env.val, variables, j.scopes); c != nil {
		j.stepKey(s, uses, env, c)
	}
}

// others refuses keys among the inputs of an action that is not known.
func (j *jobPatch) others(uses string, in *yaml.Node) {
	for _, p := range pairs(in) {
		if name := strings.ToUpper(strings.ReplaceAll(p.key.Value, "-", "_")); partOfKey.MatchString(name) && strings.Contains(name, "AWS") && strings.Contains(word(p.val), "${{") {
			j.refuse(p.key.Line, "whether `%s` works without a key of its own cannot be told: take the role in a step before it, and see how its documentation says to leave the key out", withoutTicks(uses))
		}
	}
}

// configured gives the step that configures the credentials a role in the place of the key.
func (j *jobPatch) configured(in pair, c *credential) {
	j.exported = append(j.exported, c.variable())
	for _, name := range []string{"role-to-assume", "web-identity-token-file", "role-chaining"} {
		if p := find(in.val, name); p.key != nil {
			j.refuse(p.key.Line, "the key is used to assume another role: let that role trust GitHub's token, then take the key out")
			return
		}
	}
	indent := keyColumn(c.parts[0].key)
	j.put(c.parts[0].key.Line-1, j.roleLines(indent, c.variable())...)
	for _, p := range c.parts {
		j.edits.gone[p.key] = true
		j.edits.drop[p.key.Line-1] = true
	}
	j.use(c)
}

// roleLines are the inputs of the action.
func (d *document) roleLines(indent, variable string) []string {
	lines := []string{indent + "role-to-assume: ${{ vars." + variable + " }}"}
	if d.target.Partition == "aws-cn" {
		lines = append(lines, indent+"audience: "+audience(d.target))
	}
	return lines
}

func (d *document) put(n int, lines ...string) { d.edits.put(n, lines...) }

var ecrHost = regexp.MustCompile(`^(?:[0-9]{12}|\$\{\{[^}]*\}\})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$`)

// registry lets a login to ECR go by the credentials of a role.
func (j *jobPatch) registry(s *yaml.Node, in pair, c *credential) {
	m := ecrHost.FindStringSubmatch(word(get(in.val, "registry")))
	if m == nil {
		return
	}
	for _, p := range c.parts {
		j.edits.gone[p.key] = true
		j.edits.drop[p.key.Line-1] = true
	}
	j.use(c)
	j.before(s, c.variable(), m[1])
}

// stepKey takes the role before a step whose environment holds a key.
func (j *jobPatch) stepKey(s *yaml.Node, uses string, env pair, c *credential) {
	if uses != "" && !hasPrefix(uses, knowsRoles) {
		j.refuse(env.key.Line, "whether `%s` takes a session token with its key cannot be told: see its documentation, then take the role in a step before it", withoutTicks(uses))
		return
	}
	j.remove(env, c)
	j.use(c)
	j.before(s, c.variable(), "")
}

// before takes a role before a step, unless it is taken already.
func (j *jobPatch) before(s *yaml.Node, variable, region string) {
	cond := j.condition(s)
	j.taken = append(j.taken, variable)
	if strings.Contains(cond, "env.") && get(s, "env") != nil {
		j.refuse(s.Line, "the condition of the step goes by its own variables: take the role in a step before it")
	}
	if j.now == variable || j.now == variable+cond {
		return
	}
	j.assume(s, variable, region, cond)
	j.note(s.Line, "the steps behind it have the credentials too")
}

// condition is the line that says when a step runs; empty where it says nothing.
func (j *jobPatch) condition(s *yaml.Node) string {
	p := find(s, "if")
	if p.key == nil {
		return ""
	}
	n := p.key.Line - 1
	if p.val.Kind != yaml.ScalarNode || p.val.Line != p.key.Line || p.val.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || p.key.Column-1 > len(j.lines[n]) || j.goesOn(p) {
		j.refuse(p.key.Line, "the condition of the step goes over several lines: take the role in a step before it, with the same condition")
		return "if"
	}
	return strings.TrimRight(j.lines[n][p.key.Column-1:], "\r\n")
}

// goesOn reports whether a plain or quoted text that begins beside its key goes on in the line below.
func (j *jobPatch) goesOn(p pair) bool {
	for _, line := range j.lines[p.key.Line:] {
		text := strings.TrimLeft(line, " ")
		if strings.TrimSpace(text) == "" {
			continue // a text may go on behind it
		}
		return !strings.HasPrefix(text, "#") && len(line)-len(text) > p.key.Column-1
	}
	return false
}

// assume inserts the step that takes a role.
func (j *jobPatch) assume(s *yaml.Node, variable, region, cond string) {
	n := s.Line - 1
	dash := j.indent(n)
	if !strings.HasPrefix(j.lines[n][len(dash):], "- ") || isFlow(j.steps.val) || s.Kind != yaml.MappingNode || isFlow(s) {
		j.refuse(s.Line, "the steps are not written as items on lines of their own")
		return
	}
	if region == "" {
		region = j.region(s)
	}
	in := dash + "  "
	lines := []string{dash + "- name: Assume the AWS role"}
	if cond != "" {
		lines = append(lines, in+cond)
	}
	lines = append(lines, in+"uses: "+j.pin, in+"with:")
	lines = append(lines, j.roleLines(in+"  ", variable)...)
	lines = append(lines, in+"  aws-region: "+region)
	j.put(j.above(n), lines...)
	j.now = variable + cond
}

var plainRegion = regexp.MustCompile(`^([a-z0-9-]+|\$\{\{ *[A-Za-z_][A-Za-z0-9_.-]* *\}\})$`)

// region is the region that the step works in, or that of the audit.
func (j *jobPatch) region(s *yaml.Node) string {
	for _, scope := range []*yaml.Node{get(s, "env"), j.scopes[1], j.scopes[0]} {
		for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
			if v := word(get(scope, name)); plainRegion.MatchString(v) {
				return v
			}
		}
	}
	j.note(s.Line, "no region is named in the workflow: `%s` is that of the audit, set the one that the job works in", j.target.Region)
	return j.target.Region
}
