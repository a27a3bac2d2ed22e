package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

var le = binary.LittleEndian

// directory is the list of entries that a zip archive has at its end.
type directory struct {
	all     region
	from    int64 // where it begins
	size    int64
	base    int64 // where offsets count from: behind what stands before the archive
	tail    int64 // where the records of its end begin
	end     int64 // where they end
	count   uint64
	comment string
}

// maxEnd is how far from the end of an archive the record of the end can begin.
const maxEnd = endLen + 1<<16

// HasZipEnd says that a file ends as a zip archive does, whatever it begins with. The last 66 kB of
// a file are enough.
func HasZipEnd(tail []byte) bool { return endIn(tail) >= 0 }

// endIn is where the record of the end begins: the last one whose comment ends with the file, or else
// the last whose comment ends before that.
func endIn(tail []byte) int {
	found := -1
	for at := 0; ; at++ {
		i := bytes.Index(tail[at:], []byte(sigEnd))
		if i < 0 {
			return found
		}
		at += i
		if len(tail)-at < endLen {
			return found
		}
		n := at + endLen + int(le.Uint16(tail[at+20:]))
		if n == len(tail) {
			return at
		}
		if n < len(tail) && plausibleEnd(tail[at:]) {
			found = at
		}
	}
}

// plausibleEnd wants more than the four bytes of the signature: one disk, and counts that agree.
func plausibleEnd(b []byte) bool {
	return le.Uint32(b[4:]) == 0 && le.Uint16(b[8:]) == le.Uint16(b[10:])
}

// findDirectory reads the records at the end of an archive.
func findDirectory(r region) (*directory, error) {
	first := max(0, r.size-maxEnd)
	tail, err := r.read(make([]byte, min(r.size, maxEnd)), first)
	if err != nil {
		return nil, err
	}
	i := endIn(tail)
	if i < 0 {
		return nil, errors.New("its end is missing")
	}
	b := tail[i:]
	comment := b[endLen:min(len(b), endLen+int(le.Uint16(b[20:])))]
	d := &directory{
		all: r, tail: first + int64(i), end: first + int64(i+endLen+len(comment)), comment: string(comment),
		count: uint64(le.Uint16(b[10:])), size: int64(le.Uint32(b[12:])),
	}
	offset := int64(le.Uint32(b[16:]))
	if d.count == math.MaxUint16 || d.size == math.MaxUint32 || offset == math.MaxUint32 {
		if err := d.large(&offset); err != nil {
			return nil, err
		}
	}
	return d, d.locate(offset)
}

// large reads the record of an archive with large numbers, if there is one.
func (d *directory) large(offset *int64) error {
	b, err := d.all.read(make([]byte, 20), d.tail-20)
	if err != nil || len(b) < 20 || string(b[:4]) != sigLocator64 {
		return err // the numbers of the short record are what they are
	}
	at := int64(le.Uint64(b[8:]))
	for _, at := range []int64{at, d.tail - 20 - 56} { // with something before the archive, the offset is wrong
		if at < 0 || at > d.tail-20-56 {
			continue
		}
		b, err := d.all.read(make([]byte, 56), at)
		if err != nil {
			return err
		}
		if len(b) == 56 && string(b[:4]) == sigEnd64 {
			d.tail, d.count = at, le.Uint64(b[32:])
			d.size, *offset = int64(le.Uint64(b[40:])), int64(le.Uint64(b[48:]))
			return nil
		}
	}
	return errors.New("its end record for large archives is missing")
}

// locate finds the beginning of the directory. It stands right before its end records, unless it
// stands where the offset says.
func (d *directory) locate(offset int64) error {
	d.from = d.tail - d.size
	if d.size < 0 || offset < 0 || d.from < 0 {
		return errors.New("its directory would begin before the archive")
	}
	d.base = d.from - offset
	if !d.startsAt(d.from) && d.startsAt(offset) {
		d.from, d.base = offset, 0
	}
	if d.count > 0 && !d.startsAt(d.from) {
		return errors.New("its directory is not where it should be")
	}
	return nil
}

func (d *directory) startsAt(at int64) bool {
	b, err := d.all.read(make([]byte, 4), at)
	return err == nil && string(b) == sigDirectory
}

// each calls f for every entry until it returns false. It returns how many there were, and an error
// where the directory is damaged.
func (d *directory) each(k *walker, f func(entry) bool) (n int, err error) {
	w := k.over(d.all.sub(d.from, d.tail-d.from))
	defer w.release()
	p := w.whole()
	for {
		head := p.peek(directoryLen)
		if len(head) < 4 || string(head[:4]) != sigDirectory {
			return n, w.fault()
		}
		if len(head) < directoryLen {
			return n, errors.New("an entry is cut off")
		}
		e := parseDirectory(head)
		name, extra, comment := int(le.Uint16(head[28:])), int(le.Uint16(head[30:])), int(le.Uint16(head[32:]))
		p.skip(directoryLen)
		words, ok := p.take(name + extra + comment)
		if !ok {
			return n, errors.New("an entry is cut off")
		}
		e.words(words, name, extra)
		e.offset += d.base
		n++
		if !f(e) {
			return n, nil
		}
	}
}
