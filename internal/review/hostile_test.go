package review

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var ownHeadings = []string{"What to do instead", "Accepted", "keysweep review"}

// mustHoldNothing checks all that is said about a change whose words are hostile.
func mustHoldNothing(t *testing.T, words ...string) {
	t.Helper()
	in := hostileInput(words...)
	v := Judge(in)
	for _, said := range []string{v.Comment(), v.QuietLine(), v.Summary()} {
		mustBeTame(t, said, ownHeadings...)
	}
	if n := len(v.Comment()); n > 60_000 {
		t.Errorf("the comment has %d bytes", n)
	}
	mustPrintTame(t, v.Terminal(false))
	mustPrintTame(t, strings.NewReplacer("\x1b[1m", "", "\x1b[1;31m", "", "\x1b[31m", "", "\x1b[33m", "", "\x1b[32m", "", "\x1b[2m", "", "\x1b[0m", "").Replace(v.Terminal(true)))
	mustBeOneComment(t, v)
	patches := map[string]string{}
	for _, w := range words {
		patches[w] = "@@ -0,0 +1,100 @@\n" + strings.Repeat("+x\n", 100)
	}
	for _, c := range v.Inline(patches) {
		mustBeTame(t, c.Body)
	}
	all := v.Annotations()
	if len(all) > maxAnnotations+1 {
		t.Errorf("%d annotations", len(all))
	}
	for _, a := range all {
		mustPrintTame(t, a.Title+"\n"+a.Message)
		if strings.Contains(a.Title+a.Message, "\n") {
			t.Errorf("an annotation of several lines: %+v", a)
		}
	}
}

// mustPrintTame fails when a line could move the cursor, hide words or begin a workflow command.
func mustPrintTame(t *testing.T, printed string) {
	t.Helper()
	for line := range strings.Lines(printed) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") ||
			strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(line) {
			t.Errorf("a line that does something: %q", line)
		}
	}
}

// mustBeOneComment: our own words are read back as they were written, and nobody else's are.
func mustBeOneComment(t *testing.T, v Verdict) {
	t.Helper()
	p, ok := parseComment(v.Comment())
	if !ok || p.memory == nil || p.digest() != p.hash {
		t.Fatalf("our comment is not read back:\n%s", v.Comment())
	}
	for n, line := range strings.Split(v.Comment(), "\n") {
		if strings.Contains(line, "<!--") && n > 1 {
			t.Errorf("line %d begins a mark: %q", n+1, line)
		}
	}
}

func TestHostileWords(t *testing.T) {
	for _, w := range hostile {
		mustHoldNothing(t, w)
	}
	mustHoldNothing(t, hostile...)
}

func FuzzHostileWords(f *testing.F) {
	for i := range hostile {
		f.Add(hostile[i], hostile[(i+7)%len(hostile)])
	}
	f.Fuzz(func(t *testing.T, a, b string) { mustHoldNothing(t, a, b, a+b) })
}

func FuzzParseComment(f *testing.F) {
	for _, in := range scenarios() {
		f.Add(Judge(in).Comment())
		f.Add(Judge(in).QuietLine())
	}
	f.Add(doubleBody(headSHA))
	f.Add("<!-- keysweep:review v1 state=added head=unknown hash=aaaaaaaaaaaaaaaaaaaaaaaaaa -->\n<!-- keysweep:memory {\"written\":9223372036854775807,\"shown\":[{\"at\":-1}]} -->\nx")
	f.Fuzz(func(t *testing.T, body string) {
		p, ok := parseComment(body)
		if !ok {
			return
		}
		q, ok := parseComment(p.String())
		if !ok || q.state != p.state || q.head != p.head || q.text != p.text || (q.memory == nil) != (p.memory == nil) {
			t.Errorf("%q is read as %+v, and written and read again as %+v", body, p, q)
		}
		if p.memory != nil && q.memory.said() != p.memory.said() {
			t.Errorf("the memory changed: %q", body)
		}
	})
}

func FuzzHeadLines(f *testing.F) {
	f.Add("@@ -1,2 +1,3 @@ x\n a\n+b\n c\n\\ No newline at end of file")
	f.Add("@@ -0,0 +1 @@\n+a\n@@ -5 +9,999999999 @@\n-a\n+b")
	f.Fuzz(func(t *testing.T, patch string) {
		at := headLines(patch)
		if n := strings.Count(patch, "\n") + 1; len(at) > n {
			t.Errorf("%d lines of a patch of %d", len(at), n)
		}
		for line, hunk := range at {
			if line < 0 || hunk < 1 {
				t.Errorf("line %d of hunk %d", line, hunk)
			}
		}
	})
}
