package migrate

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/declare"
)

// List returns the entries of a folder.
func (s single) List(dir string) ([]declare.Entry, error) {
	prefix := dir + "/"
	if dir == "." {
		prefix = ""
	}
	for _, f := range s {
		rest, ok := strings.CutPrefix(f.Path, prefix)
		if !ok || rest == "" {
			continue
		}
		if name, _, below := strings.Cut(rest, "/"); below {
			return []declare.Entry{{Name: name, Type: declare.Folder, Size: -1}}, nil
		}
		return []declare.Entry{{Name: rest, Type: declare.Regular, Size: int64(len(f.Text))}}, nil
	}
	if dir == "." {
		return nil, nil
	}
	return nil, fs.ErrNotExist
}

// Read returns the file.
func (s single) Read(name string) ([]byte, error) {
	if i := slices.IndexFunc(s, func(f File) bool { return f.Path == name }); i >= 0 {
		return s[i].Text, nil
	}
	return nil, fs.ErrNotExist
}
