package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/inventory"
)

// join is a key that is known to be the one of a role.
type join struct {
	kit  *Kit
	role *Role
	why  string
}

// Tell adds to the findings of access keys how the workflows that take them are moved. It is done where it is
// certain which key a secret holds, and nowhere else: nobody can see what a secret holds. It is certain where the
// id of the key stands in the workflow; where a tag of the one user that has it names the repository; and where
// CloudTrail saw the one key of a user that is called as the repository is used by GitHub Actions. In the latter
// two the repository has to take one key alone, and the user to have one.
func Tell(findings []checks.Finding, kits []Kit, accounts []*inventory.Account) {
	joins := joinsOf(kits, accounts)
	for i := range findings {
		f := &findings[i]
		if f.Kind != checks.SubjectAccessKey || f.KeyID == "" {
			continue
		}
		for _, j := range joins[f.KeyID] {
			j.tell(f)
		}
	}
}

func joinsOf(kits []Kit, accounts []*inventory.Account) map[string][]join {
	out := map[string][]join{}
	for i := range kits {
		k := &kits[i]
		if written := k.written(); len(written) > 0 {
			for id, r := range written {
				out[id] = append(out[id], join{k, r, "its id stands in the workflow"})
			}
			continue
		}
		if len(k.Roles) != 1 || k.Repository.Name == "" {
			continue
		}
		id, why := k.byUser(accounts)
		if id != "" {
			out[id] = append(out[id], join{k, &k.Roles[0], why})
		}
	}
	return out
}

// written are the ids that stand in workflows, with the roles that take the places of the keys.
func (k *Kit) written() map[string]*Role {
	out := map[string]*Role{}
	for _, w := range k.Workflows {
		if len(w.KeyIDs) != 1 {
			continue // of several, which one is whose is not looked into
		}
		for i := range k.Roles {
			if r := &k.Roles[i]; len(r.Files) == 1 && r.Files[0] == w.Path && r.Key.Kind == "id" {
				out[w.KeyIDs[0]] = r
			}
		}
	}
	return out
}

// byUser is the one key of the one user that is known to belong to the repository.
func (k *Kit) byUser(accounts []*inventory.Account) (id, why string) {
	tagged := only(accounts, func(u *inventory.User) bool { return k.tagged(u) })
	if tagged != "" {
		return tagged, "a tag of its user names the repository"
	}
	named := only(accounts, func(u *inventory.User) bool { return k.namedAs(u) && usedByActions(u) })
	return named, "its user is called as the repository is, and GitHub Actions uses it"
}

// only is the id of the active key of the one user that fits, where it has one such key.
func only(accounts []*inventory.Account, fits func(*inventory.User) bool) string {
	id, users := "", 0
	for _, a := range accounts {
		for i := range a.Users {
			if !fits(&a.Users[i]) {
				continue
			}
			users++
			active := slices.DeleteFunc(slices.Clone(a.Users[i].Keys), func(key inventory.AccessKey) bool { return !key.Active })
			if len(active) == 1 {
				id = active[0].ID
			}
		}
	}
	if users != 1 {
		return ""
	}
	return id
}

// repositoryTags are the names of tags that say where a user's key is kept, in small letters and digits.
var repositoryTags = []string{"repository", "repo", "githubrepository", "githubrepo", "gitrepository", "gitrepo"}

func (k *Kit) tagged(u *inventory.User) bool {
	for name, value := range u.Tags {
		value = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(value, strings.TrimRight(k.Target.Server, "/")+"/"), "/"), ".git")
		if slices.Contains(repositoryTags, letters(name)) && strings.EqualFold(value, k.Repository.Name) {
			return true
		}
	}
	return false
}

func (k *Kit) namedAs(u *inventory.User) bool {
	_, name, _ := strings.Cut(k.Repository.Name, "/")
	return letters(u.Name) == letters(k.Repository.Name) || letters(u.Name) == letters(name)
}

func usedByActions(u *inventory.User) bool {
	return slices.ContainsFunc(u.Keys, func(key inventory.AccessKey) bool {
		return key.Active && slices.ContainsFunc(key.Uses, func(use inventory.KeyUse) bool { return use.By == inventory.FromGitHubActions })
	})
}

