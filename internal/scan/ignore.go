package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/keysweep/keysweep/internal/accept"
	"github.com/keysweep/keysweep/internal/wildcard"
)

// IgnoreFile is the usual name of the file of accepted findings.
const IgnoreFile = ".keysweepignore"

// fromIgnore is Acceptance.From of a line of the file.
const fromIgnore = "ignore"

// Bounds of the file.
const (
	longestIgnore = 365 // days, counted from the day of the run
	hashPrefix    = "sha256:"
	shortestHash  = 12 // hexadecimal digits
)

// Ignore is a file of rows that people live with until a day. Each line is one entry:
//
//	# the key of the workshop; it was deleted before the repository was published
//	sha256:2f1c0d9e8b7a path=docs/* until=2027-01-31 reason=deleted, the slides keep it
//
// First comes the key: sha256: with 12 or more digits of the SHA-256 of the id, a masked id
// (AKIA…WXYZ, or with three dots), a whole id, or * for every key, which needs a path. Then, in any
// order, path= with * and ? as wildcards (in quotation marks where it holds blanks; without it, every
// place), until= with the last day (UTC), and reason=, which takes the rest of the line unless it
// is in quotation marks. Blank lines and lines that begin with # say nothing.
type Ignore struct {
	name    string
	now     time.Time
	entries []*ignoreEntry
}

type ignoreEntry struct {
	line   int
	key    string
	path   string // empty: every place
	until  time.Time
	reason string

	hash string // of what key names, where it is a hash
	used bool
}

// ParseIgnore reads the file. What cannot be understood is told all at once, one error a line, with
// the name of the file, the line and the field. An entry whose day has passed is no error: it is
// warned about and lets nothing pass any more.
func ParseIgnore(name string, text []byte, now time.Time) (*Ignore, error) {
	ig := &Ignore{name: name, now: now}
	var faults []error
	for n, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		e, err := ig.entry(line)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", name, n+1, err))
			continue
		}
		e.line = n + 1
		ig.entries = append(ig.entries, e)
	}
	return ig, errors.Join(faults...)
}

// fault is one thing wrong with one field.
func fault(field, format string, args ...any) error {
	return fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...))
}

func (ig *Ignore) entry(line string) (*ignoreEntry, error) {
	key, rest := line, ""
	if i := strings.IndexFunc(line, unicode.IsSpace); i >= 0 {
		key, rest = line[:i], line[i:]
	}
	e := &ignoreEntry{key: key}
	if err := e.readKey(); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		field, value, ok := strings.Cut(rest, "=")
		if !ok || field == "" || strings.ContainsFunc(field, unicode.IsSpace) {
			return nil, fault("line", "%q is not understood, write path=… until=YYYY-MM-DD reason=… after the key", clip(rest))
		}
		if seen[field] {
			return nil, fault(field, "it stands twice")
		}
		seen[field] = true
		var err error
		if rest, err = ig.field(e, field, value); err != nil {
			return nil, err
		}
	}
	return e, e.whole(seen)
}

// readKey holds the first word to the forms that name a key.
func (e *ignoreEntry) readKey() error {
	if digits, ok := strings.CutPrefix(e.key, hashPrefix); ok {
		e.hash = strings.ToLower(digits)
		if len(digits) < shortestHash || len(digits) > 2*sha256.Size || strings.Trim(e.hash, "0123456789abcdef") != "" {
			return fault("key", "%q is no SHA-256, write sha256: and %d to 64 hexadecimal digits", clip(e.key), shortestHash)
		}
		return nil
	}
	if e.key == "*" {
		return nil
	}
	e.key = strings.Replace(e.key, "...", "…", 1)
	head, tail, masked := strings.Cut(e.key, "…")
	if masked && len(head) >= 4 && len(tail) >= 4 && word(head) && word(tail) {
		return nil
	}
	if !masked && len(e.key) >= 16 && word(e.key) {
		return nil
	}
	return fault("key", "%q names no key, write sha256:…, AKIA…WXYZ, a whole id, or * with a path", clip(e.key))
}

// word takes what ids, and the names of API keys, are made of.
func word(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-", r)
	})
}

