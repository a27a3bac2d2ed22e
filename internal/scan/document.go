package scan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keysweep/keysweep/checks"
)

// Schema names the document.
const Schema = "keysweep/scan/v1"

// Document is a result as it may be shown: where names are hidden or ids masked, no true one is left
// in it. It is what every output is made of.
type Document struct {
	// Leaks are the rows that count, the worst first; Accepted are those that do not.
	Leaks, Accepted []Row
	NotScanned      []NotScanned
	Warnings        []string
	Complete        bool
	Counts          Counts
	// Redacted says that names and ids are hidden.
	Redacted bool
}

// Row is one row as it is shown. Its JSON is that of keysweep/scan/v1.
type Row struct {
	AccessKeyID  string    `json:"access_key_id"`
	AccountID    string    `json:"account_id"`
	Path         string    `json:"path"`
	Line         int       `json:"line"`
	Inside       []string  `json:"inside"`
	Where        Where     `json:"where"`
	Commit       string    `json:"commit"`
	Encoding     string    `json:"encoding"`
	SecretNearby bool      `json:"secret_nearby"`
	Confidence   string    `json:"confidence"`
	Inventory    Inventory `json:"inventory"`

	// Not in the document.
	Severity   checks.Severity `json:"-"`
	Owner      string          `json:"-"`
	Why        string          `json:"-"`
	Acceptance *Acceptance     `json:"-"`
	// Fingerprint is the same in every scan: 64 hexadecimal digits of the id and the path, whatever
	// line the key moves to. Where names are hidden it is made of the shown id.
	Fingerprint string `json:"-"`
	// IgnoreKey is how a line of the ignore file names the key; empty where names are hidden, since who
	// knows the account could find out the id by it.
	IgnoreKey string `json:"-"`
}

// Inventory is what the inventory says of a row's key.
type Inventory struct {
	Status      Status `json:"status"`
	AccountName string `json:"account_name"`
	User        string `json:"user"`
}

// Shown makes the document. A display hides names as it does in findings; otherwise mask, where it is
// given, hides the ids of keys. Where an id is hidden it is hidden in paths too, and in all other text.
func (r *Result) Shown(d *checks.Display, mask func(id string) string) *Document {
	c := r.curtain(d, mask)
	doc := &Document{Leaks: []Row{}, NotScanned: []NotScanned{}, Complete: r.Complete(), Counts: r.Counts(), Redacted: d != nil}
	for i := range r.Leaks {
		l := &r.Leaks[i]
		row := c.row(l)
		if l.Accepted != nil {
			doc.Accepted = append(doc.Accepted, row)
		} else {
			doc.Leaks = append(doc.Leaks, row)
		}
	}
	for _, w := range r.Warnings {
		doc.Warnings = append(doc.Warnings, legible(c.hide(w)))
	}
	for _, n := range r.NotScanned {
		doc.NotScanned = append(doc.NotScanned, NotScanned{legible(c.hide(n.Path)), legible(c.hide(n.Reason))})
	}
	return doc
}

// curtain is what true names are shown as.
type curtain struct {
	display *checks.Display
	mask    func(string) string
	users   map[string]string // by account and name
	ids     *strings.Replacer
}

func (r *Result) curtain(d *checks.Display, mask func(string) string) *curtain {
	c := &curtain{display: d, mask: mask, users: map[string]string{}}
	if d == nil && mask == nil {
		return c
	}
	var pairs []string
	for _, id := range r.ids() {
		shown := c.key(id.key, id.account)
		pairs = append(pairs, id.key, shown, strings.ToLower(id.key), shown)
	}
	if d == nil {
		c.ids = strings.NewReplacer(pairs...)
		return c
	}
	for _, a := range r.accounts {
		pairs = append(pairs, hiddenAccount(a.ID, d)...)
		for i := range a.Users {
			u := &a.Users[i]
			unique := u.ID
			if unique == "" {
				unique = u.ARN
			}
			c.users[a.ID+"/"+u.Name] = d.User(unique, u.Name)
		}
	}
	for i := range r.Leaks {
		if id := r.Leaks[i].AccountID; id != "" {
			pairs = append(pairs, hiddenAccount(id, d)...)
		}
	}
	c.ids = strings.NewReplacer(pairs...)
	return c
}

// hiddenAccount are an account's id, with the word before it where there is one, and what is shown.
func hiddenAccount(id string, d *checks.Display) []string {
	return []string{"account " + id, d.Account(id), id, d.Account(id)}
}

type keyInAccount struct{ key, account string }

// ids are all ids that were found, the longest first, so that none is taken for a part of another.
func (r *Result) ids() []keyInAccount {
	var out []keyInAccount
	for i := range r.Leaks {
		out = append(out, keyInAccount{r.Leaks[i].AccessKeyID, r.Leaks[i].AccountID})
	}
	slices.SortFunc(out, func(a, b keyInAccount) int {
		if len(a.key) != len(b.key) {
			return len(b.key) - len(a.key)
		}
		return strings.Compare(a.key+a.account, b.key+b.account)
	})
	return slices.Compact(out)
}

