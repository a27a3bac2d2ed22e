package action

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// sumsName lists what the last run wrote, in the form of sha256sum: by it the next
	// run knows which files are ours and are still as we left them.
	sumsName = ".keysweep-sums"
	// stagePrefix begins the name of a file that is written and not yet in its place.
	stagePrefix = ".keysweep-new-"
)

// CheckDir is where the report folder dir is, seen from the working directory. It
// refuses a folder that cannot be one, so that a run can find out before its work:
// a file, or on a runner a relative path that leads out of the workspace, by ".."
// or by a link that the checkout brought along. An error is an *ExitError.
func CheckDir(env Env, dir string) (string, error) {
	full := env.Path(dir)
	info, err := os.Stat(full)
	switch {
	case err == nil && !info.IsDir():
		return "", refusal(fmt.Sprintf("output-dir %s is a file", quoted(dir)), "name a folder; it is made if it is not there")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", refusal(fmt.Sprintf("output-dir %s cannot be a folder: %v", quoted(dir), err), "name a folder that can be made")
	}
	workspace := env.Var("GITHUB_WORKSPACE")
	if !env.OnRunner() || workspace == "" || filepath.IsAbs(dir) {
		return full, nil
	}
	if !inside(workspace, full) {
		return "", refusal(fmt.Sprintf("output-dir %s leads out of the workspace", quoted(dir)), "name a folder inside it, or an absolute path")
	}
	return full, nil
}

// inside reports whether full, links followed as far as it exists, is in or under base.
func inside(base, full string) bool {
	base, err := filepath.EvalSymlinks(base)
	if err != nil {
		return false
	}
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(full)
		if err == nil {
			rel, err := filepath.Rel(base, filepath.Join(real, rest))
			return err == nil && filepath.IsLocal(rel)
		}
		if _, err := os.Lstat(full); err == nil {
			return false // a link to what is not there: it could come to lead anywhere
		}
		rest = filepath.Join(filepath.Base(full), rest)
		full = filepath.Dir(full)
	}
}

// WriteDir writes files, by slash-separated path, into the report folder dir. All are
// written beside their places first and renamed then, so that a reader never sees half
// a file and a fault in writing leaves the earlier report as it was. Files of an
// earlier run that this one does not write are removed if they still are as that run
// wrote them. Files get mode 0644, new folders 0755, and both belong to the owner of
// the workspace when root writes on a runner. An error is an *ExitError.
func WriteDir(env Env, dir string, files map[string][]byte) error {
	full, err := CheckDir(env, dir)
	if err != nil {
		return err
	}
	if err := writeDir(workspaceOwner(env), full, files); err != nil {
		return fault(fmt.Errorf("writing the report to %s: %w", quoted(dir), err),
			"output-dir must be a folder that keysweep may write to")
	}
	return nil
}

func writeDir(to owner, full string, files map[string][]byte) error {
	if err := to.makeAll(full); err != nil {
		return err
	}
	// Everything from here on stays under the folder, whatever links are in it.
	root, err := os.OpenRoot(full)
	if err != nil {
		return err
	}
	defer root.Close()
	f := &folder{root: root, to: to}
	before := f.readSums()
	sums := sumsOf(files)
	err = f.stage(files, sums)
	if err == nil {
		err = f.place(files)
	}
	if err != nil {
		f.discard()
		return err
	}
	return errors.Join(f.removeStale(before, files), f.rename(sumsName))
}

// folder is the report folder while it is written.
type folder struct {
	root   *os.Root
	to     owner
	staged []string // final names of files that wait beside their places
}

// stage writes all files beside their places.
func (f *folder) stage(files map[string][]byte, sums []byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name || visible(name) != name || name == sumsName {
			return fmt.Errorf("%s is not the name of a file in the report", quoted(name))
		}
		if err := f.stageOne(name, files[name]); err != nil {
			return err
		}
	}
	return f.stageOne(sumsName, sums)
}

