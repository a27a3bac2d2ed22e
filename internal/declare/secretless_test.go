package declare

import (
	"strings"
	"testing"
)

// Nothing that may be a secret is in what is told: not a word that is written out in the place of a secret, nor
// the login of an address.
func TestNoSecretIsTold(t *testing.T) {
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYNOTATRUEKEY"
	step := "jobs:\n  a:\n    steps:\n    - run: x\n      env:\n        AWS_ACCESS_KEY_ID: "
	for _, c := range []struct{ file, text string }{
		{".github/workflows/w.yml", step + "${{ secrets.X || '" + secret + "' }}\n"},
		{".github/workflows/w.yml", step + "${{ format('" + secret + "{0}', secrets.X) }}\n"},
		{".circleci/config.yml", "jobs:\n  a:\n    environment:\n      AWS_ACCESS_KEY_ID: << " + secret + " >>\n    steps: []\n"},
		{"m.tf", "module \"users\" {\n  source = \"git::https://u:" + secret + "@example.com/x/iam-users.git\"\n}\n"},
		{"m.tf", "module \"users\" {\n  source = \"git::https://" + strings.ReplaceAll(secret, "/", "") + "@example.com/x/iam-users.git\"\n}\n"},
		{"m.tf", "module \"users\" {\n  source = \"../../x?token=" + secret + "\"\n}\n"},
		{"serverless.yml", "service: x\nprovider:\n  name: aws\nresources:\n  - ${file(https://u:" + secret + "@h/x)}\n"},
	} {
		rows, skipped := Diff(memTree{}, memTree{c.file: c.text}, []string{c.file}, nil)
		if len(rows)+len(skipped) == 0 {
			t.Errorf("nothing is told of %s", c.text)
		}
		told := render(rows, skipped)
		for _, r := range rows {
			told += r.Why
		}
		if strings.Contains(told, "MDENG") || strings.Contains(told, "wJalr") {
			t.Errorf("a secret is told: %s", told)
		}
	}
	for _, s := range []string{"secrets.AWS_ACCESS_KEY_ID", "secrets[format('AWS_ACCESS_KEY_ID_{0}', matrix.env)]", "secret/production-credentials-of-the-deployment-in-europe"} {
		if got := withoutLiterals(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	for _, s := range []string{"module git@github.com:acme/iam.git?ref=v1", "ssh://git@example.com/x?version=2"} {
		if got := withoutLogins(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}
