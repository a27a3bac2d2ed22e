package unpack

import (
	"compress/bzip2"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
)

// entry is what a header of a zip archive says about one of its files.
type entry struct {
	name, comment string
	extra         []byte
	flags, method uint16
	crc           uint32
	packed        int64 // its size in the archive
	size          int64 // what it says to hold: never believed, but LZMA needs it
	offset        int64 // of its local header
}

const (
	flagEncrypted = 1 << 0
	flagStreamed  = 1 << 3 // sizes and checksum follow the data
	flagMasked    = 1 << 13
)

// methods are the names of the methods that cannot be decoded here.
var methods = map[uint16]string{
	1: "shrunk", 2: "reduced", 3: "reduced", 4: "reduced", 5: "reduced", 6: "imploded", 9: "Deflate64", 10: "TERSE",
	18: "TERSE", 19: "LZ77", 94: "MP3", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES",
}

func methodName(m uint16) string {
	if name := methods[m]; name != "" {
		return fmt.Sprintf("method %d (%s)", m, name)
	}
	return fmt.Sprintf("method %d", m)
}

// parseDirectory reads the fixed fields of an entry of the directory.
func parseDirectory(b []byte) entry {
	return entry{
		flags: le.Uint16(b[8:]), method: le.Uint16(b[10:]), crc: le.Uint32(b[16:]),
		packed: int64(le.Uint32(b[20:])), size: int64(le.Uint32(b[24:])), offset: int64(le.Uint32(b[42:])),
	}
}

// words takes the variable fields: name, extra fields, comment.
func (e *entry) words(b []byte, name, extra int) {
	e.name, e.extra, e.comment = string(b[:name]), b[name:name+extra], string(b[name+extra:])
	e.large()
}

// large takes the large numbers from the extra fields, for those that do not fit.
func (e *entry) large() {
	for x := e.extra; len(x) >= 4; {
		n := int(le.Uint16(x[2:]))
		if len(x) < 4+n {
			return
		}
		if le.Uint16(x) == 1 {
			e.take64(x[4 : 4+n])
			return
		}
		x = x[4+n:]
	}
}

func (e *entry) take64(b []byte) {
	for _, v := range []*int64{&e.size, &e.packed, &e.offset} {
		if *v == math.MaxUint32 && len(b) >= 8 {
			*v = int64(min(le.Uint64(b), math.MaxInt64>>2))
			b = b[8:]
		}
	}
}

// parseLocal reads the header before the data of an entry, and says how long it is. Its fixed fields are
// in b, and peek gives all of it.
func parseLocal(b []byte, peek func(int) []byte) (e entry, size int64, err error) {
	if len(b) < localLen || string(b[:4]) != sigLocal {
		return e, 0, errors.New("it has no header")
	}
	e = entry{
		flags: le.Uint16(b[6:]), method: le.Uint16(b[8:]), crc: le.Uint32(b[14:]),
		packed: int64(le.Uint32(b[18:])), size: int64(le.Uint32(b[22:])),
	}
	name, extra := int(le.Uint16(b[26:])), int(le.Uint16(b[28:]))
	all := peek(localLen + name + extra)
	size = int64(localLen + name + extra)
	// A header may be longer than what can be looked at; then its last words are not.
	name = min(name, len(all)-localLen)
	extra = min(extra, len(all)-localLen-name)
	e.words(append([]byte(nil), all[localLen:localLen+name+extra]...), name, extra)
	return e, size, nil
}

// member opens the data of one entry.
func (k *walker) member(data part, e entry, way []string, l level) {
	if data.left() == 0 && e.packed == 0 {
		return
	}
	switch {
	case e.flags&(flagEncrypted|flagMasked) != 0:
		k.skipped(way, "the zip entry is encrypted")
		return
	case e.method == 0 && k.randomly(data, way, l):
		return
	}
	in := buffered(data)
	defer giveBack(in)
	start := data.w.pos()
	m := &meter{walk: k, inside: way, consumed: func() int64 { return data.w.pos() - start - int64(in.Buffered()) }}
	if e.crc != 0 {
		m.sum = crc32.NewIEEE()
	}
	k.decodeMember(m, in, e, l)
	if m.err == io.EOF {
		k.behind(in, m.consumed(), way, l)
	}
	if m.err == io.EOF && m.sum != nil && (e.method != 0 || m.produced == e.packed) {
		k.compare(m.sum, e.crc, way)
	}
}

// compare tells of a wrong checksum.
func (k *walker) compare(sum hash.Hash32, want uint32, way []string) {
	if sum.Sum32() != want {
		k.skipped(way, "the zip entry is damaged: its checksum is wrong")
	}
}

