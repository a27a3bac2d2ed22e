package unpack

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// tarHeader is what is needed of one block of a tar archive.
type tarHeader struct {
	name, link, owner, group string
	kind                     byte
	size                     int64 // of the data that follows
	block                    []byte
}

// isTar knows a header of tar by its checksum, which no other data has by chance.
func isTar(b []byte) bool {
	if len(b) < blockLen || b[0] == 0 && !bytes.HasPrefix(b[257:], []byte("ustar")) {
		return false
	}
	b = b[:blockLen]
	want, ok := number(b[148:156])
	if !ok || want == 0 {
		return false
	}
	var unsigned, signed int64
	for i, c := range b {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	if want != unsigned && want != signed {
		return false
	}
	size, ok := number(b[124:136])
	return ok && size >= 0
}

// parseTar reads a block that is a header.
func parseTar(b []byte) tarHeader {
	h := tarHeader{name: text(b[:100]), link: text(b[157:257]), kind: b[156], block: slices.Clone(b[:blockLen])}
	h.size, _ = number(b[124:136])
	if string(b[257:262]) != "ustar" {
		return h
	}
	h.owner, h.group = text(b[265:297]), text(b[297:329])
	if prefix := text(b[345:500]); b[262] == 0 && prefix != "" {
		h.name = prefix + "/" + h.name
	}
	return h
}

// text is a field up to its first zero.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// number reads octal digits, or the binary form of numbers that have too many of them.
func number(b []byte) (int64, bool) {
	if b[0]&0x80 != 0 {
		return binaryNumber(b)
	}
	s := strings.Trim(string(b), " \x00")
	if s == "" {
		return 0, true
	}
	if i := strings.IndexAny(s, " \x00"); i >= 0 {
		s = s[:i]
	}
	v, err := strconv.ParseUint(s, 8, 63)
	return int64(v), err == nil
}

// binaryNumber reads a number of base 256. None here is negative.
func binaryNumber(b []byte) (int64, bool) {
	v := int64(b[0] & 0x7f)
	if b[0]&0x40 != 0 {
		return 0, false
	}
	for _, c := range b[1:] {
		if v > math.MaxInt64>>8 {
			return 0, false
		}
		v = v<<8 | int64(c)
	}
	return v, true
}

// announces says that the data says something about files that follow.
func (h *tarHeader) announces() bool { return strings.IndexByte("xgXLK", h.kind) >= 0 }

// hasData says that data follows: links, devices and folders have none, whatever their size says.
func (h *tarHeader) hasData() bool {
	if h.kind == 0 && strings.HasSuffix(h.name, "/") {
		return false // a folder of the oldest form
	}
	return strings.IndexByte("123456", h.kind) < 0
}

// apply takes what records say about the file.
func (h *tarHeader) apply(r records) {
	for key, into := range map[string]*string{"path": &h.name, "linkpath": &h.link, "uname": &h.owner, "gname": &h.group} {
		if v, ok := r.known[key]; ok {
			*into = v
		}
	}
	if v, ok := r.known["GNU.sparse.name"]; ok {
		h.name = v
	}
	if v, err := strconv.ParseInt(r.known["size"], 10, 64); err == nil && v >= 0 {
		h.size = v
	}
}

// records are those of the pax format that say something about a file.
type records struct {
	known  map[string]string
	others []string // values of the rest: comments, attributes
	pairs  []int64  // offsets and lengths of the first sparse format, one after the other
}

func (r *records) set(key, value string) {
	if r.known == nil {
		r.known = map[string]string{}
	}
	r.known[key] = value
}

var errRecord = errors.New("a record has another length than it says")

// parseRecords reads records: a length, a blank, a key, an equals sign, a value, the end of the line. What
// was read before an error is returned with it.
func parseRecords(b []byte) (r records, err error) {
	for len(b) > 0 && b[0] != 0 {
		digits, rest, ok := bytes.Cut(b, []byte(" "))
		n, err := strconv.Atoi(string(digits))
		if !ok || err != nil || n <= len(digits)+1 || n > len(b) || b[n-1] != '\n' {
			return r, errRecord
		}
		key, value, ok := strings.Cut(string(rest[:n-len(digits)-2]), "=")
		if !ok {
			return r, errRecord
		}
		r.add(key, value)
		b = b[n:]
	}
	return r, nil
}

func (r *records) add(key, value string) {
	switch key {
	case "GNU.sparse.offset", "GNU.sparse.numbytes":
		if v, err := strconv.ParseInt(value, 10, 64); err == nil {
			r.pairs = append(r.pairs, v)
		}
	case "path", "linkpath", "size", "uname", "gname", "GNU.sparse.name", "GNU.sparse.map", "GNU.sparse.major":
		r.set(key, value)
	case "mtime", "atime", "ctime", "uid", "gid":
	default:
		r.others = append(r.others, value)
	}
}
