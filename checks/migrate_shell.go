package checks

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A command names what the facts do not hold by a variable of the shell, and refuses to run while it
// is not set: ${NAME:?what it is}. In a word that is being made, a variable stands between these two
// characters, which no name of AWS or GitHub has.
const (
	variableBegin = "\uE000"
	variableEnd   = "\uE001"
)

// variables are those that commands ask for, and what a shell says where one is not set.
var variables = map[string]string{
	"AUDIENCE":         "set it to the audience that the repository shows under OpenID Connect",
	"BRANCH":           "set it to the branch that deploys",
	"CLUSTER":          "set it to the name of the EKS cluster",
	"EXTERNAL_ID":      "set it to the external id that the third party gives",
	"FAMILY":           "set it to the family of the task definition",
	"FUNCTION":         "set it to the name of the function",
	"GROUP_PROJECT":    "set it to group/project",
	"IDENTITY":         "set it to the domain or address that mail is sent from",
	"INSTANCE_ARN":     "set it to the ARN that aws sso-admin list-instances shows",
	"INSTANCE_ID":      "set it to the id of the instance",
	"KEYSPACE":         "set it to the name of the keyspace",
	"NAMESPACE":        "set it to the namespace of the pods",
	"ORGANIZATION":     "set it to the name of the organization",
	"ORGANIZATION_ID":  "set it to the id of the organization",
	"PERMISSION_SET":   "set it to the ARN that the step before shows",
	"PIPELINE":         "set it to the slug of the pipeline",
	"PRINCIPAL_ID":     "set it to the id of the person in the identity store",
	"PROJECT":          "set it to the name of the project",
	"PROJECT_ID":       "set it to the id of the project",
	"REGION":           "set it to the region",
	"REPOSITORY":       "set it to owner/name",
	"REPOSITORY_ID":    "set it to the UUID of the repository, with its braces",
	"REPOSITORY_NAME":  "set it to the name of the repository",
	"ROLE":             "set it to the name of the role",
	"SERVICE_ACCOUNT":  "set it to the service account of the pods",
	"SUBJECT":          "set it by the step before",
	"THEIR_ACCOUNT":    "set it to the 12 digits of their account",
	"TRUST_ANCHOR_ARN": "set it to the ARN of the trust anchor",
	"WORKSPACE":        "set it to the workspace",
}

// ask stands for a variable in a word that is being made.
func ask(name string) string { return variableBegin + name + variableEnd }

// known is a name of the facts, or the variable that stands in for it.
func known(name, variable string) string {
	if name == "" {
		return ask(variable)
	}
	return literal(name)
}

// literal is a name from outside without what would be taken for a variable.
func literal(s string) string {
	if !strings.Contains(s, variableBegin) && !strings.Contains(s, variableEnd) {
		return s
	}
	return strings.NewReplacer(variableBegin, "", variableEnd, "").Replace(s)
}

// shell collects the words of one command.
type shell struct {
	b     strings.Builder
	asked map[string]bool
}

// cli makes a command of the AWS CLI out of service, operation and pairs of option and value; an
// option with an empty value stands alone. Values are quoted, variables in them are asked for.
func cli(service, operation string, pairs ...string) string {
	var c shell
	c.b.WriteString("aws " + service + " " + operation)
	for i := 0; i+1 < len(pairs); i += 2 {
		c.b.WriteString(" " + pairs[i])
		switch value := pairs[i+1]; {
		case value == "":
		case strings.HasPrefix(value, "-"):
			c.b.WriteByte('=')
			c.word(value)
		default:
			c.b.WriteByte(' ')
			c.word(value)
		}
	}
	return c.b.String()
}

// word writes one word: names are quoted, and of each variable the first use asks for it.
func (c *shell) word(s string) {
	for s != "" {
		text, rest, found := strings.Cut(s, variableBegin)
		if text != "" {
			c.b.WriteString(Quote(text))
		}
		if !found {
			return
		}
		name, after, _ := strings.Cut(rest, variableEnd)
		if s = after; c.asked[name] {
			c.b.WriteString(`"$` + name + `"`)
			continue
		}
		if c.asked == nil {
			c.asked = map[string]bool{}
		}
		c.asked[name] = true
		c.b.WriteString(`"${` + name + ":?" + variables[name] + `}"`)
	}
}

// A document of IAM. Lists of one are words, as IAM itself writes them.
type document struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid       string                    `json:"Sid,omitempty"`
	Effect    string                    `json:"Effect"`
	Principal map[string]string         `json:"Principal,omitempty"`
	Action    any                       `json:"Action"`
	Resource  any                       `json:"Resource,omitempty"`
	Condition map[string]map[string]any `json:"Condition,omitempty"`
}

// text is a document of the one statement.
func (s statement) text() string { return policyText(s) }

// policyText is the document of statements that allow, as one line of JSON.
func policyText(allowed ...statement) string {
	for i := range allowed {
		allowed[i].Effect = "Allow"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(document{"2012-10-17", allowed}); err != nil {
		return "" // no type in it can fail
	}
	return strings.TrimSuffix(b.String(), "\n")
}
