package checks

import (
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/policy"
)

const idAccountUnreadable = "account-unreadable"

// accountUnreadable is the one check that the facts of a run cannot decide: that an account
// was not read twice in a row takes a memory. The caller has it, and calls Unreadable.
var accountUnreadable = &Check{
	ID: idAccountUnreadable, Title: "Account that could not be audited",
	Severity: Medium, Horizon: Immediate, Kind: SubjectAccount,
	Needs: []inventory.Fact{},
	Finds: "an account that could not be audited, two runs in a row",
	Why: "What is not read is not known to be clean: new keys, leaked ones and forgotten users of this account stay unseen, " +
		"and its open issues can neither close nor move on.",
	Controls: []Control{{frameworkNIST, "AC-2"}, {frameworkNIST, "CA-7"}, {frameworkISO, "A.8.16"}},
}

// Unreadable is the finding about an account that could not be audited in this run nor in an
// earlier one; since is when the first of those runs tried. False when the policy switched
// the check off, or when the account was read or left out.
func Unreadable(a *inventory.Account, p *policy.Policy, o Options, since time.Time) (Finding, bool) {
	c, setting := accountUnreadable, p.Checks[idAccountUnreadable]
	if a.Status != inventory.Failed || setting.Disabled {
		return Finding{}, false
	}
	s := &Subject{Name: c.ID, Account: a, Policy: p, Now: o.Now}
	shown := s.shown(o.Display)
	f := Finding{
		ID: FindingID(a.Partition, a.ID, "", "", c.ID), Check: c.ID, Also: none, Severity: c.Severity,
		Title:     "Account " + accountLabel(shown) + " could not be audited",
		AccountID: shown.Account.ID, Account: shown.Account.Name,
		Resource: "arn:" + partitionOf(a) + ":iam::" + shown.Account.ID + ":root",
		Evidence: Evidence{SeenFrom: seenNowhere, Notes: unreadableNotes(a, o.Display, since)},
		Removal:  RemovalNotAKey, Why: c.Why, Steps: unreadableSteps(shown.Account.ID),
		Horizon: c.Horizon, Compliance: c.Controls,
		Kind: c.Kind, Subject: c.ID, FactsAt: a.CollectedAt, Since: since,
	}
	if setting.Severity != "" {
		f.Severity = Severity(setting.Severity)
	}
	if x, ok := p.Exempt(c.ID, a.ID, "", "", o.Now); ok {
		f.Exemption = &ExemptionRef{Reason: x.Reason, Expires: dateOf(x.Expires)}
	}
	f.Owner, f.Assignees, f.OwnerRule = p.Owner(a.ID, "", nil)
	if o.Display != nil {
		f.OwnerRule = strings.Replace(f.OwnerRule, a.ID, f.AccountID, 1)
	}
	return f, true
}

// unreadableNotes say since when and why. A cause is worded by AWS and by the set-up, so it is
// left out where names are hidden.
func unreadableNotes(a *inventory.Account, d *Display, since time.Time) []string {
	notes := []string{"It has not been read since " + dateOf(since) + "."}
	if d == nil && a.Cause != "" {
		notes = append(notes, "Why: "+oneLine(a.Cause)+".")
	}
	return notes
}

func unreadableSteps(account string) []Step {
	return []Step{
		{
			Text:    "See what is missing. This tries each link of the set-up with calls that only read, and names the line to add.",
			Command: "keysweep doctor --accounts " + Quote(account),
		},
		{Text: "Add it. Where the role in the account cannot be assumed, its trust policy lacks this statement, with the ARN of the role that " +
			"the workflow assumes first: `" + `{"Effect": "Allow", "Principal": {"AWS": "ARN"}, "Action": "sts:AssumeRole"}` +
			"`. Where a call is refused, the role's policy lacks its action."},
		{Text: "If the account is closed, or is not to be audited, take it out of the input accounts."},
	}
}

// readAgain judges an open issue about an account that could not be audited.
func readAgain(a *inventory.Account, p *policy.Policy, q Asked) Verdict {
	if p.Checks[idAccountUnreadable].Disabled {
		return switchedOff(q)
	}
	return Verdict{State: StateAbsent, Proof: "the account was read again on " + dateOf(a.CollectedAt)}
}
