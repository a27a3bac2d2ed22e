package unpack

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// collected is everything a walk told.
type collected struct {
	leaves  []string // "a → b: content", in order
	names   []string
	skipped []string // "a → b: reason"
	bytes   int64    // of all leaves
	refuse  error    // what Leaf returns
	keep    int      // bytes of a leaf that are kept
}

func way(inside []string) string { return strings.Join(inside, " → ") }

func (c *collected) Leaf(inside []string, r io.Reader) error {
	var b bytes.Buffer
	n, err := io.CopyN(&b, r, int64(c.keep))
	if err == nil {
		var more int64
		more, err = io.Copy(io.Discard, r)
		n += more
	}
	if err != nil && err != io.EOF {
		return fmt.Errorf("a leaf ended with %w", err)
	}
	c.bytes += n
	c.leaves = append(c.leaves, way(inside)+": "+b.String())
	return c.refuse
}

func (c *collected) Name(inside []string, text string) { c.names = append(c.names, text) }

func (c *collected) Skipped(inside []string, reason string) {
	c.skipped = append(c.skipped, way(inside)+": "+reason)
}

// walked walks through b twice, at random and in order, wants the same of both and returns it.
func walked(t testing.TB, b []byte, l Limits) *collected {
	t.Helper()
	c := walkedAt(t, b, l)
	s := &collected{keep: c.keep}
	if err := WalkReader("test", struct{ io.Reader }{bytes.NewReader(b)}, l, s); err != nil {
		t.Fatal(err)
	}
	for _, x := range [][2][]string{{c.leaves, s.leaves}, {c.names, s.names}, {c.skipped, s.skipped}} {
		if !slices.Equal(x[0], x[1]) {
			t.Errorf("read at random:\n%s\nread in order:\n%s", strings.Join(x[0], "\n"), strings.Join(x[1], "\n"))
		}
	}
	return c
}

func walkedAt(t testing.TB, b []byte, l Limits) *collected {
	t.Helper()
	c := &collected{keep: 8 << 10}
	if err := Walk("test", bytes.NewReader(b), int64(len(b)), l, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// holds says that some leaf holds the text.
func (c *collected) holds(text string) bool {
	return slices.ContainsFunc(c.leaves, func(l string) bool {
		_, content, _ := strings.Cut(l, ": ")
		return strings.Contains(content, text)
	})
}
