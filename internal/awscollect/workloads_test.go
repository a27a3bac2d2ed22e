package awscollect

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// holding is an account with that compute and nothing else.
func holding(c awssim.Compute) *awssim.Account {
	return &awssim.Account{ID: member, Regions: []string{"eu-west-1"}, Compute: map[string]*awssim.Compute{"eu-west-1": &c}}
}

// causes are why keys in compute are not known, one line each.
func causes(a *inventory.Account) []string {
	var out []string
	for _, m := range a.Missing {
		out = append(out, fmt.Sprint(m.Fact, " ", m.Service, " ", m.Region, " ", m.Action, ": ", m.Cause))
	}
	return out
}

// Where a bound is hit the rest is told as not read; at the bound itself nothing is missing.
func TestDescribeBounds(t *testing.T) {
	for _, tt := range []struct {
		name    string
		n, most int
		service string
		fill    func(c *awssim.Compute, n int)
		action  string
		cause   string
	}{
		{"state machines", describedAtMost, describedAtMost, "states", machines, "states:DescribeStateMachine", ""},
		{
			"more state machines", describedAtMost + 1, describedAtMost, "states", machines, "states:DescribeStateMachine",
			"keys-in-compute states eu-west-1 states:ListStateMachines: the region has more state machines than 500: only so many were read",
		},
		{"training jobs", trainedAtMost, trainedAtMost, "sagemaker", trainings, "sagemaker:DescribeTrainingJob", ""},
		{
			"more training jobs", trainedAtMost + 1, trainedAtMost, "sagemaker", trainings, "sagemaker:DescribeTrainingJob",
			"keys-in-compute sagemaker eu-west-1 sagemaker:ListTrainingJobs: the region has more training jobs of the last 30 days than 100: only so many were read",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var compute awssim.Compute
			tt.fill(&compute, tt.n)
			c, s := start(t, world(holding(compute)))
			a := c.Account(t.Context(), Target{ID: member}, nothing)
			if got := s.CountIn(member)[tt.action]; got != tt.most {
				t.Errorf("%d are described, want %d", got, tt.most)
			}
			if diff := cmp.Diff(tt.cause, strings.Join(causes(a), "\n")); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if _, lacks := a.LacksAt(inventory.FactComputeKeys, tt.service, "eu-west-1"); lacks != (tt.cause != "") {
				t.Errorf("lacks %v", lacks)
			}
			roundTrip(t, a)
		})
	}
}

func machines(c *awssim.Compute, n int) {
	for i := range n {
		c.Machines = append(c.Machines, awssim.Machine{Name: fmt.Sprintf("m%d", i), Role: "r", Definition: "{}"})
	}
}

func trainings(c *awssim.Compute, n int) {
	for i := range n {
		c.Trainings = append(c.Trainings, awssim.Training{Name: fmt.Sprintf("t%d", i), Role: "r", At: daysAgo(1)})
	}
}

// A definition that only another key decrypts is not known, and the others are read.
func TestSealedMachine(t *testing.T) {
	c, _ := start(t, world(holding(awssim.Compute{Machines: []awssim.Machine{
		{Name: "a-sealed", Role: "r", Sealed: true}, {Name: "b-holds", Role: "r", Definition: `{"Key":"` + planted(1) + `"}`},
	}})))
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if len(a.Compute.Resources) != 1 || len(a.Missing) != 1 || a.Missing[0].Action != "states:DescribeStateMachine" {
		t.Errorf("resources %+v, missing %v", a.Compute.Resources, causes(a))
	}
}

// What went since it was listed holds nothing, and hides nothing.
func TestGoneSinceListed(t *testing.T) {
	w := world(computeAccount(t))
	for action, code := range map[string]string{
		"apprunner:DescribeService": "ResourceNotFoundException", "states:DescribeStateMachine": "StateMachineDoesNotExist", "sagemaker:DescribeTrainingJob": "ResourceNotFound",
	} {
		w.Faults = append(w.Faults, awssim.Fault{Action: action, Account: member, Status: 400, Code: code})
	}
	for action, message := range map[string]string{"sagemaker:DescribeModel": "Could not find model \"x\".", "sagemaker:DescribeNotebookInstanceLifecycleConfig": "RecordNotFound: not found"} {
		w.Faults = append(w.Faults, awssim.Fault{Action: action, Account: member, Status: 400, Code: "ValidationException", Message: message})
	}
	c, _ := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if a.Status != inventory.Audited {
		t.Errorf("status %s, missing %v", a.Status, causes(a))
	}
}

