package declare

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// decls reads declarations in short: "kind root address field=value …", one a line.
func decls(t *testing.T, text string) Extraction {
	t.Helper()
	kinds := map[string]Kind{"user": User, "key": AccessKey, "password": LoginProfile, "literal": HardcodedKey}
	var e Extraction
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		d := Declaration{
			Kind: kinds[words[0]], Form: "terraform", Root: words[1], Address: words[2],
			Path: words[1] + "/main.tf", Line: len(e.Declarations) + 1, Count: 1, Confidence: Certain,
		}
		for _, w := range words[3:] {
			set(t, &d, w)
		}
		e.Declarations = append(e.Declarations, d)
	}
	return e
}

func set(t *testing.T, d *Declaration, word string) {
	t.Helper()
	name, value, _ := strings.Cut(word, "=")
	switch name {
	case "name":
		d.Name = value
	case "owner":
		d.Owner = value
	case "body":
		d.Body = value
	case "form":
		d.Form = value
	case "path":
		d.Path = value
	case "serial":
		d.Generation = value
	case "count":
		fmt.Sscan(value, &d.Count)
	case "was":
		d.MovedFrom = append(d.MovedFrom, value)
	case "imported":
		d.Imported = true
	case "inactive":
		d.Inactive = true
	case "likely":
		d.Confidence = Likely
	default:
		t.Fatalf("unknown field %q", word)
	}
}

