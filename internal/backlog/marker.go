package backlog

import (
	"strings"
)

// The words that stand in a body or a comment and are ours. A line is one of them only when
// the whole line is.
const (
	markOpen    = "<!-- keysweep:"
	markerStart = "<!-- keysweep:v1 "
	beginMark   = "<!-- keysweep:begin -->"
	endMark     = "<!-- keysweep:end -->"
	dataStart   = "<!-- keysweep:data "
	keyStart    = "<!-- keysweep:comment "
	markClose   = " -->"
)

// The states a marker can hold, and those of an issue.
const (
	stateOpen   = "open"
	stateClosed = "closed"
)

// Marker is the first line of a body: which finding the issue is about, how we last left the
// issue, and a digest of what we wrote.
type Marker struct {
	ID    string // 16 hex digits
	State string // open or closed
	Hash  string // 8 to 64 hex digits
}

// String is the marker as the line that ParseMarker reads.
func (m Marker) String() string {
	return markerStart + "id=" + m.ID + " state=" + m.State + " hash=" + m.Hash + markClose
}

// ParseMarker reads the marker of a body. Only the first line counts, after a byte order mark
// and blank lines, and only when the whole line is a marker: what stands in a quotation, in
// code or further down is somebody's text.
func ParseMarker(body string) (Marker, bool) {
	line, _, _ := strings.Cut(skipBlank(body), "\n")
	return parseMarkerLine(line)
}

// skipBlank drops a byte order mark and blank lines from the front.
func skipBlank(body string) string {
	body = strings.TrimPrefix(body, "\ufeff")
	for {
		line, rest, found := strings.Cut(body, "\n")
		if !found || strings.TrimSpace(line) != "" {
			return body
		}
		body = rest
	}
}

func parseMarkerLine(line string) (Marker, bool) {
	line, ok := strings.CutPrefix(bare(line), markerStart)
	if !ok {
		return Marker{}, false
	}
	line, ok = strings.CutSuffix(line, markClose)
	if !ok {
		return Marker{}, false
	}
	fields := strings.Split(line, " ")
	if len(fields) != 3 {
		return Marker{}, false
	}
	id, okID := strings.CutPrefix(fields[0], "id=")
	state, okState := strings.CutPrefix(fields[1], "state=")
	hash, okHash := strings.CutPrefix(fields[2], "hash=")
	if !okID || !okState || !okHash {
		return Marker{}, false
	}
	m := Marker{ID: id, State: state, Hash: hash}
	return m, m.valid()
}

func (m Marker) valid() bool {
	return isID(m.ID) && (m.State == stateOpen || m.State == stateClosed) &&
		len(m.Hash) >= 8 && len(m.Hash) <= 64 && isHex(m.Hash)
}

// isID reports whether s has the form of a finding's id.
func isID(s string) bool { return len(s) == 16 && isHex(s) }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// bare is a line without its end, the carriage return that a browser's editor leaves, and
// blanks.
func bare(line string) string { return strings.TrimRight(line, " \t\r\n") }

// markComment puts the hidden mark that names a comment in front of its text.
func markComment(key, text string) string { return keyStart + key + markClose + "\n" + text }

// ParseCommentKey reads the key that the first line of one of our comments holds, so that an
// executor sees whether a comment was made before.
func ParseCommentKey(comment string) (string, bool) {
	line, _, _ := strings.Cut(comment, "\n")
	key, ok := strings.CutPrefix(bare(line), keyStart)
	if !ok {
		return "", false
	}
	key, ok = strings.CutSuffix(key, markClose)
	return key, ok && key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}
