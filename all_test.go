package main_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The rules of the repository. What a reader may rely on everywhere is held here, not by review.

const module = "github.com/keysweep/keysweep"

// pure packages decide; they know no cloud, no network, no files and no clock.
var pure = []string{
	"checks", "report", "internal/inventory", "internal/policy", "internal/backlog", "internal/wildcard",
	"internal/doctor", "internal/declare", "internal/advise", "internal/leak", "internal/orgpolicy", "internal/gitobject",
	"internal/keyuse", "internal/review", "internal/unpack", "internal/history", "internal/scan",
}

// impure are the imports that a pure package may not have, nor any package of ours that it imports.
var impure = []string{
	"github.com/aws", "github.com/google/go-github", "github.com/sethvargo/go-githubactions",
	"net", "net/http", "os", "os/exec", "os/signal", "syscall", "log", "log/slog",
}

// fences are imports that one package alone may have.
var fences = map[string]string{
	"github.com/aws":              "internal/awscollect",
	"github.com/google/go-github": "internal/ghapi",
}

// forTests are packages that only tests import.
var forTests = []string{"internal/awssim", "internal/ghfake", "internal/e2e"}

// source is one Go file.
type source struct {
	path    string // slash-separated, from the root
	folder  string
	test    bool
	text    []byte
	file    *ast.File
	imports []string
}

// sources are all Go files of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	for _, p := range files(t, ".go") {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s := source{path: p, folder: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), text: text, file: f}
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			s.imports = append(s.imports, name)
		}
		out = append(out, s)
	}
	if len(out) < 20 {
		t.Fatalf("found only %d Go files: the rules look at the wrong folder", len(out))
	}
	return out
}

// files are all files with one of the endings, but what was fetched, built or written by a run.
func files(t *testing.T, endings ...string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (p == ".git" || p == ".cache" || p == "keysweep-report") {
			return filepath.SkipDir
		}
		p = filepath.ToSlash(p)
		if slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(p, e) }) && d.Type().IsRegular() {
			out = append(out, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// within reports whether a path is one of the roots or below it. A version of a module is below its name.
func within(p string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return p == r || strings.HasPrefix(p, r+"/") })
}

// importsOf maps each folder to what its files outside tests import.
func importsOf(all []source) map[string][]string {
	out := map[string][]string{}
	for _, s := range all {
		if !s.test {
			out[s.folder] = append(out[s.folder], s.imports...)
		}
	}
	return out
}

func TestPurePackages(t *testing.T) {
	imports := importsOf(sources(t))
	// way leads from a package to an impure import, through packages of ours.
	var way func(folder string, seen map[string]bool) []string
	way = func(folder string, seen map[string]bool) []string {
		if seen[folder] {
			return nil
		}
		seen[folder] = true
		for _, i := range imports[folder] {
			if slices.Contains(impure, i) || within(i, "github.com/aws", "github.com/google/go-github") {
				return []string{folder, i}
			}
			if next, ours := strings.CutPrefix(i, module+"/"); ours {
				if w := way(next, seen); w != nil {
					return append([]string{folder}, w...)
				}
			}
		}
		return nil
	}
	for _, folder := range pure {
		if w := way(folder, map[string]bool{}); w != nil {
			t.Errorf("package %s is pure and must not import %s", folder, strings.Join(w, " → "))
		}
	}
}

func TestFences(t *testing.T) {
	for folder, imports := range importsOf(sources(t)) {
		for _, i := range imports {
			for fenced, owner := range fences {
				if within(i, fenced) && folder != owner {
					t.Errorf("package %s imports %s: only %s may", folder, i, owner)
				}
			}
			if p, ours := strings.CutPrefix(i, module+"/"); ours && within(p, forTests...) && !within(folder, forTests...) {
				t.Errorf("package %s imports %s, which is for tests only", folder, i)
			}
		}
	}
}

