package awscollect

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
)

// planted is a key id as AWS makes them, another one for each n.
func planted(n int) string { return keyID(member, 0x3d9c71e5+n*0x0b1f2a7) }

// plantedSecret is in the form of a secret key, and of nothing that anybody ever had. It is put
// together lest a scanner take it for one.
func plantedSecret(n int) string {
	return strings.Repeat(fmt.Sprintf("q%dZ/xT7+Lk2Vw9Rb3", n%10), 3)[:40]
}

func gz(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// script is a shell script with a key.
func script(n int) []byte {
	return fmt.Appendf(nil, "#!/bin/sh\nexport AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", planted(n), plantedSecret(n))
}

// mimed is user data of two parts, the second one in base64; end leaves its end out.
func mimed(n int, whole bool) []byte {
	text := "Content-Type: multipart/mixed; boundary=\"==B==\"\nMIME-Version: 1.0\n\n--==B==\nContent-Type: text/cloud-config\n\n#cloud-config\n" +
		"--==B==\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(script(n)) + "\n"
	if whole {
		text += "--==B==--\n"
	}
	return []byte(text)
}

// lookAlikes are variables that hold no long-term key.
func lookAlikes() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID":     "AKIAIOSFODNN7EXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "${SECRET}",
		"SESSION":               strings.Replace(planted(99), "AKIA", "ASIA", 1),
		"ACCESS_KEY":            "changeme",
	}
}

