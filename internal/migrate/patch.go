package migrate

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	configure = "aws-actions/configure-aws-credentials@"
	login     = "docker/login-action@"
	// pinned is version 6.0.0 of the action, for repositories that do not use it yet.
	pinned = configure + "8df5847569e6427dd6c4fb1cf565c83acfa8afa7 # v6.0.0"
)

// inputs and variables are the parts of a key as the action and the SDKs call them: id, secret, session token.
var (
	inputs    = []string{"aws-access-key-id", "aws-secret-access-key", "aws-session-token"}
	variables = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
)

// knowsRoles are actions that find the credentials of a role in the environment, session token included.
var knowsRoles = []string{
	"aws-actions/", "pulumi/actions@", "hashicorp/setup-terraform@", "actions/setup-", "docker/build-push-action@", "actions/github-script@",
}

// preparing are actions that come before anything that needs credentials.
var preparing = []string{"actions/checkout@", "actions/setup-", "actions/cache@", "actions/download-artifact@"}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// pinOf is how the repository itself names the action, a comment behind it included.
func pinOf(files []File) string {
	re := regexp.MustCompile(`(?m)^[ -]*uses:[ ]+(` + regexp.QuoteMeta(configure) + `[A-Za-z0-9._/-]+(?:[ ]+#[ ]*v?[0-9][0-9.]*)?)[ ]*\r?$`)
	for _, f := range files {
		if m := re.FindSubmatch(f.Text); m != nil {
			return string(m[1])
		}
	}
	return pinned
}

// credential is a key as a mapping gives it.
type credential struct {
	parts []pair
	refs  []ref
}

// variable is the variable that holds the ARN of the role in the key's place.
func (c *credential) variable() string {
	for _, r := range c.refs {
		if r.kind != "id" {
			return variableOf(r.name)
		}
	}
	return "AWS_ROLE_ARN"
}

var partOfKey = regexp.MustCompile(`(SECRET_ACCESS_KEY|ACCESS_KEY_ID|ACCESS_KEY|SECRET_KEY|KEY_ID|ACCESSKEYID|SECRETACCESSKEY|ACCESSKEY|SECRETKEY)`)

// variableOf is the name for the ARN that goes with the name of a secret: PROD_AWS_ACCESS_KEY_ID is PROD_AWS_ROLE_ARN.
func variableOf(secret string) string {
	if at := partOfKey.FindStringIndex(secret); at != nil {
		return secret[:at[0]] + "ROLE_ARN" + secret[at[1]:]
	}
	return secret + "_ROLE_ARN"
}

// credential looks for a key among the entries of a mapping. It is nil where there is none, or one that is made
// within the run; where it is static and of a kind that no patch is made for, that is recorded.
func (d *document) credential(n *yaml.Node, words []string, scopes []*yaml.Node) *credential {
	c := &credential{}
	id, secret := find(n, words[0]), find(n, words[1])
	if id.key == nil || secret.key == nil {
		return nil
	}
	for _, w := range words {
		p := find(n, w)
		if p.key == nil {
			continue
		}
		r, static := d.source(p, w == words[0], scopes)
		if !static {
			return nil
		}
		c.parts, c.refs = append(c.parts, p), append(c.refs, r...)
		if !d.oneLine(p) {
			d.refuse(p.key.Line, "the key is not given by plain lines of its own")
		}
	}
	if isFlow(n) {
		d.refuse(n.Line, "the key is given in braces: write it as lines of their own")
	}
	return c
}

// keptValue are values that name what is kept for the runs: secrets and variables.
var keptValue = regexp.MustCompile(`(?i)\b(secrets|vars|inputs)\b`)

// source is where a part of a key comes from, and whether that is static.
func (d *document) source(p pair, id bool, scopes []*yaml.Node) (refs []ref, static bool) {
	value := word(p.val)
	m := oneExpression.FindStringSubmatch(value)
	switch {
	case value == "":
		return nil, false
	case m == nil && !strings.Contains(value, "${{"):
		if id && keyIDForm.MatchString(value) {
			d.keyIDs = append(d.keyIDs, value)
			return []ref{{kind: "id"}}, true
		}
		if id {
			return nil, false // a stand-in for a simulator, or another form
		}
		d.refuse(p.key.Line, "the secret half of a key stands here as it is, and a patch would show it: deactivate the key, and take the line out")
		return nil, true
	case m != nil:
		if at := contextName.FindStringSubmatch(m[1]); at != nil {
			return d.named(at[1], at[2], p, scopes)
		}
		if strings.HasPrefix(m[1], "inputs.") {
			d.refuse(p.key.Line, "the key comes in from outside (`%s`): let the callers hand over the ARN of a role in its place", withoutTicks(m[1]))
			return nil, true
		}
	}
	if !keptValue.MatchString(value) {
		return nil, false // what a step or another job puts out
	}
	d.refuse(p.key.Line, "where the key comes from is computed: a role for each of the cases takes its place")
	return nil, true
}

// named follows a name of a context; env is looked up around.
func (d *document) named(context, name string, p pair, scopes []*yaml.Node) ([]ref, bool) {
	if context != "env" {
		return []ref{{refKinds[context], strings.ToUpper(name)}}, true
	}
	for _, s := range slices.Backward(scopes) {
		if v := find(s, name); v.key != nil && !strings.Contains(word(v.val), "env.") {
			return d.source(v, slices.Contains([]string{inputs[0], variables[0]}, p.key.Value), nil)
		}
	}
	return nil, false
}

// remove takes the parts of a key out of a mapping, and the mapping with them where nothing else is in it.
func (d *document) remove(owner pair, c *credential) {
	for _, p := range c.parts {
		d.edits.gone[p.key] = true
		d.edits.drop[p.key.Line-1] = true
	}
	if len(owner.val.Content) > 2*len(c.parts) {
		return
	}
	d.edits.gone[owner.key] = true
	n := owner.key.Line - 1
	if !strings.HasPrefix(strings.TrimLeft(d.lines[n], " "), "-") {
		d.edits.drop[n] = true
		return
	}
	d.moveUp(owner)
}

// moveUp gives the dash of an item to the entry behind the one that goes.
func (d *document) moveUp(owner pair) {
	n, next := owner.key.Line-1, 0
	for line := n + 1; line < len(d.lines) && next == 0; line++ {
		text := strings.TrimSpace(d.lines[line])
		if !d.edits.drop[line] && text != "" && text[0] != '#' {
			next = line
		}
	}
	column := owner.key.Column - 1
	if next == 0 || len(d.indent(next)) != column {
		d.refuse(owner.key.Line, "the step has nothing else on lines of its own")
		return
	}
	d.edits.drop[n] = true
	d.edits.replace[next] = strings.TrimRight(d.lines[n][:column]+d.lines[next][column:], "\r\n")
}
