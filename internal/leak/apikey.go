package leak

import "bytes"

// The API keys of services are long texts of base64. Those for long hold, after four capitals,
// NAME-at-ACCOUNT:SECRET; those for hours are a signed URL that holds the id of a session.

const (
	// shortestKey is the shortest API key: a name of one letter.
	shortestKey = 84
	// longestName is how much of it is decoded: a name of 64 letters, the account and a colon.
	longestName = (64 + 4 + 12 + 1 + 2) / 3 * 4
)

// longTerm are the capitals before the keys of services, as they are and in base64 at its three
// alignments with what phase of a group each begins in.
var longTerm = []struct{ plain, kind string }{{"ABSK", Bedrock}, {"AEAA", Claude}}

var longTermEncoded = []struct {
	letters string
	phase   int
}{
	{"QUJTS", 0}, {"FCU0", 2}, {"BQlNL", 3}, // ABSK
	{"QUVBQ", 0}, {"FFQU", 2}, {"BRUFB", 3}, // AEAA
}

var shortTerm = []struct{ prefix, kind string }{{"bedrock-api-key-", Bedrock}, {"aws-external-anthropic-api-key-", Claude}}

// apiKeys finds the API keys that begin in text[lo:hi]. A run of some length is looked for from its
// end: what is no letter of it there rules out all runs that reach over it.
func (l *level) apiKeys(lo, hi int) {
	text := l.text
	for s := lo; s < hi && s+shortestKey <= len(text); {
		i := s + shortestKey - 1
		for i >= s && is(text[i], secret) {
			i--
		}
		if i >= s {
			s = i + 1
			continue
		}
		e := runEnd(text, s+shortestKey, len(text), secret)
		l.inLongRun(s, e)
		s = e
	}
}

// inLongRun looks for API keys in text[s:e], a run of base64.
func (l *level) inLongRun(s, e int) {
	for _, k := range shortTerm {
		if bytes.HasSuffix(l.text[:s], []byte(k.prefix)) {
			l.session(s, e, k.kind)
			return
		}
	}
	kind := Service
	for _, k := range longTerm {
		if bytes.HasPrefix(l.text[s:e], []byte(k.plain)) {
			kind = k.kind
			continue
		}
		each(l.text, k.plain, s+1, e, func(p int) { l.apiKey(p, e, k.kind) })
	}
	l.apiKey(s, e, kind)
	for _, k := range longTermEncoded {
		each(l.text, k.letters, s, e, func(p int) {
			if done := &l.done[doneBase64+(p-k.phase)&3]; p >= *done {
				*done = l.open(opening{decode: asBase64, lo: p, hi: p + len(k.letters), phase: k.phase})
			}
		})
	}
}

// each visits every place of a word in text[s:e].
func each(text []byte, word string, s, e int, visit func(p int)) {
	for s < e {
		i := bytes.Index(text[s:e], []byte(word))
		if i < 0 {
			return
		}
		visit(s + i)
		s += i + len(word)
	}
}

// apiKey reports the API key at text[p:e] if it is one: four capitals, then a name and an account.
func (l *level) apiKey(p, e int, kind string) {
	if e-p < shortestKey || p > 0 && is(l.text[p-1], alnum) {
		return
	}
	for _, c := range l.text[p : p+4] {
		if c < 'A' || c > 'Z' {
			return
		}
	}
	if name, account, ok := serviceUser(l.text[p+4 : min(e, p+4+longestName)]); ok {
		l.report(found{id: name, start: p, end: e, encoding: Plain, kind: kind, account: account})
	}
}

// serviceUser decodes NAME-at-ACCOUNT, which a colon ends.
func serviceUser(letters []byte) (name, account string, ok bool) {
	var buf [3]byte
	text := make([]byte, 0, longestName)
	for ; len(letters) >= 4; letters = letters[4:] {
		for i, c := range decodeGroup(&buf, letters[:4]) {
			if c == ':' {
				return splitUser(append(text, buf[:i]...))
			}
			if !is(c, alnum) && bytes.IndexByte([]byte("+=,.@_-"), c) < 0 {
				return "", "", false
			}
		}
		text = append(text, buf[:]...)
	}
	return "", "", false
}

func splitUser(text []byte) (name, account string, ok bool) {
	const digits = 12
	at := len(text) - digits
	if at < 5 || !bytes.HasSuffix(text[:at], []byte("-at-")) {
		return "", "", false
	}
	for _, c := range text[at:] {
		if c < '0' || c > '9' {
			return "", "", false
		}
	}
	return string(text), string(text[at:]), true
}

// session reports the id of the session in text[s:e], a key for hours.
func (l *level) session(s, e int, kind string) {
	if l.depth == maxDepth {
		return
	}
	inner := l.inner()
	inner.decoded(l, opening{decode: asBase64, lo: s, hi: min(e, s+farthest)}, 0)
	for p := 0; p+idLength < len(inner.text); p++ {
		if isPrefix(inner.text[p:]) && inner.inRunAt(p) {
			id := string(inner.text[p : p+idLength])
			account, _ := KeyAccount(id)
			inner.report(found{id: id, start: p, end: p + idLength, encoding: Plain, kind: kind, account: account})
			return
		}
	}
}

// inRunAt reports whether the letters of an id stand at p, and no others beside them.
func (l *level) inRunAt(p int) bool {
	for _, c := range l.text[p : p+idLength] {
		if !is(c, upper) {
			return false
		}
	}
	return opensLeft(l.text, p) && opensRight(l.text, p+idLength)
}
