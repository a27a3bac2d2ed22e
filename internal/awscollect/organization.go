package awscollect

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"golang.org/x/sync/errgroup"

	"github.com/keysweep/keysweep/internal/inventory"
)

// organization is what the organization says of itself, read once a run. Nothing is asked for each
// account: one walk from the root, or the paths that came with the list of accounts, and one answer for
// each policy serve all.
type organization struct {
	// fault says why nothing is known; of the kinds of facts below each has one of its own.
	fault    *inventory.Missing
	id       string
	manager  string
	off      bool                // service control policies are not in use
	units    map[string]unit     // by id
	parents  map[string]string   // account → unit or root
	attached map[string][]string // target → ids of policies, sorted
	policies map[string]inventory.ControlPolicy
	central  []string
	admins   []string
	missing  []inventory.Missing // of one kind of fact
}

// unit is the root or an organizational unit.
type unit struct{ name, parent string }

// lazyOrganization is read by the first who asks; the others wait for it.
type lazyOrganization struct {
	once sync.Once
	read *organization
	// wanted: accounts are those of the organization, so that what it does not tell is a fault.
	wanted bool
	// paths of accounts, as far as the list of accounts told them.
	paths map[string][]string
}

// organization is what the organization says, read by the first who asks.
func (c *Collector) organization(ctx context.Context) *organization {
	c.shared.once.Do(func() { c.shared.read = c.readOrganization(ctx) })
	return c.shared.read
}

// organizationOf is what the organization says of one account, nil where it cannot be read, and which
// facts about it are missing. Where the accounts were listed one by one nobody asked for the organization:
// what it does not tell is no fault then.
func (c *Collector) organizationOf(ctx context.Context, account string) (*inventory.Organization, []inventory.Missing) {
	o := c.organization(ctx)
	var missing []inventory.Missing
	switch {
	case o.fault != nil && (o.fault.Offline || !c.shared.wanted):
		return nil, nil
	case o.fault != nil:
		for _, f := range []inventory.Fact{inventory.FactControlPolicies, inventory.FactCentralRoot} {
			m := *o.fault
			m.Fact = f
			missing = append(missing, m)
		}
		return nil, missing
	}
	of := o.of(account)
	for _, m := range o.missing {
		if m.Fact != inventory.FactCentralRoot || account == o.manager {
			m.Offline = !c.shared.wanted
			missing = append(missing, m)
		}
	}
	for _, p := range of.Policies {
		if p.Fault != "" {
			missing = append(missing, inventory.Missing{
				Fact: inventory.FactControlDocuments, Action: string(actDescribePolicy), Cause: p.Fault, Offline: !c.shared.wanted,
			})
		}
	}
	if len(of.Levels) == 0 && !o.off && !slices.ContainsFunc(missing, isPolicies) {
		missing = append(missing, inventory.Missing{
			Fact: inventory.FactControlPolicies, Cause: "the account is in no unit of the organization that was read", Offline: true,
		})
	}
	return of, missing
}

func isPolicies(m inventory.Missing) bool { return m.Fact == inventory.FactControlPolicies }

// of is the organization as one account sees it.
func (o *organization) of(account string) *inventory.Organization {
	out := &inventory.Organization{ID: o.id, Management: o.manager, PoliciesOff: o.off}
	if account == o.manager {
		out.CentralRoot, out.Delegated = slices.Clone(o.central), slices.Clone(o.admins)
	}
	if o.off || slices.ContainsFunc(o.missing, isPolicies) {
		return out
	}
	parent, ok := o.parents[account]
	if !ok {
		return out
	}
	levels := []inventory.Level{o.level(account)}
	for id := parent; id != ""; id = o.units[id].parent {
		if len(levels) > deepestUnit {
			return out
		}
		levels = append(levels, o.level(id))
	}
	slices.Reverse(levels)
	out.Levels = levels
	have := map[string]bool{}
	for _, l := range levels {
		for _, id := range l.Policies {
			if !have[id] {
				have[id] = true
				out.Policies = append(out.Policies, o.policies[id])
			}
		}
	}
	return out
}

// deepestUnit is more levels than an organization can have: a root and five units.
const deepestUnit = 16

