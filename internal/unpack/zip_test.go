package unpack

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
)

// text is the leaves, one a line.
func (c *collected) text() string { return strings.Join(c.leaves, "\n") }

func TestZipBehindAProgram(t *testing.T) {
	b := zipDeflated(file{"a", []byte("planted")})
	for _, before := range []string{"#!/bin/sh\nexec java -jar\n", "MZ\x90\x00 program ", "\x7fELF program", "anything at all "} {
		c := walkedAt(t, append([]byte(before), b...), generous())
		told(t, c, "")
		if got, want := c.text(), "a: planted\n(from byte 0): "+before; got != want {
			t.Errorf("%q: %q", before, got)
		}
		if before[0] == 'a' {
			continue // inside others, only programs are looked at from their end
		}
		for _, in := range [][]byte{zipDeflated(file{"p", append([]byte(before), b...)}), tarUSTAR(file{"p", append([]byte(before), b...)})} {
			c = walked(t, in, generous())
			told(t, c, "")
			if got, want := c.text(), "p → a: planted\np → (from byte 0): "+before; got != want {
				t.Errorf("%q: %q", before, got)
			}
		}
	}
}

func TestProgramTooLarge(t *testing.T) {
	l := generous()
	l.Memory = chunkLen
	b := slices.Concat([]byte("#!/bin/sh\n"), noise(2*chunkLen), zipStored(file{"a", []byte("planted")}))
	told(t, walked(t, gz(b), l), ": the zip archive at the end of this program was not opened")
	told(t, walked(t, gz(b[:2*chunkLen]), l), "")
}

func TestScriptWithPayload(t *testing.T) {
	b := append([]byte("#!/bin/sh\ntail -n +3 $0 | tar xz\n"), gz(tarUSTAR(file{"a", []byte("planted")}))...)
	for _, in := range [][]byte{b, gz(b)} {
		c := walked(t, in, generous())
		told(t, c, "")
		if got := c.text(); got != ": #!/bin/sh\ntail -n +3 $0 | tar xz\n\n(from byte 33) → a: planted" {
			t.Errorf("%q", got)
		}
	}
}

// TestZipEntriesOfNoDirectory: what the directory does not list, or no longer, is there all the same.
func TestZipEntriesOfNoDirectory(t *testing.T) {
	first := zipStored(file{"deleted", []byte("planted")})
	entries := first[:bytes.Index(first, []byte(sigDirectory))]
	b := slices.Concat(entries, []byte("between"), zipDeflated(file{"kept", []byte("text")}))
	c := walked(t, b, generous())
	told(t, c, "deleted: the end of the zip entry cannot be known without the directory")
	if !c.holds("planted") { // as bytes
		t.Errorf("%q", c.leaves)
	}
	sized := zipRaw(0, 0, "deleted", []byte("planted"), crc32.ChecksumIEEE([]byte("planted")), 7)
	entries = sized[:bytes.Index(sized, []byte(sigDirectory))]
	deflated := zipDeflated(file{"streamed", []byte("more")})
	entries = append(entries, deflated[:bytes.Index(deflated, []byte(sigDirectory))]...)
	c = walked(t, slices.Concat(entries, []byte("between"), zipDeflated(file{"kept", []byte("text")})), generous())
	told(t, c, "")
	if got := c.text(); got != fmt.Sprintf("kept: text\ndeleted: planted\nstreamed: more\n(from byte %d): between", len(entries)) {
		t.Errorf("%q", got)
	}
}

func TestZipWithoutDirectory(t *testing.T) {
	b := zipDeflated(file{"a", []byte("first")}, file{"b", []byte("second")})
	c := walked(t, b[:bytes.Index(b, []byte(sigDirectory))], generous())
	told(t, c, "has no usable directory (its end is missing)")
	if got := c.text(); got != "a: first\nb: second" {
		t.Errorf("%q", got)
	}
}

