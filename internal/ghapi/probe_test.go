package ghapi

import (
	"errors"
	"testing"

	"github.com/keysweep/keysweep/internal/ghfake"
)

// Whether the token may write is told by a request that GitHub refuses either way, and nothing is there afterwards.
func TestWhatTheTokenMay(t *testing.T) {
	bot := func(issues string) ghfake.Identity {
		return ghfake.Identity{Actor: ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"}, Permissions: map[string]string{"issues": issues}}
	}
	person := ghfake.Identity{Actor: ghfake.Actor{Login: "alice", Type: "User"}, Permissions: map[string]string{"issues": "write"}}
	tests := []struct {
		name           string
		id             ghfake.Identity
		change         func(*ghfake.Repository)
		issues, labels error
	}{
		{"a token that may", bot("write"), nil, nil, nil},
		{"a token that may read", bot("read"), nil, &PermissionError{}, &PermissionError{}},
		{"a person who may write", person, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"alice": "write"} }, nil, nil},
		{"a person who may read", person, func(r *ghfake.Repository) { r.Collaborators = map[string]string{"alice": "read"} }, nil, ErrNotFound},
		{"issues switched off", bot("write"), func(r *ghfake.Repository) { r.HasIssues = false }, ErrIssuesDisabled, nil},
		{"archived", bot("write"), func(r *ghfake.Repository) { r.Archived = true }, ErrArchived, ErrArchived},
	}
	for _, tt := range tests {
		s := ghfake.New(t)
		s.AddToken(ghfake.DefaultToken, tt.id)
		if tt.change != nil {
			s.Change(ghfake.DefaultRepository, tt.change)
		}
		c := connect(t, s)
		if err := c.MayWriteIssues(t.Context()); !same(err, tt.issues) {
			t.Errorf("%s: issues: %v, want %v", tt.name, err, tt.issues)
		}
		if err := c.MayMakeLabels(t.Context()); !same(err, tt.labels) {
			t.Errorf("%s: labels: %v, want %v", tt.name, err, tt.labels)
		}
		if n := len(s.Issues(ghfake.DefaultRepository)) + len(s.Labels(ghfake.DefaultRepository)); n != 0 {
			t.Errorf("%s: %d things were made", tt.name, n)
		}
	}
}

// same compares errors by what they are.
func same(got, want error) bool {
	var refused *PermissionError
	if errors.As(want, &refused) {
		return errors.As(got, &refused) && refused.Need == "issues: write"
	}
	return errors.Is(got, want)
}

// A server that is not there, and one that takes everything, are not taken for a yes.
func TestNoAnswerIsNoYes(t *testing.T) {
	s := ghfake.New(t)
	c := connect(t, s)
	s.Inject(ghfake.Fault{Kind: ghfake.BadGateway, Times: -1})
	if err := c.MayWriteIssues(t.Context()); err == nil {
		t.Error("a broken server counts as permission")
	}
}
