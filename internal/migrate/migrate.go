// Package migrate makes the kit that moves the workflows of a repository from static AWS keys to roles that are
// assumed with GitHub's OIDC token: a patch for `git apply`, the trust policy of each role, and the names of the
// secrets that can go afterwards.
//
// It is pure: the texts of workflows in, files out. It changes a workflow only where the result can be held to say
// the same as before but for the keys; everywhere else it says why not, and what to do. A patch is checked by
// reading it back: what it did not mean to change must be there, unchanged.
//
// All it reads is hostile. What it shows is escaped, but for the lines of the workflows themselves within a patch;
// a patch that would hold a secret is not made.
package migrate

import (
	"cmp"
	"slices"
	"strings"
)

// Repository is a repository whose workflows are looked at.
type Repository struct {
	Name string // owner/name; empty where nobody knows
	// ID and OwnerID are GitHub's numbers, which stand in the subjects of newer repositories; empty where they
	// are not known.
	ID, OwnerID   string
	DefaultBranch string // empty where it is not known
	Files         []File
	// Unread says what could not be read, and why.
	Unread []string
}

// File is a workflow, or the metadata of an action.
type File struct {
	Path string // from the root of the repository, with slashes
	Text []byte
}

// Target is what the roles are made for.
type Target struct {
	Partition string // aws, aws-us-gov or aws-cn
	Region    string // where a workflow names none
	// Account is the account that the roles belong to, 12 digits; empty where several come into question.
	Account string
	Server  string // GITHUB_SERVER_URL
	// Redacted: ids of accounts and keys are shown nowhere.
	Redacted bool
}

// Kit is what was made for one repository.
type Kit struct {
	Repository Repository
	Target     Target
	Workflows  []Workflow // those that take static keys, by path
	Roles      []Role     // by variable
	Secrets    []Secret   // by kind and name
	patch      []byte
}

// Workflow is a file that takes static keys.
type Workflow struct {
	Path    string
	Patched bool
	// Reasons say why there is no patch, Notes what the patch leaves to be looked at.
	Reasons, Notes []Line
	// KeyIDs are ids of keys that stand in the file itself.
	KeyIDs []string

	before, after []byte
	diff          []byte
}

// Line is a remark about a line of a file; 0 is the file as a whole.
type Line struct {
	Line int
	Text string // backticks make code
}

// Role is one role that takes the place of one key.
type Role struct {
	Variable string // the variable of Actions that holds its ARN
	Name     string // what it may be called in IAM
	Key      Secret // where the key comes from today
	Subjects []Subject
	Notes    []string
	Files    []string // those that take the key, by path
	Secrets  []ref    // that hold it
}

// Secret is a secret or variable of Actions that is not needed any more.
type Secret struct {
	Kind string // secret or variable
	Name string
	// Environments are those of the jobs that take it: it may be kept there.
	Environments []string
	// Still are the files that go on using it.
	Still []string
}

// Plan makes the kit of a repository. There is nothing in it where no workflow takes a static key.
func Plan(r Repository, t Target) Kit {
	k := Kit{Repository: r, Target: t}
	slices.SortFunc(k.Repository.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	p := planner{kit: &k, pin: pinOf(k.Repository.Files), roles: map[string]*Role{}, secrets: map[ref]*Secret{}}
	for _, f := range k.Repository.Files {
		p.file(f)
	}
	p.finish()
	return k
}

// Empty reports whether no workflow takes a static key.
func (k *Kit) Empty() bool { return len(k.Workflows) == 0 }

// Patched counts the workflows with a patch.
func (k *Kit) Patched() int {
	n := 0
	for _, w := range k.Workflows {
		n += count(w.Patched)
	}
	return n
}

// Deletable counts the secrets and variables that nothing uses once the patches are in.
func (k *Kit) Deletable() int {
	n := 0
	for _, s := range k.Secrets {
		n += count(len(s.Still) == 0)
	}
	return n
}

// planner puts a kit together.
type planner struct {
	kit     *Kit
	pin     string
	roles   map[string]*Role // by variable
	secrets map[ref]*Secret
}

func (p *planner) file(f File) {
	d, w := look(f, p.pin, p.kit.Target)
	if w == nil {
		return
	}
	p.kit.Workflows = append(p.kit.Workflows, *w)
	if w.Patched {
		p.kit.patch = append(p.kit.patch, w.diff...)
	}
	for _, u := range d.uses {
		p.use(d, u)
	}
}

// use records what one job takes.
func (p *planner) use(d *document, u use) {
	if len(u.refs) == 0 {
		return // where it comes from is not known
	}
	env, known := d.environment(u.job)
	for _, at := range u.refs {
		if at.name == "" {
			continue
		}
		if p.secrets[at] == nil {
			p.secrets[at] = &Secret{Kind: at.kind, Name: at.name}
		}
		if known && env != "" && !slices.Contains(p.secrets[at].Environments, env) {
			p.secrets[at].Environments = append(p.secrets[at].Environments, env)
		}
	}
	r := p.roles[u.variable]
	if r == nil {
		r = &Role{Variable: u.variable, Name: roleName(p.kit.Repository.Name, u.variable), Key: Secret{Kind: u.refs[0].kind, Name: u.refs[0].name}}
		p.roles[u.variable] = r
	}
	if !slices.Contains(r.Files, d.file.Path) {
		r.Files = append(r.Files, d.file.Path)
	}
	for _, from := range u.refs {
		if from.name != "" && !slices.Contains(r.Secrets, from) {
			r.Secrets = append(r.Secrets, from)
		}
	}
	subjects, notes := d.subjects(u.job, p.kit.Repository.branch())
	r.Subjects = append(r.Subjects, subjects...)
	r.Notes = append(r.Notes, notes...)
}

// branch is the default branch, or what it is called most often.
func (r *Repository) branch() string { return cmp.Or(r.DefaultBranch, "main") }

func (p *planner) finish() {
	using := p.using()
	for at, s := range p.secrets {
		slices.Sort(s.Environments)
		s.Still = using[at]
		p.kit.Secrets = append(p.kit.Secrets, *s)
	}
	slices.SortFunc(p.kit.Secrets, func(a, b Secret) int { return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name)) })
	for _, r := range p.roles {
		slices.SortFunc(r.Subjects, func(a, b Subject) int { return strings.Compare(a.Rest, b.Rest) })
		r.Subjects = slices.Compact(r.Subjects)
		slices.Sort(r.Notes)
		r.Notes = slices.Compact(r.Notes)
		p.kit.Roles = append(p.kit.Roles, *r)
	}
	slices.SortFunc(p.kit.Roles, func(a, b Role) int { return strings.Compare(a.Variable, b.Variable) })
}

// using are the files that name a secret or variable once the patches are in.
func (p *planner) using() map[ref][]string {
	after := map[string][]byte{}
	for _, w := range p.kit.Workflows {
		if w.Patched {
			after[w.Path] = w.after
		}
	}
	out := map[ref][]string{}
	for _, f := range p.kit.Repository.Files {
		text, ok := after[f.Path]
		if !ok {
			text = f.Text
		}
		uses := named(text)
		if allSecrets.Match(text) {
			for at := range p.secrets {
				if at.kind == refKinds["secrets"] {
					uses[at] = true
				}
			}
		}
		for at := range uses {
			out[at] = append(out[at], f.Path)
		}
	}
	return out
}
