package declare

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// names is a resolver with a few names of every sort.
type names struct{}

func (names) resolve(t hcl.Traversal, _ *env) (value, int) {
	switch t.RootName() {
	case "users":
		return objectValue([]entry{
			{key: "bob", val: objectValue([]entry{{key: "team", val: stringValue("ops")}})},
			{key: "alice", val: objectValue([]entry{{key: "team", val: stringValue("dev")}, {key: "key", val: boolValue(true)}})},
		}), 1
	case "list":
		return texts([]string{"b", "a", "b"}), 1
	case "user":
		return value{owner: "aws_iam_user.u"}, 1
	}
	return value{}, len(t)
}

func (names) call(string, []value) (value, bool) { return value{}, false }

// shown writes a value as JSON; ? is unknown.
func shown(v value) string {
	if v.kind == unknown {
		return "?"
	}
	var b strings.Builder
	encodeJSON(&b, v, 0)
	return strings.ReplaceAll(b.String(), `"${}"`, "?")
}

func TestEval(t *testing.T) {
	for _, c := range [][2]string{
		{`1 + 2 * 3`, `7`},
		{`7 % 4 - 10 / 4`, `0.5`},
		{`1 / 0`, `?`},
		{`!true || 2 >= 2 && 1 < 2`, `true`},
		{`unknown && false`, `false`},
		{`unknown || true`, `true`},
		{`unknown && true`, `?`},
		{`unknown == 1`, `?`},
		{`"1" == 1`, `true`},
		{`null == null`, `true`},
		{`"a${1 + 1}b"`, `"a2b"`},
		{`"a${unknown}b"`, `?`},
		{"<<-EOT\n  a\n    b\n  EOT\n", `"a\n  b\n"`},
		{`"%{if true}x%{else}y%{endif}"`, `"x"`},
		{`"%{for x in list}${x}.%{endfor}"`, `"b.a.b."`},
		{`true ? "x" : unknown`, `"x"`},
		{`unknown ? "x" : "x"`, `"x"`},
		{`unknown ? "x" : "y"`, `?`},
		{`users.alice.team`, `"dev"`},
		{`users["bob"]["team"]`, `"ops"`},
		{`users.carol.team`, `?`},
		{`list[1]`, `"a"`},
		{`list[*]`, `["b","a","b"]`},
		{`values(users)[*].team`, `["dev","ops"]`},
		{`[for k, v in users : "${k}-${v.team}"]`, `["alice-dev","bob-ops"]`},
		{`{for k, v in users : upper(k) => v.team if v.team != "ops"}`, `{"ALICE":"dev"}`},
		{`{for k, v in users : "all" => k...}`, `{"all":["alice","bob"]}`},
		{`[for i, x in list : i]`, `[0,1,2]`},
		{`[for x in unknown : x]`, `?`},
		{`{(list[0]) = 1, "c d" = 2, e : 3}`, `{"b":1,"c d":2,"e":3}`},
		{`toset(list)`, `["a","b"]`},
		{`distinct(list)`, `["b","a"]`},
		{`sort(list)`, `["a","b","b"]`},
		{`reverse(list)`, `["b","a","b"]`},
		{`contains(list, "a")`, `true`},
		{`index(list, "a")`, `1`},
		{`element(list, 4)`, `"a"`},
		{`slice(list, 1, 3)`, `["a","b"]`},
		{`length(list) + length(users) + length("é")`, `6`},
		{`keys(users)`, `["alice","bob"]`},
		{`lookup(users, "carol", "none")`, `"none"`},
		{`lookup(users.alice, "team", "none")`, `"dev"`},
		{`merge({a = 1}, {b = 2}, null)`, `{"a":1,"b":2}`},
		{`merge({a = 1}, unknown)`, `{"a":1}`},
		{`merge(unknown, {})`, `?`},
		{`merge([{a = 1}, {a = 2}]...)`, `{"a":2}`},
		{`concat(["x"], list, [])`, `["x","b","a","b"]`},
		{`flatten([["x", ["y"]], "z"])`, `["x","y","z"]`},
		{`compact(["", "x", null])`, `["x"]`},
		{`coalesce("", null, "x")`, `"x"`},
		{`coalescelist([], ["x"])`, `["x"]`},
		{`zipmap(["a", "b"], [1, 2])`, `{"a":1,"b":2}`},
		{`setproduct(["a", "b"], ["x"])`, `[["a","x"],["b","x"]]`},
		{`setunion(["b"], ["a", "b"])`, `["a","b"]`},
		{`setintersection(["b", "c"], ["a", "b"])`, `["b"]`},
		{`setsubtract(["b", "c"], ["b"])`, `["c"]`},
		{`range(3)`, `[0,1,2]`},
		{`range(1, 6, 2)`, `[1,3,5]`},
		{`range(100000)`, `?`},
		{`chunklist(list, 2)`, `[["b","a"],["b"]]`},
		{`one([])`, `null`},
		{`one(["x"])`, `"x"`},
		{`alltrue([true, false])`, `false`},
		{`anytrue([true, false])`, `true`},
		{`format("%s-%03d-%t%%", "a", 7, "x")`, `"a-007-x%"`},
		{`formatlist("%s@%s", list, "acme")`, `["b@acme","a@acme","b@acme"]`},
		{`join("-", list)`, `"b-a-b"`},
		{`split(",", "a,b")`, `["a","b"]`},
		{`replace("a.b.c", ".", "-")`, `"a-b-c"`},
		{`replace("a1b22", "/[0-9]+/", "#")`, `"a#b#"`},
		{`regex("^([a-z]+)@", "bob@acme.com")`, `["bob"]`},
		{`regex("[a-z]+", "bob@")`, `"bob"`},
		{`can(regex("x", "bob"))`, `false`},
		{`substr("hello", 1, 3)`, `"ell"`},
		{`substr("hello", -3, -1)`, `"llo"`},
		{`title("hello big-world")`, `"Hello Big-World"`},
		{`lower(trimspace(" A "))`, `"a"`},
		{`trimsuffix(trimprefix("a-b-c", "a-"), "-c")`, `"b"`},
		{`startswith("abc", "ab") && endswith("abc", "bc") && strcontains("abc", "b")`, `true`},
		{`max(1, 3, 2) - min(4, 5) + sum([1, 2]) + abs(-1) + ceil(1.2) + floor(1.8)`, `6`},
		{`parseint("ff", 16)`, `255`},
		{`tonumber("3") + tonumber(tostring(4))`, `7`},
		{`tobool("true")`, `true`},
		{`jsondecode("{\"a\": [1, true, null, \"\\u00e9\"]}")`, `{"a":[1,true,null,"é"]}`},
		{`yamldecode("a: [1, x]\nb: {c: true}\nd: 10")`, `{"a":[1,"x"],"b":{"c":true},"d":10}`},
		{`jsonencode({a = [1, "x"]})`, `"{\"a\":[1,\"x\"]}"`},
		{`base64decode(base64encode("x"))`, `"x"`},
		{`md5("x")`, `"9dd4e461268c8034f5c8564e155c67a6"`},
		{`try(users.carol.team, "none")`, `"none"`},
		{`try(unknown.x, "none")`, `?`},
		{`can(users.carol)`, `false`},
		{`can(users.bob)`, `true`},
		{`timestamp()`, `?`},
		{`provider::aws::arn_parse("x")`, `?`},
		{`user.name`, `?`},
	} {
		x, diags := hclsyntax.ParseExpression([]byte(c[0]), "x.tf", hcl.InitialPos)
		if diags.HasErrors() {
			t.Errorf("%s: %v", c[0], diags)
			continue
		}
		e := &env{budget: &budget{steps: maxSteps}, res: names{}}
		if got := shown(e.eval(x)); got != c[1] {
			t.Errorf("%s is %s, want %s", c[0], got, c[1])
		}
	}
}

