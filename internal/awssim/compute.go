package awssim

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Compute is what runs in one region of an account.
type Compute struct {
	Functions      []Function
	Instances      []Instance
	Templates      []Template
	Configurations []Configuration
	Tasks          []Task // of one family, the oldest revision first
	Services       []Running
	Projects       []Project
	Jobs           []Task // job definitions of Batch: the family is the name

	Stacks            []Stack
	Environments      []Environment
	Apps              []App
	ContainerServices []ContainerService
	Buckets           []Bucket
	Parameters        []Parameter

	Runners     []Runner // services of App Runner
	GlueJobs    []GlueJob
	Connections []Connection
	Models      []Model
	Trainings   []Training
	Notebooks   []Notebook
	Machines    []Machine
}

// Instance is a running EC2 instance.
type Instance struct {
	ID       string
	Profile  string // name of the instance profile; empty: it has none
	Launched time.Time
	Group    string // the Auto Scaling group that launched it
	UserData []byte
}

// Template is the newest version of a launch template, which is the default one too.
type Template struct {
	ID, Name string
	Version  int
	UserData []byte
}

// Configuration is a launch configuration.
type Configuration struct {
	Name     string
	UserData []byte
}

// Task is one revision of a task definition, with one container.
type Task struct {
	Family   string
	Revision int
	Inactive bool
	Role     string
	Env      map[string]string
	Secrets  []string // names
	Command  []string
	Files    []string // environment files: the ARNs of objects
}

// Running is a service of the cluster "main" and the task definition that it runs.
type Running struct {
	Name, Family string
	Revision     int
}

// Project is a CodeBuild project.
type Project struct {
	Name, Role string
	Env        []Variable
	Buildspec  string
}

// Variable is a variable of a project.
type Variable struct{ Name, Value, Type string }

// Function is a Lambda function.
type Function struct {
	Name, Role string // of the role, its name
	Env        map[string]string
	// EnvError is given in place of the variables: AccessDeniedException of KMS.
	EnvError string
}

// restActions are the actions of REST services, by method and path.
var restActions = map[string]string{
	"GET /2015-03-31/functions":       "lambda:ListFunctions",
	"GET /apps":                       "amplify:ListApps",
	"POST /v1/describejobdefinitions": "batch:DescribeJobDefinitions",
}

// enabled are the regions of an account; one unless they are set.
func (a *Account) enabled() []string {
	if a.Regions == nil {
		return []string{"us-east-1"}
	}
	return a.Regions
}

// compute is what runs in the region that is asked; never nil.
func (q *request) compute() *Compute {
	if c := q.account.Compute[q.region]; c != nil {
		return c
	}
	return &Compute{}
}

// arn names a resource of the region that is asked.
func (s *Server) arn(q *request, service, rest string) string {
	return "arn:" + s.world.partition() + ":" + service + ":" + q.region + ":" + q.account.ID + ":" + rest
}

func (s *Server) roleARN(q *request, name string) string {
	if name == "" {
		return ""
	}
	return "arn:" + s.world.partition() + ":iam::" + q.account.ID + ":role/" + name
}

// ec2Answer wraps a result the way EC2 does.
func ec2Answer(operation string, fill func(d *doc)) reply {
	d := &doc{}
	d.b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><` + operation + `Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">`)
	d.text("requestId", "r")
	fill(d)
	d.shut(operation + "Response")
	return reply{status: 200, body: d.b.String()}
}

// items writes EC2's list by a function for each index of [from, to).
func (d *doc) items(name string, from, to int, each func(i int)) {
	d.open(name)
	for i := from; i < to; i++ {
		d.open("item")
		each(i)
		d.shut("item")
	}
	d.shut(name)
}

func (s *Server) describeRegions(q *request) reply {
	regions := q.account.enabled()
	return ec2Answer("DescribeRegions", func(d *doc) {
		d.items("regionInfo", 0, len(regions), func(i int) {
			name, off := strings.CutPrefix(regions[i], "!")
			d.text("regionName", name)
			d.text("regionEndpoint", "ec2."+name+".amazonaws.com")
			if off {
				d.text("optInStatus", "not-opted-in")
			} else {
				d.text("optInStatus", "opt-in-not-required")
			}
		})
	})
}

func (s *Server) listFunctions(q *request) reply {
	all := q.compute().Functions
	size, _ := strconv.Atoi(q.query.Get("MaxItems"))
	from, to, next := s.window(q.query.Get("Marker"), strconv.Itoa(min(size, 50)), len(all))
	rows := []any{}
	for _, f := range all[from:to] {
		row := map[string]any{"FunctionName": f.Name, "FunctionArn": s.arn(q, "lambda", "function:"+f.Name), "Role": s.roleARN(q, f.Role), "Version": "$LATEST"}
		switch {
		case f.EnvError != "":
			row["Environment"] = map[string]any{"Error": map[string]any{"ErrorCode": f.EnvError, "Message": "Lambda was unable to decrypt the environment variables"}}
		case f.Env != nil:
			row["Environment"] = map[string]any{"Variables": f.Env}
		}
		rows = append(rows, row)
	}
	out := map[string]any{"Functions": rows}
	if next != "" {
		out["NextMarker"] = next
	}
	return encoded(out)
}

