package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The facts about compute. They are regional: a Missing about them may name the service and
// the region that were not read, and then says nothing about the others.
const (
	// FactComputeKeys is which access keys stand in the configuration of compute.
	FactComputeKeys Fact = "keys-in-compute"
	// FactInstances is which running instances have no role.
	FactInstances Fact = "instances-without-role"
)

// Compute is what was read of the compute of an account: what holds a key, and what runs
// without a role. Resources of which nothing of that, and no file unread, is to be told are not kept.
type Compute struct {
	// Regions are those that were read, sorted.
	Regions []string `json:"regions"`
	// Off are the services that are read only where the role is granted it, and it was not.
	Off []string `json:"off,omitempty"`
	// Nameless are "service/region" of which the name of the endpoint does not exist: the region does not have the
	// service, unless whoever was asked for the name hides it. That is no fault, and no proof.
	Nameless []string `json:"nameless,omitempty"`
	// Resources are sorted by ARN, each once.
	Resources []Resource `json:"resources"`
}

// Resource is one function, task definition, project, instance, ….
type Resource struct {
	// ARN names the resource for good: without the revision of a task definition, and of
	// instances that a group launched alike it is the group's.
	ARN string `json:"arn"`
	// Name is what commands call the resource, where the ARN does not end with it; empty otherwise.
	Name string `json:"name,omitempty"`
	// Service is as IAM names it: lambda, ec2, ecs, codebuild, autoscaling, ….
	Service string `json:"service"`
	Region  string `json:"region"`
	// Version is the revision that was read, where there are several; the newest of those with a key.
	Version string `json:"version,omitempty"`
	// Role is the ARN of the role that the resource has already; empty when it has none, or
	// when it is not known.
	Role string       `json:"role,omitempty"`
	Keys []ComputeKey `json:"keys,omitempty"`
	// Running is how many running EC2 instances without a role it is: one, or of a group all of its own.
	Running int `json:"running,omitempty"`
	// Unread is how many files that belong to the configuration were not read: without them nobody can
	// say that the resource holds no key.
	Unread int `json:"unread,omitempty"`
	// Since is when the instance was launched; zero for anything else.
	Since time.Time `json:"since,omitzero"`
}

// Group reports whether the resource is an Auto Scaling group, which stands for its instances.
func (r *Resource) Group() bool { return strings.Contains(r.ARN, ":autoScalingGroup:") }

// Template reports whether the resource is a launch template.
func (r *Resource) Template() bool { return strings.Contains(r.ARN, ":launch-template/") }

// Bucket reports whether the resource is a bucket that has keys of its own.
func (r *Resource) Bucket() bool {
	return slices.ContainsFunc(r.Keys, func(k ComputeKey) bool { return k.Where == InBucket })
}

// The places in a resource where a key may stand.
const (
	InEnvironment = "environment"
	InSecret      = "secret"
	InCommand     = "command"
	InUserData    = "user-data"
	InBuildspec   = "buildspec"
	InArguments   = "arguments"
	InConnection  = "connection"
	InDefinition  = "definition"
	InScript      = "script"
	InFile        = "environment-file"
	InParameter   = "parameter"
	InOutput      = "output"
	InValue       = "value"
	InTemplate    = "template"
	// InStack is a key that a stack has made and keeps; Variable is its logical id.
	InStack = "stack"
	// InBucket is a key that a bucket of Lightsail has of its own: it is of no IAM user.
	InBucket = "bucket"
)

// ComputeKey is one place where a key stands. Its value never leaves the reader.
type ComputeKey struct {
	// KeyID is AKIA…; empty where only a reference says that there is a key, whose value is
	// kept elsewhere.
	KeyID string `json:"key_id,omitempty"`
	// Variable is the name that the key stands under; empty when it has none.
	Variable string `json:"variable,omitempty"`
	Where    string `json:"where"`
	// Part is the container, or the like, within the resource.
	Part string `json:"part,omitempty"`
}

// CompareComputeKeys is the order of places in a resource.
func CompareComputeKeys(a, b ComputeKey) int {
	return cmp.Or(cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Variable, b.Variable))
}

