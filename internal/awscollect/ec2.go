package awscollect

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readInstances reads the user data of running instances, and which of them have no role.
var readInstances = reader{
	service: ec2Service,
	actions: []action{actInstances, actInstanceAttribute},
	facts:   []inventory.Fact{inventory.FactComputeKeys, inventory.FactInstances},
	read: func(ctx context.Context, r *region) error {
		f := fleet{region: r, groups: map[string]bool{}}
		err := paged(func(token string) (string, error) {
			form := url.Values{"Filter.1.Name": {"instance-state-name"}, "Filter.1.Value.1": {"running"}, "MaxResults": {"1000"}}
			var page instancesPage
			if err := r.query(ctx, actInstances, withToken(form, token), &page); err != nil {
				return "", err
			}
			for i := range page.Instances {
				f.add(&page.Instances[i])
			}
			return page.NextToken, nil
		})
		f.readUserData(ctx)
		return err
	},
	try: func(ctx context.Context, r *region) {
		_ = r.query(ctx, actInstances, url.Values{"MaxResults": {"5"}}, &instancesPage{})
		_ = r.query(ctx, actInstanceAttribute, url.Values{"InstanceId": {"i-00000000000000000"}, "Attribute": {"userData"}}, &userDataPage{})
	},
}

func withToken(form url.Values, token string) url.Values {
	if token != "" {
		form.Set("NextToken", token)
	}
	return form
}

// instancesPage is what is read of the answer to DescribeInstances.
type instancesPage struct {
	NextToken string        `xml:"nextToken"`
	Instances []ec2Instance `xml:"reservationSet>item>instancesSet>item"`
}

type ec2Instance struct {
	ID       string `xml:"instanceId"`
	Launched string `xml:"launchTime"`
	Profile  string `xml:"iamInstanceProfile>arn"`
	Public   string `xml:"ipAddress"`
	V6       string `xml:"ipv6Address"`
	Tags     []struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	} `xml:"tagSet>item"`
}

func (i *ec2Instance) tag(key string) string {
	for _, t := range i.Tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// userDataPage is what is read of the answer to DescribeInstanceAttribute.
type userDataPage struct {
	Value string `xml:"userData>value"`
}

// fleet is the running instances of one region. Those that a group launched alike are one
// resource: their user data is read once, and what is to be done about them is done once.
type fleet struct {
	*region
	groups map[string]bool // of which the user data is read, with the version it was launched from
	wanted []wantedData
}

type wantedData struct{ instance, arn, profile string }

func (f *fleet) add(i *ec2Instance) {
	if !instanceForm(i.ID) {
		return
	}
	f.v.ownAddress(i.Public, inventory.AddressInstance, f.name, i.Launched)
	f.v.ownAddress(i.V6, inventory.AddressInstance, f.name, i.Launched)
	arn, key := f.arn("ec2", "instance/"+i.ID), i.ID
	since, _ := time.Parse(time.RFC3339, i.Launched) // not known where it cannot be read
	if group := i.tag("aws:autoscaling:groupName"); group != "" {
		arn = f.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+group)
		since = time.Time{} // instances of a group come and go
		key = strings.Join([]string{arn, i.tag("aws:ec2launchtemplate:id"), i.tag("aws:ec2launchtemplate:version")}, " ")
	}
	if i.Profile == "" {
		f.found(inventory.Resource{ARN: arn, Running: 1, Since: since.UTC()}, nil)
	}
	if !f.groups[key] {
		f.groups[key] = true
		f.wanted = append(f.wanted, wantedData{i.ID, arn, i.Profile})
	}
}

func instanceForm(id string) bool {
	return strings.HasPrefix(id, "i-") && len(id) <= 32 && strings.Trim(id[2:], "0123456789abcdef") == ""
}

// arn names a resource of the account in the region.
func (r *region) arn(service, rest string) string {
	return "arn:" + r.v.c.partition + ":" + service + ":" + r.name + ":" + r.v.a.ID + ":" + rest
}

