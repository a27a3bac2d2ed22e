package scansource

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/keysweep/keysweep/internal/leak"
)

// shown is a name that JSON can hold: bytes that are no text are written out.
func shown(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for i, c := range name {
		if c == utf8.RuneError && !strings.HasPrefix(name[i:], "\uFFFD") {
			fmt.Fprintf(&b, `\x%02x`, name[i])
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// below is the path of an entry of a folder.
func below(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// names looks for keys in the names of a folder, all in one go: most hold none.
func (s *Scanner) names(f *folder, names []string) {
	var all bytes.Buffer
	for _, n := range names {
		all.WriteString(n)
		all.WriteString("\n\n")
	}
	any := false
	s.opts.Detector.Find(all.Bytes(), func(leak.Hit) { any = true })
	if !any {
		return
	}
	for _, n := range names {
		s.opts.Detector.Find([]byte(n), func(h leak.Hit) {
			s.add(placed{Row: Row{Hit: h, Where: InName, Path: below(f.shown, shown(n))}, folder: f, name: n})
		})
	}
}
