// Serve runs the GitHub fake for processes from outside. It prints the variables that a runner would set, one a line,
// and serves until it is ended.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/ghfake"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

type options struct {
	addr, repo, visibility, collaborators, issues, claims string
	pageSize, rateLimit                                   int
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "where to listen")
	f.StringVar(&o.repo, "repo", "", "one more repository, owner/name; "+ghfake.DefaultRepository+" is always there")
	f.StringVar(&o.visibility, "visibility", "private", "of the repositories: public, private, internal")
	f.StringVar(&o.collaborators, "collaborators", "", "login=role,… of the repositories")
	f.StringVar(&o.issues, "issues", "write", "what the token may do with issues: write, read or none")
	f.StringVar(&o.claims, "claims", "{}", "claims of the OIDC tokens, as JSON")
	f.IntVar(&o.pageSize, "page-size", 100, "the largest page")
	f.IntVar(&o.rateLimit, "rate-limit", 5000, "requests an hour")
	return o, f.Parse(args)
}

func run(args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	s, err := build(o)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	s.URL = "http://" + l.Addr().String()
	env := s.Env()
	env["INPUT_GITHUB-TOKEN"] = ghfake.DefaultToken
	var lines []string
	for k, v := range env {
		lines = append(lines, k+"="+v)
	}
	slices.Sort(lines)
	fmt.Println(strings.Join(lines, "\n"))
	return (&http.Server{Handler: s, ReadHeaderTimeout: time.Minute}).Serve(l)
}

func build(o options) (*ghfake.Server, error) {
	s := ghfake.New(nil)
	s.UseClock(time.Now)
	s.SetPageSize(o.pageSize)
	s.SetRate(o.rateLimit, o.rateLimit, time.Now().Add(time.Hour))
	var claims map[string]any
	if err := json.Unmarshal([]byte(o.claims), &claims); err != nil {
		return nil, fmt.Errorf("-claims: %w", err)
	}
	s.SetClaims(claims)
	if o.issues != "write" {
		s.AddToken(ghfake.DefaultToken, ghfake.Identity{
			Actor:       ghfake.Actor{Login: ghfake.WorkflowBot, Type: "Bot"},
			Permissions: map[string]string{"issues": o.issues, "contents": "read"},
		})
	}
	people := map[string]string{}
	for pair := range strings.SplitSeq(o.collaborators, ",") {
		if login, role, ok := strings.Cut(pair, "="); ok {
			people[login] = role
		}
	}
	names := []string{ghfake.DefaultRepository}
	if o.repo != "" && o.repo != ghfake.DefaultRepository {
		s.AddRepository(ghfake.Repository{FullName: o.repo, HasIssues: true})
		names = append(names, o.repo)
	}
	for _, name := range names {
		s.Change(name, func(r *ghfake.Repository) { r.Visibility, r.Collaborators = o.visibility, people })
	}
	return s, nil
}
