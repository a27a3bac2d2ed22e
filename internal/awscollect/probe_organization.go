package awscollect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// ProbeOrganization tries what is asked about the organization as a whole, once each; nothing where there
// is none.
func (c *Collector) ProbeOrganization(ctx context.Context) []ActionProbe {
	p := &prober{c: c, tried: map[action]*ActionProbe{}}
	_, err := try(ctx, p, actDescribeOrganization, c.org.DescribeOrganization, &organizations.DescribeOrganizationInput{})
	if err != nil && describe(err).code == "AWSOrganizationsNotInUseException" {
		return nil
	}
	roots, err := try(ctx, p, actListRoots, c.org.ListRoots, &organizations.ListRootsInput{})
	if err == nil && len(roots.Roots) > 0 {
		root := roots.Roots[0].Id
		_, _ = try(ctx, p, actListUnits, c.org.ListOrganizationalUnitsForParent, &organizations.ListOrganizationalUnitsForParentInput{ParentId: root})
		_, _ = try(ctx, p, actListChildren, c.org.ListAccountsForParent, &organizations.ListAccountsForParentInput{ParentId: root})
	}
	policies, err := try(ctx, p, actListPolicies, c.org.ListPolicies, &organizations.ListPoliciesInput{Filter: types.PolicyTypeServiceControlPolicy})
	if err == nil && len(policies.Policies) > 0 {
		id := policies.Policies[0].Id
		_, _ = try(ctx, p, actListTargets, c.org.ListTargetsForPolicy, &organizations.ListTargetsForPolicyInput{PolicyId: id, MaxResults: aws.Int32(1)})
		_, _ = try(ctx, p, actDescribePolicy, c.org.DescribePolicy, &organizations.DescribePolicyInput{PolicyId: id})
	}
	_, _ = try(ctx, p, actListDelegated, c.org.ListDelegatedAdministrators, &organizations.ListDelegatedAdministratorsInput{})
	client := iam.NewFromConfig(c.aws)
	_, err = try(ctx, p, actOrganizationsFeatures, client.ListOrganizationsFeatures, &iam.ListOrganizationsFeaturesInput{})
	if err != nil && describe(err).code == "ServiceAccessNotEnabledException" {
		p.tried[actOrganizationsFeatures].Fault = nil // it was answered: no feature is on
	}
	var out []ActionProbe
	for _, a := range organizationActions {
		if tried := p.tried[a]; tried != nil {
			out = append(out, *tried)
		}
	}
	return out
}
