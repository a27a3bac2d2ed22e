package leak

import (
	"cmp"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// treeRoot is a folder of more than 100 MB to measure on: that which KEYSWEEP_TREE names, or Go itself.
func treeRoot(tb testing.TB) string {
	tb.Helper()
	if root := os.Getenv("KEYSWEEP_TREE"); root != "" {
		return root
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		tb.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// searchTree searches every file below root with some workers, as a scan of a folder does.
func searchTree(tb testing.TB, root string, workers int, search func(data []byte)) (size int64) {
	tb.Helper()
	paths := make(chan string, 256)
	var total atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			buf := make([]byte, 1<<20)
			for p := range paths {
				n := readFile(tb, p, &buf)
				total.Add(int64(n))
				search(buf[:n])
			}
		})
	}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths <- p
		}
		return err
	})
	close(paths)
	group.Wait()
	if err != nil {
		tb.Fatal(err)
	}
	return total.Load()
}

// readFile reads a file into buf, which grows to what the file needs.
func readFile(tb testing.TB, path string, buf *[]byte) (n int) {
	f, err := os.Open(path)
	if err != nil {
		tb.Error(err)
		return 0
	}
	defer f.Close()
	for {
		k, err := f.Read((*buf)[n:])
		if n += k; err != nil || k == 0 {
			return n
		}
		if n == len(*buf) {
			*buf = append(*buf, make([]byte, len(*buf))...)
		}
	}
}

// BenchmarkTree is the time of a whole folder: "read" only reads it, "find" searches with all encodings.
func BenchmarkTree(b *testing.B) {
	root := treeRoot(b)
	d := New(Options{})
	for _, way := range []struct {
		name   string
		search func([]byte)
	}{
		{"read", func([]byte) {}},
		{"find", func(data []byte) { d.Find(data, func(Hit) {}) }},
	} {
		b.Run(cmp.Or(way.name), func(b *testing.B) {
			var size int64
			for b.Loop() {
				size = searchTree(b, root, 2, way.search)
			}
			b.SetBytes(size)
		})
	}
}
