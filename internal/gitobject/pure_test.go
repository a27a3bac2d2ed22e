package gitobject

import (
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// TestPure holds the package to reading through the file system it is given, and nothing else.
func TestPure(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		read++
		for _, i := range file.Imports {
			name := strings.Trim(i.Path.Value, `"`)
			if name == "github.com/klauspost/compress/flate" {
				continue // it decodes what it is handed
			}
			first, _, _ := strings.Cut(name, "/")
			if first == "os" || first == "net" || first == "syscall" || first == "unsafe" || strings.Contains(first, ".") {
				t.Errorf("%s imports %s", e.Name(), name)
			}
		}
	}
	if read < 10 {
		t.Errorf("%d files were looked at", read)
	}
}