func (f *folder) stageOne(name string, data []byte) error {
	if err := f.makeDir(path.Dir(name)); err != nil {
		return err
	}
	if info, err := f.root.Lstat(name); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder where a file of the report goes", quoted(name))
	}
	temp := beside(name)
	// What a run that was killed left there, or a link laid in our way.
	if err := f.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := f.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	f.staged = append(f.staged, name)
	_, err = file.Write(data)
	// The mode is set again because a umask narrows it.
	return errors.Join(err, file.Chmod(0o644), f.to.own(file.Chown), file.Close())
}

// makeDir makes a folder of the report and those above it.
func (f *folder) makeDir(dir string) error {
	if dir == "." {
		return nil
	}
	if err := f.makeDir(path.Dir(dir)); err != nil {
		return err
	}
	err := f.root.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.root.Chmod(dir, 0o755), f.to.own(func(uid, gid int) error { return f.root.Chown(dir, uid, gid) }))
}

// place moves the staged files of the report to their places.
func (f *folder) place(files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := f.rename(name); err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) rename(name string) error {
	if err := f.root.Rename(beside(name), name); err != nil {
		return err
	}
	f.staged = slices.DeleteFunc(f.staged, func(s string) bool { return s == name })
	return nil
}

// discard takes away what waits beside its place. The fault that led here is what
// matters; one in cleaning up adds nothing.
func (f *folder) discard() {
	for _, name := range f.staged {
		_ = f.root.Remove(beside(name))
	}
}

// removeStale removes files of an earlier run that this one did not write.
func (f *folder) removeStale(before map[string]string, files map[string][]byte) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, written := files[name]; written || !f.unchanged(name, before[name]) {
			continue
		}
		faults = append(faults, f.root.Remove(name))
		if dir := path.Dir(name); dir != "." {
			_ = f.root.Remove(dir) // only goes through when the folder is empty
		}
	}
	return errors.Join(faults...)
}

// unchanged reports whether a file still is what we wrote.
func (f *folder) unchanged(name, sum string) bool {
	info, err := f.root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	data, err := f.root.ReadFile(name)
	return err == nil && sumOf(data) == sum
}

// readSums reads what an earlier run wrote, sums by name. What is not a line of ours
// names nothing: in doubt a file stays.
func (f *folder) readSums() map[string]string {
	sums := map[string]string{}
	data, err := f.root.ReadFile(sumsName)
	if err != nil {
		return sums
	}
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if ok && filepath.IsLocal(filepath.FromSlash(name)) {
			sums[name] = sum
		}
	}
	return sums
}

// Written gives what says of a file, by its absolute path, whether an earlier run wrote it into a report folder and
// nobody has changed it since. Such a file names keys by its nature.
func Written(full string) func(file string) bool {
	root, err := os.OpenRoot(full)
	if err != nil {
		return func(string) bool { return false }
	}
	f := &folder{root: root}
	sums := f.readSums()
	below := full + string(filepath.Separator)
	return func(file string) bool {
		name, ok := strings.CutPrefix(file, below)
		if !ok {
			return false
		}
		name = filepath.ToSlash(name)
		sum, ok := sums[name]
		return ok && f.unchanged(name, sum)
	}
}

func sumsOf(files map[string][]byte) []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s  %s\n", sumOf(files[name]), name)
	}
	return b.Bytes()
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// beside is the name a file has until it is whole.
func beside(name string) string { return path.Join(path.Dir(name), stagePrefix+path.Base(name)) }

// owner is who the report belongs to. The zero owner leaves files to who writes them.
type owner struct {
	set      bool
	uid, gid int
}

// workspaceOwner is the runner's user where a container action runs as root: later
// steps of the job could not change or remove what root owns.
func workspaceOwner(env Env) owner {
	workspace := env.Var("GITHUB_WORKSPACE")
	if workspace == "" || os.Geteuid() != 0 {
		return owner{}
	}
	return ownerOf(workspace)
}

// own hands something over by its chown.
func (o owner) own(chown func(uid, gid int) error) error {
	if !o.set {
		return nil
	}
	return chown(o.uid, o.gid)
}

// makeAll makes a folder and those above it that are not there.
func (o owner) makeAll(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := o.makeAll(parent); err != nil {
			return err
		}
	}
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(os.Chmod(dir, 0o755), o.own(func(uid, gid int) error { return os.Chown(dir, uid, gid) }))
}
