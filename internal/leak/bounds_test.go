package leak

import (
	"bytes"
	"encoding/base64"
	"runtime"
	"strings"
	"testing"
)

// hostile are texts that are made to cost as much as they can, some megabytes of each.
func hostile(n int) map[string][]byte {
	repeat := func(s string) []byte { return bytes.Repeat([]byte(s), n/len(s)+1)[:n] }
	nested := func(s string) []byte {
		out := bytes.Repeat([]byte(s), n/len(s)/2)
		for range 2 {
			out = []byte(base64.StdEncoding.EncodeToString(out))
		}
		return out[:min(n, len(out))]
	}
	return map[string][]byte{
		"capitals":                     repeat("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
		"one capital":                  repeat("A"),
		"prefixes":                     repeat("AKIA"),
		"ids within each other":        repeat("AKIARTX3GSDSWW3T"),
		"ids":                          repeat(testID + "\n"),
		"ids in a line":                repeat(testID + " "),
		"ids and secrets":              repeat(testID + " " + testSecret(8) + " "),
		"secrets":                      repeat(testSecret(8) + "\n"),
		"runs of eleven":               repeat("ABCDEFGHIJK "),
		"runs of eleven in quotes":     repeat(`"ABCDEFGHIJK" + `),
		"runs of nineteen in quotes":   repeat(`"KIARTX3GSDSWW3TKYKT" + "`),
		"half escaped":                 repeat(`\u0041KIARTX3GSD`),
		"half escaped, percent":        repeat(`%41KIARTX3GSD`),
		"base64":                       repeat("QUtJQ"),
		"base64 of capitals":           repeat("QUtJQVJUWDNHU0RT"),
		"base64 of capitals, 11 fit":   repeat("QUtJQVJUWDN/"),
		"base64 of capitals, lines":    repeat("QUtJQVJUWDNHU0RT\n"),
		"base64 of ids":                repeat(inBase64(testID + "\n")),
		"base64 of ids twice":          nested(testID + "\n"),
		"base64 of capitals twice":     nested("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
		"base64 with gaps":             repeat("QUtJQVJUWDNHU0RT\" +\n                    \""),
		"gaps":                         repeat("\" +\n\t\"\\n"),
		"hexadecimal of capitals":      repeat("414b494152"),
		"hexadecimal of ids":           repeat(inHex(testID + "\n")),
		"UTF-16 of capitals":           repeat("A\x00B\x00"),
		"UTF-16 of ids":                repeat(utf16le(testID + "\n")),
		"zeros":                        repeat("\x00"),
		"escapes of A":                 repeat(`\u0041`),
		"escapes of ids":               repeat(perByte(`\u%04x`, "")(testID + "\n")),
		"backslashes":                  repeat(`\`),
		"backslashes before u":         repeat(`\\\\\\\u004`),
		"percent signs":                repeat("%25"),
		"entities":                     repeat("&#65;"),
		"entities of many digits":      repeat("&#00000000000065;"),
		"numbers":                      repeat("65, "),
		"hexadecimal numbers":          repeat("0x41, "),
		"API keys":                     repeat(apiKey("ABSK", "BedrockAPIKey-0g4z", "111122223333", testSecret(9)) + "\n"),
		"beginnings of API keys":       repeat("ABSKAEAA"),
		"beginnings of API keys twice": repeat("QUJTSQUVBQ"),
		"API keys for hours":           repeat(sessionKey("bedrock-api-key-", "bedrock", testASIA) + "-"),
		"quotes":                       repeat(`"`),
		"lines":                        repeat("\n"),
	}
}

// TestWorkIsBounded counts the bytes that are decoded: no input makes them more than some times its own.
func TestWorkIsBounded(t *testing.T) {
	const most = 100
	for name, text := range hostile(1 << 19) {
		s := &search{d: New(Options{Known: func(string) bool { return false }})}
		for lo := 0; lo < len(text); lo += windowSize {
			begin, hi := max(0, lo-context), min(len(text), lo+windowSize)
			s.window(text[begin:min(len(text), hi+context)], lo-begin, hi-begin)
		}
		if ratio := float64(s.decodedBytes) / float64(len(text)); ratio > most {
			t.Errorf("%s: %.0f bytes decoded for each of the input, want at most %d", name, ratio, most)
		} else {
			t.Logf("%-30s %6.1f", name, ratio)
		}
	}
}

// TestMemoryIsBounded: what is allocated grows with what is found, not with what is searched.
func TestMemoryIsBounded(t *testing.T) {
	const perHit, other = 800, 4 << 20
	for name, text := range hostile(1 << 19) {
		d := New(Options{})
		hits := 0
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := d.Stream(func(Hit) { hits++ })
		_, _ = s.Write(text)
		_ = s.Close()
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > uint64(hits*perHit+other) {
			t.Errorf("%s: %d bytes allocated for %d hits", name, n, hits)
		}
	}
}

func BenchmarkHostile(b *testing.B) {
	for name, text := range hostile(2 << 20) {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			d := New(Options{})
			measure(b, text, func(data []byte) { d.Find(data, func(Hit) {}) })
		})
	}
}
