package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/keysweep/keysweep/internal/action"
)

// scanJSON is what a scan prints with --format json.
type scanJSON struct {
	Schema   string
	Complete bool
	Leaks    []struct {
		AccessKeyID  string `json:"access_key_id"`
		AccountID    string `json:"account_id"`
		Path         string
		Line         int
		Inside       []string
		Where        string
		Commit       string
		Encoding     string
		SecretNearby bool `json:"secret_nearby"`
		Confidence   string
		Inventory    struct {
			Status      string
			AccountName string `json:"account_name"`
			User        string
		}
	}
	NotScanned []struct{ Path, Reason string } `json:"not_scanned"`
	Accepted   []struct {
		AccessKeyID string `json:"access_key_id"`
	}
}

// scanOf scans in a folder and reads the document.
func scanOf(t *testing.T, dir string, args ...string) (scanJSON, int) {
	t.Helper()
	status, out, errs := laptop(t, dir, nil, append([]string{"scan", "--format", "json"}, args...)...)
	if status == action.ExitBadInput || status == action.ExitFault {
		t.Fatalf("scan %q: status %d\n%s%s", args, status, out, errs)
	}
	return parseScan(t, out), status
}

func parseScan(t *testing.T, text string) scanJSON {
	t.Helper()
	var doc scanJSON
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return doc
}

// plant is one key in one place.
type plant struct {
	name     string // what it proves
	where    string
	path     string
	inside   []string
	encoding string
}

// garden plants keys and remembers where.
type garden struct {
	t      *testing.T
	dir    string
	plants []plant
	ids    []string
}

const gardenAccount = "222233334444"

// key is the id of a new plant.
func (g *garden) key(p plant) string {
	id := keyID(gardenAccount, uint32(len(g.plants)+1))
	if p.where == "" {
		p.where = "file"
	}
	if p.encoding == "" {
		p.encoding = "plain"
	}
	g.plants, g.ids = append(g.plants, p), append(g.ids, id)
	return id
}

func (g *garden) write(path, content string) {
	lay(g.t, g.dir, map[string]string{path: content})
}

// file plants a key in a file of the work tree that has another content in every commit.
func (g *garden) file(name, path, encoding string, write func(id string) string, inside ...string) {
	g.write(path, write(g.key(plant{name: name, path: path, encoding: encoding, inside: inside})))
}

func line(id string) string { return "first line\naws_access_key_id = " + id + "\n" }

