package declare

import (
	"fmt"
	"regexp"
	"strings"
)

// pattern compiles a regular expression; nil where it is none or too long to be worth it.
func pattern(s string) *regexp.Regexp {
	if len(s) > 500 {
		return nil
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil
	}
	return re
}

const maxMatched = 64 << 10 // bytes of text that a regular expression goes over

func replaceText(args []value) value {
	s, _ := args[0].asString()
	old, _ := args[1].asString()
	with, _ := args[2].asString()
	if len(old) > 1 && strings.HasPrefix(old, "/") && strings.HasSuffix(old, "/") {
		re := pattern(old[1 : len(old)-1])
		if re == nil || len(s) > maxMatched || len(with) > 1000 {
			return value{}
		}
		return kept(re.ReplaceAllString(s, with), args[0])
	}
	if strings.Count(s, old)*len(with) > 1<<20 {
		return value{}
	}
	return kept(strings.ReplaceAll(s, old, with), args[0])
}

// kept is a changed string that stands where it stood.
func kept(s string, was value) value {
	v := stringValue(s)
	v.at = was.at
	return v
}

func regexText(args []value) value {
	re, s := pattern(args[0].str), args[1].str
	if re == nil || len(s) > maxMatched {
		return value{}
	}
	m := re.FindStringSubmatch(s)
	if m == nil {
		return missing()
	}
	return groups(re, m)
}

func regexAll(args []value) value {
	re, s := pattern(args[0].str), args[1].str
	if re == nil || len(s) > maxMatched {
		return value{}
	}
	var vs []value
	for _, m := range re.FindAllStringSubmatch(s, 10_000) {
		vs = append(vs, groups(re, m))
	}
	return listValue(vs)
}

// groups is what a match gives: the text, the list of its groups, or the object of the named ones.
func groups(re *regexp.Regexp, m []string) value {
	if len(m) == 1 {
		return stringValue(m[0])
	}
	if names := re.SubexpNames(); names[1] != "" {
		var es []entry
		for i, s := range m[1:] {
			es = append(es, entry{key: names[i+1], val: stringValue(s)})
		}
		return objectValue(es)
	}
	return texts(m[1:])
}

// formatText knows the verbs that names are made with.
func formatText(args []value) value {
	spec, ok := args[0].asString()
	if !ok {
		return missing()
	}
	var b strings.Builder
	next := 1
	for i := 0; i < len(spec); i++ {
		if spec[i] != '%' {
			b.WriteByte(spec[i])
			continue
		}
		end := i + 1
		for end < len(spec) && strings.IndexByte("+-# 0123456789.", spec[end]) >= 0 {
			end++
		}
		if end >= len(spec) || end-i > 8 {
			return missing()
		}
		if spec[end] == '%' {
			b.WriteByte('%')
		} else if next < len(args) {
			b.WriteString(formatOne(spec[i:end], spec[end], args[next]))
			next++
		} else {
			return missing()
		}
		i = end
	}
	return stringValue(b.String())
}

func formatOne(flags string, verb byte, v value) string {
	if len(strings.Trim(flags, "%+-# .0")) > 3 {
		flags = "%"
	}
	s, _ := v.asString()
	switch verb {
	case 'd', 'b', 'o', 'x', 'X':
		n, _ := v.asNumber()
		return fmt.Sprintf(flags+string(verb), int64(n))
	case 'f', 'e', 'g', 'G', 'E':
		n, _ := v.asNumber()
		return fmt.Sprintf(flags+string(verb), n)
	case 'q', 's':
		return fmt.Sprintf(flags+string(verb), s)
	}
	return s
}

func formatList(args []value) value {
	n := -1
	for _, a := range args[1:] {
		if a.kind == list {
			n = max(n, len(a.list))
		}
	}
	if n < 0 {
		return listValue([]value{formatText(args)})
	}
	vs := make([]value, n)
	for i := range vs {
		row := make([]value, len(args))
		for j, a := range args {
			if row[j] = a; a.kind == list {
				row[j] = a.index(i)
			}
		}
		if anyUnknown(row) {
			vs[i] = value{}.because(row...)
			continue
		}
		vs[i] = formatText(row).because(row[1:]...)
	}
	return listValue(vs)
}
