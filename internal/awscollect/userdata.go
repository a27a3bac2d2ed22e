package awscollect

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/keysweep/keysweep/internal/unpack"
)

// unpackedAtMost bounds what is searched of one user data, unpacked: AWS takes 16 KiB of it.
const unpackedAtMost = 8 << 20

// partsAtMost bounds how many parts of MIME, and how many compressed passages, are looked into.
const partsAtMost = 256

// unpacked adds data as it is and all that can be unpacked out of it: compressed data, MIME,
// and compressed passages in base64, which cloud-init writes to files.
func (h *haystack) unpacked(where string, data []byte) {
	u := &unpacker{h: h, where: where, left: unpackedAtMost, parts: partsAtMost}
	u.open(data, 0)
}

type unpacker struct {
	h     *haystack
	where string
	left  int // bytes
	parts int
}

// depthAtMost bounds parts within parts; containers have a bound of their own.
const depthAtMost = 4

func (u *unpacker) open(data []byte, depth int) {
	if depth > depthAtMost {
		return
	}
	limits := unpack.DefaultLimits()
	limits.Entries, limits.EntryBytes, limits.TotalBytes = partsAtMost, int64(u.left), int64(u.left)
	limits.Memory, limits.Window = unpackedAtMost, unpackedAtMost
	_ = unpack.Walk("", bytes.NewReader(data), int64(len(data)), limits, leaves{u, depth}) // a leaf never fails
}

// leaves takes what a walk finds. What cannot be unpacked is no finding and no fault: nothing
// could run it either.
type leaves struct {
	u     *unpacker
	depth int
}

func (l leaves) Leaf(_ []string, r io.Reader) error {
	u := l.u
	data, err := io.ReadAll(io.LimitReader(r, int64(u.left)))
	if err != nil {
		return nil
	}
	u.left -= len(data)
	u.h.passage(u.where, "", data)
	u.mime(data, l.depth)
	u.passages(data, l.depth)
	clear(data)
	return nil
}

func (l leaves) Name(_ []string, text string) { l.u.h.passage(l.u.where, "", []byte(text)) }

func (l leaves) Skipped([]string, string) {}

// mime opens the parts of a MIME message.
func (u *unpacker) mime(data []byte, depth int) {
	head := textproto.NewReader(bufio.NewReader(bytes.NewReader(data)))
	header, err := head.ReadMIMEHeader()
	if err != nil {
		return
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return
	}
	m := multipart.NewReader(head.R, params["boundary"])
	for ; u.parts > 0; u.parts-- {
		part, err := m.NextRawPart()
		if err != nil {
			return
		}
		u.part(part, depth)
	}
}

// part opens one part. One that ends too early is opened as far as it goes.
func (u *unpacker) part(part *multipart.Part, depth int) {
	body := io.Reader(part)
	switch strings.ToLower(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	data, _ := io.ReadAll(io.LimitReader(body, int64(u.left))) // as far as it goes
	u.open(data, depth+1)
	clear(data)
}

// compressed is the base64 of what gzip writes first.
var compressed = regexp.MustCompile(`H4sI[A-Za-z0-9+/\s]{32,}={0,2}`)

// passages opens compressed passages in base64.
func (u *unpacker) passages(data []byte, depth int) {
	for _, at := range compressed.FindAllIndex(data, partsAtMost) {
		if u.parts--; u.parts < 0 {
			return
		}
		decoded, _ := io.ReadAll(io.LimitReader(base64.NewDecoder(base64.StdEncoding, stripped(data[at[0]:at[1]])), int64(u.left)))
		u.open(decoded, depth+1)
		clear(decoded)
	}
}

// stripped reads text without its blanks and line ends.
func stripped(text []byte) io.Reader {
	return bytes.NewReader(bytes.Join(bytes.Fields(text), nil))
}
