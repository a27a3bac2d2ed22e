package declare

import (
	"regexp"
	"strings"
)

// A script takes a static key where it sets a variable of AWS, or the configuration of its command line.

var (
	keyAssignment = regexp.MustCompile(`([A-Za-z0-9_]*[Aa][Ww][Ss]_[A-Za-z0-9_]*)["']?\s*=\s*("[^"\n]*"|'[^'\n]*'|\$\{\{[^}]*\}\}|[^\s"';]+)`)
	keySetting    = regexp.MustCompile(`configure\s+set\s+(?:--profile[ =]\S+\s+)?["']?(?:[\w.-]+\.)?(aws_access_key_id)["']?\s+("[^"\n]*"|'[^'\n]*'|\$\{\{[^}]*\}\}|[^\s"';]+)`)
)

// text looks for static keys in a scalar: a script, an item NAME=VALUE, an argument.
func (w *useWalker) text(scope string, d *datum, c useContext) {
	if !mentionsKey(d.text) {
		return
	}
	c.text = d.text
	if strings.Contains(d.text, "--endpoint-url") && !strings.Contains(d.text, "amazonaws.com") {
		c.unclear = true
	}
	for n, line := range strings.Split(d.text, "\n") {
		if w.left--; w.left < 0 {
			return
		}
		if mentionsKey(line) && !isComment(line) {
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
		if isLocal(c.text, m[1], value) {
			continue
		}
		ref, sure := w.judge(value, c)
		w.use(scope, ref, &at, d, sure, c)
	}
	for _, ref := range secretsNamed(line) {
		w.use(scope, ref, &at, d, Certain, c)
	}
}

// isLocal says whether a value is a variable that the script itself has set or read: $X of X=$(…).
func isLocal(text, name, value string) bool {
	v := shellVariable(value)
	if v == "" {
		return false
	}
	most := 0
	if v == name {
		most = 1 // its own assignment
	}
	return strings.Count(text, v+"=") > most || strings.Contains(text, "read "+v) || strings.Contains(text, "read -r "+v)
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
		return "a key in the text", Certain
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
