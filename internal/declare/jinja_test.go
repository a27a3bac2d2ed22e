package declare

import "testing"

// TestJinja evaluates expressions over a few variables: what they cannot say is unknown.
func TestJinja(t *testing.T) {
	steps := 10_000
	vars := readData([]byte(`
users: [{name: a, state: absent}, {name: b, keys: [x, y]}]
who: "{{ prefix }}-ci"
prefix: dev
by_name: {p: {k: 1}, q: {k: 2}}
no: "false"
loops: "{{ loops }}"
`)).docs[0]
	j := &jinja{steps: &steps, names: func(name string) value {
		if d := vars.get(name); d != nil {
			return fromDatum(d, "v.yml", &steps, 0)
		}
		return value{}
	}}
	for expr, want := range map[string]string{
		`'a' ~ "b"`: "a" + "b", `1 + 2`: "3", `who`: "dev-ci", `who | upper`: "DEV-CI", `users[0].name`: "a", `users[1]['keys'][0]`: "x",
		`users[0].keys | default('none')`: "none", `unknown_one | default('x')`: "?", `users | length`: "2", `no | bool`: "false",
		`users[0].state == 'absent'`: "true", `not no`: "true", `'a' in ['a', 'b']`: "true", `'c' not in ['a', 'b']`: "true",
		`users[0].keys is defined`: "false", `users[1].keys is defined and true`: "true", `unknown_one is defined`: "?",
		`false and unknown_one`: "false", `unknown_one or true`: "true", `unknown_one and true`: "?", `1 if no else 2`: "2",
		`(users | selectattr('state', 'defined') | list)[0].name`: "a", `(users | map(attribute='name') | list)[1]`: "b",
		`(by_name | dict2items)[1].key`: "q", `by_name.p.k`: "1", `[1, [2, 3]] | flatten | last`: "3", `who | replace('dev', 'prod')`: "prod-ci",
		`by_name.get('z', 'none')`: "none", `loops`: "?", `1 +`: "?", `((`: "?", `a b`: "?", `{'x': 'y'}.x`: "y", `lookup('env', 'HOME')`: "?",
		`3 > 2`: "true", `range(3) | length`: "3", `users[9].name | default('d')`: "d", `"it's"`: "it's", `who[`: "?", `-1`: "-1",
	} {
		v := j.expr(expr)
		got, ok := v.asString()
		if !ok {
			got = "?"
		}
		if got != want {
			t.Errorf("%s = %s, want %s", expr, got, want)
		}
	}
}
