package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/scan"
)

// root is one of the paths that a scan was given.
type root struct {
	full   string // empty for standard input
	prefix string // what the paths of what is found in it begin with
}

// stdinPath stands for standard input.
const stdinPath = "-"

// roots finds the paths that are to be read. One that is not there was named wrongly.
func (r *scanRun) roots() ([]root, error) {
	var out []root
	var faults []error
	for _, p := range r.opts.Paths {
		if p == stdinPath {
			out = append(out, root{prefix: stdinPath})
			continue
		}
		full := r.env.Path(p)
		info, err := os.Stat(full)
		if err != nil {
			faults = append(faults, fmt.Errorf("scanning %q: %w", p, reasonOf(err)))
			continue
		}
		out = append(out, root{full: full, prefix: r.prefix(p, info.IsDir())})
	}
	if len(faults) > 0 {
		return nil, badInput(errors.Join(faults...), "name folders, files, archives or git repositories, or - for standard input")
	}
	return out, nil
}

// prefix is what the paths found below p begin with. They are as one would write them in the working directory; what
// is below a folder elsewhere, as from there, unless there are several.
func (r *scanRun) prefix(p string, folder bool) string {
	clean := filepath.ToSlash(filepath.Clean(p))
	switch {
	case clean == ".":
		return ""
	case folder && !filepath.IsLocal(filepath.FromSlash(clean)) && len(r.opts.Paths) == 1:
		return ""
	}
	return clean
}

func reasonOf(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// readIgnore reads the file of accepted findings in the working directory.
func (r *scanRun) readIgnore() error {
	text, err := os.ReadFile(r.env.Path(scan.IgnoreFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return badInput(fmt.Errorf("reading %s: %w", scan.IgnoreFile, reasonOf(err)), "")
	case r.opts.NoAWS:
		// Whoever wrote the change may have written the file, to let keys pass that the change brings.
		r.warn("at the event " + r.opts.Runner.Event + " " + scan.IgnoreFile + " lets nothing pass: the files may be a stranger's")
		return nil
	}
	r.ignore, err = scan.ParseIgnore(scan.IgnoreFile, text, r.now)
	if err != nil {
		return badInput(err, "mend the lines and run again; nothing was read or written")
	}
	return nil
}

// own tells files that name keys because this program wrote them: reports of earlier runs, and the inventory that
// the keys are looked up in.
func (r *scanRun) own() func(string) bool {
	wrote := []func(string) bool{action.Written(r.dir)}
	if r.opts.Inventory != "" {
		dir := r.env.Path(r.opts.Inventory)
		wrote = append(wrote, action.Written(dir), isInventoryIn(dir))
	}
	return func(file string) bool {
		for _, w := range wrote {
			if w(file) {
				return true
			}
		}
		return false
	}
}

// isInventoryIn tells the files that the inventory was read from.
func isInventoryIn(dir string) func(string) bool {
	names := map[string]bool{}
	for _, name := range inventoryFiles(dir) {
		names[name] = true
	}
	return func(file string) bool { return names[file] }
}
