package review

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/internal/declare"
	"github.com/keysweep/keysweep/report"
)

// nouns are the kinds in words, one and several, in the order in which they are told.
var nouns = []struct {
	kind      declare.Kind
	one, many string
}{
	{declare.User, "IAM user", "IAM users"},
	{declare.AccessKey, "access key", "access keys"},
	{declare.LoginProfile, "console password", "console passwords"},
	{declare.ServiceCredential, "service-specific credential", "service-specific credentials"},
	{declare.SSHKey, "SSH public key of an IAM user", "SSH public keys of IAM users"},
	{declare.Certificate, "signing certificate", "signing certificates"},
	{declare.HardcodedKey, "hard-coded access key id", "hard-coded access key ids"},
	{declare.StaticKeyUse, "use of a static access key", "uses of static access keys"},
}

// kindWords names one of a kind. A kind that has no words yet stands for itself.
func kindWords(k declare.Kind) string {
	for _, n := range nouns {
		if n.kind == k {
			return n.one
		}
	}
	return string(k)
}

// amounts are "2 IAM users, 1 access key".
func amounts(rows []Row) string {
	counts := map[declare.Kind]int{}
	for _, r := range rows {
		counts[r.Kind] += max(r.Count, 1)
	}
	var parts []string
	for _, n := range nouns {
		if c := counts[n.kind]; c > 0 {
			parts = append(parts, number(c, n.one, n.many))
			delete(counts, n.kind)
		}
	}
	others := 0
	for _, c := range counts {
		others += c
	}
	if others > 0 {
		parts = append(parts, number(others, "other credential", "other credentials"))
	}
	return list(parts)
}

// list joins words as a sentence does.
func list(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

func number(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes 12345 as 12,345.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// changeWords says what became of a credential that is no addition.
func changeWords(change string) string {
	switch change {
	case declare.Replaced:
		return "replaced: it takes the place of one like it"
	case declare.Rotated:
		return "rotated: a new key of the same user"
	case declare.Moved:
		return "moved: it stands elsewhere"
	case declare.Imported:
		return "imported: it exists and comes under the code"
	case declare.Removed:
		return "removed"
	}
	return change
}

// restWords are "1 rotated, 2 removed".
func restWords(rows []Row) string {
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.Change.Change] += max(r.Count, 1)
	}
	var parts []string
	for _, c := range []string{declare.Replaced, declare.Rotated, declare.Moved, declare.Imported, declare.Removed} {
		if n := counts[c]; n > 0 {
			parts = append(parts, thousands(n)+" "+c)
		}
	}
	return list(parts)
}

func confidenceWords(c declare.Confidence) string {
	switch c {
	case declare.Certain:
		return "certain"
	case declare.Likely:
		return "likely: defaults decide"
	case declare.Possible:
		return "possible: it cannot be known"
	}
	return string(c)
}

// generalAdvice is what to do instead where nobody knows better.
func generalAdvice(k declare.Kind) string {
	switch k {
	case declare.User, declare.LoginProfile:
		return "People sign in through IAM Identity Center, and a workload takes a role. Neither needs an IAM user."
	case declare.ServiceCredential:
		return "Call the service with the short-lived credentials of a role, which are signed like any other call."
	case declare.SSHKey:
		return "`git-remote-codecommit` signs with the short-lived credentials of a role and needs no key."
	case declare.Certificate:
		return "Sign with the short-lived credentials of a role; certificates of your own authority get them through IAM Roles Anywhere."
	case declare.HardcodedKey:
		return "Take the key out of the text and give the code a role. A key whose secret was pushed with it is leaked: deactivate it, it stays in the history."
	case declare.StaticKeyUse:
		return "Let the job take a role through OpenID Connect: it gets credentials of an hour, and there is no secret to keep."
	}
	return "Give the workload a role: an instance profile, a task or function role, OpenID Connect in CI, IAM Roles Anywhere outside AWS. " +
		"Its credentials end by themselves."
}

