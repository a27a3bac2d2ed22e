package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/keysweep/keysweep/internal/backlog"
)

// look is how a label of ours looks: six hex digits, and a line of 100 characters at most.
type look struct{ color, description string }

var looks = map[string]look{
	backlog.LabelKeysweep:   {"1d76db", "A long-lived AWS credential to get rid of"},
	backlog.LabelAccepted:   {"c2e0c6", "Accepted until a date; stands outside the counts"},
	backlog.LabelOutOfScope: {"ededed", "The account is not audited any more"},
	backlog.LabelDashboard:  {"5319e7", "The overview of all of them"},
	"keysweep:critical":     {"b60205", "Severity critical"},
	"keysweep:high":         {"d93f0b", "Severity high"},
	"keysweep:medium":       {"fbca04", "Severity medium"},
	"keysweep:low":          {"0e8a16", "Severity low"},
}

// AddLabels puts labels on an issue; those it has already stay.
func (c *Client) AddLabels(ctx context.Context, number int, names []string) error {
	in := map[string][]string{"labels": names}
	doing := fmt.Sprintf("labelling issue #%d", number)
	_, err := c.do(withRepeat(ctx), doing, http.MethodPost, c.path("issues", number, "labels"), in, nil)
	return err
}

// RemoveLabel takes a label off an issue; one that it does not have is no error.
func (c *Client) RemoveLabel(ctx context.Context, number int, name string) error {
	doing := fmt.Sprintf("taking label %q off issue #%d", name, number)
	_, err := c.do(ctx, doing, http.MethodDelete, c.path("issues", number, "labels", name), nil, nil)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// EnsureLabel makes a label unless the repository has it; an existing one keeps its look. A client asks once for each name.
func (c *Client) EnsureLabel(ctx context.Context, name, color, description string) error {
	key := strings.ToLower(name) // GitHub does not tell labels apart by case
	if c.labels[key] {
		return nil
	}
	_, err := c.do(ctx, fmt.Sprintf("looking up label %q", name), http.MethodGet, c.path("labels", name), nil, nil)
	if errors.Is(err, ErrNotFound) {
		in := map[string]string{"name": name, "color": color, "description": description}
		_, err = c.do(withRepeat(ctx), fmt.Sprintf("making label %q", name), http.MethodPost, c.path("labels"), in, nil)
		var status *StatusError
		if errors.As(err, &status) && status.Status == http.StatusUnprocessableEntity && strings.Contains(status.Message, "already_exists") {
			err = nil // somebody was faster, or the first of two attempts had been carried out
		}
	}
	if err == nil {
		c.labels[key] = true
	}
	return err
}

func (c *Client) ensureLabels(ctx context.Context, names []string) error {
	for _, name := range names {
		l, ok := looks[name]
		if !ok {
			l = look{color: "ededed"}
		}
		if err := c.EnsureLabel(ctx, name, l.color, l.description); err != nil {
			return err
		}
	}
	return nil
}