func TestZipRefused(t *testing.T) {
	good := []byte("good")
	sum := crc32.ChecksumIEEE(good)
	for _, test := range []struct {
		name string
		b    []byte
		want string
	}{
		{"encrypted", zipRaw(0, flagEncrypted, "a", good, sum, 4), "a: the zip entry is encrypted"},
		{"Deflate64", zipRaw(9, 0, "a", good, sum, 4), "a: the zip entry uses method 9 (Deflate64), which is not supported"},
		{"unknown method", zipRaw(77, 0, "a", good, sum, 4), "a: the zip entry uses method 77, which is not supported"},
		{"wrong checksum", zipRaw(0, 0, "a", good, sum+1, 4), "a: the zip entry is damaged: its checksum is wrong"},
		{"LZMA without properties", zipRaw(14, 0, "a", good, sum, 4), "a: the zip entry was read up to byte 0 only: the data ends too early"},
		{"LZMA of another form", zipRaw(14, 0, "a", bytes.Repeat(good, 9), sum, 4), "a: the zip entry was read up to byte 0 only: its properties have an unknown form"},
	} {
		b := bytes.Clone(test.b)
		c := walked(t, b, generous())
		told(t, c, test.want)
	}
	// The size that an entry states does not matter.
	for _, size := range []int{0, 3, 1 << 30} {
		c := walked(t, zipRaw(0, 0, "a", good, sum, size), generous())
		told(t, c, "")
		if c.text() != "a: good" {
			t.Errorf("%q", c.text())
		}
	}
}

func TestZipWords(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	extra := append([]byte{0x75, 0x70, 20, 0}, "words in extra field"...)
	for _, name := range []string{"../up", "caf\xe9", "twice", "twice", "folder/"} {
		must(w.CreateHeader(&zip.FileHeader{Name: name, Comment: "about " + name, Extra: extra}))
	}
	check(w.SetComment("about all"))
	check(w.Close())
	c := walked(t, b.Bytes(), generous())
	told(t, c, "")
	for _, want := range []string{"about all", "../up", "about ../up", "caf\xe9", "about caf\xe9", "twice", "folder/", string(extra)} {
		if !slices.Contains(c.names, want) {
			t.Errorf("%q was not told: %q", want, c.names)
		}
	}
}

// TestZipOtherName: the name before the data can be another than that in the directory.
func TestZipOtherName(t *testing.T) {
	b := zipStored(file{"name1", []byte("text")})
	copy(b[localLen:], "name2")
	c := walked(t, b, generous())
	told(t, c, "")
	if got := strings.Join(c.names, " "); got != "name1 name2" {
		t.Errorf("%s", got)
	}
}

// TestZipLarge: the numbers of large archives, and what stands before one.
func TestZipLarge(t *testing.T) {
	one := zipRaw(0, 0, "a", []byte("planted"), crc32.ChecksumIEEE([]byte("planted")), 7)
	at, end := bytes.Index(one, []byte(sigDirectory)), bytes.LastIndex(one, []byte(sigEnd))
	dir := bytes.Clone(one[at:end])
	le.PutUint32(dir[20:], 1<<32-1)
	le.PutUint32(dir[24:], 1<<32-1)
	le.PutUint32(dir[42:], 1<<32-1)
	large := le.AppendUint64(le.AppendUint64(le.AppendUint64([]byte{1, 0, 24, 0}, 7), 7), 0)
	le.PutUint16(dir[30:], uint16(len(large)))
	dir = append(dir, large...)
	b := append(bytes.Clone(one[:at]), dir...)
	end64 := make([]byte, 56)
	copy(end64, sigEnd64)
	le.PutUint64(end64[4:], 44)
	le.PutUint64(end64[24:], 1)
	le.PutUint64(end64[32:], 1)
	le.PutUint64(end64[40:], uint64(len(dir)))
	le.PutUint64(end64[48:], uint64(at))
	locator := make([]byte, 20)
	copy(locator, sigLocator64)
	le.PutUint64(locator[8:], uint64(len(b)))
	short := make([]byte, endLen)
	copy(short, sigEnd)
	for i := 8; i < 20; i++ {
		short[i] = 0xff
	}
	b = slices.Concat(b, end64, locator, short)
	for _, before := range []string{"", "#!/bin/sh\n"} {
		c := walked(t, append([]byte(before), b...), generous())
		told(t, c, "")
		if !strings.HasPrefix(c.text(), "a: planted") {
			t.Errorf("%q: %q", before, c.text())
		}
	}
	copy(b[len(b)-endLen-20-56:], "PK??")
	told(t, walked(t, b, generous()), "end record for large archives is missing")
}

// TestZipHiddenBehind: the data of an entry can be longer than what it decompresses from.
func TestZipHiddenBehind(t *testing.T) {
	one := zipDeflated(file{"a", []byte("text")})
	at := localLen + 1
	data := one[at : at+bytes.Index(one[at:], []byte(sigDescriptor))]
	b := zipRaw(8, 0, "a", append(bytes.Clone(data), "planted"...), crc32.ChecksumIEEE([]byte("text")), 4)
	c := walked(t, b, generous())
	told(t, c, "")
	if got := c.text(); got != fmt.Sprintf("a: text\na → (from byte %d): planted", len(data)) {
		t.Errorf("%q", got)
	}
}
