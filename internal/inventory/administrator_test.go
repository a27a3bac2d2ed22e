package inventory

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const janeARN = "arn:aws:iam::111122223333:user/jane"

// doc wraps statements into a policy document.
func doc(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`
}

func awsPolicy(name string) Grant { return Grant{Name: name, ARN: "arn:aws:iam::aws:policy/" + name} }

func customPolicy(name, document string) Grant {
	return Grant{Name: name, ARN: "arn:aws:iam::111122223333:policy/" + name, Document: document}
}

func inGroup(g Grant, group string) Grant {
	g.Via = group
	return g
}

func TestAdministratorStatements(t *testing.T) {
	const all, iam = "inline policy p allows * on every resource", "inline policy p allows iam:* on every resource"
	tests := []struct{ statement, want string }{
		{`{"Effect": "Allow", "Action": "*", "Resource": "*"}`, all},
		{`{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}`, all},
		{`{"Effect": "Allow", "Action": "*:*", "Resource": "*"}`, all},
		{`{"Effect": "Allow", "Action": "**", "Resource": "arn:*"}`, all},
		{`{"Effect": "Allow", "Action": "*", "Resource": "arn:*:*:*:*:*"}`, all},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}`, iam},
		{`{"Effect": "Allow", "Action": "IAM:*", "Resource": "*"}`, iam},
		{`{"Effect": "Allow", "Action": "i*:*", "Resource": "*"}`, iam},
		{`{"Effect": "Allow", "Action": "iam*", "Resource": "*"}`, iam},
		{`{"Effect": "Allow", "Action": "ia?:*", "Resource": "*"}`, iam},
		{`{"Effect": "Allow", "Action": "iam:?*", "Resource": "*"}`, iam},
		{`{"Effect": "Allow", "Action": ["s3:Get*", "iam:*"], "Resource": ["arn:aws:s3:::b", "*"]}`, iam},
		{`{"effect": "Allow", "action": "iam:*", "resource": "*"}`, iam},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}`, iam},
		{`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam::111122223333:*"}`, iam},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*"}`, iam},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:*:iam::1111????3333:*"}`, iam},
		{`{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}`, iam},
		{`{"Effect": "Allow", "NotAction": ["s3:*", "iam:CreateUser"], "Resource": "*"}`, iam},
		{`{"Effect": "Allow", "Action": "iam:*", "NotResource": "arn:aws:s3:::b"}`, iam},
		{`{"Effect": "Allow", "NotAction": "s3:*", "NotResource": ["arn:aws:s3:::*"]}`, iam},

		{`{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:?", "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:???????", "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*User", "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam", "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": [], "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": []}`, ""},
		{`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::111122223333:user/*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::444455556666:*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws-cn:iam::*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "ARN:AWS:IAM::*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/${aws:username}"}`, ""},
		{`{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "NotAction": "*", "Resource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*", "NotResource": "*"}`, ""},
		{`{"Effect": "Allow", "Action": "iam:*", "NotResource": "arn:aws:iam::*:*"}`, ""},
		{`{"Effect": "Deny", "Action": "*", "Resource": "*"}`, ""},
	}
	for _, tt := range tests {
		for _, document := range []string{doc(tt.statement), `{"Statement": ` + tt.statement + `}`} {
			got, unreadable := Administrator(Grants{UserARN: janeARN, Policies: []Grant{{Name: "p", Document: document}}})
			if got != tt.want || unreadable != nil {
				t.Errorf("%s:\n got %q, unreadable %q\nwant %q", document, got, unreadable, tt.want)
			}
		}
	}
}

