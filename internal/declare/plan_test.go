package declare

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// planOf writes a plan with some elements of resource_changes beside what must not count.
func planOf(changes ...string) string {
	return `{
  "format_version": "9.7",
  "terraform_version": "1.13.0",
  "planned_values": {"root_module": {"resources": [{"address": "aws_iam_user.forgotten", "type": "aws_iam_user", "values": {"name": "x"}}]}},
  "resource_drift": [{"address": "aws_iam_user.drifted", "mode": "managed", "type": "aws_iam_user", "change": {"actions": ["create"], "after": {"name": "x"}}}],
  "resource_changes": [
` + strings.Join(changes, ",\n") + `
  ],
  "prior_state": {"values": [[[{}]]]},
  "configuration": {}
}`
}

func planRow(address, actions, more string) string {
	typ := address[strings.LastIndex(address, "aws"):]
	typ, _, _ = strings.Cut(typ, ".")
	if more != "" {
		more = ", " + more
	}
	return fmt.Sprintf(`{"address": %q, "mode": "managed", "type": %q, "change": {"actions": [%s]%s}}`, address, typ, actions, more)
}

func TestReadPlan(t *testing.T) {
	for _, c := range []struct{ name, plan, want string }{
		{"nothing", planOf(), ""},
		{"no changes at all", `{"format_version": "1.2", "planned_values": {}}`, ""},
		{"a user", planOf(planRow("aws_iam_user.u", `"create"`, `"after": {"name": "u"}`)), "added iam-user aws_iam_user.u u:7\n"},
		{
			"nested modules", planOf(planRow(`module.a["x"].module.b[0].aws_iam_access_key.k`, `"create"`, `"before": null, "after": {"status": "Active"}, "after_unknown": {"user": true}`)),
			`added access-key module.a["x"].module.b[0].aws_iam_access_key.k :7` + "\n",
		},
		{"what is no creation", planOf(
			planRow("aws_iam_user.a", `"no-op"`, `"before": {"name": "a"}, "after": {"name": "a"}`),
			planRow("aws_iam_user.b", `"update"`, `"before": {"name": "b"}, "after": {"name": "bb"}`),
			planRow("aws_iam_user.c", `"read"`, `"after": {"name": "c"}`),
			planRow("aws_iam_user.d", `"forget"`, `"before": {"name": "d"}`),
			`{"address": "data.aws_iam_user.e", "mode": "data", "type": "aws_iam_user", "change": {"actions": ["create"]}}`,
			`{"address": "aws_iam_user.f", "mode": "managed", "type": "aws_iam_user", "deposed": "00", "change": {"actions": ["delete"]}}`,
			planRow("aws_iam_user_policy.p", `"create"`, `"after": {"name": "p"}`),
			planRow("aws_transfer_user.t", `"create"`, `"after": {"user_name": "t"}`),
		), ""},
		{"a removal", planOf(planRow("aws_iam_user.u", `"delete"`, `"before": {"name": "u"}, "after": null`)), "removed iam-user aws_iam_user.u u:7\n"},
		{"a replacement", planOf(planRow("aws_iam_user.u", `"delete", "create"`, `"before": {"name": "u"}, "after": {"name": "u"}`)), "replaced iam-user aws_iam_user.u u:7\n"},
		{"a replacement, made first", planOf(planRow("aws_iam_user_ssh_key.u", `"create", "delete"`, `"before": {"username": "u"}, "after": {"username": "u"}`)), "replaced ssh-public-key aws_iam_user_ssh_key.u u:7\n"},
		{"a rotation in place", planOf(planRow("aws_iam_access_key.u", `"create", "delete"`, `"before": {"user": "u"}, "after": {"user": "u"}`)), "rotated access-key aws_iam_access_key.u u:7\n"},
		{"a key that changes its user", planOf(planRow("aws_iam_access_key.u", `"create", "delete"`, `"before": {"user": "u"}, "after": {"user": "v"}`)), "replaced access-key aws_iam_access_key.u v:7\n"},
		{"a rotation by two resources", planOf(
			planRow("aws_iam_access_key.a", `"delete"`, `"before": {"user": "u"}`),
			planRow("aws_iam_access_key.a_v1", `"create"`, `"after": {"user": "u"}`),
			planRow("aws_iam_access_key.a_v2", `"create"`, `"after": {"user": "u"}`),
		), "rotated access-key aws_iam_access_key.a_v1 u:8\nadded access-key aws_iam_access_key.a_v2 u:9\n"},
		{
			"a move", planOf(`{"address": "aws_iam_user.new", "previous_address": "aws_iam_user.old", "mode": "managed", "type": "aws_iam_user", "change": {"actions": ["no-op"], "before": {"name": "u"}, "after": {"name": "u"}}}`),
			"moved iam-user aws_iam_user.new u:7\n",
		},
		{"an import", planOf(planRow("aws_iam_user.u", `"no-op"`, `"before": {"name": "u"}, "after": {"name": "u"}, "importing": {"id": "u"}`)), "imported iam-user aws_iam_user.u u:7\n"},
		{"an import that is none", planOf(planRow("aws_iam_user.u", `"no-op"`, `"before": {"name": "u"}, "after": {"name": "u"}, "importing": null`)), ""},
		{"an activation", planOf(planRow("aws_iam_access_key.k", `"update"`, `"before": {"user": "u", "status": "Inactive"}, "after": {"user": "u", "status": "Active"}`)), "added access-key aws_iam_access_key.k u:7\n"},
		{"an inactive key", planOf(planRow("aws_iam_access_key.k", `"create"`, `"after": {"user": "u", "status": "Inactive"}`)), ""},
		{"forgotten and made anew", planOf(planRow("aws_iam_user.u", `"create", "forget"`, `"before": {"name": "u"}, "after": {"name": "v"}`)), "added iam-user aws_iam_user.u v:7\n"},
		{"one person for another", planOf(
			planRow(`aws_iam_user.u["alice"]`, `"delete"`, `"before": {"name": "alice"}`),
			planRow(`aws_iam_user.u["bob"]`, `"create"`, `"after": {"name": "bob"}`),
		), "removed iam-user aws_iam_user.u[\"alice\"] alice:7\nadded iam-user aws_iam_user.u[\"bob\"] bob:8\n"},
		{
			"a user of awscc with a password", planOf(planRow("awscc_iam_user.u", `"create"`, `"after": {"user_name": "u", "login_profile": {"password": "x"}}`)),
			"added iam-user awscc_iam_user.u u:7\nadded login-profile awscc_iam_user.u.login_profile u:7\n",
		},
		{"strange types", planOf(planRow("aws_iam_user.u", `"create"`, `"after": {"name": ["u"], "status": 3}`)), "added iam-user aws_iam_user.u :7\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := ReadPlan("plan.json", []byte(c.plan))
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, r := range rows {
				fmt.Fprintf(&got, "%s %s %s %s:%d\n", r.Change, r.Kind, r.Address, r.Name, r.Line)
			}
			if diff := cmp.Diff(c.want, got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadPlanUTF16(t *testing.T) {
	text := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(planOf(planRow("aws_iam_user.u", `"create"`, `"after": {"name": "u"}`)))) {
		text = binary.LittleEndian.AppendUint16(text, u)
	}
	rows, err := ReadPlan("plan.json", text)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%v %v", rows, err)
	}
}

func TestReadPlanRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a plan file":        "PK\x03\x04\x00\x00",
		"no JSON":            "resource {}",
		"nothing":            "",
		"a list":             "[]",
		"a state":            `{"format_version": "1.0", "values": {}}`,
		"a log":              `{"@level":"info","@message":"Terraform 1.9"}` + "\n" + `{"@level":"info"}`,
		"cut off":            `{"format_version": "1.2", "resource_changes": [{"address": "a"`,
		"cut off at the end": `{"format_version": "1.2", "resource_changes": []`,
		"a wrong type":       `{"resource_changes": {"a": 1}}`,
		"two documents":      `{"planned_values": {}} {}`,
	} {
		t.Run(name, func(t *testing.T) {
			if rows, err := ReadPlan("plan.json", []byte(text)); err == nil {
				t.Errorf("taken, with %v", rows)
			}
		})
	}
}