// TestLiteral holds the short way to what the whole evaluation gives, or to giving up.
func TestLiteral(t *testing.T) {
	for text, want := range map[string]string{
		`"x"`:                                 `"x"`,
		`[ "a", 1, true, null, ]`:             `["a",1,true,null]`,
		"{\n a = 1 # one\n \"b c\" : [2],\n}": `{"a":1,"b c":[2]}`,
		"[\n  \"a\",\n\n  /* x */ \"b\"\n]":   `["a","b"]`,
		`{ 1 = "x" }`:                         `{"1":"x"}`,
		`"a\"b\n"`:                            `"a\"b\n"`,
		`var.x`:                               "no",
		`"${x}"`:                              "no",
		`[var.x]`:                             "no",
		`{ a = b }`:                           "no",
		`{ (a) = 1 }`:                         "no",
		`1 + 1`:                               "no",
		`["a" "b"]`:                           "no",
		`"\u00e9"`:                            "no",
		`{ a == 1 }`:                          "no",
		``:                                    "no",
	} {
		a := &attribute{src: &source{path: "x.tf", data: []byte(text)}, line: 1, end: len(text)}
		got := "no"
		if v, ok := literal(a); ok {
			got = shown(v)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestOwnersAndPlaces(t *testing.T) {
	x, _ := hclsyntax.ParseExpression([]byte("{\n  a = lower(\"A\")\n  b = \"${user.name}-x\"\n}"), "x.tf", hcl.InitialPos)
	v := (&env{budget: &budget{steps: maxSteps}, res: names{}}).eval(x)
	if got := v.get("a").at; got != (Place{"x.tf", 2}) {
		t.Errorf("a stands at %v", got)
	}
	if got := v.get("b").owner; got != "aws_iam_user.u" {
		t.Errorf("b is owned by %q", got)
	}
}
