// Package advise says what to do instead of a long-lived credential that a change adds: in words, in
// lines of the language that the change is written in, and, where a workflow allows it, as the very lines that
// take the place of those that are there.
//
// It is pure. Nothing of what it says is taken from the change, so that all of it can be shown as it is; the
// lines that Suggestion keeps are the exception, and say so.
package advise

import (
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/declare"
)

// Advice is what to do instead of an addition. Changes that the same advice fits have the same one.
type Advice struct {
	Text     string // a paragraph; backticks make code
	Snippet  string // lines to start from, without a line break at their end; may be empty
	Language string // of the snippet, as Markdown names it
}

// Replacement returns what to do instead of what a change adds.
func Replacement(c declare.Change) Advice {
	switch c.Kind {
	case declare.HardcodedKey:
		return hardcoded
	case declare.StaticKeyUse:
		return ofUse(c)
	case declare.LoginProfile:
		return in(c, people, textPeople)
	case declare.ServiceCredential:
		return Advice{Text: textService, Snippet: gitWithRole, Language: "bash"}
	case declare.SSHKey:
		return Advice{Text: textGit, Snippet: gitWithRole, Language: "bash"}
	case declare.Certificate:
		return Advice{Text: textCertificate, Snippet: rolesAnywhere, Language: "ini"}
	}
	return ofUser(c)
}

// ofUser is about users and their keys: what they are for is seen by their names. A user and its key come together
// more often than not, and have the same advice, so that it is read once.
func ofUser(c declare.Change) Advice {
	const lead = "Give a role to what needs the access, in the place of an IAM user with a key. "
	switch {
	case named(c, "ses", "smtp", "mail", "mailer", "email"):
		return in(c, roles, lead+textMail)
	case named(c, "ci", "cd", "cicd", "github", "gitlab", "circleci", "bitbucket", "actions", "deploy", "deployer", "deployment", "pipeline", "runner", "terraform"):
		return in(c, pipelineRoles, lead+textPipeline)
	}
	return in(c, roles, lead+textWorkload)
}

// named says whether the name or the address of a change, or the user it belongs to, holds one of some words.
func named(c declare.Change, words ...string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(c.Name+" "+c.Address+" "+c.Owner), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if slices.Contains(words, w) {
			return true
		}
	}
	return false
}

// in picks the snippet in the language of a change.
func in(c declare.Change, snippets map[string]Advice, text string) Advice {
	a := snippets[family(c.Form)]
	a.Text = text
	return a
}

// families are the forms that share a language, by how their names begin.
var families = []struct{ prefix, family string }{
	{"terra", "terraform"},
	{"cdktf", "terraform"},
	{"cloudformation", "cloudformation"},
	{"sam", "cloudformation"},
	{"serverless", "cloudformation"},
	{"ebextensions", "cloudformation"},
	{"org-formation", "cloudformation"},
	{"cdk", "cdk"},
	{"pulumi", "pulumi"},
	{"kubernetes", "kubernetes"},
	{"ansible", "ansible"},
}

func family(form string) string {
	for _, f := range families {
		if strings.HasPrefix(form, f.prefix) {
			return f.family
		}
	}
	return ""
}

// ofUse is about static keys that something is given.
func ofUse(c declare.Change) Advice {
	switch c.Form {
	case "kubernetes":
		kind, _, _ := strings.Cut(c.Address, "/")
		switch {
		case strings.HasSuffix(kind, "ProviderConfig"):
			return crossplane
		case strings.HasSuffix(kind, "SecretStore"):
			return secretStore
		}
	case "github-workflow":
		if strings.HasPrefix(c.Address, "runs.") {
			return compositeAction
		}
	}
	if family(c.Form) == "terraform" {
		if strings.Contains(c.Address, "backend.s3") {
			return backend
		}
		return provider
	}
	if a, ok := uses[c.Form]; ok {
		return a
	}
	return Advice{Text: textUse}
}
