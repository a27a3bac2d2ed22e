package doctor

import "fmt"

const linkGuardrails = "guardrails"

// guardrailLinks tell whether the first role may read what says where a guardrail is missing or too early.
func (f Facts) guardrailLinks() []Link {
	o := f.Organization
	if !o.Wanted || len(o.Actions) == 0 || f.blocker() != "" {
		return nil
	}
	var bad []Link
	for _, a := range o.Actions {
		switch {
		case a.Fault == nil:
		case a.Fault.Kind == Refused && !a.Fault.Explicit:
			bad = append(bad, missing(linkGuardrails, a.Name+" is refused; not known without it: which accounts have a guardrail, or are ready for one",
				do("add this statement to the policy of the first role, in the management account or a delegated administrator's", allow(a.Name, "*"))))
		case a.Fault.Kind == Refused:
			bad = append(bad, missing(linkGuardrails, fmt.Sprintf("%s is denied in a %s", a.Name, a.Fault.Policy), do("let that policy leave the first role out")))
		default:
			l := faulty(linkGuardrails, a.Fault)
			l.Detail = a.Name + ": " + a.Fault.Cause
			bad = append(bad, l)
		}
	}
	if len(bad) > 0 {
		return bad
	}
	return []Link{ok(linkGuardrails, "the organization's units, policies and features for root can be read (%s)", plural(len(o.Actions), "action"))}
}