func TestAdministratorPolicies(t *testing.T) {
	const iamAll = `{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}`
	admin, custom := awsPolicy("AdministratorAccess"), customPolicy("full", doc(iamAll))
	deny := func(rest string) Grant { return customPolicy("deny", doc(`{"Effect": "Deny", `+rest+`}`)) }
	tests := []struct {
		name     string
		policies []Grant
		boundary Grant
		want     string
		unread   []string
	}{
		{name: "no policy"},
		{name: "AdministratorAccess", policies: []Grant{admin}, want: "AdministratorAccess"},
		{name: "IAMFullAccess", policies: []Grant{awsPolicy("IAMFullAccess")}, want: "IAMFullAccess"},
		{name: "in a group", policies: []Grant{inGroup(admin, "admins")}, want: "AdministratorAccess through group admins"},
		{name: "another partition", policies: []Grant{{Name: "AdministratorAccess", ARN: "arn:aws-us-gov:iam::aws:policy/AdministratorAccess"}}, want: "AdministratorAccess"},
		{name: "only the name is like it", policies: []Grant{customPolicy("AdministratorAccess", doc())}},
		{name: "another policy of AWS", policies: []Grant{awsPolicy("PowerUserAccess"), awsPolicy("AdministratorAccess-Amplify"), awsPolicy("job-function/ViewOnlyAccess")}},
		{name: "customer managed", policies: []Grant{custom}, want: "policy full allows iam:* on every resource"},
		{name: "customer managed in a group", policies: []Grant{inGroup(custom, "ops")}, want: "policy full allows iam:* on every resource through group ops"},
		{name: "inline in a group", policies: []Grant{{Name: "p", Document: doc(iamAll), Via: "ops"}}, want: "inline policy p allows iam:* on every resource through group ops"},
		{
			name:     "the nearest reason, then the shortest",
			policies: []Grant{inGroup(admin, "a"), custom, {Name: "p", Document: doc(iamAll)}, awsPolicy("IAMFullAccess")}, want: "IAMFullAccess",
		},

		{name: "denied", policies: []Grant{admin, deny(`"Action": "iam:*", "Resource": "*"`)}},
		{name: "all denied", policies: []Grant{custom, deny(`"Action": "*", "Resource": "*"`)}},
		{name: "denied by a group", policies: []Grant{custom, inGroup(deny(`"Action": "*", "Resource": "*"`), "g")}},
		{name: "denied with an empty condition", policies: []Grant{custom, deny(`"Action": "*", "Resource": "*", "Condition": {}`)}},
		{name: "denied by NotAction", policies: []Grant{admin, deny(`"NotAction": "s3:*", "Resource": "*"`)}},
		{name: "denied in this account", policies: []Grant{admin, deny(`"Action": "iam:*", "Resource": "arn:aws:iam::111122223333:*"`)}},
		{name: "denied under a condition", policies: []Grant{admin, deny(`"NotAction": "iam:*MFA*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`)}, want: "AdministratorAccess"},
		{name: "denied in part", policies: []Grant{admin, deny(`"Action": ["iam:CreateUser", "iam:Attach*"], "Resource": "*"`)}, want: "AdministratorAccess"},
		{name: "denied on one user", policies: []Grant{admin, deny(`"Action": "iam:*", "Resource": "arn:aws:iam::111122223333:user/root"`)}, want: "AdministratorAccess"},
		{name: "all but IAM denied", policies: []Grant{custom, deny(`"NotAction": "iam:*", "Resource": "*"`)}, want: "policy full allows iam:* on every resource"},

		{name: "boundary that allows", policies: []Grant{admin}, boundary: customPolicy("b", doc(iamAll)), want: "AdministratorAccess"},
		{name: "boundary that does not", policies: []Grant{admin}, boundary: customPolicy("b", doc(`{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`))},
		{name: "boundary that denies", policies: []Grant{admin}, boundary: customPolicy("b", doc(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`, `{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}`))},
		{name: "boundary without a statement", policies: []Grant{admin}, boundary: customPolicy("b", doc())},
		{name: "AdministratorAccess as boundary", policies: []Grant{admin}, boundary: admin, want: "AdministratorAccess"},
		{name: "IAMFullAccess as boundary", policies: []Grant{admin}, boundary: awsPolicy("IAMFullAccess"), want: "AdministratorAccess"},
		{name: "PowerUserAccess as boundary", policies: []Grant{admin}, boundary: awsPolicy("PowerUserAccess")},
		{
			name: "boundary unknown", policies: []Grant{admin}, boundary: customPolicy("b", ""),
			want: "AdministratorAccess (what its permissions boundary b allows is not known)",
		},
		{
			name: "boundary known by ARN only", policies: []Grant{admin}, boundary: Grant{ARN: "arn:aws:iam::111122223333:policy/b"},
			want: "AdministratorAccess (what its permissions boundary arn:aws:iam::111122223333:policy/b allows is not known)",
		},
		{
			name: "boundary that is no policy", policies: []Grant{admin}, boundary: customPolicy("b", "{"),
			want: "AdministratorAccess (what its permissions boundary b allows is not known)", unread: []string{"b"},
		},
		{name: "boundary unknown, no administrator", boundary: customPolicy("b", "")},

		{name: "no JSON", policies: []Grant{customPolicy("z", "{"), customPolicy("a", "null")}, unread: []string{"a", "z"}},
		{name: "twice through groups", policies: []Grant{inGroup(customPolicy("z", "{"), "g"), inGroup(customPolicy("z", "{"), "h")}, unread: []string{"z"}},
		{name: "no document of a customer policy", policies: []Grant{customPolicy("z", "")}, unread: []string{"z"}},
		{name: "no document of an inline policy", policies: []Grant{{Name: "z"}}, unread: []string{"z"}},
		{name: "no JSON beside AdministratorAccess", policies: []Grant{admin, customPolicy("z", "%7B")}, want: "AdministratorAccess", unread: []string{"z"}},
	}
	for _, tt := range tests {
		got, unread := Administrator(Grants{UserARN: janeARN, Policies: tt.policies, Boundary: tt.boundary})
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if d := cmp.Diff(tt.unread, unread); d != "" {
			t.Errorf("%s: unreadable (-want +got):\n%s", tt.name, d)
		}
	}
}

// Nothing that IAM would have refused grants anything, and each is named.
func TestAdministratorMalformed(t *testing.T) {
	for _, document := range []string{
		"", "null", "[]", `""`, "{}", `{"Statement": null}`, `{"Statement": "x"}`, `{"Statement": 1}`, `{"Statement": [1]}`, `{"Statement": {}}`,
		doc(`{"Action": "*", "Resource": "*"}`),
		doc(`{"Effect": "allow", "Action": "*", "Resource": "*"}`),
		doc(`{"Effect": "Allow", "Resource": "*"}`),
		doc(`{"Effect": "Allow", "Action": "*"}`),
		doc(`{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}`),
		doc(`{"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}`),
		doc(`{"Effect": "Allow", "Action": {"a": 1}, "Resource": "*"}`),
		doc(`{"Effect": "Allow", "Action": [1], "Resource": "*"}`),
		doc(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": "x"}`),
		doc(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`) + "x",
		strings.Repeat("[", 100_000),
		`{"Statement": ` + strings.Repeat("[", 100_000),
	} {
		got, unreadable := Administrator(Grants{UserARN: janeARN, Policies: []Grant{{Name: "p", Document: document}}})
		if got != "" || len(unreadable) != 1 {
			t.Errorf("%.100s: got %q, unreadable %q", document, got, unreadable)
		}
	}
}

// Without a user's ARN, only what reaches every account counts.
func TestAdministratorWithoutARN(t *testing.T) {
	for resource, want := range map[string]bool{"*": true, "arn:*": true, "arn:aws:iam::*": false, "arn:aws:iam::111122223333:*": false} {
		g := Grants{Policies: []Grant{{Name: "p", Document: doc(`{"Effect": "Allow", "Action": "*", "Resource": "` + resource + `"}`)}}}
		if got, _ := Administrator(g); (got != "") != want {
			t.Errorf("%s: got %q", resource, got)
		}
	}
}

func drawStatement(t *rapid.T) string {
	s := map[string]any{"Effect": rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")}
	action := rapid.SampledFrom([]string{"*", "iam:*", "s3:*", "iam:Get*", "i*"})
	s[rapid.SampledFrom([]string{"Action", "Action", "NotAction"}).Draw(t, "action element")] = rapid.SliceOfN(action, 1, 2).Draw(t, "actions")
	resource := rapid.SampledFrom([]string{"*", "arn:aws:s3:::b", "arn:aws:iam::*"})
	s[rapid.SampledFrom([]string{"Resource", "Resource", "NotResource"}).Draw(t, "resource element")] = resource.Draw(t, "resource")
	if rapid.Bool().Draw(t, "condition") {
		s["Condition"] = map[string]any{"Bool": map[string]string{"aws:SecureTransport": "true"}}
	}
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func drawGrants(t *rapid.T) []Grant {
	return drawList(t, "policies", func(t *rapid.T, n int) Grant {
		g := Grant{
			Name:     fmt.Sprintf("p%d", rapid.IntRange(0, 1).Draw(t, "name")),
			ARN:      rapid.SampledFrom([]string{"", "arn:aws:iam::111122223333:policy/p", "arn:aws:iam::aws:policy/IAMFullAccess"}).Draw(t, "arn"),
			Document: doc(drawList(t, "statements", func(t *rapid.T, _ int) string { return drawStatement(t) })...),
			Via:      rapid.SampledFrom([]string{"", "g"}).Draw(t, "via"),
		}
		return g
	})
}

// Order never matters; a Deny of everything leaves nothing; a boundary that allows
// everything changes nothing, one that allows nothing leaves nothing; more policies
// without a Deny never make a user less of an administrator.
func TestAdministratorLaws(t *testing.T) {
	everything := doc(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`)
	rapid.Check(t, func(t *rapid.T) {
		policies := drawGrants(t)
		want, _ := Administrator(Grants{UserARN: janeARN, Policies: policies})
		check := func(what string, g Grants, want string) {
			g.UserARN = janeARN
			if got, unreadable := Administrator(g); got != want || unreadable != nil {
				t.Fatalf("%s: got %q, unreadable %q, want %q", what, got, unreadable, want)
			}
		}
		check("other order", Grants{Policies: rapid.Permutation(policies).Draw(t, "order")}, want)
		deny := customPolicy("deny", doc(`{"Effect": "Deny", "Action": "*", "Resource": "*"}`))
		check("all denied", Grants{Policies: append([]Grant{deny}, policies...)}, "")
		check("wide boundary", Grants{Policies: policies, Boundary: customPolicy("b", everything)}, want)
		check("empty boundary", Grants{Policies: policies, Boundary: customPolicy("b", doc())}, "")
		if want != "" {
			more, _ := Administrator(Grants{UserARN: janeARN, Policies: append([]Grant{customPolicy("all", everything)}, policies...)})
			if more == "" {
				t.Fatal("an administrator with one more Allow is none")
			}
		}
	})
}

func TestDecodeDocument(t *testing.T) {
	tests := []struct{ in, want string }{
		{"%7B%22Statement%22%3A%5B%5D%7D", `{"Statement":[]}`},
		{"%7b%22a+b%22%7d", `{"a+b"}`},
		{"%0A%20%20%7B%7D", "\n  {}"},
		{"%0d%0a %7B%7D", "\r\n {}"},
		{`{"a": "%7B"}`, `{"a": "%7B"}`},
		{` {"a": "100%25"}`, ` {"a": "100%25"}`},
		{"%7B%ZZ", "%7B%ZZ"},
		{"%5B%5D", "%5B%5D"},
		{"%20", "%20"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := DecodeDocument(tt.in); got != tt.want {
			t.Errorf("DecodeDocument(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzAdministrator(f *testing.F) {
	f.Add(doc(`{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}`), "")
	f.Add(doc(`{"Effect": "Allow", "NotAction": ["s3:*"], "NotResource": "arn:aws:s3:::b"}`), doc(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`))
	f.Add("%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%7D%7D", "{")
	f.Fuzz(func(t *testing.T, document, boundary string) {
		g := Grants{UserARN: janeARN, Policies: []Grant{{Name: "p", Document: DecodeDocument(document)}}}
		free, unreadable := Administrator(g)
		if free != "" && unreadable != nil {
			t.Fatalf("a document that is no policy grants %q", free)
		}
		g.Boundary = customPolicy("b", boundary)
		bounded, _ := Administrator(g)
		if free == "" && bounded != "" {
			t.Fatalf("a boundary grants %q", bounded)
		}
		g.Policies = append(g.Policies, customPolicy("deny", doc(`{"Effect": "Deny", "Action": "*", "Resource": "*"}`)))
		if got, _ := Administrator(g); got != "" {
			t.Fatalf("all is denied, yet %q", got)
		}
	})
}
