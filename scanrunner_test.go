package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// newScanJob is a job that scans its workspace, with the inventory that an audit saved and no way into AWS.
func newScanJob(t *testing.T) *job {
	t.Helper()
	j := newJob(t)
	away := t.TempDir()
	j.inputs = map[string]string{"MODE": "scan", "INVENTORY": filepath.Join(away, "saved")}
	j.vars = map[string]string{"GITHUB_OUTPUT": filepath.Join(away, "out"), "GITHUB_STEP_SUMMARY": filepath.Join(away, "sum"), "GITHUB_EVENT_NAME": "push"}
	saveInventory(t, filepath.Join(away, "saved"))
	return j
}

func (j *job) fileOf(variable string) string {
	j.t.Helper()
	data, err := os.ReadFile(j.vars[variable])
	if err != nil {
		j.t.Fatal(err)
	}
	return string(data)
}

// The life of a leaked key: its issue is made, a second run writes nothing, what people accept is quiet, and a key that is
// of nobody's account makes no issue.
func TestTheLifeOfALeak(t *testing.T) {
	j := newScanJob(t)
	active, inactive, foreign := keyID("222233334444", 1), keyID("222233334444", 2), keyID("999988887777", 1)
	lay(t, j.dir, map[string]string{"a.env": line(active), "b.env": line(inactive), "c.env": line(foreign)})
	j.inputs["FAIL-ON"] = "critical"
	j.wantStatus(j.run(), action.ExitFindings)
	j.wantIssues(
		"#1 open: Access key "+active+" of ci is leaked, account prod (222233334444)",
		"#2 open: Access key "+inactive+" of ci is leaked, account prod (222233334444)",
	)
	body := j.github.Issues(ghfake.DefaultRepository)[0].Body
	if at, deactivate := strings.Index(body, "cloudtrail"), strings.Index(body, "--status Inactive"); deactivate < 0 || at < deactivate || !strings.Contains(body, "a.env") {
		t.Errorf("the issue does not say to deactivate first, or not where the key stands:\n%s", body)
	}
	outputs := j.fileOf("GITHUB_OUTPUT")
	for name, want := range map[string]string{"findings": "3", "critical": "1", "high": "1", "medium": "1", "opened": "2", "sarif-file": "keysweep-report/findings.sarif", "report-dir": "keysweep-report"} {
		if !strings.Contains(outputs, name+"<<") || !strings.Contains(outputs, "\n"+want+"\n") {
			t.Errorf("output %s is not %s:\n%s", name, want, outputs)
		}
	}
	if !strings.Contains(j.fileOf("GITHUB_STEP_SUMMARY"), active) {
		t.Error("the summary does not name the key")
	}

	j.again()
	j.wantStatus(j.run(), action.ExitFindings)
	if w := j.github.Writes(); len(w) != 0 {
		t.Errorf("the second run wrote: %v", w)
	}

	j.github.As("alice").Comment(1, "/keysweep accept until=2026-12-24 reason=it is being replaced")
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"alice": "write"} })
	j.again()
	j.wantStatus(j.run(), action.ExitDone)
	if strings.Contains(j.file("summary.md"), "critical") {
		t.Errorf("an accepted key is critical:\n%s", j.file("summary.md"))
	}
	j.again()
	j.wantStatus(j.run(), action.ExitDone)
	if w := j.github.Writes(); len(w) != 0 {
		t.Errorf("the run after the acceptance wrote: %v", w)
	}
}

// again is another run of the same day.
func (j *job) again() {
	j.now = j.now.Add(time.Hour)
	j.github.SetNow(j.now)
	j.github.ResetLog()
	j.out.Reset()
	j.errs.Reset()
}

