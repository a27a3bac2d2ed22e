package tree

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// client speaks to the fake.
func client(t testing.TB, f *ghfake.Server, graphQL bool) *ghapi.Client {
	t.Helper()
	cfg := ghapi.Config{APIURL: f.URL, Token: ghfake.DefaultToken, Repository: ghfake.DefaultRepository, WriteInterval: -1, Sleep: f.Sleep, Now: f.Now}
	if graphQL {
		cfg.GraphQLURL = f.URL + "/graphql"
	}
	c, err := ghapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pushed makes both states on the fake.
func pushed(f *ghfake.Server, base, head files) (string, string) {
	b := f.Push(ghfake.DefaultRepository, ghfake.DefaultBranch, ghfake.Texts(base))
	return b, f.Push(ghfake.DefaultRepository, "topic", ghfake.Texts(head), b)
}

// The number of requests follows the change, not the repository: of 12,000 files, 20 of which changed.
func TestRequestsOfALargeRepository(t *testing.T) {
	for _, modules := range []bool{false, true} {
		f := ghfake.New(t)
		base, head := largeRepository(modules)
		b, h := pushed(f, base, head)
		p, err := Commits(t.Context(), client(t, f, true), b, h)
		if err != nil {
			t.Fatal(err)
		}
		rows, skipped := p.Diff(nil)
		if len(rows) != 20 || len(skipped) > 0 {
			t.Errorf("modules %v: %d rows, %v", modules, len(rows), skipped)
		}
		n := len(f.Requests())
		t.Logf("modules %v: %d requests: %v", modules, n, f.Operations())
		if most := map[bool]int{false: 6, true: 30}[modules]; n > most {
			t.Errorf("modules %v: %d requests, want %d at most: %v", modules, n, most, f.Operations())
		}
	}
}

// Without whole folders of text, what is beside the change is read only as far as that is affordable, and the
// answer says so.
func TestCallersThatAreNotAffordable(t *testing.T) {
	f := ghfake.New(t)
	base, head := largeRepository(true)
	b, h := pushed(f, base, head)
	p, err := Commits(t.Context(), client(t, f, false), b, h)
	if err != nil {
		t.Fatal(err)
	}
	rows, skipped := p.Diff(nil)
	if len(rows) != 20 || len(skipped) != 1 || skipped[0].Path != "." || !strings.Contains(skipped[0].Reason, "more files than are read through GitHub's API") {
		t.Errorf("%d rows, %v", len(rows), skipped)
	}
	if n := len(f.Requests()); n > maxBlobReads+2 {
		t.Errorf("%d requests: %v", n, f.Operations())
	}
}

// Each content is read once, whatever its name, and both states share it.
func TestOneContentOneRead(t *testing.T) {
	f := ghfake.New(t)
	base, head := files{}, files{}
	for i := range 30 {
		base[fmt.Sprintf("d%d/main.tf", i)] = user
		head[fmt.Sprintf("d%d/main.tf", i)] = user + user
	}
	b, h := pushed(f, base, head)
	p, err := Commits(t.Context(), client(t, f, false), b, h)
	if err != nil {
		t.Fatal(err)
	}
	p.Diff(nil)
	if n := len(f.Requests()); n != 4 {
		t.Errorf("%d requests for two trees and two contents: %v", n, f.Operations())
	}
}

// A repository that is too large to be listed at once is listed folder by folder, and of that only what differs.
func TestTruncatedTree(t *testing.T) {
	f := ghfake.New(t)
	base, head := files{}, files{}
	for i := range 200 {
		base[fmt.Sprintf("live/s%d/main.tf", i)] = fmt.Sprintf("# %d\n", i)
	}
	for name, text := range base {
		head[name] = text
	}
	head["live/s7/main.tf"] = "terraform {\n  backend \"s3\" {}\n}\n" + user
	b, h := pushed(f, base, head)
	f.SetTreeLimit(100)
	p, err := Commits(t.Context(), client(t, f, true), b, h)
	if err != nil {
		t.Fatal(err)
	}
	rows, skipped := p.Diff(nil)
	if len(rows) != 0 || len(skipped) == 0 { // one folder alone has more than GitHub gives of this one
		t.Errorf("a folder that GitHub does not list whole: %d rows, %v", len(rows), skipped)
	}
	f.SetTreeLimit(250)
	f.ResetLog()
	if p, err = Commits(t.Context(), client(t, f, true), b, h); err != nil {
		t.Fatal(err)
	}
	rows, skipped = p.Diff(nil)
	if len(rows) != 1 || len(skipped) != 0 {
		t.Errorf("%d rows, %v", len(rows), skipped)
	}
	if n := len(f.Requests()); n > 12 {
		t.Errorf("%d requests: %v", n, f.Operations())
	}
}

// Where a query fails, files are read one by one, and a file that GitHub does not give is told of.
func TestFaultsOfReading(t *testing.T) {
	f := ghfake.New(t)
	f.SetBlobLimit(1000)
	b, h := pushed(f, files{"a/x.tf": "", "a/y.tf": "", "b/x.tf": ""}, files{
		"a/x.tf": user, "a/y.tf": "# y\n", "b/x.tf": user + strings.Repeat("# large\n", 200), "b/y.tf": "",
	})
	f.Inject(ghfake.Fault{Kind: ghfake.QueryTimeout, Path: "graphql", Times: -1})
	p, err := Commits(t.Context(), client(t, f, true), b, h)
	if err != nil {
		t.Fatal(err)
	}
	rows, skipped := p.Diff(nil)
	if len(rows) != 1 || len(skipped) != 1 || skipped[0].Path != "b/x.tf" {
		t.Errorf("rows %v, not analysed %v", rows, skipped)
	}
}

// A commit that is not there, and a run that is stopped, are faults of the whole.
func TestNoCommit(t *testing.T) {
	f := ghfake.New(t)
	b, h := pushed(f, files{"a": ""}, files{"b": ""})
	if _, err := Commits(t.Context(), client(t, f, true), strings.Repeat("1", 40), h); !errors.Is(err, ghapi.ErrNotFound) {
		t.Errorf("a commit that is not there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Commits(ctx, client(t, f, true), b, h); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that is stopped: %v", err)
	}
}

// A change of data that some module may read costs a request for the text of the modules, not one for each.
func TestRequestsForDataReadFromAfar(t *testing.T) {
	for _, n := range []int{90, 900} {
		f := ghfake.New(t)
		base, head := files{}, files{}
		for i := range n {
			base[fmt.Sprintf("live/s%d/main.tf", i)] = fmt.Sprintf("resource \"aws_iam_user\" \"u\" {\n  name = \"u%d\"\n}\n", i)
			base[fmt.Sprintf("live/s%d/back.tf", i)] = fmt.Sprintf("terraform {\n  backend \"s3\" {}\n}\n# %d\n", i)
		}
		base["live/s7/main.tf"] = "resource \"aws_iam_user\" \"u\" {\n  for_each = toset(yamldecode(file(\"../../data/users7.yaml\")))\n  name     = each.key\n}\n"
		for i := range 20 {
			base[fmt.Sprintf("data/users%d.yaml", i)] = "- a\n"
		}
		for name, text := range base {
			head[name] = text
			if strings.HasPrefix(name, "data/") {
				head[name] = "- a\n- b\n"
			}
		}
		b, h := pushed(f, base, head)
		p, err := Commits(t.Context(), client(t, f, true), b, h)
		if err != nil {
			t.Fatal(err)
		}
		rows, skipped := p.Diff(nil)
		if want := map[int]int{90: 1, 900: 0}[n]; len(rows) != want || len(skipped) > 0 {
			t.Errorf("%d modules: %v, %v", n, rows, skipped)
		}
		if n := len(f.Requests()); n > 12+2 {
			t.Errorf("%d requests: %v", n, f.Operations())
		}
	}
}
