package checks

import "strings"

// Quote makes one word of a POSIX shell of any string: what needs no quotes stays as it
// is, anything else is put between single quotes, where nothing is special but the quote
// itself. A NUL byte, which no shell can pass on, is left out.
func Quote(s string) string {
	if plainWord(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\x00", "")
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// plainWord reports whether a shell takes s for one word and for nothing else. A tilde or
// an equals sign at the start is expanded by some shells.
func plainWord(s string) bool {
	if s == "" || s[0] == '=' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("@%_+=:,./-", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// keyVariable stands in a command for a key id that the facts do not hold. The steps
// before it say how to find the id.
const (
	keyVariable         = "$KEY_ID"
	certificateVariable = "$CERTIFICATE_ID"
)

// iamCommand makes a command of the AWS CLI out of an operation and pairs of option and
// value. Values are quoted. One that begins with a dash, which IAM allows in a name, is
// joined to its option, or the CLI would take it for an option of its own.
func iamCommand(operation string, pairs ...string) string {
	return withCommand("", operation, pairs...)
}

// withCommand is a sentence that ends in such a command.
func withCommand(sentence, operation string, pairs ...string) string {
	const aws = "aws iam "
	var b strings.Builder
	n := len(sentence) + len(aws) + len(operation)
	for _, p := range pairs {
		n += 1 + len(p)
	}
	b.Grow(n)
	b.WriteString(sentence)
	b.WriteString(aws)
	b.WriteString(operation)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteByte(' ')
		b.WriteString(pairs[i])
		writeValue(&b, pairs[i+1])
	}
	return b.String()
}

// writeValue writes the value of an option, with what stands between them.
func writeValue(b *strings.Builder, value string) {
	separator := byte(' ')
	if strings.HasPrefix(value, "-") {
		separator = '='
	}
	b.WriteByte(separator)
	if value == keyVariable || value == certificateVariable {
		b.WriteString(`"` + value + `"`)
		return
	}
	b.WriteString(Quote(value))
}
