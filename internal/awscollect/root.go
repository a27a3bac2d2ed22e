package awscollect

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keysweep/keysweep/internal/inventory"
)

// The keys of the account summary that are about root.
const (
	sumMFA          = "AccountMFAEnabled"
	sumKeys         = "AccountAccessKeysPresent"
	sumPassword     = "AccountPasswordPresent"
	sumCertificates = "AccountSigningCertificatesPresent"
)

// readSummary asks what root has, live.
func (v *visit) readSummary(ctx context.Context) {
	out, err := ask(ctx, v, actSummary, v.iam.GetAccountSummary, &iam.GetAccountSummaryInput{})
	if err != nil {
		v.lack(inventory.FactRootCredentialsLive, "", "", actSummary, err)
		return
	}
	v.summary = out.SummaryMap
	if v.summary == nil {
		v.summary = map[string]int32{}
	}
}

// rootFromSummary lets the live summary overrule the report, key by key. What the summary
// leaves out stays as the report says it.
func (v *visit) rootFromSummary() {
	root := &v.a.Root
	whole := v.summary != nil
	take := func(key string, to *bool) {
		n, ok := v.summary[key]
		whole = whole && ok
		if ok {
			*to = n > 0
		}
	}
	take(sumMFA, &root.HasMFA)
	take(sumKeys, &root.HasKeys)
	take(sumPassword, &root.HasPassword)
	take(sumCertificates, &root.HasCertificates)
	if whole {
		v.found("", inventory.FactRootCredentials)
	}
	if !root.HasKeys {
		root.Keys = nil // deleted since the report
	} else if len(root.Keys) == 0 && !v.lacks(inventory.FactRootLastUsed, "") {
		v.miss(inventory.Missing{Fact: inventory.FactRootLastUsed, Cause: "root has an access key that the credential report does not know yet"})
	}
}

const (
	eventDays    = 90 // CloudTrail's event history is no longer
	eventPages   = 2  // of each region
	eventsAtMost = 50
)

// readRootEvents asks CloudTrail what root did, where root has a key or was used lately:
// whoever is to take the key away must know what it does.
func (v *visit) readRootEvents(ctx context.Context) {
	unknown := v.lacks(inventory.FactRootCredentials, "") || v.lacks(inventory.FactRootLastUsed, "")
	switch {
	case v.c.cfg.NoRootEvents:
		v.miss(inventory.Missing{Fact: inventory.FactRootActivity, Cause: "CloudTrail was not to be asked", Offline: true})
		return
	case !rootInUse(&v.a.Root, v.a.CollectedAt) && unknown:
		v.miss(inventory.Missing{Fact: inventory.FactRootActivity, Cause: "when root was last used is not known"})
		return
	case !rootInUse(&v.a.Root, v.a.CollectedAt):
		return
	}
	var events []inventory.RootEvent
	for _, region := range v.rootRegions() {
		some, err := v.lookup(ctx, region)
		if err != nil {
			v.lack(inventory.FactRootActivity, "", "", actLookupEvents, err)
			return
		}
		events = append(events, some...)
	}
	slices.SortStableFunc(events, func(a, b inventory.RootEvent) int { return b.Time.Compare(a.Time) })
	v.a.Root.Events = events[:min(len(events), eventsAtMost)]
}

// rootInUse reports whether root has a key or was used while CloudTrail remembers.
func rootInUse(r *inventory.Root, now time.Time) bool {
	since := now.AddDate(0, 0, -eventDays)
	return r.HasKeys || r.PasswordLastUsed.After(since) ||
		slices.ContainsFunc(r.Keys, func(k inventory.AccessKey) bool { return k.LastUsed.After(since) })
}

// rootRegions are the region that holds the events of global services, then those where a
// key of root was last used.
func (v *visit) rootRegions() []string {
	regions := []string{globalRegion(v.c.partition)}
	for _, k := range v.a.Root.Keys {
		if regionForm.MatchString(k.LastUsedRegion) && !slices.Contains(regions, k.LastUsedRegion) {
			regions = append(regions, k.LastUsedRegion)
		}
	}
	return regions
}

func globalRegion(partition string) string {
	switch partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	}
	return "us-east-1"
}

// lookup reads the newest events of root in one region.
func (v *visit) lookup(ctx context.Context, region string) ([]inventory.RootEvent, error) {
	by := types.LookupAttribute{AttributeKey: types.LookupAttributeKeyUsername, AttributeValue: aws.String("root")}
	var events []inventory.RootEvent
	err := v.lookupPages(ctx, region, by, eventPages, func(e types.Event) bool {
		if event, ok := rootEvent(e); ok {
			events = append(events, event)
		}
		return len(events) >= eventsAtMost
	})
	return events, err
}

// trailEvent is the part of an event's JSON that tells who did it from where.
type trailEvent struct {
	Region   string `json:"awsRegion"`
	Address  string `json:"sourceIPAddress"`
	Agent    string `json:"userAgent"`
	Identity struct {
		Type  string `json:"type"`
		KeyID string `json:"accessKeyId"`
	} `json:"userIdentity"`
}

// rootEvent reads one event; false when root did not do it: an IAM user may be called root.
func rootEvent(e types.Event) (inventory.RootEvent, bool) {
	var t trailEvent
	if json.Unmarshal([]byte(aws.ToString(e.CloudTrailEvent)), &t) != nil || t.Identity.Type != "Root" || e.EventTime == nil {
		return inventory.RootEvent{}, false
	}
	event := inventory.RootEvent{
		Time: e.EventTime.UTC(), Source: aws.ToString(e.EventSource), Name: aws.ToString(e.EventName),
		Region: t.Region, Address: t.Address, Agent: t.Agent,
		// A session of the console has a temporary id, which is no access key of root's.
		KeyID: cmp.Or(t.Identity.KeyID, aws.ToString(e.AccessKeyId)),
	}
	if !strings.HasPrefix(event.KeyID, "AKIA") {
		event.KeyID = ""
	}
	return event, true
}