func computeAccount(t *testing.T) *awssim.Account {
	t.Helper()
	env := func(n int) map[string]string {
		return map[string]string{"STAGE": "prod", "KEY": planted(n), "SECRET": plantedSecret(n)}
	}
	cloudConfig := "#cloud-config\nwrite_files:\n- encoding: gz+b64\n  content: " + base64.StdEncoding.EncodeToString(gz(t, script(9))) + "\n  path: /etc/key\n"
	return addPlaces(&awssim.Account{
		ID: member, Regions: []string{"eu-west-1", "us-east-1", "!ap-east-1"},
		Compute: map[string]*awssim.Compute{"eu-west-1": {
			Functions: []awssim.Function{
				{Name: "clean", Role: "clean", Env: map[string]string{"STAGE": "prod"}},
				{Name: "none", Role: "none"},
				{Name: "holds", Role: "service-role/holds", Env: env(1)},
				{Name: "alike", Role: "alike", Env: lookAlikes()},
			},
			Instances: []awssim.Instance{
				{ID: "i-00000000000000001", Profile: "web", UserData: script(2)},
				{ID: "i-00000000000000002", Launched: daysAgo(30), UserData: gz(t, gz(t, script(3)))},
				{ID: "i-00000000000000003", Profile: "web", UserData: mimed(4, false)},
				{ID: "i-00000000000000004", Profile: "web", UserData: gz(t, mimed(5, true))},
				{ID: "i-00000000000000005", Profile: "web", UserData: []byte(cloudConfig)},
				{ID: "i-00000000000000006", Profile: "web", UserData: bytes.Repeat([]byte{0x00, 0xff, 0x1f, 0x8b, 0x7f, '\n', 0xfe, 'A'}, 2048)},
				{ID: "i-00000000000000007", Launched: daysAgo(9), Group: "workers", UserData: script(6)},
				{ID: "i-00000000000000008", Launched: daysAgo(3), Group: "workers", UserData: script(6)},
				{ID: "i-00000000000000009", Profile: "web"},
			},
			Templates: []awssim.Template{
				{ID: "lt-00000000000000001", Name: "alike", Version: 1, UserData: []byte("#!/bin/sh\n: AKIAIOSFODNN7EXAMPLE\n")},
				{ID: "lt-00000000000000002", Name: "holds", Version: 7, UserData: script(7)},
			},
			Configurations: []awssim.Configuration{{Name: "alike"}, {Name: "holds", UserData: script(8)}},
			Tasks: []awssim.Task{
				{Family: "alike", Revision: 1, Env: lookAlikes()},
				{Family: "old", Revision: 1, Env: env(10)},
				{Family: "old", Revision: 2, Role: "old"},
				{Family: "run", Revision: 3, Env: env(11)},
				{Family: "run", Revision: 4, Role: "run"},
				{Family: "gone", Revision: 1, Inactive: true, Env: env(12)},
				{Family: "refers", Revision: 5, Secrets: []string{"AWS_SECRET_ACCESS_KEY", "DB_PASSWORD"}},
				{Family: "says", Revision: 6, Role: "says", Command: []string{"sh", "-c", "AWS_ACCESS_KEY_ID=" + planted(13) + " sync"}},
			},
			Services: []awssim.Running{{Name: "a", Family: "run", Revision: 3}, {Name: "b", Family: "run", Revision: 4}, {Name: "c", Family: "gone", Revision: 1}},
			Jobs: []awssim.Task{
				{Family: "alike", Revision: 1, Role: "j", Env: lookAlikes()},
				{Family: "night", Revision: 1, Role: "j"},
				{Family: "night", Revision: 2, Role: "j", Env: env(16), Secrets: []string{"AWS_ACCESS_KEY_ID"}},
			},
			Runners: []awssim.Runner{
				{Name: "alike", Env: lookAlikes(), Secrets: []string{"DB_PASSWORD"}},
				{Name: "holds", Role: "holds", Env: env(20)},
				{Name: "code", Start: "AWS_ACCESS_KEY_ID=" + planted(21) + " serve"},
				{Name: "refers", Secrets: []string{"AWS_SECRET_ACCESS_KEY"}},
				{Name: "gone", Env: env(98), Deleted: true},
			},
			GlueJobs: []awssim.GlueJob{
				{Name: "alike", Role: "g", Arguments: lookAlikes()},
				{Name: "holds", Role: "g", Arguments: map[string]string{"--aws_access_key_id": planted(22), "--aws_secret_access_key": plantedSecret(22)}},
				{Name: "fixed", Role: "g", Fixed: map[string]string{"--conf": "spark.hadoop.fs.s3a.access.key=" + planted(23)}},
			},
			Connections: []awssim.Connection{
				{Name: "alike", Properties: lookAlikes()},
				{Name: "holds", Properties: map[string]string{"USERNAME": planted(24), "CONNECTOR_URL": "s3://a"}},
			},
			Models: []awssim.Model{
				{Name: "alike", Role: "m", Env: lookAlikes()},
				{Name: "rank-2026-11-01-10-11-12-345", Role: "m", Env: env(25)},
				{Name: "rank-2026-11-02-10-11-12-345", Role: "m", Env: env(25)},
			},
			Trainings: []awssim.Training{
				{Name: "alike", Role: "t", At: daysAgo(1), Env: lookAlikes()},
				{Name: "tune-001-0badcafe", Role: "t", At: daysAgo(2), Env: env(26), Parameters: map[string]string{"key": planted(27)}},
				{Name: "says", Role: "t", At: daysAgo(29), Command: []string{"sh", "-c", "AWS_ACCESS_KEY_ID=" + planted(28) + " train"}},
				{Name: "past", Role: "t", At: daysAgo(31), Env: env(96)},
			},
			Notebooks: []awssim.Notebook{
				{Name: "alike", OnStart: []byte("#!/bin/sh\n: AKIAIOSFODNN7EXAMPLE\n")},
				{Name: "holds", OnCreate: script(29), OnStart: []byte("#!/bin/sh\n")},
				{Name: "packed", OnStart: gz(t, script(30))},
			},
			Machines: []awssim.Machine{
				{Name: "alike", Role: "s", Definition: `{"Parameters":{"AWS_ACCESS_KEY_ID":"AKIAIOSFODNN7EXAMPLE","Key.$":"$.key"}}`},
				{Name: "holds", Role: "s", Definition: `{"Parameters":{"Key":"` + planted(31) + `","Secret":"` + plantedSecret(31) + `"}}`},
			},
			Projects: []awssim.Project{
				{Name: "alike", Role: "b", Env: []awssim.Variable{{Name: "AWS_ACCESS_KEY_ID", Value: "/ci/key", Type: "PARAMETER_STORE"}, {Name: "X", Value: planted(97), Type: "SECRETS_MANAGER"}}},
				{Name: "holds", Role: "b", Env: []awssim.Variable{{Name: "ID", Value: planted(14), Type: "PLAINTEXT"}, {Name: "S", Value: plantedSecret(14), Type: "PLAINTEXT"}}},
				{Name: "spec", Role: "b", Buildspec: "version: 0.2\nenv:\n  variables:\n    ID: " + planted(15) + "\n"},
			},
		}},
	})
}

