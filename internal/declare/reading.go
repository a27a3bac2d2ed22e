package declare

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"path"
)

// Limits of one file. What is larger and holds a trigger word is not analysed, and says so.
const (
	maxFile = 1 << 20 // bytes that are parsed
	maxLoad = MaxRead // bytes that are looked through for a trigger word
)

// MaxRead is how many bytes of a file are read at most: a Tree need not load more.
const MaxRead = 16 << 20

// ErrTooLarge is what a Tree returns for a file of more than MaxRead bytes whose size it did not list.
var ErrTooLarge = errors.New("larger than is read")

// reading is one pass over one state of the repository.
type reading struct {
	tree      Tree
	scope     Scope
	out       Extraction
	skipped   map[string]bool
	aside     map[string]string // files beside the change that were not analysed
	loaded    map[string]loaded
	listed    map[string][]Entry
	terraform terraformCache
	data      dataCache
}

// loaded is a file as it was read once.
type loaded struct {
	data   []byte
	reason string // why there is no data, empty when the file is simply not there
	absent bool
	lost   bool // it could not be read or is too large to be read: nobody knows what it holds
}

func newReading(t Tree, s Scope) *reading {
	return &reading{
		tree: t, scope: s, skipped: map[string]bool{}, aside: map[string]string{},
		loaded: map[string]loaded{}, listed: map[string][]Entry{},
	}
}

// add records a declaration.
func (r *reading) add(d Declaration) {
	if d.Count < 1 {
		d.Count = 1
	}
	if d.Line < 1 {
		d.Line = 1
	}
	r.out.Declarations = append(r.out.Declarations, d)
}

// skip records that a file was not analysed. One reason a file is enough. A file that the change
// does not touch says the same on both sides and is left out, unless the folder is read as a whole.
func (r *reading) skip(p, reason string) {
	if r.scope.concerns(p) {
		r.record(p, reason)
	} else if r.aside[p] == "" {
		r.aside[p] = reason
	}
}

// record is skip for a file that matters wherever the change is.
func (r *reading) record(p, reason string) {
	if !r.skipped[p] {
		r.skipped[p] = true
		r.out.NotAnalysed = append(r.out.NotAnalysed, NotAnalysed{Path: p, Reason: withoutLogins(reason)})
	}
}

// stopped says that whoever asked for the reading wants no more of it.
func (r *reading) stopped() bool { return r.scope.Stop != nil && r.scope.Stop() }

// read returns the text of a file that another refers to: decoded, at most maxFile bytes. It is
// false when there is no such file, or no text in it that may be parsed; then the reason is recorded.
func (r *reading) read(p string) ([]byte, bool) {
	l := r.load(p)
	switch {
	case l.absent:
		return nil, false
	case l.reason != "":
		r.skip(p, l.reason)
		return nil, false
	case len(l.data) > maxFile:
		r.skip(p, reasonLarge)
		return nil, false
	}
	return l.data, true
}

// exists says whether there is a regular file of that path.
func (r *reading) exists(p string) bool {
	for _, e := range r.list(path.Dir(p)) {
		if e.Name == path.Base(p) {
			return e.Type == Regular || e.Type == Symlink
		}
	}
	return false
}

// list returns the entries of a folder; none where there is no such folder.
func (r *reading) list(dir string) []Entry {
	if dir == "" {
		dir = "."
	}
	if es, ok := r.listed[dir]; ok {
		return es
	}
	es, err := r.tree.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.skip(dir, "the folder could not be listed: "+err.Error())
	}
	r.listed[dir] = es
	return es
}

// load reads and decodes a file once.
func (r *reading) load(p string) loaded {
	if l, ok := r.loaded[p]; ok {
		return l
	}
	l := r.fetch(p)
	r.loaded[p] = l
	return l
}