func (o *organization) level(id string) inventory.Level {
	return inventory.Level{ID: id, Name: o.units[id].name, Policies: append([]string{}, o.attached[id]...)}
}

// The published rates of Organizations, in calls a second:
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
var organizationRates = map[action]int{
	actDescribeOrganization: 1, actListRoots: 1, actListUnits: 5, actListChildren: 5, actListPolicies: 5, actListTargets: 5,
	actDescribePolicy: 2, actListDelegated: 5,
}

// ratePacer lets the calls of each action through at its rate.
type ratePacer struct {
	second time.Duration // what stands for one
	mu     sync.Mutex
	turns  map[action]*time.Ticker
}

func (p *ratePacer) wait(ctx context.Context, a action) error {
	p.mu.Lock()
	turn := p.turns[a]
	if turn == nil {
		// The first call goes at once; tickers live as long as the few minutes of the reading.
		p.turns[a] = time.NewTicker(max(1, p.second/time.Duration(organizationRates[a])))
		p.mu.Unlock()
		return ctx.Err()
	}
	p.mu.Unlock()
	select {
	case <-turn.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *ratePacer) stop() {
	for _, t := range p.turns {
		t.Stop()
	}
}

// organizer reads the organization.
type organizer struct {
	c    *Collector
	pace *ratePacer
	o    *organization
	mu   sync.Mutex
	// refused is the error of DescribePolicy, once it was refused.
	refused error
}

// paced makes one call when it is its turn.
func paced[In, Out, Opt any](ctx context.Context, r *organizer, a action, do func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In) (*Out, error) {
	if err := r.pace.wait(ctx, a); err != nil {
		return nil, err
	}
	return call(ctx, r.c.log, a, do, in)
}

// allPages makes a call for every page. A page may be empty and yet not the last.
func allPages[In, Out, Opt any](ctx context.Context, r *organizer, a action, do func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In, mark func(*In, *string), next func(*Out) *string) error {
	last := ""
	for {
		out, err := paced(ctx, r, a, do, in)
		if err != nil {
			return err
		}
		token := aws.ToString(next(out))
		if token == "" {
			return nil
		}
		if token == last {
			return errEndless
		}
		last = token
		mark(in, &token)
	}
}

// readOrganization reads everything. What it cannot read is missing in it.
func (c *Collector) readOrganization(ctx context.Context) *organization {
	r := &organizer{c: c, pace: &ratePacer{second: c.cfg.Pace.Second, turns: map[action]*time.Ticker{}}, o: &organization{
		units: map[string]unit{}, parents: map[string]string{}, attached: map[string][]string{}, policies: map[string]inventory.ControlPolicy{},
	}}
	defer r.pace.stop()
	roots, err := r.roots(ctx)
	if err != nil || r.o.fault != nil {
		return r.o
	}
	var g errgroup.Group
	if !r.o.off {
		g.Go(func() error { r.readTree(ctx, roots); return nil })
		g.Go(func() error { r.readPolicies(ctx); return nil })
	}
	g.Go(func() error { r.readCentralRoot(ctx); return nil })
	g.Go(func() error { r.readDelegated(ctx); return nil })
	_ = g.Wait() // none returns an error
	r.completePolicies()
	return r.o
}

// roots finds out whether there is an organization that can be read from here, and its root.
func (r *organizer) roots(ctx context.Context) ([]string, error) {
	out, err := paced(ctx, r, actDescribeOrganization, r.c.org.DescribeOrganization, &organizations.DescribeOrganizationInput{})
	if err != nil {
		r.o.fault = r.lack("", actDescribeOrganization, err)
		r.o.fault.Offline = describe(err).code == "AWSOrganizationsNotInUseException"
		return nil, err
	}
	if org := out.Organization; org != nil {
		r.o.id, r.o.manager = aws.ToString(org.Id), aws.ToString(org.MasterAccountId)
	}
	if r.o.id == "" || !accountForm.MatchString(r.o.manager) {
		r.o.fault = &inventory.Missing{Action: string(actDescribeOrganization), Cause: "AWS named no organization and no management account"}
		return nil, nil
	}
	var roots []string
	err = allPages(ctx, r, actListRoots, r.c.org.ListRoots, &organizations.ListRootsInput{},
		func(in *organizations.ListRootsInput, m *string) { in.NextToken = m },
		func(out *organizations.ListRootsOutput) *string {
			for _, root := range out.Roots {
				id := aws.ToString(root.Id)
				r.o.units[id] = unit{name: oneLine(aws.ToString(root.Name))}
				r.o.off = !inUse(root)
				roots = append(roots, id)
			}
			return out.NextToken
		})
	if err != nil {
		r.o.fault = r.lack("", actListRoots, err)
	}
	return roots, err
}

// inUse reports whether service control policies act below a root.
func inUse(root types.Root) bool {
	return slices.ContainsFunc(root.PolicyTypes, func(t types.PolicyTypeSummary) bool {
		return t.Type == types.PolicyTypeServiceControlPolicy && t.Status == types.PolicyTypeStatusEnabled
	})
}

func (r *organizer) lack(f inventory.Fact, a action, err error) *inventory.Missing {
	return &inventory.Missing{Fact: f, Action: string(a), Cause: describe(err).cause()}
}

func (r *organizer) miss(f inventory.Fact, a action, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.o.missing = append(r.o.missing, *r.lack(f, a, err))
}

// readTree finds the place of each account: by the paths that came with the list of accounts, or by
// a walk from the root. The walk also knows the names of units.
func (r *organizer) readTree(ctx context.Context, roots []string) {
	if r.fromPaths() {
		return
	}
	for at := 0; at < len(roots); at++ {
		parent := roots[at]
		var g errgroup.Group
		var below []string
		g.Go(func() (err error) { below, err = r.unitsOf(ctx, parent); return err })
		g.Go(func() error { return r.accountsOf(ctx, parent) })
		if err := g.Wait(); err != nil {
			return // it is missing
		}
		roots = append(roots, below...)
	}
}

// fromPaths takes the places from the paths, when every account came with one.
func (r *organizer) fromPaths() bool {
	paths := r.c.shared.paths
	if len(paths) == 0 {
		return false
	}
	for account, path := range paths {
		parent := ""
		for _, id := range path {
			if u, ok := r.o.units[id]; !ok || u.parent != parent {
				r.o.units[id] = unit{name: u.name, parent: parent}
			}
			parent = id
		}
		r.o.parents[account] = parent
	}
	return true
}

// pathOf reads o-…/r-…/ou-…/ACCOUNT/: the root and the units, top down; nil when it is none.
func pathOf(path string) []string {
	var out []string
	for _, id := range strings.Split(path, "/") {
		if strings.HasPrefix(id, "r-") || strings.HasPrefix(id, "ou-") {
			out = append(out, id)
		}
	}
	if len(out) == 0 || !strings.HasPrefix(out[0], "r-") {
		return nil
	}
	return out
}

func (r *organizer) unitsOf(ctx context.Context, parent string) ([]string, error) {
	var below []string
	err := allPages(ctx, r, actListUnits, r.c.org.ListOrganizationalUnitsForParent, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent},
		func(in *organizations.ListOrganizationalUnitsForParentInput, m *string) { in.NextToken = m },
		func(out *organizations.ListOrganizationalUnitsForParentOutput) *string {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, u := range out.OrganizationalUnits {
				id := aws.ToString(u.Id)
				if _, known := r.o.units[id]; !known && id != "" {
					r.o.units[id] = unit{oneLine(aws.ToString(u.Name)), parent}
					below = append(below, id)
				}
			}
			return out.NextToken
		})
	if err != nil {
		r.miss(inventory.FactControlPolicies, actListUnits, err)
	}
	return below, err
}

