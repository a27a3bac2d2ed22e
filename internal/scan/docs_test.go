package scan

import (
	"os"
	"strings"
	"testing"
)

// The example of the docs is a file that is taken as it stands, and each line of it says something.
func TestDocsExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/leaked-keys.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```text\n")
	example, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the page shows no example")
	}
	ig := parse(t, example)
	if len(ig.entries) != 3 {
		t.Errorf("%d entries", len(ig.entries))
	}
	s := sighting(activeID, prod)
	s.Path = "test data/x.env"
	if a := ig.accepts(&s); a == nil || a.Reason != "made up for tests" || a.Until != "2027-03-31" {
		t.Errorf("%+v", a)
	}
}
