package checks

import (
	"strings"

	"github.com/keysweep/keysweep/internal/guardrail"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/orgpolicy"
	"github.com/keysweep/keysweep/internal/policy"
)

// guard is how the account of an evaluation stands to a guardrail, found out when a check first asks.
type guard struct {
	account *inventory.Account
	policy  *policy.Policy
	judge   *guardrail.Judge
	state   *guardrail.State
}

func (g *guard) get() *guardrail.State {
	if g.state == nil {
		if g.judge == nil {
			g.judge = guardrail.NewJudge()
		}
		g.state = g.judge.State(g.account, g.policy)
	}
	return g.state
}

const (
	idGuardrailMissing    = "guardrail-missing"
	idGuardrailPremature  = "guardrail-premature"
	idRootNotCentralised  = "root-not-centralised"
	textControlTower      = "Where Control Tower governs the organization, turn on its controls about root too: "
	textTryGuard          = "Watch CloudTrail of the account for a week for requests that the policy denied, in the region that has the events of IAM: us-east-1 in the aws partition. Who should have passed is exempted in it, by name."
	commandDeniedRequests = "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateAccessKey --max-results 50"
)

var guardrailMissing = &Check{
	ID: idGuardrailMissing, Title: "New users and keys can still be made",
	Severity: Medium, Horizon: LongTerm, Kind: SubjectAccount,
	Needs: []inventory.Fact{
		inventory.FactControlPolicies, inventory.FactUsers, inventory.FactAccessKeys, inventory.FactServiceCredentials,
		inventory.FactSSHKeys, inventory.FactCertificates,
	},
	Finds: "an account whose policies let new IAM users or keys be made, while nothing there needs them any more",
	Why: "The account got rid of its long-lived credentials. Until a policy of the organization denies new ones, each of them can come back " +
		"with the next script, vendor or tutorial, and nobody notices before the next audit.",
	Controls: controlsCentral,
	Holds: func(s *Subject) bool {
		g := s.guard.get()
		return g.Ready && (allowed(g, orgpolicy.CreateUser) || allowed(g, orgpolicy.CreateAccessKey))
	},
	unsure: func(s *Subject) string { return unreadPolicies(s, orgpolicy.CreateUser, orgpolicy.CreateAccessKey) },
	Notes:  guardNotes,
	Steps: func(s *Subject) []Step {
		account := Quote(s.Account.ID)
		steps := []Step{
			{Text: "See in guardrails/readiness.json of the report in which wave the account is: those that are no production come first."},
			{
				Text:    "Make the policy once, from the management account, as the next step is too. The report holds it, with the principals of break-glass exempted. Set POLICY_ID to the id that this prints.",
				Command: "aws organizations create-policy --type SERVICE_CONTROL_POLICY --name deny-new-users-and-keys --description 'Made by keysweep' --content file://guardrails/deny-new-users-and-keys.json --query Policy.PolicySummary.Id --output text",
			},
			{Text: "Attach it to the account.", Command: `aws organizations attach-policy --policy-id "$POLICY_ID" --target-id ` + account},
			{Text: textTryGuard, Command: commandDeniedRequests},
		}
		if off := s.guard.get().Off; len(off) > 0 {
			steps = append(steps, Step{Text: textControlTower + controlNames(off) + "."})
		}
		return steps
	},
	headline: func(s *Subject) string {
		return "New users and keys can be made in account " + accountLabel(s) + ", where nothing needs them"
	},
	replace: always(Replacement{
		replaceIdentityCenter, "Nobody here needs an IAM user or a key: people sign in through IAM Identity Center, workloads take the role of their compute.",
	}),
	cleared: func(s *Subject) string {
		if !s.guard.get().Ready {
			return "something in the account needs new users or keys, or no policy reaches it"
		}
		return "the policies of the organization deny new users and keys"
	},
}

var guardrailPremature = &Check{
	ID: idGuardrailPremature, Title: "New keys are denied too early",
	Severity: Medium, Horizon: LongTerm, Kind: SubjectAccount,
	Needs: []inventory.Fact{inventory.FactControlPolicies, inventory.FactUsers},
	Finds: "a deny on key creation over an account that still has active keys: rotation is blocked",
	Why: "To rotate a key is to make a new one and to delete the old. Where new ones are denied while keys are in use, these only grow older, " +
		"and one that leaks cannot be replaced without an outage.",
	Controls: controlsKeyAge,
	Holds: func(s *Subject) bool {
		g := s.guard.get()
		return !s.Account.IsManagement() && g.Guarded(orgpolicy.CreateAccessKey) && len(g.ActiveKeys()) > 0
	},
	unsure: func(s *Subject) string {
		if why := unreadPolicies(s, orgpolicy.CreateAccessKey); why != "" {
			return why
		}
		if m, ok := s.Account.LacksAnywhere(inventory.FactAccessKeys); ok && len(s.guard.get().ActiveKeys()) == 0 {
			return notCollected(m)
		}
		return ""
	},
	Notes: guardNotes,
	Steps: func(s *Subject) []Step {
		by := s.guard.get().DeniedBy(orgpolicy.CreateAccessKey)
		steps := []Step{
			{Text: "Retire the active keys of the account: each has a finding of its own, or guardrails/readiness.json names it. With the last of them this is settled, and the policy stays where it is."},
			{Text: "Where a key has to be rotated before: exempt the principal that rotates it in the policy, by its ARN, or take the policy off the account until the key is gone. Whoever is exempt is named for a time and taken out again."},
		}
		if len(by) > 0 {
			steps = append(steps, Step{
				Text:    "See where the policy stands. Attached to an organizational unit it guards other accounts too: do not detach it there.",
				Command: "aws organizations list-targets-for-policy --policy-id " + Quote(by[0]),
			})
		}
		return steps
	},
	headline: func(s *Subject) string {
		return "Keys of account " + accountLabel(s) + " cannot be rotated: its policies deny new ones"
	},
	replace: always(Replacement{
		replaceRolesAnywhere, "What still uses a key takes a role: that of its compute on AWS, IAM Roles Anywhere elsewhere. Then there is nothing to rotate.",
	}),
	cleared: func(s *Subject) string {
		if len(s.guard.get().ActiveKeys()) == 0 {
			return "no user of the account has an active key that would have to be rotated"
		}
		return "no policy of the organization denies new keys in the account"
	},
}

