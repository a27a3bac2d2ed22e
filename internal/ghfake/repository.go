package ghfake

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

func (c *call) repository() *reply { return jsonReply(http.StatusOK, c.fullRepository()) }

// user is refused to a workflow's token, which is no person's.
func (c *call) user() *reply {
	if c.id.Type == "Bot" {
		return fail(http.StatusForbidden, "Resource not accessible by integration")
	}
	out := c.actor(c.id.Actor)
	for _, none := range strings.Fields("bio blog company email hireable location name twitter_username") {
		out[none] = nil
	}
	for _, zero := range strings.Fields("followers following public_gists public_repos") {
		out[zero] = 0
	}
	out["created_at"], out["updated_at"] = stamp(c.s.now), stamp(c.s.now)
	return jsonReply(http.StatusOK, out)
}

func (c *call) rateLimit() *reply {
	return jsonReply(http.StatusOK, c.s.rate.overview())
}

// permission names the role twice: role_name tells maintain and triage apart, permission folds them into write and read.
func (c *call) permission() *reply {
	login := c.path["username"]
	role := c.repo.role(login)
	folded := role
	switch role {
	case "maintain":
		folded = "write"
	case "triage":
		folded = "read"
	}
	user := c.person(login)
	user["permissions"] = map[string]any{
		"admin": role == "admin", "maintain": role == "admin" || role == "maintain", "push": c.repo.canPush(login),
		"triage": c.repo.canPush(login) || role == "triage", "pull": role != "none",
	}
	user["role_name"] = role
	return jsonReply(http.StatusOK, map[string]any{"permission": folded, "role_name": role, "user": user})
}

func (c *call) assignee() *reply {
	if !c.repo.assignable(c.path["assignee"]) {
		return fail(http.StatusNotFound, "Not Found")
	}
	return jsonReply(http.StatusNoContent, nil)
}

func invalidLabel(name string) *reply {
	if name == "" || utf8.RuneCountInString(name) > 50 || strings.Contains(name, ",") {
		return invalid("Label", "name", "invalid", name)
	}
	return nil
}

func (c *call) listLabels() *reply {
	return listed(c, c.repo.labels, c.label)
}

func (c *call) getLabel() *reply {
	l := c.repo.label(c.path["name"])
	if l == nil {
		return fail(http.StatusNotFound, "Not Found")
	}
	return jsonReply(http.StatusOK, c.label(l))
}

// createLabel answers as missing to who may not push: GitHub hides from people what they may not touch.
func (c *call) createLabel() *reply {
	if !c.mayLabel() {
		return fail(http.StatusNotFound, "Not Found")
	}
	var f struct{ Name, Color, Description string }
	if bad := c.decode(&f); bad != nil {
		return bad
	}
	if bad := invalidLabel(f.Name); bad != nil {
		return bad
	}
	if utf8.RuneCountInString(f.Description) > 100 {
		return invalidText("Label", "description", "description is too long (maximum is 100 characters)")
	}
	if len(f.Color) != 6 || strings.Trim(strings.ToLower(f.Color), "0123456789abcdef") != "" {
		return invalid("Label", "color", "invalid", f.Color)
	}
	if c.repo.label(f.Name) != nil {
		return invalid("Label", "name", "already_exists", f.Name)
	}
	l := &Label{ID: c.s.nextID(), Name: f.Name, Color: f.Color, Description: f.Description}
	c.repo.labels = append(c.repo.labels, l)
	return jsonReply(http.StatusCreated, c.label(l))
}

func (c *call) issueLabels() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	return jsonReply(http.StatusOK, c.labelsOf(i))
}

func (c *call) addLabels() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	var f struct{ Labels []string }
	if bad := c.decode(&f); bad != nil {
		return bad
	}
	for _, name := range f.Labels {
		if bad := invalidLabel(name); bad != nil {
			return bad
		}
	}
	if c.mayLabel() {
		for _, name := range f.Labels {
			c.s.addLabel(c.repo, i, c.id.Actor, name)
		}
	}
	return jsonReply(http.StatusOK, c.labelsOf(i))
}

func (c *call) removeLabel() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	if !c.mayLabel() {
		return fail(http.StatusForbidden, "Must have push access to remove labels.")
	}
	if !c.s.removeLabel(i, c.id.Actor, c.path["name"]) {
		return fail(http.StatusNotFound, "Label does not exist")
	}
	return jsonReply(http.StatusOK, c.labelsOf(i))
}

func (c *call) addAssignees() *reply {
	i, gone := c.found()
	if gone != nil {
		return gone
	}
	var f struct{ Assignees []string }
	if bad := c.decode(&f); bad != nil {
		return bad
	}
	for _, login := range f.Assignees {
		c.s.assign(c.repo, i, c.id.Actor, login)
	}
	return jsonReply(http.StatusCreated, c.issue(i, true))
}