// What a runner prints holds no whole id: the next scan reads its log.
func TestScanLogHoldsNoWholeID(t *testing.T) {
	j := newScanJob(t)
	var ids []string
	for n := range 12 {
		id := keyID("999988887777", uint32(n+1))
		ids = append(ids, id)
		lay(t, j.dir, map[string]string{fmt.Sprintf("f%02d.env", n): line(id)})
	}
	j.wantStatus(j.run(), action.ExitDone)
	log := j.out.String() + j.errs.String()
	for _, id := range ids {
		if strings.Contains(log, id) {
			t.Errorf("the log holds %s", id)
		}
	}
	if n := strings.Count(j.errs.String(), "::warning file=f"); n != 9 || !strings.Contains(j.errs.String(), "and 3 more") {
		t.Errorf("%d annotations:\n%s", n, &j.errs)
	}
}

func TestScanOfAPublicRepository(t *testing.T) {
	j := newScanJob(t)
	id := keyID("222233334444", 1)
	lay(t, j.dir, map[string]string{"a.env": line(id)})
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) { r.Visibility = "public" })
	j.wantStatus(j.run(), action.ExitBadInput)
	if len(j.github.Writes()) != 0 || j.out.Len() != 0 {
		t.Errorf("refused, and yet written: %v %s", j.github.Writes(), &j.out)
	}
	j.inputs["ALLOW-PUBLIC"] = "true"
	j.wantStatus(j.run(), action.ExitDone)
	everything := visible(j.out.String() + j.errs.String() + reportText(t, j.dir) + j.fileOf("GITHUB_STEP_SUMMARY") + fmt.Sprintf("%+v", j.github.Issues(ghfake.DefaultRepository)))
	for _, name := range []string{id, "222233334444", "prod", "\"ci\""} {
		if strings.Contains(everything, name) {
			t.Errorf("%q is published", name)
		}
	}
	if n := len(j.github.Issues(ghfake.DefaultRepository)); n != 1 {
		t.Errorf("%d issues, want 1", n)
	}
}

// Without an inventory nobody's key is known: no issue is touched, and none is listed.
func TestScanWithoutInventory(t *testing.T) {
	j := newScanJob(t)
	delete(j.inputs, "INVENTORY")
	lay(t, j.dir, map[string]string{"a.env": line(keyID("222233334444", 1)), "b.zip": zipped(t, map[string]string{"a.env": line(keyID("222233334444", 2))})})
	j.inputs["FAIL-ON"] = "high"
	j.wantStatus(j.run(), action.ExitFindings)
	for operation := range j.github.Operations() {
		if strings.Contains(operation, "/issues") {
			t.Errorf("asked for %s", operation)
		}
	}
	if n := strings.Count(j.errs.String(), "::warning file="); n != 1 {
		t.Errorf("%d annotations at lines, want one: the other key stands within an archive\n%s", n, &j.errs)
	}
}

// A dry run prints the plan and touches no issue.
func TestScanDryRun(t *testing.T) {
	j := newScanJob(t)
	j.inputs["DRY-RUN"] = "true"
	lay(t, j.dir, map[string]string{"a.env": line(keyID("222233334444", 1))})
	j.wantStatus(j.run(), action.ExitDone)
	if w := j.github.Writes(); len(w) != 0 || strings.Count(j.out.String(), "create ") != 1 {
		t.Errorf("writes %v, output\n%s", w, &j.out)
	}
}

// With a role the accounts themselves are asked, the audit before and after meets the same issue, and closes it by proof.
func TestScanWithLiveAccounts(t *testing.T) {
	j := newJob(t)
	away := t.TempDir()
	j.vars = map[string]string{"GITHUB_OUTPUT": filepath.Join(away, "out"), "GITHUB_STEP_SUMMARY": filepath.Join(away, "sum")}
	j.wantStatus(j.run(), action.ExitDone)
	issues := len(j.github.Issues(ghfake.DefaultRepository))
	id := keyID("222233334444", 2) // of worker, old and in use
	lay(t, j.dir, map[string]string{"a.env": line(id)})
	j.inputs["MODE"], j.vars["GITHUB_EVENT_NAME"] = "scan", "push"
	j.again()
	j.wantStatus(j.run(), action.ExitDone)
	after := j.github.Issues(ghfake.DefaultRepository)
	if len(after) != issues || !strings.Contains(visible(after[2].Title), id+" of worker is leaked") || after[2].State != "open" {
		t.Errorf("issues: %q", j.titles())
	}
	if !strings.Contains(j.file("scan.json"), `"status":"active","account_name":"acme-222","user":"worker"`) {
		t.Errorf("scan.json: %s", j.file("scan.json"))
	}
	j.nextDay()
	j.inputs["MODE"], j.vars["GITHUB_EVENT_NAME"] = "audit", "schedule"
	j.wantStatus(j.run(), action.ExitDone)
	if i := j.github.Issues(ghfake.DefaultRepository)[2]; i.State != "open" || !strings.Contains(visible(i.Title), "is leaked") {
		t.Errorf("an audit without a scan changed the issue: %+v", i)
	}
	j.nextDay()
	j.world.Accounts["222233334444"].Users[1].Keys = nil
	j.wantStatus(j.run(), action.ExitDone)
	if i := j.github.Issues(ghfake.DefaultRepository)[2]; i.State != "closed" || i.StateReason != "completed" {
		t.Errorf("the key is gone, and its issue: %+v", i)
	}
}