// field reads one field and returns what comes behind it.
func (ig *Ignore) field(e *ignoreEntry, field, value string) (rest string, err error) {
	if field == "reason" {
		e.reason, rest, err = ignoreText(field, value, true)
		e.reason = accept.Reason(e.reason)
		return rest, err
	}
	text, rest, err := ignoreText(field, value, false)
	if err != nil {
		return "", err
	}
	switch field {
	case "path":
		if e.path = text; e.path == "" {
			return "", fault(field, "it is empty, write a pattern such as docs/*, or leave it out for every place")
		}
	case "until":
		return rest, ig.day(e, text)
	default:
		return "", fault(field, "there is no such field, write path=, until= or reason=")
	}
	return rest, nil
}

func (ig *Ignore) day(e *ignoreEntry, text string) error {
	last := ig.today().AddDate(0, 0, longestIgnore)
	until, ok := accept.Day(text)
	switch {
	case !ok:
		return fault("until", "%q is no day, write one such as %s", clip(text), day(last))
	case until.After(last):
		return fault("until", "%s is more than %d days ahead, write %s or an earlier day", text, longestIgnore, day(last))
	}
	e.until = until
	return nil
}

func (ig *Ignore) today() time.Time { return ig.now.UTC().Truncate(24 * time.Hour) }

// ignoreText takes a value off the front: in quotation marks, or up to the next blank, or all of it.
func ignoreText(field, value string, all bool) (text, rest string, err error) {
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		in, after, closed := strings.Cut(quoted, `"`)
		if !closed {
			return "", "", fault(field, "its quotation mark is not closed")
		}
		return accept.OneLine(in), after, nil
	}
	if all {
		return accept.OneLine(value), "", nil
	}
	end := strings.IndexFunc(value, unicode.IsSpace)
	if end < 0 {
		end = len(value)
	}
	return accept.OneLine(value[:end]), value[end:], nil
}

// whole holds an entry to the fields that it must have.
func (e *ignoreEntry) whole(seen map[string]bool) error {
	switch {
	case !seen["until"]:
		return fault("until", "it is missing, write until= and the last day, such as 2027-01-31")
	case e.reason == "":
		return fault("reason", "it is missing, write reason= and why this may stay")
	case e.key == "*" && strings.Trim(e.path, "*?/.") == "":
		return fault("path", "* is every key, so it needs a path that is not every place")
	}
	return nil
}

// clip shortens what an error quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// over reports whether the last day, in UTC, has passed.
func (e *ignoreEntry) over(now time.Time) bool { return !now.Before(e.until.AddDate(0, 0, 1)) }

// names reports whether the entry names a key, whose hash is given as well.
func (e *ignoreEntry) names(id, hash string) bool {
	if e.hash != "" {
		return strings.HasPrefix(hash, e.hash)
	}
	if head, tail, masked := strings.Cut(e.key, "…"); masked {
		return len(id) >= len(head)+len(tail) && strings.HasPrefix(id, head) && strings.HasSuffix(id, tail)
	}
	return e.key == "*" || e.key == id
}

// accepts finds the entry that lets a row pass: of several the one that lasts longest, and of equals
// the first. All of them count as used. A nil Ignore lets nothing pass.
func (ig *Ignore) accepts(s *Sighting) *Acceptance {
	if ig == nil {
		return nil
	}
	hash := hashOf(s.AccessKeyID)
	var by *ignoreEntry
	for _, e := range ig.entries {
		if !e.names(s.AccessKeyID, hash) || e.path != "" && !wildcard.Match(e.path, s.Path) && !ig.itself(e, s) {
			continue
		}
		e.used = true
		if !e.over(ig.now) && (by == nil || e.until.After(by.until)) {
			by = e
		}
	}
	if by == nil {
		return nil
	}
	return &Acceptance{From: fromIgnore, Reason: by.reason, Until: day(by.until)}
}

// itself reports whether a row is about the very line of the file that names the key.
func (ig *Ignore) itself(e *ignoreEntry, s *Sighting) bool {
	return e.key == s.AccessKeyID && s.Path == ig.name && len(s.Inside) == 0 && !s.SecretNearby
}

// warnings tell what is over and what lets nothing pass.
func (ig *Ignore) warnings() []string {
	var out []string
	for _, e := range ig.entries {
		switch {
		case e.over(ig.now):
			out = append(out, fmt.Sprintf("%s:%d: the entry ended on %s and lets nothing pass any more: take it out, or look at the key again and write a new day", ig.name, e.line, day(e.until)))
		case !e.used:
			out = append(out, fmt.Sprintf("%s:%d: the entry matches nothing that was found: take it out", ig.name, e.line))
		}
	}
	return out
}

// hashOf is how the file names a key without showing it: the SHA-256 of its id, in hexadecimal digits.
func hashOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}
