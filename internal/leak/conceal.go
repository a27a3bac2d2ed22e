package leak

import "strings"

// concealed stands in a name for what looks like a secret.
const concealed = "[secret]"

// nameEntropy is more than words put together in a name have, and less than nearly all secrets.
const nameEntropy = 4.5

// Conceal takes what looks like a secret key, or like an API key of a service, out of a name that is to be shown: a
// path or a word of an archive, of which a part may be a secret as well as any line of a file.
func Conceal(name string) string {
	var out []byte
	for i := 0; i < len(name); {
		end := i
		for end < len(name) && is(name[end], secret) {
			end++
		}
		if end == i {
			out = append(out, name[i])
			i++
			continue
		}
		out = append(out, concealRun(name[i:end])...)
		i = end
	}
	return string(out)
}

// concealRun is Conceal of letters that a secret may have. A slash is one of them, or it parts folders.
func concealRun(run string) string {
	if secretName(run) {
		return concealed
	}
	out := ""
	for start, i := 0, 0; i <= len(run); i++ {
		if i < len(run) && run[i] != '/' {
			continue
		}
		part := run[start:i]
		// A secret with a slash in it may follow a folder, or come before one.
		if rest := run[start:]; len(rest) != len(run) && secretName(rest) {
			return out + concealed
		}
		if secretName(part) {
			part = concealed
		}
		if out += part; i < len(run) {
			out += "/"
		}
		start = i + 1
	}
	return out
}

// secretName reports whether letters are as many as a secret key has, or as an API key has at least, and as random.
func secretName(run string) bool {
	if len(run) != secretLength && (len(run) < 2*secretLength || strings.Contains(run, "/")) {
		return false
	}
	var small, large, digit bool
	for _, c := range []byte(run[:secretLength]) {
		small, large, digit = small || c >= 'a' && c <= 'z', large || c >= 'A' && c <= 'Z', digit || c >= '0' && c <= '9'
	}
	return small && large && digit && entropy([]byte(run[:secretLength])) > nameEntropy
}
