package awscollect

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

var update = flag.Bool("update", false, "write the table of readers in docs/compute.md anew")

// planters tell, for the first action of each reader, what it is called and how many resources the
// account of these tests has for it, those with a key and the others.
var planters = map[action]struct {
	name string
	all  func(c *awssim.Compute) int
}{
	actListFunctions: {"Lambda functions", func(c *awssim.Compute) int { return len(c.Functions) }},
	actInstances: {"EC2 instances", func(c *awssim.Compute) int {
		return distinct(c.Instances, func(i awssim.Instance) string { return orElse(i.Group, i.ID) })
	}},
	actTemplates:       {"launch templates", func(c *awssim.Compute) int { return len(c.Templates) }},
	actConfigurations:  {"launch configurations", func(c *awssim.Compute) int { return len(c.Configurations) }},
	actFamilies:        {"ECS task definitions", func(c *awssim.Compute) int { return distinct(c.Tasks, func(t awssim.Task) string { return t.Family }) }},
	actProjects:        {"CodeBuild projects", func(c *awssim.Compute) int { return len(c.Projects) }},
	actJobDefinitions:  {"Batch job definitions", func(c *awssim.Compute) int { return distinct(c.Jobs, func(t awssim.Task) string { return t.Family }) }},
	actRunnerServices:  {"App Runner services", func(c *awssim.Compute) int { return len(c.Runners) }},
	actGlueJobs:        {"Glue jobs", func(c *awssim.Compute) int { return len(c.GlueJobs) }},
	actGlueConnections: {"Glue connections", func(c *awssim.Compute) int { return len(c.Connections) }},
	actModels: {"SageMaker models", func(c *awssim.Compute) int {
		return distinct(c.Models, func(m awssim.Model) string { lasting, _ := family("model/" + m.Name); return lasting })
	}},
	actTrainingJobs:      {"SageMaker training jobs", func(c *awssim.Compute) int { return len(c.Trainings) }},
	actNotebookConfigs:   {"SageMaker lifecycle configurations", func(c *awssim.Compute) int { return len(c.Notebooks) }},
	actMachines:          {"state machines", func(c *awssim.Compute) int { return len(c.Machines) }},
	actStacks:            {"CloudFormation stacks", func(c *awssim.Compute) int { return len(c.Stacks) }},
	actEnvironments:      {"Elastic Beanstalk environments", func(c *awssim.Compute) int { return len(c.Environments) }},
	actApps:              {"Amplify apps", func(c *awssim.Compute) int { return len(c.Apps) }},
	actContainerServices: {"Lightsail container services", func(c *awssim.Compute) int { return len(c.ContainerServices) }},
	actBuckets:           {"Lightsail buckets", func(c *awssim.Compute) int { return len(c.Buckets) }},
	actParameters:        {"parameters, where the role is granted it", func(c *awssim.Compute) int { return len(c.Parameters) }},
}

func distinct[T any](list []T, name func(T) string) int {
	var seen []string
	for _, l := range list {
		if n := name(l); !slices.Contains(seen, n) {
			seen = append(seen, n)
		}
	}
	return len(seen)
}

// proven is what one reader did in the region of the test account: its requests, in how many
// resources it found a key, and of how many it said nothing.
func proven(t *testing.T, r *reader) (requests, found, silent int) {
	t.Helper()
	account := computeAccount(t)
	c, s := start(t, world(account), func(cfg *Config) { cfg.Regions = []string{"eu-west-1"} })
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	calls := s.CountIn(member)
	for _, act := range r.actions {
		requests += calls[string(act)]
	}
	single := &sweep{
		v:        &visit{c: c, cfg: c.aws, a: a, gate: make(gate, inFlight)},
		detector: detectorOf(a), resources: map[string]*inventory.Resource{}, unsure: map[string][]inventory.ComputeKey{}, refused: map[action]error{},
		files: newEnvFiles(),
	}
	cfg, fault := c.assume(t.Context(), Target{ID: member})
	if fault != nil {
		t.Fatal(fault)
	}
	single.v.cfg = cfg
	if err := r.read(t.Context(), single.at("eu-west-1", r)); err != nil {
		t.Fatal(err)
	}
	for _, res := range single.resources {
		if len(res.Keys) > 0 {
			found++
		}
	}
	p, ok := planters[r.actions[0]]
	if !ok {
		t.Fatalf("the reader of %s has no row", r.actions[0])
	}
	return requests, found, p.all(account.Compute["eu-west-1"]) - found
}

const (
	tableBegins = "<!-- readers: held by a test, written anew with -update -->\n"
	tableEnds   = "<!-- readers end -->\n"
)

// The table of readers in the documentation is what they do: each finds what is planted for it, and
// is silent on what looks like it.
func TestReadersTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("| reader | requests for a region without any | requests | found | silent |\n|---|---|---|---|---|\n")
	for i := range readers {
		requests, found, silent := proven(t, &readers[i])
		if found == 0 || silent == 0 {
			t.Errorf("%s: %d found, %d silent: each reader needs both", readers[i].actions[0], found, silent)
		}
		fmt.Fprintf(&b, "| %s | 1 | %d | %d | %d |\n", planters[readers[i].actions[0]].name, requests, found, silent)
	}
	granted := 0
	for i := range readers {
		if readers[i].granted {
			granted++
		}
	}
	fmt.Fprintf(&b, "\nOne request more asks which regions are enabled: an account with 17 regions and nothing in them costs %d requests, and %d where the role is granted parameters too.\n",
		17*(len(readers)-granted)+granted+1, 17*len(readers)+1)
	const path = "../../docs/compute.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	table, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatal("docs/compute.md has no place for the table")
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+tableBegins+b.String()+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(table, b.String()); diff != "" {
		t.Errorf("docs/compute.md (-written +done; -update writes it anew):\n%s", diff)
	}
}
