// Package keyuse makes of the events of CloudTrail where an access key is used from: by its user
// agent, its source address, and the addresses that are known to be the audited accounts' own.
//
// It is pure. What an event holds was written by whoever used the key, so nothing of it is taken
// that does not have the form it must have, and what cannot be told stays unknown.
package keyuse

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

// eventAtMost bounds the JSON of one event, in bytes. CloudTrail's own limit is 256 KiB.
const eventAtMost = 256 << 10

// awsInternal is what CloudTrail writes in the place of an address or an agent of AWS's own.
const awsInternal = "AWS Internal"

// record is the part of an event's JSON that tells how a key was used.
type record struct {
	Time     string `json:"eventTime"`
	Service  string `json:"eventSource"`
	Region   string `json:"awsRegion"`
	Address  string `json:"sourceIPAddress"`
	Agent    string `json:"userAgent"`
	Endpoint string `json:"vpcEndpointAccountId"`
	Identity struct {
		KeyID   string `json:"accessKeyId"`
		Invoked string `json:"invokedBy"`
	} `json:"userIdentity"`
}

// Parse reads the JSON of one event, CloudTrailEvent, of the key with an id. It is false for text
// that is no event, that has no time, or that does not name this key. Of the use, what has to be told
// by the address is left to Place.
func Parse(text, key string) (inventory.KeyUse, bool) {
	var r record
	if len(text) > eventAtMost || json.Unmarshal([]byte(text), &r) != nil {
		return inventory.KeyUse{}, false
	}
	at, err := time.Parse(time.RFC3339, r.Time)
	if err != nil || at.Year() < 2000 || at.Year() > 9999 || key == "" || r.Identity.KeyID != key {
		return inventory.KeyUse{}, false
	}
	u := inventory.KeyUse{
		Source: sourceOf(r.Address), Agent: agentOf(r.Agent), Service: serviceOf(r.Service),
		Region: wordOf(r.Region), EndpointAccount: accountOf(r.Endpoint), Last: at.UTC(), Events: 1,
	}
	u.By = byAgent(r.Agent)
	if s := serviceSource(r); s != "" {
		u.By, u.Source = inventory.FromAWSService, s
	}
	return u, true
}

// sourceOf is an address in its one form, or empty for what is none.
func sourceOf(address string) string {
	a, err := netip.ParseAddr(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

// serviceSource is the name of the AWS service that made the call in the place of the key's user;
// empty where none did.
func serviceSource(r record) string {
	for _, s := range []string{r.Address, r.Identity.Invoked} {
		switch {
		case strings.HasPrefix(s, awsInternal):
			return awsInternal
		case isServiceName(s):
			return strings.ToLower(s)
		}
	}
	return ""
}

// isServiceName takes what services are called as principals: cloudformation.amazonaws.com.
func isServiceName(s string) bool {
	s = strings.ToLower(s)
	name, ok := strings.CutSuffix(strings.TrimSuffix(s, ".cn"), ".amazonaws.com")
	return ok && isName(name)
}

// serviceOf is the service that was called, as IAM names it.
func serviceOf(source string) string {
	name, _ := strings.CutSuffix(strings.TrimSuffix(strings.ToLower(source), ".cn"), ".amazonaws.com")
	switch name {
	case "monitoring":
		return "cloudwatch"
	case "tagging":
		return "tag"
	}
	return wordOf(name)
}

// nameLimit bounds every word that is kept, in bytes.
const nameLimit = 64

// wordOf is a word of small letters, digits and hyphens, or empty.
func wordOf(s string) string {
	if strings.Contains(s, ".") || !isName(s) {
		return ""
	}
	return s
}

func isName(s string) bool {
	return s != "" && len(s) <= nameLimit && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}

// accountOf is an id of 12 digits, or empty.
func accountOf(s string) string {
	if len(s) != 12 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}
