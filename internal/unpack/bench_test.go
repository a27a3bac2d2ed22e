package unpack

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// reader reads every leaf, as a scan does, and keeps nothing.
type reader struct{ buf []byte }

func (r *reader) Leaf(_ []string, in io.Reader) error {
	for {
		if _, err := in.Read(r.buf); err != nil {
			return nil
		}
	}
}
func (*reader) Name([]string, string)    {}
func (*reader) Skipped([]string, string) {}

// BenchmarkWalk counts the bytes of the files, not of the archive.
func BenchmarkWalk(b *testing.B) {
	var files []file
	size := 0
	for i := range 2000 {
		data := bytes.Repeat(noise(200+i), 2+i%9)
		size += len(data)
		files = append(files, file{fmt.Sprint("folder/file", i), data})
	}
	for _, x := range []struct {
		name string
		b    []byte
	}{
		{"tar", tarUSTAR(files...)},
		{"tar.gz", gz(tarUSTAR(files...))},
		{"tar.zst", zst(tarUSTAR(files...))},
		{"tar.xz", xzBytes(tarUSTAR(files...))},
		{"zip", zipDeflated(files...)},
		{"zip stored", zipStored(files...)},
		{"zip in zip", zipDeflated(file{"a", zipDeflated(files...)})},
	} {
		b.Run(x.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			v := &reader{make([]byte, 64<<10)}
			for b.Loop() {
				if err := Walk("x", bytes.NewReader(x.b), int64(len(x.b)), generous(), v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