// selections counts the places that name something of a package, like time.Now.
func selections(f *ast.File, of string, names ...string) (n int) {
	ast.Inspect(f, func(node ast.Node) bool {
		if s, ok := node.(*ast.SelectorExpr); ok && slices.Contains(names, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == of {
				n++
			}
		}
		return true
	})
	return n
}

// methodCalls counts the calls of methods with one of the names, whatever they are called on.
func methodCalls(f *ast.File, names ...string) (n int) {
	ast.Inspect(f, func(node ast.Node) bool {
		if c, ok := node.(*ast.CallExpr); ok {
			if s, ok := c.Fun.(*ast.SelectorExpr); ok && slices.Contains(names, s.Sel.Name) {
				n++
			}
		}
		return true
	})
	return n
}

// TestOneClock: time is a parameter. The clock is read in one place, and handed on from there.
func TestOneClock(t *testing.T) {
	var places []string
	for _, s := range sources(t) {
		if s.test || within(s.folder, forTests...) {
			continue
		}
		for range selections(s.file, "time", "Now", "Since", "Until") {
			places = append(places, s.path)
		}
	}
	if len(places) != 1 {
		t.Errorf("time.Now, Since and Until stand in %q, want one place", places)
	}
}

// TestNoTestSkips: a test that cannot run here fails, and says what is missing.
func TestNoTestSkips(t *testing.T) {
	for _, s := range sources(t) {
		if s.test && methodCalls(s.file, "Skip", "Skipf", "SkipNow")+selections(s.file, "testing", "Short") > 0 {
			t.Errorf("%s: a test that skips itself", s.path)
		}
	}
}

// unfinished finds words of work that is not done. They are put together here, lest they find themselves.
var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|HA` + `CK)\b|(?i)\b(place` + `holder|for ` + `now|lorem ` + `ipsum)\b`)

func TestNothingUnfinished(t *testing.T) {
	for _, p := range files(t, ".go", ".md", ".yml", ".yaml", ".py", ".sh", ".tf", ".tmpl", ".html", ".css", ".txt", "Makefile", "Dockerfile", ".ci/run") {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if m := unfinished.FindString(line); m != "" {
				t.Errorf("%s:%d: %q", p, n+1, m)
			}
		}
	}
}

// TestFileLength keeps files readable at one sitting.
func TestFileLength(t *testing.T) {
	const limit = 600
	for _, p := range files(t, ".go", ".py", ".md", "Makefile") {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > limit {
			t.Errorf("%s has %d lines, want %d at most", p, n, limit)
		}
	}
}

func TestFormatted(t *testing.T) {
	for _, s := range sources(t) {
		formatted, err := format.Source(s.text)
		if err != nil {
			t.Errorf("%s: %v", s.path, err)
		} else if !bytes.Equal(formatted, s.text) {
			t.Errorf("%s is not formatted: run gofmt -w on it", s.path)
		}
	}
}

// TestPackages: every package says what it holds, none has a name that says nothing, and none does
// anything before it is asked to.
func TestPackages(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		documented[s.folder] = documented[s.folder] || s.file.Doc.Text() != ""
		if slices.Contains([]string{"util", "utils", "common", "helpers", "types", "pkg"}, path.Base(s.folder)) {
			t.Errorf("%s: the name of the package says nothing", s.path)
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: has an init function", s.path)
			}
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(documented)) {
		if !documented[folder] {
			t.Errorf("package %s has no doc comment", folder)
		}
	}
}

// TestDependencies: go.mod says what each direct dependency is for, beside it or above its block.
func TestDependencies(t *testing.T) {
	for _, p := range []string{"go.mod", "tools/go.mod"} {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		above := ""
		inside, reason := false, false
		for n, line := range strings.Split(string(text), "\n") {
			line = strings.TrimSpace(line)
			switch {
			case line == "require (" || line == "tool (":
				inside, reason = true, strings.HasPrefix(above, "//")
			case line == ")":
				inside = false
			case inside && line != "" && !strings.Contains(line, "//") && !reason:
				t.Errorf("%s:%d: nothing says what %s is for", p, n+1, strings.Fields(line)[0])
			}
			above = line
		}
	}
}
