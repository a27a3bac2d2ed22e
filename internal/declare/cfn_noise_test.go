package declare

import (
	"encoding/binary"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// cfnTrees returns the head of every case of the family.
func cfnTrees(t *testing.T) map[string]memTree {
	trees := map[string]memTree{}
	for file, archive := range cfnCases(t) {
		_, head, _ := splitCase(t, &txtar.Archive{Files: archive.Files})
		trees[file] = head
	}
	return trees
}

// asJSON writes a text of YAML as JSON with the long forms of functions, its keys in reverse order; the
// text itself where it is no plain YAML of one document.
func asJSON(text string) string {
	out := readData([]byte(text))
	if out.fault != "" || len(out.docs) != 1 || hasTemplate(text) {
		return text
	}
	var b strings.Builder
	writeJSON(&b, out.docs[0])
	return b.String() + "\n"
}

func writeJSON(b *strings.Builder, d *datum) {
	if name, arg := intrinsic(d); name != "" && d.tag != "" {
		fmt.Fprintf(b, "{%q: ", name)
		writeJSON(b, intrinsicArgument(name, arg))
		b.WriteString("}")
		return
	}
	switch {
	case d.is(mapping):
		ps := d.pairs()
		slices.Reverse(ps)
		b.WriteString("{")
		for i, p := range ps {
			b.WriteString(strings.Repeat(",", min(i, 1)) + "\n" + strconv.Quote(p.key.text) + ": ")
			writeJSON(b, p.val)
		}
		b.WriteString("\n}")
	case d.is(sequence):
		b.WriteString("[")
		for i, k := range d.kids {
			b.WriteString(strings.Repeat(", ", min(i, 1)))
			writeJSON(b, k)
		}
		b.WriteString("]")
	case d.isNull():
		b.WriteString("null")
	case !d.quoted && (d.text == "true" || d.text == "false"):
		b.WriteString(d.text)
	default:
		b.WriteString(strconv.Quote(d.text))
	}
}

// TestTemplatesInJSON writes every file of every case as JSON in other order, in its place: no row at all,
// in either direction.
func TestTemplatesInJSON(t *testing.T) {
	converted := 0
	for name, head := range cfnTrees(t) {
		json := memTree{}
		for p, s := range head {
			json[p] = s
			if isDataFile(p) {
				json[p] = asJSON(s)
			}
			if json[p] != s {
				converted++
			}
		}
		quiet(t, name, head, json)
		quiet(t, name+" back", json, head)
	}
	if converted < 30 {
		t.Errorf("%d files were converted", converted)
	}
}

// TestTemplatesReformatted writes comments and blank lines into every case, and ends lines as Windows does.
func TestTemplatesReformatted(t *testing.T) {
	for name, head := range cfnTrees(t) {
		formatted, windows := memTree{}, memTree{}
		for p, s := range head {
			windows[p] = strings.ReplaceAll(s, "\n", "\r\n")
			if !strings.HasPrefix(strings.TrimSpace(s), "{") && !strings.Contains(s, "|\n") {
				s = "# a comment: {Type: AWS::IAM::User}\n\n" + strings.ReplaceAll(s, "\n", "\n\n  # why\n")
			}
			formatted[p] = s
		}
		quiet(t, name, head, formatted)
		quiet(t, name+" back", formatted, head)
		quiet(t, name+" of Windows", head, windows)
	}
}

// TestTemplatesMoved moves every case below another folder, and renames its files where no other file names
// them: nothing is added.
func TestTemplatesMoved(t *testing.T) {
	for name, head := range cfnTrees(t) {
		below, renamed := memTree{}, memTree{}
		all := strings.Join(slices.Collect(maps.Values(head)), "\n")
		for p, s := range head {
			below["new/place/"+p] = s
			if !strings.Contains(all, path.Base(p)) && path.Base(p) != "serverless.yml" {
				p = path.Join(path.Dir(p), "z-"+path.Base(p))
			}
			renamed[p] = s
		}
		quiet(t, name, head, below, Moved, Replaced, Rotated)
		quiet(t, name+" renamed", head, renamed, Moved, Replaced, Rotated)
	}
}

const oneTemplate = "Resources:\n  U:\n    Type: AWS::IAM::User\n"

func TestTemplateFiles(t *testing.T) {
	added := "added iam-user cloudformation Resources.U "
	long := "Resources:\n" + strings.Repeat("  R:\n    Type: AWS::S3::Bucket\n", 1000)
	for _, c := range []struct{ name, file, text, want string }{
		{"plain", "t.yml", oneTemplate, added + "t.yml:2 certain\n"},
		{"a mark of byte order", "t.yml", "\xEF\xBB\xBF" + oneTemplate, added + "t.yml:2 certain\n"},
		{"UTF-16", "t.yml", utf16Text(oneTemplate, binary.LittleEndian, 0xFF, 0xFE), added + "t.yml:2 certain\n"},
		{"UTF-16 in JSON", "t.json", utf16Text(asJSON(oneTemplate), binary.BigEndian, 0xFE, 0xFF), added + "t.json:3 certain\n"},
		{"a NUL", "t.yml", oneTemplate + "\x00", "not-analysed t.yml: not text\n"},
		{"a file of no interest that is no text", "t.json", "\x00\x01", ""},
		{"LFS", "t.json", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "not-analysed t.json: kept in Git LFS: only a pointer is in the repository\n"},
		{"100,000 lines of JSON", "t.json", manyLines(100_000), added + "t.json:100003 certain\n"},
		{"a name with a control character", "a\x1b[1m.yml", oneTemplate, added + "a\x1b[1m.yml:2 certain\n"},
		{"a long template", "t.yml", long + "  U:\n    Type: AWS::IAM::User\n", added + "t.yml:2002 certain\n"},
		{"other extensions", "t.template", oneTemplate, added + "t.template:2 certain\n"},
		{"an extension in capitals", "T.YAML", oneTemplate, added + "T.YAML:2 certain\n"},
		{"Markdown", "t.md", oneTemplate, ""},
		{"a text", "t.txt", oneTemplate, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, skipped := Diff(memTree{}, memTree{c.file: c.text}, []string{c.file}, nil)
			if diff := cmp.Diff(c.want, render(rows, skipped)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// manyLines is a template of JSON with a user behind n lines.
func manyLines(n int) string {
	var b strings.Builder
	b.WriteString("{\n\"Mappings\": {\"M\": {\"a\": {\n")
	for i := range n {
		fmt.Fprintf(&b, "\"k%d\": \"v\",\n", i)
	}
	b.WriteString("\"last\": \"v\"}}}, \"Resources\": {\"U\": {\"Type\": \"AWS::IAM::User\"}}}\n")
	return b.String()
}
