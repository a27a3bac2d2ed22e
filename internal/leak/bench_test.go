package leak

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
)

// corpus is text to measure on: a file that KEYSWEEP_CORPUS names, or text that is made here.
func corpus(b *testing.B) []byte {
	b.Helper()
	if name := os.Getenv("KEYSWEEP_CORPUS"); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		return data
	}
	return sourceText(32 << 20)
}

// sourceText is text that has words, capitals, numbers and signs about as often as source code.
func sourceText(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{
		"return", "error", "if", "func", "nil", "the", "of", "request", "response", "MaxItems", "AWS_REGION", "JSON", "HTTP",
		"documentation", "ListUsers", "string", "0x1f", "1024", "SERVICE_NAME", "https://example.com/a/b?c=d", "{", "}", "(", ")", "==", "&&", "\"type\":",
	}
	out := make([]byte, 0, n+64)
	for len(out) < n {
		out = append(out, words[r.IntN(len(words))]...)
		if r.IntN(9) == 0 {
			out = append(out, "\n\t\t"...)
		} else {
			out = append(out, ' ')
		}
	}
	return out[:n]
}

func measure(b *testing.B, data []byte, f func(data []byte)) {
	b.Helper()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f(data)
	}
}

// inWindows calls f as a search does: a window after the other.
func inWindows(f func(l *level)) func(data []byte) {
	s := &search{d: New(Options{})}
	l := &s.levels[0]
	l.s = s
	return func(data []byte) {
		for len(data) > 0 {
			n := min(len(data), windowSize)
			l.text = data[:n]
			clear(l.done[:])
			f(l)
			data = data[n:]
		}
	}
}

func BenchmarkReadMemory(b *testing.B) {
	measure(b, corpus(b), func(data []byte) { bytes.Count(data, []byte{0}) })
}

func BenchmarkRuns(b *testing.B) {
	measure(b, corpus(b), inWindows(func(l *level) { l.runs(0, len(l.text)) }))
}

// BenchmarkRunsNear measures on what is in the processor's own memory, as a file is that was just read.
func BenchmarkRunsNear(b *testing.B) {
	measure(b, corpus(b)[:windowSize], inWindows(func(l *level) { l.runs(0, len(l.text)) }))
}

func BenchmarkLattices(b *testing.B) {
	measure(b, corpus(b), inWindows(func(l *level) { l.lattices(0, len(l.text)) }))
}

func BenchmarkFind(b *testing.B) {
	d := New(Options{})
	measure(b, corpus(b), func(data []byte) { d.Find(data, func(Hit) {}) })
}

func BenchmarkStream(b *testing.B) {
	d := New(Options{})
	measure(b, corpus(b), func(data []byte) {
		s := d.Stream(func(Hit) {})
		_, _ = s.Write(data)
		_ = s.Close()
	})
}