// readUserData asks for the user data of each instance or group. An instance that is gone by
// then has none; after any other failure the rest is not known.
func (f *fleet) readUserData(ctx context.Context) {
	_ = f.each(len(f.wanted), func(i int) error { // a failure is told where it is met
		w := f.wanted[i]
		var page userDataPage
		err := f.query(ctx, actInstanceAttribute, url.Values{"InstanceId": {w.instance}, "Attribute": {"userData"}}, &page)
		if err != nil {
			if strings.HasPrefix(describe(err).code, "InvalidInstanceID") {
				return nil
			}
			f.miss(inventory.FactComputeKeys, actInstanceAttribute, err)
			return err
		}
		var h haystack
		h.userData(page.Value)
		f.found(inventory.Resource{ARN: w.arn, Role: w.profile}, f.keysIn(&h))
		return nil
	})
}

// each does something for n things, a few at once. After a failure, which it returns, it begins no other.
func (r *region) each(n int, do func(i int) error) error {
	var mu sync.Mutex
	var failed error
	next := 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next <= n && failed == nil
	}
	var wg sync.WaitGroup
	for range min(n, inFlight) {
		wg.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := do(i); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// readTemplates reads the newest and the default version of every launch template.
var readTemplates = reader{
	service: ec2Service,
	actions: []action{actTemplates},
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			form := url.Values{"LaunchTemplateVersion.1": {"$Latest"}, "LaunchTemplateVersion.2": {"$Default"}, "MaxResults": {"200"}}
			var page templatesPage
			if err := r.query(ctx, actTemplates, withToken(form, token), &page); err != nil {
				return "", err
			}
			for _, t := range page.Versions {
				var h haystack
				h.userData(t.UserData)
				r.found(inventory.Resource{ARN: r.arn("ec2", "launch-template/"+t.ID), Version: t.Version, Role: t.Profile}, r.keysIn(&h))
			}
			return page.NextToken, nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.query(ctx, actTemplates, url.Values{"LaunchTemplateVersion.1": {"$Latest"}, "MaxResults": {"1"}}, &templatesPage{})
	},
}

// templatesPage is what is read of the answer to DescribeLaunchTemplateVersions.
type templatesPage struct {
	NextToken string `xml:"nextToken"`
	Versions  []struct {
		ID       string `xml:"launchTemplateId"`
		Version  string `xml:"versionNumber"`
		UserData string `xml:"launchTemplateData>userData"`
		Profile  string `xml:"launchTemplateData>iamInstanceProfile>arn"`
	} `xml:"launchTemplateVersionSet>item"`
}

// readConfigurations reads the launch configurations of Auto Scaling.
var readConfigurations = reader{
	service: &service{name: "autoscaling", id: "Auto Scaling", version: "2011-01-01"},
	actions: []action{actConfigurations},
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			var page configurationsPage
			if err := r.query(ctx, actConfigurations, withToken(url.Values{"MaxRecords": {"100"}}, token), &page); err != nil {
				return "", err
			}
			for _, c := range page.Configurations {
				var h haystack
				h.userData(c.UserData)
				r.found(inventory.Resource{ARN: c.ARN}, r.keysIn(&h))
			}
			return page.NextToken, nil
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.query(ctx, actConfigurations, url.Values{"MaxRecords": {"1"}}, &configurationsPage{})
	},
}

// configurationsPage is what is read of the answer to DescribeLaunchConfigurations.
type configurationsPage struct {
	NextToken      string `xml:"DescribeLaunchConfigurationsResult>NextToken"`
	Configurations []struct {
		ARN      string `xml:"LaunchConfigurationARN"`
		UserData string `xml:"UserData"`
	} `xml:"DescribeLaunchConfigurationsResult>LaunchConfigurations>member"`
}

// userData adds user data as AWS gives it: base64 of a script, of something compressed, or of
// MIME with parts of both.
func (h *haystack) userData(encoded string) {
	if encoded = strings.TrimSpace(encoded); encoded == "" {
		return
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		h.passage(inventory.InUserData, "", []byte(encoded)) // not as AWS gives it: searched as it is
		return
	}
	h.unpacked(inventory.InUserData, data)
	clear(data)
}
