package gitobject

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// packedRef is a ref of the file packed-refs.
type packedRef struct {
	name       string
	id, peeled ID
}

const packedRefsMax = 512 << 20

func (r *Repository) readPackedRefs() ([]packedRef, error) {
	text, _, err := r.fs.read(path.Join(r.common, "packed-refs"), packedRefsMax)
	if err == nil {
		var list []packedRef
		if list, err = parsePackedRefs(string(text), r.store.format); err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("packed-refs: %w", err)
}

// parsePackedRefs reads the file and sorts what it holds by name. The first line may be a comment; a
// line that begins with ^ says what the tag before it names.
func parsePackedRefs(text string, f Format) ([]packedRef, error) {
	var list []packedRef
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		if digits, ok := strings.CutPrefix(line, "^"); ok {
			id, ok := f.parse(digits)
			if !ok || len(list) == 0 {
				return nil, corrupt("line %d is %q", n, clip(line))
			}
			list[len(list)-1].peeled = id
			continue
		}
		digits, name, _ := strings.Cut(line, " ")
		id, ok := f.parse(digits)
		if !ok || name == "" {
			return nil, corrupt("line %d is %q", n, clip(line))
		}
		if validRef(name) { // git, too, passes over names that it would not write
			list = append(list, packedRef{name: name, id: id})
		}
	}
	slices.SortStableFunc(list, func(a, b packedRef) int { return strings.Compare(a.name, b.name) })
	return list, nil
}
