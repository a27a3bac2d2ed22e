package history

import (
	"strings"

	"github.com/keysweep/keysweep/internal/leak"
)

const stash = "refs/stash"

func isNote(ref string) bool { return strings.HasPrefix(ref, "refs/notes/") }

// tip is an object that a ref names.
type tip struct {
	object int32
	ref    string
}

// refs looks at the names of refs and notes where they lead.
func (s *scan) refs() {
	for ref, err := range s.repo.Refs() {
		if err != nil {
			s.skip(ref.Name, err.Error())
			continue
		}
		s.finder.Text([]byte(ref.Name), func(h leak.Hit) {
			s.rows = append(s.rows, Sighting{Hit: h, Where: InRef, Path: ref.Name})
		})
		if !ref.ID.IsZero() {
			s.tip(ref.Name, s.refer(ref.ID, 0))
		}
	}
	for head, err := range s.repo.Heads() {
		if err != nil {
			s.skip(head.Name, err.Error())
			continue
		}
		if !head.ID.IsZero() {
			s.tip(head.Name, s.refer(head.ID, 0))
		}
	}
	// The entries of the stash but the last are named by its log alone.
	entries, err := s.repo.Logged(stash)
	if err != nil {
		s.skip("logs/"+stash, err.Error())
	}
	for _, id := range entries {
		s.tip(stash, s.ids.find(id))
	}
}

func (s *scan) tip(ref string, n int32) {
	if n != none {
		s.tips = append(s.tips, tip{n, ref})
	}
}