func inUTF16(s string, big bool, mark bool) string {
	if mark {
		s = "\ufeff" + s
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func eachByte(format string) func(string) string {
	return func(id string) string {
		out := "value: \""
		for _, c := range []byte(id) {
			out += fmt.Sprintf(format, c)
		}
		return out + "\"\n"
	}
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarred(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func deflated(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func xzed(t *testing.T, s string) string {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err == nil {
		_, err = w.Write([]byte(s))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstded(t *testing.T, s string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(s), nil))
}

// encodings plants a file for each way of writing a key.
func (g *garden) encodings() {
	b64 := base64.StdEncoding.EncodeToString
	for pad := range 3 {
		g.file(fmt.Sprintf("base64, %d bytes before it", pad), fmt.Sprintf("enc/base64-%d.txt", pad), "base64",
			func(id string) string { return "data: " + b64([]byte(strings.Repeat("x", pad)+" "+line(id))) + "\n" })
	}
	g.file("base64 twice", "enc/base64-twice.txt", "base64-twice", func(id string) string { return b64([]byte(b64([]byte(line(id))))) })
	g.file("base64 in lines of 20", "enc/wrapped.pem", "base64", func(id string) string {
		var b strings.Builder
		for part := range slices.Chunk([]byte(b64([]byte("some words before it "+line(id)+" and some behind"))), 20) {
			b.Write(part)
			b.WriteByte('\n')
		}
		return b.String()
	})
	g.file("hexadecimal", "enc/hex.txt", "hex", func(id string) string { return hex.EncodeToString([]byte(line(id))) })
	g.file("hexadecimal, capitals", "enc/hex-upper.txt", "hex", func(id string) string { return strings.ToUpper(hex.EncodeToString([]byte(line(id)))) })
	for _, big := range []bool{false, true} {
		for _, mark := range []bool{false, true} {
			g.file(fmt.Sprintf("UTF-16, big endian %v, with mark %v", big, mark), fmt.Sprintf("enc/utf16-%v-%v.txt", big, mark), "utf-16",
				func(id string) string { return inUTF16(line(id), big, mark) })
		}
	}
	g.file("\\u escapes", "enc/u.json", "unicode-escape", eachByte(`\u%04x`))
	g.file("\\x escapes", "enc/x.c", "hex-escape", eachByte(`\x%02x`))
	g.file("percent", "enc/percent.txt", "percent", eachByte("%%%02X"))
	g.file("HTML entities", "enc/entity.html", "html-entity", eachByte("&#%d;"))
	g.file("in a query, percent-encoded", "enc/url.txt", "plain", func(id string) string {
		return "https://s3.amazonaws.com/?X-Amz-Credential=" + url.QueryEscape(id+"/20260101/us-east-1/s3/aws4_request")
	})
	g.file("put together from parts", "enc/parts.py", "split", func(id string) string { return `key = "` + id[:7] + `" + "` + id[7:] + "\"\n" })
	g.file("escaped line feed before it", "enc/escaped.json", "plain", func(id string) string { return `{"text":"a\n` + id + `\n"}` })
}

// containers plants a file for each kind of archive, whatever it is called.
func (g *garden) containers() {
	t := g.t
	g.file("zip", "box/a.zip", "plain", func(id string) string { return zipped(t, map[string]string{"dir/config": line(id)}) }, "dir/config")
	g.file("zip by another name", "box/a.xlsx.bak", "plain", func(id string) string { return zipped(t, map[string]string{"sheet.xml": line(id)}) }, "sheet.xml")
	g.file("tar", "box/a.tar", "plain", func(id string) string { return tarred(t, "x/y", line(id)) }, "x/y")
	g.file("gzip", "box/a.log.gz", "plain", func(id string) string { return gzipped(line(id)) })
	g.file("tar.gz", "box/a.tgz", "plain", func(id string) string { return gzipped(tarred(t, "x/y", line(id))) }, "x/y")
	g.file("xz", "box/a.xz", "plain", func(id string) string { return xzed(t, line(id)) })
	g.file("zstd", "box/a.zst", "plain", func(id string) string { return zstded(t, line(id)) })
	g.file("zlib", "box/a.z", "plain", func(id string) string { return deflated(line(id)) })
	g.file("zip in tar.gz in zip", "box/nested.jar", "base64", func(id string) string {
		inner := zipped(t, map[string]string{"k.txt": base64.StdEncoding.EncodeToString([]byte(line(id)))})
		return zipped(t, map[string]string{"layer.tar.gz": gzipped(tarred(t, "in/k.zip", inner))})
	}, "layer.tar.gz", "in/k.zip", "k.txt")
	g.file("zip behind a program", "box/self.exe", "plain", func(id string) string {
		return "MZ" + strings.Repeat("\x00\x01", 3000) + zipped(t, map[string]string{"setup.ini": line(id)})
	}, "setup.ini")
	g.file("stream of a PDF", "box/a.pdf", "plain", func(id string) string {
		s := deflated("BT (" + id + ") Tj ET")
		return fmt.Sprintf("%%PDF-1.4\n1 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream\nendobj\n%%%%EOF\n", len(s), s)
	}, "(object 1)")
	g.file("name in an archive", "box/names.zip", "plain", func(id string) string { return zipped(t, map[string]string{"backup-" + id + ".txt": "x"}) })
	g.plants[len(g.plants)-1].where, g.plants[len(g.plants)-1].inside = "name", []string{"backup-" + g.ids[len(g.ids)-1] + ".txt"}
	g.file("database or other binary", "box/a.sqlite", "plain", func(id string) string {
		return "SQLite format 3\x00" + strings.Repeat("\x00\x07", 600) + id + strings.Repeat("\x01\x00", 600)
	})
	g.file("larger than is read in one piece", "box/large.log", "plain", func(id string) string {
		return strings.Repeat("a line of a log\n", 600_000) + line(id) + strings.Repeat("a line of a log\n", 70_000)
	})
}

// folders plants what is special about a folder.
func (g *garden) folders() {
	g.file("dot file", ".env", "plain", line)
	g.file("file that git ignores", "ignored/x.tfstate", "plain", line)
	g.write(".gitignore", "ignored/\n")
	id := g.key(plant{name: "name of a file", where: "name"})
	g.plants[len(g.plants)-1].path = "key-" + id + ".txt"
	g.write("key-"+id+".txt", "nothing\n")
	id = g.key(plant{name: "name of a folder", where: "name"})
	g.plants[len(g.plants)-1].path = "dir-" + id
	g.write("dir-"+id+"/x", "nothing\n")
	id = g.key(plant{name: "where a link leads", path: "link"})
	if err := os.Symlink("/var/lib/"+id, filepath.Join(g.dir, "link")); err != nil {
		g.t.Fatal(err)
	}
	odd := "odd-\xff\xfe.txt"
	g.write(odd, line(g.key(plant{name: "file whose name is no text", path: `odd-\xff\xfe.txt`})))
}

func (g *garden) git(args ...string) string { return gitIn(g.t, g.dir, args...) }

// commit makes a commit of everything that is there.
func (g *garden) commit(message string) string {
	g.git("add", "-A")
	g.git("commit", "-q", "--allow-empty", "-m", message)
	return g.git("rev-parse", "HEAD")
}

// history plants keys in everything that git remembers.
func (g *garden) history() {
	g.write("removed.env", line(g.key(plant{name: "file that was removed", where: "commit", path: "removed.env"})))
	g.write("changed.env", line(g.key(plant{name: "line that was changed", where: "commit", path: "changed.env"})))
	packed := g.key(plant{name: "archive that was removed", where: "commit", path: "old.zip", inside: []string{"conf"}})
	g.write("old.zip", zipped(g.t, map[string]string{"conf": line(packed)}))
	g.commit("first")
	for _, name := range []string{"removed.env", "old.zip"} {
		if err := os.Remove(filepath.Join(g.dir, name)); err != nil {
			g.t.Fatal(err)
		}
	}
	g.write("changed.env", "clean\n")
	g.commit("the key is " + g.key(plant{name: "message of a commit", where: "message"}))
	g.git("commit", "-q", "--allow-empty", "--author", g.key(plant{name: "name of an author", where: "message"})+" <a@b>", "-m", "authored")
	g.git("tag", "-a", "v1", "-m", "made with "+g.key(plant{name: "message of a tag", where: "tag", path: "v1"}))
	branch := g.key(plant{name: "name of a branch", where: "ref"})
	g.plants[len(g.plants)-1].path = "refs/heads/wip-" + branch
	g.git("branch", "wip-"+branch)
	g.note()
	g.merge()
	g.stash()
	g.dangling()
	g.packs()
}

func (g *garden) note() {
	id := g.key(plant{name: "note", where: "note"})
	g.git("notes", "add", "-m", "seen: "+id, "HEAD")
	g.plants[len(g.plants)-1].path = g.git("rev-parse", "HEAD")
}

// merge plants a key that stands in neither parent of a merge.
func (g *garden) merge() {
	g.git("checkout", "-q", "-b", "side", "HEAD~1")
	g.write("side.txt", "side\n")
	g.commit("side")
	g.git("checkout", "-q", "main")
	g.git("merge", "-q", "--no-commit", "--no-ff", "side")
	g.write("evil.env", line(g.key(plant{name: "file that only a merge brought", where: "commit", path: "evil.env"})))
	g.commit("merge")
	g.git("rm", "-q", "evil.env")
	g.commit("and took away again")
}

func (g *garden) stash() {
	g.write("stashed.env", line(g.key(plant{name: "stash", where: "stash", path: "stashed.env"})))
	g.git("add", "stashed.env")
	g.git("stash", "-q")
}

func (g *garden) dangling() {
	g.git("checkout", "-q", "-b", "lost")
	g.write("lost.env", line(g.key(plant{name: "commit that no branch leads to", where: "dangling", path: "lost.env"})))
	g.commit("lost")
	g.git("checkout", "-q", "main")
	g.git("branch", "-q", "-D", "lost")
}

// packs puts most of it into packs, and leaves the newest loose.
func (g *garden) packs() {
	g.git("repack", "-q", "-a", "-d", "-k")
	g.write("late.env", line(g.key(plant{name: "loose object", where: "commit", path: "late.env"})))
	g.commit("late")
	g.git("rm", "-q", "late.env")
	g.commit("later")
	g.write(".git/config.local", "[remote]\n\turl = https://"+g.key(plant{name: "file of git's own folder", path: ".git/config.local"})+"@example.com\n")
}

// golden holds a text to a file, which -update writes anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		lay(t, ".", map[string]string{name: got})
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// traps look like keys and are none.
func (g *garden) traps() {
	g.write("traps/docs.md", "AKIAIOSFODNN7EXAMPLE and AKIAI44QH8DHBEXAMPLE, AKIAXXXXXXXXXXXXXXXX\n")
	g.write("traps/digits.txt", "AKIA0189018901890189\nAKIA1111111111111111\n")
	g.write("traps/long.txt", strings.Repeat("ABCDEFGHIJKLMNOP", 40)+"AKIAQWERTYUIOPASDFGH"+strings.Repeat("ABCDEFGHIJKLMNOP", 40)+"\n")
	g.write("traps/short.txt", "AKIAQWERTYUIOPASDF\nakiaqwertyuiopasdfgh\n")
	g.write("traps/roles.txt", "AROAQWERTYUIOPASDFGH AIDAQWERTYUIOPASDFGH AGPAQWERTYUIOPASDFGH\n")
	g.write("traps/sums.txt", strings.Repeat(hex.EncodeToString([]byte("0123456789abcdef0123"))+"\n", 50))
}

var objectName = regexp.MustCompile(`[0-9a-f]{40}`)

// TestEveryPlace: a key is found in every place, in every encoding and every container, once, and nothing else is.
func TestEveryPlace(t *testing.T) {
	g := &garden{t: t, dir: t.TempDir()}
	g.git("init", "-q")
	g.history()
	g.encodings()
	g.containers()
	g.folders()
	g.traps()
	doc, status := scanOf(t, g.dir, ".")
	found := map[string][]string{}
	for _, l := range doc.Leaks {
		found[l.AccessKeyID] = append(found[l.AccessKeyID], fmt.Sprintf("%s %q %q %s", l.Where, l.Path, l.Inside, l.Encoding))
		if !slices.Contains(g.ids, l.AccessKeyID) {
			t.Errorf("a trap was taken for a key: %+v", l)
		}
	}
	var table strings.Builder
	for i, p := range g.plants {
		inside := p.inside
		if inside == nil {
			inside = []string{}
		}
		want := fmt.Sprintf("%s %q %q %s", p.where, p.path, inside, p.encoding)
		if got := found[g.ids[i]]; len(got) != 1 || got[0] != want {
			t.Errorf("%s (%s): found\n\t%s\nwant\n\t%s", p.name, g.ids[i], strings.Join(got, "\n\t"), want)
		}
		places := strings.ReplaceAll(strings.Join(found[g.ids[i]], "; "), g.ids[i], "KEY")
		fmt.Fprintf(&table, "%-40s %s\n", p.name, objectName.ReplaceAllString(places, "COMMIT"))
	}
	for _, n := range doc.NotScanned {
		t.Errorf("not scanned: %s: %s", n.Path, n.Reason)
	}
	if status != action.ExitDone || !doc.Complete || doc.Schema != "keysweep/scan/v1" {
		t.Errorf("status %d, complete %v, schema %q", status, doc.Complete, doc.Schema)
	}
	golden(t, "testdata/scan/places.txt", table.String())
}
