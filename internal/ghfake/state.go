package ghfake

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// MaxBody is the longest body of an issue or comment that GitHub takes, in characters.
const MaxBody = 65536

// Repository is a repository of the fake. Change one through Server.Change.
type Repository struct {
	FullName   string // owner/name
	Visibility string // public, private, internal; empty: the answer does not say
	HasIssues  bool
	Archived   bool
	// Formerly are old names; requests for them are redirected.
	Formerly []string
	// Collaborators maps a login to admin, maintain, write, triage or read. Only they can be assigned.
	Collaborators map[string]string
	// Files maps a path to its content, at every ref. A repository with commits has those instead.
	Files map[string]string

	// Runs, Artifacts and Releases are what workflows and people left. See [Server.Downloads].
	Runs      []Run
	Artifacts []Artifact
	Releases  []Release

	id     int64
	issues []*Issue
	labels []*Label

	branches map[string]string // to commits
	forkOf   *Repository
	deleted  bool
}

// Label is a label of a repository.
type Label struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Color       string `json:"color"`
	Description string `json:"description"`
}

// Actor is who did something.
type Actor struct {
	Login string `json:"login"`
	Type  string `json:"type"` // User, Bot or Organization
}

// Issue is an issue, or a pull request where PullRequest is set, as /_fake/state shows it.
type Issue struct {
	ID          int64      `json:"id"`
	Number      int        `json:"number"`
	Title       string     `json:"title"`
	Body        string     `json:"body"`
	State       string     `json:"state"` // open, closed
	StateReason string     `json:"state_reason,omitempty"`
	Author      Actor      `json:"author"`
	Labels      []string   `json:"labels"`
	Assignees   []string   `json:"assignees"`
	Locked      bool       `json:"locked,omitempty"`
	PullRequest bool       `json:"pull_request,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	ClosedAt    *time.Time `json:"closed_at,omitempty"`
	ClosedBy    *Actor     `json:"closed_by,omitempty"`
	Comments    []Comment  `json:"comments"`
	Events      []Event    `json:"events"`

	// Deleted issues answer 410; transferred ones redirect to TransferredTo (owner/name#number).
	Deleted       bool   `json:"deleted,omitempty"`
	TransferredTo string `json:"transferred_to,omitempty"`

	unseen int   // listings from which the issue is still missing
	pull   *pull // of a pull request between branches
}

// Comment is a comment of an issue.
type Comment struct {
	ID        int64     `json:"id"`
	Author    Actor     `json:"author"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Event is an entry of an issue's history: closed, reopened, labeled, unlabeled, renamed, locked, assigned.
type Event struct {
	ID          int64     `json:"id"`
	Event       string    `json:"event"`
	Actor       Actor     `json:"actor"`
	At          time.Time `json:"at"`
	Label       string    `json:"label,omitempty"`
	StateReason string    `json:"state_reason,omitempty"`
	From        string    `json:"from,omitempty"` // of a renaming
	To          string    `json:"to,omitempty"`
	Assignee    string    `json:"assignee,omitempty"`
}

func (r *Repository) owner() string { owner, _, _ := strings.Cut(r.FullName, "/"); return owner }
func (r *Repository) name() string  { _, name, _ := strings.Cut(r.FullName, "/"); return name }

func (r *Repository) issue(number int) *Issue {
	if number < 1 || number > len(r.issues) {
		return nil
	}
	return r.issues[number-1]
}

func (r *Repository) comment(id int64) (*Issue, *Comment) {
	for _, i := range r.issues {
		for k := range i.Comments {
			if i.Comments[k].ID == id {
				return i, &i.Comments[k]
			}
		}
	}
	return nil, nil
}

// label finds a label; GitHub does not tell labels apart by case.
func (r *Repository) label(name string) *Label {
	for _, l := range r.labels {
		if strings.EqualFold(l.Name, name) {
			return l
		}
	}
	return nil
}

func (r *Repository) role(login string) string {
	if strings.EqualFold(login, r.owner()) {
		return "admin"
	}
	for who, role := range r.Collaborators {
		if strings.EqualFold(who, login) {
			return role
		}
	}
	if r.Visibility == "public" {
		return "read"
	}
	return "none"
}

func (r *Repository) canPush(login string) bool {
	return slices.Contains([]string{"admin", "maintain", "write"}, r.role(login))
}

func (r *Repository) assignable(login string) bool {
	return r.role(login) != "none" && (r.Collaborators[login] != "" || strings.EqualFold(login, r.owner()))
}

func (i *Issue) hasLabel(name string) bool {
	return slices.ContainsFunc(i.Labels, func(l string) bool { return strings.EqualFold(l, name) })
}

// put writes an event and the time of the change.
func (s *Server) put(i *Issue, e Event) {
	e.ID, e.At = s.nextID(), s.tick()
	i.UpdatedAt = e.At
	i.Events = append(i.Events, e)
}

// open makes an issue; labels are expected to exist.
func (s *Server) open(r *Repository, by Actor, title, body string) *Issue {
	now := s.tick()
	i := &Issue{
		ID: s.nextID(), Number: len(r.issues) + 1, Title: title, Body: body, State: "open", Author: by,
		Labels: []string{}, Assignees: []string{}, Comments: []Comment{}, Events: []Event{},
		CreatedAt: now, UpdatedAt: now, unseen: s.listLag,
	}
	r.issues = append(r.issues, i)
	return i
}

// setState closes or reopens. GitHub takes "completed" where no reason is given.
func (s *Server) setState(i *Issue, by Actor, state, reason string) {
	switch {
	case state == "closed" && (i.State == "open" || reason != "" && reason != i.StateReason):
		i.StateReason = cmp.Or(reason, "completed")
		i.State = "closed"
		s.put(i, Event{Event: "closed", Actor: by, StateReason: i.StateReason})
		at := i.UpdatedAt
		i.ClosedAt, i.ClosedBy = &at, &by
	case state == "open" && i.State == "closed":
		i.State, i.StateReason, i.ClosedAt, i.ClosedBy = "open", "reopened", nil, nil
		s.put(i, Event{Event: "reopened", Actor: by, StateReason: "reopened"})
	}
}

func (s *Server) retitle(i *Issue, by Actor, title string) {
	if title == i.Title {
		return
	}
	s.put(i, Event{Event: "renamed", Actor: by, From: i.Title, To: title})
	i.Title = title
}

func (s *Server) rewrite(i *Issue, body string) {
	if body != i.Body {
		i.Body, i.UpdatedAt = body, s.tick()
	}
}

// addLabel makes the label when it is new, as GitHub does for those who may push.
func (s *Server) addLabel(r *Repository, i *Issue, by Actor, name string) {
	if i.hasLabel(name) {
		return
	}
	l := r.label(name)
	if l == nil {
		l = &Label{ID: s.nextID(), Name: name, Color: "ededed"}
		r.labels = append(r.labels, l)
	}
	i.Labels = append(i.Labels, l.Name)
	s.put(i, Event{Event: "labeled", Actor: by, Label: l.Name})
}

func (s *Server) removeLabel(i *Issue, by Actor, name string) bool {
	n := slices.IndexFunc(i.Labels, func(l string) bool { return strings.EqualFold(l, name) })
	if n < 0 {
		return false
	}
	name = i.Labels[n]
	i.Labels = slices.Delete(i.Labels, n, n+1)
	s.put(i, Event{Event: "unlabeled", Actor: by, Label: name})
	return true
}

// assign drops who cannot be assigned, without a word, as GitHub does.
func (s *Server) assign(r *Repository, i *Issue, by Actor, login string) {
	if !r.assignable(login) || slices.Contains(i.Assignees, login) || len(i.Assignees) == 10 {
		return
	}
	i.Assignees = append(i.Assignees, login)
	s.put(i, Event{Event: "assigned", Actor: by, Assignee: login})
}

func (s *Server) addComment(i *Issue, by Actor, body string) *Comment {
	now := s.tick()
	i.UpdatedAt = now
	i.Comments = append(i.Comments, Comment{ID: s.nextID(), Author: by, Body: body, CreatedAt: now, UpdatedAt: now})
	return &i.Comments[len(i.Comments)-1]
}
