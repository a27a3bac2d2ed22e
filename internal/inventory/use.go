package inventory

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// FactKeyUse is where active keys were used from, as CloudTrail tells it for the last 90 days. It is
// read for the keys that matter most; of any other it is missing.
const FactKeyUse Fact = "key-use"

// FactServicesUsed is which services a user has called, as IAM's last-accessed details tell it. It is
// read only where the role of the audit may, for the users whose keys matter most.
const FactServicesUsed Fact = "services-used"

// The kinds of places that a key is used from. What none of them fits is told by no kind: it stays unknown.
const (
	FromGitHubActions = "github-actions"
	FromEC2           = "ec2"
	FromECS           = "ecs"
	FromLambda        = "lambda"
	FromCodeBuild     = "codebuild"
	FromCloudShell    = "cloudshell"
	FromOwnNetwork    = "own-network"
	FromAWSService    = "aws-service"
	FromInternet      = "internet"
)

// KeyUse is one place that an access key was used from, by the events of CloudTrail that were read.
type KeyUse struct {
	// By is one of the From words where the event itself tells it, by its user agent or the service that called.
	// Else it is empty: what the address tells is judged when the facts are.
	By string `json:"by,omitempty"`
	// Source is the address, or the name of the AWS service that called in the place of the key's user.
	Source string `json:"source,omitempty"`
	// Agent is the client in a few words, "aws-cli/2.17.0": never the whole user agent.
	Agent string `json:"agent,omitempty"`
	// Service is the one called, as IAM names it; Region where.
	Service string `json:"service,omitempty"`
	Region  string `json:"region,omitempty"`
	// EndpointAccount is the account whose VPC endpoint the call came through.
	EndpointAccount string `json:"endpoint_account,omitempty"`
	// Last is the newest of the events.
	Last time.Time `json:"last"`
	// Events is how many were read; there may be more.
	Events int `json:"events"`
}

// CompareUses orders the places that a key was used from: the newest first.
func CompareUses(a, b KeyUse) int {
	return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.By, b.By), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Agent, b.Agent),
		cmp.Compare(a.Service, b.Service), cmp.Compare(a.Region, b.Region), cmp.Compare(a.EndpointAccount, b.EndpointAccount),
		cmp.Compare(a.Events, b.Events))
}

// The kinds of what a public address of an account is given to.
const (
	AddressInstance  = "instance"    // an EC2 instance
	AddressNAT       = "nat-gateway" // a NAT gateway, behind which whole networks are
	AddressElastic   = "elastic"     // an elastic address, whatever it is given to
	AddressInterface = "interface"   // any other network interface
)

// AddressesAtMost bounds how many addresses are kept of an account.
const AddressesAtMost = 4096

// Address is a public address that is the account's own. Those are known of running instances, and, where the
// source of a key's use had to be judged, of NAT gateways, elastic addresses and network interfaces.
type Address struct {
	Address string `json:"address"`
	Kind    string `json:"kind"` // one of the Address words
	Region  string `json:"region"`
	// Since is when the instance or interface got it, as far as AWS says; zero where it does not.
	Since time.Time `json:"since,omitzero"`
}

// CompareAddresses orders addresses by kind, so that those that stay come before those that come and go.
func CompareAddresses(a, b Address) int {
	return cmp.Or(cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Region, b.Region), a.Since.Compare(b.Since))
}

func kindRank(kind string) int {
	return slices.Index([]string{AddressNAT, AddressElastic, AddressInterface, AddressInstance}, kind)
}

// noKeyUse is the missing fact of keys whose use was not asked for: unless a key says that it was, nothing is
// known of it.
func (a *Account) noKeyUse(user, credential string) (Missing, bool) {
	for i := range a.Users {
		u := &a.Users[i]
		if user != "" && u.Name != user {
			continue
		}
		for k := range u.Keys {
			if (credential == "" || u.Keys[k].ID == credential) && !u.Keys[k].UsesKnown && u.Keys[k].Active {
				return a.whyNoUse(u.Name, u.Keys[k].ID), true
			}
		}
	}
	return Missing{}, false
}

// whyNoUse is what was noted about a key whose use is not known, or that it was not asked for.
func (a *Account) whyNoUse(user, credential string) Missing {
	var whole *Missing
	for i := range a.Missing {
		m := &a.Missing[i]
		switch {
		case m.Fact != FactKeyUse:
		case m.User == user && m.Credential == credential:
			return *m
		case m.User == "" && whole == nil:
			whole = m
		}
	}
	if whole != nil {
		return *whole
	}
	return Missing{Fact: FactKeyUse, User: user, Credential: credential, Cause: "CloudTrail was not asked about the key", Offline: true}
}

// validateUses holds the uses of a key from a file to what a collector could have made.
func validateUses(at string, uses []KeyUse) error {
	for i, u := range uses {
		field := fmt.Sprintf("%suses[%d].", at, i)
		switch {
		case u.By != "" && !validWord(u.By):
			return fmt.Errorf("%sby: %q is none", field, clip(u.By))
		case u.Last.IsZero():
			return fmt.Errorf("%slast: it is missing", field)
		case u.Events < 1:
			return fmt.Errorf("%sevents: it is %d", field, u.Events)
		case u.EndpointAccount != "" && !validAccountID(u.EndpointAccount):
			return fmt.Errorf("%sendpoint_account: %q is not 12 digits", field, clip(u.EndpointAccount))
		}
		for name, text := range map[string]string{"source": u.Source, "agent": u.Agent, "service": u.Service, "region": u.Region} {
			if len(text) > 128 || strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				return fmt.Errorf("%s%s: %q is none", field, name, clip(text))
			}
		}
	}
	return nil
}

func (a *Account) validateAddresses() error {
	for i, one := range a.Addresses {
		switch addr, err := netip.ParseAddr(one.Address); {
		case err != nil || addr.String() != one.Address:
			return fmt.Errorf("addresses[%d].address: %q is none", i, clip(one.Address))
		case kindRank(one.Kind) < 0:
			return fmt.Errorf("addresses[%d].kind: %q is none", i, clip(one.Kind))
		case !validWord(one.Region):
			return fmt.Errorf("addresses[%d].region: %q is none", i, clip(one.Region))
		}
	}
	return nil
}