// leave puts keys into logs, artifacts, releases and another repository, and gives their ids.
func leave(j *job) []string {
	ids := make([]string, 6)
	for n := range ids {
		ids[n] = keyID("999988887777", uint32(n+1))
	}
	day := start.AddDate(0, 0, -1)
	old := start.AddDate(0, 0, -8)
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) {
		r.Runs = []ghfake.Run{
			{ID: 1, Name: "build", Created: day, Logs: []map[string]string{{"0_build.txt": line(ids[0])}, {"0_build.txt": line(ids[1])}}},
			{ID: 2, Name: "build", Created: day, Status: "in_progress", Logs: []map[string]string{{"x": line(keyID("999988887777", 90))}}},
			{ID: 3, Name: "build", Created: old, Logs: []map[string]string{{"x": line(keyID("999988887777", 91))}}},
			{ID: 4, Name: "build", Created: day, Logs: []map[string]string{{}}},
		}
		r.Artifacts = []ghfake.Artifact{
			{ID: 7, Name: "dist", Created: day, Files: map[string]string{"conf/a.env": line(ids[2])}},
			{ID: 8, Name: "keysweep-report", Created: day, Files: map[string]string{"scan.json": line(keyID("999988887777", 92))}},
			{ID: 9, Name: "gone", Created: day, Expired: true},
		}
		r.Releases = []ghfake.Release{{Tag: "v1", Assets: map[string]string{"app.tgz": gzipped(tarred(j.t, "etc/app.conf", line(ids[3])))}}}
	})
	j.github.AddRepository(ghfake.Repository{FullName: "acme/app", Visibility: "private", Files: map[string]string{
		"src/a.env": line(ids[4]), "lib/x.zip": zipped(j.t, map[string]string{"y": line(ids[5])}),
	}})
	lay(j.t, j.dir, map[string]string{".github/keysweep.yml": "version: 1\nrepositories: [acme/app, acme/missing, acme/backlog]\n"})
	return ids
}

