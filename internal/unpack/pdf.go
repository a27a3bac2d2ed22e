package unpack

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

const (
	pdfBlock = 64 << 10
	// pdfBack is how far before a stream its dictionary is looked for.
	pdfBack = 2 << 10
)

// pdfFile is one PDF file whose streams are looked for.
type pdfFile struct {
	*walker
	all       region
	inside    []string
	level     level
	encrypted bool
	broken    int   // streams that could not be decoded
	first     int64 // where the first of them stands
	why       string
}

// pdf hands over a PDF file as it is, and then what its compressed streams hold. They are found by the
// words around them: its table of objects may be wrong, or hide what an earlier version held.
func (k *walker) pdf(p part, inside []string, l level) {
	r, ok := p.region()
	if !ok {
		m, whole := k.keep(p, k.limits.Memory)
		defer m.release()
		if !whole {
			k.skipped(inside, fmt.Sprintf("the streams of a PDF file of more than %d bytes inside another file were not opened", k.limits.Memory))
			w := k.windowOf(io.MultiReader(io.NewSectionReader(m, 0, m.size), p))
			defer w.release()
			k.leaf(w.whole(), inside, l)
			return
		}
		r = m.region()
	}
	k.openPart(r, inside, l, k.leaf)
	f := &pdfFile{walker: k, all: r, inside: inside, level: l}
	f.streams()
	switch {
	case f.encrypted:
		k.skipped(inside, "the PDF file is encrypted; its streams were not read")
	case f.broken > 0:
		k.skipped(inside, fmt.Sprintf("%d streams of the PDF file could not be read, the first from byte %d on: %s", f.broken, f.first, f.why))
	}
}

// streams looks for streams from the beginning to the end.
func (f *pdfFile) streams() {
	buf := make([]byte, pdfBlock)
	for at := int64(0); at < f.all.size && f.interrupted() == nil; {
		b, err := f.all.read(buf, at)
		if err != nil {
			return // told where the file was handed over
		}
		last := at+int64(len(b)) == f.all.size
		if n := f.block(b, at, last); n > 0 {
			at += n
		} else {
			return
		}
	}
}

const (
	pdfKeyword = "stream"
	pdfAhead   = len("/Encrypt") // of a block is left to the next: what could be cut in two
	pdfBefore  = len("end")      // of a block is shown again: it decides what the keyword means
)

// block looks for streams in a piece of the file that stands at an offset, and says how far it came.
func (f *pdfFile) block(b []byte, at int64, last bool) int64 {
	end := len(b)
	if !last {
		end -= pdfAhead
	}
	for from := min(pdfBefore, len(b)); ; {
		i := bytes.Index(b[from:], []byte(pdfKeyword))
		if i < 0 || from+i >= end {
			f.encrypted = f.encrypted || bytes.Contains(b[from:], []byte("/Encrypt"))
			if last {
				return int64(end)
			}
			return int64(end - pdfBefore)
		}
		f.encrypted = f.encrypted || bytes.Contains(b[from:from+i], []byte("/Encrypt"))
		ended := string(b[from+i-pdfBefore:from+i]) == "end"
		from += i + len(pdfKeyword)
		n := endOfLine(b[from:])
		if n == 0 || ended {
			continue
		}
		from += n
		next := f.stream(at+int64(from-n-len(pdfKeyword)), at+int64(from))
		if next < 0 {
			return 0
		}
		if next > at+int64(from) {
			return next - at
		}
	}
}

// endOfLine is the length of the end of a line.
func endOfLine(b []byte) int {
	switch {
	case bytes.HasPrefix(b, []byte("\r\n")):
		return 2
	case bytes.HasPrefix(b, []byte("\n")), bytes.HasPrefix(b, []byte("\r")):
		return 1
	}
	return 0
}

// stream opens the stream whose keyword and data stand at two offsets, and says where to look on:
// nowhere where it is negative.
func (f *pdfFile) stream(keyword, data int64) int64 {
	if !f.room(f.inside) {
		return -1
	}
	from := max(0, keyword-pdfBack)
	back, err := f.all.read(make([]byte, keyword-from), from)
	number, filters := dictionary(back)
	if err != nil || len(filters) == 0 || f.encrypted {
		return data
	}
	return data + f.decode(data, number, filters)
}

var pdfFilter = regexp.MustCompile(`/(FlateDecode|Fl|ASCII85Decode|A85|ASCIIHexDecode|AHx|LZWDecode|LZW|RunLengthDecode|RL|Crypt)\b`)

// dictionary reads the words before a stream: the number of its object and the filters it went through.
func dictionary(b []byte) (number string, filters []string) {
	if i := bytes.LastIndex(b, []byte("obj")); i >= 0 {
		head := bytes.Fields(b[max(0, i-32):i])
		b = b[i:]
		if len(head) >= 2 && digits(head[len(head)-2]) && digits(head[len(head)-1]) {
			number = string(head[len(head)-2])
		}
	}
	for _, m := range pdfFilter.FindAllSubmatch(b, -1) {
		filters = append(filters, string(m[1]))
	}
	return number, filters
}

func digits(b []byte) bool {
	return len(bytes.Trim(b, "0123456789")) == 0
}

// decode opens the data of a stream and says how long it is, as far as is known.
func (f *pdfFile) decode(at int64, number string, filters []string) int64 {
	way := place(f.inside, at)
	if number != "" {
		way = below(f.inside, "(object "+number+")")
	}
	w := f.over(f.all.sub(at, f.all.size))
	defer w.release()
	m := &meter{walk: f.walker, inside: way, consumed: w.pos}
	m.src, m.err = pdfDecoder(w.whole(), filters)
	if m.err == nil {
		f.content(m, way, level{depth: f.level.depth})
	}
	if why := m.trouble("the data"); why != "" {
		if f.broken++; f.broken == 1 {
			f.first, f.why = at, why
		}
		return 0
	}
	if len(filters) > 1 {
		return 0 // more was read than belongs to the stream
	}
	return w.pos()
}

// pdfDecoder undoes the filters in their order.
func pdfDecoder(in source, filters []string) (r io.Reader, err error) {
	r = in
	for _, name := range filters {
		switch name {
		case "FlateDecode", "Fl":
			if r, err = zlib.NewReader(r); err != nil {
				return nil, truncated(err)
			}
		case "ASCII85Decode", "A85":
			r = bufio.NewReader(ascii85.NewDecoder(&upTo{in: bufio.NewReader(r), last: '~'}))
		case "ASCIIHexDecode", "AHx":
			r = bufio.NewReader(hex.NewDecoder(&upTo{in: bufio.NewReader(r), last: '>'}))
		default:
			return nil, fmt.Errorf("its filter %s is not supported", strconv.Quote(name))
		}
	}
	return r, nil
}

// upTo reads up to a byte that ends the data, without blanks.
type upTo struct {
	in   io.ByteReader
	last byte
	done bool
}

func (u *upTo) Read(p []byte) (n int, err error) {
	for n < len(p) && !u.done {
		c, err := u.in.ReadByte()
		switch {
		case err != nil:
			u.done = true
		case c == u.last:
			u.done = true
		case c > ' ':
			p[n] = c
			n++
		}
	}
	if n == 0 && u.done {
		return 0, io.EOF
	}
	return n, nil
}
