package migrate

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Subject is what follows the repository in the subject of a token: ref:refs/heads/main, environment:prod.
type Subject struct {
	Rest    string
	Pattern bool // it holds wildcards
}

// someEnvironment stands in a trust policy where the name of the environment is computed when the job runs.
const someEnvironment = "ENVIRONMENT"

// environment is the name of the environment of a job, and whether it is known.
func (d *document) environment(job *yaml.Node) (name string, known bool) {
	e := get(job, "environment")
	name = word(e)
	if e != nil && e.Kind == yaml.MappingNode {
		name = word(get(e, "name"))
	}
	return name, !strings.Contains(name, "${{")
}

// subjects are those that the token of a job can have, as far as a role should trust them.
func (d *document) subjects(job *yaml.Node, branch string) ([]Subject, []string) {
	name, known := d.environment(job)
	switch {
	case !known:
		return []Subject{{Rest: "environment:" + someEnvironment}}, []string{"the environment of a job in `" + withoutTicks(d.file.Path) +
			"` is computed: in the trust policy, put the name of one in the place of `" + someEnvironment + "`, and add a subject for each of the others"}
	case name != "":
		return []Subject{{Rest: "environment:" + strings.ReplaceAll(name, ":", "%3A")}}, nil
	}
	t := triggers{branch: branch, file: withoutTicks(d.file.Path)}
	on := get(d.root, "on")
	for _, name := range eventNames(on) {
		t.event(name, get(on, name))
	}
	switch {
	case len(t.subjects) > 0 && t.pull:
		t.say("is started by pull requests too, and their jobs are not trusted here: whoever can open one could take the role. If they need it, give them a role of their own that reads, with the subject `pull_request`")
	case t.pull:
		t.add("pull_request")
		t.say("is started by pull requests alone: whoever can push a branch can take the role, as could be done with the key. Let it read, and nothing else")
	case len(t.subjects) == 0:
		t.add("ref:refs/heads/" + branch)
	}
	return t.subjects, t.notes
}

func eventNames(on *yaml.Node) []string {
	var out []string
	if w := word(on); w != "" {
		out = append(out, w)
	}
	for _, n := range items(on) {
		out = append(out, word(n))
	}
	for _, p := range pairs(on) {
		out = append(out, p.key.Value)
	}
	return out
}

// triggers collects the subjects of the events that start a workflow.
type triggers struct {
	branch, file string
	subjects     []Subject
	notes        []string
	pull         bool
}

func (t *triggers) add(rest string) {
	s := Subject{Rest: rest, Pattern: strings.ContainsAny(rest, "*?")}
	if !slices.Contains(t.subjects, s) {
		t.subjects = append(t.subjects, s)
	}
}

func (t *triggers) say(text string) { t.notes = append(t.notes, "`"+t.file+"` "+text) }

// event adds what one event can bring.
func (t *triggers) event(name string, with *yaml.Node) {
	switch name {
	case "push":
		t.push(with)
	case "release":
		t.add(anyTag + "*")
	case "pull_request", "pull_request_target":
		t.pull = true
	case "merge_group":
		t.say("is started by the merge queue too, whose branches have names of their own: its jobs are not trusted here")
	case "workflow_call":
		t.add("ref:refs/heads/" + t.branch)
		t.say("is called by other workflows, whose branch or environment counts: its own default branch is trusted here")
	case "workflow_dispatch":
		t.add("ref:refs/heads/" + t.branch)
		t.say("can be started by hand on any branch: the default branch is trusted here")
	default:
		t.add("ref:refs/heads/" + t.branch)
	}
}

// push adds the branches and tags that are named. Where none is, any would count: the default branch is trusted alone.
func (t *triggers) push(with *yaml.Node) {
	branches, tags := words(get(with, "branches")), words(get(with, "tags"))
	for _, b := range branches {
		t.named("ref:refs/heads/", b)
	}
	for _, tag := range tags {
		t.named(anyTag, tag)
	}
	if len(branches)+len(tags) > 0 {
		return
	}
	t.add("ref:refs/heads/" + t.branch)
	t.say("is started by a push to many a branch: the default branch is trusted here")
}

// anyTag is what the subject of every tag begins with.
const anyTag = "ref:refs/tags/"

