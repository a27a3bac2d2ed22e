package checks

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

const idStaticKeyInCompute = "static-key-in-compute"

var staticKeyInCompute = &Check{
	ID: idStaticKeyInCompute, Title: "Access key in compute",
	Severity: Critical, Horizon: Immediate, Kind: SubjectResource,
	Needs: []inventory.Fact{inventory.FactComputeKeys},
	live:  true,
	Finds: "an access key in a Lambda environment, ECS task definition, EC2 user data, CodeBuild environment, …",
	Why: "Everybody who may look at the configuration of the resource can read the key, and use it from anywhere. " +
		"It never changes by itself and outlives the resource. On AWS no key is needed: the resource has a role, whose credentials change every few hours.",
	Controls: controlsExposed,
	Holds:    func(s *Subject) bool { return len(s.Resource.Keys) > 0 },
	Notes:    computeNotes,
	Steps:    computeSteps,
	reason:   placeWhy,
	headline: computeHeadline,
	replace:  computeReplacement,
	cleared:  func(*Subject) string { return "no access key stands in the configuration of the resource" },
}

func computeReplacement(s *Subject) Replacement { return s.kindOf().replacement }

// resourceName is the last part of an ARN: what people call the resource. A service of App Runner
// has an id behind its name.
func resourceName(arn string) string {
	if _, of, ok := strings.Cut(arn, ":service/"); ok && strings.Contains(arn, ":apprunner:") {
		arn, _, _ = strings.Cut(of, "/")
	}
	return arn[strings.LastIndexAny(arn, ":/")+1:]
}

func computeHeadline(s *Subject) string {
	return oneLine("Access key in " + s.kindOf().word + " " + resourceLabel(s.Resource) + " (" + s.Resource.Region + ")")
}

// computePlaces is how many places in one resource a finding names.
const computePlaces = 5

// computeNotes name the places, then whose each key is.
func computeNotes(s *Subject) []string {
	var out []string
	keys := slices.Clone(s.Resource.Keys)
	slices.SortFunc(keys, inventory.CompareComputeKeys)
	for i, k := range keys {
		if i < computePlaces {
			out = append(out, "Found "+s.computePlace(k)+".")
		}
	}
	if more := len(keys) - computePlaces; more > 0 {
		out = append(out, "Found in "+strconv.Itoa(more)+" more places of the same resource.")
	}
	out = append(out, unreadNotes(s)...)
	if s.Resource.Bucket() {
		return append(out, "Its keys are of no IAM user: no list of users shows them.")
	}
	ids := s.keyIDs()
	for _, id := range ids[:min(len(ids), computePlaces)] {
		out = append(out, s.keyNote(id))
	}
	return out
}

// keyIDs are the ids of the keys in the resource, each once.
func (s *Subject) keyIDs() []string {
	var out []string
	for _, k := range s.Resource.Keys {
		if k.KeyID != "" && !slices.Contains(out, k.KeyID) {
			out = append(out, k.KeyID)
		}
	}
	slices.Sort(out)
	return out
}

// computePlace says where a key stands: "key AKIA… in the environment variable `AWS_ACCESS_KEY_ID`".
func (s *Subject) computePlace(k inventory.ComputeKey) string {
	if made := madePlace(k); made != "" {
		return made
	}
	what := "key " + oneLine(k.KeyID)
	if k.KeyID == "" {
		what = "a reference to a key that is kept elsewhere"
	}
	out := what + " " + cmp.Or(whereWords[k.Where], "in the configuration")
	if k.Variable != "" {
		out += ", variable " + codeWord(k.Variable)
	}
	if k.Part != "" {
		out += ", " + s.partWord() + " " + codeWord(k.Part)
	}
	return out
}

// keyNote says whose a key is and whether it is active.
func (s *Subject) keyNote(id string) string {
	o, ok := s.keys.find(id)
	if !ok {
		if account, has := s.accountIn(id); has {
			return "Key " + oneLine(id) + " is of no user that was read; its id says that it is of account " + account + "."
		}
		return "Key " + oneLine(id) + " is of no user that was read, and its id does not tell the account."
	}
	status := "inactive"
	if o.Key.Active {
		status = "active"
	}
	return "Key " + oneLine(id) + " is of user " + codeWord(o.User.Name) + " in account " + accountLabel(&Subject{Account: o.Account}) + ", and is " + status + "."
}

// computeSteps are the ordered steps: what it does, the role, the configuration, then the key.
func computeSteps(s *Subject) []Step {
	if s.Resource.Bucket() {
		return s.kindOf().steps(s)
	}
	var steps []Step
	ids := s.keyIDs()
	if len(ids) > 0 {
		steps = append(steps, trailOfKey("See in CloudTrail what the key does, in each region in use, 90 days back: the role has to be allowed that, and no more. Ask in the account that the key is of.", ids[0]))
	}
	steps = append(steps, s.kindOf().steps(s)...)
	if s.holdsIn(inventory.InStack) && len(ids) > 0 {
		return steps // which deactivate the key before they take it out of the template
	}
	if _, o, ok := s.owner(); ok && o.Key.Active {
		deactivate := deactivateKey(o.User.Name, o.Key)
		deactivate.Text = "When the resource runs without the key, deactivate it, in account " + accountLabel(&Subject{Account: o.Account}) + ". To undo: " +
			setKey("", o.User.Name, o.Key, "Active")
		return append(steps, deactivate, deleteKey(o.User.Name, o.Key))
	}
	if len(ids) == 0 {
		return append(steps, Step{Text: "When the resource runs without the key, delete the secret or parameter that holds it, and the key itself: its id stands there."})
	}
	return append(steps, Step{Text: "When the resource runs without the key, see that whoever owns the key deletes it: it has been readable here."})
}

// variableList names the variables with a key, as code.
func (s *Subject) variableList() string {
	names := s.variables()
	for i, n := range names[:min(len(names), computePlaces)] {
		names[i] = codeWord(n)
	}
	if len(names) == 0 {
		return "the key"
	}
	return strings.Join(names[:min(len(names), computePlaces)], ", ")
}

// variables are the names that keys stand under, each once.
func (s *Subject) variables() []string {
	var names []string
	for _, k := range s.Resource.Keys {
		if k.Variable != "" && !slices.Contains(names, k.Variable) {
			names = append(names, k.Variable)
		}
	}
	slices.Sort(names)
	return names
}