// reasons say why the additions matter, in a sentence or two.
func reasons(rows []Row) string {
	has := func(kinds ...declare.Kind) bool {
		return slices.ContainsFunc(rows, func(r Row) bool { return slices.Contains(kinds, r.Kind) })
	}
	var out []string
	if has(declare.User, declare.AccessKey, declare.LoginProfile, declare.ServiceCredential, declare.SSHKey, declare.Certificate) {
		out = append(out, "Such credentials do not end by themselves: whoever gets a copy, from a state file, a log or a laptop, has the access until somebody takes it away.")
	}
	if has(declare.HardcodedKey) {
		out = append(out, "A key id that is written out stays in the history of the repository, and its secret is seldom far.")
	}
	if has(declare.StaticKeyUse) {
		out = append(out, "A static key has to be kept secret and rotated by hand, and works from anywhere.")
	}
	return strings.Join(out, " ")
}

// shortened cuts what is shown of a name or path, in runes.
func shortened(s string, limit int) string {
	n := 0
	for i := range s {
		if n++; n > limit {
			return s[:i] + "…"
		}
	}
	return s
}

// Limits of what is shown of one word of a change, in runes.
const (
	nameShown = 128 // IAM's longest name of a user has 64
	pathShown = 200
	whyShown  = 240
)

// what is the cell of a row that says what it makes.
func what(r Row) string {
	if r.Count > 1 {
		return report.Text(fmt.Sprintf("%s × %s", kindWords(r.Kind), thousands(r.Count)))
	}
	return report.Text(kindWords(r.Kind))
}

// named is the cell of a row that says what it is called.
func named(r Row) string {
	name, address := report.Code(shortened(r.Name, nameShown)), report.Code(shortened(r.Address, nameShown))
	switch {
	case name == "" || r.Name == r.Address:
		return address
	case address == "":
		return name
	}
	return name + " (" + address + ")"
}

// shortName is the one word by which a row is spoken of.
func shortName(r Row) string {
	if r.Name != "" {
		return r.Name
	}
	return r.Address
}

// placeOf is "path:line"; empty where there is no path.
func placeOf(path string, line int) string {
	if path != "" && line > 0 {
		path += ":" + strconv.Itoa(line)
	}
	return path
}

// links makes the addresses of lines of the head.
type links struct{ blob string } // empty: nothing is linked

var (
	serverForm     = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)
	repositoryForm = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)
	commitForm     = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

func newLinks(server, repository, head string) links {
	server = strings.TrimSuffix(server, "/")
	if !serverForm.MatchString(server) || !repositoryForm.MatchString(repository) || !commitForm.MatchString(head) {
		return links{}
	}
	return links{server + "/" + repository + "/blob/" + head + "/"}
}

// longestLink is where a link stops being one that a browser follows.
const longestLink = 1500

// cell is the place of a row, linked where that can be. A row that was removed stands in the base alone.
func (l links) cell(r Row) string {
	shown := report.Code(placeOf(shortened(r.Path, pathShown), r.Line))
	if l.blob == "" || r.Path == "" || r.Change.Change == declare.Removed || len(r.Path) > longestLink || !strings.HasPrefix(shown, "`") {
		return shown
	}
	address := l.blob + escapePath(r.Path)
	if len(address) > longestLink {
		return shown
	}
	if r.Line > 0 {
		address += "#L" + strconv.Itoa(r.Line)
	}
	return "[" + shown + "](" + address + ")"
}

// escapePath keeps of a path nothing that means something in Markdown or in an address.
func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		parts[i] = plainEscape.Replace(url.QueryEscape(s))
	}
	return strings.Join(parts, "/")
}

// plainEscape mends what the escaping of queries does to blanks, and escapes the marks that it lets stand and
// that Markdown reads.
var plainEscape = strings.NewReplacer("+", "%20", "_", "%5F", "~", "%7E")

// short7 is how people write a commit.
func short7(rev string) string {
	if commitForm.MatchString(rev) {
		return rev[:7]
	}
	return rev
}
