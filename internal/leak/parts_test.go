package leak

import (
	"fmt"
	"strings"
	"testing"
)

// TestParts: one letter written as an escape, wherever it is, and two parts that are put together.
func TestParts(t *testing.T) {
	escapes := []struct{ name, format string }{
		{UnicodeEscape, `\u%04x`},
		{UnicodeEscape, `\u%04X`},
		{UnicodeEscape, `\\u%04x`},
		{UnicodeEscape, `\u{%x}`},
		{HexEscape, `\x%02x`},
		{OctalEscape, `\%03o`},
		{Percent, "%%%02X"},
		{Percent, "%%25%02X"},
		{Quoted, "=%02X"},
		{HTMLEntity, "&#%d;"},
		{HTMLEntity, "&#x%X;"},
		{HTMLEntity, "&#%05d;"},
	}
	for _, e := range escapes {
		for i := range idLength {
			for pad := range step {
				written := testID[:i] + fmt.Sprintf(e.format, testID[i]) + testID[i+1:]
				wantOne(t, strings.Repeat(" ", pad)+"key="+written+"\n", e.name)
			}
		}
	}
	joints := []string{
		`" + "`, `"+"`, "\" +\n    \"", `" "`, "\"\n  \"", `' . '`, `' || '`, `" & "`, `" .. "`, `" <> "`, `" ~ "`, `""`, `''`, "\" + \\\n\"",
		`' + "`, "\\\n", "\\\r\n", "=\n", "=\r\n", "` + `",
	}
	for _, j := range joints {
		for i := 1; i < idLength; i++ {
			for pad := range step {
				wantOne(t, strings.Repeat(" ", pad)+`k = "`+testID[:i]+j+testID[i:]+"\";\n", Split)
			}
		}
	}
}

func wantOne(t *testing.T, text, encoding string) {
	t.Helper()
	hits := find(t, Options{}, text)
	if len(hits) != 1 || hits[0].ID != testID || hits[0].Encoding != encoding {
		t.Errorf("in %q: found %+v, want one as %s", text, hits, encoding)
	}
}

// TestNoParts: what stands beside each other is not put together unless something says so.
func TestNoParts(t *testing.T) {
	for _, between := range []string{`", "`, `":"`, "\n", " ", `" "x`, `"; "`, `' "`, `" + x + "`, `\`, `%`, `\u00e9`} {
		for i := 1; i < idLength; i++ {
			text := `"` + testID[:i] + between + testID[i:] + `"`
			if hits := find(t, Options{}, text); len(hits) != 0 {
				t.Errorf("in %q: found %+v", text, hits)
			}
		}
	}
}
