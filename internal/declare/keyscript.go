package declare

import (
	"regexp"
	"slices"
	"strings"
)

// A script takes a static key where it sets a variable of AWS, or the configuration of its command line.

var (
	keyAssignment = regexp.MustCompile(`([A-Za-z0-9_]*[Aa][Ww][Ss]_[A-Za-z0-9_]*)["']?\s*=\s*("[^"\n]*"|'[^'\n]*'|\$\{\{[^}]*\}\}|[^\s"';]+)`)
	keySetting    = regexp.MustCompile(`configure\s+set\s+(?:--profile[ =]\S+\s+)?["']?(?:[\w.-]+\.)?(aws_access_key_id)["']?\s+("[^"\n]*"|'[^'\n]*'|\$\{\{[^}]*\}\}|[^\s"';]+)`)
)

// Limits of the lines that speak of a key: of one, and of all in a file.
const (
	maxLine = 4 << 10
	maxRead = 64 << 10
)

// text looks for static keys in a scalar: a script, an item NAME=VALUE, an argument.
func (w *useWalker) text(scope string, d *datum, c useContext) {
	if !mentionsKey(d.text) {
		return
	}
	c.scripts = append(slices.Clip(c.scripts), d)
	if strings.Contains(d.text, "--endpoint-url") && !strings.Contains(d.text, "amazonaws.com") {
		c.unclear = true
	}
	for n, line := range strings.Split(d.text, "\n") {
		if mentionsKey(line) && !isComment(line) && w.read < maxRead {
			line = line[:min(len(line), maxLine)]
			w.read += len(line)
			w.line(scope, d, n, line, c)
		}
	}
}

// mentionsKey says cheaply whether a text can speak of a key id.
func mentionsKey(s string) bool {
	for _, word := range []string{"CCESS_KEY", "ccess_key", "ccess-key", "CCESS-KEY", "ccessKey", "WS_KEY"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
}

func (w *useWalker) line(scope string, d *datum, n int, line string, c useContext) {
	at := *d
	if d.literal {
		at.line += int32(n) + 1
	}
	found := append(keyAssignment.FindAllStringSubmatch(line, 50), keySetting.FindAllStringSubmatch(line, 50)...)
	for _, m := range found {
		if !namesKey(m[1]) {
			continue
		}
		value := strings.Trim(m[2], `"'`)
		if c.sets(value) {
			continue
		}
		ref, sure := w.judge(value, c)
		w.use(scope, ref, &at, d, sure, c)
	}
	for _, ref := range secretsNamed(line) {
		w.use(scope, ref, &at, d, Certain, c)
	}
}

// sets says whether a value is a variable that the scripts around it set or read themselves: $X of X=$(…).
func (c useContext) sets(value string) bool {
	v := shellVariable(value)
	if v == "" {
		return false
	}
	left := maxLine
	for _, script := range slices.Backward(c.scripts) {
		for _, part := range orItems(script) {
			text := part.text[:min(len(part.text), left)]
			if setsVariable(text, v) {
				return true
			}
			if left -= len(text) + 1; left <= 0 {
				return false
			}
		}
	}
	return false
}

// setsVariable says whether a script sets a variable to something other than itself.
func setsVariable(text, v string) bool {
	if strings.Contains(text, "read "+v) || strings.Contains(text, "read -r "+v) {
		return true
	}
	for {
		i := strings.Index(text, v+"=")
		if i < 0 {
			return false
		}
		given := strings.TrimLeft(text[i+len(v)+1:], `"'`)
		word := i == 0 || !isAlnum(text[i-1]) && text[i-1] != '_'
		if word && !strings.HasPrefix(given, "$"+v) && !strings.HasPrefix(given, "${"+v) {
			return true
		}
		text = text[i+len(v):]
	}
}

// shellVariable returns the name of the variable that a word of a shell consists of, or "".
func shellVariable(value string) string {
	name, ok := strings.CutPrefix(value, "$")
	if !ok {
		return ""
	}
	if inner, braced := strings.CutPrefix(name, "{"); braced {
		if inner, braced = strings.CutSuffix(inner, "}"); !braced {
			return ""
		}
		name = inner
		if end := strings.IndexAny(name, ":-?+="); end > 0 {
			name = name[:end]
		}
	}
	name = strings.TrimPrefix(name, "env:")
	if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return ""
	}
	return name
}

// judgeShell judges a value where the variables of a pipeline are written as in a shell.
func judgeShell(value string, c useContext) (string, Confidence) {
	if v := shellVariable(value); v != "" {
		if isMockDefault(value) {
			return "", Certain
		}
		if d := c.variable(v); d != nil && !strings.Contains(d.text, v) {
			return judgeShell(d.word(), useContext{env: c.env[:0:0]})
		}
		return v, Certain
	}
	if isKeyID(value) {
		return value, Certain
	}
	return "", Certain
}

// isMockDefault says whether a variable has a default that is no key: ${X:-test}.
func isMockDefault(value string) bool {
	_, fallback, ok := strings.Cut(strings.TrimSuffix(value, "}"), ":-")
	if !ok {
		_, fallback, ok = strings.Cut(strings.TrimSuffix(value, "}"), "-")
	}
	return ok && strings.HasPrefix(value, "${") && fallback != "" && !isKeyID(fallback) && !strings.HasPrefix(fallback, "$")
}