func (r *reading) fetch(p string) loaded {
	for _, e := range r.list(path.Dir(p)) {
		if e.Name == path.Base(p) && e.Size > maxLoad {
			return loaded{reason: reasonLarge, lost: true}
		}
	}
	data, err := r.tree.Read(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return loaded{absent: true}
	case errors.Is(err, ErrTooLarge):
		return loaded{reason: reasonLarge}
	case err != nil:
		return loaded{reason: "could not be read: " + err.Error(), lost: true}
	case isLFSPointer(data):
		return loaded{reason: reasonLFS}
	}
	text, ok := decodeText(data)
	if !ok {
		return loaded{data: data, reason: reasonBinary}
	}
	return loaded{data: text}
}

// root reads what a folder beside the change declares as a whole.
func (r *reading) root(dir string) {
	for _, f := range folderForms() {
		if r.stopped() {
			r.record(dir, reasonStopped)
			return
		}
		f.extract(r, dir)
	}
}

// folder reads all that one folder declares.
func (r *reading) folder(dir string) {
	r.root(dir)
	r.files(dir)
}

// files reads what the files of one folder declare by themselves.
func (r *reading) files(dir string) {
	for _, e := range r.list(dir) {
		if r.stopped() {
			r.skip(path.Join(dir, e.Name), reasonStopped)
			continue
		}
		r.entry(path.Join(dir, e.Name), e)
	}
}

func (r *reading) entry(p string, e Entry) {
	switch e.Type {
	case Folder:
	case Submodule:
		r.skip(p, "a submodule: its files are in another repository")
	case Regular, Symlink:
		r.file(p)
	}
}

// file hands one file to the forms that want it.
func (r *reading) file(p string) {
	forms, byName := r.wanting(p)
	if len(forms) == 0 {
		return
	}
	l := r.loadFor(p, byName)
	if l.absent || l.reason != "" {
		r.unread(p, l, forms, byName)
	}
	look := r.look(p, l.data)
	for _, f := range forms {
		if !f.takes(l) || !holdsAny(look, f.triggers) {
			continue
		}
		if len(l.data) > cmp.Or(f.max, maxFile) {
			r.skip(p, reasonLarge)
			continue
		}
		f.extract(r, p, l.data)
	}
}

// loadFor is load, without keeping a file that its name makes no matter of ours.
func (r *reading) loadFor(p string, byName bool) loaded {
	if _, known := r.loaded[p]; known || byName {
		return r.load(p)
	}
	return r.fetch(p)
}

// takes says whether a form reads what was found in the place of a file.
func (f fileForm) takes(l loaded) bool {
	return !l.absent && (l.reason == "" || l.reason == reasonBinary && f.anyBytes)
}

// unread records a file that its name makes a matter of ours and that gave no text.
func (r *reading) unread(p string, l loaded, forms []fileForm, byName bool) {
	switch {
	case !byName && !l.lost:
	case l.absent:
		r.skipLost(p)
	case l.reason == reasonBinary && !triggersIn(revealed(p, l.data), forms):
	default:
		r.skip(p, l.reason)
	}
}

// skipLost records a file that stands in its folder and cannot be read there, if that is so.
func (r *reading) skipLost(p string) {
	if r.load(p).absent {
		r.skip(p, "a symbolic link that leads to no file of the repository")
	}
}

// wanting returns the forms that want a file, and whether one of them does so by its name.
func (r *reading) wanting(p string) (forms []fileForm, byName bool) {
	for _, f := range fileForms() {
		if f.wants(p) && (!f.changedOnly || r.scope.changed[p]) {
			forms = append(forms, f)
			byName = byName || !f.anyText
		}
	}
	return forms, byName
}

func triggersIn(data []byte, forms []fileForm) bool {
	for _, f := range forms {
		if !f.anyText && holdsAny(data, f.triggers) {
			return true
		}
	}
	return false
}

func holdsAny(data []byte, words []string) bool {
	for _, w := range words {
		if bytes.Contains(data, []byte(w)) {
			return true
		}
	}
	return len(words) == 0
}
