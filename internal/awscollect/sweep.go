package awscollect

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/leak"
)

// reader reads one kind of compute in one region: which of it holds an access key. Each service
// is one small reader. A region without any of it costs one request.
type reader struct {
	service *service
	// actions are all that it calls, the first one first.
	actions []action
	// facts are what nobody knows where it cannot read; nil: keys in compute.
	facts []inventory.Fact
	// granted says that it is read only where the role is granted it: that its own policy does not
	// allow it is no lack.
	granted bool
	read    func(ctx context.Context, r *region) error
	// try makes the smallest request of each action.
	try func(ctx context.Context, r *region)
}

// readers are all of them, in the order in which a region is read.
var readers = []reader{
	readLambda, readInstances, readTemplates, readConfigurations, readECS, readCodeBuild, readBatch,
	readAppRunner, readGlueJobs, readGlueConnections, readModels, readTraining, readNotebooks, readMachines,
	readStacks, readBeanstalk, readAmplify, readContainers, readBuckets, readParameters,
}

// missingFacts are the facts that are missing where the reader fails.
func (r *reader) missingFacts() []inventory.Fact {
	if r.facts == nil {
		return []inventory.Fact{inventory.FactComputeKeys}
	}
	return r.facts
}

// sweep is the reading of the compute of one account.
type sweep struct {
	v        *visit
	detector *leak.Detector

	mu        sync.Mutex // guards what follows
	resources map[string]*inventory.Resource
	// unsure holds keys that look made up: they count only where the account has such a key.
	unsure map[string][]inventory.ComputeKey
	// refused are actions that the role may not call anywhere: no other region is asked.
	refused map[action]error
	// answered are the regions in which a call was answered; nameless are those where the endpoint of
	// a service has no name.
	answered map[string]bool
	nameless []namelessService
	// off are the services that the role is not granted to read.
	off   []string
	files *envFiles
	// tried is told what became of each call; may be nil.
	tried func(action, error)
}

// region is one region, as one reader sees it.
type region struct {
	*sweep
	reader *reader
	name   string
	wire   wire
}

// readCompute reads the compute of the account in every region of the run. What is refused is
// missing, by service and region.
func (v *visit) readCompute(ctx context.Context) {
	regions, err := v.regions(ctx)
	if err != nil {
		for _, f := range []inventory.Fact{inventory.FactComputeKeys, inventory.FactInstances} {
			v.lack(f, "", "", actRegions, err)
		}
		return
	}
	s := &sweep{v: v, detector: detectorOf(v.a), resources: map[string]*inventory.Resource{}, unsure: map[string][]inventory.ComputeKey{}, refused: map[action]error{}, answered: map[string]bool{}, files: newEnvFiles()}
	s.run(ctx, regions)
	absent := s.missNameless()
	s.files.settle()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sweep, v.a.Compute = s, &inventory.Compute{Regions: regions, Off: s.off, Nameless: absent}
}

// detectorOf finds keys, and knows those of the account by their ids.
func detectorOf(a *inventory.Account) *leak.Detector {
	return leak.New(leak.Options{Ours: func(account string) bool { return account == a.ID }})
}

// run gives the readers of all regions to a few workers. The gate of the account bounds the
// calls; the first region is begun first, since it tells what the role may not do anywhere.
func (s *sweep) run(ctx context.Context, regions []string) {
	jobs := make(chan *region)
	var wg sync.WaitGroup
	for i := range readers {
		if readers[i].granted {
			wg.Go(func() { s.runGranted(ctx, regions, &readers[i]) })
		}
	}
	for range min(len(regions)*len(readers), 2*inFlight) {
		wg.Go(func() {
			for r := range jobs {
				r.run(ctx)
			}
		})
	}
	for _, name := range regions {
		for i := range readers {
			if !readers[i].granted {
				jobs <- s.at(name, &readers[i])
			}
		}
	}
	close(jobs)
	wg.Wait()
}

// at is a region for a reader.
func (s *sweep) at(name string, by *reader) *region {
	return &region{sweep: s, reader: by, name: name, wire: wire{cfg: s.v.cfg, service: by.service, region: name, now: s.v.c.cfg.Now}}
}

