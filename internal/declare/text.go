package declare

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// Reasons that more than one form gives.
const (
	reasonLarge   = "larger than 1 MiB"
	reasonLFS     = "kept in Git LFS: only a pointer is in the repository"
	reasonBinary  = "not text"
	reasonStopped = "the time for reading ran out"
)

// isLFSPointer says whether a file is what Git LFS leaves in the place of a file.
func isLFSPointer(data []byte) bool {
	return len(data) < 1024 && bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/"))
}

// decodeText returns UTF-8 of a text file: byte-order marks dropped, UTF-16 decoded. It is false
// for what holds NUL bytes and is no UTF-16.
func decodeText(data []byte) ([]byte, bool) {
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return fromUTF16(data[2:], binary.BigEndian)
	case len(data) >= 4 && data[0] != 0 && data[1] == 0 && data[2] != 0 && data[3] == 0:
		return fromUTF16(data, binary.LittleEndian)
	case len(data) >= 4 && data[0] == 0 && data[1] != 0 && data[2] == 0 && data[3] != 0:
		return fromUTF16(data, binary.BigEndian)
	}
	return data, bytes.IndexByte(data, 0) < 0
}

func fromUTF16(data []byte, order binary.ByteOrder) ([]byte, bool) {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	text := []byte(string(utf16.Decode(units)))
	return text, bytes.IndexByte(text, 0) < 0
}

// escapeMarks are what escapes begin with that YAML and JSON can write an ASCII character as, and what
// breaks a word of YAML over two lines.
var escapeMarks = []string{`\u00`, `\x`, `\U0000`, "\\\n", "\\\r"}

// revealed is a text as it is looked through for trigger words. A word that is written with escapes still
// is that word, and the names of what a step of a workflow is given may be written in any case.
func revealed(p string, data []byte) []byte {
	out := data
	if holdsAny(data, escapeMarks) {
		out = slices.Concat(data, []byte("\n"), []byte(unescapeData(string(brokenWord.ReplaceAll(data, nil)))))
	}
	if isWorkflow(p) || isAction(p) {
		out = slices.Concat(out, []byte("\n"), bytes.ToLower(out))
	}
	return out
}

// brokenWord is where a quoted word of YAML goes on in the next line.
var brokenWord = regexp.MustCompile(`\\\r?\n[ \t]*`)

// lineBreaks makes one line end of all that a reader of YAML takes for one: the old Macintosh's, and those of
// Unicode. JSON, which knows none of the latter, begins with a bracket.
func lineBreaks(s string) string {
	if strings.Count(s, "\r") > strings.Count(s, "\r\n") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if start := strings.TrimLeft(s[:min(len(s), 200)], " \t\n"); start != "" && (start[0] == '{' || start[0] == '[') {
		return s
	}
	for _, mark := range []string{"\u0085", "\u2028", "\u2029"} {
		s = strings.ReplaceAll(s, mark, "\n")
	}
	return s
}