// key is the id of a key as it is shown. The name of an API key holds its user and its account.
func (c *curtain) key(id, account string) string {
	name, service := strings.CutSuffix(id, serviceMark+account)
	switch {
	case c.display != nil && service && account != "":
		return c.display.User("", name) + serviceMark + c.display.Account(account)
	case c.display != nil:
		return c.display.Key(id)
	case c.mask != nil:
		return c.mask(id)
	}
	return id
}

// hide takes hidden ids out of any text.
func (c *curtain) hide(s string) string {
	if c.ids == nil {
		return s
	}
	return c.ids.Replace(s)
}

// shortestName is the shortest name of a user that is looked for in a path: any path holds the letters
// of a shorter one.
const shortestName = 4

// place is hide for a path of a row whose key has a user.
func (c *curtain) place(s string, l *Leak) string {
	s = c.hide(s)
	if c.display != nil && len(l.User) >= shortestName {
		s = strings.ReplaceAll(s, l.User, c.user(l))
	}
	return legible(s)
}

func (c *curtain) user(l *Leak) string {
	if c.display == nil || l.User == "" {
		return l.User
	}
	if shown, ok := c.users[l.AccountID+"/"+l.User]; ok {
		return shown
	}
	return l.User // root has one name everywhere
}

func (c *curtain) row(l *Leak) Row {
	row := Row{
		AccessKeyID: c.key(l.AccessKeyID, l.AccountID), AccountID: l.AccountID, Path: c.place(l.Path, l), Line: l.Line,
		Inside: make([]string, len(l.Inside)), Where: l.Where, Commit: l.Commit, Encoding: l.Encoding,
		SecretNearby: l.SecretNearby, Confidence: l.Confidence,
		Inventory: Inventory{Status: l.Status, AccountName: l.AccountName, User: c.user(l)},
		Severity:  l.Severity, Owner: l.Owner, Why: c.hide(l.Why),
		Fingerprint: fingerprint(l.AccessKeyID, l.Path), IgnoreKey: hashPrefix + hashOf(l.AccessKeyID)[:16],
	}
	if a := l.Accepted; a != nil {
		row.Acceptance = &Acceptance{From: a.From, Reason: legible(c.hide(a.Reason)), Until: a.Until}
	}
	for i, name := range l.Inside {
		row.Inside[i] = c.place(name, l)
	}
	if c.display != nil {
		if l.AccountID != "" {
			row.AccountID = c.display.Account(l.AccountID)
		}
		row.Inventory.AccountName = c.display.Name(l.AccountName)
		if l.ownerByTag {
			row.Owner = ""
		}
		row.Fingerprint, row.IgnoreKey = fingerprint(row.AccessKeyID, l.Path), ""
	}
	return row
}

func fingerprint(id, path string) string {
	sum := sha256.Sum256([]byte(id + "\x00" + path))
	return hex.EncodeToString(sum[:])
}

// legible shows the bytes of a name that are no text as \xff, so that two names stay two.
func legible(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[0])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// acceptedRow is a row that does not count, with what lets it pass.
type acceptedRow struct {
	Row
	Accepted struct {
		From   string `json:"from"`
		Reason string `json:"reason"`
		Until  string `json:"until"`
	} `json:"accepted"`
}

// JSON is the document keysweep/scan/v1: one row a line, so that two scans can be compared with any
// tool. Rows that are accepted stand in a list of their own, which is there only when there are any.
func (d *Document) JSON() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\"schema\":%q,\"complete\":%v", Schema, d.Complete)
	list(&out, "leaks", len(d.Leaks), func(i int) any { return d.Leaks[i] })
	list(&out, "not_scanned", len(d.NotScanned), func(i int) any { return d.NotScanned[i] })
	if len(d.Accepted) > 0 {
		list(&out, "accepted", len(d.Accepted), func(i int) any {
			row := acceptedRow{Row: d.Accepted[i]}
			a := row.Acceptance
			row.Accepted.From, row.Accepted.Reason, row.Accepted.Until = a.From, a.Reason, a.Until
			return row
		})
	}
	out.WriteString("}\n")
	return out.Bytes()
}

// list writes a member that is a list, one value a line.
func list(out *bytes.Buffer, name string, n int, value func(i int) any) {
	fmt.Fprintf(out, ",\n%q:[", name)
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false) // <root_account> stays readable
		if err := enc.Encode(value(i)); err != nil {
			panic("scan: a row is made of strings, numbers and booleans: " + err.Error())
		}
		out.Truncate(out.Len() - 1) // its line feed
	}
	out.WriteByte(']')
}
