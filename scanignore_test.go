package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghfake"
	"github.com/keysweep/keysweep/internal/scan"
)

// atChange makes the event one about a change of main, as a runner does.
func (j *job) atChange(event string) {
	j.t.Helper()
	base := j.github.Branch(ghfake.DefaultRepository, ghfake.DefaultBranch)
	payload := map[string]any{"pull_request": map[string]any{"number": 7, "base": map[string]any{"sha": base}}}
	if event == "merge_group" {
		payload = map[string]any{"merge_group": map[string]any{"base_sha": base, "head_sha": base}}
	}
	payload["repository"] = map[string]any{"full_name": ghfake.DefaultRepository, "visibility": "private", "private": true}
	data, err := json.Marshal(payload)
	if err != nil {
		j.t.Fatal(err)
	}
	name := filepath.Join(j.t.TempDir(), "event.json")
	if err := os.WriteFile(name, data, 0o644); err != nil {
		j.t.Fatal(err)
	}
	j.vars["GITHUB_EVENT_NAME"], j.vars["GITHUB_EVENT_PATH"] = event, name
}

// At an event about a change the places that people live with are those of the base: a change lets no key of its own pass.
func TestIgnoreFileOfTheBase(t *testing.T) {
	const passes = "* path=src/* until=2027-01-31 reason=made up\n"
	const later, strange = "counts once it is merged", "the files may be a stranger's"
	for _, tt := range []struct {
		name, event    string
		base, checkout string // empty: there is none
		noToken        bool
		want           int
		says           string // empty: neither of the warnings
	}{
		{"the change adds it", "pull_request", "", passes, false, action.ExitFindings, later},
		{"the change adds it, in a queue", "merge_group", "", passes, false, action.ExitFindings, later},
		{"the change adds it, from a fork", "pull_request_target", "", passes, false, action.ExitFindings, later},
		{"the base has it", "pull_request", passes, passes, false, action.ExitDone, ""},
		{"the base has it, from a fork", "pull_request_target", passes, passes, false, action.ExitDone, ""},
		{"the change takes it away", "pull_request", passes, "", false, action.ExitDone, ""},
		{"the change makes it longer", "pull_request", passes, passes + "* path=lib/* until=2027-01-31 reason=made up\n", false, action.ExitDone, later},
		{"nobody has it", "pull_request", "", "", false, action.ExitFindings, ""},
		{"without a token", "pull_request", passes, passes, true, action.ExitFindings, strange},
		{"a push is no change to judge", "push", "", passes, false, action.ExitDone, ""},
		{"files of another run", "workflow_run", passes, passes, false, action.ExitFindings, strange},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := newScanJob(t)
			j.inputs["PATHS"], j.inputs["FAIL-ON"] = "src", "low"
			files := map[string]string{"README.md": "x"}
			if tt.base != "" {
				files[scan.IgnoreFile] = tt.base
			}
			j.github.Push(ghfake.DefaultRepository, ghfake.DefaultBranch, ghfake.Texts(files))
			lay(t, j.dir, map[string]string{"src/a.env": line(keyID("222233334444", 1))})
			if tt.checkout != "" {
				lay(t, j.dir, map[string]string{scan.IgnoreFile: tt.checkout})
			}
			j.atChange(tt.event)
			if tt.noToken {
				j.vars["INPUT_GITHUB-TOKEN"] = ""
			}
			j.wantStatus(j.run(), tt.want)
			said := j.out.String() + j.errs.String()
			for _, w := range []string{later, strange} {
				if strings.Contains(said, w) != (w == tt.says) {
					t.Errorf("%q is said or not:\n%s", w, said)
				}
			}
		})
	}
}
