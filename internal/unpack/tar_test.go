package unpack

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTarWords(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	check(w.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "about all"}}))
	for _, h := range []tar.Header{
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "where to", Uname: "owner", Gname: "group"},
		{Name: "hard", Typeflag: tar.TypeLink, Linkname: strings.Repeat("far/", 50)},
		{Name: "folder/", Typeflag: tar.TypeDir},
		{Name: "../up", Typeflag: tar.TypeReg, PAXRecords: map[string]string{"SCHILY.xattr.user.note": "attribute"}},
	} {
		check(w.WriteHeader(&h))
	}
	check(w.Close())
	c := walked(t, b.Bytes(), generous())
	told(t, c, "")
	for _, want := range []string{"about all", "link", "where to", "owner", "group", "hard", strings.Repeat("far/", 50), "folder/", "../up", "attribute"} {
		if !slices.Contains(c.names, want) {
			t.Errorf("%q was not told: %q", want, c.names)
		}
	}
}

func TestTarsJoined(t *testing.T) {
	one := tarUSTAR(file{"a", []byte("first")})
	c := walked(t, slices.Concat(one, one, make([]byte, 5120), tarGNU(file{"b", []byte("second")})), generous())
	told(t, c, "")
	if got := c.text(); got != "a: first\na: first\nb: second" {
		t.Errorf("%q", got)
	}
	c = walked(t, slices.Concat(one, []byte("behind the end")), generous())
	told(t, c, "")
	if got := c.text(); got != fmt.Sprintf("a: first\n(from byte %d): behind the end", len(one)) {
		t.Errorf("%q", got)
	}
	c = walked(t, slices.Concat(one, gz([]byte("behind the end"))), generous())
	told(t, c, "")
	if !c.holds("behind the end") {
		t.Errorf("%q", c.text())
	}
}

func TestTarWithoutEnd(t *testing.T) {
	b := tarUSTAR(file{"a", []byte("first")})
	told(t, walked(t, b[:2*blockLen], generous()), ": the tar archive has no mark of its end")
	told(t, walked(t, b[:blockLen+3], generous()), "a: the tar archive ends too early")
	told(t, walked(t, b[:3*blockLen], generous()), "")
}

// sparse makes a file of two pieces, with a hole before and between them, in each of four forms.
func sparseTars() map[string][]byte {
	first, second := []byte("piece one"), []byte("piece two")
	stored := append(bytes.Clone(first), second...)
	at := []int64{1000, int64(len(first)), 1 << 20, int64(len(second))}
	pax := func(data []byte, records ...string) []byte {
		out := tarOf(tar.FormatUSTAR, file{"x", []byte(paxRecords(records...))}, file{"name", data})
		out[156] = 'x'
		rechecksum(out)
		return out
	}
	old := tarUSTAR(file{"name", stored})
	copy(old[257:], "ustar  \x00")
	old[156] = 'S'
	for i, v := range at {
		copy(old[386+12*i:], fmt.Sprintf("%011o\x00", v))
	}
	rechecksum(old)
	place := fmt.Sprintf("2\n%d\n%d\n%d\n%d\n", at[0], at[1], at[2], at[3])
	return map[string][]byte{
		"GNU": old,
		"0.0": pax(stored, fmt.Sprint("GNU.sparse.offset=", at[0]), fmt.Sprint("GNU.sparse.numbytes=", at[1]),
			fmt.Sprint("GNU.sparse.offset=", at[2]), fmt.Sprint("GNU.sparse.numbytes=", at[3])),
		"0.1": pax(stored, fmt.Sprintf("GNU.sparse.map=%d,%d,%d,%d", at[0], at[1], at[2], at[3])),
		"1.0": pax(append([]byte(place+strings.Repeat("\x00", blockLen-len(place))), stored...), "GNU.sparse.major=1", "GNU.sparse.minor=0"),
	}
}

func paxRecords(records ...string) (out string) {
	for _, r := range records {
		n := len(r) + 3
		for len(fmt.Sprint(n)) != n-len(r)-2 {
			n++
		}
		out += fmt.Sprintf("%d %s\n", n, r)
	}
	return out
}

func TestTarSparse(t *testing.T) {
	for form, b := range sparseTars() {
		c := walked(t, b, generous())
		told(t, c, "")
		want := "name: " + strings.Repeat("\x00", 1000) + "piece one" + strings.Repeat("\x00", maxHole) + "piece two"
		if got := c.text(); got != want {
			t.Errorf("%s: %q", form, strings.ReplaceAll(got, "\x00", ""))
		}
	}
	b := sparseTars()["0.1"]
	copy(b[bytes.Index(b, []byte("map=1000")):], "map=x000")
	c := walked(t, b, generous())
	told(t, c, "name: the places of the data of a sparse file cannot be understood")
	if c.text() != "name: piece onepiece two" {
		t.Errorf("%q", c.text())
	}
}