var rootNotCentralised = &Check{
	ID: idRootNotCentralised, Title: "Root credentials are not managed centrally",
	Severity: Medium, Horizon: LongTerm, Kind: SubjectAccount,
	Needs: []inventory.Fact{inventory.FactCentralRoot},
	Finds: "an organization without central root credential management (on the management account)",
	Why: "Without it each member account keeps a root user with a password, and perhaps keys, that somebody has to guard. With it these can be removed " +
		"from the management account, and new accounts have none.",
	Controls: controlsRootKey,
	Holds: func(s *Subject) bool {
		return s.Account.IsManagement() && !hasFeature(s.Account, inventory.RootCredentialsManagement)
	},
	Notes: func(s *Subject) []string {
		if hasFeature(s.Account, inventory.RootSessions) {
			return []string{"Sessions of root in member accounts are on; management of their credentials is not."}
		}
		return nil
	},
	Steps: func(*Subject) []Step {
		return []Step{
			{Text: "In the management account, let IAM work with the organization.", Command: "aws organizations enable-aws-service-access --service-principal iam.amazonaws.com"},
			{Text: "Turn on central management of root credentials.", Command: "aws iam enable-organizations-root-credentials-management"},
			{Text: "Turn on sessions of root, so that the few things that only root can do need no password of root.", Command: "aws iam enable-organizations-root-sessions"},
			{Text: "Remove the root credentials of the member accounts, in the console of IAM under Root access management, one account after the other; see first in CloudTrail that nobody uses them."},
			{Text: textControlTower + controlNames(orgpolicy.RootControls()) + "."},
		}
	},
	headline: func(s *Subject) string {
		return "The organization of account " + accountLabel(s) + " does not manage root credentials centrally"
	},
	replace: always(Replacement{replaceDelete, "In member accounts root needs no credentials: the management account takes a session of root for the few things that need it."}),
	cleared: func(s *Subject) string {
		if !s.Account.IsManagement() {
			return "the account is not the management account of an organization"
		}
		return "the organization manages root credentials centrally"
	},
}

func hasFeature(a *inventory.Account, feature string) bool {
	for _, f := range a.Organization.CentralRoot {
		if f == feature {
			return true
		}
	}
	return false
}

func allowed(g *guardrail.State, a orgpolicy.Action) bool {
	e, known := g.Effect(a)
	return known && e == orgpolicy.Allowed
}

// unreadPolicies says which policies would have to be known to judge an action; empty when none.
func unreadPolicies(s *Subject, actions ...orgpolicy.Action) string {
	for _, a := range actions {
		if d, ok := s.guard.get().Decisions[a]; ok && !d.Known() {
			return "service control policy " + oneLine(strings.Join(d.Unknown, ", ")) + " could not be read"
		}
	}
	return ""
}

func controlNames(list []orgpolicy.Control) string {
	var out []string
	for _, c := range list {
		out = append(out, c.ID+" ("+c.Title+")")
	}
	return strings.Join(out, ", ")
}

// exemptAtMost is how many of those who are exempt a note names.
const exemptAtMost = 10

// guardNotes say what the policies make of new users and keys, and for whom they leave it. Principals are
// left out where names are hidden.
func guardNotes(s *Subject) []string {
	g := s.guard.get()
	var out []string
	for _, a := range []orgpolicy.Action{orgpolicy.CreateUser, orgpolicy.CreateAccessKey} {
		d := g.Decisions[a]
		note := string(a) + " is " + string(d.Effect)
		if len(d.By) > 0 {
			note += ", by " + oneLine(strings.Join(d.By, ", "))
		}
		if len(d.Except) > 0 && !s.traits.redacted {
			named := d.Except[:min(len(d.Except), exemptAtMost)]
			note += "; it stays allowed for " + oneLine(strings.Join(named, "; "))
			if len(named) < len(d.Except) {
				note += "; and others"
			}
		}
		out = append(out, note+".")
		if len(d.Partly) > 0 {
			out = append(out, oneLine(strings.Join(d.Partly, ", "))+" denies or allows "+string(a)+" only to some, or under conditions: that is no guard.")
		}
	}
	return out
}
