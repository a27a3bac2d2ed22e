package awscollect

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

var lightsailService = &service{name: "lightsail", id: "Lightsail", target: "Lightsail_20161128", json: "1.1"}

// isBeingSetUp reports whether Lightsail has only now begun to set the region up for the account, in
// which there is nothing of it then.
func isBeingSetUp(err error) bool { return describe(err).code == "RegionSetupInProgressException" }

// readContainers reads the container services of Lightsail: what they run, and what they are about to.
var readContainers = reader{
	service: lightsailService,
	actions: []action{actContainerServices},
	read: func(ctx context.Context, r *region) error {
		var page containerServices
		if err := r.json(ctx, actContainerServices, struct{}{}, &page); err != nil {
			if isBeingSetUp(err) {
				return nil
			}
			return err
		}
		for i := range page.Services {
			r.containerService(&page.Services[i])
		}
		return nil
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actContainerServices, struct{}{}, &containerServices{})
	},
}

// The answer, as far as it is read.
type (
	containerServices struct {
		Services []containerService `json:"containerServices"`
	}
	containerService struct {
		ARN       string              `json:"arn"`
		Name      string              `json:"containerServiceName"`
		Principal string              `json:"principalArn"`
		Current   containerDeployment `json:"currentDeployment"`
		Next      containerDeployment `json:"nextDeployment"`
	}
	containerDeployment struct {
		Containers map[string]struct {
			Command     []string          `json:"command"`
			Environment map[string]string `json:"environment"`
		} `json:"containers"`
	}
)

func (r *region) containerService(s *containerService) {
	var h haystack
	for _, d := range []containerDeployment{s.Current, s.Next} {
		for _, name := range slices.Sorted(maps.Keys(d.Containers)) {
			c := d.Containers[name]
			h.variables(inventory.InEnvironment, name, c.Environment)
			h.passage(inventory.InCommand, name, []byte(strings.Join(c.Command, "\n")))
		}
	}
	r.found(inventory.Resource{ARN: s.ARN, Name: s.Name, Role: s.Principal}, r.keysIn(&h))
}

// readBuckets reads the access keys that buckets of Lightsail have of their own. They are long-lived
// and of no IAM user. Their secrets are in no answer.
var readBuckets = reader{
	service: lightsailService,
	actions: []action{actBuckets, actBucketKeys},
	read: func(ctx context.Context, r *region) error {
		err := paged(func(token string) (string, error) {
			var page bucketsPage
			if err := r.json(ctx, actBuckets, bucketsInput{Token: token}, &page); err != nil {
				return "", err
			}
			return page.NextToken, r.each(len(page.Buckets), func(i int) error { return r.bucket(ctx, &page.Buckets[i]) })
		})
		if err != nil && isBeingSetUp(err) {
			return nil
		}
		return err
	},
	try: func(ctx context.Context, r *region) {
		_ = r.json(ctx, actBuckets, bucketsInput{Bucket: nobody}, &bucketsPage{})
		_ = r.json(ctx, actBucketKeys, bucketsInput{Bucket: nobody}, &bucketKeysPage{})
	},
}

type bucketsInput struct {
	Bucket string `json:"bucketName,omitempty"`
	Token  string `json:"pageToken,omitempty"`
}

// The answers, as far as they are read.
type (
	bucketsPage struct {
		NextToken string            `json:"nextPageToken"`
		Buckets   []lightsailBucket `json:"buckets"`
	}
	lightsailBucket struct {
		ARN  string `json:"arn"`
		Name string `json:"name"`
	}
	bucketKeysPage struct {
		Keys []struct {
			ID     string `json:"accessKeyId"`
			Status string `json:"status"`
		} `json:"accessKeys"`
	}
)

// bucket reads the keys of one bucket; one that is gone by then has none.
func (r *region) bucket(ctx context.Context, b *lightsailBucket) error {
	var page bucketKeysPage
	if err := r.json(ctx, actBucketKeys, bucketsInput{Bucket: b.Name}, &page); err != nil {
		if describe(err).code == "NotFoundException" {
			return nil
		}
		return err
	}
	var keys []hit
	for _, k := range page.Keys {
		if k.Status == "Active" && keyIDForm.MatchString(k.ID) {
			keys = append(keys, hit{ComputeKey: inventory.ComputeKey{KeyID: k.ID, Where: inventory.InBucket}})
		}
	}
	r.found(inventory.Resource{ARN: b.ARN, Name: b.Name}, keys)
	return nil
}
