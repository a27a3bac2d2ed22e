package leak

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// How a text can be written. Each encoder writes all of it.

func inBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
func b64url(s string) string   { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func inHex(s string) string    { return hex.EncodeToString([]byte(s)) }
func upperHex(s string) string { return strings.ToUpper(inHex(s)) }

// perByte writes each byte by a format.
func perByte(format, between string) func(string) string {
	return func(s string) string {
		var parts []string
		for _, c := range []byte(s) {
			parts = append(parts, fmt.Sprintf(format, c))
		}
		return strings.Join(parts, between)
	}
}

// utf16le and utf16be write characters of two bytes.
func utf16le(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

func utf16be(s string) string {
	le := []byte(utf16le(s))
	for i := 0; i+1 < len(le); i += 2 {
		le[i], le[i+1] = le[i+1], le[i]
	}
	return string(le)
}

// wrap breaks a text into lines of some length.
func wrap(s string, width int, end string) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + end)
		s = s[width:]
	}
	return b.String() + s
}

// compose applies encoders, the first first.
func compose(f ...func(string) string) func(string) string {
	return func(s string) string {
		for _, g := range f {
			s = g(s)
		}
		return s
	}
}

func wrapped76(s string) string { return wrap(s, 76, "\n") }

// encodings are all that a key is found in, whatever stands before it.
var encodings = []struct {
	name   string // of the hit
	how    string
	encode func(string) string
}{
	{Plain, "as it is", func(s string) string { return s }},
	{Base64, "one line", inBase64},
	{Base64, "url alphabet, no padding", b64url},
	{Base64, "lines of 76", compose(inBase64, wrapped76)},
	{Base64, "lines of 64, CR LF", func(s string) string { return wrap(inBase64(s), 64, "\r\n") }},
	{Base64, "lines of 64 in YAML", func(s string) string { return wrap(inBase64(s), 64, "\n      ") }},
	{Base64, "lines of 60 in JSON", func(s string) string { return wrap(inBase64(s), 60, `\n`) }},
	{Base64, "lines of 60 in JSON, CR LF", func(s string) string { return wrap(inBase64(s), 60, `\r\n`) }},
	{Base64, "lines of 64, percent-encoded", func(s string) string { return wrap(inBase64(s), 64, "%0A") }},
	{Base64, "lines of 20, quoted in mail", func(s string) string { return wrap(inBase64(s), 20, "\n> > ") }},
	{Base64, "lines of 12", func(s string) string { return wrap(inBase64(s), 12, "\n") }},
	{Base64, "lines of 40 in a comment", func(s string) string { return wrap(inBase64(s), 40, "\n# ") }},
	{Base64, "strings of 32 put together", func(s string) string { return wrap(inBase64(s), 32, "\" +\n\t\t\"") }},
	{Base64, "strings of 32 put together on a line", func(s string) string { return wrap(inBase64(s), 32, `" + "`) }},
	{Base64, "strings of 32, one a line", func(s string) string { return wrap(inBase64(s), 32, "\",\n  \"") }},
	{Base64Twice, "one line", compose(inBase64, inBase64)},
	{Base64Twice, "lines of 76 within, one line", compose(inBase64, wrapped76, inBase64)},
	{Base64Twice, "lines of 76 both times", compose(inBase64, wrapped76, inBase64, wrapped76)},
	{Base64Twice, "one line, lines of 64", func(s string) string { return wrap(inBase64(inBase64(s)), 64, "\n") }},
	{"utf-16-in-base64", "little endian", compose(utf16le, inBase64)},
	{"utf-16-in-base64", "big endian", compose(utf16be, inBase64)},
	{"utf-16-in-base64", "little endian, lines of 76", compose(utf16le, inBase64, wrapped76)},
	{Hex, "small", inHex},
	{Hex, "capitals", upperHex},
	{Hex, "lines of 60", func(s string) string { return wrap(inHex(s), 60, "\n") }},
	{Hex, "lines of 32, CR LF", func(s string) string { return wrap(inHex(s), 32, "\r\n") }},
	{UnicodeEscape, "small digits", perByte(`\u%04x`, "")},
	{UnicodeEscape, "capital digits", perByte(`\u%04X`, "")},
	{UnicodeEscape, "escaped again", perByte(`\\u%04x`, "")},
	{UnicodeEscape, "in braces", perByte(`\u{%x}`, "")},
	{HexEscape, "small digits", perByte(`\x%02x`, "")},
	{HexEscape, "capital digits", perByte(`\x%02X`, "")},
	{HexEscape, "escaped again", perByte(`\\x%02x`, "")},
	{OctalEscape, "three digits", perByte(`\%03o`, "")},
	{Percent, "capital digits", perByte("%%%02X", "")},
	{Percent, "small digits", perByte("%%%02x", "")},
	{Percent, "twice", perByte("%%25%02X", "")},
	{Quoted, "each byte", perByte("=%02X", "")},
	{HTMLEntity, "decimal", perByte("&#%d;", "")},
	{HTMLEntity, "hexadecimal", perByte("&#x%x;", "")},
	{HTMLEntity, "hexadecimal, capitals", perByte("&#X%X;", "")},
	{ByteList, "hexadecimal with blanks", perByte("%02x", " ")},
	{ByteList, "hexadecimal with colons", perByte("%02X", ":")},
	{ByteList, "hexadecimal, 0x and commas", perByte("0x%02x", ",")},
	{ByteList, "hexadecimal, 0x, commas and blanks", perByte("0x%02X", ", ")},
	{ByteList, "decimal with commas", perByte("%d", ",")},
	{ByteList, "decimal with commas and blanks", perByte("%d", ", ")},
	{ByteList, "decimal with blanks", perByte("%d", " ")},
}