// runGranted reads one region after the other, so that a role that is not granted it is asked once.
func (s *sweep) runGranted(ctx context.Context, regions []string, by *reader) {
	for _, name := range regions {
		r := s.at(name, by)
		err := by.read(ctx, r)
		if err != nil && ungranted(err) {
			s.mu.Lock()
			s.off = append(s.off, by.service.name)
			s.mu.Unlock()
			return
		}
		r.end(err)
	}
}

// ungranted reports whether a call of a reader failed since no policy of the role allows it. A refusal by
// anything else, such as a policy of the organization, is none by the role.
func ungranted(err error) bool {
	d := describe(err).denial()
	return errors.Is(err, errNotGranted) || d.Policy == "identity-based policy" && !d.Explicit
}

func (r *region) run(ctx context.Context) { r.end(r.reader.read(ctx, r)) }

// end notes what is not known after a reader has ended with an error; nil: nothing.
func (r *region) end(err error) {
	if err == nil {
		return
	}
	if isNameless(err) {
		r.mu.Lock()
		r.nameless = append(r.nameless, namelessService{r, err})
		r.mu.Unlock()
		return
	}
	r.missAll(err)
}

// missAll notes that nothing of the reader's is known in the region.
func (r *region) missAll(err error) {
	for _, f := range r.reader.missingFacts() {
		r.miss(f, r.reader.actions[0], err)
	}
}

// namelessService is a service whose endpoint in a region was not found, and how that was told.
type namelessService struct {
	region *region
	err    error
}

// isNameless reports whether the name of an endpoint does not exist, as opposed to nobody answering for it.
func isNameless(err error) bool {
	var name *net.DNSError
	return errors.As(err, &name) && name.IsNotFound
}

// missNameless tells services that a region does not have, which it gives, from a network that knows no names:
// in the former another service of the region has answered.
func (s *sweep) missNameless() (absent []string) {
	for _, n := range s.nameless {
		if !s.answered[n.region.name] {
			n.region.missAll(n.err)
		} else {
			absent = append(absent, n.region.reader.service.name+"/"+n.region.name)
		}
	}
	return absent
}

// miss notes that a fact is not known of the reader's service in the region.
func (r *region) miss(f inventory.Fact, a action, err error) {
	if failed, ok := err.(*callError); ok {
		a, err = failed.action, failed.err
	}
	r.v.miss(inventory.Missing{Fact: f, Service: r.reader.service.name, Region: r.name, Action: string(a), Cause: describe(err).cause()})
}

// callError is a failed call, with the action that failed.
type callError struct {
	action action
	err    error
}

func (e *callError) Error() string { return string(e.action) + ": " + e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// ask makes one call in the region, by the account's gate.
func (r *region) ask(ctx context.Context, a action, do func() error) error {
	if err := r.v.gate.enter(ctx); err != nil {
		return &callError{a, err}
	}
	defer r.v.gate.leave()
	r.mu.Lock()
	err := r.refused[a]
	r.mu.Unlock()
	if err != nil {
		return &callError{a, err}
	}
	type none struct{}
	_, err = call(ctx, r.v.c.log, a, func(context.Context, *none, ...func(*none)) (*none, error) { return nil, do() }, &none{})
	if r.tried != nil {
		r.tried(a, err)
	}
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.answered != nil {
			r.answered[r.name] = true
		}
		return nil
	}
	// What no policy of the role allows is refused in each region alike. A policy of the
	// organization often allows some regions and denies others.
	if d := describe(err).denial(); d.Policy == "identity-based policy" && !d.Explicit {
		r.mu.Lock()
		r.refused[a] = err
		r.mu.Unlock()
	}
	return &callError{a, err}
}

func (r *region) json(ctx context.Context, a action, in, out any) error {
	return r.ask(ctx, a, func() error { return r.wire.json(ctx, a.operation(), in, out) })
}

func (r *region) query(ctx context.Context, a action, form url.Values, out any) error {
	return r.ask(ctx, a, func() error { return r.wire.query(ctx, a.operation(), form, out) })
}

func (r *region) get(ctx context.Context, a action, path string, query url.Values, out any) error {
	return r.ask(ctx, a, func() error { return r.wire.get(ctx, path, query, out) })
}

