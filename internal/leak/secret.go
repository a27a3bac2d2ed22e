package leak

import (
	"bytes"
	"slices"
)

// What looks like a secret key: 40 letters of base64 of both cases and digits, that are not all
// hexadecimal and not few different ones. Only where one begins leaves the functions of this file.

const (
	secretLength = 40
	// wrapped is the length of a secret key that was encoded in base64 by itself, without padding.
	wrapped = 54
	// lineReach is how many bytes 20 lines may have.
	lineReach = 8 << 10
	// wideReach is how many letters around an id in an encoding are decoded to look for a secret.
	wideReach = 2 << 10
	// widesMost is for how many ids of a window that is done. Where they stand closer, what was
	// decoded to find them must do.
	widesMost = 64

	besideLines, nearLines = 5, 20
)

// eachSecret tells where secret keys begin in text[lo:hi], until visit returns false.
func eachSecret(text []byte, lo, hi int, visit func(at int) bool) {
	end := min(len(text), hi+secretLength-1)
	floor := lo
	for i := lo + secretLength - 1; i < end; i += secretLength {
		if !is(text[i], secret) {
			continue
		}
		s, e := i, i+1
		for s > floor && is(text[s-1], secret) {
			s--
		}
		for e < len(text) && is(text[e], secret) {
			e++
		}
		if (s == 0 || !is(text[s-1], secret)) && isSecret(text[s:], e-s) && !visit(s) {
			return
		}
		floor, i = e, e
	}
}

// isSecret reports whether the first n bytes of text, a whole run, are a secret key, in base64 or plain.
func isSecret(text []byte, n int) bool {
	switch {
	case n == secretLength:
		return looksSecret(text[:n])
	case n == wrapped && bytes.HasPrefix(text[n:], []byte("==")):
		var buf [3]byte
		plain := make([]byte, 0, secretLength)
		for i := 0; i < n; i += 4 {
			plain = append(plain, decodeGroup(&buf, text[i:min(i+4, n)])...)
		}
		return looksSecret(plain)
	}
	return false
}

func looksSecret(word []byte) bool {
	var capital, lower, digit, other bool
	for _, c := range word {
		switch {
		case !is(c, secret):
			return false
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z':
			capital = true
		case c >= '0' && c <= '9':
			digit = true
		}
		other = other || !is(c, hexdigit)
	}
	return capital && lower && digit && other && entropy(word) >= secretEntropy && !bytes.HasSuffix(word, []byte("EXAMPLEKEY"))
}

// nearness says how near a secret key stands to text[start:end], an id.
func (l *level) nearness(start, end int) nearness {
	if l.depth == 0 {
		return l.s.nearInWindow(l.text, start, end)
	}
	n := l.s.nearInWindow(l.s.levels[0].text, l.source(start), l.source(end-1)+1)
	if n == beside {
		return n
	}
	return max(n, l.nearDecoded(start))
}

// nearInWindow answers for the text of the window, whose secrets are found once.
func (s *search) nearInWindow(text []byte, start, end int) nearness {
	if !s.keysFor {
		s.keysFor = true
		eachSecret(text, 0, len(text), func(at int) bool {
			s.keys = append(s.keys, at)
			return true
		})
	}
	i, _ := slices.BinarySearch(s.keys, start)
	n := nowhere
	if i > 0 {
		n = apart(text, s.keys[i-1], start)
	}
	if i < len(s.keys) {
		n = max(n, apart(text, end, s.keys[i]))
	}
	return n
}

// nearDecoded looks around an id that stands at p of what was decoded, first in that, then in more
// of its surroundings, which are decoded for the purpose.
func (l *level) nearDecoded(p int) nearness {
	n := nearIn(l.text, p)
	if n == beside || l.s.wides == 0 {
		return n
	}
	l.s.wides--
	wide := &l.s.text
	wide.decoded(l.outer, l.from, wideReach)
	if at, ok := slices.BinarySearch(wide.at, l.at[p]); ok {
		n = max(n, nearIn(wide.text, at))
	}
	return n
}

// nearIn says how near a secret key stands to the id at p.
func nearIn(text []byte, p int) (n nearness) {
	end := min(len(text), p+idLength)
	eachSecret(text, 0, len(text), func(at int) bool {
		if at < p {
			n = max(n, apart(text, at, p))
		} else {
			n = max(n, apart(text, end, at))
		}
		return n != beside
	})
	return n
}

// apart counts the lines between two places.
func apart(text []byte, from, to int) nearness {
	if to < from || to-from > lineReach {
		return nowhere
	}
	switch n := bytes.Count(text[from:to], []byte{'\n'}); {
	case n <= besideLines:
		return beside
	case n <= nearLines:
		return near
	}
	return nowhere
}

// hasSecret reports whether a secret key begins in text[lo:hi].
func hasSecret(text []byte, lo, hi int) (has bool) {
	eachSecret(text, lo, hi, func(int) bool {
		has = true
		return false
	})
	return has
}
