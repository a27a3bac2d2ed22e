package awssim

import (
	"slices"
	"strconv"
)

// Tree is the organization above the accounts of Organization. Only the management account and the
// delegated administrators may ask about it.
type Tree struct {
	Management string
	// Delegated are administrators that the management account has made.
	Delegated []string
	Units     []Unit
	// Parents maps accounts to units; one that is not there stands below the root.
	Parents map[string]string
	// Policies are the service control policies. FullAWSAccess stands everywhere, unless Bare names the target.
	Policies []ControlPolicy
	Bare     []string
	// PoliciesOff: service control policies are not in use.
	PoliciesOff bool
	// Features are those of central root access; Untrusted: IAM has no trusted access at all.
	Features  []string
	Untrusted bool
	// Paths makes ListAccounts tell the path of each account.
	Paths bool
}

// RootID is the id of the root of every tree.
const RootID = "r-sim0"

// Unit is an organizational unit; an empty Parent is the root.
type Unit struct{ ID, Name, Parent string }

// ControlPolicy is a service control policy and where it stands.
type ControlPolicy struct {
	ID, Name, Document string
	Targets            []string
}

const fullAccess = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// mayAsk is the refusal for who may not ask about the organization.
func (s *Server) mayAsk(q *request) (*Tree, *reply) {
	t := s.world.Tree
	switch {
	case t == nil:
		r := fail(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
		return nil, &r
	case q.id != t.Management && !slices.Contains(t.Delegated, q.id):
		r := fail(400, "AccessDeniedException", "You don't have permissions to access this resource.")
		return nil, &r
	}
	return t, nil
}

func (s *Server) describeOrganization(q *request) reply {
	t := s.world.Tree
	if t == nil {
		return fail(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	}
	return encoded(map[string]any{"Organization": map[string]any{
		"Id": "o-simulated0", "MasterAccountId": t.Management, "FeatureSet": "ALL",
		"Arn": "arn:" + s.world.partition() + ":organizations::" + t.Management + ":organization/o-simulated0",
	}})
}

func (s *Server) listRoots(q *request) reply {
	t, refused := s.mayAsk(q)
	if refused != nil {
		return *refused
	}
	kinds := []any{map[string]any{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}}
	if t.PoliciesOff {
		kinds = []any{}
	}
	return encoded(map[string]any{"Roots": []any{map[string]any{"Id": RootID, "Name": "Root", "PolicyTypes": kinds}}})
}

// rows answers a part of a list, 20 a page.
func (s *Server) rows(q *request, name string, all []any) reply {
	marker, _ := q.json["NextToken"].(string)
	from, to, next := s.window(marker, strconv.Itoa(20), len(all))
	out := map[string]any{name: append([]any{}, all[from:to]...)}
	if next != "" {
		out["NextToken"] = next
	}
	return encoded(out)
}

func (s *Server) listUnits(q *request) reply {
	t, refused := s.mayAsk(q)
	if refused != nil {
		return *refused
	}
	var all []any
	for _, u := range t.Units {
		if orRoot(u.Parent) == q.json["ParentId"] {
			all = append(all, map[string]any{"Id": u.ID, "Name": u.Name})
		}
	}
	return s.rows(q, "OrganizationalUnits", all)
}

func orRoot(id string) string {
	if id == "" {
		return RootID
	}
	return id
}

func (s *Server) listAccountsForParent(q *request) reply {
	t, refused := s.mayAsk(q)
	if refused != nil {
		return *refused
	}
	var all []any
	for _, m := range s.world.Organization {
		if orRoot(t.Parents[m.ID]) == q.json["ParentId"] {
			all = append(all, map[string]any{"Id": m.ID, "Name": m.Name, "State": m.State})
		}
	}
	return s.rows(q, "Accounts", all)
}

// pathOf is the path of an account as ListAccounts tells it.
func (t *Tree) pathOf(account string) string {
	path := account + "/"
	for id := t.Parents[account]; id != ""; {
		path = id + "/" + path
		at := slices.IndexFunc(t.Units, func(u Unit) bool { return u.ID == id })
		id = t.Units[at].Parent
	}
	return "o-simulated0/" + RootID + "/" + path
}

func (t *Tree) all() []ControlPolicy {
	return append([]ControlPolicy{{ID: "p-FullAWSAccess", Name: "FullAWSAccess", Document: fullAccess}}, t.Policies...)
}

func (s *Server) listPolicies(q *request) reply {
	t, refused := s.mayAsk(q)
	if refused != nil {
		return *refused
	}
	if q.json["Filter"] != "SERVICE_CONTROL_POLICY" {
		s.surprise("%s of type %v", q.action, q.json["Filter"])
	}
	var all []any
	for _, p := range t.all() {
		all = append(all, map[string]any{"Id": p.ID, "Name": p.Name, "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": p.ID == "p-FullAWSAccess"})
	}
	return s.rows(q, "Policies", all)
}

func (s *Server) listTargetsForPolicy(q *request) reply {
	t, refused := s.mayAsk(q)
	if refused != nil {
		return *refused
	}
	var all []any
	add := func(id string) { all = append(all, map[string]any{"TargetId": id, "Name": id}) }
	for _, p := range t.Policies {
		if p.ID == q.json["PolicyId"] {
			for _, id := range p.Targets {
				add(id)
			}
		}
	}
	if q.json["PolicyId"] == "p-FullAWSAccess" {
		ids := []string{RootID}
		for _, u := range t.Units {
			ids = append(ids, u.ID)
		}
		for _, m := range s.world.Organization {
			ids = append(ids, m.ID)
		}
		for _, id := range ids {
			if !slices.Contains(t.Bare, id) {
				add(id)
			}
		}
	}
	return s.rows(q, "Targets", all)
}

func (s *Server) describePolicy(q *request) reply {
	t, refused := s.mayAsk(q)
	if refused != nil {
		return *refused
	}
	for _, p := range t.all() {
		if p.ID == q.json["PolicyId"] {
			return encoded(map[string]any{"Policy": map[string]any{
				"PolicySummary": map[string]any{"Id": p.ID, "Name": p.Name, "Type": "SERVICE_CONTROL_POLICY"}, "Content": p.Document,
			}})
		}
	}
	return fail(400, "PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
}

func (s *Server) listDelegatedAdministrators(q *request) reply {
	t, refused := s.mayAsk(q)
	if refused != nil {
		return *refused
	}
	var all []any
	for _, id := range t.Delegated {
		all = append(all, map[string]any{"Id": id})
	}
	return s.rows(q, "DelegatedAdministrators", all)
}

func (s *Server) listOrganizationsFeatures(q *request) reply {
	t := s.world.Tree
	switch {
	case t == nil:
		return fail(404, "OrganizationNotFoundException", "No organization was found.")
	case q.id != t.Management && !slices.Contains(t.Delegated, q.id):
		return fail(400, "AccountNotManagementOrDelegatedAdministratorException", "The account is neither.")
	case t.Untrusted:
		return fail(400, "ServiceAccessNotEnabledException", "Trusted access is not enabled for IAM.")
	}
	d := &doc{}
	d.b.WriteString("<ListOrganizationsFeaturesResponse><ListOrganizationsFeaturesResult><OrganizationId>o-simulated0</OrganizationId><EnabledFeatures>")
	for _, f := range t.Features {
		d.text("member", f)
	}
	d.b.WriteString("</EnabledFeatures></ListOrganizationsFeaturesResult></ListOrganizationsFeaturesResponse>")
	return reply{status: 200, body: d.b.String()}
}
