package awscollect

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/keyuse"
)

// addressActions are the calls that tell which public addresses are the account's own.
var addressActions = []action{actAddresses, actNATGateways, actInterfaces}

// filterValues is how many values one filter of EC2 takes.
const filterValues = 200

// ownAddress notes an address of the account. What is no public address is left out.
func (v *visit) ownAddress(text, kind, region, since string) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.IsPrivate() {
		return
	}
	at, _ := time.Parse(time.RFC3339, since) // not known where it cannot be read
	v.mu.Lock()
	defer v.mu.Unlock()
	v.a.Addresses = append(v.a.Addresses, inventory.Address{Address: a.String(), Kind: kind, Region: region, Since: at.UTC()})
}

// settleAddresses puts the addresses in order, each once for what it is given to.
func (v *visit) settleAddresses() {
	all := v.a.Addresses
	slices.SortFunc(all, inventory.CompareAddresses)
	all = slices.CompactFunc(all, func(a, b inventory.Address) bool {
		return a.Address == b.Address && a.Kind == b.Kind && a.Region == b.Region
	})
	v.a.Addresses = all[:min(len(all), inventory.AddressesAtMost)]
}

// readOwnAddresses asks whose the public addresses are that keys were used from, in their regions. A
// key of which that cannot be told, and that nothing else tells of, has no known use. Where the
// role's own policy refuses, the other regions are not asked.
func (v *visit) readOwnAddresses(ctx context.Context, looks []*keyLook) {
	failed := map[string]error{}
	var refused error
	judge := v.c.toJudge(v.a, looks)
	for _, region := range slices.Sorted(maps.Keys(judge)) {
		err := refused
		if err == nil {
			err = v.addressesIn(ctx, region, judge[region])
		}
		if err != nil && !notEnabled(err) {
			failed[region] = err
		}
		if ownRefusal(err) {
			refused = err
		}
	}
	if len(failed) == 0 {
		return
	}
	for _, l := range looks {
		for _, u := range l.key.Uses {
			if err := failed[v.c.regionOfUse(u)]; err != nil && keyuse.ToJudge(u) && !inCompute(l.key.Uses) {
				l.note(nil, err)
			}
		}
	}
}

// ownRefusal reports whether a call about addresses was refused because the role's own policy does not
// allow it: then whoever made the role left that out, and no fault is to be reported.
func ownRefusal(err error) bool {
	var failed *callError
	return errors.As(err, &failed) && slices.Contains(addressActions, failed.action) && notGranted(failed.err)
}

// inCompute reports whether the events themselves tell of compute.
func inCompute(uses []inventory.KeyUse) bool {
	return slices.ContainsFunc(uses, func(u inventory.KeyUse) bool {
		return slices.Contains([]string{inventory.FromLambda, inventory.FromECS, inventory.FromEC2, inventory.FromCodeBuild}, u.By)
	})
}

// toJudge are the addresses to ask about, by region. Where the regions of the account were read, one
// that it has not enabled holds nothing of its own.
func (c *Collector) toJudge(a *inventory.Account, looks []*keyLook) map[string][]string {
	out := map[string][]string{}
	for _, l := range looks {
		for _, u := range l.key.Uses {
			region := c.regionOfUse(u)
			if region == "" || !keyuse.ToJudge(u) || slices.Contains(out[region], u.Source) {
				continue
			}
			if a.Compute == nil || len(c.cfg.Regions) > 0 || slices.Contains(a.Compute.Regions, region) {
				out[region] = append(out[region], u.Source)
			}
		}
	}
	return out
}

// regionOfUse is the region where an address would be if it were the account's: the one that AWS's
// list of addresses says, or else the one that was called.
func (c *Collector) regionOfUse(u inventory.KeyUse) string {
	region, ok := keyuse.RegionOf(u.Source)
	if !ok || !regionForm.MatchString(region) {
		region = u.Region
	}
	if !regionForm.MatchString(region) || partitionOf(region) != c.partition {
		return ""
	}
	return region
}

// notEnabled reports whether a region knows nobody of the account, since it has not been enabled.
func notEnabled(err error) bool {
	return isNameless(err) || slices.Contains([]string{"AuthFailure", "OptInRequired", "UnrecognizedClientException", "InvalidClientTokenId"}, describe(err).code)
}

