package migrate

import (
	"slices"
	"strings"
	"testing"
)

const (
	breakHead = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
	breakKey  = "        env:\n          AWS_ACCESS_KEY_ID: ${{ secrets.A_KEY_ID }}\n          AWS_SECRET_ACCESS_KEY: ${{ secrets.A_SECRET }}\n"
	breakConf = "      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          aws-access-key-id: ${{ secrets.A_KEY_ID }}\n" +
		"          aws-secret-access-key: ${{ secrets.A_SECRET }}\n          aws-region: eu-west-1\n"
	breakRole = "      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          role-to-assume: arn:aws:iam::111122223333:role/x\n          aws-region: eu-west-1\n"
)

func planOf(text string) Kit { return Plan(app(File{".github/workflows/a.yml", []byte(text)}), target) }

// TestConditionOverLines holds that a condition is copied whole or not at all: half of one is no expression.
func TestConditionOverLines(t *testing.T) {
	for _, tt := range []struct {
		name, condition string
		patched         int
	}{
		{"one line", "github.ref == 'x'", 1},
		{"one line and a comment below", "github.ref == 'x'\n        # why\n          # more", 1},
		{"a plain text over two", "github.ref == 'x' &&\n          github.actor != 'y'", 0},
		{"with a line left out", "github.ref == 'x' &&\n\n          github.actor != 'y'", 0},
		{"a quoted text over two", "\"github.ref == 'x' &&\n          github.actor != 'y'\"", 0},
		{"a folded text", ">-\n          github.ref == 'x'", 0},
	} {
		if k := planOf(breakHead + "      - run: x\n        if: " + tt.condition + "\n" + breakKey); k.Patched() != tt.patched || k.Empty() {
			t.Errorf("%s: %d patched\n%s", tt.name, k.Patched(), k.patch)
		}
	}
}

// TestRoleAssumedWithTheKey holds that no patch is made where a later step assumes another role with the key: once the
// job may ask for a token, the action would do it by the token, which that role does not trust.
func TestRoleAssumedWithTheKey(t *testing.T) {
	may := strings.Replace(breakHead, "    steps:", "    permissions:\n      id-token: write\n    steps:", 1)
	wide := strings.Replace(breakHead, "jobs:", "permissions:\n  id-token: write\njobs:", 1)
	chain := strings.Replace(breakRole, "          aws-region", "          role-chaining: true\n          aws-region", 1)
	for name, tt := range map[string]struct {
		text    string
		patched int
	}{
		"a job without a token":          {breakHead + breakConf + breakRole, 0},
		"a job that has the token":       {may + breakConf + breakRole, 1},
		"a workflow that has the token":  {wide + breakConf + breakRole, 1},
		"the token, but by the key":      {may + breakConf + chain, 0},
		"another job assumes a role too": {breakHead + breakConf + "  b:\n    runs-on: x\n    steps:\n" + breakRole, 1},
	} {
		if k := planOf(tt.text); k.Patched() != tt.patched {
			t.Errorf("%s: %d patched\n%s", name, k.Patched(), k.patch)
		}
	}
}

// TestEveryTag holds that a workflow for every tag trusts tags, and none that is called as the default branch.
func TestEveryTag(t *testing.T) {
	for filter, want := range map[string]Subject{
		"tags: ['*']": {"ref:refs/tags/*", true}, "tags: ['**']": {"ref:refs/tags/*", true}, "tags: ['v*']": {"ref:refs/tags/v*", true},
		"branches: ['**']": {"ref:refs/heads/main", false},
	} {
		k := planOf(strings.Replace(breakHead, "on: push", "on: {push: {"+filter+"}}", 1) + breakConf)
		if len(k.Roles) != 1 || !slices.Equal(k.Roles[0].Subjects, []Subject{want}) {
			t.Errorf("%s: %+v", filter, k.Roles)
		}
	}
}

// TestAllSecretsHandedOn holds that a secret is not called needless where every secret is handed on.
func TestAllSecretsHandedOn(t *testing.T) {
	for text, want := range map[string]int{
		"  b:\n    uses: acme/shared/.github/workflows/x.yml@main\n    secrets: inherit\n":                                  0,
		"  b:\n    uses: acme/shared/.github/workflows/x.yml@main\n    \"secrets\": 'inherit'\n":                            0,
		"      - run: x\n        env:\n          ALL: ${{ toJSON(secrets) }}\n":                                             0,
		"      - run: x\n        env:\n          ALL: ${{ tojson( secrets ) }}\n":                                           0,
		"      - run: x\n        env:\n          ONE: ${{ secrets[matrix.name] }}\n":                                        0,
		"      - run: x\n        env:\n          ONE: ${{ secrets[format('{0}_KEY', matrix.name)] }}\n":                     0,
		"      - run: x\n        env:\n          ONE: ${{ secrets['OTHER'] }}\n":                                            2,
		"      # secrets: inherit\n      - run: x\n":                                                                        2,
		"  b:\n    uses: acme/shared/.github/workflows/x.yml@main\n    secrets:\n      other: ${{ secrets.OTHER_TOKEN }}\n": 2,
	} {
		if k := planOf(breakHead + breakConf + text); k.Deletable() != want || len(k.Secrets) != 2 {
			t.Errorf("%s: %d deletable of %d", text, k.Deletable(), len(k.Secrets))
		}
	}
}
