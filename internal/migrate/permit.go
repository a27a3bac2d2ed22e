package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// readable are the permissions that `read-all` stands for.
var readable = []string{
	"actions", "attestations", "checks", "contents", "deployments", "discussions", "issues", "packages", "pages", "pull-requests",
	"security-events", "statuses",
}

// permit lets the job ask for a token, and leaves it what it could do before.
func (j *jobPatch) permit() {
	own := find(j.job.val, "permissions")
	if own.key == nil {
		j.permitNew()
		return
	}
	if may, known := asksToken(own.val); may || !known {
		if !known {
			j.refuse(own.key.Line, "its permissions are not written as names and `read`, `write` or `none`")
		}
		return
	}
	if own.val.Kind == yaml.MappingNode && !isFlow(own.val) && len(own.val.Content) > 0 {
		if denied := find(own.val, "id-token"); denied.key != nil {
			j.refuse(denied.key.Line, "the job says that it asks for no token: give it `id-token: write`")
			return
		}
		first := own.val.Content[0]
		j.put(j.above(first.Line-1), keyColumn(first)+"id-token: write")
		return
	}
	j.permitAnew(own)
}

// permitAnew writes permissions that stand on one line as lines of their own.
func (j *jobPatch) permitAnew(own pair) {
	n := own.key.Line - 1
	line := j.lines[n]
	if len(j.indent(n)) != own.key.Column-1 || strings.Contains(line, "#") || spans(own.val) > own.key.Line {
		j.refuse(own.key.Line, "its permissions are not written on lines of their own: add `id-token: write` to them")
		return
	}
	j.edits.gone[own.key] = true
	j.edits.drop[n] = true
	j.put(n, block(keyColumn(own.key), granted(own.val))...)
}

// spans is the last line that a value begins something on.
func spans(n *yaml.Node) int {
	last := n.Line
	for _, c := range n.Content {
		last = max(last, spans(c))
	}
	return last
}

// permitNew gives the job permissions of its own: those of the workflow, and the token.
func (j *jobPatch) permitNew() {
	wide := get(j.root, "permissions")
	if may, known := asksToken(wide); may || !known {
		if !known {
			j.refuse(wide.Line, "its permissions are not written as names and `read`, `write` or `none`")
		}
		return
	}
	grants := granted(wide)
	if wide == nil {
		grants = [][2]string{{"contents", "read"}}
		j.noteUnknown()
	}
	n := j.above(j.steps.key.Line - 1)
	if len(j.indent(j.steps.key.Line-1)) != j.steps.key.Column-1 || isFlow(j.job.val) {
		j.refuse(j.job.key.Line, "the job is not written as lines of its own")
		return
	}
	j.put(n, block(keyColumn(j.steps.key), grants)...)
}

// noteUnknown says that the job may have been able to do more.
func (j *jobPatch) noteUnknown() {
	text := "the job `%s` named no permissions, so that what it could do went by the settings of the repository; now it has `contents: read` and `id-token: write` alone: add what else it needs"
	line := j.job.key.Line
	scalars(j.job.val, nil, func(n *yaml.Node) {
		if line == j.job.key.Line && (strings.Contains(n.Value, "github.token") || strings.Contains(n.Value, "GITHUB_TOKEN")) {
			line = n.Line
			text += " (it uses its token in this line)"
		}
	})
	j.note(line, text, withoutTicks(j.job.key.Value))
}

// block is permissions as lines.
func block(indent string, grants [][2]string) []string {
	out := []string{indent + "permissions:"}
	for _, g := range grants {
		if g[0] != "id-token" {
			out = append(out, indent+"  "+g[0]+": "+g[1])
		}
	}
	return append(out, indent+"  id-token: write")
}

// asksToken reports whether permissions include the token, and whether they are understood.
func asksToken(n *yaml.Node) (may, known bool) {
	switch {
	case n == nil:
		return false, true
	case n.Kind == yaml.ScalarNode:
		return n.Value == "write-all", slices.Contains([]string{"write-all", "read-all"}, n.Value)
	case n.Kind != yaml.MappingNode:
		return false, false
	}
	for _, p := range pairs(n) {
		if strings.Trim(p.key.Value, "abcdefghijklmnopqrstuvwxyz-") != "" || !slices.Contains([]string{"read", "write", "none"}, word(p.val)) {
			return false, false
		}
	}
	return word(get(n, "id-token")) == "write", true
}

// granted is what permissions that are understood give.
func granted(n *yaml.Node) [][2]string {
	var out [][2]string
	if word(n) == "read-all" {
		for _, name := range readable {
			out = append(out, [2]string{name, "read"})
		}
		return out
	}
	for _, p := range pairs(n) {
		out = append(out, [2]string{p.key.Value, word(p.val)})
	}
	return out
}

// action looks at the metadata of an action: what its steps are given comes from its callers.
func (d *document) action() {
	if word(get(get(d.root, "runs"), "using")) != "composite" {
		return
	}
	j := &jobPatch{document: d, scopes: []*yaml.Node{nil, nil}}
	for _, s := range items(get(get(d.root, "runs"), "steps")) {
		if j.credential(get(s, "with"), inputs, nil) != nil || j.credential(get(s, "env"), variables, nil) != nil {
			j.refuse(s.Line, "a composite action takes a key here: let it take a role by an input, and let the jobs that use it have `permissions: id-token: write`")
		}
	}
}
