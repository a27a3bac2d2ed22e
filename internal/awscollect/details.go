package awscollect

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/keysweep/keysweep/internal/inventory"
)

// details are the authorization details of an account, before they are put together.
type details struct {
	users    []types.UserDetail
	groups   map[string]types.GroupDetail
	policies map[string]string // documents of customer managed policies by ARN
}

// readDetails reads users with tags, groups and policies in one paged call. Policies that
// AWS manages are left out: they are judged by their names.
func (v *visit) readDetails(ctx context.Context) {
	d := details{groups: map[string]types.GroupDetail{}, policies: map[string]string{}}
	err := pages(ctx, v, actDetails, v.iam.GetAccountAuthorizationDetails,
		&iam.GetAccountAuthorizationDetailsInput{
			Filter:   []types.EntityType{types.EntityTypeUser, types.EntityTypeGroup, types.EntityTypeLocalManagedPolicy},
			MaxItems: aws.Int32(maxItems),
		},
		func(in *iam.GetAccountAuthorizationDetailsInput, m *string) { in.Marker = m },
		func(out *iam.GetAccountAuthorizationDetailsOutput) (bool, *string) {
			d.add(out)
			return out.IsTruncated, out.Marker
		})
	if err != nil {
		for _, f := range []inventory.Fact{inventory.FactUserIDs, inventory.FactUserTags, inventory.FactUserPolicies} {
			v.lack(f, "", "", actDetails, err)
		}
		return
	}
	v.people = true
	names := map[string]bool{}
	for _, u := range d.users {
		name := aws.ToString(u.UserName)
		if name == "" || names[name] {
			continue // pages may overlap when users are made meanwhile
		}
		names[name] = true
		user, unreadable := d.user(u)
		v.a.Users = append(v.a.Users, user)
		for _, policy := range unreadable {
			v.miss(inventory.Missing{Fact: inventory.FactUserPolicies, User: name, Credential: policy, Action: string(actDetails), Cause: "the document of the policy could not be read"})
		}
	}
}

func (d *details) add(out *iam.GetAccountAuthorizationDetailsOutput) {
	d.users = append(d.users, out.UserDetailList...)
	for _, g := range out.GroupDetailList {
		d.groups[aws.ToString(g.GroupName)] = g
	}
	for _, p := range out.Policies {
		for _, version := range p.PolicyVersionList {
			if version.IsDefaultVersion {
				d.policies[aws.ToString(p.Arn)] = inventory.DecodeDocument(aws.ToString(version.Document))
			}
		}
	}
}

// user makes an inventory user. The policies that could not be read are named, unless the
// user is an administrator without them.
func (d *details) user(u types.UserDetail) (_ inventory.User, unreadable []string) {
	user := inventory.User{
		Name: aws.ToString(u.UserName), ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path), ID: aws.ToString(u.UserId),
		Created: aws.ToTime(u.CreateDate).UTC(), Groups: slices.Clone(u.GroupList), Keys: []inventory.AccessKey{},
	}
	for _, t := range u.Tags {
		if user.Tags == nil {
			user.Tags = map[string]string{}
		}
		user.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	grants := inventory.Grants{UserARN: user.ARN, Boundary: d.boundary(u.PermissionsBoundary)}
	d.grant(&user, &grants, "", u.AttachedManagedPolicies, u.UserPolicyList)
	for _, name := range user.Groups {
		g := d.groups[name]
		d.grant(&user, &grants, name, g.AttachedManagedPolicies, g.GroupPolicyList)
	}
	user.Administrator, unreadable = inventory.Administrator(grants)
	if user.Administrator != "" {
		unreadable = nil
	}
	return user, unreadable
}

// grant adds the policies on a user or, with via, on one of its groups.
func (d *details) grant(user *inventory.User, grants *inventory.Grants, via string, attached []types.AttachedPolicy, inline []types.PolicyDetail) {
	for _, p := range attached {
		g := inventory.Grant{ARN: aws.ToString(p.PolicyArn), Name: aws.ToString(p.PolicyName), Via: via}
		if g.Name == "" {
			g.Name = lastPart(g.ARN)
		}
		g.Document = d.policies[g.ARN]
		grants.Policies = append(grants.Policies, g)
		user.Policies = append(user.Policies, inventory.UserPolicy{ARN: g.ARN, Name: g.Name, Via: via})
	}
	for _, p := range inline {
		grants.Policies = append(grants.Policies, inventory.Grant{
			Name: aws.ToString(p.PolicyName), Document: inventory.DecodeDocument(aws.ToString(p.PolicyDocument)), Via: via,
		})
	}
}

func (d *details) boundary(b *types.AttachedPermissionsBoundary) inventory.Grant {
	if b == nil || aws.ToString(b.PermissionsBoundaryArn) == "" {
		return inventory.Grant{}
	}
	arn := *b.PermissionsBoundaryArn
	return inventory.Grant{ARN: arn, Name: lastPart(arn), Document: d.policies[arn]}
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
