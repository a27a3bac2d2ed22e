package ghfake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// control answers processes from outside:
//
//	GET  /_fake/state       every repository with its issues and labels
//	GET  /_fake/requests    the log
//	GET  /_fake/violations  what did not fit GitHub's description
//	POST /_fake/faults      a Fault
//	POST /_fake/act         an act of a person, as a form: as, do, repo, number, text, reason, label
//	POST /_fake/reset-log   forget the log and count writes anew
func (s *Server) control(w http.ResponseWriter, req *http.Request) {
	var out any = map[string]any{}
	var err error
	switch req.Method + " " + req.URL.Path {
	case "GET /_fake/state":
		out = s.state()
	case "GET /_fake/requests":
		out = s.Requests()
	case "GET /_fake/violations":
		out = append([]string{}, s.Violations()...)
	case "POST /_fake/faults":
		var f Fault
		if err = json.NewDecoder(req.Body).Decode(&f); err == nil {
			err = s.inject(f)
		}
	case "POST /_fake/reset-log":
		s.ResetLog()
	case "POST /_fake/act":
		if err = req.ParseForm(); err == nil {
			out, err = s.act(req.PostForm)
		}
	default:
		err = fmt.Errorf("no control %s %s", req.Method, req.URL.Path)
	}
	if err != nil {
		jsonReply(http.StatusBadRequest, map[string]any{"error": err.Error()}).send(w)
		return
	}
	jsonReply(http.StatusOK, out).send(w)
}

type repositoryState struct {
	Repository string  `json:"repository"`
	Labels     []Label `json:"labels"`
	Issues     []Issue `json:"issues"`
}

func (s *Server) state() []repositoryState {
	s.mu.Lock()
	names := make([]string, len(s.repos))
	for n, r := range s.repos {
		names[n] = r.FullName
	}
	s.mu.Unlock()
	out := []repositoryState{}
	for _, name := range names {
		out = append(out, repositoryState{
			Repository: name, Labels: append([]Label{}, s.Labels(name)...), Issues: append([]Issue{}, s.Issues(name)...),
		})
	}
	return out
}

// act carries out one act of a person.
func (s *Server) act(form url.Values) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New(fmt.Sprint(p))
		}
	}()
	p := s.As(form.Get("as"))
	if repo := form.Get("repo"); repo != "" {
		p = p.In(repo)
	}
	n, _ := strconv.Atoi(form.Get("number"))
	text := form.Get("text")
	switch form.Get("do") {
	case "open":
		n = p.Open(form.Get("title"), text, form["label"]...)
	case "close":
		p.Close(n, form.Get("reason"))
	case "reopen":
		p.Reopen(n)
	case "edit":
		p.Edit(n, text)
	case "retitle":
		p.Retitle(n, text)
	case "label":
		p.Label(n, form.Get("label"))
	case "unlabel":
		p.Unlabel(n, form.Get("label"))
	case "comment":
		p.Comment(n, text)
	case "lock":
		p.Lock(n, true)
	case "delete":
		p.Delete(n)
	case "delete-label":
		p.DeleteLabel(form.Get("label"))
	default:
		return nil, fmt.Errorf("unknown act %q", form.Get("do"))
	}
	return map[string]any{"number": n}, nil
}
