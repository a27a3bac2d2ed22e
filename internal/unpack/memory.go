package unpack

import "io"

const chunkLen = 256 << 10

// memory keeps what has to be read in no order. It grows as bytes come, in pieces that are used again.
type memory struct {
	walk   *walker
	chunks [][]byte
	size   int64
}

// keep reads all of a part into memory. False says that it is more than the limits allow; then memory
// holds the beginning, and the part is at what follows.
func (k *walker) keep(p part, limit int64) (*memory, bool) {
	m := &memory{walk: k}
	for {
		if k.held+chunkLen > k.limits.Memory || m.size+chunkLen > limit {
			return m, len(p.peek(1)) == 0
		}
		c := k.chunk()
		n, err := io.ReadFull(p, c)
		m.chunks = append(m.chunks, c)
		m.size += int64(n)
		if err != nil {
			return m, true
		}
	}
}

func (k *walker) chunk() []byte {
	k.held += chunkLen
	if n := len(k.chunks); n > 0 {
		c := k.chunks[n-1]
		k.chunks = k.chunks[:n-1]
		return c
	}
	return make([]byte, chunkLen)
}

// release gives the memory back.
func (m *memory) release() {
	m.walk.held -= int64(len(m.chunks)) * chunkLen
	m.walk.chunks = append(m.walk.chunks, m.chunks...)
	m.chunks, m.size = nil, 0
}

// ReadAt is that of an [io.ReaderAt].
func (m *memory) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		at := off + int64(n)
		if at < 0 || at >= m.size {
			return n, io.EOF
		}
		c := m.chunks[at/chunkLen]
		n += copy(b[n:], c[at%chunkLen:min(chunkLen, m.size-at/chunkLen*chunkLen)])
	}
	return n, nil
}

func (m *memory) region() region { return region{m, 0, m.size} }
