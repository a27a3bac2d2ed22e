package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/scan"
)

// scanEnv is the world of a person: no runner, and output that is kept.
func scanEnv(t *testing.T, dir string, args ...string) action.Env {
	t.Helper()
	return action.Env{
		Args: args, Dir: dir, Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Rand: rand.Reader,
		Now: func() time.Time { return start }, Getenv: func(string) (string, bool) { return "", false },
	}
}

// laptop runs a command as a person does, and gives status, output and messages.
func laptop(t *testing.T, dir string, stdin io.Reader, args ...string) (status int, out, errs string) {
	t.Helper()
	env := scanEnv(t, dir, args...)
	if stdin != nil {
		env.Stdin = stdin
	}
	status = action.Exit(env, func() error { return run(t.Context(), env) })
	return status, env.Stdout.(*bytes.Buffer).String(), env.Stderr.(*bytes.Buffer).String()
}

// saveInventory writes the inventory of two accounts: an active key of ci (1), an inactive one of ci (2), and in an
// account that was read in part only a key of app (3).
func saveInventory(t *testing.T, dir string) {
	t.Helper()
	user := func(account, name, id string, keys ...inventory.AccessKey) inventory.User {
		return inventory.User{Name: name, ARN: "arn:aws:iam::" + account + ":user/" + name, ID: id, Created: before(400), Keys: keys}
	}
	key := func(account string, n uint32, active bool) inventory.AccessKey {
		return inventory.AccessKey{ID: keyID(account, n), Active: active, Created: before(30), LastUsed: before(1)}
	}
	for _, a := range []*inventory.Account{
		{
			ID: "222233334444", Name: "prod", Partition: "aws", Status: inventory.Audited, CollectedAt: before(1),
			Users: []inventory.User{user("222233334444", "ci", "AIDACI00000000000001", key("222233334444", 1, true), key("222233334444", 2, false))},
		},
		{
			ID: "333344445555", Name: "stage", Partition: "aws", Status: inventory.Partial, CollectedAt: before(1),
			Missing: []inventory.Missing{{Fact: inventory.FactAccessKeys, User: "app", Credential: keyID("333344445555", 3), Action: "iam:ListAccessKeys", Cause: "refused"}},
			Users:   []inventory.User{user("333344445555", "app", "AIDAAPP0000000000001", key("333344445555", 3, true))},
		},
	} {
		text, err := inventory.Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		lay(t, dir, map[string]string{a.ID + ".json": string(text)})
	}
}

// rowsOf are the rows of a document in short.
func rowsOf(d scanJSON) []string {
	var out []string
	for _, l := range d.Leaks {
		out = append(out, fmt.Sprintf("%s %s %q %q %s", l.AccessKeyID, l.Where, l.Path, strings.Join(l.Inside, "!"), l.Inventory.Status))
	}
	return out
}