// randomly opens a stored entry in its place where what it holds needs no order.
func (k *walker) randomly(data part, way []string, l level) bool {
	kind := IsContainer(data.peek(headLen))
	if _, ok := data.region(); !ok || kind != Zip && kind != PDF {
		return false
	}
	k.open(data, way, level{depth: l.depth})
	return true
}

// decodeMember opens what an entry holds and tells what went wrong.
func (k *walker) decodeMember(m *meter, in source, e entry, l level) {
	done := nothing
	switch e.method {
	case 0:
		m.src = in
	case 8:
		m.src, done = k.inflater(in)
	case 12:
		m.src = bzip2.NewReader(in)
	case 14:
		m.src, m.err = newLZMAMember(in, e.lzmaSize(), k.window())
		done = k.look()
	case 20, 93:
		m.src, done, m.err = k.decoder(Zstd, in, m.inside)
	case 95:
		m.src, done, m.err = k.decoder(XZ, in, m.inside)
	default:
		k.skipped(m.inside, "the zip entry uses "+methodName(e.method)+", which is not supported")
		return
	}
	if m.err == nil {
		k.content(m, m.inside, level{depth: l.depth})
	}
	done()
	if why := m.trouble("the zip entry"); why != "" {
		k.skipped(m.inside, why)
	}
}

// lzmaSize is the size that LZMA data needs to know: none where its end is marked.
func (e entry) lzmaSize() int64 {
	if e.flags&2 != 0 {
		return -1
	}
	return e.size
}

// zipEntries reads entries in the order in which they stand, up to something that is none, and says
// whether that is the directory.
func (k *walker) zipEntries(p part, inside []string, l level) bool {
	if b := string(p.peek(4)); b == sigDescriptor || b == "PK00" {
		p.skip(4) // the mark of an archive that could have been split
	}
	for !k.halted {
		head := p.peek(4)
		switch string(head) {
		case sigLocal:
			if !k.zipEntry(p, inside, l) {
				return false
			}
		case sigDirectory, sigEnd, sigEnd64:
			return true
		default:
			return false
		}
	}
	return false
}

// zipEntry reads one entry without the directory. False says that nobody knows where it ends.
func (k *walker) zipEntry(p part, inside []string, l level) bool {
	e, size, err := parseLocal(p.peek(localLen), p.peek)
	if err != nil {
		return false
	}
	way, ok := k.entry(inside, e.name)
	if !ok {
		return false
	}
	k.tell(way, e)
	p.skip(size)
	if e.flags&flagStreamed != 0 && e.packed == 0 {
		return k.zipStreamed(p, e, way, l)
	}
	end := p.w.pos() + e.packed
	if p.left() >= e.packed || e.method != 0 {
		k.member(p.sub(e.packed), e, way, l)
	}
	if !p.skip(end - p.w.pos()) {
		k.skipped(way, "the zip entry is cut off")
		return false
	}
	if e.flags&flagStreamed != 0 {
		b := p.peek(descriptorLook)
		n, _ := descriptor(b, len(b) < descriptorLook)
		p.skip(int64(n))
	}
	return true
}

// zipStreamed reads an entry whose size follows its data. Deflate knows its own end.
func (k *walker) zipStreamed(p part, e entry, way []string, l level) bool {
	if e.method != 8 || e.flags&(flagEncrypted|flagMasked) != 0 {
		k.skipped(way, "the end of the zip entry cannot be known without the directory; it was searched as it is")
		return false
	}
	start := p.w.pos()
	m := &meter{walk: k, inside: way, sum: crc32.NewIEEE(), consumed: func() int64 { return p.w.pos() - start }}
	k.decodeMember(m, p, e, l)
	if m.err != io.EOF {
		return false
	}
	b := p.peek(descriptorLook)
	n, crc := descriptor(b, len(b) < descriptorLook)
	p.skip(int64(n))
	if n > 0 {
		k.compare(m.sum, crc, way)
	}
	return true
}

// descriptorLook is how far a descriptor and the beginning of what follows reach.
const descriptorLook = 28

// descriptor is the length of what follows the data of a streamed entry, and the checksum in it. The signature is
// optional, the sizes have four bytes or eight: what comes next decides. last says that nothing follows b.
func descriptor(b []byte, last bool) (n int, crc uint32) {
	from := 0
	if len(b) >= 4 && string(b[:4]) == sigDescriptor {
		from = 4
	}
	for _, n := range []int{from + 12, from + 20} {
		if last && len(b) == n || len(b) >= n+2 && string(b[n:n+2]) == "PK" {
			return n, le.Uint32(b[from:])
		}
	}
	if from > 0 && len(b) >= from+12 {
		return from + 12, le.Uint32(b[from:])
	}
	return 0, 0
}
