package review

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Memory is what our comment on a pull request remembers in a hidden line: which additions it has shown, since
// when, and which of them the label approved. There is no other memory between two runs.
//
// Whoever may edit the comments of others may edit this line. They could as well run a workflow that writes
// as we do, and GitHub shows that a comment was edited, and by whom.
type Memory struct {
	written time.Time // when the comment was made from it, to the second
	shown   map[string]sight
}

// sight is what is remembered of an addition, by its identity.
type sight struct {
	since    time.Time // when it was first shown
	approved bool
}

// sight finds an addition, or else all of them as a whole.
func (m *Memory) sight(id, whole string) (sight, bool) {
	if m == nil {
		return sight{}, false
	}
	s, ok := m.shown[id]
	if !ok {
		s, ok = m.shown[whole]
	}
	return s, ok
}

// since is when an addition was first shown; one that never was is shown now.
func (m *Memory) since(id, whole string, now time.Time) time.Time {
	if s, ok := m.sight(id, whole); ok {
		return s.since
	}
	return now
}

// identity is 128 bits of a digest, so that nobody can write two additions that share one: the approval of the
// first would be that of the second.
func identity(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(strconv.AppendQuote(nil, p))
	}
	return strings.ToLower(short32.EncodeToString(h.Sum(nil)[:16]))
}

var short32 = base32.StdEncoding.WithPadding(base32.NoPadding)

func isIdentity(s string) bool {
	return len(s) == 26 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// identify gives each addition its identity. The line is no part of it: what is approved may move within its
// file. Additions that are alike in everything are told apart by their number.
func identify(rows []Row) {
	alike := map[string]int{}
	for i := range rows {
		r := &rows[i]
		id := identity(string(r.Kind), r.Form, r.Path, r.Address, r.Name, strconv.Itoa(r.Count))
		if n := alike[id]; n > 0 {
			r.id = identity(id, strconv.Itoa(n))
		} else {
			r.id = id
		}
		alike[id]++
	}
}

// wholeOf is one identity for all additions together. It stands in where they are too many to be remembered
// one by one.
func wholeOf(rows []Row) string {
	ids := make([]string, 0, len(rows)+1)
	for _, r := range rows {
		ids = append(ids, r.id)
	}
	slices.Sort(ids)
	return identity(append(ids, "all")...)
}

// memoryLimit is how long the hidden line may be, in bytes: some 500 additions.
const memoryLimit = 16_000

// memoryLine is the hidden line.
type memoryLine struct {
	Written int64     `json:"written"` // Unix seconds, as all times here
	Shown   []sighted `json:"shown"`
}

// sighted are identities, parted by blanks, that were first shown at one time.
type sighted struct {
	At       int64  `json:"at"`
	IDs      string `json:"ids,omitempty"`
	Approved string `json:"approved,omitempty"`
}

const (
	memoryStart = "<!-- keysweep:memory "
	markClose   = " -->"
)

// line is the memory as its hidden line. It holds digits, small letters and words of ours alone.
func (m Memory) line() string { return memoryStart + m.bounded().encode() + markClose }

// bounded is the memory, or all additions as one where they have no room one by one.
func (m Memory) bounded() Memory {
	if len(m.shown) > memoryLimit/26 || len(m.encode()) > memoryLimit {
		return m.joined()
	}
	return m
}

func (m Memory) encode() string {
	shown, approved := map[int64][]string{}, map[int64][]string{}
	times := map[int64]bool{}
	for _, id := range slices.Sorted(maps.Keys(m.shown)) {
		s := m.shown[id]
		at, into := s.since.Unix(), shown
		if s.approved {
			into = approved
		}
		into[at], times[at] = append(into[at], id), true
	}
	line := memoryLine{Written: m.written.Unix(), Shown: []sighted{}}
	for _, at := range slices.Sorted(maps.Keys(times)) {
		line.Shown = append(line.Shown, sighted{At: at, IDs: strings.Join(shown[at], " "), Approved: strings.Join(approved[at], " ")})
	}
	out, err := json.Marshal(line)
	if err != nil { // strings and numbers always encode
		panic(err)
	}
	return string(out)
}

// joined remembers all additions as one: shown since the last of them was, approved when all of them are.
func (m Memory) joined() Memory {
	all := sight{approved: true}
	rows := make([]Row, 0, len(m.shown))
	for id, s := range m.shown {
		rows = append(rows, Row{id: id})
		all.approved = all.approved && s.approved
		if s.since.After(all.since) {
			all.since = s.since
		}
	}
	return Memory{written: m.written, shown: map[string]sight{wholeOf(rows): all}}
}

// said are the words of the memory that a comment differs by: not when something was shown.
func (m Memory) said() string {
	m = m.bounded()
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(m.shown)) {
		b.WriteString(id + " " + strconv.FormatBool(m.shown[id].approved) + "\n")
	}
	return b.String()
}

// parseMemory reads the hidden line. A line with impossible values remembers nothing.
func parseMemory(line string) (Memory, bool) {
	text, ok := strings.CutPrefix(line, memoryStart)
	if !ok {
		return Memory{}, false
	}
	text, ok = strings.CutSuffix(text, markClose)
	var in memoryLine
	if !ok || json.Unmarshal([]byte(text), &in) != nil {
		return Memory{}, false
	}
	m := Memory{written: time.Unix(in.Written, 0).UTC(), shown: map[string]sight{}}
	for _, s := range in.Shown {
		if !m.learn(s, s.IDs, false) || !m.learn(s, s.Approved, true) {
			return Memory{}, false
		}
	}
	return m, true
}

func (m Memory) learn(s sighted, ids string, approved bool) bool {
	for _, id := range strings.Fields(ids) {
		if _, twice := m.shown[id]; twice || !isIdentity(id) {
			return false
		}
		m.shown[id] = sight{since: time.Unix(s.At, 0).UTC(), approved: approved}
	}
	return true
}

// by corrects the memory by GitHub's clock, which labels are dated by: what the last write was the first to
// show was seen by nobody before that write.
func (m Memory) by(updated time.Time) *Memory {
	if updated.IsZero() {
		return &m
	}
	for id, s := range m.shown {
		if s.since.Equal(m.written) {
			s.since = updated.UTC()
			m.shown[id] = s
		}
	}
	return &m
}