// Whose key it is, what becomes of it, and by what status a run ends.
func TestScanJoinsTheInventory(t *testing.T) {
	dir := t.TempDir()
	saveInventory(t, filepath.Join(dir, "saved"))
	ids := []string{keyID("222233334444", 1), keyID("222233334444", 2), keyID("222233334444", 9), keyID("333344445555", 3), keyID("999988887777", 1)}
	for i, id := range ids {
		lay(t, dir, map[string]string{fmt.Sprintf("src/%d.env", i): line(id)})
	}
	doc, status := scanOf(t, dir, "src", "--inventory", "saved")
	want := []string{
		ids[0] + ` file "src/0.env" "" active`,
		ids[3] + ` file "src/3.env" "" unknown`,
		ids[4] + ` file "src/4.env" "" unknown`,
		ids[1] + ` file "src/1.env" "" inactive`,
		ids[2] + ` file "src/2.env" "" not-found`,
	}
	if diff := cmp.Diff(want, rowsOf(doc)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if l := doc.Leaks[0]; l.Inventory.User != "ci" || l.Inventory.AccountName != "prod" || l.AccountID != "222233334444" || l.Confidence != "certain" || l.Line != 2 {
		t.Errorf("the first row: %+v", l)
	}
	if status != action.ExitDone {
		t.Errorf("status %d though fail-on is never", status)
	}
	for limit, want := range map[string]int{"critical": action.ExitFindings, "low": action.ExitFindings, "never": action.ExitDone} {
		if _, status := scanOf(t, dir, "src", "--inventory", "saved", "--fail-on", limit); status != want {
			t.Errorf("fail-on %s: status %d, want %d", limit, status, want)
		}
	}
	if _, status := scanOf(t, dir, "src/1.env", "--inventory", "saved", "--fail-on", "high"); status != action.ExitDone {
		t.Errorf("an inactive key reaches high: status %d", status)
	}
	// Without a repository to write to, the backlog is a folder: the three keys that are of our users.
	for _, name := range []string{"scan.json", "summary.md", "findings.sarif", "plan.json"} {
		if _, err := os.Stat(filepath.Join(dir, "keysweep-report", name)); err != nil {
			t.Error(err)
		}
	}
	if got, err := filepath.Glob(filepath.Join(dir, "keysweep-report", "backlog", "*.md")); err != nil || len(got) != 1 {
		t.Errorf("backlog of the last run: %q, %v", got, err)
	}
}

// The inventory and the report of an earlier run are no leaks, a copy of them is.
func TestScanPassesOverItsOwnFiles(t *testing.T) {
	dir := t.TempDir()
	saveInventory(t, filepath.Join(dir, "saved", "inventory"))
	lay(t, dir, map[string]string{"a.env": line(keyID("222233334444", 1))})
	first, _ := scanOf(t, dir, ".", "--inventory", "saved")
	second, _ := scanOf(t, dir, ".", "--inventory", "saved")
	if diff := cmp.Diff(first, second); diff != "" || len(first.Leaks) != 1 {
		t.Errorf("the second scan differs, or the first found %d:\n%s", len(first.Leaks), diff)
	}
	report := filepath.Join(dir, "keysweep-report")
	text, err := os.ReadFile(filepath.Join(report, "scan.json"))
	if err != nil {
		t.Fatal(err)
	}
	lay(t, dir, map[string]string{"keysweep-report/scan.json": string(text) + "\n", "keysweep-report/mine.txt": line(keyID("222233334444", 2))})
	third, _ := scanOf(t, dir, ".", "--inventory", "saved")
	if len(third.Leaks) != 3 {
		t.Errorf("a changed report and a file beside it: %q", rowsOf(third))
	}
}

func TestScanIsQuietAboutWhatIsAccepted(t *testing.T) {
	dir := t.TempDir()
	saveInventory(t, filepath.Join(dir, "saved"))
	id := keyID("222233334444", 1)
	lay(t, dir, map[string]string{
		"src/a.env": line(id), "src/b.env": line(id),
		".keysweepignore": "* path=src/* until=2027-01-31 reason=made up\n",
	})
	doc, status := scanOf(t, dir, "src", "--inventory", "saved", "--fail-on", "low")
	if len(doc.Leaks) != 0 || len(doc.Accepted) != 2 || status != action.ExitDone {
		t.Errorf("status %d, rows %q, %d accepted", status, rowsOf(doc), len(doc.Accepted))
	}
	env := scanEnv(t, dir, "scan", "src", "--fail-on", "low")
	vars := map[string]string{"GITHUB_EVENT_NAME": "pull_request_target"}
	env.Getenv = func(k string) (string, bool) { v, ok := vars[k]; return v, ok }
	status = action.Exit(env, func() error { return run(t.Context(), env) })
	out, errs := env.Stdout.(*bytes.Buffer).String(), env.Stderr.(*bytes.Buffer).String()
	if status != action.ExitFindings || !strings.Contains(out+errs, "the files may be a stranger's") {
		t.Errorf("status %d where the file may be a stranger's: %s%s", status, out, errs)
	}
	lay(t, dir, map[string]string{".keysweepignore": "* path=src/a.env until=2026-11-23 reason=over\n* until=2027-01-31\n"})
	status, _, errs = laptop(t, dir, nil, "scan", "src")
	if status != action.ExitBadInput || !strings.Contains(errs, ".keysweepignore:2: ") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// What a scan is given, and what the paths of what it finds are.
func TestScanRoots(t *testing.T) {
	dir := t.TempDir()
	id := keyID("222233334444", 1)
	lay(t, dir, map[string]string{"a/x.env": line(id), "b/y.env": line(id), "a.zip": zipped(t, map[string]string{"z": id})})
	abs := filepath.Join(dir, "a")
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{[]string{"a"}, []string{`file "a/x.env" ""`}},
		{[]string{"./a/"}, []string{`file "a/x.env" ""`}},
		{[]string{abs}, []string{`file "x.env" ""`}},
		{[]string{abs, "b"}, []string{fmt.Sprintf(`file %q ""`, abs+"/x.env"), `file "b/y.env" ""`}},
		{[]string{"a", "b", "a"}, []string{`file "a/x.env" ""`, `file "b/y.env" ""`}},
		{[]string{"a/x.env"}, []string{`file "a/x.env" ""`}},
		{[]string{"a.zip"}, []string{`file "a.zip" "z"`}},
		{[]string{".", "a"}, []string{`file "a.zip" "z"`, `file "a/x.env" ""`, `file "b/y.env" ""`}},
	} {
		doc, status := scanOf(t, dir, append(tt.args, "--output-dir", t.TempDir())...)
		var got []string
		for _, l := range doc.Leaks {
			got = append(got, fmt.Sprintf("%s %q %q", l.Where, l.Path, strings.Join(l.Inside, "!")))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || status != action.ExitDone {
			t.Errorf("%q: status %d (-want +got):\n%s", tt.args, status, diff)
		}
	}
	status, _, errs := laptop(t, dir, nil, "scan", "a", "nowhere", "neither")
	if status != action.ExitBadInput || !strings.Contains(errs, `"nowhere"`) || !strings.Contains(errs, `"neither"`) {
		t.Errorf("status %d: %s", status, errs)
	}
}

func TestScanStandardInput(t *testing.T) {
	id := keyID("222233334444", 1)
	for name, tt := range map[string]struct{ text, inside string }{
		"text": {line(id), ""}, "archive": {gzipped(tarred(t, "a/b", line(id))), "a/b"}, "zip": {zipped(t, map[string]string{"c": line(id)}), "c"},
	} {
		dir := t.TempDir()
		status, out, errs := laptop(t, dir, strings.NewReader(tt.text), "scan", "-", "--format", "json")
		want := fmt.Sprintf(`"path":"-","line":2,"inside":[%s]`, map[bool]string{true: `"` + tt.inside + `"`}[tt.inside != ""])
		if status != action.ExitDone || !strings.Contains(out, id) || !strings.Contains(out, want) {
			t.Errorf("%s: status %d\n%s%s", name, status, out, errs)
		}
	}
	broken := io.MultiReader(strings.NewReader(line(id)), failing{})
	status, out, _ := laptop(t, t.TempDir(), broken, "scan", "-", "--format", "json")
	if status != action.ExitUncovered || !strings.Contains(out, id) || !strings.Contains(out, "the line broke") {
		t.Errorf("an input that breaks: status %d\n%s", status, out)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, fmt.Errorf("the line broke") }

// The ids of keys may be masked; then no output has a whole one.
func TestScanMasks(t *testing.T) {
	dir := t.TempDir()
	saveInventory(t, filepath.Join(dir, "saved"))
	id := keyID("222233334444", 1)
	lay(t, dir, map[string]string{"src/" + id + ".env": line(id)})
	for _, format := range []string{"json", "table"} {
		status, out, errs := laptop(t, dir, nil, "scan", "src", "--mask", "--format", format, "--inventory", "saved")
		everything := out + errs + reportText(t, dir)
		if status != action.ExitDone || !strings.Contains(out, id[:4]+"…"+id[16:]) {
			t.Errorf("%s: status %d\n%s", format, status, out)
		}
		if strings.Contains(everything, id) {
			t.Errorf("%s: a whole id comes out", format)
		}
	}
}

// reportText is the whole report folder.
func reportText(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	root := filepath.Join(dir, "keysweep-report")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		b.WriteString(path + "\n" + string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A secret that stands beside a key leaves one word in the document, and nothing else anywhere.
func TestScanShowsNoSecret(t *testing.T) {
	dir := t.TempDir()
	saveInventory(t, filepath.Join(dir, "saved"))
	const secret = "wJ4lrXUtnFEMI7K3MDENGbPxRfiCYzQ8kE2tLm9v"
	id := keyID("222233334444", 1)
	lay(t, dir, map[string]string{"src/a.env": "aws_access_key_id=" + id + "\naws_secret_access_key=" + secret + "\n"})
	for _, format := range []string{"json", "table"} {
		_, out, errs := laptop(t, dir, nil, "scan", "src", "--format", format, "--inventory", "saved")
		everything := out + errs + reportText(t, dir)
		for i := 0; i+8 <= len(secret); i++ {
			if strings.Contains(everything, secret[i:i+8]) {
				t.Fatalf("%s: %q of the secret comes out", format, secret[i:i+8])
			}
		}
		if format == "json" && !strings.Contains(out, `"secret_nearby":true`) {
			t.Errorf("that a secret stands near is not said:\n%s", out)
		}
	}
}

// gitRepository makes a repository in which a key was committed and removed.
func gitRepository(t *testing.T, dir, id string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	gitIn(t, dir, "init", "-q")
	lay(t, dir, map[string]string{"old.env": line(id), "kept.txt": "x\n"})
	gitIn(t, dir, "add", "-A")
	gitIn(t, dir, "commit", "-q", "-m", "one")
	gitIn(t, dir, "rm", "-q", "old.env")
	gitIn(t, dir, "commit", "-q", "-m", "two")
}

// Repositories in repositories, work trees of one, and bare ones: each history once, under the path of its work tree.
func TestScanRepositories(t *testing.T) {
	dir := t.TempDir()
	ids := []string{keyID("222233334444", 1), keyID("222233334444", 2), keyID("222233334444", 3), keyID("222233334444", 4)}
	gitRepository(t, filepath.Join(dir, "top"), ids[0])
	gitRepository(t, filepath.Join(dir, "top", "nested"), ids[1])
	gitRepository(t, filepath.Join(dir, "module"), ids[2])
	gitIn(t, filepath.Join(dir, "top"), "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", filepath.Join(dir, "module"), "sub/module")
	gitIn(t, filepath.Join(dir, "top"), "worktree", "add", "-q", filepath.Join(dir, "linked"))
	gitRepository(t, filepath.Join(dir, "other"), ids[3])
	gitIn(t, dir, "clone", "-q", "--bare", filepath.Join(dir, "other"), "bare.git")

	doc, status := scanOf(t, dir, "top")
	want := []string{
		ids[0] + ` commit "top/old.env" "" unknown`,
		ids[1] + ` commit "top/nested/old.env" "" unknown`,
		ids[2] + ` commit "top/sub/module/old.env" "" unknown`,
	}
	slices.Sort(want)
	if got := rowsOf(doc); !slices.Equal(slices.Sorted(slices.Values(got)), want) || status != action.ExitDone {
		t.Errorf("status %d, rows:\n%s\nwant\n%s\n%v", status, strings.Join(got, "\n"), strings.Join(want, "\n"), doc.NotScanned)
	}
	for path, want := range map[string]string{
		"linked": ids[0] + ` commit "linked/old.env" "" unknown`, "bare.git": ids[3] + ` commit "bare.git/old.env" "" unknown`,
		"top/.git": ids[0] + ` commit "top/.git/old.env" "" unknown`,
	} {
		doc, status := scanOf(t, dir, path)
		if got := rowsOf(doc); !slices.Contains(got, want) || status != action.ExitDone {
			t.Errorf("%s: status %d, rows %q, want %s; %v", path, status, got, want, doc.NotScanned)
		}
	}
}

// Of several repositories it is said which one a message stands in; of one alone that goes without saying.
func TestScanSaysInWhichRepositoryAMessageStands(t *testing.T) {
	dir := t.TempDir()
	id := keyID("222233334444", 1)
	for _, name := range []string{"one", "two"} {
		gitRepository(t, filepath.Join(dir, name), keyID("222233334444", 2))
		gitIn(t, filepath.Join(dir, name), "commit", "-q", "--allow-empty", "-m", "without "+id)
	}
	gitIn(t, dir, "clone", "-q", "--depth", "1", "file://"+filepath.Join(dir, "two"), "shallow")
	for _, tt := range []struct {
		paths []string
		want  []string
	}{
		{[]string{"one"}, []string{id + ` message "" "" unknown`}},
		{[]string{"one", "two"}, []string{id + ` message "one" "" unknown`, id + ` message "two" "" unknown`}},
	} {
		doc, _ := scanOf(t, dir, tt.paths...)
		got := slices.DeleteFunc(rowsOf(doc), func(row string) bool { return !strings.Contains(row, " message ") })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: rows %q, want %q", tt.paths, got, tt.want)
		}
	}
	incomplete(t, dir, "shallow/history", "git fetch --unshallow", "one", "shallow")
}

// What stands in the work tree is not told again as history, with whatever line ends it was checked out.
func TestScanTellsAFileOnce(t *testing.T) {
	dir := t.TempDir()
	id := keyID("222233334444", 1)
	gitIn(t, dir, "init", "-q")
	lay(t, dir, map[string]string{"a.env": line(id)})
	gitIn(t, dir, "add", "-A")
	gitIn(t, dir, "commit", "-q", "-m", "one")
	for _, text := range []string{line(id), strings.ReplaceAll(line(id), "\n", "\r\n")} {
		lay(t, dir, map[string]string{"a.env": text})
		doc, _ := scanOf(t, dir, ".")
		if got := rowsOf(doc); len(got) != 1 || !strings.Contains(got[0], `file "a.env"`) {
			t.Errorf("rows %q", got)
		}
	}
	lay(t, dir, map[string]string{"a.env": "more\n" + line(id)})
	if doc, _ := scanOf(t, dir, "."); len(doc.Leaks) != 2 {
		t.Errorf("a file that was changed since: rows %q", rowsOf(doc))
	}
}

// An annotation is all that many see of a key: the steps stand in it in their order, and a deleted key is not told to
// be deactivated.
func TestAnnotationsSayWhatComesFirst(t *testing.T) {
	for severity, first := range map[checks.Severity]string{
		checks.Critical: "Deactivate the key first, then see in CloudTrail", checks.High: "Deactivate the key first, then see in CloudTrail",
		checks.Medium: "See in CloudTrail", checks.Low: "See in CloudTrail",
	} {
		row := &scan.Row{AccountID: "222233334444", SecretNearby: true, Severity: severity, Inventory: scan.Inventory{Status: scan.Active, User: "ci"}}
		want := "status: active, of ci, account 222233334444; what looks like its secret stands near it. " + first
		if got := saysOf(row); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", severity, got)
		}
	}
}

// What stands in no file of the work tree has no line to be shown at, so that the annotation says where it is.
func TestAnnotationsSayWhere(t *testing.T) {
	for _, tt := range []struct {
		row  scan.Row
		want string
	}{
		{scan.Row{Where: scan.Commit, Path: "a.env", Commit: "0a1b2c3d4e5f6789"}, "in a.env (commit, 0a1b2c3d4e5f)"},
		{scan.Row{Where: scan.Message, Commit: "0a1b"}, "in a message, 0a1b"},
		{scan.Row{Where: scan.File, Path: "conf.zip", Inside: []string{"x.tar", "a.env"}}, "in conf.zip > x.tar > a.env (file)"},
	} {
		if got := elsewhere(&tt.row); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
