package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghapi"
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

// readIgnore reads the file of accepted findings: that of the working directory or, where that is the checkout of a
// change, that of the state before it. A change cannot let its own keys pass.
func (r *scanRun) readIgnore(ctx context.Context) error {
	text, err := os.ReadFile(r.env.Path(scan.IgnoreFile))
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return badInput(fmt.Errorf("reading %s: %w", scan.IgnoreFile, reasonOf(err)), "")
	}
	if r.opts.AtChange() || r.opts.NoAWS {
		before, why, err := r.ignoreOfBase(ctx)
		switch {
		case err != nil:
			return err
		case why != "" && there:
			r.warn("at the event " + r.opts.Runner.Event + " " + scan.IgnoreFile + " lets nothing pass: the files may be a stranger's, and " + why)
		case why == "" && there && !bytes.Equal(before, text):
			r.warn("what the change makes of " + scan.IgnoreFile + " counts once it is merged: that of the base is read")
		}
		text, there = before, before != nil
	}
	if !there {
		return nil
	}
	if r.ignore, err = scan.ParseIgnore(scan.IgnoreFile, text, r.now); err != nil {
		return badInput(err, "mend the lines and run again; nothing was read or written")
	}
	return nil
}

// ignoreOfBase is the file in the state before the change of the event, nil where there is none; why says what keeps it
// from being read.
func (r *scanRun) ignoreOfBase(ctx context.Context) (text []byte, why string, err error) {
	if !r.opts.AtChange() {
		return nil, "the event names no state before them", nil
	}
	client, err := r.other(r.opts.Runner.Repository)
	if err != nil || client == nil {
		return nil, "that of the base cannot be read without github-token", err
	}
	change, err := action.EventChange(r.env)
	if err != nil || change.Base == "" {
		return nil, "the event does not tell the base", nil
	}
	text, err = client.Contents(ctx, scan.IgnoreFile, change.Base)
	switch {
	case errors.Is(err, ghapi.ErrNotFound):
		return nil, "", nil
	case err != nil:
		return nil, "", hubError(fmt.Errorf("reading %s of the base: %w", scan.IgnoreFile, err))
	}
	return text, "", nil
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