func encodedData(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

func (s *Server) describeInstances(q *request) reply {
	all := q.compute().Instances
	from, to, next := s.window(q.form.Get("NextToken"), q.form.Get("MaxResults"), len(all))
	return ec2Answer("DescribeInstances", func(d *doc) {
		d.items("reservationSet", from, to, func(i int) {
			d.text("reservationId", "r-0123456789abcdef0")
			d.items("instancesSet", i, i+1, func(i int) { s.instance(d, q, &all[i]) })
		})
		d.opt("nextToken", next)
	})
}

func (s *Server) instance(d *doc, q *request, i *Instance) {
	d.text("instanceId", i.ID)
	d.time("launchTime", i.Launched)
	if i.Profile != "" {
		d.open("iamInstanceProfile")
		d.text("arn", "arn:"+s.world.partition()+":iam::"+q.account.ID+":instance-profile/"+i.Profile)
		d.text("id", "AIPA0000000000000001")
		d.shut("iamInstanceProfile")
	}
	if i.Group != "" {
		d.items("tagSet", 0, 1, func(int) {
			d.text("key", "aws:autoscaling:groupName")
			d.text("value", i.Group)
		})
	}
}

func (s *Server) describeInstanceAttribute(q *request) reply {
	id := q.form.Get("InstanceId")
	for _, i := range q.compute().Instances {
		if i.ID == id && q.form.Get("Attribute") == "userData" {
			return ec2Answer("DescribeInstanceAttribute", func(d *doc) {
				d.text("instanceId", id)
				d.open("userData")
				d.opt("value", encodedData(i.UserData))
				d.shut("userData")
			})
		}
	}
	return fail(400, "InvalidInstanceID.NotFound", "The instance ID '"+id+"' does not exist")
}

func (s *Server) describeLaunchTemplateVersions(q *request) reply {
	all := q.compute().Templates
	from, to, next := s.window(q.form.Get("NextToken"), q.form.Get("MaxResults"), len(all))
	return ec2Answer("DescribeLaunchTemplateVersions", func(d *doc) {
		d.items("launchTemplateVersionSet", from, to, func(i int) {
			d.text("launchTemplateId", all[i].ID)
			d.text("launchTemplateName", all[i].Name)
			d.text("versionNumber", strconv.Itoa(all[i].Version))
			d.open("launchTemplateData")
			d.opt("userData", encodedData(all[i].UserData))
			d.shut("launchTemplateData")
		})
		d.opt("nextToken", next)
	})
}

func (s *Server) describeLaunchConfigurations(q *request) reply {
	all := q.compute().Configurations
	from, to, next := s.window(q.form.Get("NextToken"), q.form.Get("MaxRecords"), len(all))
	return answer("DescribeLaunchConfigurations", func(d *doc) {
		d.list("LaunchConfigurations", from, to, func(i int) {
			c := all[i]
			d.text("LaunchConfigurationName", c.Name)
			d.text("LaunchConfigurationARN", s.arn(q, "autoscaling", "launchConfiguration:0c1d2e3f:launchConfigurationName/"+c.Name))
			d.text("ImageId", "ami-0123456789abcdef0")
			d.text("InstanceType", "t3.micro")
			d.text("CreatedTime", "2024-05-06T07:08:09Z")
			d.opt("UserData", encodedData(c.UserData))
		})
		d.opt("NextToken", next)
	})
}

// jsonWindow is window for a request in JSON.
func (s *Server) jsonWindow(q *request, size, n int) (from, to int, next string) {
	marker, _ := q.json["nextToken"].(string)
	if given, ok := q.json["maxResults"].(float64); ok {
		size = int(given)
	}
	return s.window(marker, strconv.Itoa(size), n)
}

// page is an answer in JSON with a list, and the token of the next page.
func page(list string, rows any, next string) reply {
	out := map[string]any{list: rows}
	if next != "" {
		out["nextToken"] = next
	}
	return encoded(out)
}

func (s *Server) listTaskDefinitionFamilies(q *request) reply {
	families := map[string]bool{}
	for _, t := range q.compute().Tasks {
		if !t.Inactive || q.json["status"] == "ALL" {
			families[t.Family] = true
		}
	}
	names := slices.Sorted(maps.Keys(families))
	from, to, next := s.jsonWindow(q, 100, len(names))
	return page("families", append([]string{}, names[from:to]...), next)
}

func (s *Server) taskARN(q *request, family string, revision int) string {
	return s.arn(q, "ecs", fmt.Sprintf("task-definition/%s:%d", family, revision))
}

func (s *Server) describeTaskDefinition(q *request) reply {
	name, _ := q.json["taskDefinition"].(string)
	var found *Task
	all := q.compute().Tasks
	for i := range all {
		t := &all[i]
		if t.Family == name && !t.Inactive || s.taskARN(q, t.Family, t.Revision) == name {
			found = t // of a family the newest
		}
	}
	if found == nil {
		return fail(400, "ClientException", "Unable to describe task definition.")
	}
	env, secrets := s.variables(q, found)
	files := []any{}
	for _, arn := range found.Files {
		files = append(files, map[string]any{"value": arn, "type": "s3"})
	}
	row := map[string]any{
		"taskDefinitionArn": s.taskARN(q, found.Family, found.Revision), "family": found.Family, "revision": found.Revision, "status": "ACTIVE",
		"containerDefinitions": []any{map[string]any{"name": "app", "image": "app:1", "environment": env, "secrets": secrets, "command": append([]string{}, found.Command...), "environmentFiles": files}},
	}
	if found.Role != "" {
		row["taskRoleArn"] = s.roleARN(q, found.Role)
	}
	return encoded(map[string]any{"taskDefinition": row})
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// variables are the environment and the secrets of a container, as ECS and Batch tell them.
func (s *Server) variables(q *request, t *Task) (env, secrets []any) {
	env, secrets = []any{}, []any{}
	for _, k := range sortedNames(t.Env) {
		env = append(env, map[string]any{"name": k, "value": t.Env[k]})
	}
	for _, k := range t.Secrets {
		secrets = append(secrets, map[string]any{"name": k, "valueFrom": s.arn(q, "ssm", "parameter/"+k)})
	}
	return env, secrets
}

func (s *Server) describeJobDefinitions(q *request) reply {
	all := q.compute().Jobs
	from, to, next := s.jsonWindow(q, 100, len(all))
	rows := []any{}
	for i := range all[from:to] {
		t := &all[from+i]
		env, secrets := s.variables(q, t)
		rows = append(rows, map[string]any{
			"jobDefinitionName": t.Family, "jobDefinitionArn": s.arn(q, "batch", fmt.Sprintf("job-definition/%s:%d", t.Family, t.Revision)),
			"revision": t.Revision, "status": "ACTIVE", "type": "container",
			"containerProperties": map[string]any{"image": "app:1", "command": append([]string{}, t.Command...), "jobRoleArn": s.roleARN(q, t.Role), "environment": env, "secrets": secrets},
		})
	}
	return page("jobDefinitions", rows, next)
}

func (s *Server) listClusters(q *request) reply {
	arns := []string{}
	if len(q.compute().Services) > 0 {
		arns = []string{s.arn(q, "ecs", "cluster/main")}
	}
	return page("clusterArns", arns, "")
}

func (s *Server) listServices(q *request) reply {
	if q.json["cluster"] != s.arn(q, "ecs", "cluster/main") {
		return fail(400, "ClusterNotFoundException", "Cluster not found.")
	}
	all := q.compute().Services
	from, to, next := s.jsonWindow(q, 10, len(all))
	arns := []string{}
	for _, r := range all[from:to] {
		arns = append(arns, s.arn(q, "ecs", "service/main/"+r.Name))
	}
	return page("serviceArns", arns, next)
}

func (s *Server) describeServices(q *request) reply {
	if q.json["cluster"] != s.arn(q, "ecs", "cluster/main") {
		return fail(400, "ClusterNotFoundException", "Cluster not found.")
	}
	asked, _ := q.json["services"].([]any)
	if len(asked) > 10 {
		return fail(400, "InvalidParameterException", "Services cannot have more than 10 elements")
	}
	rows := []any{}
	for _, r := range q.compute().Services {
		if arn := s.arn(q, "ecs", "service/main/"+r.Name); slices.Contains(asked, any(arn)) {
			rows = append(rows, map[string]any{"serviceArn": arn, "serviceName": r.Name, "taskDefinition": s.taskARN(q, r.Family, r.Revision)})
		}
	}
	return encoded(map[string]any{"services": rows, "failures": []any{}})
}

func (s *Server) listProjects(q *request) reply {
	all := q.compute().Projects
	from, to, next := s.jsonWindow(q, 100, len(all))
	names := []string{}
	for _, p := range all[from:to] {
		names = append(names, p.Name)
	}
	return page("projects", names, next)
}

func (s *Server) batchGetProjects(q *request) reply {
	asked, _ := q.json["names"].([]any)
	rows := []any{}
	for _, p := range q.compute().Projects {
		if !slices.Contains(asked, any(p.Name)) {
			continue
		}
		env := []any{}
		for _, v := range p.Env {
			env = append(env, map[string]any{"name": v.Name, "value": v.Value, "type": v.Type})
		}
		rows = append(rows, map[string]any{
			"name": p.Name, "arn": s.arn(q, "codebuild", "project/"+p.Name), "serviceRole": s.roleARN(q, p.Role),
			"source":      map[string]any{"type": "NO_SOURCE", "buildspec": p.Buildspec},
			"environment": map[string]any{"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL", "environmentVariables": env},
		})
	}
	return encoded(map[string]any{"projects": rows, "projectsNotFound": []any{}})
}
