// Package leak finds AWS access keys in bytes and says what can be known from the bytes alone:
// which key, where, how it was written, whose account made it, and how sure that is.
//
// It is pure. It reads what it is handed, asks no file, network or clock, and knows nothing of
// inventories but two questions that the caller may answer ([Options]). It never tries a key.
//
// How it finds them. An id is 20 characters of A-Z and 2-7. Every run of 20 such characters
// covers one position in 20, so that only those positions are looked at (run.go). An encoded id
// is periodic: at each position of the period only a few bytes are possible. One pass looks at
// four bytes in every eight and asks for all encodings and alignments at once whether those bytes
// can stand there (lattice.go); only where they can, and go on doing so, is something decoded.
//
// Secrets. That a secret key stands near an id is worth knowing, the secret itself is not. It is
// looked at where it stands and leaves one bit behind. Nothing that this package returns can hold it.
//
// Input is hostile: work and memory are bounded by the length of the input, and nothing panics.
package leak

import "sync"

// Confidence says how sure it is that a hit is a key.
type Confidence string

// From sure to unsure.
const (
	// Certain: the caller knows the id or its account, or a secret key stands within five lines.
	Certain Confidence = "certain"
	// Likely: everything about the id is as AWS makes them.
	Likely Confidence = "likely"
	// Possible: a temporary id on its own, an id that AWS has hardly made, or one that stands
	// within other letters.
	Possible Confidence = "possible"
)

// The kinds of keys.
const (
	LongTerm  = "long-term" // AKIA…, of a user or root
	Temporary = "temporary" // ASIA…, of a session
	Bedrock   = "bedrock-api-key"
	Claude    = "claude-platform-api-key"
	Service   = "service-api-key" // of a service that is not one of the two above
)

// The names of encodings. Of one within another the name is "inner-in-outer".
const (
	Plain         = "plain"
	Base64        = "base64"
	Base64Twice   = "base64-twice"
	Hex           = "hex"
	UTF16         = "utf-16"
	UnicodeEscape = "unicode-escape"
	HexEscape     = "hex-escape"
	OctalEscape   = "octal-escape"
	Percent       = "percent"
	Quoted        = "quoted-printable"
	HTMLEntity    = "html-entity"
	ByteList      = "byte-list" // 0x41, 0x4b or 65, 75 or 41 4b
	Split         = "split"     // "AKIA" + "…", or a line that goes on in the next
)

// Hit is one place where a key stands. It holds no part of a secret.
type Hit struct {
	// ID is the access key id. Of an API key of a service, whose text is a secret from end to end,
	// it is the user name for the service, NAME-at-ACCOUNT, as IAM lists it.
	ID string
	// Offset is where it begins, in bytes from the start of what was searched.
	Offset int64
	// Line is the line of Offset, from 1. Lines end in a line feed.
	Line int
	// Encoding is how it was written.
	Encoding string
	// SecretNearby: what looks like a secret key stands within 20 lines, or anywhere in a file that
	// holds this id and no other. True of an API key, which is its own secret.
	SecretNearby bool
	Confidence   Confidence
	Kind         string
	// AccountID are the 12 digits that the id itself holds; empty when it holds none. Anybody can
	// make up an id of any account.
	AccountID string
	// Canary names who runs the account, where keys of that account are bait whose use raises an
	// alarm; else empty.
	Canary string
	// Flanked: letters or digits touch the id.
	Flanked bool
}

// Options are the questions that a caller can answer. Both may be nil, and may be asked from
// several goroutines.
type Options struct {
	// Known reports whether an id is in the inventory. A known id is reported wherever it stands.
	Known func(id string) bool
	// Ours reports whether an account, 12 digits, is one of those audited.
	Ours func(account string) bool
}

func (o *Options) known(id string) bool     { return o.Known != nil && o.Known(id) }
func (o *Options) ours(account string) bool { return account != "" && o.Ours != nil && o.Ours(account) }

// Detector finds keys. It may be used by several goroutines at once.
type Detector struct {
	opts Options
	tab  *sieve
	pool sync.Pool // of *search
}

// New makes a detector.
func New(opts Options) *Detector {
	return &Detector{opts: opts, tab: theSieve()}
}
