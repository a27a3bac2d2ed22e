package checks

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

const (
	// policyLimit is how many characters, white space aside, a managed policy may have.
	policyLimit = 6144
	// nameTheActions stands for the actions of a service of which IAM tells none. It is the name of no
	// action, so the statement allows nothing until somebody says what it is to allow.
	nameTheActions = "NameTheActions"
	// servicesNamed is how many services a note names, and actionsNamed how many actions of each.
	servicesNamed = 20
	actionsNamed  = 8
)

// textPolicyStart is the step that shows what policyStart gives.
const textPolicyStart = "Begin the policy of the new role with this: a statement for each service that the user has called, by any of its credentials, calls that were refused included. " +
	"IAM tells some actions of some services, and hardly any that reads or writes data, such as s3:GetObject: add what is lacking, " +
	"put the right actions in the place of " + nameTheActions + ", which allows nothing, and narrow each Resource."

// policyStep is the step that shows what policyStart gives, or no step.
func (s *Subject) policyStep() []Step {
	policy, ok := s.policyStart()
	if !ok {
		return nil
	}
	return []Step{{Text: textPolicyStart, Command: "cat > policy.json <<'EOF'\n" + policy + "\nEOF"}}
}

// called is what the user of the subject's key in use has called. Nil: there is no such key, it was not asked, or
// IAM knows of no call.
func (s *Subject) called() []inventory.ServiceUse {
	if u := s.keyUser(); u != nil {
		return u.Called
	}
	return nil
}

// policyStart is the policy document that the policy of the role that takes the key's place can start
// from: indented JSON with a statement for each service that the key's user has called, sorted, with the actions that
// IAM told of, or with nameTheActions, which allows nothing. It holds no dates and no names, takes true and shown
// subjects alike, is within the size of a managed policy, and needs no quoting between the lines of a here-document.
// False: the subject is no key in use, or what its user has called is not known.
func (s *Subject) policyStart() (text string, ok bool) {
	called := s.called()
	if len(called) == 0 {
		return "", false
	}
	text = policyOf(called, true)
	for n := len(called); n > 1 && tooLong(text); n-- {
		text = policyOf(called[:n], false)
	}
	return text, true
}

// policyOf is a policy with a statement for each service.
func policyOf(called []inventory.ServiceUse, withActions bool) string {
	type statement struct {
		Effect   string
		Action   []string
		Resource string
	}
	doc := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17"}
	for _, u := range called {
		st := statement{Effect: "Allow", Resource: "*"}
		for _, a := range u.Actions {
			if withActions {
				st.Action = append(st.Action, u.Service+":"+a)
			}
		}
		if st.Action == nil {
			st.Action = []string{u.Service + ":" + nameTheActions}
		}
		doc.Statement = append(doc.Statement, st)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(doc) // strings always encode
	return strings.TrimSuffix(b.String(), "\n")
}

// tooLong reports whether a policy is larger than IAM takes.
func tooLong(policy string) bool { return len(strings.Join(strings.Fields(policy), "")) > policyLimit }

// calledNotes says what the user of a key in use has called. It holds no dates: a call more of the same
// is no news.
func (s *Subject) calledNotes() []string {
	called := s.called()
	if len(called) == 0 {
		return nil
	}
	var services []string
	for _, u := range called[:min(len(called), servicesNamed)] {
		services = append(services, u.Service+actionsOf(u))
	}
	if more := len(called) - servicesNamed; more > 0 {
		services = append(services, strconv.Itoa(more)+" more")
	}
	return []string{"What its user has called, by any of its credentials: " + strings.Join(services, ", ") + ". The policy of a role can start from that."}
}

// actionsOf is the actions that IAM told of, in brackets.
func actionsOf(u inventory.ServiceUse) string {
	if len(u.Actions) == 0 {
		return ""
	}
	out := " (" + strings.Join(u.Actions[:min(len(u.Actions), actionsNamed)], ", ")
	if more := len(u.Actions) - actionsNamed; more > 0 {
		out += " and " + strconv.Itoa(more) + " more"
	}
	return out + ")"
}
