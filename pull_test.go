package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/ghfake"
)

// pullJob is a workflow at a pull request.
type pullJob struct {
	*job
	number int
	headOf func() string // nil: the branch topic
	label  string        // the event is the setting of it
	sender string        // of that event; GitHub always names one
}

const (
	author   = "octo-dev"
	reviewer = "octo-lead"
)

func iamUser(label, name string) string {
	return fmt.Sprintf("resource \"aws_iam_user\" %q {\n  name = %q\n}\n", label, name)
}

func iamKey(label, user string) string {
	return fmt.Sprintf("resource \"aws_iam_access_key\" %q {\n  user = aws_iam_user.%s.name\n}\n", label, user)
}

// newPull opens a pull request from a branch of the repository.
func newPull(t *testing.T, base, head map[string]string) *pullJob {
	t.Helper()
	p := &pullJob{job: newJob(t)}
	p.github.Change(ghfake.DefaultRepository, func(r *ghfake.Repository) {
		r.Collaborators = map[string]string{author: "write", reviewer: "write", "octo-guest": "read"}
	})
	tip := p.github.Push(ghfake.DefaultRepository, ghfake.DefaultBranch, ghfake.Texts(base))
	p.github.Push(ghfake.DefaultRepository, "topic", ghfake.Texts(head), tip)
	p.number = p.github.As(author).Propose(ghfake.Proposal{Title: "a change", Head: "topic"})
	p.inputs = map[string]string{}
	// What the documented workflow grants, and no more.
	p.github.AddToken(ghfake.DefaultToken, ghfake.Identity{
		Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"contents": "read", "pull_requests": "write"},
	})
	p.at("pull_request")
	return p
}

// push gives the branch of the pull request another state.
func (p *pullJob) push(head map[string]string) {
	p.github.Push(ghfake.DefaultRepository, "topic", ghfake.Texts(head))
}

// at makes the event that GitHub sends now.
func (p *pullJob) at(event string) {
	p.t.Helper()
	base, head := p.github.Branch(ghfake.DefaultRepository, ghfake.DefaultBranch), p.head()
	payload := map[string]any{"repository": map[string]any{"full_name": ghfake.DefaultRepository}}
	if event == "merge_group" {
		payload["merge_group"] = map[string]any{
			"base_sha": base, "head_sha": head, "head_ref": fmt.Sprintf("refs/heads/gh-readonly-queue/main/pr-%d-%s", p.number, base),
		}
	} else {
		payload["number"] = p.number
		if p.label != "" {
			payload["action"], payload["label"] = "labeled", map[string]any{"name": p.label}
			payload["sender"] = map[string]any{"login": p.sender}
		}
		payload["pull_request"] = map[string]any{"number": p.number, "base": map[string]any{"sha": base}, "head": map[string]any{"sha": head}}
	}
	data, err := json.Marshal(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	p.setEvent(data)
	p.vars = map[string]string{
		"GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": filepath.Join(p.dir, "event.json"),
		"ACTIONS_ID_TOKEN_REQUEST_URL": "", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "",
	}
}

// head is the commit that the pull request offers.
func (p *pullJob) head() string {
	if p.headOf != nil {
		return p.headOf()
	}
	return p.github.Branch(ghfake.DefaultRepository, "topic")
}

// event is the file of the event, setEvent writes it.
func (p *pullJob) event() []byte {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "event.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}

func (p *pullJob) setEvent(data []byte) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "event.json"), data, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// comments are the bodies on the pull request, by who wrote them.
func (p *pullJob) comments() []string {
	var out []string
	for _, c := range p.github.Issues(ghfake.DefaultRepository)[p.number-1].Comments {
		out = append(out, c.Author.Login+": "+c.Body)
	}
	return out
}

// again is the next run of the workflow.
func (p *pullJob) again() {
	p.github.ResetLog()
	p.out.Reset()
	p.errs.Reset()
	for _, name := range []string{"out", "sum"} {
		if err := os.Remove(filepath.Join(p.dir, name)); err != nil && !os.IsNotExist(err) {
			p.t.Fatal(err)
		}
	}
}

// summary is the job summary so far.
func (p *pullJob) summary() string {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "sum"))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

// output is the value of an output of the action.
func (p *pullJob) output(name string) string {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "out"))
	if err != nil {
		p.t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+"<<") })
	if i < 0 || i+1 >= len(lines) {
		return ""
	}
	return lines[i+1]
}

// writes are the requests that changed something.
func (p *pullJob) writes() []string {
	var out []string
	for _, w := range p.github.Writes() {
		if !strings.HasSuffix(w.Path, "/graphql") {
			out = append(out, w.String())
		}
	}
	return out
}