func (r *organizer) accountsOf(ctx context.Context, parent string) error {
	err := allPages(ctx, r, actListChildren, r.c.org.ListAccountsForParent, &organizations.ListAccountsForParentInput{ParentId: &parent},
		func(in *organizations.ListAccountsForParentInput, m *string) { in.NextToken = m },
		func(out *organizations.ListAccountsForParentOutput) *string {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, a := range out.Accounts {
				r.o.parents[aws.ToString(a.Id)] = parent
			}
			return out.NextToken
		})
	if err != nil {
		r.miss(inventory.FactControlPolicies, actListChildren, err)
	}
	return err
}

// readPolicies reads where each service control policy stands, and its document while the next is asked for.
func (r *organizer) readPolicies(ctx context.Context) {
	var list []types.PolicySummary
	err := allPages(ctx, r, actListPolicies, r.c.org.ListPolicies, &organizations.ListPoliciesInput{Filter: types.PolicyTypeServiceControlPolicy},
		func(in *organizations.ListPoliciesInput, m *string) { in.NextToken = m },
		func(out *organizations.ListPoliciesOutput) *string {
			list = append(list, out.Policies...)
			return out.NextToken
		})
	if err != nil {
		r.miss(inventory.FactControlPolicies, actListPolicies, err)
		return
	}
	attached := make(chan types.PolicySummary, len(list))
	var g errgroup.Group
	g.Go(func() error {
		for p := range attached {
			r.document(ctx, p)
		}
		return nil
	})
	for _, p := range list {
		found, err := r.targets(ctx, aws.ToString(p.Id))
		if err != nil {
			r.miss(inventory.FactControlPolicies, actListTargets, err)
			break
		}
		if found {
			attached <- p
		}
	}
	close(attached)
	_ = g.Wait() // it returns none
}