func TestScheduledScanReadsWhatIsOnGitHub(t *testing.T) {
	j := newScanJob(t)
	ids := leave(j)
	j.vars["GITHUB_EVENT_NAME"] = "schedule"
	gitRepository(t, j.dir, keyID("999988887777", 80))
	j.wantStatus(j.run(), action.ExitUncovered)
	doc := parseScan(t, j.file("scan.json"))
	var got []string
	for _, l := range doc.Leaks {
		got = append(got, fmt.Sprintf("%s %s %q %q", l.AccessKeyID, l.Where, l.Path, strings.Join(l.Inside, "!")))
	}
	want := []string{
		ids[0] + ` file "actions/runs/1" "0_build.txt"`,
		ids[1] + ` file "actions/runs/1/attempts/2" "0_build.txt"`,
		ids[2] + ` file "actions/artifacts/7/dist" "conf/a.env"`,
		ids[3] + ` file "releases/v1/app.tgz" "etc/app.conf"`,
		ids[4] + ` file "acme/app/src/a.env" ""`,
		ids[5] + ` file "acme/app/lib/x.zip" "y"`,
		keyID("999988887777", 80) + ` commit "old.env" ""`,
	}
	sorted := cmp.Transformer("set", func(in []string) map[string]bool {
		out := map[string]bool{}
		for _, s := range in {
			out[s] = true
		}
		return out
	})
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	notScanned := map[string]string{}
	for _, n := range doc.NotScanned {
		notScanned[n.Path] = n.Reason
	}
	if len(notScanned) != 2 || !strings.Contains(notScanned["acme/app"], "nothing of its history") || !strings.Contains(notScanned["acme/missing"], "github-token") {
		t.Errorf("not scanned: %v", notScanned)
	}
	counted := map[string]int{
		"GET /repos/{owner}/{repo}/actions/runs": 1, "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/logs": 3,
		"GET /repos/{owner}/{repo}/actions/artifacts": 1, "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}": 1,
		"GET /repos/{owner}/{repo}/releases": 1, "GET /repos/{owner}/{repo}/releases/assets/{asset_id}": 1, "GET /repos/{owner}/{repo}/tarball/{ref}": 1,
	}
	for operation, n := range j.github.Operations() {
		if want, ok := counted[operation]; ok && want != n {
			t.Errorf("%s: %d requests, want %d", operation, n, want)
		}
		delete(counted, operation)
	}
	if len(counted) > 0 {
		t.Errorf("requests that were not made: %v", counted)
	}

	// A scan that somebody's push started looks at what was pushed.
	j.again()
	j.vars["GITHUB_EVENT_NAME"] = "push"
	j.wantStatus(j.run(), action.ExitDone)
	for operation := range j.github.Operations() {
		if strings.Contains(operation, "/actions/") || strings.Contains(operation, "/releases") {
			t.Errorf("at a push: %s", operation)
		}
	}
}

// A scan makes a bounded number of requests, and says what it left.
func TestScanSpendsNoMoreThanItMay(t *testing.T) {
	j := newScanJob(t)
	j.vars["GITHUB_EVENT_NAME"] = "schedule"
	j.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) {
		for n := range 600 {
			r.Runs = append(r.Runs, ghfake.Run{ID: int64(n + 1), Name: "build", Created: start.AddDate(0, 0, -1), Logs: []map[string]string{{"x": "y"}}})
		}
	})
	j.wantStatus(j.run(), action.ExitUncovered)
	sent := 0
	for _, n := range j.github.Operations() {
		sent += n
	}
	doc := parseScan(t, j.file("scan.json"))
	if sent > hubRequests+20 || len(doc.NotScanned) != 1 || !strings.Contains(doc.NotScanned[0].Reason, "106 of 600 were not read: a scan makes 500 requests") {
		t.Errorf("%d requests, not scanned %v", sent, doc.NotScanned)
	}
}

// A token without the permission, a limit that is near, a download that breaks: told, and the rest is read.
func TestScanOfGitHubIsBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*job)
		path   string
		reason string
	}{
		"no permission": {func(j *job) {
			j.github.AddToken(ghfake.DefaultToken, ghfake.Identity{
				Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"issues": "write", "contents": "read"},
			})
		}, "actions/runs", `"actions: read"`},
		"a limit is near": {func(j *job) { j.github.SetRate(5000, 100, start.Add(time.Hour)) }, "actions/runs", "kept for others"},
		"a run is refused": {func(j *job) {
			j.github.Inject(ghfake.Fault{Kind: ghfake.BadGateway, Path: "/attempts/1/logs", Times: -1})
		}, "actions/runs/1", "502"},
	} {
		j := newScanJob(t)
		leave(j)
		j.vars["GITHUB_EVENT_NAME"] = "schedule"
		tt.change(j)
		j.wantStatus(j.run(), action.ExitUncovered)
		found := false
		doc := parseScan(t, j.file("scan.json"))
		for _, n := range doc.NotScanned {
			found = found || n.Path == tt.path && strings.Contains(n.Reason, tt.reason)
		}
		if !found {
			t.Errorf("%s: not scanned %v", name, doc.NotScanned)
		}
	}
}