// TestTarManyPieces continues the places over several blocks.
func TestTarManyPieces(t *testing.T) {
	var data, want []byte
	b := tarUSTAR(file{"name", bytes.Repeat([]byte("piece"), 30)})
	data = b[blockLen:]
	h := bytes.Clone(b[:blockLen])
	copy(h[257:], "ustar  \x00")
	h[156], h[482] = 'S', 1
	blocks := [][]byte{h, make([]byte, blockLen), make([]byte, blockLen)}
	blocks[1][504] = 1
	for i := range 30 {
		into := blocks[0][386:]
		if i >= 25 {
			into = blocks[2][24*(i-25):]
		} else if i >= 4 {
			into = blocks[1][24*(i-4):]
		} else {
			into = into[24*i:]
		}
		copy(into, fmt.Sprintf("%011o\x00%011o\x00", 10*i, 5))
		want = append(want, "piece\x00\x00\x00\x00\x00"...)
	}
	rechecksum(h)
	c := walked(t, append(slices.Concat(blocks...), data...), generous())
	told(t, c, "")
	if got := c.text(); got != "name: "+string(want[:len(want)-5]) {
		t.Errorf("%q", got)
	}
}

func TestTarNumbers(t *testing.T) {
	for _, test := range []struct {
		field string
		want  int64
		ok    bool
	}{
		{"0000644\x00", 0o644, true},
		{"    644 ", 0o644, true},
		{"644\x00junk", 0o644, true},
		{"\x00\x00\x00\x00", 0, true},
		{"0000648\x00", 0, false},
		{"\x80\x00\x00\x01\x00", 256, true},
		{"\xff\xff\xff\xff\xff", 0, false},
		{"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0, false},
		{"\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff", 1<<63 - 1, true},
	} {
		if got, ok := number([]byte(test.field)); ok != test.ok || ok && got != test.want {
			t.Errorf("%q: %d, %v", test.field, got, ok)
		}
	}
}

func TestArNames(t *testing.T) {
	b := arOf(file{"//", []byte("a long name of GNU/\nanother\n")}, file{"/0", []byte("one")}, file{"/20", []byte("two")},
		file{"#1/12", []byte("name of BSD\x00three")}, file{"short/", []byte("four")}, file{"/99", []byte("five")}, file{"/", []byte("symbols")})
	c := walked(t, b, generous())
	told(t, c, "")
	if got := c.text(); got != "a long name of GNU: one\nanother: two\nname of BSD: three\nshort: four\n/99: five\n/: symbols" {
		t.Errorf("%q", got)
	}
}

func TestGzipWords(t *testing.T) {
	var b bytes.Buffer
	for _, s := range []string{"one", "two"} {
		w := gzip.NewWriter(&b)
		w.Name, w.Comment, w.Extra = "name "+s, "comment "+s, []byte("extra "+s)
		must(w.Write([]byte(s)))
		check(w.Close())
	}
	c := walked(t, append(b.Bytes(), make([]byte, 1000)...), generous())
	told(t, c, "")
	if got := fmt.Sprint(c.leaves, c.names); got != "[: onetwo] [name one comment one extra one name two comment two extra two]" {
		t.Errorf("%s", got)
	}
	n := b.Len()
	for _, f := range []func([]byte) []byte{gz, zl, xzBytes} {
		b.Write(f([]byte("behind")))
		b.WriteString("\x00\x00the end")
		c = walked(t, b.Bytes()[n:], generous())
		told(t, c, "")
		if !strings.HasSuffix(c.text(), "): the end") || !c.holds("behind") {
			t.Errorf("%q", c.text())
		}
		b.Truncate(n)
	}
}

// TestImages: saved container images are archives of archives, and layers show by their digests.
func TestImages(t *testing.T) {
	lower := tarUSTAR(file{"app/.env", []byte("planted")})
	upper := tarUSTAR(file{"app/.wh..env", nil}, file{"app/main", []byte("program")})
	b := tarUSTAR(file{"1f0c/layer.tar", lower}, file{"2e1d/layer.tar", upper}, file{"manifest.json", []byte(`[{"Layers":["1f0c/layer.tar","2e1d/layer.tar"]}]`)})
	c := walked(t, b, generous())
	told(t, c, "")
	if got := c.leaves[0]; got != "1f0c/layer.tar → app/.env: planted" {
		t.Errorf("%q", got)
	}
	for _, pack := range []func([]byte) []byte{gz, zst} {
		b = tarUSTAR(file{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)}, file{"blobs/sha256/1f0c", pack(lower)}, file{"blobs/sha256/2e1d", pack(upper)})
		c = walked(t, b, generous())
		told(t, c, "")
		if got := c.leaves[1]; got != "blobs/sha256/1f0c → app/.env: planted" {
			t.Errorf("%q", got)
		}
	}
}

// TestRepositoryInside: the loose objects of a repository that was packed with its folder are inflated.
func TestRepositoryInside(t *testing.T) {
	b := tarUSTAR(file{".git/objects/ab/cdef", zl([]byte("blob 7\x00planted"))}, file{".git/HEAD", []byte("ref: refs/heads/main\n")})
	c := walked(t, gz(b), generous())
	told(t, c, "")
	if got := c.leaves[0]; got != ".git/objects/ab/cdef: blob 7\x00planted" {
		t.Errorf("%q", got)
	}
}
