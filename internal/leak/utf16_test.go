package leak

import (
	"strings"
	"testing"
)

// TestUTF16: with a mark and without, both orders of bytes, at even and odd offsets, in files that
// are UTF-16 and in files that only hold some.
func TestUTF16(t *testing.T) {
	lines := strings.Repeat("user = \"alice\" # a comment in the file\r\n", 12)
	for _, order := range []struct {
		name, mark string
		encode     func(string) string
	}{{"little endian", "\xff\xfe", utf16le}, {"big endian", "\xfe\xff", utf16be}} {
		for _, tt := range []struct {
			name, data string
			line       int
		}{
			{"alone", order.encode(testID), 1},
			{"short with mark", order.mark + order.encode("key="+testID+"\r\n"), 1},
			{"file with mark", order.mark + order.encode(lines+"key="+testID+"\r\n"), 13},
			{"file without mark", order.encode(lines + "key=" + testID + "\r\n" + lines), 13},
			{"in a binary file, even", strings.Repeat("\x7fELF\x00\x01", 700) + order.encode(testID) + "\xff\xfe", 1},
			{"in a binary file, odd", strings.Repeat("\x7fELF\x00\x01", 700) + "\x01" + order.encode(testID) + "\xff", 1},
			{"after text", strings.Repeat("plain\n", 20) + order.encode("key="+testID+"\r\n"), 21},
			{"after text, odd", strings.Repeat("plain\n", 20) + "!" + order.encode("key="+testID+"\r\n"), 21},
			{"plain text after the file", order.mark + order.encode(lines) + "key=" + testID, 13},
			{"lines of characters that hold the byte of a line end", order.mark + order.encode("ਊਊ\n"+testID), 2},
		} {
			hits := find(t, Options{}, tt.data)
			if len(hits) != 1 || hits[0].ID != testID || hits[0].Line != tt.line {
				t.Errorf("%s, %s: found %+v, want line %d", order.name, tt.name, hits, tt.line)
				continue
			}
			want := UTF16
			if strings.HasPrefix(tt.name, "plain") {
				want = Plain
			}
			if h := hits[0]; h.Encoding != want || tt.data[h.Offset] != 'A' {
				t.Errorf("%s, %s: %s at %d, want %s at an A", order.name, tt.name, h.Encoding, h.Offset, want)
			}
		}
		within := order.mark + order.encode(lines+inBase64("key="+testID+" and more")+"\n")
		hits := find(t, Options{}, within)
		if len(hits) != 1 || hits[0].Encoding != "base64-in-utf-16" {
			t.Errorf("%s, base64 within: found %+v", order.name, hits)
		}
	}
}

// TestUTF16Flanked: letters beside an id are letters in UTF-16 too.
func TestUTF16Flanked(t *testing.T) {
	for _, encode := range []func(string) string{utf16le, utf16be} {
		for text, want := range map[string]int{"x" + testID: 0, testID + "x": 0, "é" + testID + "é": 1, "中" + testID + "中": 1} {
			if hits := find(t, Options{}, "\x01\x02"+encode(text)+"\x01\x02"); len(hits) != want {
				t.Errorf("%q: found %+v, want %d", text, hits, want)
			}
		}
	}
}
