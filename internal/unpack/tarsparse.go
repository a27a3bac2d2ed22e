package unpack

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

const (
	// maxHole is how many of the zeros of a hole are shown. A file of holes costs what its data costs.
	maxHole = 4 << 10
	// maxSpans bounds the pieces of a sparse file.
	maxSpans = 1 << 16
)

// sparse reads where the data of a sparse file belongs, in each of the four forms that there were.
// Nothing means that it has no holes. What cannot be understood is told, and read as it is stored.
func (t *tarball) sparse(h *tarHeader, r records, way []string) ([]span, bool) {
	var numbers []int64
	sound := true
	switch {
	case h.kind == 'S':
		numbers, sound = t.oldSparse(h)
	case r.known["GNU.sparse.major"] == "1":
		numbers, sound = t.sparseMap(h)
	case r.known["GNU.sparse.map"] != "":
		for s := range strings.SplitSeq(r.known["GNU.sparse.map"], ",") {
			v, err := strconv.ParseInt(s, 10, 64)
			sound = sound && err == nil
			numbers = append(numbers, v)
		}
	default:
		numbers = r.pairs
	}
	data, ordered := spansOf(numbers, h.size)
	if !sound || !ordered {
		t.skipped(way, "the places of the data of a sparse file cannot be understood; the data was searched as it is stored")
		return nil, true
	}
	return data, true
}

// spansOf checks offsets and lengths: in order, and no more than there is.
func spansOf(numbers []int64, size int64) ([]span, bool) {
	var out []span
	at := int64(0)
	for i := 0; i+1 < len(numbers); i += 2 {
		from, n := numbers[i], numbers[i+1]
		if from < at || n < 0 || n > size || from > endless-n {
			return nil, false
		}
		size -= n
		at = from + n
		out = append(out, span{from, at})
	}
	return out, len(numbers)%2 == 0
}

// oldSparse reads the places from the header itself and the blocks that continue it.
func (t *tarball) oldSparse(h *tarHeader) ([]int64, bool) {
	numbers, sound := sparseFields(nil, h.block[386:482])
	for more := h.block[482] != 0; more && sound; {
		b, ok := t.p.take(blockLen)
		if !ok || len(numbers) > 2*maxSpans {
			return nil, false
		}
		numbers, sound = sparseFields(numbers, b[:504])
		more = b[504] != 0
	}
	return numbers, sound
}

// sparseFields reads pairs of fields up to an empty one.
func sparseFields(to []int64, b []byte) ([]int64, bool) {
	for ; len(b) >= 24 && b[0] != 0; b = b[24:] {
		offset, ok1 := number(b[:12])
		n, ok2 := number(b[12:24])
		if !ok1 || !ok2 {
			return nil, false
		}
		to = append(to, offset, n)
	}
	return to, true
}

// sparseMap reads the places from the beginning of the data: a count and the numbers, a line each.
func (t *tarball) sparseMap(h *tarHeader) ([]int64, bool) {
	var text []byte
	want := int64(1)
	lines := int64(0)
	for lines < want {
		if h.size < blockLen || len(text) > 40*maxSpans {
			return nil, false
		}
		b, ok := t.p.take(blockLen)
		if !ok {
			return nil, false
		}
		h.size -= blockLen
		text = append(text, b...)
		lines += int64(bytes.Count(b, []byte("\n")))
		if want == 1 && lines > 0 {
			first, _, _ := bytes.Cut(text, []byte("\n"))
			n, err := strconv.ParseInt(string(first), 10, 32)
			if err != nil || n < 0 || n > maxSpans {
				return nil, false
			}
			want = 1 + 2*n
		}
	}
	return sparseLines(text, want)
}

func sparseLines(text []byte, want int64) (numbers []int64, sound bool) {
	for i, line := range strings.SplitN(string(text), "\n", int(want)+1)[:want] {
		v, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			return nil, false
		}
		if i > 0 {
			numbers = append(numbers, v)
		}
	}
	return numbers, true
}

// sparseReader puts the zeros of holes between the pieces of data.
type sparseReader struct {
	p    part
	data []span
	at   int64 // in the file, holes counted in full
	zero int64 // zeros that are left of a hole
}

// hole goes over the zeros before the next piece.
func (s *sparseReader) hole() {
	if len(s.data) > 0 && s.at < s.data[0].from {
		s.zero = min(s.data[0].from-s.at, maxHole)
		s.at = s.data[0].from
	}
}

func (s *sparseReader) Read(b []byte) (int, error) {
	for s.zero == 0 && len(s.data) > 0 && s.at >= s.data[0].to {
		s.data = s.data[1:]
		s.hole()
	}
	switch {
	case s.zero > 0:
		n := min(int64(len(b)), s.zero)
		clear(b[:n])
		s.zero -= n
		return int(n), nil
	case len(s.data) == 0:
		return s.p.Read(b) // what the places do not mention
	case len(b) == 0:
		return 0, nil
	}
	n, err := s.p.Read(b[:min(int64(len(b)), s.data[0].to-s.at)])
	s.at += int64(n)
	if err == io.EOF && n > 0 {
		err = nil
	}
	return n, err
}