// Any other error of one of them ends the reading, and is missing.
func TestDescribeRefused(t *testing.T) {
	for i := range readers {
		r := &readers[i]
		for _, act := range r.actions {
			if act == actInstanceAttribute || r.service.name == "ecs" {
				continue // have tests of their own
			}
			w := world(computeAccount(t))
			w.Faults = []awssim.Fault{{Action: string(act), Account: member, Code: "AccessDeniedException", Message: "because no identity-based policy allows the action"}}
			c, _ := start(t, w)
			a := c.Account(t.Context(), Target{ID: member}, nothing)
			if _, lacks := a.LacksAt(inventory.FactComputeKeys, r.service.name, "eu-west-1"); !lacks || a.Status != inventory.Partial {
				t.Errorf("%s is refused: status %s, missing %v", act, a.Status, causes(a))
			}
		}
	}
}

// Names lose what each deployment gives them anew, and nothing else.
func TestFamily(t *testing.T) {
	for name, want := range map[string]string{
		"rank":                              "rank",
		"rank-2026-11-02-10-11-12-345":      "rank 2026-11-02-10-11-12-345",
		"rank-2026-11-02-10-11-12":          "rank 2026-11-02-10-11-12",
		"rank-20261102":                     "rank 20261102",
		"rank-20261102-101112":              "rank 20261102-101112",
		"rank-20261102T101112":              "rank 20261102T101112",
		"rank-1762078272":                   "rank 1762078272",
		"rank-1762078272123":                "rank 1762078272123",
		"tune-001-0badcafe":                 "tune 001-0badcafe",
		"tune-1-0badcafe":                   "tune-1-0badcafe",
		"rank-v2":                           "rank-v2",
		"rank-12":                           "rank-12",
		"rank-123456":                       "rank-123456",
		"2026-11-02-10-11-12":               "2026-11-02-10-11-12",
		"-20261102":                         "-20261102",
		"team-20261102-final":               "team-20261102-final",
		"rank-2026-11-02-10-11-12-345-x":    "rank-2026-11-02-10-11-12-345-x",
		strings.Repeat("a", 50) + "-123456": strings.Repeat("a", 50) + "-123456",
	} {
		lasting, version := family("arn:aws:sagemaker:eu-west-1:444455556666:model/" + name)
		got := strings.TrimSpace(strings.TrimPrefix(lasting, "arn:aws:sagemaker:eu-west-1:444455556666:model/") + " " + version)
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// Configurations as large as AWS takes them: a key at the end of one is found.
func TestLargeConfigurations(t *testing.T) {
	filler := strings.Repeat(`{"Type":"Pass","Comment":"`+strings.Repeat("one more word ", 40)+`"},`, 2000)
	many := map[string]string{"ZZ_KEY": planted(3)}
	for i := range 600 {
		many[fmt.Sprintf("V%03d", i)] = strings.Repeat("0123456789", 10)
	}
	c, _ := start(t, world(holding(awssim.Compute{
		Tasks:     []awssim.Task{{Family: "large", Revision: 1, Env: many}}, // 64 KiB
		Machines:  []awssim.Machine{{Name: "large", Role: "r", Definition: `{"States":[` + filler + `{"Key":"` + planted(4) + `"}]}`}},
		Notebooks: []awssim.Notebook{{Name: "binary", OnStart: slices.Repeat([]byte{0x00, 0xff, 0x1f, 0x8b}, 4096)}},
		Functions: []awssim.Function{{Name: "sealed", EnvError: "AccessDeniedException"}, {Name: "holds", Env: map[string]string{"K": planted(5)}}},
	})))
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	want := []string{"ecs task-definition/large 1 environment app ZZ_KEY #3", "lambda function:holds environment K #5", "states stateMachine:large definition Key #4"}
	if diff := cmp.Diff(want, computeLines(a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(a.Missing) != 1 || a.Missing[0].Service != "lambda" {
		t.Errorf("missing %v", causes(a))
	}
}

// Ten thousand functions leave nothing behind in memory: what is read is one page, then the next.
func TestFunctionsAreReadInConstantMemory(t *testing.T) {
	page := functionsPage()
	s := &sweep{v: &visit{c: &Collector{partition: "aws"}, a: &inventory.Account{ID: member}}, detector: detectorOf(&inventory.Account{ID: member}), resources: map[string]*inventory.Resource{}}
	r := s.at("us-east-1", &readLambda)
	read := func(pages int) uint64 {
		for range pages {
			readPage(t, r, page)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	if few, many := read(2), read(200); many > few+(1<<20) {
		t.Errorf("%d bytes are held after 100 functions, %d after 10,000 more", few, many)
	}
}
