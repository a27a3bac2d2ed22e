package awscollect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/keyuse"
)

const (
	// useKeysAtMost is how many keys of an account CloudTrail is asked about: at two requests a
	// second an account then takes six seconds, or eleven where its keys are busy.
	useKeysAtMost = 10
	// usePages is how many pages of fifty events are read of one key in one region.
	usePages = 2
)

// pacer keeps the look-ups of one account in one region apart: CloudTrail answers two a second.
type pacer struct {
	interval time.Duration
	wait     func(context.Context, time.Duration) error

	mu    sync.Mutex
	asked map[string]bool
}

// turn waits until a region may be asked. Whoever asks the same region does it from one goroutine.
func (p *pacer) turn(ctx context.Context, region string) error {
	p.mu.Lock()
	again := p.asked[region]
	if p.asked == nil {
		p.asked = map[string]bool{}
	}
	p.asked[region] = true
	p.mu.Unlock()
	if !again {
		return nil
	}
	return p.wait(ctx, p.interval)
}

// lookupPages reads pages of events by one attribute in one region, and gives each event to take,
// until take has enough.
func (v *visit) lookupPages(ctx context.Context, region string, by types.LookupAttribute, pages int, take func(types.Event) (enough bool)) error {
	client := cloudtrail.NewFromConfig(v.cfg, func(o *cloudtrail.Options) { o.Region = region })
	in := &cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{by}, MaxResults: aws.Int32(50)}
	for range pages {
		if err := v.trail.turn(ctx, region); err != nil {
			return err
		}
		out, err := ask(ctx, v, actLookupEvents, client.LookupEvents, in)
		if err != nil {
			return err
		}
		enough := false
		for _, e := range out.Events {
			enough = take(e) || enough
		}
		if aws.ToString(out.NextToken) == "" || enough {
			return nil
		}
		in.NextToken = out.NextToken
	}
	return nil
}

// keyLook is one key whose events are looked up, and what came of it in each region.
type keyLook struct {
	user    string
	key     *inventory.AccessKey
	regions []string

	mu   sync.Mutex
	uses []inventory.KeyUse
	err  error // of the first region that did not answer
}

// readKeyUses asks CloudTrail where keys were used from, the worst first, then whose the addresses are.
func (v *visit) readKeyUses(ctx context.Context, wants []inventory.Recheck) {
	if len(wants) > useKeysAtMost {
		v.miss(inventory.Missing{Fact: inventory.FactKeyUse, Offline: true, Cause: fmt.Sprintf("of the active keys, the %d that matter most were asked about; %d were not", useKeysAtMost, len(wants)-useKeysAtMost)})
		wants = wants[:useKeysAtMost]
	}
	looks := v.c.keyLooks(v.a, wants)
	v.lookUp(ctx, looks)
	for _, l := range looks {
		l.key.Uses, l.key.UsesKnown = keyuse.Merge(l.uses), l.err == nil
	}
	v.readOwnAddresses(ctx, looks)
	own := keyuse.OwnOf([]*inventory.Account{v.a})
	for _, l := range looks {
		l.key.Uses = own.Bounded(l.key.Uses)
	}
	v.missUses(looks)
}

// keyLooks finds the keys and where each is looked up: where the events of global services are, and
// where the key was used last.
func (c *Collector) keyLooks(a *inventory.Account, wants []inventory.Recheck) []*keyLook {
	var out []*keyLook
	for n := range a.Users {
		u := &a.Users[n]
		for i := range u.Keys {
			if slices.Contains(wants, inventory.Recheck{User: u.Name, Kind: inventory.RecheckKeyUse, Key: u.Keys[i].ID}) {
				out = append(out, &keyLook{user: u.Name, key: &u.Keys[i], regions: c.regionsOf(u.Keys[i].LastUsedRegion)})
			}
		}
	}
	order := func(l *keyLook) int {
		return slices.IndexFunc(wants, func(w inventory.Recheck) bool { return w.Key == l.key.ID })
	}
	slices.SortStableFunc(out, func(a, b *keyLook) int { return order(a) - order(b) })
	return out
}

// regionsOf are the regions whose events are looked at for a credential that was used last in one.
func (c *Collector) regionsOf(lastUsed string) []string {
	regions := []string{globalRegion(c.partition)}
	if regionForm.MatchString(lastUsed) && partitionOf(lastUsed) == c.partition && lastUsed != regions[0] {
		regions = append(regions, lastUsed)
	}
	return regions
}

// lookUp asks the regions side by side, and each for one key after the other. A region that refuses
// is asked no more.
func (v *visit) lookUp(ctx context.Context, looks []*keyLook) {
	byRegion := map[string][]*keyLook{}
	for _, l := range looks {
		for _, region := range l.regions {
			byRegion[region] = append(byRegion[region], l)
		}
	}
	var wg sync.WaitGroup
	for region, list := range byRegion {
		wg.Go(func() {
			var failed error
			for _, l := range list {
				if failed == nil {
					failed = v.lookUpKey(ctx, region, l)
				}
				l.note(nil, failed)
			}
		})
	}
	wg.Wait()
}

func (v *visit) lookUpKey(ctx context.Context, region string, l *keyLook) error {
	by := types.LookupAttribute{AttributeKey: types.LookupAttributeKeyAccessKeyId, AttributeValue: aws.String(l.key.ID)}
	var uses []inventory.KeyUse
	err := v.lookupPages(ctx, region, by, usePages, func(e types.Event) bool {
		if u, ok := keyuse.Parse(aws.ToString(e.CloudTrailEvent), l.key.ID); ok {
			uses = append(uses, u)
		}
		return false
	})
	l.note(uses, nil)
	return err
}

func (l *keyLook) note(uses []inventory.KeyUse, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uses = append(l.uses, uses...)
	if l.err == nil {
		l.err = err
	}
}

// missUses notes of which keys the use is not known: in one line where that is all of them for one reason.
func (v *visit) missUses(looks []*keyLook) {
	var out []inventory.Missing
	var refused error
	for _, l := range looks {
		if l.err == nil {
			continue
		}
		l.key.UsesKnown = false
		if ownRefusal(l.err) {
			refused = l.err
			continue
		}
		m := missUse(l.err)
		m.User, m.Credential = l.user, l.key.ID
		out = append(out, m)
	}
	if len(out) > 1 && len(out) == len(looks) && !slices.ContainsFunc(out, func(m inventory.Missing) bool {
		return m.Action != out[0].Action || m.Cause != out[0].Cause
	}) {
		out = out[:1]
		out[0].User, out[0].Credential = "", ""
	}
	if refused != nil {
		m := missUse(refused)
		m.Offline = true
		out = append(out, m)
	}
	for _, m := range out {
		v.miss(m)
	}
}

// missUse is the missing fact that a failed call leaves behind.
func missUse(err error) inventory.Missing {
	m := inventory.Missing{Fact: inventory.FactKeyUse, Action: string(actLookupEvents), Cause: describe(err).cause()}
	var failed *callError
	if errors.As(err, &failed) {
		m.Action, m.Cause = string(failed.action), describe(failed.err).cause()
	}
	return m
}
