package ghfake

// Person acts on issues from outside of the API, as somebody on the web page does. Its methods panic
// on an issue that is not there.
type Person struct {
	s    *Server
	repo string
	as   Actor
}

// As is a person in DefaultRepository, or the bot that has a token of that login.
func (s *Server) As(login string) Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := "User"
	if s.bots[login] {
		kind = "Bot"
	}
	return Person{s: s, repo: DefaultRepository, as: Actor{Login: login, Type: kind}}
}

// In is the same person in another repository.
func (p Person) In(fullName string) Person { p.repo = fullName; return p }

func (p Person) do(number int, change func(*Repository, *Issue)) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r := p.s.mustRepo(p.repo)
	i := r.issue(number)
	if i == nil {
		panic("the GitHub fake has no such issue in " + p.repo)
	}
	change(r, i)
}

// Open opens an issue and gives its number.
func (p Person) Open(title, body string, labels ...string) int {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r := p.s.mustRepo(p.repo)
	i := p.s.open(r, p.as, title, body)
	for _, l := range labels {
		p.s.addLabel(r, i, p.as, l)
	}
	return i.Number
}

// OpenPull opens a pull request, which GitHub lists among the issues.
func (p Person) OpenPull(title, body string, labels ...string) int {
	n := p.Open(title, body, labels...)
	p.do(n, func(_ *Repository, i *Issue) { i.PullRequest = true })
	return n
}

// Close closes with a reason: completed (also when it is empty), not_planned, duplicate.
func (p Person) Close(number int, reason string) {
	p.do(number, func(_ *Repository, i *Issue) { p.s.setState(i, p.as, "closed", reason) })
}

// Reopen reopens.
func (p Person) Reopen(number int) {
	p.do(number, func(_ *Repository, i *Issue) { p.s.setState(i, p.as, "open", "") })
}

// Edit replaces the body as it is; a browser sends CRLF.
func (p Person) Edit(number int, body string) {
	p.do(number, func(_ *Repository, i *Issue) { p.s.rewrite(i, body) })
}

// Retitle renames.
func (p Person) Retitle(number int, title string) {
	p.do(number, func(_ *Repository, i *Issue) { p.s.retitle(i, p.as, title) })
}

// Label puts a label on.
func (p Person) Label(number int, name string) {
	p.do(number, func(r *Repository, i *Issue) { p.s.addLabel(r, i, p.as, name) })
}

// Unlabel takes a label off.
func (p Person) Unlabel(number int, name string) {
	p.do(number, func(_ *Repository, i *Issue) { p.s.removeLabel(i, p.as, name) })
}

// Comment comments.
func (p Person) Comment(number int, body string) {
	p.do(number, func(_ *Repository, i *Issue) { p.s.addComment(i, p.as, body) })
}

// Lock locks or unlocks the conversation.
func (p Person) Lock(number int, locked bool) {
	p.do(number, func(_ *Repository, i *Issue) {
		i.Locked = locked
		what := "unlocked"
		if locked {
			what = "locked"
		}
		p.s.put(i, Event{Event: what, Actor: p.as})
	})
}

// Delete deletes for good.
func (p Person) Delete(number int) {
	p.do(number, func(_ *Repository, i *Issue) { i.Deleted = true })
}

// Transfer moves the issue to "owner/name#number".
func (p Person) Transfer(number int, to string) {
	p.do(number, func(_ *Repository, i *Issue) { i.TransferredTo = to })
}

// DeleteLabel deletes a label of the repository; it goes from every issue.
func (p Person) DeleteLabel(name string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r := p.s.mustRepo(p.repo)
	for _, i := range r.issues {
		p.s.removeLabel(i, p.as, name)
	}
	for n, l := range r.labels {
		if l.Name == name {
			r.labels = append(r.labels[:n:n], r.labels[n+1:]...)
			return
		}
	}
}
