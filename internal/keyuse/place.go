package keyuse

import (
	"net/netip"

	"github.com/keysweep/keysweep/internal/inventory"
)

// Own knows which public addresses are the audited accounts' own, and which accounts those are.
type Own struct {
	addresses map[string][]inventory.Address
	accounts  map[string]bool
}

// OwnOf gathers the addresses of all accounts of a run.
func OwnOf(accounts []*inventory.Account) Own {
	o := Own{addresses: map[string][]inventory.Address{}, accounts: map[string]bool{}}
	for _, a := range accounts {
		o.accounts[a.ID] = true
		for _, own := range a.Addresses {
			o.addresses[own.Address] = append(o.addresses[own.Address], own)
		}
	}
	return o
}

// Place says what kind of place a use is from, where its event did not tell that: an own address
// is that of an instance or of a network of ours. An address of EC2 that is nobody's we know may be
// of an account that was not read, or of a stranger: it stays unknown, as private ones do. Any
// other public address is the internet.
func (o Own) Place(u inventory.KeyUse) string {
	if u.By != "" {
		return u.By
	}
	if u.EndpointAccount != "" && o.accounts[u.EndpointAccount] {
		return inventory.FromOwnNetwork
	}
	a, ok := public(u.Source)
	if !ok || u.EndpointAccount != "" {
		return ""
	}
	if by := o.owner(u); by != "" {
		return by
	}
	if _, aws := ec2Ranges().find(a); aws {
		return ""
	}
	return inventory.FromInternet
}

// owner is the kind of place that an own address is, at the time of the use. An address that was
// given to an instance later is none of ours by then.
func (o Own) owner(u inventory.KeyUse) string {
	by := ""
	for _, own := range o.addresses[u.Source] {
		switch {
		case own.Since.After(u.Last):
		case own.Kind == inventory.AddressInstance:
			return inventory.FromEC2
		default:
			by = inventory.FromOwnNetwork
		}
	}
	return by
}

// ToJudge reports whether only the addresses of accounts can tell where a use is from.
func ToJudge(u inventory.KeyUse) bool {
	_, ok := public(u.Source)
	return ok && u.By == "" && u.EndpointAccount == ""
}

// public is an address that a stranger could have too; false for what is none.
func public(source string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(source)
	if err != nil || !a.IsGlobalUnicast() || a.IsPrivate() || carrier.Contains(a) {
		return netip.Addr{}, false
	}
	return a, true
}

// carrier is the space that networks share behind a translation of addresses (RFC 6598).
var carrier = netip.MustParsePrefix("100.64.0.0/10")