// computeLines is what was found, one line each.
func computeLines(a *inventory.Account) []string {
	var out []string
	for _, r := range a.Compute.Resources {
		name := strings.TrimPrefix(r.ARN, "arn:aws:"+r.Service+":eu-west-1:"+member+":")
		for _, k := range r.Keys {
			out = append(out, strings.Join(strings.Fields(fmt.Sprint(r.Service, " ", name, " ", r.Version, " ", k.Where, " ", k.Part, " ", k.Variable, " ", numberOf(k.KeyID))), " "))
		}
		if r.Running > 0 {
			out = append(out, fmt.Sprint(r.Service, " ", name, " running ", r.Running))
		}
	}
	return out
}

func numberOf(id string) string {
	for n := range 100 {
		if planted(n) == id {
			return fmt.Sprintf("#%d", n)
		}
	}
	return id
}

var computeWant = []string{
	"apprunner service/code/8fe1e10304f84fd2b0df550fe98a71fa command AWS_ACCESS_KEY_ID #21",
	"apprunner service/holds/8fe1e10304f84fd2b0df550fe98a71fa environment KEY #20",
	"apprunner service/refers/8fe1e10304f84fd2b0df550fe98a71fa secret AWS_SECRET_ACCESS_KEY",
	"ec2 arn:aws:autoscaling:eu-west-1:444455556666:autoScalingGroup:*:autoScalingGroupName/workers user-data AWS_ACCESS_KEY_ID #6",
	"ec2 arn:aws:autoscaling:eu-west-1:444455556666:autoScalingGroup:*:autoScalingGroupName/workers running 2",
	"autoscaling launchConfiguration:0c1d2e3f:launchConfigurationName/holds user-data AWS_ACCESS_KEY_ID #8",
	"batch job-definition/night 2 secret AWS_ACCESS_KEY_ID",
	"batch job-definition/night 2 environment KEY #16",
	"codebuild project/holds environment ID #14",
	"codebuild project/spec buildspec ID #15",
	"ec2 instance/i-00000000000000001 user-data AWS_ACCESS_KEY_ID #2",
	"ec2 instance/i-00000000000000002 user-data AWS_ACCESS_KEY_ID #3",
	"ec2 instance/i-00000000000000002 running 1",
	"ec2 instance/i-00000000000000003 user-data AWS_ACCESS_KEY_ID #4",
	"ec2 instance/i-00000000000000004 user-data AWS_ACCESS_KEY_ID #5",
	"ec2 instance/i-00000000000000005 user-data AWS_ACCESS_KEY_ID #9",
	"ec2 launch-template/lt-00000000000000002 7 user-data AWS_ACCESS_KEY_ID #7",
	"ecs task-definition/gone 1 environment app KEY #12",
	"ecs task-definition/refers 5 secret app AWS_SECRET_ACCESS_KEY",
	"ecs task-definition/run 3 environment app KEY #11",
	"ecs task-definition/says 6 command app AWS_ACCESS_KEY_ID #13",
	"glue connection/holds connection USERNAME #24",
	"glue job/fixed arguments conf #23",
	"glue job/holds arguments aws_access_key_id #22",
	"lambda function:holds environment KEY #1",
	"sagemaker model/rank 2026-11-02-10-11-12-345 environment KEY #25",
	"sagemaker notebook-instance-lifecycle-config/holds script AWS_ACCESS_KEY_ID #29",
	"sagemaker notebook-instance-lifecycle-config/packed script AWS_ACCESS_KEY_ID #30",
	"sagemaker training-job/says command AWS_ACCESS_KEY_ID #28",
	"sagemaker training-job/tune 001-0badcafe environment KEY #26",
	"sagemaker training-job/tune 001-0badcafe arguments key #27",
	"states stateMachine:holds definition Key #31",
}