func (r *region) post(ctx context.Context, a action, path string, in, out any) error {
	return r.ask(ctx, a, func() error { return r.wire.post(ctx, path, in, out) })
}

// operation is the action without its service.
func (a action) operation() string { return string(a[strings.IndexByte(string(a), ':')+1:]) }

// paged calls page with the token of each page; page gives the next token, empty at the end.
func paged(page func(token string) (next string, err error)) error {
	for token := ""; ; {
		next, err := page(token)
		switch {
		case err != nil:
			return err
		case next == "":
			return nil
		case next == token:
			return errEndless
		}
		token = next
	}
}

// found keeps what was read of a resource, if there is anything to tell of it.
func (r *region) found(res inventory.Resource, keys []hit) {
	res.Service, res.Region = r.reader.service.name, r.name
	if !inventory.ValidResourceARN(res.ARN, r.v.c.partition, r.v.a.ID, r.name) {
		r.miss(inventory.FactComputeKeys, r.reader.actions[0], &Error{Code: CodeFault, Cause: "the answer names a resource that is none of the account in the region"})
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range keys {
		if k.unsure {
			r.unsure[res.ARN] = append(r.unsure[res.ARN], k.ComputeKey)
		} else {
			res.Keys = append(res.Keys, k.ComputeKey)
		}
	}
	if len(res.Keys) == 0 && res.Running == 0 && res.Unread == 0 && len(r.unsure[res.ARN]) == 0 {
		return
	}
	have := r.resources[res.ARN]
	if have == nil {
		r.resources[res.ARN] = &res
		return
	}
	have.Keys = append(have.Keys, res.Keys...)
	have.Running += res.Running
	have.Unread = max(have.Unread, res.Unread)
	if have.Since.IsZero() {
		have.Since = res.Since
	}
	if have.Role == "" {
		have.Role = res.Role
	}
	if newer(res.Version, have.Version) {
		have.Version, have.Role = res.Version, orElse(res.Role, have.Role)
	}
}

// settleCompute puts the resources into the account, once its keys are known: an id that looks
// made up counts when it is one of them.
func (v *visit) settleCompute() {
	if v.sweep == nil {
		return
	}
	if v.a.Status == inventory.Failed {
		v.sweep, v.a.Compute = nil, nil
		return
	}
	known := map[string]bool{}
	for i := range v.a.Users {
		for _, k := range v.a.Users[i].Keys {
			known[k.ID] = true
		}
	}
	for arn, r := range v.sweep.resources {
		for _, k := range v.sweep.unsure[arn] {
			if known[k.KeyID] {
				r.Keys = append(r.Keys, k)
			}
		}
		r.Keys = withoutEchoes(r.Keys)
		if len(r.Keys) > 0 || r.Running > 0 || r.Unread > 0 {
			v.a.Compute.Resources = append(v.a.Compute.Resources, *r)
		}
	}
	v.sweep = nil
}

// withoutEchoes drops places without a name of keys that have one in the same part: what is
// written in base64 is seen before and after it is decoded.
func withoutEchoes(keys []inventory.ComputeKey) []inventory.ComputeKey {
	named := map[inventory.ComputeKey]bool{}
	for _, k := range keys {
		if k.Variable != "" {
			k.Variable = ""
			named[k] = true
		}
	}
	return slices.DeleteFunc(keys, func(k inventory.ComputeKey) bool { return named[k] })
}

// hit is a key that was found, and whether its id looks made up.
type hit struct {
	inventory.ComputeKey
	unsure bool
}

// keysIn finds the long-term keys in the text of one resource, and wipes the text.
func (s *sweep) keysIn(h *haystack) []hit {
	var out []hit
	s.detector.Find(h.text, func(l leak.Hit) {
		if l.Kind != leak.LongTerm {
			return
		}
		k := h.at(int(l.Offset))
		k.KeyID = l.ID
		if found := (hit{k, l.Confidence == leak.Possible}); !slices.Contains(out, found) {
			out = append(out, found)
		}
	})
	clear(h.text)
	h.text, h.pieces = h.text[:0], h.pieces[:0]
	return out
}
