package unpack

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
)

// source is what a decoder reads. As it gives single bytes, no decoder takes more than it needs.
type source interface {
	io.Reader
	io.ByteReader
	Peek(n int) ([]byte, error)
}

// compressed opens the one stream of a compression.
func (k *walker) compressed(kind Kind, p part, inside []string, l level) {
	in := buffered(p)
	defer giveBack(in)
	start := p.w.pos()
	m := &meter{walk: k, inside: inside, consumed: func() int64 { return p.w.pos() - start - int64(in.Buffered()) }}
	var done func()
	m.src, done, m.err = k.decoder(kind, in, inside)
	if m.err == nil {
		k.content(m, inside, level{depth: l.depth, bare: true})
	}
	done()
	if why := m.trouble(kind.String() + " data"); why != "" {
		k.skipped(inside, why)
	}
	if m.err == io.EOF {
		k.behind(in, m.consumed(), inside, l)
	}
}

// content hands over what comes out of a decoder.
func (k *walker) content(m *meter, inside []string, l level) {
	w := k.windowOf(m)
	defer w.release()
	k.open(w.whole(), inside, l)
}

// behind hands over what follows a compressed stream, other than zeros.
func (k *walker) behind(in io.Reader, at int64, inside []string, l level) {
	w := k.windowOf(in)
	defer w.release()
	if p := w.whole(); p.skipZeros() {
		k.open(p, place(inside, at+w.pos()), l)
	}
}

func nothing() {}

// decoder starts the decoder of a kind; the function that it returns frees what it holds.
func (k *walker) decoder(kind Kind, in source, inside []string) (r io.Reader, done func(), err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("the decoder broke down: %v", x)
		}
	}()
	done = nothing
	switch kind {
	case Gzip:
		r, err = newMembers(in, func(h gzip.Header) { k.name(inside, h.Name, h.Comment, string(h.Extra)) })
	case Bzip2:
		r = bzip2.NewReader(in)
	case XZ:
		r, done = newXZ(in, k.window()), k.look()
	case LZMA:
		r, err = newLZMA(in, k.window())
		done = k.look()
	case Zstd:
		var z *zstd.Decoder
		if z, err = newZstd(in, k.window()); err == nil {
			looked := k.look()
			r, done = z, func() { z.Close(); looked() }
		}
	case Zlib:
		r, err = zlib.NewReader(in)
	default:
		err = fmt.Errorf("%s data has no decoder", kind)
	}
	if err != nil {
		err = truncated(err)
	}
	return r, done, err
}

// window is the memory that one more decoder may use to look back.
func (k *walker) window() int64 { return k.limits.Window >> k.looking }

// look counts a decoder that looks back, until the function is called.
func (k *walker) look() func() {
	k.looking++
	return func() { k.looking-- }
}

func newLZMA(in io.Reader, window int64) (io.Reader, error) {
	return lzma.ReaderConfig{DictCap: int(max(window, lzma.MinDictCap))}.NewReader(in)
}

func newZstd(in io.Reader, window int64) (*zstd.Decoder, error) {
	return zstd.NewReader(in,
		zstd.WithDecoderConcurrency(1), // no goroutines
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(uint64(max(window, zstd.MinWindowSize))),
		zstd.WithDecoderMaxMemory(1<<62), // of a whole stream, which is not kept
	)
}

// members reads gzip members one after the other, to the end of the last. Unlike the standard
// library, which does that too, it leaves what follows and tells of every header.
type members struct {
	in     source
	z      *gzip.Reader
	header func(gzip.Header)
}

func newMembers(in source, header func(gzip.Header)) (*members, error) {
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	m := &members{in, z, header}
	m.begin()
	return m, nil
}

func (m *members) begin() {
	m.z.Multistream(false)
	m.header(m.z.Header)
}

func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if n > 0 && err == io.EOF {
			return n, nil // another member may follow
		}
		if err != io.EOF {
			return n, err
		}
		if !m.more() {
			return 0, io.EOF
		}
		if err := m.z.Reset(m.in); err != nil {
			return 0, truncated(err)
		}
		m.begin()
	}
}

// more says that another member follows.
func (m *members) more() bool {
	b, _ := m.in.Peek(10)
	return isGzip(b)
}

// truncated words an end in the middle as what it is.
func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// newLZMAMember decodes LZMA data as a zip archive holds it: a version, the properties, the stream.
func newLZMAMember(in source, size, window int64) (io.Reader, error) {
	var head [9]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, truncated(err)
	}
	if head[2] != 5 || head[3] != 0 {
		return nil, errors.New("its properties have an unknown form")
	}
	old := append([]byte{}, head[4:9]...)
	for i := range 8 {
		old = append(old, byte(size>>(8*i)))
	}
	return newLZMA(io.MultiReader(bytes.NewReader(old), in), window)
}

// inflater lends a decoder of raw deflate data. The function gives it back.
func (k *walker) inflater(in source) (io.Reader, func()) {
	var z io.ReadCloser
	if n := len(k.inflaters); n > 0 {
		z, k.inflaters = k.inflaters[n-1], k.inflaters[:n-1]
		if z.(flate.Resetter).Reset(in, nil) != nil {
			z = flate.NewReader(in)
		}
	} else {
		z = flate.NewReader(in)
	}
	return z, func() { k.inflaters = append(k.inflaters, z) }
}
