package gitobject

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// refRules are the places that git looks for a short name in, in this order. The first that holds
// one wins.
var refRules = []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"}

// Resolve finds the object that a revision names: a whole id or one of at least four digits, a ref
// by its whole or short name, HEAD or @, what git describe prints, and behind any of these ^, ^2,
// ~3, ^{commit}, ^{tree}, ^{} and :path. It is the object itself: of an annotated tag the tag, see
// [Repository.Peel]. Names that nothing answers to are a [RevisionError], short ids of several
// objects an [AmbiguousError], ids of objects that are not here a [MissingError], reflogs,
// searches and the index an [UnsupportedError].
func (r *Repository) Resolve(rev string) (ID, error) {
	if strings.Contains(rev, "@{") {
		return ID{}, &UnsupportedError{What: fmt.Sprintf("the revision %q: a name by reflog or upstream", clip(rev))}
	}
	name, rest := rev, ""
	if i := strings.IndexAny(rev, "^~:"); i >= 0 {
		name, rest = rev[:i], rev[i:]
	}
	if name == "" {
		if rest == "" {
			return ID{}, &RevisionError{rev, "it is empty: name a commit, tag, branch or tree"}
		}
		return ID{}, &UnsupportedError{What: fmt.Sprintf("the revision %q: a range, a search or the index", clip(rev))}
	}
	id, err := r.resolveName(name)
	for err == nil && rest != "" {
		id, rest, err = r.step(rev, id, rest)
	}
	if err != nil {
		return ID{}, err
	}
	return id, nil
}

// resolveName finds what a name without further steps stands for. A whole id is never a ref; a
// short one may be.
func (r *Repository) resolveName(name string) (ID, error) {
	if id, ok := r.store.format.parse(name); ok {
		return id, r.mustHave(id)
	}
	if name == "@" {
		name = "HEAD"
	}
	unborn := ""
	for _, rule := range refRules {
		ref, ok, err := r.Ref(fmt.Sprintf(rule, name))
		if err != nil {
			return ID{}, err
		}
		if ok && ref.ID.IsZero() {
			unborn = ref.Target
		} else if ok {
			return ref.ID, r.mustHave(ref.ID)
		}
	}
	if id, ok, err := r.resolveShort(name); err != nil || ok {
		return id, err
	}
	if unborn != "" {
		return ID{}, &RevisionError{name, fmt.Sprintf("it stands for %q, which has no commit yet", unborn)}
	}
	return ID{}, &RevisionError{name, r.unknown(name)}
}

// unknown is why a name may be unknown here, and what to do. A checkout of one branch has the others as those of
// the remote alone.
func (r *Repository) unknown(name string) string {
	const why = "no ref and no object of the repository is called so"
	for ref, err := range r.Refs() {
		if short, ok := strings.CutPrefix(ref.Name, "refs/remotes/"); err == nil && ok && strings.HasSuffix(short, "/"+name) {
			return fmt.Sprintf("%s: did you mean %q?", why, clip(short))
		}
	}
	if len(r.shallow) > 0 {
		return why + ", which is a shallow clone: fetch it (actions/checkout: fetch-depth: 0)"
	}
	return why + ": check its spelling, or fetch it"
}

func (r *Repository) mustHave(id ID) error {
	ok, err := r.Has(id)
	if err == nil && !ok {
		return r.store.missing(id)
	}
	return err
}

// resolveShort finds an object by the beginning of its id, alone or at the end of what git describe
// prints: name-12-gabcdef1.
func (r *Repository) resolveShort(name string) (ID, bool, error) {
	if i := strings.LastIndex(name, "-g"); i >= 0 {
		name = name[i+2:]
	}
	prefix, ok := parsePrefix(name, r.store.format)
	if !ok {
		return ID{}, false, nil
	}
	ids, err := r.store.withPrefix(prefix)
	switch {
	case err != nil || len(ids) == 0:
		return ID{}, false, err
	case len(ids) > 1:
		return ID{}, false, &AmbiguousError{name, ids}
	}
	return ids[0], true, nil
}

// step takes one step of a revision off rest and goes it.
func (r *Repository) step(rev string, id ID, rest string) (ID, string, error) {
	switch {
	case rest[0] == ':':
		id, err := r.stepPath(rev, id, rest[1:])
		return id, "", err
	case strings.HasPrefix(rest, "^{"):
		name, rest, ok := strings.Cut(rest[2:], "}")
		if !ok {
			return ID{}, "", &RevisionError{rev, "a bracket is not closed"}
		}
		id, err := r.stepType(rev, id, name)
		return id, rest, err
	}
	digits := len(rest) - 1 - len(strings.TrimLeft(rest[1:], "0123456789"))
	n := 1
	if digits > 0 {
		var err error
		if n, err = strconv.Atoi(rest[1 : 1+digits]); err != nil {
			return ID{}, "", &RevisionError{rev, "no commit has so many parents"}
		}
	}
	if rest[0] == '^' {
		id, err := r.stepParent(rev, id, n)
		return id, rest[1+digits:], err
	}
	id, err := r.Peel(id, TypeCommit)
	for ; err == nil && n > 0; n-- {
		id, err = r.stepParent(rev, id, 1)
	}
	return id, rest[1+digits:], err
}

func (r *Repository) stepPath(rev string, id ID, path string) (ID, error) {
	tree, err := r.Peel(id, TypeTree)
	if err != nil {
		return ID{}, err
	}
	e, err := r.Find(tree, strings.TrimSuffix(path, "/"))
	if errors.Is(err, fs.ErrNotExist) {
		return ID{}, &RevisionError{rev, err.Error()}
	}
	return e.ID, err
}

func (r *Repository) stepType(rev string, id ID, name string) (ID, error) {
	if name == "" {
		return r.Peel(id, 0)
	}
	if name == "object" {
		return id, nil
	}
	t, ok := parseType(name)
	if !ok {
		return ID{}, &UnsupportedError{What: fmt.Sprintf("the revision %q: %q in brackets", clip(rev), clip(name))}
	}
	return r.Peel(id, t)
}

// stepParent is the nth parent of a commit, counted from one; with zero, the commit.
func (r *Repository) stepParent(rev string, id ID, n int) (ID, error) {
	id, err := r.Peel(id, TypeCommit)
	if err != nil || n == 0 {
		return id, err
	}
	c, err := r.Commit(id)
	if err != nil {
		return ID{}, err
	}
	if r.shallow[id] {
		return ID{}, &RevisionError{rev, fmt.Sprintf("the history is cut at %s: fetch with more depth (actions/checkout: fetch-depth: 0)", id)}
	}
	if n > len(c.Parents) {
		return ID{}, &RevisionError{rev, fmt.Sprintf("commit %s has %d parents", id, len(c.Parents))}
	}
	return c.Parents[n-1], nil
}
