package unpack

import (
	"errors"
	"fmt"
	"hash"
	"io"
)

// errRatio ends a decoder that gives far more than it takes.
var errRatio = errors.New("suspicious compression")

// meter stands between a decoder and whoever reads from it: it counts what really comes out, holds it
// to the limits, turns a panic into an error, and keeps the error.
type meter struct {
	walk     *walker
	src      io.Reader
	consumed func() int64
	inside   []string
	sum      hash.Hash32 // of what came out; nil when nobody compares it
	produced int64
	bomb     bool  // it is this decoder that gives far more than it takes
	err      error // io.EOF too
}

func (m *meter) Read(p []byte) (int, error) {
	if m.err == nil {
		m.err = m.walk.interrupted()
	}
	if m.err != nil {
		return 0, m.err
	}
	n, err := guarded(m.src, p)
	n, m.err = m.count(n, err)
	if m.sum != nil {
		m.sum.Write(p[:n])
	}
	if n > 0 {
		return n, nil // the error comes next time
	}
	return 0, m.err
}

// count is how many of n bytes may go on, and the error that follows them.
func (m *meter) count(n int, err error) (int, error) {
	k := m.walk
	if over := k.produced + int64(n) - k.limits.TotalBytes; over > 0 {
		n -= int(min(over, int64(n)))
		k.halt(m.inside, fmt.Sprintf("more than %d bytes came out of compressed data", k.limits.TotalBytes))
		err = errHalted
	}
	m.produced += int64(n)
	k.produced += int64(n)
	switch {
	case k.steep(k.produced, k.consumed()):
		k.halt(m.inside, fmt.Sprintf("everything together grew to more than %d times its size", k.limits.Ratio))
		err = errHalted
	case k.steep(m.produced, m.consumed()) && (err == nil || err == io.EOF):
		err, m.bomb = errRatio, true
	}
	return n, err
}

// steep says that out bytes are too many to have come from in.
func (k *walker) steep(out, in int64) bool {
	return out > k.limits.RatioAfter && out > in*k.limits.Ratio
}

// guarded reads from a decoder. None of them should panic on any input; should one do so, it is damage.
func guarded(r io.Reader, p []byte) (n int, err error) {
	defer func() {
		if x := recover(); x != nil {
			n, err = 0, fmt.Errorf("the decoder broke down: %v", x)
		}
	}()
	n, err = r.Read(p)
	if n < 0 || n > len(p) {
		return 0, errors.New("the decoder broke down")
	}
	return n, err
}

// trouble is what went wrong, empty when nothing did or when it was already told.
func (m *meter) trouble(what string) string {
	switch {
	case m.err == nil, m.err == io.EOF, errors.Is(m.err, errHalted):
		return ""
	case errors.Is(m.err, errRatio) && !m.bomb:
		return "" // that of what it reads from, where it is told
	case m.bomb:
		return fmt.Sprintf("%s grew to more than %d times its size; only the first %d bytes were read", what, m.walk.limits.Ratio, m.produced)
	}
	return fmt.Sprintf("%s was read up to byte %d only: %s", what, m.produced, explain(m.err))
}
