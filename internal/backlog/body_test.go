package backlog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/checks"
	"github.com/keysweep/keysweep/internal/backlog"
)

// TestBodyForm is the whole text of a new issue.
func TestBodyForm(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	golden(t, "body.golden", w.issue(1).Body+"\n")
}

// TestPeoplesWords are bodies as people leave them. Our next write keeps every byte that is
// not ours.
func TestPeoplesWords(t *testing.T) {
	worse := unusedKey(1)
	worse.Severity = checks.Critical
	for name, tc := range map[string]struct {
		edit         func(body string) string
		want         func(body string) string // of the body that keysweep would write over an untouched one
		silent, once bool                     // no reason to write; written once even over the same facts
	}{
		"untouched": {
			edit: func(b string) string { return b }, want: func(b string) string { return b }, silent: true,
		},
		"browser": {
			edit:   func(b string) string { return strings.ReplaceAll(b, "\n", "\r\n") },
			want:   func(b string) string { return b },
			silent: true,
		},
		"words behind": {
			edit:   func(b string) string { return b + "\r\n\r\nI asked the vendor.\t \r\n" },
			want:   func(b string) string { return b + "\r\n\r\nI asked the vendor.\t \r\n" },
			silent: true,
		},
		"words behind the marker": {
			edit: func(b string) string {
				return strings.Replace(b, "<!-- keysweep:begin", "Talk to Ann.\r\n\r\n  <!-- keysweep:begin --> is ours\n<!-- keysweep:begin", 1)
			},
			want: func(b string) string {
				return strings.Replace(b, "<!-- keysweep:begin", "Talk to Ann.\r\n\r\n  <!-- keysweep:begin --> is ours\n<!-- keysweep:begin", 1)
			},
			silent: true,
		},
		"our whole text quoted behind": {
			edit:   func(b string) string { return b + "\n\nIt once said:\n\n" + b },
			want:   func(b string) string { return b },
			silent: true,
		},
		"words over the marker": {
			edit: func(b string) string { return "Talk to Ann.\n" + b },
			want: func(b string) string {
				return strings.Replace(b, "<!-- keysweep:begin", "Talk to Ann.\n<!-- keysweep:begin", 1)
			},
			once: true,
		},
		"marker deleted": {
			edit: func(b string) string { _, rest, _ := strings.Cut(b, "\n"); return rest },
			want: func(b string) string { return b },
			once: true,
		},
		"body emptied": {
			edit: func(string) string { return "" }, want: func(b string) string { return b }, once: true,
		},
		"body of other words": {
			edit: func(string) string { return "I did it." },
			want: func(b string) string {
				return strings.Replace(b, "<!-- keysweep:begin", "I did it.\n\n<!-- keysweep:begin", 1)
			},
			once: true,
		},
		"our words changed": {
			edit: func(b string) string { return strings.Replace(b, "What to do", "What not to do", 1) },
			want: func(b string) string { return b },
			once: true,
		},
		"our record deleted": {
			edit: func(b string) string { return dropLine(b, "<!-- keysweep:data") },
			want: func(b string) string { return b },
			once: true,
		},
		"hash changed": {
			edit: func(b string) string { return strings.Replace(b, " hash=", " hash=00000000", 1) },
			want: func(b string) string { return b },
			once: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			untouched := newWorld().with(unusedKey(1))
			untouched.run(t)
			untouched.with(worse).run(t)

			w := newWorld().with(unusedKey(1))
			w.run(t)
			i := w.issue(1)
			i.Body = tc.edit(i.Body)
			if tc.silent {
				w.quiet(t)
			}
			if tc.once {
				if got := lines(w.run(t).Actions); !strings.HasPrefix(got, "edit #1") || strings.Contains(got, "comment") {
					t.Errorf("restored by %q", got)
				}
			}
			w.with(worse).run(t)
			got := w.issue(1).Body
			want := tc.want(untouched.issue(1).Body)
			if name == "our whole text quoted behind" {
				if !strings.HasSuffix(got, "\n\nIt once said:\n\n"+afterFirst(got, "It once said:\n\n")) || strings.Count(got, "It once said") != 1 {
					t.Errorf("the quotation was lost: %s", got)
				}
				return
			}
			if diff := cmp.Diff(forget(want), forget(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(w.openAbout(id(1))) != 1 || len(w.issues) != 1 {
				t.Errorf("%d issues", len(w.issues))
			}
		})
	}
}

// forget drops marker and record from a body: how often we commented depends on what was lost.
func forget(body string) string {
	return dropLine(dropLine(body, "<!-- keysweep:v1"), "<!-- keysweep:data")
}

func dropLine(s, prefix string) string {
	var out []string
	dropped := false
	for _, l := range strings.SplitAfter(s, "\n") {
		if !dropped && strings.HasPrefix(l, prefix) {
			dropped = true
			continue
		}
		out = append(out, l)
	}
	return strings.Join(out, "")
}

func afterFirst(s, sep string) string { _, rest, _ := strings.Cut(s, sep); return rest }

// TestMarkDeleted holds that our text comes back once, behind what is people's now.
func TestMarkDeleted(t *testing.T) {
	for _, mark := range []string{"<!-- keysweep:begin -->\n", "<!-- keysweep:end -->"} {
		w := newWorld().with(unusedKey(1))
		w.run(t)
		i := w.issue(1)
		i.Body = strings.Replace(i.Body, mark, "", 1)
		i.Body = strings.Replace(i.Body, "- [ ] Deactivate it", "- [x] Deactivate it", 1)
		i.Body += "\nMy notes."
		if got := lines(w.run(t).Actions); got != "edit #1 body (our part of the text was lost)\n" {
			t.Errorf("without %q: %s", mark, got)
		}
		body := w.issue(1).Body
		for part, n := range map[string]int{
			"<!-- keysweep:begin -->": 1, "<!-- keysweep:end -->": 1, "<!-- keysweep:data": 1, "<!-- keysweep:v1": 1,
			"### What to do": 2, "- [x] Deactivate it": 2, "My notes.": 1,
		} {
			if got := strings.Count(body, part); got != n {
				t.Errorf("without %q: %q stands %d times in\n%s", mark, part, got, body)
			}
		}
		if strings.Index(body, "My notes.") > strings.Index(body, "<!-- keysweep:begin -->") {
			t.Errorf("without %q: our text is not appended:\n%s", mark, body)
		}
	}
}

func TestTickedBoxesStay(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	i := w.issue(1)
	i.Body = strings.ReplaceAll(i.Body, "\n", "\r\n")
	i.Body = strings.Replace(i.Body, "- [ ] Look at it.", "- [X] Look at it.", 1)
	i.Body = strings.Replace(i.Body, "- [ ] Deactivate it.", "- [x] Deactivate it.", 1)
	w.run(t) // an X written by hand is made ours once
	w.quiet(t)

	next := unusedKey(1)
	next.Check, next.Severity = "inactive-access-key", checks.Low
	next.Steps = []checks.Step{next.Steps[2], next.Steps[1], {Text: "Tell the owner."}}
	w.with(next).run(t)
	var got []string
	for _, l := range strings.Split(w.issue(1).Body, "\n") {
		if strings.HasPrefix(l, "- [") {
			got = append(got, l)
		}
	}
	want := []string{"- [ ] Delete it.", "- [x] Deactivate it.", "- [ ] Tell the owner."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	w.with().without(1, gone)
	w.run(t)
	if !strings.Contains(w.issue(1).Body, "- [x] Deactivate it.") {
		t.Error("closing took the ticks away")
	}
}

// TestBoxesOfOneText holds that the second of two equal items stays the ticked one.
func TestBoxesOfOneText(t *testing.T) {
	f := unusedKey(1)
	f.Steps = []checks.Step{{Text: "Wait."}, {Text: "Act."}, {Text: "Wait."}}
	w := newWorld().with(f)
	w.run(t)
	i := w.issue(1)
	at := strings.LastIndex(i.Body, "- [ ] Wait.")
	i.Body = i.Body[:at] + "- [x] Wait." + i.Body[at+len("- [ ] Wait."):]
	w.quiet(t)
	f.Severity = checks.Critical
	w.with(f).run(t)
	if b := w.issue(1).Body; strings.Index(b, "- [ ] Wait.") > strings.Index(b, "- [x] Wait.") || strings.Count(b, "- [x]") != 1 {
		t.Errorf("the wrong box is ticked:\n%s", b)
	}
}

// TestHostileRecord holds that no value can end the hidden line.
func TestHostileRecord(t *testing.T) {
	f := unusedKey(1)
	f.User = `-->--!> <!-- keysweep:end --> -- "\` + "\n<script>"
	f.Exemption = nil
	w := newWorld().with(f)
	w.run(t)
	w.commands = []backlog.Comment{{
		Issue: 1, Login: "alice", Permission: "write", CreatedAt: start.AddDate(0, 0, 1),
		Text: "/keysweep accept until=2026-05-31 reason=--> <!-- keysweep:end --> -- --> @octocat",
	}}
	w.later(1).run(t)
	body := w.issue(1).Body
	if n := strings.Count(body, "-->"); n != 4 {
		t.Errorf("%d comments end in\n%s", n, body)
	}
	b := backlog.SplitBody(body)
	if got := strings.Count(b.String(), "\n<!-- keysweep:"); got != 3 || b.String() != body {
		t.Errorf("not the same again:\n%s", b.String())
	}
	if got := w.plan().Accepted[0].Why; got != "--> <!-- keysweep:end --> -- --> @octocat" {
		t.Errorf("the reason comes back as %q", got)
	}
}

// TestBlockHoldsMark holds that a mark inside a block does not end it.
func TestBlockHoldsMark(t *testing.T) {
	f := unusedKey(1)
	f.Steps = append(f.Steps, checks.Step{Text: "Read.", Command: "cat <<'E'\n<!-- keysweep:end -->\n<!-- keysweep:v1 id=0 -->\nE"})
	w := newWorld().with(f)
	w.run(t)
	if n := strings.Count(w.issue(1).Body, "<!-- keysweep:end -->"); n != 1 {
		t.Errorf("%d end marks", n)
	}
}

func TestNoRoom(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	w.issue(1).Body += "\n" + strings.Repeat("é", 62_800)
	long := unusedKey(1)
	long.Why = strings.Repeat("It is long. ", 100)
	w.with(long).run(t)
	body := w.issue(1).Body
	if n := len([]rune(body)); n > 65_536 {
		t.Errorf("the body has %d characters", n)
	}
	if !strings.Contains(body, "does not fit") || !strings.HasSuffix(body, "é") {
		t.Error("people's words made no room")
	}
}

func TestRebase(t *testing.T) {
	w := newWorld().with(unusedKey(1))
	w.run(t)
	worse := unusedKey(1)
	worse.Severity = checks.Critical
	w.with(worse)
	planned := w.plan().Actions[0].Body
	meanwhile := strings.Replace(w.issue(1).Body, "- [ ] Look", "- [x] Look", 1) + "\nMine."
	got := backlog.Rebase(planned, meanwhile)
	want := strings.Replace(planned, "- [ ] Look", "- [x] Look", 1) + "\nMine."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := backlog.Rebase("no body of ours", meanwhile); got != "no body of ours" {
		t.Errorf("Rebase made %q", got)
	}
}

func FuzzSplitBody(f *testing.F) {
	small := unusedKey(1)
	small.Steps = small.Steps[:1]
	small.Steps[0].Command = ""
	w := newWorld().with(small)
	w.run(f)
	whole := w.issue(1).Body
	f.Add(whole)
	f.Add(strings.ReplaceAll(whole, "\n", "\r\n") + "mine")
	f.Add(strings.Replace(whole, "<!-- keysweep:begin -->", "", 1))
	f.Add(strings.Replace(whole, "<!-- keysweep:end -->", "", 1))
	f.Add("mine\n" + whole)
	f.Add("<!-- keysweep:begin -->\n<!-- keysweep:end -->")
	f.Fuzz(func(t *testing.T, body string) {
		w := newWorld().with(small)
		w.run(t)
		w.issue(1).Body = body
		r := w.plan()
		w.carryOut(r.Actions)
		after := w.issue(1).Body
		if marked := len(w.openAbout(id(1))); marked != 1 && len(w.issues) == 1 {
			return // the body is about another finding now
		}
		w.quiet(t)
		b := backlog.SplitBody(after)
		if len(w.issues) == 1 && b.String() != after && strings.ReplaceAll(b.String(), "\r", "") != strings.ReplaceAll(after, "\r", "") {
			t.Fatalf("written as\n%q\nread as\n%q", after, b.String())
		}
		for word := range strings.FieldsSeq(peoples(body)) {
			if !strings.Contains(after, word) {
				t.Fatalf("%q was lost from %q:\n%s", word, body, after)
			}
		}
	})
}

// peoples is the text outside our marks, found by itself; empty when it cannot be told.
func peoples(body string) string {
	if strings.Contains(body, "keysweep:") {
		_, after, _ := strings.Cut(body, "<!-- keysweep:end -->")
		if strings.Contains(after, "keysweep:") {
			return ""
		}
		return after
	}
	return body
}