// addressesIn reads the elastic addresses and the NAT gateways of a region, whose addresses other
// accounts' keys may be used from too, and the interfaces that have one of the given addresses.
func (v *visit) addressesIn(ctx context.Context, region string, addresses []string) error {
	r := (&sweep{v: v, refused: map[action]error{}}).at(region, &reader{service: ec2Service})
	slices.Sort(addresses)
	v4, v6 := byFamily(addresses)
	if len(v4) > 0 {
		if err := r.elastic(ctx); err != nil {
			return err
		}
		if err := r.natGateways(ctx); err != nil {
			return err
		}
		if err := r.interfaces(ctx, "association.public-ip", v4); err != nil {
			return err
		}
	}
	return r.interfaces(ctx, "ipv6-addresses.ipv6-address", v6)
}

func byFamily(addresses []string) (v4, v6 []string) {
	for _, a := range addresses {
		if strings.Contains(a, ":") {
			v6 = append(v6, a)
		} else {
			v4 = append(v4, a)
		}
	}
	return v4, v6
}

// elasticPage is what is read of the answer to DescribeAddresses.
type elasticPage struct {
	Addresses []struct {
		Public   string `xml:"publicIp"`
		Instance string `xml:"instanceId"`
	} `xml:"addressesSet>item"`
}

func (r *region) elastic(ctx context.Context) error {
	var page elasticPage
	if err := r.query(ctx, actAddresses, url.Values{}, &page); err != nil {
		return err
	}
	for _, a := range page.Addresses {
		kind := inventory.AddressElastic
		if a.Instance != "" {
			kind = inventory.AddressInstance
		}
		r.v.ownAddress(a.Public, kind, r.name, "")
	}
	return nil
}

// gatewaysPage is what is read of the answer to DescribeNatGateways.
type gatewaysPage struct {
	NextToken string `xml:"nextToken"`
	Gateways  []struct {
		Addresses []struct {
			Public string `xml:"publicIp"`
		} `xml:"natGatewayAddressSet>item"`
	} `xml:"natGatewaySet>item"`
}

func (r *region) natGateways(ctx context.Context) error {
	return paged(func(token string) (string, error) {
		var page gatewaysPage
		if err := r.query(ctx, actNATGateways, withToken(url.Values{"MaxResults": {"1000"}}, token), &page); err != nil {
			return "", err
		}
		for _, g := range page.Gateways {
			for _, a := range g.Addresses {
				r.v.ownAddress(a.Public, inventory.AddressNAT, r.name, "")
			}
		}
		return page.NextToken, nil
	})
}

// interfacesPage is what is read of the answer to DescribeNetworkInterfaces.
type interfacesPage struct {
	NextToken  string         `xml:"nextToken"`
	Interfaces []netInterface `xml:"networkInterfaceSet>item"`
}

type netInterface struct {
	Type     string `xml:"interfaceType"`
	Public   string `xml:"association>publicIp"`
	Instance string `xml:"attachment>instanceId"`
	Attached string `xml:"attachment>attachTime"`
	More     []struct {
		Public string `xml:"association>publicIp"`
	} `xml:"privateIpAddressesSet>item"`
	V6 []struct {
		Address string `xml:"ipv6Address"`
	} `xml:"ipv6AddressesSet>item"`
}

func (r *region) interfaces(ctx context.Context, filter string, addresses []string) error {
	for some := range slices.Chunk(addresses, filterValues) {
		form := url.Values{"Filter.1.Name": {filter}}
		for i, a := range some {
			form.Set("Filter.1.Value."+strconv.Itoa(i+1), a)
		}
		err := paged(func(token string) (string, error) {
			var page interfacesPage
			if err := r.query(ctx, actInterfaces, withToken(maps.Clone(form), token), &page); err != nil {
				return "", err
			}
			for i := range page.Interfaces {
				r.netInterface(&page.Interfaces[i])
			}
			return page.NextToken, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *region) netInterface(n *netInterface) {
	kind := inventory.AddressInterface
	switch {
	case n.Type == "natGateway", n.Type == "nat_gateway":
		kind = inventory.AddressNAT
	case n.Instance != "":
		kind = inventory.AddressInstance
	}
	r.v.ownAddress(n.Public, kind, r.name, n.Attached)
	for _, m := range n.More {
		r.v.ownAddress(m.Public, kind, r.name, n.Attached)
	}
	for _, m := range n.V6 {
		r.v.ownAddress(m.Address, kind, r.name, n.Attached)
	}
}