func (r *organizer) targets(ctx context.Context, policy string) (found bool, err error) {
	err = allPages(ctx, r, actListTargets, r.c.org.ListTargetsForPolicy, &organizations.ListTargetsForPolicyInput{PolicyId: &policy},
		func(in *organizations.ListTargetsForPolicyInput, m *string) { in.NextToken = m },
		func(out *organizations.ListTargetsForPolicyOutput) *string {
			for _, t := range out.Targets {
				id := aws.ToString(t.TargetId)
				r.o.attached[id] = append(r.o.attached[id], policy)
				found = true
			}
			return out.NextToken
		})
	return found, err
}

// document reads the text of one policy. One that cannot be read leaves undecided what it might decide.
func (r *organizer) document(ctx context.Context, s types.PolicySummary) {
	p := inventory.ControlPolicy{ID: aws.ToString(s.Id), Name: oneLine(aws.ToString(s.Name))}
	out, err := &organizations.DescribePolicyOutput{}, r.refused
	if err == nil {
		out, err = paced(ctx, r, actDescribePolicy, r.c.org.DescribePolicy, &organizations.DescribePolicyInput{PolicyId: s.Id})
	}
	switch {
	case err != nil:
		if describe(err).kind == kindRefused {
			r.refused = err // and would be for each of them
		}
		p.Fault = describe(err).cause()
	case out.Policy == nil || aws.ToString(out.Policy.Content) == "":
		p.Fault = "AWS answered without its document"
	default:
		p.Document = *out.Policy.Content
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.o.policies[p.ID] = p
}

// completePolicies puts the lists in order.
func (r *organizer) completePolicies() {
	for target, ids := range r.o.attached {
		slices.Sort(ids)
		r.o.attached[target] = slices.Compact(ids)
	}
	slices.Sort(r.o.central)
	slices.Sort(r.o.admins)
	r.o.missing = slices.Compact(r.o.missing)
}

// readCentralRoot asks which features of central root access are on. Without trusted access for IAM none is.
func (r *organizer) readCentralRoot(ctx context.Context) {
	client := iam.NewFromConfig(r.c.aws)
	out, err := call(ctx, r.c.log, actOrganizationsFeatures, client.ListOrganizationsFeatures, &iam.ListOrganizationsFeaturesInput{})
	if err == nil {
		for _, f := range out.EnabledFeatures {
			r.o.central = append(r.o.central, oneLine(string(f)))
		}
		return
	}
	switch describe(err).code {
	case "ServiceAccessNotEnabledException", "ServiceAccessNotEnabled":
		return
	}
	r.miss(inventory.FactCentralRoot, actOrganizationsFeatures, err)
}

func (r *organizer) readDelegated(ctx context.Context) {
	_ = allPages(ctx, r, actListDelegated, r.c.org.ListDelegatedAdministrators, &organizations.ListDelegatedAdministratorsInput{},
		func(in *organizations.ListDelegatedAdministratorsInput, m *string) { in.NextToken = m },
		func(out *organizations.ListDelegatedAdministratorsOutput) *string {
			for _, a := range out.DelegatedAdministrators {
				r.o.admins = append(r.o.admins, aws.ToString(a.Id))
			}
			return out.NextToken
		}) // no check needs them
}
