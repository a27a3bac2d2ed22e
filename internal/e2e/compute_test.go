//go:build moto

package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// computeRegion is where the compute of the organization stands.
const computeRegion = "eu-west-1"

// call makes one call of a service in the name of the account; the SDK's packages for these are
// larger than all else here.
func (a *member) call(service, method, path, target, body string) []byte {
	a.t.Helper()
	req, err := http.NewRequest(method, a.org.moto.url+path, strings.NewReader(body))
	must(a.t, err)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=testing/20261124/"+computeRegion+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	switch {
	case target != "":
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		req.Header.Set("X-Amz-Target", target)
	case strings.HasPrefix(body, "Action="):
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := as(a.id).Do(req)
	must(a.t, err)
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		a.t.Fatalf("moto: %s %s %s: %s %.300s %v", service, path, target, resp.Status, out, err)
	}
	return out
}

func (a *member) query(service, version string, pairs ...string) []byte {
	a.t.Helper()
	form := "Action=" + pairs[0] + "&Version=" + version
	for i := 1; i+1 < len(pairs); i += 2 {
		form += "&" + pairs[i] + "=" + url.QueryEscape(pairs[i+1])
	}
	return a.call(service, http.MethodPost, "/", "", form)
}

func (a *member) json(service, target string, in any) {
	a.t.Helper()
	body, err := json.Marshal(in)
	must(a.t, err)
	a.call(service, http.MethodPost, "/", target, string(body))
}

// seedCompute plants a user's key in one resource of each kind, and a look-alike in another.
func (a *member) seedCompute(user string) {
	id, secret := a.org.keys[a.keyName(user, 1)], a.org.secret
	script := func(id string) string {
		return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "#!/bin/sh\nexport AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", id, secret))
	}
	const example = "AKIAIOSFODNN7EXAMPLE"
	for name, key := range map[string]string{"holds": id, "alike": example} {
		a.function(name, map[string]string{"KEY": key, "SECRET": secret})
		a.query("ec2", "2016-11-15", "CreateLaunchTemplate", "LaunchTemplateName", name, "LaunchTemplateData.UserData", script(key))
		a.query("autoscaling", "2011-01-01", "CreateLaunchConfiguration", "LaunchConfigurationName", name, "ImageId", "ami-12c6146b",
			"InstanceType", "t2.micro", "UserData", script(key))
		a.json("ecs", "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", map[string]any{
			"family": name, "containerDefinitions": []any{map[string]any{
				"name": "app", "image": "app:1", "memory": 128, "environment": []any{map[string]string{"name": "KEY", "value": key}, map[string]string{"name": "SECRET", "value": secret}},
			}},
		})
		job, err := json.Marshal(map[string]any{
			"jobDefinitionName": name, "type": "container", "containerProperties": map[string]any{
				"image": "app:1", "vcpus": 1, "memory": 128, "command": []string{"run"}, "environment": []any{map[string]string{"name": "KEY", "value": key}},
			},
		})
		must(a.t, err)
		a.call("batch", http.MethodPost, "/v1/registerjobdefinition", "", string(job))
		a.json("codebuild", "CodeBuild_20161006.CreateProject", map[string]any{
			"name": name, "source": map[string]string{"type": "S3", "location": "sources/app.zip", "buildspec": "version: 0.2"}, "artifacts": map[string]string{"type": "NO_ARTIFACTS"},
			"serviceRole": "arn:aws:iam::" + a.id + ":role/build",
			"environment": map[string]any{
				"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL",
				"environmentVariables": []any{map[string]string{"name": "KEY", "value": key, "type": "PLAINTEXT"}},
			},
		})
	}
	a.query("ec2", "2016-11-15", "RunInstances", "ImageId", "ami-12c6146b", "InstanceType", "t2.micro", "MinCount", "1", "MaxCount", "1", "UserData", script(id))
	a.json("ecs", "AmazonEC2ContainerServiceV20141113.CreateCluster", map[string]any{"clusterName": "main"})
	a.json("ecs", "AmazonEC2ContainerServiceV20141113.CreateService", map[string]any{"cluster": "main", "serviceName": "web", "taskDefinition": "holds:1", "desiredCount": 0})
	a.seedPlaces(id, secret)
	a.seedWorkloads(id, secret)
	// A newer revision is clean; what runs is not.
	a.json("ecs", "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", map[string]any{
		"family": "holds", "containerDefinitions": []any{map[string]any{"name": "app", "image": "app:2", "memory": 128}},
	})
}

// function makes a Lambda function, with the role that moto wants to see.
func (a *member) function(name string, env map[string]string) {
	a.t.Helper()
	a.query("iam", "2010-05-08", "CreateRole", "RoleName", name, "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[]}`)
	var code bytes.Buffer
	z := zip.NewWriter(&code)
	w, err := z.Create("index.py")
	must(a.t, err)
	_, err = w.Write([]byte("def handler(event, context): pass\n"))
	must(a.t, err)
	must(a.t, z.Close())
	body, err := json.Marshal(map[string]any{
		"FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Role": "arn:aws:iam::" + a.id + ":role/" + name,
		"Code": map[string]any{"ZipFile": code.Bytes()}, "Environment": map[string]any{"Variables": env},
	})
	must(a.t, err)
	a.call("lambda", http.MethodPost, "/2015-03-31/functions", "", string(body))
}

// computeFindings is what an audit finds in one account whose compute was seeded.
func computeFindings(account, user string) []finding {
	out := []finding{{account, "", "instance-without-role"}}
	out = append(out, placesFound(account, user)...)
	for range 7 { // a function, an instance, a template, a launch configuration, a task definition, a project, a job definition
		out = append(out, finding{account, user, "static-key-in-compute"})
	}
	return append(out, workloadFindings(account, user)...)
}

// TestComputeNamesTheKey: each finding names the resource, the variable and the key, and no output
// holds the secret that stands beside it: holdsNoSecret looks for it after every run.
func TestComputeNamesTheKey(t *testing.T) {
	s := newSetting(t)
	o := s.audit("dry-run=true")
	text, err := os.ReadFile(filepath.Join(o.folder, "findings.json"))
	must(t, err)
	var doc struct {
		Findings []struct {
			Check       string
			Resource    string
			Key         string `json:"access_key_id"`
			Removal     string
			Replacement struct{ Kind string }
			Evidence    struct{ Notes []string }
		}
	}
	must(t, json.Unmarshal(text, &doc))
	kinds := map[string]int{}
	for _, f := range doc.Findings {
		if f.Check != "static-key-in-compute" {
			continue
		}
		kinds[f.Replacement.Kind]++
		notes := strings.Join(f.Evidence.Notes, " ")
		if word, own := ownKeys(f.Resource); own {
			if !strings.Contains(notes, word) {
				t.Errorf("%s: notes %s", f.Resource, notes)
			}
			continue
		}
		if f.Key != s.org.keys["payments/two-keys/1"] || f.Removal != "after-migration" || !strings.Contains(notes, "variable `") && !strings.Contains(f.Resource, ":ssm:") || !strings.Contains(notes, "`two-keys`") {
			t.Errorf("%s: key %s, removal %s, notes %s", f.Resource, f.Key, f.Removal, notes)
		}
	}
	for kind, n := range map[string]int{"lambda-role": 7, "ecs-task-role": 5, "codebuild-role": 2, "instance-profile": 5, "roles-anywhere": 3} {
		if kinds[kind] != n {
			t.Errorf("%d findings with the replacement %s, want %d", kinds[kind], kind, n)
		}
	}
}
