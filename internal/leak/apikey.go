package leak

import "bytes"

// The API keys of services are base64. Those for long are four capitals and NAME-at-ACCOUNT:SECRET,
// those for hours a signed URL that holds the id of a session. The digits of the account and the id
// are what the sieve meets; what is decoded around them tells the rest.

// longTerm are the capitals before the keys of services.
var longTerm = map[string]string{"ABSK": Bedrock, "AEAA": Claude}

// shortTerm are the words before keys for hours.
var shortTerm = []struct{ prefix, kind string }{{"bedrock-api-key-", Bedrock}, {"aws-external-anthropic-api-key-", Claude}}

const (
	capitalsOfKey = 4
	longestName   = 64
	accountDigits = 12
	// urlReach is how far from the beginning of a key for hours its id stands.
	urlReach = 512
)

var atAccount = []byte("-at-")

// apiKeys finds, in text that was decoded from base64, what an API key for long holds, and reports
// the key in the text above.
func (l *level) apiKeys() {
	for q := 0; ; q++ {
		i := bytes.Index(l.text[q:], atAccount)
		if i < 0 {
			return
		}
		q += i
		end := q + len(atAccount) + accountDigits
		if end < len(l.text) && l.text[end] == ':' && allDigits(l.text[q+len(atAccount):end]) {
			l.apiKey(q, end)
		}
	}
}

// apiKey reports the API key of which text[:q] ends in the name and text[:end] in the account.
func (l *level) apiKey(q, end int) {
	p := q
	for p > 0 && q-p < longestName && isNameByte(l.text[p-1]) {
		p--
	}
	// The capitals may decode to letters in turn, so that the name begins some bytes later.
	for last := min(p+3, q-1); p <= last; p++ {
		if kind := keyKind(l.outer.text, int(l.at[p])); kind != "" {
			l.outer.report(found{
				id: string(l.text[p:end]), start: int(l.at[p]) - capitalsOfKey, end: int(l.at[end]),
				encoding: Plain, kind: kind, account: string(l.text[end-accountDigits : end]),
			})
			return
		}
	}
}

// keyKind is the kind of the key whose capitals end before i, empty when none do.
func keyKind(text []byte, i int) string {
	start := i - capitalsOfKey
	if start < 0 || !opensLeft(text, start) {
		return ""
	}
	for _, c := range text[start:i] {
		if c < 'A' || c > 'Z' {
			return ""
		}
	}
	if kind, ok := longTerm[string(text[start:i])]; ok {
		return kind
	}
	return Service
}

// isNameByte reports whether a name in IAM can hold the byte.
func isNameByte(c byte) bool {
	return is(c, alnum) || bytes.IndexByte([]byte("+=,.@_-"), c) >= 0
}

func allDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// sessionKind is the kind of the key for hours that text[i], in base64, is part of; empty when it is of none.
func sessionKind(text []byte, i int) string {
	s := i
	for s > 0 && i-s < urlReach && is(text[s-1], secret) {
		s--
	}
	for _, k := range shortTerm {
		if bytes.HasSuffix(text[:s], []byte(k.prefix)) {
			return k.kind
		}
	}
	return ""
}

// digitsIn reports whether text[from:to], letters of base64 of which the one at from has a phase,
// holds nine digits: of an account that many fill whole groups.
func digitsIn(text []byte, from, to, phase int) bool {
	var buf [3]byte
	from += (4 - phase%4) % 4
	n := 0
	for ; from+4 <= to && n < 9; from += 4 {
		if n += 3; !allDigits(decodeGroup(&buf, text[from:from+4])) {
			n = 0
		}
	}
	return n >= 9
}