// named adds a branch or tag of a filter. Its wildcards are others than those of a policy.
func (t *triggers) named(prefix, filter string) {
	switch {
	case strings.HasPrefix(filter, "!"):
		t.say("leaves out `" + withoutTicks(filter[1:]) + "`, which a trust policy cannot")
	case strings.ContainsAny(filter, `+[]\`), strings.Contains(filter, "?"):
		t.say("names branches or tags by the pattern `" + withoutTicks(filter) + "`, which a trust policy cannot say: they are not trusted here")
	case strings.Trim(filter, "*") == "" && prefix == anyTag:
		t.add(anyTag + "*")
	case strings.Trim(filter, "*") == "":
		t.add(prefix + t.branch)
		t.say("is started by a push to many a branch: the default branch is trusted here")
	default:
		t.add(prefix + starRuns.ReplaceAllString(filter, "*"))
	}
}

var starRuns = regexp.MustCompile(`\*+`)

func words(n *yaml.Node) []string {
	if w := word(n); w != "" {
		return []string{w}
	}
	var out []string
	for _, i := range items(n) {
		if w := word(i); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func audience(t Target) string {
	if t.Partition == "aws-cn" {
		return "sts.amazonaws.com.cn"
	}
	return "sts.amazonaws.com"
}

// provider is the host and path of the issuer of tokens, and whether it makes subjects that hold ids.
func provider(server string) (name string, withIDs bool) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || strings.EqualFold(u.Host, "github.com") {
		return "token.actions.githubusercontent.com", true
	}
	if strings.HasSuffix(u.Host, ".ghe.com") {
		return "token.actions." + u.Host, true
	}
	return u.Host + "/_services/token", false
}

// someAccount stands in a trust policy where the account is not known. The README says how it is filled in.
const someAccount = "ACCOUNT_ID"

// value is the end of a subject as a policy takes it: nothing in it is a variable, and only a pattern has wildcards.
func (s Subject) value(compare string) string {
	rest := strings.ReplaceAll(s.Rest, "${", "${$}{")
	if compare == "StringLike" && !s.Pattern {
		rest = strings.NewReplacer("${$}", "${$}", "*", "${*}", "?", "${?}").Replace(rest)
	}
	return rest
}

// TrustPolicy is the trust policy of a role, in JSON.
func (k *Kit) TrustPolicy(r *Role) []byte {
	host, _ := provider(k.Target.Server)
	account := someAccount
	if k.Target.Account != "" && !k.Target.Redacted {
		account = k.Target.Account
	}
	compare := "StringEquals"
	if slices.ContainsFunc(r.Subjects, func(s Subject) bool { return s.Pattern }) {
		compare = "StringLike"
	}
	var subjects []string
	for _, s := range r.Subjects {
		for _, form := range k.forms() {
			subjects = append(subjects, form+s.value(compare))
		}
	}
	condition := map[string]map[string]any{"StringEquals": {host + ":aud": audience(k.Target)}}
	if condition[compare] == nil {
		condition[compare] = map[string]any{}
	}
	condition[compare][host+":sub"] = subjects
	return indented(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect":    "Allow",
			"Principal": map[string]any{"Federated": "arn:" + k.Target.Partition + ":iam::" + account + ":oidc-provider/" + host},
			"Action":    "sts:AssumeRoleWithWebIdentity",
			"Condition": condition,
		}},
	})
}

func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil // strings and maps of strings always encode
	}
	return b.Bytes()
}

// compact is JSON on one line.
func compact(text []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return ""
	}
	return b.String()
}

// forms are the beginnings of a subject: by names, and for newer repositories by names and ids.
func (k *Kit) forms() []string {
	owner, name, ok := strings.Cut(k.Repository.Name, "/")
	if !ok {
		owner, name = "OWNER", "REPOSITORY"
	}
	out := []string{"repo:" + owner + "/" + name + ":"}
	if k.withIDs() {
		out = append(out, "repo:"+owner+"@"+k.Repository.OwnerID+"/"+name+"@"+k.Repository.ID+":")
	}
	return out
}

func (k *Kit) withIDs() bool {
	_, withIDs := provider(k.Target.Server)
	return withIDs && k.Repository.Name != "" && digits(k.Repository.ID) && digits(k.Repository.OwnerID)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

var outsideRoleName = regexp.MustCompile(`[^A-Za-z0-9+=,.@-]+`)

// roleName is a name for a role in IAM, 64 characters at most.
func roleName(repository, variable string) string {
	_, name, _ := strings.Cut(repository, "/")
	name = "github-" + name + "-" + strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(variable, "ROLE_ARN"), "_"))
	name = outsideRoleName.ReplaceAllString(name, "-")
	return strings.TrimRight(name[:min(len(name), 64)], "-")
}

// warn notes what of the triggers matters to a job that takes a role.
func (j *jobPatch) warn() {
	for _, name := range eventNames(get(j.root, "on")) {
		switch name {
		case "workflow_call":
			j.refuse(get(j.root, "on").Line, "other workflows call this one, in other repositories too perhaps: first give each job that calls it `permissions: id-token: write`, then let it take a role by `vars`, and take the secrets out of what it is handed")
		case "pull_request_target":
			j.refuse(get(j.root, "on").Line, "`pull_request_target` runs with what a stranger sent: it should have no credentials at all, of a key or of a role")
		}
	}
}