// TestEncodings plants an id in each encoding, at every alignment and every distance to the ends of lines.
func TestEncodings(t *testing.T) {
	d := New(Options{})
	for _, tt := range encodings {
		missed := 0
		for pad := range 96 {
			text := strings.Repeat("x", pad) + " " + testID + "\n and more of it, as there would be"
			for _, around := range [][2]string{{"", ""}, {"key: \"", "\"\n"}, {"first line\nkey=", "\nlast"}} {
				data := around[0] + tt.encode(text) + around[1]
				var hits []Hit
				d.Find([]byte(data), func(h Hit) { hits = append(hits, h) })
				if len(hits) != 1 || hits[0].ID != testID || hits[0].Encoding != tt.name || !placed(hits[0], data, tt.encode("A")) {
					if missed++; missed < 4 {
						t.Errorf("%s, %s, after %d bytes: %+v\n%q", tt.name, tt.how, pad+1, hits, data)
					}
				}
			}
		}
		if missed > 0 {
			t.Errorf("%s, %s: missed %d of %d", tt.name, tt.how, missed, 96*3)
		}
	}
}

// placed reports whether a hit says where its id begins: at the first sign of an encoded A, unless
// that depends on what stands before it, as in base64.
func placed(h Hit, data, encoded string) bool {
	if h.Offset < 0 || h.Offset >= int64(len(data)) || h.Line != 1+strings.Count(data[:h.Offset], "\n") {
		return false
	}
	return strings.Contains(h.Encoding, Base64) || data[h.Offset] == encoded[0]
}

// TestEncodingsLaw: whatever stands around an id, and however long the lines.
func TestEncodingsLaw(t *testing.T) {
	d := New(Options{Known: func(id string) bool { return id == testOther }})
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "before")
		after := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "after")
		ends := rapid.SampledFrom([]string{"\n", "\r\n", `\n`, `\r\n`, "\n\t", "\n> ", "\n  # ", "%0a", "\\\n"}).Draw(t, "line end")
		width := rapid.IntRange(12, 200).Draw(t, "width")
		text := string(before) + "\n" + testOther + "\n" + string(after)
		written := map[string]string{
			Plain:       text,
			Base64:      wrap(inBase64(text), width, ends),
			Base64Twice: wrap(inBase64(inBase64(text)), max(width, 20), ends),
			Hex:         wrap(inHex(text), max(width, 16), ends),
		}
		for name, data := range written {
			found := false
			d.Find([]byte(data), func(h Hit) { found = found || h.ID == testOther && h.Encoding == name })
			if !found {
				t.Fatalf("%s: not found in %q", name, data)
			}
		}
	})
}

// TestTwoInOne: however far apart two ids are in one encoded text, both are found.
func TestTwoInOne(t *testing.T) {
	filler := strings.Repeat("some more, ABCDEFGHIJ KLMNOPQRSTUVW 234567; ", 200)
	for _, e := range encodings {
		for n := range 70 {
			distance := n
			if n > 30 {
				distance = (n - 30) * 173
			}
			data := e.encode(" " + testID + " " + filler[:distance] + " " + testOther + " ")
			if got := ids(find(t, Options{}, data)); !slices.Equal(got, []string{testID, testOther}) {
				t.Errorf("%s, %s, %d bytes apart: found %q", e.name, e.how, distance, got)
				break
			}
		}
	}
}
