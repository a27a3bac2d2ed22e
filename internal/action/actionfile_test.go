package action

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// actionFile is action.yml as GitHub reads it.
type actionFile struct {
	Name        string
	Description string
	Author      string
	Branding    struct{ Icon, Color string }
	Inputs      map[string]struct {
		Description string
		Default     *string
		Required    bool
	}
	Outputs map[string]struct{ Description string }
	Runs    struct{ Using, Image string }
}

func readActionFile(t *testing.T) actionFile {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a actionFile
	if err := yaml.Load(data, &a, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestActionFileKeepsStepWithTheOptions(t *testing.T) {
	a := readActionFile(t)
	expressions := map[string]string{"github-token": "${{ github.token }}", "issues-repository": "${{ github.repository }}"}
	inPolicyFile := []string{"unused-days", "max-key-age-days"}
	// A file that is named and missing is an error, and in China the audience is another:
	// whether these were given matters.
	mustBeAbsent := append(inPolicyFile, "config", "audience")
	inputs := 0
	for _, opt := range table() {
		in, ok := a.Inputs[opt.name]
		if ok == opt.lineOnly {
			t.Errorf("%s: in action.yml %v, for the command line only %v", opt.name, ok, opt.lineOnly)
		}
		if opt.lineOnly {
			continue
		}
		inputs++
		want := opt.def
		if e := expressions[opt.name]; e != "" {
			want = e
		}
		switch {
		case in.Description == "" || in.Required:
			t.Errorf("%s: has no description or is required, which a runner does not enforce", opt.name)
		case slices.Contains(mustBeAbsent, opt.name) && in.Default != nil:
			t.Errorf("%s: a default hides whether it was given", opt.name)
		case in.Default != nil && *in.Default != want:
			t.Errorf("%s: default %q in action.yml, %q in the code", opt.name, *in.Default, want)
		case expressions[opt.name] != "" && in.Default == nil:
			t.Errorf("%s: no default in action.yml, want %s", opt.name, want)
		}
	}
	if inputs != len(a.Inputs) {
		t.Errorf("action.yml has %d inputs, the code %d", len(a.Inputs), inputs)
	}
}

func TestActionFileKeepsStepWithTheOutputs(t *testing.T) {
	a := readActionFile(t)
	var got []string
	for name, out := range a.Outputs {
		got = append(got, name)
		if out.Description == "" {
			t.Errorf("output %s has no description", name)
		}
	}
	want := outputNames()
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestActionFileHead(t *testing.T) {
	a := readActionFile(t)
	if a.Name != "keysweep" || a.Description == "" || len(a.Description) > 125 || a.Author == "" {
		t.Errorf("head: %q, %q (%d characters), %q", a.Name, a.Description, len(a.Description), a.Author)
	}
	// GitHub refuses these icons of the Feather set and knows only these colours.
	refused := []string{"", "coffee", "columns", "divide", "frown", "hexagon", "key", "meh", "mouse-pointer", "smile", "tool", "x-octagon"}
	colours := []string{"white", "black", "yellow", "blue", "green", "orange", "red", "purple", "gray-dark"}
	if slices.Contains(refused, a.Branding.Icon) || !slices.Contains(colours, a.Branding.Color) {
		t.Errorf("branding: %+v", a.Branding)
	}
	if a.Runs.Using != "docker" || a.Runs.Image != "Dockerfile" {
		t.Errorf("runs: %+v", a.Runs)
	}
}

// The image must run as root with no shell in between: input names hold dashes, which a
// shell cannot pass on.
func TestDockerfile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	var last string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "USER") {
			t.Errorf("a runner's folders belong to root: %s", line)
		}
		if line != "" {
			last = line
		}
	}
	if last != `ENTRYPOINT ["/keysweep"]` {
		t.Errorf("the image ends with %s", last)
	}
}
