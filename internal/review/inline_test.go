package review

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/declare"
)

const patch = "@@ -1,4 +1,5 @@ resource\n a\n-b\n+B\n+C\n c\n d\n@@ -20,2 +21,3 @@\n x\n+@@ -1,9 +90,9 @@\n y\n\\ No newline at end of file"

func TestHeadLines(t *testing.T) {
	for _, tt := range []struct {
		name, patch string
		want        map[int]int
	}{
		{"two hunks, one line of which looks like the head of a hunk", patch, map[int]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 21: 2, 22: 2, 23: 2}},
		{"a new file", "@@ -0,0 +1,2 @@\n+a\n+b", map[int]int{1: 1, 2: 1}},
		{"a file of one line", "@@ -1 +1 @@\n-a\n+b", map[int]int{1: 1}},
		{"a removed file", "@@ -1,2 +0,0 @@\n-a\n-b", map[int]int{}},
		{"cut off", "@@ -1,9 +1,9 @@\n a\n+b", map[int]int{1: 1, 2: 1}},
		{"an empty line of context", "@@ -1,3 +1,3 @@\n a\n\n-b\n+c", map[int]int{1: 1, 2: 1, 3: 1}},
		{"more lines than the head says", "@@ -1 +1 @@\n-a\n+b\n+c\n d", map[int]int{1: 1}},
		{"no patch", "Binary files differ", map[int]int{}},
		{"a line that is none", "@@ -1,3 +1,3 @@\n a\nx\n b", map[int]int{1: 1}},
		{"nothing", "", map[int]int{}},
	} {
		if diff := cmp.Diff(tt.want, headLines(tt.patch)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestInline(t *testing.T) {
	in := input(
		user("alice", "users.tf", 3), key("alice", "users.tf", 3), user("outside", "users.tf", 10), user("other", "other.tf", 3),
		sure(declare.Possible, user("maybe", "users.tf", 4)), as(declare.Removed, user("gone", "users.tf", 4)),
	)
	patches := map[string]string{"users.tf": patch}
	all := Judge(in).Inline(patches)
	if len(all) != 1 || all[0].Path != "users.tf" || all[0].Line != 3 || all[0].StartLine != 0 {
		t.Fatalf("%+v", all)
	}
	golden(t, "inline.md", []byte(all[0].Body))
	posted := ExistingComment{Author: actions[0], AuthorBot: true, Body: strings.ReplaceAll(all[0].Body, "\n", "\r\n")}
	if left := NewInline(all, []ExistingComment{posted}, actions); len(left) != 0 {
		t.Errorf("said again: %+v", left)
	}
	posted.Author = "mallory"
	if left := NewInline(all, []ExistingComment{posted}, actions); len(left) != 1 {
		t.Error("somebody's copy silences ours")
	}
	in.Approval = labelled(headSHA)
	if all := Judge(in).Inline(patches); len(all) != 0 {
		t.Errorf("approved, and said all the same: %+v", all)
	}
}

func TestSuggestion(t *testing.T) {
	for _, tt := range []struct {
		name       string
		start, end int
		text       string
		ok         bool
		line, from int
		want       string
	}{
		{"one line", 3, 3, "x", true, 3, 0, "```suggestion\nx\n```"},
		{"several", 2, 4, "x\ny", true, 4, 2, "```suggestion\nx\ny\n```"},
		{"the lines go", 2, 3, "", true, 3, 2, "```suggestion\n```"},
		{"a fence inside", 3, 3, "```", true, 3, 0, "````suggestion\n```\n````"},
		{"none", 3, 3, "x", false, 3, 0, ""},
		{"beyond the hunk", 4, 6, "x", true, 3, 0, ""},
		{"over two hunks", 5, 21, "x", true, 3, 0, ""},
		{"upside down", 4, 3, "x", true, 3, 0, ""},
		{"before the file", 0, 1, "x", true, 3, 0, ""},
		{"words that would have to be escaped", 3, 3, "x\u202ey", true, 3, 0, ""},
		{"a blank line at the end", 3, 3, "x\n", true, 3, 0, ""},
	} {
		in := input(user("alice", "users.tf", 3))
		in.Suggest = func(declare.Change) (int, int, string, bool) { return tt.start, tt.end, tt.text, tt.ok }
		all := Judge(in).Inline(map[string]string{"users.tf": patch})
		if len(all) != 1 || all[0].Line != tt.line || all[0].StartLine != tt.from {
			t.Errorf("%s: %+v", tt.name, all)
			continue
		}
		if got := strings.Contains(all[0].Body, "suggestion"); got != (tt.want != "") || !strings.HasSuffix(all[0].Body, tt.want+"\n") {
			t.Errorf("%s: %s", tt.name, all[0].Body)
		}
	}
}

func TestManyInline(t *testing.T) {
	in := input()
	for i := range 100 {
		in.Outcome.Changes = append(in.Outcome.Changes, user(fmt.Sprint("u", i), "users.tf", i+1), user(fmt.Sprint("same", i), "same.tf", 1))
	}
	all := Judge(in).Inline(map[string]string{
		"users.tf": "@@ -0,0 +1,100 @@\n" + strings.Repeat("+x\n", 100), "same.tf": "@@ -0,0 +1 @@\n+x",
	})
	if len(all) != maxInline {
		t.Errorf("%d comments", len(all))
	}
	if !strings.Contains(all[0].Body, "And 90 more.") {
		t.Errorf("a line with 100 additions: %s", all[0].Body)
	}
}

func TestAnnotations(t *testing.T) {
	for _, tt := range []struct {
		added, unread, want int
		last                string
	}{
		{0, 0, 0, ""},
		{0, 3, 1, "3 files could declare a credential and could not be analysed; the job summary names them."},
		{9, 0, 9, "u9: resource aws_iam_user (certain). " + generalAdvice(declare.User)},
		{10, 0, 10, "and 1 more, see the summary"},
		{9, 1, 10, "and 1 more, see the summary"},
		{1500, 1, 10, "and 1,492 more, see the summary"},
	} {
		in := input(sure(declare.Possible, user("maybe", "m.tf", 1)))
		for i := range tt.added {
			in.Outcome.Changes = append(in.Outcome.Changes, user(fmt.Sprint("u", i+1), "users.tf", i+1))
		}
		in.Outcome.NotAnalysed = unread(tt.unread)
		all := Judge(in).Annotations()
		if len(all) != tt.want {
			t.Errorf("%d added, %d not analysed: %d annotations, want %d", tt.added, tt.unread, len(all), tt.want)
		} else if tt.want > 0 && all[len(all)-1].Message != tt.last {
			t.Errorf("the last says %q, want %q", all[len(all)-1].Message, tt.last)
		}
	}
	want := Annotation{
		Level: "warning", Title: "keysweep: adds IAM user", Path: "infra/users.tf", Line: 3,
		Message: "alice: resource aws_iam_user (certain). " + generalAdvice(declare.User),
	}
	if diff := cmp.Diff([]Annotation{want}, Judge(input(user("alice", "infra/users.tf", 3))).Annotations()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLimits: whatever comes, comment and summary stay below what GitHub takes.
func TestLimits(t *testing.T) {
	long := strings.Repeat("/\U0001F600<$@", 800)
	in := input()
	for i := range 2000 {
		c := user(fmt.Sprint(i, long), fmt.Sprint(i, long), i)
		c.Why = long
		in.Outcome.Changes = append(in.Outcome.Changes, c, sure(declare.Possible, c), as(declare.Moved, c))
		c.Path = "accepted/" + c.Path
		in.Outcome.Changes = append(in.Outcome.Changes, c)
		in.Outcome.NotAnalysed = append(in.Outcome.NotAnalysed, declare.NotAnalysed{Path: c.Path, Reason: long})
	}
	in.Policy = exempting("accepted/*")
	in.Policy.Exemptions[0].Reason = long
	in.Pull.Author = long
	in.Advise = func(c declare.Change) Advice { return Advice{c.Name, strings.Repeat("`\u202e", 1200), "hcl"} }
	v := Judge(in)
	comment, summary := v.Comment(), v.Summary()
	if n := len(comment); n > 60_000 || n < 25_000 {
		t.Errorf("the comment has %d bytes", n)
	}
	if n := len(summary); n > 900_000 || n < 300_000 {
		t.Errorf("the summary has %d bytes", n)
	}
	if n := strings.Count(comment, "rows left out here"); n != 4 {
		t.Errorf("%d of 4 tables say what they left out", n)
	}
	for _, said := range []string{comment, summary} {
		mustBeTame(t, said, ownHeadings...)
	}
}
