package gitobject

import (
	"fmt"
	"strings"
)

// config is the part of a repository's configuration that says how it must be read. Other files,
// which a configuration may include, have no say in that.
type config map[string]string // "section.subsection.key", the section and the key in small letters

// parseConfig reads what git writes and what people write by hand. Of a key that stands twice the
// last value holds.
func parseConfig(text string) (config, error) {
	c := config{}
	section := ""
	lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if strings.HasPrefix(line, "[") {
			name, rest, ok := sectionName(line)
			if !ok {
				return nil, corrupt("the configuration has no section in line %d", i+1)
			}
			section, line = name, strings.TrimSpace(rest)
		}
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		for continued(line) && i+1 < len(lines) {
			i++
			line = line[:len(line)-1] + strings.TrimSuffix(lines[i], "\r")
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			value = "true" // a key alone
		}
		c[section+"."+strings.ToLower(strings.TrimSpace(key))] = configValue(value)
	}
	return c, nil
}

// continued says that a line goes on in the next one: it ends in an odd number of backslashes.
func continued(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// sectionName reads [section] and [section "sub"]; what follows on the line is in rest.
func sectionName(line string) (name, rest string, ok bool) {
	head, rest, ok := strings.Cut(line[1:], "]")
	if strings.Contains(head, `"`) { // a name in quotes may hold the bracket
		var b strings.Builder
		before, quoted, _ := strings.Cut(line[1:], `"`)
		for i := 0; i < len(quoted); i++ {
			switch {
			case quoted[i] == '\\' && i+1 < len(quoted):
				i++
			case quoted[i] == '"':
				rest, ok = strings.CutPrefix(strings.TrimSpace(quoted[i+1:]), "]")
				return strings.ToLower(strings.TrimSpace(before)) + "." + b.String(), rest, ok
			}
			b.WriteByte(quoted[i])
		}
		return "", "", false
	}
	return strings.ToLower(strings.TrimSpace(head)), rest, ok
}

// configValue takes quotes, escapes and a comment off a value.
func configValue(s string) string {
	s = strings.TrimSpace(s)
	var b strings.Builder
	end := 0 // behind the last character that is no space outside of quotes
	for i, quoted := 0, false; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"':
			quoted = !quoted
			continue
		case c == '\\' && i+1 < len(s):
			i++
			c = unescaped(s[i])
		case !quoted && (c == '#' || c == ';'):
			return b.String()[:end]
		}
		b.WriteByte(c)
		if quoted || c != ' ' && c != '\t' {
			end = b.Len()
		}
	}
	return b.String()[:end]
}

func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	}
	return c
}

// knownExtensions are those that change nothing in how objects and refs are read, or that layoutOf
// looks at.
var knownExtensions = []string{
	"objectformat", "refstorage", "partialclone", // looked at
	"noop", "noop-v1", "preciousobjects", "worktreeconfig", "relativeworktrees",
	"compatobjectformat", "submodulepathconfig",
}

// layout is how the repository must be read.
type layout struct {
	format  Format
	partial bool
}

// layout refuses, as git does, what it does not know: it might change the meaning of all the rest.
func (c config) layout() (layout, error) {
	l := layout{format: SHA1}
	version := c["core.repositoryformatversion"]
	switch version {
	case "", "0", "1":
	default:
		return l, &UnsupportedError{What: fmt.Sprintf("a repository of format version %q", clip(version))}
	}
	for key, value := range c {
		l.partial = l.partial || promises(key, value)
		name, ok := strings.CutPrefix(key, "extensions.")
		if !ok {
			continue
		}
		if err := l.extend(name, value, version == "1"); err != nil {
			return l, err
		}
	}
	return l, nil
}

// promises says that a remote will send the objects that are missing here.
func promises(key, value string) bool {
	if key == "extensions.partialclone" {
		return true
	}
	return strings.HasPrefix(key, "remote.") && strings.HasSuffix(key, ".promisor") && !strings.EqualFold(value, "false")
}

func (l *layout) extend(name, value string, heeded bool) error {
	switch {
	case name == "objectformat" && value == "sha1", name == "refstorage" && value == "files":
		return nil
	case name == "objectformat" && value == "sha256" && heeded:
		l.format = SHA256
		return nil
	case name == "objectformat", name == "refstorage":
		return &UnsupportedError{What: fmt.Sprintf("a repository with %s %q", name, clip(value))}
	}
	for _, known := range knownExtensions {
		if name == known {
			return nil
		}
	}
	if heeded {
		return &UnsupportedError{What: fmt.Sprintf("a repository with the extension %q", clip(name))}
	}
	return nil
}
