//go:build moto

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// The exit statuses that matter here.
const (
	done       = 0
	faulty     = 1
	notCovered = 4
)

// issues are the issues of findings: all but the dashboard.
func (s *setting) issues() []ghfake.Issue {
	return slices.DeleteFunc(s.github.Issues(ghfake.DefaultRepository), func(i ghfake.Issue) bool {
		return slices.Contains(i.Labels, "keysweep:dashboard")
	})
}

// issueOf finds the issue of a finding by its marker.
func (s *setting) issueOf(id string) ghfake.Issue {
	s.t.Helper()
	for _, i := range s.issues() {
		if strings.HasPrefix(i.Body, "<!-- keysweep:v1 id="+id+" ") {
			return i
		}
	}
	s.t.Fatalf("no issue has the marker of finding %s", id)
	return ghfake.Issue{}
}

func (s *setting) writes() []string {
	var out []string
	for _, r := range s.github.Writes() {
		out = append(out, r.String())
	}
	return out
}

func sorted(findings []finding) []finding {
	out := slices.Clone(findings)
	slices.SortFunc(out, func(a, b finding) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

// diff compares findings regardless of order.
func diff(want, got []finding) string {
	return cmp.Diff(sorted(want), sorted(got), cmp.AllowUnexported(finding{}))
}

// TestAuditTwice is the whole promise: the first audit opens one issue for each finding, the
// second, over the same facts, writes nothing.
func TestAuditTwice(t *testing.T) {
	s := newSetting(t)

	first := s.audit()
	if first.status != done {
		t.Fatalf("first audit: exit status %d, want %d", first.status, done)
	}
	if d := diff(s.org.wanted(), first.findings); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	want := map[string]string{
		"management": "audited", "payments": "audited", "staging": "audited", "sandbox": "audited", "retired": "skipped",
	}
	if d := cmp.Diff(want, statuses(first)); d != "" {
		t.Errorf("accounts (-want +got):\n%s", d)
	}
	if got := len(s.issues()); got != len(first.findings) {
		t.Errorf("%d issues for %d findings", got, len(first.findings))
	}
	for _, i := range s.issues() {
		if i.State != "open" || !slices.Contains(i.Labels, "keysweep") {
			t.Errorf("issue %d: state %s, labels %q", i.Number, i.State, i.Labels)
		}
	}
	for name, value := range map[string]string{
		"findings": "39", "opened": "39", "updated": "0", "closed": "0", "reopened": "0", "deferred": "0",
		"accounts-audited": "4", "accounts-failed": "0",
	} {
		if got := first.outputs[name]; got != value {
			t.Errorf("output %s is %q, want %q", name, got, value)
		}
	}
	t.Logf("the plan of the first audit:\n%s", first.plan)

	s.github.ResetLog()
	second := s.audit()
	if second.status != done {
		t.Errorf("second audit: exit status %d, want %d", second.status, done)
	}
	if w := s.writes(); len(w) != 0 {
		t.Errorf("the second audit wrote:\n%s", strings.Join(w, "\n"))
	}
	if d := diff(first.findings, second.findings); d != "" {
		t.Errorf("findings of the second audit (-first +second):\n%s", d)
	}
}

func statuses(o outcome) map[string]string {
	out := map[string]string{}
	for name, a := range o.accounts {
		out[name] = a.Status
	}
	return out
}

// TestMemberRoleRefused: an account that cannot be entered is failed, the others are audited, and
// its issues are not touched.
func TestMemberRoleRefused(t *testing.T) {
	s := newSetting(t)
	first := s.audit()
	before := s.issueOf(first.ids[finding{"staging", "worker", "unused-access-key"}])

	s.proxy.trust("arn:aws:iam::"+s.org.ids["staging"]+":role/"+memberRole, role{})
	// What would close the issue, if the account could be read.
	s.org.account(t, "staging").deleteKey("worker", 1)
	s.github.ResetLog()
	second := s.audit()

	if second.status != notCovered {
		t.Errorf("exit status %d, want %d", second.status, notCovered)
	}
	want := map[string]string{
		"management": "audited", "payments": "audited", "staging": "failed", "sandbox": "audited", "retired": "skipped",
	}
	if d := cmp.Diff(want, statuses(second)); d != "" {
		t.Errorf("accounts (-want +got):\n%s", d)
	}
	if !strings.Contains(second.output, memberRole) {
		t.Errorf("the output does not name the role that was refused")
	}
	after := s.issueOf(first.ids[finding{"staging", "worker", "unused-access-key"}])
	if d := cmp.Diff(before, after, cmp.AllowUnexported(ghfake.Issue{})); d != "" {
		t.Errorf("an issue of the failed account changed (-before +after):\n%s", d)
	}
	s.onlyDashboard(fmt.Sprintf("/issues/%d", s.dashboard()))
}

// onlyDashboard holds the writes so far to the dashboard's issue.
func (s *setting) onlyDashboard(path string) {
	s.t.Helper()
	for _, r := range s.github.Writes() {
		if !strings.HasSuffix(r.Path, path) {
			s.t.Errorf("wrote %s %s", r.Method, r.Path)
		}
	}
}

// dashboard is the number of the dashboard issue, 0 where there is none.
func (s *setting) dashboard() int {
	for _, i := range s.github.Issues(ghfake.DefaultRepository) {
		if slices.Contains(i.Labels, "keysweep:dashboard") {
			return i.Number
		}
	}
	return 0
}

// TestDeletedKeyCloses: the issue of a key that is gone is closed with the proof, although the
// credential report, which is hours old, still shows the key.
func TestDeletedKeyCloses(t *testing.T) {
	s := newSetting(t)
	first := s.audit()
	export := finding{"payments", "billing-export", "unused-access-key"}

	s.org.account(t, "payments").deleteKey("billing-export", 1)
	s.github.ResetLog()
	second := s.audit()

	if second.status != done {
		t.Errorf("exit status %d, want %d", second.status, done)
	}
	issue := s.issueOf(first.ids[export])
	if issue.State != "closed" || issue.StateReason != "completed" {
		t.Errorf("issue %d is %s (%s), want closed (completed)", issue.Number, issue.State, issue.StateReason)
	}
	if n := len(issue.Comments); n != 1 {
		t.Fatalf("issue %d has %d comments, want one with the proof", issue.Number, n)
	}
	if !strings.Contains(issue.Comments[0].Body, s.org.keys["payments/billing-export/1"]) {
		t.Errorf("the proof does not name the key: %s", issue.Comments[0].Body)
	}
	if got := second.outputs["closed"]; got != "1" {
		t.Errorf("output closed is %q, want 1", got)
	}
	// The user is left without any credential: that is one new finding, and nothing else is.
	want := slices.DeleteFunc(s.org.wanted(), func(f finding) bool { return f == export })
	want = append(want, finding{"payments", "billing-export", "orphaned-user"})
	if d := diff(want, second.findings); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	s.github.ResetLog()
	s.audit()
	if w := s.writes(); len(w) != 0 {
		t.Errorf("the third audit wrote:\n%s", strings.Join(w, "\n"))
	}
}

// TestRefusedAction: what one refused call would have told is named as missing, and neither finds nor clears.
func TestRefusedAction(t *testing.T) {
	s := newSetting(t)
	first := s.audit()
	mirror := first.ids[finding{"payments", "git-mirror", "ssh-public-key"}]
	before := s.issueOf(mirror)

	s.proxy.inject(refused(s.org.ids["payments"], "iam:ListSSHPublicKeys"))
	s.github.ResetLog()
	second := s.audit()

	if second.status != notCovered {
		t.Errorf("exit status %d, want %d", second.status, notCovered)
	}
	got := second.accounts["payments"]
	if missing := strings.Join(got.Missing, "; "); got.Status != "partial" || !strings.Contains(missing, "ssh-public-keys") ||
		!strings.Contains(missing, "iam:ListSSHPublicKeys") {
		t.Errorf("payments is %s and misses %q", got.Status, got.Missing)
	}
	if d := cmp.Diff(before, s.issueOf(mirror), cmp.AllowUnexported(ghfake.Issue{})); d != "" {
		t.Errorf("an issue that was not assessed changed (-before +after):\n%s", d)
	}
	s.onlyDashboard(fmt.Sprintf("/issues/%d", s.dashboard()))
}

// TestEachActionRefused refuses, in one account, the actions that an audit needs there, one after another. Each
// refusal is named, ends with its exit status, and closes nothing.
func TestEachActionRefused(t *testing.T) {
	s := newSetting(t)
	first := s.audit()
	actions := s.proxy.actions(s.org.ids["payments"])
	if len(actions) < 8 {
		t.Fatalf("an audit needs only %q: the log of the proxy cannot be right", actions)
	}
	for _, round := range rounds(actions) {
		t.Run(strings.Join(round, " "), func(t *testing.T) {
			s.t = t
			s.proxy.heal()
			for _, action := range round {
				s.proxy.inject(refused(s.org.ids["payments"], action))
			}
			s.github.ResetLog()
			o := s.audit()
			if o.status != notCovered {
				t.Errorf("exit status %d, want %d", o.status, notCovered)
			}
			a := o.accounts["payments"]
			for _, action := range round {
				if a.Status != "partial" || !strings.Contains(strings.Join(a.Missing, "; "), action) {
					t.Errorf("payments is %s and misses %q: the refused call of %s is not named", a.Status, a.Missing, action)
				}
			}
			for _, i := range s.issues() {
				if i.State != "open" {
					t.Errorf("issue %d was closed: %s", i.Number, i.Title)
				}
			}
		})
	}
	s.t = t
	s.proxy.heal()
	if d := diff(first.findings, s.audit().findings); d != "" {
		t.Errorf("findings once all is allowed again (-first +last):\n%s", d)
	}
}

// notWanted are actions that the shipped roles leave out unless somebody says so: refused, they are not
// missing. TestServicesUsed and the tests of the readers are about them.
var notWanted = []string{
	"iam:GenerateServiceLastAccessedDetails", "ssm:DescribeParameters", "ssm:GetParameters", "s3:GetObject",
	"ec2:DescribeAddresses", "ec2:DescribeNatGateways", "ec2:DescribeNetworkInterfaces",
}

// rounds shares actions out: those that one audit is refused together. The services of compute are read each for
// itself, so that one action of each is refused at a time; any other action is alone.
func rounds(actions []string) [][]string {
	var alone, together [][]string
	of := map[string]int{}
	for _, action := range actions {
		service, _, _ := strings.Cut(action, ":")
		switch {
		case slices.Contains(notWanted, action):
		case service == "iam" || service == "cloudtrail" || action == "ec2:DescribeRegions":
			alone = append(alone, []string{action})
		default:
			if of[service] == len(together) {
				together = append(together, nil)
			}
			together[of[service]] = append(together[of[service]], action)
			of[service]++
		}
	}
	return append(alone, together...)
}

// TestThrottled: throttling is waited out and leaves nothing uncovered.
func TestThrottled(t *testing.T) {
	s := newSetting(t)
	for _, action := range []string{"iam:GetAccountAuthorizationDetails", "iam:ListAccessKeys", "organizations:ListAccounts"} {
		s.proxy.inject(fault{
			action: action, status: http.StatusBadRequest, code: "ThrottlingException", message: "Rate exceeded", times: 2,
		})
	}
	o := s.audit("dry-run=true")
	if o.status != done {
		t.Errorf("exit status %d, want %d", o.status, done)
	}
	if d := diff(s.org.wanted(), o.findings); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	if w := s.writes(); len(w) != 0 {
		t.Errorf("a dry run wrote:\n%s", strings.Join(w, "\n"))
	}
}
