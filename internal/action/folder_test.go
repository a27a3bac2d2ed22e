package action

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is what a folder holds: content by path, the sums left out.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == sumsName {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			got[filepath.ToSlash(rel)] = "a link to a folder"
			return nil
		}
		data, err := os.ReadFile(path)
		got[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func wantTree(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("%s holds (-want +got):\n%s", filepath.Base(dir), diff)
	}
}

// files makes the argument of WriteDir.
func files(m map[string]string) map[string][]byte {
	out := map[string][]byte{}
	for name, text := range m {
		out[name] = []byte(text)
	}
	return out
}

func mustWrite(t *testing.T, env Env, dir string, m map[string]string) {
	t.Helper()
	if err := WriteDir(env, dir, files(m)); err != nil {
		t.Fatal(err)
	}
}

func putFile(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestWriteDir(t *testing.T) {
	env, _ := world(t, nil)
	report := map[string]string{"findings.json": "{}", "inventory/111122223333.json": "1", "a/b/c.md": ""}
	mustWrite(t, env, "out/report", report)
	dir := filepath.Join(env.Dir, "out", "report")
	wantTree(t, dir, report)
	for path, want := range map[string]fs.FileMode{
		"..": 0o755, ".": 0o755, "a": 0o755, "a/b": 0o755, "a/b/c.md": 0o644, "findings.json": 0o644, sumsName: 0o644,
	} {
		if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

// What an earlier run wrote and this one does not is gone; what others put there, or
// changed, stays.
func TestStaleFilesGo(t *testing.T) {
	env, _ := world(t, nil)
	dir := filepath.Join(env.Dir, "r")
	putFile(t, filepath.Join(dir, "notes.md"), "by a person")
	putFile(t, filepath.Join(dir, "inventory", "999900001111.json"), "by a person")
	mustWrite(t, env, "r", map[string]string{
		"summary.md": "1", "inventory/111122223333.json": "1", "inventory/222233334444.json": "1", "backlog/x.md": "1", "old.md": "1",
	})
	putFile(t, filepath.Join(dir, "inventory", "222233334444.json"), "changed by a person")
	mustWrite(t, env, "r", map[string]string{"summary.md": "2"})
	wantTree(t, dir, map[string]string{
		"notes.md": "by a person", "summary.md": "2",
		"inventory/999900001111.json": "by a person", "inventory/222233334444.json": "changed by a person",
	})
	if _, err := os.Stat(filepath.Join(dir, "backlog")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the empty folder stays: %v", err)
	}
}

// A list of sums that came with a checkout removes nothing outside the folder, nothing
// through a link and nothing it does not know to the byte.
func TestForeignSumsDoNoHarm(t *testing.T) {
	env, _ := world(t, nil)
	dir := filepath.Join(env.Dir, "r")
	putFile(t, filepath.Join(env.Dir, "victim"), "v")
	putFile(t, filepath.Join(dir, "kept.md"), "k")
	if err := os.Symlink("../victim", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	sum := sumOf([]byte("v"))
	putFile(t, filepath.Join(dir, sumsName), strings.Join([]string{
		sum + "  ../victim", sum + "  " + env.Dir + "/victim", sum + "  link", sum + "  kept.md", "no line", sum + "  ", sum + "  .",
	}, "\n"))
	mustWrite(t, env, "r", map[string]string{"summary.md": "1"})
	wantTree(t, dir, map[string]string{"kept.md": "k", "summary.md": "1", "link": "v"})
}

// A fault in writing leaves the earlier report to the byte, and nothing beside it.
func TestAFaultHalfWayKeepsTheEarlierReport(t *testing.T) {
	for name, spoil := range map[string]func(dir string) (string, error){
		"a folder where a file goes": func(dir string) (string, error) {
			return "z.md", os.MkdirAll(filepath.Join(dir, "z.md", "full"), 0o755)
		},
		"a file where a folder goes": func(dir string) (string, error) {
			return "z/z.md", os.WriteFile(filepath.Join(dir, "z"), nil, 0o600)
		},
		"a folder that leads out": func(dir string) (string, error) {
			return "z/z.md", os.Symlink("..", filepath.Join(dir, "z"))
		},
		"a name that leads out":       func(string) (string, error) { return "../z.md", nil },
		"an absolute name":            func(string) (string, error) { return "/z.md", nil },
		"a name of several spellings": func(string) (string, error) { return "z/../z.md", nil },
		"a name of two lines":         func(string) (string, error) { return "z\nz.md", nil },
		"our own name":                func(string) (string, error) { return sumsName, nil },
		"a name too long to be one":   func(string) (string, error) { return strings.Repeat("z", 300), nil },
	} {
		t.Run(name, func(t *testing.T) {
			env, _ := world(t, nil)
			dir := filepath.Join(env.Dir, "r")
			earlier := map[string]string{"a.md": "1", "inventory/111122223333.json": "1"}
			mustWrite(t, env, "r", earlier)
			bad, err := spoil(dir)
			if err != nil {
				t.Fatal(err)
			}
			err = WriteDir(env, "r", files(map[string]string{"a.md": "2", "b.md": "2", bad: "2"}))
			if err == nil || statusOf(err) != ExitFault || !strings.HasPrefix(err.Error(), `writing the report to "r": `) {
				t.Fatalf("error = %v", err)
			}
			got := tree(t, dir)
			delete(got, "z")
			if diff := cmp.Diff(earlier, got); diff != "" {
				t.Errorf("the folder holds (-want +got):\n%s", diff)
			}
			if _, err := os.Lstat(filepath.Join(env.Dir, "z.md")); err == nil {
				t.Error("something was written outside the folder")
			}
		})
	}
}

// A run that was killed leaves files beside their places; the next run is not disturbed,
// and no link laid there is followed.
func TestLeftoversOfAKilledRun(t *testing.T) {
	env, _ := world(t, nil)
	dir := filepath.Join(env.Dir, "r")
	putFile(t, filepath.Join(env.Dir, "victim"), "v")
	putFile(t, filepath.Join(dir, stagePrefix+"a.md"), "half")
	if err := os.Symlink("../victim", filepath.Join(dir, stagePrefix+"b.md")); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, env, "r", map[string]string{"a.md": "1", "b.md": "1"})
	wantTree(t, env.Dir, map[string]string{"victim": "v", "r/a.md": "1", "r/b.md": "1"})
}

func TestFoldersThatAreRefused(t *testing.T) {
	env, _ := world(t, map[string]string{"GITHUB_ACTIONS": "true"})
	outside := t.TempDir()
	workspace := filepath.Join(env.Dir, "w")
	putFile(t, filepath.Join(workspace, "file"), "f")
	for name, to := range map[string]string{"out": outside, "in": ".", "nowhere": filepath.Join(outside, "not-yet")} {
		if err := os.Symlink(to, filepath.Join(workspace, name)); err != nil {
			t.Fatal(err)
		}
	}
	env.Dir = workspace
	env.Getenv = vars(map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": workspace})
	for dir, want := range map[string]string{
		"file":             `output-dir "file" is a file`,
		"..":               `output-dir ".." leads out of the workspace`,
		"../w2":            `output-dir "../w2" leads out of the workspace`,
		"out":              `output-dir "out" leads out of the workspace`,
		"out/deeper":       `output-dir "out/deeper" leads out of the workspace`,
		"nowhere":          `output-dir "nowhere" leads out of the workspace`,
		".":                "",
		"in/report":        "",
		"new/deeper":       "",
		outside + "/named": "", // a person may name any folder in full
	} {
		full, err := CheckDir(env, dir)
		if want == "" {
			if err != nil || full != env.Path(dir) {
				t.Errorf("%s: %q, %v", dir, full, err)
			}
			continue
		}
		if err == nil || err.Error() != want || statusOf(err) != ExitBadInput {
			t.Errorf("%s: %v", dir, err)
		}
		if err := WriteDir(env, dir, nil); err == nil || err.Error() != want {
			t.Errorf("writing to %s: %v", dir, err)
		}
	}
	if _, err := CheckDir(env, "file/below"); statusOf(err) != ExitBadInput || err == nil {
		t.Errorf("below a file: %v", err)
	}
	env.Getenv = vars(nil)
	if _, err := CheckDir(env, "../w2"); err != nil {
		t.Errorf("on a laptop: %v", err)
	}
}

// What root makes on a runner belongs to the owner of the workspace; here that is who
// runs the test, so that handing over needs no rights.
func TestTheReportBelongsToTheOwnerOfTheWorkspace(t *testing.T) {
	to := ownerOf(t.TempDir())
	if !to.set || to.uid != os.Getuid() {
		t.Fatalf("owner = %+v", to)
	}
	handed := 0
	if err := to.own(func(uid, gid int) error { handed++; return errors.Join(wantInt(uid, to.uid), wantInt(gid, to.gid)) }); err != nil || handed != 1 {
		t.Errorf("own: %d times, %v", handed, err)
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := writeDir(to, dir, files(map[string]string{"c/d.md": "1"})); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"..", ".", "c", "c/d.md", sumsName} {
		if got := ownerOf(filepath.Join(dir, path)); got.uid != to.uid {
			t.Errorf("%s belongs to %+v", path, got)
		}
	}
	if got := (owner{}).own(func(int, int) error { return errors.New("handed over") }); got != nil {
		t.Error(got)
	}
	if got := ownerOf(filepath.Join(dir, "not-there")); got.set {
		t.Errorf("the owner of nothing = %+v", got)
	}
	env, _ := world(t, nil)
	if got := workspaceOwner(env); got.set {
		t.Errorf("without a workspace: %+v", got)
	}
}

func wantInt(got, want int) error {
	if got != want {
		return errors.New("another owner")
	}
	return nil
}