func brief(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s %s %d %s\n", c.Change, c.Kind, c.Address, c.Count, c.Confidence)
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	for _, c := range []struct{ name, base, head, want string }{
		{"a new user", "", "user a u", "added iam-user u 1 certain\n"},
		{"one goes", "user a u", "", "removed iam-user u 1 certain\n"},
		{"a changed name is no change", "user a u name=x", "user a u name=y", ""},
		{
			"the same label in another root", "user dev u name=dev", "user prod u name=prod",
			"removed iam-user u 1 certain\nadded iam-user u 1 certain\n",
		},
		{"the same name in another root", "user dev u name=ci", "user prod v name=ci", "moved iam-user v 1 certain\n"},
		{"a folder was renamed, its names unknown", "user old u body=1", "user new u body=1", "moved iam-user u 1 certain\n"},
		{
			"a block went, its name unknown, and its folder stays", "user old u body=1\nuser old w body=2", "user new u body=1\nuser old w body=2",
			"added iam-user u 1 certain\nremoved iam-user u 1 certain\n",
		},
		{"a rename in the same root", "user a u body=1", "user a v body=1", "replaced iam-user v 1 certain\n"},
		{"a rename in the same root, by name", "user a u name=x body=1", "user a v name=x body=2", "replaced iam-user v 1 certain\n"},
		{
			"equal blocks of different users", "user a u name=x body=1", "user a v name=y body=1",
			"removed iam-user u 1 certain\nadded iam-user v 1 certain\n",
		},
		{"a moved block", "user a u", "user a v was=u", "moved iam-user v 1 certain\n"},
		{"a moved block of a user that stands", "user a u\nuser a v", "user a u\nuser a v was=u", ""},
		{"an import", "", "user a u imported", "imported iam-user u 1 certain\n"},
		{"an import of what was declared", "user a u", "user a u imported", ""},
		{
			"an addition beside an unrelated removal", "user a u name=x", "user b v name=y",
			"removed iam-user u 1 certain\nadded iam-user v 1 certain\n",
		},
		{
			"an entry makes way for another", `user a u["alice"] body=alice`, `user a u["bob"] body=bob`,
			"removed iam-user u[\"alice\"] 1 certain\nadded iam-user u[\"bob\"] 1 certain\n",
		},
		{"rotation", "key a k owner=u", "key a k2 owner=u", "rotated access-key k2 1 certain\n"},
		{
			"rotation into two", "user a u\nkey a a owner=u", "user a u\nkey a a_v1 owner=u\nkey a a_v2 owner=u",
			"rotated access-key a_v1 1 certain\nadded access-key a_v2 1 certain\n",
		},
		{
			"a key of another user", "key a k owner=u name=x", "key a k2 owner=v name=y",
			"removed access-key k 1 certain\nadded access-key k2 1 certain\n",
		},
		{
			"rotation over a user that was renamed", "user a u body=1\nkey a k owner=u body=2", "user a v body=1\nkey a j owner=v body=3",
			"replaced iam-user v 1 certain\nrotated access-key j 1 certain\n",
		},
		{"rotation by the user's name", "user a u name=x\nkey a k owner=u", "user a u name=x\nkey a j owner=x", "rotated access-key j 1 certain\n"},
		{"a password that is declared anew", "password a p owner=u", "password a q owner=u", "replaced login-profile q 1 certain\n"},
		{"a deactivated key", "", "key a k inactive", ""},
		{"its activation", "key a k inactive", "key a k", "added access-key k 1 certain\n"},
		{"its deactivation", "key a k", "key a k inactive", "removed access-key k 1 certain\n"},
		{"one is switched off and another made", "key a k owner=u", "key a k owner=u inactive\nkey a j owner=u", "rotated access-key j 1 certain\n"},
		{"a number grows", "user a u count=2", "user a u count=5", "added iam-user u 3 certain\n"},
		{"a number shrinks", "user a u count=5", "user a u count=2", "removed iam-user u 3 certain\n"},
		{"a count comes", "user a u", "user a u[0]", ""},
		{"a count goes", "user a m[0].u[0]", "user a m.u", ""},
		{"instances become known", "user a u likely", `user a u["x"]` + "\n" + `user a u["y"]`, "added iam-user u[\"y\"] 1 possible\n"},
		{"instances become unknown", `user a u["x"]`, "user a u likely", ""},
		{
			"one becomes instances", "user a u name=x", `user a u["x"] name=x` + "\n" + `user a u["y"] name=y`,
			"replaced iam-user u[\"x\"] 1 certain\nadded iam-user u[\"y\"] 1 certain\n",
		},
		{
			"a literal key in two files", "", "literal . AKIAAAAAAAAAAAAAAAAA path=a\nliteral b AKIAAAAAAAAAAAAAAAAA path=b",
			"added hardcoded-access-key AKIAAAAAAAAAAAAAAAAA 1 certain\n",
		},
		{"a literal key that went to another file", "literal a AKIAAAAAAAAAAAAAAAAA path=a", "literal b AKIAAAAAAAAAAAAAAAAA path=b", ""},
		{
			"one literal key for another", "literal a AKIAAAAAAAAAAAAAAAAA body=1", "literal a AKIABBBBBBBBBBBBBBBB body=1",
			"removed hardcoded-access-key AKIAAAAAAAAAAAAAAAAA 1 certain\nadded hardcoded-access-key AKIABBBBBBBBBBBBBBBB 1 certain\n",
		},
		{
			"a twin of another form", "user a u name=ci", "user a u name=ci\nuser t.yml Resources.U name=ci form=cloudformation",
			"added iam-user Resources.U 1 possible\n",
		},
		{"a serial is raised", "key a k serial=1", "key a k serial=2", "rotated access-key k 1 certain\n"},
		{"a serial comes", "key a k", "key a k serial=1", "rotated access-key k 1 certain\n"},
		{"a serial stays", "key a k serial=1", "key a k serial=1 owner=x", ""},
		{
			"a serial is raised, the key bears another id, and a second one comes", "key a k serial=1 owner=u", "key a j serial=2 owner=u\nkey a l serial=2 owner=u",
			"rotated access-key j 1 certain\nadded access-key l 1 certain\n",
		},
		{
			"a serial is raised in a file that goes elsewhere", "key a k serial=1 name=ci", "key b k serial=2 name=ci",
			"rotated access-key k 1 certain\n",
		},
		{"a serial is raised while the key is inactive", "key a k serial=1 inactive", "key a k serial=2 inactive", ""},
		{"a serial is raised as the key is activated", "key a k serial=1 inactive", "key a k serial=2", "added access-key k 1 certain\n"},
		{"a serial is raised for all copies, of which there are more", "key a k serial=1 count=2", "key a k serial=2 count=3", "added access-key k 1 certain\nrotated access-key k 2 certain\n"},
		{"a template becomes one of another dialect", "user a u form=cloudformation", "user a u form=sam", ""},
		{"dialects of one name are no twins", "user a u name=ci form=cloudformation", "user a u name=ci form=cloudformation\nuser b v name=ci form=serverless", "added iam-user v 1 certain\n"},
		{
			"a twin in JSON elsewhere", "user y U form=cloudformation path=y/t.yml body=1",
			"user y U form=cloudformation path=y/t.yml body=1\nuser j U form=cloudformation path=j/t.json body=1", "added iam-user U 1 possible\n",
		},
		{
			"another thing under the same names in JSON elsewhere", "user y U form=cloudformation path=y/t.yml body=1",
			"user y U form=cloudformation path=y/t.yml body=1\nuser j U form=cloudformation path=j/t.json body=2", "added iam-user U 1 certain\n",
		},
		{
			"the same in YAML elsewhere is no twin", "user y U form=cloudformation path=y/t.yml body=1",
			"user y U form=cloudformation path=y/t.yml body=1\nuser j U form=cloudformation path=j/t.yml body=1", "added iam-user U 1 certain\n",
		},
		{
			"a twin in another notation", "user t.yml U form=cloudformation path=t.yml",
			"user t.yml U form=cloudformation path=t.yml\nuser t.json U form=cloudformation path=t.json", "added iam-user U 1 possible\n",
		},
		{
			"another notation in its place", "user t.yml U form=cloudformation path=t.yml body=1", "user t.json U form=cloudformation path=t.json body=1",
			"moved iam-user U 1 certain\n",
		},
		{"the same name in the same form elsewhere is no twin", "user a u name=ci", "user a u name=ci\nuser b u name=ci", "added iam-user u 1 certain\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := brief(Compare(decls(t, c.base), decls(t, c.head)))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func drawExtraction(label string) *rapid.Generator[Extraction] {
	pick := func(words ...string) *rapid.Generator[string] { return rapid.SampledFrom(words) }
	one := rapid.Custom(func(t *rapid.T) Declaration {
		d := Declaration{
			Kind:    rapid.SampledFrom([]Kind{User, AccessKey, LoginProfile, HardcodedKey, StaticKeyUse}).Draw(t, "kind"),
			Form:    pick("terraform", "cloudformation", "sam").Draw(t, "form"),
			Root:    pick("a", "b").Draw(t, "root"),
			Address: pick("u", "v", `u["x"]`, `u["y"]`, "u[0]", "u[1]").Draw(t, "address"),
			Name:    pick("", "alice", "bob").Draw(t, "name"),
			Owner:   pick("", "u", "v", "alice").Draw(t, "owner"),
			Path:    pick("a/main.tf", "b/main.yml", "b/main.json").Draw(t, "path"),
			Line:    rapid.IntRange(1, 4).Draw(t, "line"),
			Count:   rapid.IntRange(1, 3).Draw(t, "count"),
			Body:    pick("", "1", "2").Draw(t, "body"),
		}
		d.Confidence = rapid.SampledFrom([]Confidence{Certain, Likely}).Draw(t, "sure")
		d.Imported, d.Inactive = rapid.Bool().Draw(t, "imported"), rapid.Bool().Draw(t, "inactive")
		d.Generation = pick("", "1", "2").Draw(t, "serial")
		d.MovedFrom = rapid.SliceOfN(pick("u", "v"), 0, 1).Draw(t, "was")
		return d
	})
	return rapid.Custom(func(t *rapid.T) Extraction {
		return Extraction{Declarations: rapid.SliceOfN(one, 0, 8).Draw(t, label)}
	})
}

func TestCompareNothingChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawExtraction("x").Draw(t, "x")
		if got := Compare(x, x); len(got) > 0 {
			t.Fatalf("%v", got)
		}
	})
}

func TestCompareIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, head := drawExtraction("base").Draw(t, "base"), drawExtraction("head").Draw(t, "head")
		want := Compare(base, head)
		got := Compare(
			Extraction{Declarations: rapid.Permutation(base.Declarations).Draw(t, "base order")},
			Extraction{Declarations: rapid.Permutation(head.Declarations).Draw(t, "head order")},
		)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestCompareIgnoresFormat moves every line of head down by the same number, as a reformatting does.
func TestCompareIgnoresFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, head := drawExtraction("base").Draw(t, "base"), drawExtraction("head").Draw(t, "head")
		want := brief(Compare(base, head))
		shifted := Extraction{}
		for _, d := range head.Declarations {
			d.Line *= 10
			shifted.Declarations = append(shifted.Declarations, d)
		}
		rows := Compare(base, shifted)
		for i := range rows {
			if rows[i].Line%10 == 0 {
				rows[i].Line /= 10
			}
		}
		if got := sortedLines(brief(rows)); got != sortedLines(want) {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

func sortedLines(s string) string {
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestCompareAddsUp holds the rows to the numbers: what came less what went is the difference.
func TestCompareAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, head := drawExtraction("base").Draw(t, "base"), drawExtraction("head").Draw(t, "head")
		want := map[Kind]int{}
		for _, x := range standing(base) {
			want[x.Kind] -= x.left
		}
		for _, x := range standing(head) {
			want[x.Kind] += x.left
		}
		for _, c := range Compare(base, head) {
			switch c.Change {
			case Added, Imported:
				want[c.Kind] -= c.Count
			case Removed:
				want[c.Kind] += c.Count
			}
		}
		for kind, n := range want {
			if n != 0 && !(kind == StaticKeyUse && n > 0 && narrows(base, head)) {
				t.Fatalf("%s: the rows differ from the numbers by %d", kind, n)
			}
		}
	})
}

// narrows says whether head gives jobs a key that base gave a whole file.
func narrows(base, head Extraction) bool {
	return slices.ContainsFunc(base.Declarations, func(b Declaration) bool {
		return b.Kind == StaticKeyUse && b.Owner == "" && slices.ContainsFunc(head.Declarations, func(h Declaration) bool {
			return h.Kind == StaticKeyUse && h.Owner != "" && h.Form == b.Form && h.Root == b.Root && h.Body == b.Body
		})
	})
}
