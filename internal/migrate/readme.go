package migrate

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/report"
)

// Folder is the folder of the kit, below that of all kits.
func (k *Kit) Folder() string {
	if repositoryName.MatchString(k.Repository.Name) {
		return k.Repository.Name
	}
	return "this-repository"
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*$`)

// PatchName is the name of the patch in the folder.
const PatchName = "oidc.patch"

// TrustName is the name of the trust policy of a role in the folder.
func TrustName(r *Role) string { return "trust-" + r.Variable + ".json" }

// Files are the files of the kit, by path below the folder of all kits.
func (k *Kit) Files() map[string][]byte {
	out := map[string][]byte{}
	if k.Empty() {
		return out
	}
	put := func(name string, text []byte) { out[path.Join(k.Folder(), name)] = text }
	put("README.md", []byte(k.readme()))
	if len(k.patch) > 0 {
		put(PatchName, k.patch)
	}
	for i := range k.Roles {
		put(TrustName(&k.Roles[i]), k.TrustPolicy(&k.Roles[i]))
	}
	return out
}

// readme says in which order things are done.
func (k *Kit) readme() string {
	var b strings.Builder
	name := k.Repository.Name
	if name == "" {
		name = "this repository"
	}
	fmt.Fprintf(&b, "# From static AWS keys to OIDC: %s\n\n%s\n", report.Text(name), k.lead())
	k.list(&b)
	if len(k.Roles) > 0 {
		b.WriteString("\n## In this order\n\nDo one step after the other, and the next only when the one before works: until the last one there is a way back.\n")
		step := 1
		for _, section := range []func() (string, string){k.providerStep, k.roleStep, k.variableStep, k.patchStep, k.secretStep, k.keyStep} {
			if title, text := section(); text != "" {
				fmt.Fprintf(&b, "\n### %d. %s\n\n%s\n", step, title, text)
				step++
			}
		}
	}
	for i, u := range k.Repository.Unread {
		if i == 0 {
			b.WriteString("\n## Not read\n\n")
		}
		b.WriteString("- " + report.Text(u) + "\n")
	}
	return b.String()
}

func (k *Kit) lead() string {
	n, p := len(k.Workflows), k.Patched()
	text := fmt.Sprintf("Workflows and actions that take a static key: %d. `%s` changes %d of them; to be changed by hand: %d.", n, PatchName, p, n-p)
	if p == 0 {
		text = fmt.Sprintf("Workflows and actions that take a static key: %d. They are to be changed by hand: no patch of them would be safe.", n)
	}
	return text + " A job that takes a role by OIDC gets credentials of an hour, and there is no secret to keep."
}

// list says of each workflow what was done.
func (k *Kit) list(b *strings.Builder) {
	for _, w := range k.Workflows {
		state := "by hand"
		if w.Patched {
			state = "in the patch"
		}
		fmt.Fprintf(b, "\n## %s: %s\n\n", report.Code(w.Path), state)
		for _, l := range slices.Concat(w.Reasons, w.Notes) {
			if l.Line > 0 {
				fmt.Fprintf(b, "- Line %d: %s.\n", l.Line, report.Prose(l.Text))
			} else {
				b.WriteString("- " + report.Prose(strings.ToUpper(l.Text[:1])+l.Text[1:]) + ".\n")
			}
		}
		if len(w.Reasons)+len(w.Notes) == 0 {
			b.WriteString("Nothing else in it changes.\n")
		}
	}
}

func (k *Kit) providerStep() (title, text string) {
	host, _ := provider(k.Target.Server)
	return "Let the account trust GitHub", "Once an account. Where the provider is there already, this says so and changes nothing.\n\n" +
		report.Fence("sh", "aws iam create-open-id-connect-provider --url "+quote("https://"+host)+" --client-id-list "+audience(k.Target))
}

// accountAsked stands in a command where the account is not known: a shell refuses the command until it is set.
const accountAsked = "${ACCOUNT:?set it to the 12 digits of the account}"

func (k *Kit) roleStep() (title, text string) {
	var b strings.Builder
	if k.Target.Account == "" || k.Target.Redacted {
		b.WriteString("In the account that the key belongs to. Set ACCOUNT to its 12 digits first. This puts them in the place of `" + someAccount + "` in the trust policies:\n\n" +
			report.Fence("sh", "sed -i.bak \"s/"+someAccount+"/"+accountAsked+"/\" trust-*.json") + "\n\n")
	}
	if k.Repository.Name == "" {
		b.WriteString("Which repository this is was not known: put its names in the places of `OWNER` and `REPOSITORY` in the trust policies.\n\n")
	}
	if _, can := provider(k.Target.Server); can && !k.withIDs() {
		b.WriteString("The ids of the repository and its owner were not known, so that the trust policies hold the older form of subjects alone. " +
			"A repository that was made, renamed or transferred after 2026-07-15 has `repo:OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID:…`: add that form.\n\n")
	}
	if k.Repository.DefaultBranch == "" {
		b.WriteString("The default branch was not known: it is taken to be `main`.\n\n")
	}
	for i := range k.Roles {
		r := &k.Roles[i]
		fmt.Fprintf(&b, "The role for %s:\n\n%s\n\n", r.instead(), report.Fence("sh", "aws iam create-role --role-name "+quote(r.Name)+" --assume-role-policy-document file://"+TrustName(r)))
		for _, n := range r.Notes {
			b.WriteString("- " + report.Prose(n) + ".\n")
		}
		if len(r.Notes) > 0 {
			b.WriteString("\n")
		}
	}
	b.WriteString("Then give the role what its jobs do, and no more: begin with the policies of the user whose key it was, and leave out what the user never called.")
	return "Make the role", b.String()
}

// instead is what the role takes the place of.
func (r *Role) instead() string {
	if r.Key.Name == "" {
		return "the key in the file"
	}
	return "the key in the " + r.Key.Kind + " " + report.Code(r.Key.Name)
}

func (k *Kit) variableStep() (title, text string) {
	var lines []string
	for i := range k.Roles {
		r := &k.Roles[i]
		arn := quote("arn:"+k.Target.Partition+":iam::") + `"` + accountAsked + `"` + quote(":role/"+r.Name)
		if k.Target.Account != "" && !k.Target.Redacted {
			arn = quote("arn:" + k.Target.Partition + ":iam::" + k.Target.Account + ":role/" + r.Name)
		}
		line := "gh variable set " + r.Variable + k.flag() + " --body " + arn
		lines = append(lines, line)
		for _, e := range k.environments(r) {
			lines = append(lines, "# or, where each environment has a role of its own: "+strings.Replace(line, k.flag(), k.flag()+" --env "+quote(e), 1))
		}
	}
	return "Name the role to the workflows", "The ARN of a role is no secret: it is a variable of the repository, or of an environment as the secret was.\n\n" + report.Fence("sh", strings.Join(lines, "\n"))
}

func (k *Kit) environments(r *Role) []string {
	for _, s := range k.Secrets {
		if s.Kind == r.Key.Kind && s.Name == r.Key.Name {
			return s.Environments
		}
	}
	return nil
}

// flag names the repository to gh.
func (k *Kit) flag() string {
	if k.Repository.Name == "" {
		return ""
	}
	return " --repo " + quote(k.Repository.Name)
}

func (k *Kit) patchStep() (title, text string) {
	if len(k.patch) == 0 {
		return "Change the workflows", "By hand, as is said above of each."
	}
	return "Apply the patch", "In a clone, with the path of this folder:\n\n" +
		report.Fence("sh", "git switch -c oidc\ngit apply --check "+PatchName+"\ngit apply "+PatchName) +
		"\n\nLook at the change, open a pull request, merge it, and see one run of each job succeed. What a workflow starts may hand the parts of a key on by name, as a compose file does: with a role there is an `AWS_SESSION_TOKEN` to hand on too. Credentials of a role last an hour: a job that takes longer sets `role-duration-seconds`, and the role its longest session."
}

func (k *Kit) secretStep() (title, text string) {
	var lines, still []string
	for _, s := range k.Secrets {
		if len(s.Still) > 0 {
			still = append(still, "- "+report.Code(s.Name)+" is still used in "+codes(s.Still))
			continue
		}
		lines = append(lines, k.deletions(s)...)
	}
	if len(lines)+len(still) == 0 {
		return "", ""
	}
	text = "Not before the runs succeeded: deactivate the key in IAM first, wait a week, and activate it again if something was forgotten."
	if len(lines) > 0 {
		text += " A secret of the organization is deleted with `--org`; one that is not there gives an error and no harm.\n\n" + report.Fence("sh", strings.Join(lines, "\n"))
	}
	if len(still) > 0 {
		text += "\n\nNot yet:\n\n" + strings.Join(still, "\n")
	}
	return "Delete the secrets", text
}

// deletions are the commands that delete a secret or variable.
func (k *Kit) deletions(s Secret) []string {
	del := "gh " + s.Kind + " delete " + s.Name + k.flag()
	out := []string{del}
	for _, e := range s.Environments {
		out = append(out, del+" --env "+quote(e))
	}
	return out
}

func codes(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, report.Code(w))
	}
	return strings.Join(out, ", ")
}

func (k *Kit) keyStep() (title, text string) {
	return "Delete the key", "The issue of the key has the commands. It closes by itself once the key is gone."
}

// quote makes one word of a shell.
func quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
