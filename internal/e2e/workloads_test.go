//go:build moto

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// seedWorkloads plants the key in what Glue, SageMaker and Step Functions run, and a look-alike
// beside each.
func (a *member) seedWorkloads(id, secret string) {
	role := "arn:aws:iam::" + a.id + ":role/work"
	image := a.id + ".dkr.ecr.eu-west-1.amazonaws.com/app:1"
	for name, key := range map[string]string{"holds": id, "alike": "AKIAIOSFODNN7EXAMPLE"} {
		env := map[string]string{"KEY": key, "SECRET": secret}
		a.json("glue", "AWSGlue.CreateJob", map[string]any{
			"Name": name, "Role": role, "Command": map[string]string{"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"},
			"DefaultArguments": map[string]string{"--key": key, "--secret": secret},
		})
		a.json("glue", "AWSGlue.CreateConnection", map[string]any{"ConnectionInput": map[string]any{
			"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": map[string]string{"USERNAME": key, "PASSWORD": secret},
		}})
		a.json("sagemaker", "SageMaker.CreateModel", map[string]any{
			"ModelName": name, "ExecutionRoleArn": role, "PrimaryContainer": map[string]any{"Image": image, "Environment": env},
		})
		a.json("sagemaker", "SageMaker.CreateTrainingJob", map[string]any{
			"TrainingJobName": name, "RoleArn": role, "AlgorithmSpecification": map[string]string{"TrainingImage": image, "TrainingInputMode": "File"},
			"OutputDataConfig": map[string]string{"S3OutputPath": "s3://scripts/out"}, "ResourceConfig": map[string]any{"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
			"StoppingCondition": map[string]int{"MaxRuntimeInSeconds": 60}, "HyperParameters": env, // moto forgets the environment of jobs
		})
		a.json("sagemaker", "SageMaker.CreateNotebookInstanceLifecycleConfig", map[string]any{
			"NotebookInstanceLifecycleConfigName": name,
			"OnStart":                             []any{map[string]string{"Content": base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "#!/bin/sh\nexport KEY=%s\nexport SECRET=%s\n", key, secret))}},
		})
		a.json("states", "AWSStepFunctions.CreateStateMachine", map[string]any{
			"name": name, "roleArn": role,
			"definition": `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Parameters":{"Key":"` + key + `","Secret":"` + secret + `"}}}}`,
		})
	}
}

// workloadFindings is what an audit finds of them.
func workloadFindings(account, user string) []finding {
	var out []finding
	for range 7 { // a service, a job, a connection, a model, a training job, a lifecycle configuration, a state machine
		out = append(out, finding{account, user, "static-key-in-compute"})
	}
	return out
}

// What the answers about App Runner in testdata/moto/canned speak of, and whether an account has them.
const (
	runnerAccount = "111122223333"
	runnerKey     = "AKIAQX4WJ2KEAEXAMPLE"
	runnerPlanted = "key in App Runner" // as the action that proxy.serve is told
)

// runs answers what moto does not have about workloads: all of App Runner, and the list of the
// lifecycle configurations that moto can describe.
func (p *proxy) runs(c call, r *http.Request) (answer, bool) {
	m := strings.Split(r.Header.Get("Authorization"), "/")
	p.mu.Lock()
	key := p.canned[c.account+" "+runnerPlanted]
	p.mu.Unlock()
	here := key != "" && len(m) > 2 && m[len(m)-3] == computeRegion
	file := strings.Replace(c.action, ":", ".", 1)
	switch c.action {
	case "apprunner:ListServices", "sagemaker:ListNotebookInstanceLifecycleConfigs":
		if !here {
			file += ".none"
		}
	case "apprunner:DescribeService":
		var in struct{ ServiceArn string }
		_ = json.Unmarshal(c.body, &in)
		if strings.Contains(in.ServiceArn, "/alike/") {
			file += ".alike"
		}
	default:
		return answer{}, false
	}
	a := p.read(file + ".json")
	a.body = bytes.ReplaceAll(bytes.ReplaceAll(a.body, []byte(runnerAccount), []byte(c.account)), []byte(runnerKey), []byte(key))
	return a, true
}
