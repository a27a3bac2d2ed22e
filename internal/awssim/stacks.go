package awssim

import (
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Stack is a stack of CloudFormation.
type Stack struct {
	Name       string
	Status     string // empty: CREATE_COMPLETE
	Parent     string // the name of the stack that it is nested in
	IAM        bool   // it may make users and keys
	Parameters map[string]string
	Outputs    map[string]string
	Template   string
	Keys       map[string]string // the keys that it has made, by logical id
}

// Environment is an environment of Elastic Beanstalk.
type Environment struct {
	Name, Application, Profile string
	Env                        map[string]string
	Secrets                    []string // names
}

// App is an app of Amplify.
type App struct {
	ID, Name, Role, Spec string
	Env                  map[string]string
	Branches             []Branch
}

// Branch is a branch of an app.
type Branch struct {
	Name, Spec string
	Env        map[string]string
}

// ContainerService is a container service of Lightsail, with one container.
type ContainerService struct {
	Name    string
	Current map[string]string // environment of what runs
	Next    map[string]string // and of what is about to
	Command []string
}

// Bucket is a bucket of Lightsail and the keys that it has of its own.
type Bucket struct {
	Name string
	Keys []Key
}

// Parameter is a parameter of Systems Manager.
type Parameter struct{ Name, Type, Value string }

func (s *Server) stackID(q *request, name string) string {
	return s.arn(q, "cloudformation", "stack/"+name+"/1f2e3d40-0000-11ee-8000-0a0b0c0d0e0f")
}

// pairs writes a list of named values.
func (d *doc) pairs(list, key, value string, all map[string]string) {
	names := sortedNames(all)
	d.list(list, 0, len(names), func(i int) {
		d.text(key, names[i])
		d.text(value, all[names[i]])
	})
}

func (s *Server) describeStacks(q *request) reply {
	if q.form.Get("StackName") != "" {
		return fail(400, "ValidationError", "Stack with id "+q.form.Get("StackName")+" does not exist")
	}
	all := q.compute().Stacks
	from, to, next := s.window(q.form.Get("NextToken"), "", len(all))
	return answer("DescribeStacks", func(d *doc) {
		d.list("Stacks", from, to, func(i int) {
			x := &all[i]
			d.text("StackId", s.stackID(q, x.Name))
			d.text("StackName", x.Name)
			d.text("CreationTime", "2024-05-06T07:08:09Z")
			d.text("StackStatus", first(x.Status, "CREATE_COMPLETE"))
			if x.IAM {
				d.list("Capabilities", 0, 1, func(int) { d.b.WriteString("CAPABILITY_IAM") })
			}
			d.pairs("Parameters", "ParameterKey", "ParameterValue", x.Parameters)
			d.pairs("Outputs", "OutputKey", "OutputValue", x.Outputs)
			if x.Parent != "" {
				d.text("ParentId", s.stackID(q, x.Parent))
			}
		})
		d.opt("NextToken", next)
	})
}

func first(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

func (s *Server) stackNamed(q *request) *Stack {
	all := q.compute().Stacks
	for i := range all {
		if s.stackID(q, all[i].Name) == q.form.Get("StackName") {
			return &all[i]
		}
	}
	return nil
}

func (s *Server) getTemplate(q *request) reply {
	x := s.stackNamed(q)
	if x == nil || x.Template == "" {
		return fail(400, "ValidationError", "Stack with id "+q.form.Get("StackName")+" does not exist")
	}
	return answer("GetTemplate", func(d *doc) {
		d.text("TemplateBody", x.Template)
		d.list("StagesAvailable", 0, 1, func(int) { d.b.WriteString("Processed") })
	})
}

func (s *Server) listStackResources(q *request) reply {
	x := s.stackNamed(q)
	if x == nil {
		return fail(400, "ValidationError", "Stack with id "+q.form.Get("StackName")+" does not exist")
	}
	names := sortedNames(x.Keys)
	from, to, next := s.window(q.form.Get("NextToken"), "", len(names))
	return answer("ListStackResources", func(d *doc) {
		d.list("StackResourceSummaries", from, to, func(i int) {
			d.text("LogicalResourceId", names[i])
			d.text("PhysicalResourceId", x.Keys[names[i]])
			d.text("ResourceType", "AWS::IAM::AccessKey")
			d.text("LastUpdatedTimestamp", "2024-05-06T07:08:09Z")
			d.text("ResourceStatus", "CREATE_COMPLETE")
		})
		d.opt("NextToken", next)
	})
}

func (s *Server) describeEnvironments(q *request) reply {
	all := q.compute().Environments
	from, to, next := s.window(q.form.Get("NextToken"), q.form.Get("MaxRecords"), len(all))
	return answer("DescribeEnvironments", func(d *doc) {
		d.list("Environments", from, to, func(i int) {
			e := &all[i]
			d.text("EnvironmentName", e.Name)
			d.text("ApplicationName", e.Application)
			d.text("Status", "Ready")
			d.text("EnvironmentArn", s.arn(q, "elasticbeanstalk", "environment/"+e.Application+"/"+e.Name))
		})
		d.opt("NextToken", next)
	})
}

func (s *Server) describeConfigurationSettings(q *request) reply {
	all := q.compute().Environments
	i := slices.IndexFunc(all, func(e Environment) bool {
		return e.Name == q.form.Get("EnvironmentName") && e.Application == q.form.Get("ApplicationName")
	})
	if i < 0 {
		return fail(400, "InvalidParameterValue", "No Environment found for EnvironmentName = '"+q.form.Get("EnvironmentName")+"'.")
	}
	type option struct{ namespace, name, value string }
	var options []option
	if all[i].Profile != "" {
		options = append(options, option{"aws:autoscaling:launchconfiguration", "IamInstanceProfile", all[i].Profile})
	}
	for _, k := range sortedNames(all[i].Env) {
		options = append(options, option{"aws:elasticbeanstalk:application:environment", k, all[i].Env[k]})
	}
	for _, k := range all[i].Secrets {
		options = append(options, option{"aws:elasticbeanstalk:application:environmentsecrets", k, s.arn(q, "secretsmanager", "secret:"+k)})
	}
	return answer("DescribeConfigurationSettings", func(d *doc) {
		d.list("ConfigurationSettings", 0, 1, func(int) {
			d.text("ApplicationName", all[i].Application)
			d.text("EnvironmentName", all[i].Name)
			d.list("OptionSettings", 0, len(options), func(n int) {
				d.text("Namespace", options[n].namespace)
				d.text("OptionName", options[n].name)
				d.opt("Value", options[n].value)
			})
		})
	})
}

// someTime is when things were made, as JSON has it.
const someTime = 1714979289.0

func (s *Server) listApps(q *request) reply {
	all := q.compute().Apps
	from, to, next := s.window(q.query.Get("nextToken"), q.query.Get("maxResults"), len(all))
	rows := []any{}
	for _, a := range all[from:to] {
		row := map[string]any{
			"appId": a.ID, "appArn": s.arn(q, "amplify", "apps/"+a.ID), "name": a.Name, "description": "", "repository": "", "platform": "WEB",
			"createTime": someTime, "updateTime": someTime, "environmentVariables": notNil(a.Env), "defaultDomain": a.ID + ".amplifyapp.com",
			"enableBranchAutoBuild": true, "enableBasicAuth": false,
		}
		if a.Spec != "" {
			row["buildSpec"] = a.Spec
		}
		if a.Role != "" {
			row["iamServiceRoleArn"] = s.roleARN(q, a.Role)
		}
		rows = append(rows, row)
	}
	return page("apps", rows, next)
}

func notNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func (s *Server) listBranches(q *request) reply {
	all := q.compute().Apps
	i := slices.IndexFunc(all, func(a App) bool { return a.ID == q.part })
	if i < 0 {
		return fail(404, "NotFoundException", "App not found")
	}
	branches := all[i].Branches
	from, to, next := s.window(q.query.Get("nextToken"), q.query.Get("maxResults"), len(branches))
	rows := []any{}
	for _, b := range branches[from:to] {
		row := map[string]any{
			"branchArn": s.arn(q, "amplify", "apps/"+q.part+"/branches/"+b.Name), "branchName": b.Name, "description": "", "stage": "PRODUCTION",
			"displayName": b.Name, "enableNotification": false, "createTime": someTime, "updateTime": someTime, "environmentVariables": notNil(b.Env),
			"enableAutoBuild": true, "customDomains": []any{}, "framework": "Web", "activeJobId": "1", "totalNumberOfJobs": "1",
			"enableBasicAuth": false, "ttl": "5", "enablePullRequestPreview": false,
		}
		if b.Spec != "" {
			row["buildSpec"] = b.Spec
		}
		rows = append(rows, row)
	}
	return page("branches", rows, next)
}

func (s *Server) getContainerServices(q *request) reply {
	rows := []any{}
	for i, c := range q.compute().ContainerServices {
		deployment := func(env map[string]string, state string) map[string]any {
			return map[string]any{"version": 1, "state": state, "containers": map[string]any{
				"app": map[string]any{"image": "app:1", "command": append([]string{}, c.Command...), "environment": env},
			}}
		}
		row := map[string]any{
			"containerServiceName": c.Name, "arn": s.arn(q, "lightsail", "ContainerService/"+uuidOf(i)), "resourceType": "ContainerService", "power": "nano",
			"principalArn": "arn:aws:iam::999988887777:role/amazon/lightsail/" + q.region + "/containers/" + c.Name + "/0a1b2c",
		}
		if c.Current != nil {
			row["currentDeployment"] = deployment(c.Current, "ACTIVE")
		}
		if c.Next != nil {
			row["nextDeployment"] = deployment(c.Next, "ACTIVATING")
		}
		rows = append(rows, row)
	}
	return encoded(map[string]any{"containerServices": rows})
}

func uuidOf(i int) string { return "00000000-0000-4000-8000-00000000000" + string(rune('a'+i)) }

func (s *Server) getBuckets(q *request) reply {
	all := q.compute().Buckets
	if name, ok := q.json["bucketName"].(string); ok && name != "" {
		return fail(400, "NotFoundException", "The Bucket does not exist: "+name)
	}
	marker, _ := q.json["pageToken"].(string)
	from, to, next := s.window(marker, "", len(all))
	rows := []any{}
	for i := from; i < to; i++ {
		rows = append(rows, map[string]any{"name": all[i].Name, "arn": s.arn(q, "lightsail", "Bucket/"+uuidOf(i)), "resourceType": "Bucket", "bundleId": "small_1_0"})
	}
	out := map[string]any{"buckets": rows}
	if next != "" {
		out["nextPageToken"] = next
	}
	return encoded(out)
}

func (s *Server) getBucketAccessKeys(q *request) reply {
	all := q.compute().Buckets
	i := slices.IndexFunc(all, func(b Bucket) bool { return b.Name == q.json["bucketName"] })
	if i < 0 {
		return fail(400, "NotFoundException", "The Bucket does not exist.")
	}
	rows := []any{}
	for _, k := range all[i].Keys {
		status := "Active"
		if k.Inactive {
			status = "Inactive"
		}
		rows = append(rows, map[string]any{"accessKeyId": k.ID, "status": status, "createdAt": someTime})
	}
	return encoded(map[string]any{"accessKeys": rows})
}

func (s *Server) describeParameters(q *request) reply {
	wanted := map[string]bool{}
	filters, _ := q.json["ParameterFilters"].([]any)
	for _, f := range filters {
		filter, _ := f.(map[string]any)
		values, _ := filter["Values"].([]any)
		for _, v := range values {
			name, _ := v.(string)
			wanted[name] = true
		}
	}
	var all []Parameter
	for _, p := range q.compute().Parameters {
		if wanted[p.Type] {
			all = append(all, p)
		}
	}
	marker, _ := q.json["NextToken"].(string)
	from, to, next := s.window(marker, "50", len(all))
	rows := []any{}
	for _, p := range all[from:to] {
		rows = append(rows, map[string]any{"Name": p.Name, "Type": p.Type, "ARN": s.parameterARN(q, p.Name), "Version": 1})
	}
	out := map[string]any{"Parameters": rows}
	if next != "" {
		out["NextToken"] = next
	}
	return encoded(out)
}

func (s *Server) parameterARN(q *request, name string) string {
	return s.arn(q, "ssm", "parameter/"+strings.TrimPrefix(name, "/"))
}

func (s *Server) getParameters(q *request) reply {
	asked, _ := q.json["Names"].([]any)
	if len(asked) > 10 {
		return fail(400, "ValidationException", "Member must have length less than or equal to 10")
	}
	rows, invalid := []any{}, []any{}
	for _, name := range asked {
		i := slices.IndexFunc(q.compute().Parameters, func(p Parameter) bool { return p.Name == name })
		if i < 0 {
			invalid = append(invalid, name)
			continue
		}
		p := q.compute().Parameters[i]
		if p.Type == "SecureString" {
			s.surprise("%s of the encrypted parameter %s", q.action, p.Name)
		}
		rows = append(rows, map[string]any{"Name": p.Name, "Type": p.Type, "Value": p.Value, "ARN": s.parameterARN(q, p.Name), "Version": 1})
	}
	return encoded(map[string]any{"Parameters": rows, "InvalidParameters": invalid})
}

// getObject answers with an object of S3, of whichever account.
func (s *Server) getObject(q *request) reply {
	if text, ok := q.account.Objects[q.part]; ok {
		return reply{status: 200, body: text}
	}
	return fail(404, "NoSuchKey", "The specified key does not exist.")
}

// objectError writes an error as S3 does.
func objectError(w io.Writer, rep reply) {
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: rep.code, Message: rep.message})
}

// path takes a path of a REST service apart that names something.
func (q *request) path(r *http.Request) bool {
	if q.service == "s3" && r.Method == http.MethodGet {
		q.action, q.part = "s3:GetObject", strings.TrimPrefix(r.URL.Path, "/")
		return true
	}
	id, isApp := strings.CutPrefix(r.URL.Path, "/apps/")
	if id, isBranches := strings.CutSuffix(id, "/branches"); isApp && isBranches {
		q.action, q.part = "amplify:ListBranches", id
		return true
	}
	return false
}
