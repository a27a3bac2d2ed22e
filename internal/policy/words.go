package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// The functions here say what is wrong with a text and what to write, or nothing.

func accountIDProblem(s string) string {
	switch {
	case s == "" || strings.Trim(s, "0123456789") != "":
		return fmt.Sprintf("%s is no account id, write its 12 digits", quote(s))
	case len(s) != 12:
		return fmt.Sprintf("%s has %d digits, write the 12 digits of an account id", quote(s), len(s))
	}
	return ""
}

func accountPatternProblem(s string) string {
	if !strings.ContainsAny(s, "*?") {
		return accountIDProblem(s)
	}
	if strings.Trim(s, "0123456789*?") != "" {
		return fmt.Sprintf("%s matches no account id, write digits, * and ?", quote(s))
	}
	return ""
}

// nameCharacters are those that the name of an IAM user can have.
const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-"

func userPatternProblem(s string) string {
	// Root is called <root_account> wherever a user is named.
	if s == "" {
		return "it is empty, write a pattern of user names"
	}
	if strings.Trim(s, nameCharacters+"*?<>") != "" {
		return fmt.Sprintf("%s matches no user name, write letters, digits, +=,.@_- and the wildcards * and ?", quote(s))
	}
	return ""
}

func keyPatternProblem(s string) string {
	if strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*?") != "" ||
		!strings.ContainsAny(s, "*?") && len(s) < 16 {
		return fmt.Sprintf("%s is no access key id, write one such as AKIAIOSFODNN7EXAMPLE, or a pattern", quote(s))
	}
	return ""
}

// Some logins of managed users end in an underscore and the short name of the company.
var login = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,38}(_[A-Za-z0-9]{1,20})?$`)

func loginProblem(s string) string {
	if login.MatchString(s) {
		return ""
	}
	if bare := strings.TrimPrefix(s, "@"); login.MatchString(bare) {
		return fmt.Sprintf("%s is no GitHub login, write %s", quote(s), bare)
	}
	return fmt.Sprintf("%s is no GitHub login, write the login of a person", quote(s))
}

var userARN = regexp.MustCompile(`^arn:[a-z*?-]+:iam::([0-9*?]+):user/[A-Za-z0-9+=,.@_/*?-]+$`)

func userARNProblem(s string) string {
	const write = `write a pattern such as arn:aws:iam::*:user/breakglass-*`
	if m := userARN.FindStringSubmatch(s); m != nil {
		if problem := accountPatternProblem(m[1]); problem != "" {
			return problem
		}
		return ""
	}
	if strings.Contains(s, ":role/") {
		return fmt.Sprintf("%s is a role, break-glass is about IAM users, %s", quote(s), write)
	}
	return fmt.Sprintf("%s is no ARN of an IAM user, %s", quote(s), write)
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]{1,100}$`)

func repositoryProblem(s string) string {
	_, name, _ := strings.Cut(s, "/")
	if repositoryName.MatchString(s) && name != "." && name != ".." {
		return ""
	}
	return fmt.Sprintf("%s is no repository, write owner/name", quote(s))
}
