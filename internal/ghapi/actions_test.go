package ghapi_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/ghapi"
	"github.com/keysweep/keysweep/internal/ghfake"
)

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// leavings is a server with runs, artifacts and releases.
func leavings(t *testing.T) (*ghfake.Server, *ghapi.Client) {
	t.Helper()
	s := ghfake.New(t)
	s.SetPageSize(2)
	s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) {
		r.Files = map[string]string{"README.md": "hello"}
		for n := range 5 {
			at := day.AddDate(0, 0, -n)
			r.Runs = append(r.Runs, ghfake.Run{ID: int64(50 - n), Name: "build", Path: ".github/workflows/build.yml", Created: at, Logs: []map[string]string{{"0_build.txt": "first"}, {}}})
			r.Artifacts = append(r.Artifacts, ghfake.Artifact{ID: int64(90 - n), Name: "dist", Created: at, Expired: n == 1, Files: map[string]string{"a": "b"}})
		}
		r.Runs[0].Status = "in_progress"
		r.Releases = []ghfake.Release{{Tag: "v2", Assets: map[string]string{"x.bin": "xx", "y.bin": "yyy"}}, {Tag: "v1"}, {Tag: "v0", Assets: map[string]string{"z": "z"}}}
	})
	c, err := ghapi.New(ghapi.Config{APIURL: s.URL, Token: ghfake.DefaultToken, Repository: ghfake.DefaultRepository, Now: s.Now, Sleep: s.Sleep, WriteInterval: -1})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func content(t *testing.T, d *ghapi.Download, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	data, err := io.ReadAll(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRunsAndArtifacts(t *testing.T) {
	s, c := leavings(t)
	runs, complete, err := c.RunsSince(t.Context(), day.AddDate(0, 0, -2))
	if err != nil || !complete || len(runs) != 3 {
		t.Fatalf("%+v, complete %v, %v", runs, complete, err)
	}
	if r := runs[1]; r.ID != 49 || r.Attempt != 2 || !r.Completed() || r.Name != "build" || runs[0].Completed() {
		t.Errorf("%+v", runs)
	}
	list, err := c.ArtifactsSince(t.Context(), day.AddDate(0, 0, -2))
	if err != nil || len(list) != 2 || list[0].ID != 90 || list[1].ID != 88 {
		t.Errorf("%+v, %v", list, err)
	}
	// Two pages of runs, and of artifacts two: the second has an old one, so that a third page is asked for and ends it.
	if got := s.Operations(); got["GET /repos/{owner}/{repo}/actions/runs"] != 2 || got["GET /repos/{owner}/{repo}/actions/artifacts"] > 3 {
		t.Errorf("requests: %v", got)
	}
	d, err := c.RunLogs(t.Context(), 49, 1)
	if text := content(t, d, err); !strings.HasPrefix(text, "PK") {
		t.Errorf("the logs are %q", text)
	}
	if _, err := c.RunLogs(t.Context(), 49, 2); !errors.Is(err, ghapi.ErrGone) {
		t.Errorf("logs that were deleted: %v", err)
	}
	if _, err := c.RunLogs(t.Context(), 7, 1); !errors.Is(err, ghapi.ErrNotFound) {
		t.Errorf("logs of no run: %v", err)
	}
	d, err = c.Artifact(t.Context(), 90)
	if text := content(t, d, err); !strings.HasPrefix(text, "PK") {
		t.Errorf("the artifact is %q", text)
	}
}

func TestReleasesAndFiles(t *testing.T) {
	s, c := leavings(t)
	list, err := c.Assets(t.Context())
	want := []ghapi.Asset{{1000, "v2", "x.bin", 2}, {1001, "v2", "y.bin", 3}, {3000, "v0", "z", 1}}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	d, err := c.Asset(t.Context(), 1001)
	if text := content(t, d, err); text != "yyy" || d.Size != 3 {
		t.Errorf("%q of %d bytes", text, d.Size)
	}
	d, err = c.Tarball(t.Context(), "main")
	if text := content(t, d, err); !strings.HasPrefix(text, "\x1f\x8b") {
		t.Errorf("the files are %q", text)
	}
	if diff := cmp.Diff([]string{"acme/backlog/asset/1001", "acme/backlog/tarball/main"}, s.Downloads()); diff != "" {
		t.Errorf("downloads (-want +got):\n%s", diff)
	}
	if _, err := c.Tarball(t.Context(), "feature/x"); !errors.Is(err, ghapi.ErrNotFound) {
		t.Errorf("a branch that is not there: %v", err)
	}
}

// A renamed repository is followed; a token without the permission is told which it needs.
func TestDownloadRefusals(t *testing.T) {
	s, _ := leavings(t)
	s.AddToken("ghs_bare", ghfake.Identity{Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"contents": "read"}})
	s.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Formerly = []string{"acme/old"} })
	client := func(token, name string) *ghapi.Client {
		c, err := ghapi.New(ghapi.Config{APIURL: s.URL, Token: token, Repository: name, Now: s.Now, Sleep: s.Sleep})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	d, err := client(ghfake.DefaultToken, "acme/old").Asset(t.Context(), 1001)
	if text := content(t, d, err); text != "yyy" {
		t.Errorf("by its old name: %q", text)
	}
	bare := client("ghs_bare", ghfake.DefaultRepository)
	for _, call := range []func() error{
		func() error { _, err := bare.RunLogs(t.Context(), 49, 1); return err },
		func() error { _, _, err := bare.RunsSince(t.Context(), day); return err },
		func() error { _, err := bare.ArtifactsSince(t.Context(), day); return err },
	} {
		var refused *ghapi.PermissionError
		if err := call(); !errors.As(err, &refused) || refused.Need != "actions: read" {
			t.Errorf("without the permission: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := bare.Asset(ctx, 1001); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
