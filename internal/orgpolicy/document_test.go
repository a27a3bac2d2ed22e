package orgpolicy

import (
	"strings"
	"testing"
)

func TestParseFaults(t *testing.T) {
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }
	for _, row := range []struct{ name, document, want string }{
		{"empty", ``, "no JSON"},
		{"cut off", `{"Statement":[{"Effect":"Deny"`, "no JSON"},
		{"a list", `[]`, "no JSON object"},
		{"a text", `"x"`, "no JSON object"},
		{"no statement", `{"Version":"2012-10-17"}`, "no statement"},
		{"an empty list", statement(``), "no statement"},
		{"two documents", fullAccess + fullAccess, "behind its end"},
		{"an effect in other letters", statement(`{"Effect":"deny","Action":"*","Resource":"*"}`), "effect"},
		{"a name in other letters", statement(`{"effect":"Deny","Action":"*","Resource":"*"}`), "no element"},
		{"a name twice", statement(`{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}`), "twice"},
		{"a condition twice", statement(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"a":"true"},"bool":{"b":"true"}}}`), "twice"},
		{"a principal", statement(`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`), "no element"},
		{"no action", statement(`{"Effect":"Deny","Resource":"*"}`), "Action"},
		{"both actions", statement(`{"Effect":"Deny","Action":"*","NotAction":"*","Resource":"*"}`), "Action"},
		{"no resource", statement(`{"Effect":"Deny","Action":"*"}`), "Resource"},
		{"an operator that is none", statement(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringIs":{"a":"b"}}}`), "operator"},
		{"an action that is a number in an object", statement(`{"Effect":"Deny","Action":{"a":1},"Resource":"*"}`), "no element"},
		{"another version", `{"Version":"2030-01-01","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`, "version"},
		{"too deep", strings.Repeat(`{"Statement":[`, 5), "deep"},
		{"too long", statement(`{"Effect":"Deny","Action":"*","Resource":"` + strings.Repeat("x", MaxLength) + `"}`), "characters"},
		{"no text", "{\"Statement\":\"\xff\"}", "no text"},
	} {
		p := Parse("p-1", "", row.document)
		if !strings.Contains(p.Fault, row.want) {
			t.Errorf("%s: fault %q, want one with %q", row.name, p.Fault, row.want)
		}
	}
}

// A policy of exactly the length that AWS allows is read to its end.
func TestParseLongest(t *testing.T) {
	document := deny(`"Action":"iam:CreateUser","Resource":["` + "PAD" + `","*"]`)
	document = strings.Replace(document, "PAD", strings.Repeat("é", MaxLength-len(document)+3), 1)
	if got := words_(Evaluate(account("aws", under(document)...))[CreateUser]); got != "denied by p-1b" {
		t.Errorf("got %s", got)
	}
	p := Parse("p-1", "", document+" ")
	if p.Fault == "" {
		t.Error("one character more is taken")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(fullAccess)
	f.Add(deny(`"Action":["iam:*"],"NotResource":"arn:aws:iam::*:user/${aws:username}","Condition":{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/x","*"]}}`))
	f.Add(`{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":["*"],"Condition":{"ForAllValues:StringNotLikeIfExists":{"aws:PrincipalTag/a":[true,1]},"Null":{"aws:PrincipalTag/b":"true"}}}}`)
	f.Fuzz(func(t *testing.T, document string) {
		p := Parse("p-1", "", document)
		a := &Account{Partition: "aws", ID: "111122223333", Levels: [][]*Policy{{Parse("p-0", "", fullAccess), p}}}
		for _, d := range Evaluate(a) {
			if (p.Fault != "") != (len(d.Unknown) > 0) {
				t.Fatalf("fault %q, decision %+v", p.Fault, d)
			}
			if (d.Effect == Conditional) != (len(d.Except) > 0) || d.Effect != Allowed && len(d.By) == 0 {
				t.Fatalf("decision %+v", d)
			}
		}
		a.RootControls()
	})
}
