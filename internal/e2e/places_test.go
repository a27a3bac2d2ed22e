//go:build moto

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// The answers in testdata/moto/canned about what moto lacks speak of this account and of this key; the
// proxy puts the ones of the run in their place.
const (
	cannedAccount = "111122223333"
	cannedKey     = "AKIAQX4WJ2KEAEXAMPLE"
)

// seedPlaces plants the key in what makes or keeps keys, and in what AWS runs for others, and a
// look-alike beside each.
func (a *member) seedPlaces(id, secret string) {
	const template = `{"Parameters":{"Key":{"Type":"String"}},"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}`
	for name, key := range map[string]string{"holds": id, "alike": "AKIAIOSFODNN7EXAMPLE"} {
		a.query("cloudformation", "2010-05-15", "CreateStack", "StackName", name, "TemplateBody", template,
			"Parameters.member.1.ParameterKey", "Key", "Parameters.member.1.ParameterValue", key)
		a.json("ssm", "AmazonSSM.PutParameter", map[string]any{"Name": "/app/" + name, "Type": "String", "Value": key})
		a.query("elasticbeanstalk", "2010-12-01", "CreateApplication", "ApplicationName", name)
		a.query("elasticbeanstalk", "2010-12-01", "CreateEnvironment", "ApplicationName", name, "EnvironmentName", name)
		a.object(name+"-"+a.id, "conf/app.env", fmt.Sprintf("KEY=%s\nSECRET=%s\n", key, secret))
		a.json("ecs", "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", map[string]any{
			"family": "file-" + name, "containerDefinitions": []any{map[string]any{
				"name": "app", "image": "app:1", "memory": 128,
				"environmentFiles": []any{map[string]string{"type": "s3", "value": "arn:aws:s3:::" + name + "-" + a.id + "/conf/app.env"}},
			}},
		})
	}
	a.json("ssm", "AmazonSSM.PutParameter", map[string]any{"Name": "/app/sealed", "Type": "SecureString", "Value": id})
	a.query("cloudformation", "2010-05-15", "CreateStack", "StackName", "makes", "Capabilities.member.1", "CAPABILITY_IAM",
		"TemplateBody", `{"Resources":{"MirrorKey":{"Type":"AWS::IAM::AccessKey","Properties":{"UserName":"git-mirror"}}}}`)
}

// object puts an object into a bucket of the account.
func (a *member) object(bucket, key, text string) {
	a.t.Helper()
	a.call("s3", http.MethodPut, "/"+bucket, "", `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>`+computeRegion+`</LocationConstraint></CreateBucketConfiguration>`)
	a.call("s3", http.MethodPut, "/"+bucket+"/"+key, "", text)
}

// placesFound is what an audit finds of them.
func placesFound(account, user string) []finding {
	out := []finding{
		{account, "", "static-key-in-compute"},           // a bucket of Lightsail, whose key is of no user
		{account, "git-mirror", "static-key-in-compute"}, // the stack that makes a key
	}
	for range 6 { // a stack, a parameter, a task with a file, an environment, an app, a container service
		out = append(out, finding{account, user, "static-key-in-compute"})
	}
	return out
}

// plant has the account answer for what moto lacks, with the key in it.
func (p *proxy) plant(account, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.planted[account] = id
}

// canPlace answers for services that moto does not have.
func (p *proxy) canPlace(c call) (answer, bool) {
	file := c.action
	switch c.action {
	case "elasticbeanstalk:DescribeConfigurationSettings":
		file += "." + c.form.Get("EnvironmentName") + ".xml"
	case "amplify:ListBranches":
		file += "." + c.part + ".json"
	case "amplify:ListApps", "lightsail:GetContainerServices", "lightsail:GetBuckets":
		file += ".none.json"
		p.mu.Lock()
		if c.region == computeRegion && p.planted[c.account] != "" {
			file = c.action + ".json"
		}
		p.mu.Unlock()
	case "lightsail:GetBucketAccessKeys":
		var in struct{ BucketName string }
		_ = json.Unmarshal(c.body, &in)
		file += "." + in.BucketName + ".json"
	default:
		return answer{}, false
	}
	a := p.read(strings.Replace(file, ":", ".", 1))
	p.mu.Lock()
	defer p.mu.Unlock()
	a.body = bytes.ReplaceAll(bytes.ReplaceAll(a.body, []byte(cannedAccount), []byte(c.account)), []byte(cannedKey), []byte(p.planted[c.account]))
	return a, true
}

// restAction is the action of a REST service whose path names something.
func restAction(service string, r *http.Request) (action, part string) {
	app, isApp := strings.CutPrefix(r.URL.Path, "/apps/")
	switch {
	case service == "s3" && r.Method == http.MethodGet:
		return "s3:GetObject", ""
	case service == "amplify" && isApp:
		return "amplify:ListBranches", strings.TrimSuffix(app, "/branches")
	}
	return restActions[r.Method+" "+r.URL.Path], ""
}

// ownKeys says of a resource that has a key of its own, and not the planted one, what its finding tells.
func ownKeys(resource string) (word string, own bool) {
	switch {
	case strings.Contains(resource, ":stack/makes/"):
		return "which the stack has made and keeps as `MirrorKey`", true
	case strings.Contains(resource, ":Bucket/"):
		return "of no IAM user", true
	}
	return "", false
}
