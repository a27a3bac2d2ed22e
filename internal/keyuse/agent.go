package keyuse

import (
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

const (
	// agentAtMost bounds how much of a user agent is looked at, agentLimit how much of it is kept, and of that
	// versionLimit how much is a version, in bytes.
	agentAtMost  = 4096
	agentLimit   = 48
	versionLimit = 20
	// execEnv stands before what AWS_EXECUTION_ENV holds: AWS sets it where it runs code.
	execEnv = "exec-env/"
)

// byAgent says what a user agent tells of the place that it runs in; empty where it does not.
func byAgent(agent string) string {
	for _, w := range words(agent) {
		switch where, ok := strings.CutPrefix(w, execEnv); {
		case strings.HasPrefix(w, "configure-aws-credentials-for-github-actions"):
			return inventory.FromGitHubActions
		case !ok:
		case strings.HasPrefix(where, "AWS_Lambda_"):
			return inventory.FromLambda
		case strings.HasPrefix(where, "AWS_ECS_"):
			return inventory.FromECS
		case strings.HasPrefix(where, "AWS_CodeBuild"), strings.HasPrefix(where, "CodeBuild"):
			return inventory.FromCodeBuild
		case where == "CloudShell":
			return inventory.FromCloudShell
		case where == "EC2":
			return inventory.FromEC2
		}
	}
	return ""
}

// agentOf is the client in a word: the product that is best known by name, or else the first.
// An agent without any has none.
func agentOf(agent string) string {
	if strings.HasPrefix(agent, awsInternal) {
		return awsInternal
	}
	first := ""
	for _, w := range words(agent) {
		name, version, ok := strings.Cut(w, "/")
		if !ok || len(w) > agentLimit || !isProduct(name) || !isVersion(version) {
			continue
		}
		switch {
		case strings.EqualFold(name, "Terraform"), strings.EqualFold(name, "Pulumi"):
			return w
		case first == "" && !strings.EqualFold(name, strings.TrimSuffix(execEnv, "/")):
			first = w
		}
	}
	return first
}

// words are those of a user agent, without the brackets that consoles and comments have.
func words(agent string) []string {
	if len(agent) > agentAtMost {
		agent = agent[:agentAtMost]
	}
	return strings.FieldsFunc(agent, func(r rune) bool { return strings.ContainsRune(" \t\r\n[]();,", r) })
}

// isVersion takes a version that begins with a digit. Whatever else stands behind a slash may be anything,
// a secret key too.
func isVersion(s string) bool {
	digits := strings.TrimPrefix(s, "v")
	return digits != "" && digits[0] >= '0' && digits[0] <= '9' && len(s) <= versionLimit && isProduct(s)
}

// isProduct takes what names and versions of products are made of.
func isProduct(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(".+_-", rune(c)) {
			return false
		}
	}
	return true
}
