package action

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
)

// Change is what the event of a review is about.
type Change struct {
	// Number is the pull request; 0 for a merge group, which has no conversation.
	Number int
	// Base and Head are commit ids. Of a pull request Base is the tip of the branch that it goes into, not yet
	// where the two parted, and either may be empty where the event does not tell.
	Base, Head string
	// Queued is the pull request that a merge group was made for; 0 where its branch does not tell.
	Queued int
	// Label is the label that the event is the setting of; empty for every other event.
	Label string
	// Sender is whose deed the event is; empty where it does not say.
	Sender string
}

// maxEvent is more than GitHub sends of an event.
const maxEvent = 32 << 20

// queueBranch is a branch that GitHub makes for a pull request in a merge queue.
var queueBranch = regexp.MustCompile(`^refs/heads/gh-readonly-queue/.+/pr-([0-9]{1,9})-[0-9a-f]{40,64}$`)

var objectID = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

// EventChange reads the change from the file of the event that GITHUB_EVENT_PATH names. An error is an *ExitError.
func EventChange(env Env) (Change, error) {
	const hint = "a runner writes that file: run this in a workflow at pull_request, pull_request_target or merge_group"
	var event struct {
		Number      int                    `json:"number"`
		Action      string                 `json:"action"`
		Label       struct{ Name string }  `json:"label"`
		Sender      struct{ Login string } `json:"sender"`
		PullRequest *struct {
			Number int                  `json:"number"`
			Base   struct{ SHA string } `json:"base"`
			Head   struct{ SHA string } `json:"head"`
		} `json:"pull_request"`
		MergeGroup *struct {
			BaseSHA string `json:"base_sha"`
			HeadSHA string `json:"head_sha"`
			HeadRef string `json:"head_ref"`
		} `json:"merge_group"`
	}
	data, err := readEvent(env)
	if err == nil {
		err = json.Unmarshal(data, &event)
	}
	if err != nil {
		return Change{}, refusal(fmt.Sprintf("reading the event: %v", err), hint)
	}
	var c Change
	switch {
	case event.PullRequest != nil:
		c = Change{Number: cmp.Or(event.PullRequest.Number, event.Number), Base: event.PullRequest.Base.SHA, Head: event.PullRequest.Head.SHA}
		if event.Action == "labeled" {
			c.Label, c.Sender = event.Label.Name, event.Sender.Login
		}
		if c.Number < 1 {
			return Change{}, refusal("the event holds a pull request without a number", hint)
		}
	case event.MergeGroup != nil:
		c = Change{Base: event.MergeGroup.BaseSHA, Head: event.MergeGroup.HeadSHA}
		if m := queueBranch.FindStringSubmatch(event.MergeGroup.HeadRef); m != nil {
			c.Queued, _ = strconv.Atoi(m[1]) // at most nine digits
		}
	default:
		return Change{}, refusal("the event is about no pull request and no merge group", hint)
	}
	for _, id := range []string{c.Base, c.Head} {
		if !objectID.MatchString(id) && (id != "" || c.Number == 0) {
			return Change{}, refusal(fmt.Sprintf("the event names the commit %s, which is no commit id", quoted(id)), hint)
		}
	}
	return c, nil
}

func readEvent(env Env) ([]byte, error) {
	name := env.Var("GITHUB_EVENT_PATH")
	if name == "" {
		return nil, fmt.Errorf("GITHUB_EVENT_PATH is not set")
	}
	info, err := os.Stat(env.Path(name))
	if err != nil {
		return nil, err
	}
	if info.Size() > maxEvent {
		return nil, fmt.Errorf("the file has %d bytes, no event has that many", info.Size())
	}
	return os.ReadFile(env.Path(name))
}