func (c *Compute) sort() {
	if c == nil {
		return
	}
	slices.Sort(c.Regions)
	slices.Sort(c.Off)
	slices.Sort(c.Nameless)
	c.Nameless = slices.Compact(c.Nameless)
	slices.SortStableFunc(c.Resources, func(x, y Resource) int { return cmp.Compare(x.ARN, y.ARN) })
	for i := range c.Resources {
		r := &c.Resources[i]
		slices.SortStableFunc(r.Keys, CompareComputeKeys)
		r.Keys = slices.Compact(r.Keys)
	}
}

// canonical is a copy that shares no list.
func (c *Compute) canonical() *Compute {
	if c == nil {
		return nil
	}
	out := &Compute{Regions: list(c.Regions), Off: slices.Clone(c.Off), Nameless: slices.Clone(c.Nameless), Resources: list(c.Resources)}
	for i := range out.Resources {
		r := &out.Resources[i]
		r.Since = r.Since.UTC()
		r.Keys = slices.Clone(r.Keys)
	}
	return out
}

// noCompute is the missing fact of an account whose compute was not looked at.
func (a *Account) noCompute(f Fact) (Missing, bool) {
	if f != FactComputeKeys && f != FactInstances || a.Compute != nil {
		return Missing{}, false
	}
	for _, m := range a.Missing {
		if m.Fact == f {
			return m, true
		}
	}
	return Missing{Fact: f, Cause: "compute was not read when the account was", Offline: true}, true
}

// LacksAt returns the first reason why a regional fact is missing for a service in a region.
func (a *Account) LacksAt(f Fact, service, region string) (Missing, bool) {
	if a.Status == Failed || a.Status == Skipped {
		return Missing{Fact: f, Cause: a.Cause}, true
	}
	if m, ok := a.noCompute(f); ok {
		return m, true
	}
	for _, m := range a.Missing {
		if m.Fact == f && (m.Service == "" || m.Service == service) && (m.Region == "" || m.Region == region) {
			return m, true
		}
	}
	if slices.Contains(a.Compute.Off, service) {
		return Missing{Fact: f, Service: service, Region: region, Cause: "the role is not granted to read it", Offline: true}, true
	}
	if slices.Contains(a.Compute.Nameless, service+"/"+region) {
		return Missing{Fact: f, Service: service, Region: region, Cause: "the service has no endpoint in the region by its name", Offline: true}, true
	}
	if !slices.Contains(a.Compute.Regions, region) {
		return Missing{Fact: f, Service: service, Region: region, Cause: "the region was not read"}, true
	}
	return Missing{}, false
}

func (c *Compute) validate(partition, account string) error {
	if c == nil {
		return nil
	}
	seen := map[string]bool{}
	for i := range c.Resources {
		r, at := &c.Resources[i], fmt.Sprintf("compute.resources[%d].", i)
		switch {
		case !ValidResourceARN(r.ARN, partition, account, r.Region):
			return fmt.Errorf("%sarn: %q is not the ARN of a resource of account %s in region %q", at, clip(r.ARN), account, clip(r.Region))
		case seen[r.ARN]:
			return fmt.Errorf("%sarn: %q stands there twice", at, clip(r.ARN))
		case !validWord(r.Service) || !validWord(r.Region):
			return fmt.Errorf("%sservice, region: %q, %q are none", at, clip(r.Service), clip(r.Region))
		case r.Running < 0:
			return fmt.Errorf("%srunning: it is %d", at, r.Running)
		case r.Unread < 0:
			return fmt.Errorf("%sunread: it is %d", at, r.Unread)
		}
		seen[r.ARN] = true
		for n, k := range r.Keys {
			if k.KeyID != "" && !validUniqueID(k.KeyID) {
				return fmt.Errorf("%skeys[%d].key_id: %q is no id of AWS", at, n, clip(k.KeyID))
			}
			if !validWord(k.Where) {
				return fmt.Errorf("%skeys[%d].where: %q is none", at, n, clip(k.Where))
			}
		}
	}
	return nil
}

// ValidResourceARN reports whether an ARN is of a resource of the account in the region:
// arn:PARTITION:SERVICE:REGION:ACCOUNT:…, of characters that can be seen.
func ValidResourceARN(arn, partition, account, region string) bool {
	part := strings.SplitN(arn, ":", 6)
	return len(part) == 6 && len(arn) <= 2048 && part[0] == "arn" && part[1] == partition && validWord(part[2]) &&
		part[3] == region && part[4] == account && part[5] != "" &&
		strings.IndexFunc(arn, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}

// validWord takes what services, regions and places are called.
func validWord(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
