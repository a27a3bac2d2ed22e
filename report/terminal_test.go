package report

import (
	"regexp"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/checks"
)

func TestTerminal(t *testing.T) {
	got := Terminal(sample(), false, "keysweep-report/index.html")
	golden(t, "terminal.txt", []byte(got))
	mustFit(t, got)
	colored := Terminal(sample(), true, "keysweep-report/index.html")
	if bare := sgr.ReplaceAllString(colored, ""); bare != got {
		t.Errorf("with colour the text is another one:\n%s", bare)
	}
	if strings.Contains(got, "\x1b") {
		t.Error("colour that nobody asked for")
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// mustFit fails on a line that is too wide or that a runner would obey.
func mustFit(t *testing.T, screen string) {
	t.Helper()
	for _, line := range strings.Split(screen, "\n") {
		line = sgr.ReplaceAllString(line, "")
		if width(line) > columns {
			t.Errorf("%d columns: %s", width(line), line)
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
			t.Errorf("a workflow command: %s", line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("blanks at the end: %q", line)
		}
	}
}

func TestTerminalOfNothing(t *testing.T) {
	got := Terminal(Data{Accounts: []Account{{ID: "111122223333", Status: "audited"}}}, false, "")
	for _, want := range []string{"Nothing was found.", "1 audited"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Open") {
		t.Error("it leads to a report that was not written")
	}
}

func TestTerminalKeepsALongPath(t *testing.T) {
	path := "/home/runner/" + strings.Repeat("deep/", 30) + "index.html"
	if got := Terminal(sample(), false, path); !strings.Contains(got, path) {
		t.Errorf("the path is cut:\n%s", got)
	}
}

func FuzzTerminal(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := sample()
		for i := range d.Findings {
			d.Findings[i].Title, d.Findings[i].Account, d.Findings[i].AccountID = s, s, s
			d.Findings[i].Steps = []checks.Step{{Text: s, Command: s}}
		}
		d.Warnings = []string{s}
		d.Accounts[3].Name, d.Accounts[3].Missing = s, []string{s}
		mustFit(t, Terminal(d, true, ""))
	})
}
