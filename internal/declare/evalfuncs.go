package declare

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// functions are the pure functions of Terraform, as far as names, numbers and collections of users
// are made with them.
var functions = joined(textFunctions, collectionFunctions)

func joined(tables ...map[string]function) map[string]function {
	all := map[string]function{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// textFunctions are the functions over strings and numbers.
var textFunctions = map[string]function{
	"lower":      onText(strings.ToLower),
	"upper":      onText(strings.ToUpper),
	"title":      onText(titled),
	"chomp":      onText(func(s string) string { return strings.TrimRight(s, "\r\n") }),
	"trimspace":  onText(strings.TrimSpace),
	"strrev":     onText(reversed),
	"basename":   onText(path.Base),
	"dirname":    onText(path.Dir),
	"abspath":    onText(path.Clean),
	"pathexpand": onText(func(s string) string { return s }),
	"urlencode":  onText(func(s string) string { return strings.ReplaceAll(s, " ", "+") }),
	"md5":        onText(func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }),
	"sha1":       onText(func(s string) string { h := sha1.Sum([]byte(s)); return hex.EncodeToString(h[:]) }),
	"sha256":     onText(func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }),
	"base64encode": onText(func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(s))
	}),
	"base64decode": strict(1, func(args []value) value {
		b, err := base64.StdEncoding.DecodeString(args[0].str)
		if err != nil {
			return missing()
		}
		return stringValue(string(b))
	}),
	"trim":       onTexts(func(a, b string) value { return stringValue(strings.Trim(a, b)) }),
	"trimprefix": onTexts(func(a, b string) value { return stringValue(strings.TrimPrefix(a, b)) }),
	"trimsuffix": onTexts(func(a, b string) value { return stringValue(strings.TrimSuffix(a, b)) }),
	"startswith": onTexts(func(a, b string) value { return boolValue(strings.HasPrefix(a, b)) }),
	"endswith":   onTexts(func(a, b string) value { return boolValue(strings.HasSuffix(a, b)) }),
	"strcontains": onTexts(func(a, b string) value {
		return boolValue(strings.Contains(a, b))
	}),
	"split":      onTexts(func(sep, s string) value { return texts(strings.Split(s, sep)) }),
	"join":       strict(2, joinTexts),
	"replace":    strict(3, replaceText),
	"regex":      strict(2, regexText),
	"regexall":   strict(2, regexAll),
	"substr":     strict(3, substring),
	"format":     strict(1, formatText),
	"formatlist": strict(2, formatList),

	"abs":      strict(1, func(a []value) value { return onNumber(a[0], math.Abs) }),
	"ceil":     strict(1, func(a []value) value { return onNumber(a[0], math.Ceil) }),
	"floor":    strict(1, func(a []value) value { return onNumber(a[0], math.Floor) }),
	"max":      onNumbers(math.Max),
	"min":      onNumbers(math.Min),
	"sum":      onNumbers(func(a, b float64) float64 { return a + b }),
	"pow":      onNumbers(math.Pow),
	"parseint": strict(2, parseInt),

	"tostring": strict(1, func(a []value) value {
		if s, ok := a[0].asString(); ok {
			return stringValue(s)
		}
		return a[0]
	}),
	"tonumber": strict(1, func(a []value) value {
		if n, ok := a[0].asNumber(); ok {
			return numberValue(n)
		}
		return a[0]
	}),
	"tobool": strict(1, func(a []value) value {
		if is, ok := a[0].asBool(); ok {
			return boolValue(is)
		}
		return a[0]
	}),
	"nonsensitive": strict(1, func(a []value) value { return a[0] }),
	"sensitive":    strict(1, func(a []value) value { return a[0] }),

	"jsonencode": {eval: func(_ *env, args []value) value { return jsonEncode(args) }},
	"jsondecode": strict(1, func(a []value) value { return decodeJSON(a[0]) }),
	"yamldecode": strict(1, func(a []value) value { return decodeYAML(a[0]) }),
	"csvdecode":  strict(1, func(a []value) value { return decodeCSV(a[0]) }),
}

func texts(words []string) value {
	vs := make([]value, len(words))
	for i, w := range words {
		vs[i] = stringValue(w)
	}
	return listValue(vs)
}

func titled(s string) string {
	up := true
	return strings.Map(func(r rune) rune {
		if up {
			r = unicode.ToTitle(r)
		}
		up = !unicode.IsLetter(r) && !unicode.IsDigit(r)
		return r
	}, s)
}

func reversed(s string) string {
	rs := []rune(s)
	slices.Reverse(rs)
	return string(rs)
}

func onNumber(v value, f func(float64) float64) value {
	n, ok := v.asNumber()
	if !ok {
		return missing()
	}
	return numberValue(f(n))
}

func joinTexts(args []value) value {
	sep, _ := args[0].asString()
	var words []string
	var owner string
	for _, a := range args[1:] {
		for _, v := range a.list {
			s, ok := v.asString()
			if !ok {
				return value{owner: v.owner}
			}
			if owner == "" {
				owner = v.owner
			}
			words = append(words, s)
		}
	}
	out := stringValue(strings.Join(words, sep))
	out.owner = owner
	return out
}

func substring(args []value) value {
	s, _ := args[0].asString()
	off, ok := args[1].asNumber()
	n, ok2 := args[2].asNumber()
	rs := []rune(s)
	if !ok || !ok2 {
		return missing()
	}
	if off < 0 {
		off += float64(len(rs))
	}
	start := int(min(max(off, 0), float64(len(rs))))
	end := len(rs)
	if n >= 0 {
		end = int(min(float64(start)+n, float64(len(rs))))
	}
	return stringValue(string(rs[start:end]))
}

func parseInt(args []value) value {
	s, _ := args[0].asString()
	base, _ := args[1].asNumber()
	if base < 2 || base > 36 {
		return missing()
	}
	n, err := strconv.ParseInt(s, int(base), 64)
	if err != nil {
		return missing()
	}
	return numberValue(float64(n))
}