// letters are the letters and digits of a name, in small.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// maxNamed is how many files a sentence names.
const maxNamed = 5

// fewOf names files in a sentence.
func fewOf(files []string) string {
	var out []string
	for _, f := range files[:min(len(files), maxNamed)] {
		out = append(out, "`"+withoutTicks(f)+"`")
	}
	text := strings.Join(out, ", ")
	if more := len(files) - maxNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// inIssue is how long a patch may be to be shown in an issue, in bytes.
const inIssue = 5000

// tell puts the steps of a migration among those of a finding: the role, the workflow, and behind them the secrets.
func (j join) tell(f *checks.Finding) {
	k, r := j.kit, j.role
	own := *k
	if own.Target.Account == "" {
		own.Target.Account = f.AccountID
	}
	name := withoutTicks(k.Repository.Name)
	folder := "migration/" + k.Folder()
	trust := checks.Step{
		Text: fmt.Sprintf("This key is taken by workflows of `%s` (%s): %s. Make the role that takes its place, once GitHub is trusted as an identity provider; `%s/README.md` of the report has every step.",
			name, j.why, fewOf(r.Files), folder),
		Command: "aws iam create-role --role-name " + quote(r.Name) + " --assume-role-policy-document " + quote(compact(own.TrustPolicy(r))),
	}
	name = quote(r.Name)
	change := []checks.Step{{
		Text:    "Name the role to the workflows.",
		Command: "gh variable set " + r.Variable + k.flag() + " --body " + quote("arn:"+k.Target.Partition+":iam::"+own.Target.Account+":role/"+r.Name),
	}, j.patchStep(folder)}
	f.Steps = append(merged(f.Steps, trust, change, name), j.secretSteps()...)
}

// merged are the steps of a finding with those of the kit in the places of what it says of workflows that nobody
// has read; where it says nothing of any, those of the kit come first. What is left names the kit's role.
func merged(steps []checks.Step, trust checks.Step, change []checks.Step, role string) []checks.Step {
	given := map[checks.Part][]checks.Step{checks.PartTrust: {trust}, checks.PartSwitch: change}
	if !slices.ContainsFunc(steps, func(s checks.Step) bool { return s.Part == checks.PartTrust }) {
		return slices.Concat([]checks.Step{trust}, change, steps)
	}
	var out []checks.Step
	was := ""
	for _, s := range steps {
		if s.Role != "" {
			was = s.Role
		}
		if s.Part != "" {
			out = append(out, given[s.Part]...)
			given[s.Part] = nil
			continue
		}
		if was != "" {
			s.Command = strings.ReplaceAll(s.Command, "--role-name "+was+" ", "--role-name "+role+" ")
		}
		out = append(out, s)
	}
	return out
}

// patchStep is the patch itself where it can be shown, else where it is.
func (j join) patchStep(folder string) checks.Step {
	var diff []byte
	whole := true
	for _, w := range j.kit.Workflows {
		if slices.Contains(j.role.Files, w.Path) {
			whole = whole && w.Patched
			diff = append(diff, w.diff...)
		}
	}
	switch {
	case len(diff) == 0:
		return checks.Step{Text: "Change the workflows by hand: `" + folder + "/README.md` of the report says why there is no patch, and what to do."}
	case len(diff) > inIssue || strings.Trim(string(diff), printable) != "" || !whole:
		return checks.Step{Text: "Apply the patch of the workflows, `" + folder + "/" + PatchName + "` of the report, and see a run of each job succeed.", Command: "git apply " + PatchName}
	}
	return checks.Step{Text: "Apply the patch of the workflows, and see a run of each job succeed.", Command: "git apply <<'PATCH'\n" + string(diff) + "PATCH"}
}

// secretSteps delete what held the key.
func (j join) secretSteps() []checks.Step {
	var lines []string
	for _, s := range j.kit.Secrets {
		if len(s.Still) == 0 && slices.Contains(j.role.Secrets, ref{s.Kind, s.Name}) {
			lines = append(lines, j.kit.deletions(s)...)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return []checks.Step{{Text: "Delete what held the key.", Command: strings.Join(lines, "\n")}}
}

// printable are the characters that an issue shows as they are.
const printable = "\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
