//go:build noise

package declare

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// planted is one way to add one thing to a file by its text; empty where the file is not of its kind.
type planted struct {
	name string
	kind Kind
	add  func(p, text string) string
}

var (
	resourcesYAML = regexp.MustCompile(`(?m)^Resources:[ \t]*(#.*)?\n`)
	resourcesJSON = regexp.MustCompile(`"Resources"[ \t]*:[ \t]*\{`)
	firstKey      = regexp.MustCompile(`(?m)^( +)[^\s#]`)
	firstDocument = regexp.MustCompile(`(?s)^\s*(#[^\n]*\n|---[^\n]*\n)*apiVersion:`)
	firstTask     = regexp.MustCompile(`(?m)^- (name|hosts|\w+\.\w+\.\w+):`)
	firstJobs     = regexp.MustCompile(`(?m)^jobs:[ \t]*\n( +)`)
)

func plants() []planted {
	return []planted{
		{"terraform user", User, func(p, text string) string {
			return plantHCL(p, text, "resource \"aws_iam_user\" \"planted\" {\n  name = \"planted\"\n}\n")
		}},
		{"terraform key", AccessKey, func(p, text string) string {
			return plantHCL(p, text, "resource \"aws_iam_access_key\" \"planted\" {\n  user = \"planted\"\n}\n")
		}},
		{"template user", User, func(p, text string) string {
			return plantTemplate(p, text, "AWS::IAM::User", "")
		}},
		{"template key", AccessKey, func(p, text string) string {
			return plantTemplate(p, text, "AWS::IAM::AccessKey", "someone")
		}},
		{"object", AccessKey, plantObject},
		{"task", AccessKey, plantTask},
		{"job", StaticKeyUse, plantJob},
	}
}

func plantHCL(p, text, block string) string {
	if is, override := terraformFile(path.Base(p)); !is || override || path.Ext(p) != ".tf" || isCopy(path.Dir(p)) {
		return ""
	}
	f, diags := hclsyntax.ParseConfig([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() || len(f.Body.(*hclsyntax.Body).Blocks) == 0 {
		return ""
	}
	return text + "\n" + block
}

// plantTemplate adds a resource to a template of CloudFormation, as its first.
func plantTemplate(p, text, typ, user string) string {
	out := readData([]byte(text))
	if !isDataFile(p) || out.fault != "" || len(out.docs) != 1 || !out.docs[0].get("Resources").is(mapping) || !strings.Contains(text, "AWS::") || strings.Contains(text, "{%") {
		return ""
	}
	if at := resourcesYAML.FindStringIndex(text); at != nil {
		m := firstKey.FindStringSubmatch(text[at[1]:])
		if m == nil {
			return ""
		}
		block := m[1] + "Planted:\n" + m[1] + m[1] + "Type: " + typ + "\n"
		if user != "" {
			block += m[1] + m[1] + "Properties:\n" + m[1] + m[1] + m[1] + "UserName: " + user + "\n"
		}
		return text[:at[1]] + block + text[at[1]:]
	}
	at := resourcesJSON.FindStringIndex(text)
	if at == nil || !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return ""
	}
	block := "\n\"Planted\": {\"Type\": \"" + typ + "\"}"
	if user != "" {
		block = "\n\"Planted\": {\"Type\": \"" + typ + "\", \"Properties\": {\"UserName\": \"" + user + "\"}}"
	}
	if !strings.HasPrefix(strings.TrimSpace(text[at[1]:]), "}") {
		block += ","
	}
	return text[:at[1]] + block + text[at[1]:]
}

func plantObject(p, text string) string {
	if ext := path.Ext(p); ext != ".yaml" && ext != ".yml" || !firstDocument.MatchString(text) || strings.Contains(text, "{{") {
		return ""
	}
	return text + "\n---\napiVersion: iam.aws.upbound.io/v1beta1\nkind: AccessKey\nmetadata:\n  name: planted\nspec:\n  forProvider:\n    user: planted\n"
}

func plantTask(p, text string) string {
	if ext := path.Ext(p); ext != ".yaml" && ext != ".yml" || path.Base(path.Dir(p)) != "tasks" || !firstTask.MatchString(text) {
		return ""
	}
	out := readData([]byte(text))
	if out.fault != "" || len(out.docs) != 1 || !out.docs[0].is(sequence) || out.docs[0].items()[0].get("hosts") != nil {
		return "" // documentation, or plays
	}
	return text + "\n- name: planted\n  amazon.aws.iam_access_key:\n    user_name: planted\n    state: present\n"
}

func plantJob(p, text string) string {
	m := firstJobs.FindStringSubmatch(text)
	if !strings.HasPrefix(p, ".github/workflows/") || m == nil {
		return ""
	}
	in := func(n int) string { return strings.Repeat(m[1], n) }
	return strings.TrimRight(text, "\n") + "\n" + in(1) + "planted:\n" + in(2) + "runs-on: ubuntu-latest\n" + in(2) + "steps:\n" +
		in(3) + "- uses: aws-actions/configure-aws-credentials@v4\n" + in(3) + "  with:\n" +
		in(3) + "    aws-access-key-id: ${{ secrets.PLANTED_ID }}\n" + in(3) + "    aws-secret-access-key: ${{ secrets.PLANTED_SECRET }}\n" +
		in(3) + "    aws-region: eu-west-1\n"
}

// maxPlants is how many files of a package are changed in one way; of more, as many are taken from all over it.
const maxPlants = 200

// plant adds one thing to one file at a time: exactly one row is added, and it is that one.
func plant(t *testing.T, s published, base *indexedTree, f *figures) {
	for _, way := range plants() {
		places := plantedPlaces(s.tree, way)
		step := len(places)/maxPlants + 1
		for i := 0; i < len(places); i += step {
			p := places[i]
			head := &plantedTree{base, p, way.add(p, s.tree[p])}
			rows, _ := Diff(base, head, []string{p}, nil)
			f.n++
			if plantedFound(rows, way.kind, p) {
				f.found++
			} else {
				t.Errorf("%s: %s in %s:\n%s", s.name, way.name, p, render(rows, nil))
			}
		}
	}
}

// plantedPlaces are the files that can be changed in one way; a folder of Terraform is one text.
func plantedPlaces(tree memTree, way planted) []string {
	tried := map[string]bool{}
	var places []string
	for _, p := range slices.Sorted(maps.Keys(tree)) {
		if isHCL(p) && tried[path.Dir(p)] || way.add(p, tree[p]) == "" {
			continue
		}
		tried[path.Dir(p)] = isHCL(p)
		places = append(places, p)
	}
	return places
}

// plantedFound says whether the rows are what was planted and nothing else: one row, or one for each way in which
// others take the file in.
func plantedFound(rows []Change, kind Kind, p string) bool {
	for _, r := range rows {
		if r.Change != Added || r.Kind != kind || r.Path != p || r.Line != rows[0].Line || r.Confidence == Possible {
			return false
		}
	}
	return len(rows) > 0
}

// plantedTree is a tree with one file written anew.
type plantedTree struct {
	*indexedTree
	path, text string
}

func (t *plantedTree) Read(p string) ([]byte, error) {
	if p == t.path {
		return []byte(t.text), nil
	}
	return t.indexedTree.Read(p)
}