// Each reader finds its planted key and stays silent on what looks like one.
func TestComputeIsFound(t *testing.T) {
	for _, size := range []int{0, 2} {
		w := world(computeAccount(t))
		w.PageSize = size
		c, _ := start(t, w)
		a := c.Account(t.Context(), Target{ID: member}, nothing)
		if diff := cmp.Diff(computeWant, slices.DeleteFunc(computeLines(a), isPlace)); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
		if a.Status != inventory.Audited || !slices.Equal(a.Compute.Regions, []string{"eu-west-1", "us-east-1"}) {
			t.Errorf("status %s, missing %v, regions %v", a.Status, missingLines(a), a.Compute.Regions)
		}
		roundTrip(t, a)
	}
}

// No secret, and nothing else of a value, is in what was collected.
func TestComputeKeepsNoValue(t *testing.T) {
	var log bytes.Buffer
	c, _ := start(t, world(computeAccount(t)), func(cfg *Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	saved, err := inventory.Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"inventory": string(saved), "log": log.String(), "errors": fmt.Sprintf("%+v", a)} {
		for n := range 100 {
			if strings.Contains(text, plantedSecret(n)) || strings.Contains(text, plantedSecret(n)[:12]) {
				t.Errorf("the %s holds the planted secret %d", name, n)
			}
		}
		for _, value := range []string{"changeme", "SECRET}", "sync", "/ci/key"} {
			if strings.Contains(text, value) {
				t.Errorf("the %s holds the value %q", name, value)
			}
		}
	}
	if !strings.Contains(log.String(), "lambda:ListFunctions") {
		t.Error("the log shows no call")
	}
}

// What is refused in one region is missing there, and nowhere else.
func TestComputeRefused(t *testing.T) {
	const scp = "with an explicit deny in a service control policy"
	const nobodyAllows = "because no identity-based policy allows the action"
	for _, tt := range []struct {
		name   string
		faults []awssim.Fault
		want   []string // missing
		calls  map[string]int
	}{
		{
			"a call that no policy of the role allows is not made in every region",
			[]awssim.Fault{{Action: "lambda:ListFunctions", Code: "AccessDeniedException", Message: nobodyAllows}},
			[]string{"keys-in-compute lambda - lambda:ListFunctions refused: no identity-based policy allows it"},
			nil,
		},
		{
			"a policy of the organization may allow it elsewhere",
			[]awssim.Fault{{Action: "lambda:ListFunctions", Code: "AccessDeniedException", Message: scp, Times: 1}},
			[]string{"keys-in-compute lambda REGION lambda:ListFunctions refused: an explicit deny in a service control policy"},
			map[string]int{"lambda:ListFunctions": 2},
		},
		{
			"user data alone",
			[]awssim.Fault{{Action: "ec2:DescribeInstanceAttribute", Code: "UnauthorizedOperation", Message: nobodyAllows}},
			[]string{"keys-in-compute ec2 eu-west-1 ec2:DescribeInstanceAttribute refused: no identity-based policy allows it"},
			nil,
		},
		{
			"instances",
			[]awssim.Fault{{Action: "ec2:DescribeInstances", Code: "UnauthorizedOperation", Message: scp}},
			[]string{
				"instances-without-role ec2 - ec2:DescribeInstances refused: an explicit deny in a service control policy",
				"keys-in-compute ec2 - ec2:DescribeInstances refused: an explicit deny in a service control policy",
			},
			map[string]int{"ec2:DescribeInstances": 2},
		},
		{
			"regions",
			[]awssim.Fault{{Action: "ec2:DescribeRegions", Code: "UnauthorizedOperation", Message: nobodyAllows}},
			[]string{
				"instances-without-role - - ec2:DescribeRegions refused: no identity-based policy allows it",
				"keys-in-compute - - ec2:DescribeRegions refused: no identity-based policy allows it",
			},
			map[string]int{"lambda:ListFunctions": 0},
		},
		{
			"an answer that is none",
			[]awssim.Fault{{Action: "ecs:ListTaskDefinitionFamilies", Body: "<html>", Status: 200}},
			[]string{"keys-in-compute ecs - ecs:ListTaskDefinitionFamilies the answer could not be read"},
			nil,
		},
		{
			"a second call of a service",
			[]awssim.Fault{{Action: "ecs:ListClusters", Code: "AccessDeniedException", Message: nobodyAllows}},
			[]string{"keys-in-compute ecs eu-west-1 ecs:ListClusters refused: no identity-based policy allows it"},
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := world(computeAccount(t))
			for i := range tt.faults {
				tt.faults[i].Account = member
			}
			w.Faults = tt.faults
			c, s := start(t, w)
			a := c.Account(t.Context(), Target{ID: member}, nothing)
			var got []string
			for _, m := range a.Missing {
				line := fmt.Sprint(m.Fact, " ", orElse(m.Service, "-"), " ", orElse(m.Region, "-"), " ", m.Action, " ", m.Cause)
				if len(tt.want) > 0 && strings.Contains(tt.want[0], "REGION") {
					line = strings.Replace(line, m.Region, "REGION", 1)
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if a.Status != inventory.Partial {
				t.Errorf("status %s", a.Status)
			}
			for action, n := range tt.calls {
				if got := s.CountIn(member)[action]; got != n {
					t.Errorf("%d calls of %s, want %d", got, action, n)
				}
			}
			roundTrip(t, a)
		})
	}
}

// An environment that cannot be decrypted hides the keys in it: they are not known.
func TestComputeEnvironmentOfAnotherKey(t *testing.T) {
	a := computeAccount(t)
	a.Compute["eu-west-1"].Functions = []awssim.Function{{Name: "sealed", EnvError: "AccessDeniedException"}}
	c, _ := start(t, world(a))
	got := c.Account(t.Context(), Target{ID: member}, nothing)
	if _, missing := got.LacksAt(inventory.FactComputeKeys, "lambda", "eu-west-1"); !missing {
		t.Error("the keys of a sealed environment are not missing")
	}
	if m, missing := got.LacksAt(inventory.FactComputeKeys, "lambda", "us-east-1"); missing {
		t.Errorf("another region lacks %+v", m)
	}
}

// The requests of a sweep: those that 17 regions without anything cost, reader by reader, and
// what a region with something adds.
func TestComputeRequests(t *testing.T) {
	var regions []string
	for i := range 17 {
		regions = append(regions, fmt.Sprintf("eu-test-%d", i+1))
	}
	empty := &awssim.Account{ID: member, Regions: regions}
	c, s := start(t, world(empty))
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	want := map[string]int{"ec2:DescribeRegions": 1}
	for i := range readers {
		want[string(readers[i].actions[0])] = 17
	}
	got := s.CountIn(member)
	for action := range got {
		if !isExtra(action) {
			delete(got, action)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if len(a.Compute.Regions) != 17 || len(a.Compute.Resources) != 0 || len(a.Missing) != 0 {
		t.Errorf("compute %+v, missing %v", a.Compute, a.Missing)
	}
	if n := s.MaxInFlight(); n > inFlight {
		t.Errorf("%d calls in flight, %d may be", n, inFlight)
	}
}

// A list of regions takes the place of the question which are enabled.
func TestComputeRegionsGiven(t *testing.T) {
	c, s := start(t, world(computeAccount(t)), func(cfg *Config) { cfg.Regions = []string{"eu-west-1"} })
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if n := s.CountIn(member); n["ec2:DescribeRegions"] != 0 || n["lambda:ListFunctions"] != 1 {
		t.Errorf("calls %v", n)
	}
	if len(a.Compute.Resources) == 0 || len(a.Compute.Regions) != 1 {
		t.Errorf("compute %+v", a.Compute)
	}
	for _, bad := range []string{"cn-north-1", "moon", ""} {
		_, err := New(t.Context(), Config{Regions: []string{bad}, Now: func() time.Time { return now }})
		if ours(err) == nil || !ours(err).BadInput() {
			t.Errorf("region %q: %v", bad, err)
		}
	}
}

// The calls of compute are retried as all others are.
func TestComputeIsThrottled(t *testing.T) {
	w := world(computeAccount(t))
	w.ThrottleEvery = 3
	c, _ := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if diff := cmp.Diff(computeWant, slices.DeleteFunc(computeLines(a), isPlace)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An id that looks made up counts where the account has such a key.
func TestComputeUnsureID(t *testing.T) {
	const id = "AKIAFTQWXBZ5MLRFK7VD" // holds no account, and is not of the time when none did
	a := computeAccount(t)
	odd := awssim.Function{Name: "odd", Role: "r", Env: map[string]string{"K": id}}
	a.Compute = map[string]*awssim.Compute{"eu-west-1": {Functions: []awssim.Function{odd}}}
	c, _ := start(t, world(a))
	if got := c.Account(t.Context(), Target{ID: member}, nothing); len(got.Compute.Resources) != 0 {
		t.Errorf("found %+v", got.Compute.Resources)
	}
	a.Users = []awssim.User{{Name: "u", ID: userID(1), Created: daysAgo(300), Keys: []awssim.Key{{ID: id, Created: daysAgo(9)}}}}
	c, _ = start(t, world(a))
	if got := c.Account(t.Context(), Target{ID: member}, nothing); len(got.Compute.Resources) != 1 {
		t.Errorf("found %+v", got.Compute.Resources)
	}
}

// An answer that names things of another account is no answer about this one.
func TestComputeOfAnotherAccount(t *testing.T) {
	body, _ := json.Marshal(map[string]any{"Functions": []any{map[string]any{
		"FunctionArn": "arn:aws:lambda:us-east-1:999999999999:function:x", "Environment": map[string]any{"Variables": map[string]string{"K": planted(1)}},
	}}})
	w := world(&awssim.Account{ID: member})
	w.Faults = []awssim.Fault{{Action: "lambda:ListFunctions", Account: member, Status: 200, Body: string(body)}}
	c, _ := start(t, w)
	a := c.Account(t.Context(), Target{ID: member}, nothing)
	if len(a.Compute.Resources) != 0 || len(a.Missing) != 1 {
		t.Errorf("resources %+v, missing %+v", a.Compute.Resources, a.Missing)
	}
	roundTrip(t, a)
}

// noNames has no names for the endpoints of some services.
type noNames struct {
	aws.HTTPClient
	services []string
}

func (n noNames) Do(r *http.Request) (*http.Response, error) {
	for _, s := range n.services {
		if strings.Contains(r.Header.Get("Authorization"), "/"+s+"/aws4_request") {
			return nil, &net.DNSError{Err: "no such host", Name: s, IsNotFound: true}
		}
	}
	return n.HTTPClient.Do(r)
}

// A region that does not have a service lacks nothing; a network without names does.
func TestComputeServiceNotInTheRegion(t *testing.T) {
	for _, tt := range []struct {
		services []string
		missing  int
	}{
		{[]string{"batch", "codebuild"}, 0},
		{[]string{"batch", "codebuild", "ec2", "ecs", "lambda", "autoscaling", "apprunner", "glue", "sagemaker", "states", "cloudformation", "elasticbeanstalk", "amplify", "lightsail", "ssm"}, len(readers) + 1},
	} {
		c, _ := start(t, world(computeAccount(t)), func(cfg *Config) { cfg.Regions = []string{"eu-west-1"} })
		c.aws.HTTPClient = noNames{c.aws.HTTPClient, tt.services}
		a := c.Account(t.Context(), Target{ID: member}, nothing)
		if n := len(a.Missing); n > tt.missing || (n == 0) != (tt.missing == 0) {
			t.Errorf("without %v: %v", tt.services, missingLines(a))
		}
		// A name that whoever answers for names hides is no proof that nothing is there.
		if _, lacks := a.LacksAt(inventory.FactComputeKeys, "batch", "eu-west-1"); !lacks {
			t.Errorf("without %v: batch was not asked, and is taken for empty", tt.services)
		}
	}
}
