package awssim

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sampled has something of everything that an answer can hold.
func sampled() *World {
	at := func(month time.Month) time.Time { return time.Date(2026, month, 2, 3, 4, 5, 0, time.UTC) }
	const admin = "arn:aws:iam::aws:policy/AdministratorAccess"
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	return &World{
		Organization: []Member{{ID: "111122223333", Name: "prod", State: "ACTIVE", Status: "ACTIVE"}, {ID: "222233334444", Name: "old", State: "CLOSED"}},
		PageSize:     1,
		Accounts: map[string]*Account{"111122223333": {
			ID: "111122223333", ReportReady: true, ReportAt: at(11),
			Root: Root{
				Created: at(1), Password: true, PasswordSet: at(1), PasswordLastUsed: at(3), MFA: true,
				Keys: []Key{{ID: "AKIAQKZ7WJ4MXV2NDLTE", Created: at(2), LastUsed: at(4), Service: "s3", Region: "us-east-1"}},
			},
			Users: []User{{
				Name: "deploy", Path: "/ci/", ID: "AIDAQKZ7WJ4MXV2NDLTE", Created: at(1),
				Tags: map[string]string{"owner": "ci"}, Groups: []string{"admins"}, Attached: []string{admin},
				Inline: map[string]string{"own": document}, Boundary: "arn:aws:iam::111122223333:policy/boundary",
				Password: &Password{Set: at(2), LastUsed: at(5)}, MFA: true,
				Keys:     []Key{{ID: "AKIAQKZ7WJ4MR5H2YUPB", Created: at(2), LastUsed: at(6), Service: "s3", Region: "eu-central-1"}},
				Certs:    []Certificate{{ID: "7WJ4MXV2NDLTEQKZ7WJ4MXV2NDLTE", Set: at(3)}},
				SSH:      []SSHKey{{ID: "APKAQKZ7WJ4MXV2NDLTE", Uploaded: at(3)}},
				Services: []Service{{ID: "ACCAQKZ7WJ4MXV2NDLTE", Service: "bedrock.amazonaws.com", Status: "Active", Created: at(3), Expires: at(12)}},
			}, {Name: "idle", ID: "AIDAQKZ7WJ4MXV2NDLTF", Created: at(2)}},
			Groups:   []Group{{Name: "admins", Attached: []string{admin}, Inline: map[string]string{"more": document}}},
			Policies: []Policy{{ARN: "arn:aws:iam::111122223333:policy/boundary", Document: document}},
			Provider: &Provider{Issuer: "https://token.actions.githubusercontent.com", Audiences: []string{"sts.amazonaws.com"}},
			Roles:    []Role{{Name: "keysweep", Subjects: []string{"repo:acme/backlog:ref:refs/heads/main"}, Callers: []string{"111122223333"}}},
			Compute: map[string]*Compute{"us-east-1": {
				Functions:      []Function{{Name: "resize", Role: "resize", Env: map[string]string{"STAGE": "prod"}}, {Name: "sealed", Role: "sealed", EnvError: "AccessDeniedException"}},
				Instances:      []Instance{{ID: "i-0123456789abcdef0", Profile: "web", Launched: at(9), Group: "web", UserData: []byte("#!/bin/sh")}, {ID: "i-0123456789abcdef1", Launched: at(9)}},
				Templates:      []Template{{ID: "lt-0123456789abcdef0", Name: "web", Version: 3, UserData: []byte("#!/bin/sh")}, {ID: "lt-0123456789abcdef1", Name: "bare", Version: 1}},
				Configurations: []Configuration{{Name: "web", UserData: []byte("#!/bin/sh")}, {Name: "bare"}},
				Tasks:          []Task{{Family: "web", Revision: 2, Role: "web", Env: map[string]string{"STAGE": "prod"}, Secrets: []string{"TOKEN"}, Command: []string{"serve"}}, {Family: "bare", Revision: 1}},
				Services:       []Running{{Name: "web", Family: "web", Revision: 2}, {Name: "old", Family: "web", Revision: 1}},
				Jobs:           []Task{{Family: "nightly", Revision: 4, Role: "nightly", Env: map[string]string{"STAGE": "prod"}, Secrets: []string{"TOKEN"}, Command: []string{"run"}}, {Family: "bare", Revision: 1, Role: "bare"}},
				Runners:        []Runner{{Name: "front", Role: "front", Env: map[string]string{"STAGE": "prod"}, Secrets: []string{"TOKEN"}}, {Name: "code", Start: "serve"}},
				GlueJobs:       []GlueJob{{Name: "load", Role: "load", Arguments: map[string]string{"--stage": "prod"}, Fixed: map[string]string{"--mode": "all"}}, {Name: "bare", Role: "bare"}},
				Connections:    []Connection{{Name: "warehouse", Properties: map[string]string{"JDBC_CONNECTION_URL": "jdbc:x", "USERNAME": "u"}}, {Name: "bare"}},
				Models:         []Model{{Name: "rank", Role: "rank", Env: map[string]string{"STAGE": "prod"}}, {Name: "bare", Role: "bare"}},
				Trainings:      []Training{{Name: "rank-1", Role: "rank", At: at(10), Env: map[string]string{"STAGE": "prod"}, Parameters: map[string]string{"epochs": "3"}, Command: []string{"train"}}, {Name: "rank-2", Role: "rank", At: at(9)}},
				Notebooks:      []Notebook{{Name: "setup", OnCreate: []byte("#!/bin/sh"), OnStart: []byte("#!/bin/sh")}, {Name: "bare"}},
				Machines:       []Machine{{Name: "order", Role: "order", Definition: `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`}, {Name: "bare", Role: "bare", Definition: "{}"}},
				Projects:       []Project{{Name: "site", Role: "site", Env: []Variable{{Name: "STAGE", Value: "prod", Type: "PLAINTEXT"}}, Buildspec: "version: 0.2"}, {Name: "bare", Role: "bare"}},

				Stacks: []Stack{
					{Name: "web", IAM: true, Parent: "all", Parameters: map[string]string{"Stage": "prod"}, Outputs: map[string]string{"Url": "https://example.com"}, Template: "Resources: {}", Keys: map[string]string{"Key": "AKIAQKZ7WJ4MR5H2YUPB"}},
					{Name: "bare", Status: "REVIEW_IN_PROGRESS"},
				},
				Environments:      []Environment{{Name: "shop-web", Application: "shop", Profile: "web", Env: map[string]string{"STAGE": "prod", "EMPTY": ""}, Secrets: []string{"TOKEN"}}, {Name: "bare", Application: "shop"}},
				Apps:              []App{{ID: "d1234567890abc", Name: "shop", Role: "build", Spec: "version: 1", Env: map[string]string{"STAGE": "prod"}, Branches: []Branch{{Name: "main", Spec: "version: 1", Env: map[string]string{"A": "b"}}, {Name: "dev"}}}, {ID: "d2", Name: "bare"}},
				ContainerServices: []ContainerService{{Name: "web", Current: map[string]string{"STAGE": "prod"}, Next: map[string]string{"A": "b"}, Command: []string{"serve"}}, {Name: "bare"}},
				Buckets:           []Bucket{{Name: "files", Keys: []Key{{ID: "AKIAQKZ7WJ4MR5H2YUPB"}, {ID: "AKIAQKZ7WJ4MR5H2YUPC", Inactive: true}}}, {Name: "bare"}},
				Parameters:        []Parameter{{Name: "/app/stage", Type: "String", Value: "prod"}, {Name: "names", Type: "StringList", Value: "a,b"}},
			}},
			Objects: map[string]string{"conf/app.env": "STAGE=prod\n"},
			Events: []Event{{
				Time: at(10), Source: "s3.amazonaws.com", Name: "GetObject", Region: "us-east-1", Address: "203.0.113.7",
				Agent: "aws-cli/2", KeyID: "AKIAQKZ7WJ4MXV2NDLTE",
			}},
		}},
	}
}

// samples asks for each action once; a body that starts with a brace is JSON, one that starts with a method is REST.
var samples = map[string]string{
	"amplify:ListApps":                                  "GET /apps?maxResults=100",
	"amplify:ListBranches":                              "GET /apps/d1234567890abc/branches?maxResults=50",
	"autoscaling:DescribeLaunchConfigurations":          "",
	"cloudformation:DescribeStacks":                     "",
	"cloudformation:GetTemplate":                        "StackName=arn:aws:cloudformation:us-east-1:111122223333:stack/web/1f2e3d40-0000-11ee-8000-0a0b0c0d0e0f",
	"cloudformation:ListStackResources":                 "StackName=arn:aws:cloudformation:us-east-1:111122223333:stack/web/1f2e3d40-0000-11ee-8000-0a0b0c0d0e0f",
	"elasticbeanstalk:DescribeConfigurationSettings":    "ApplicationName=shop&EnvironmentName=shop-web",
	"elasticbeanstalk:DescribeEnvironments":             "MaxRecords=100",
	"lightsail:GetBucketAccessKeys":                     `{"bucketName":"files"}`,
	"lightsail:GetBuckets":                              `{}`,
	"lightsail:GetContainerServices":                    `{}`,
	"s3:GetObject":                                      "GET /conf/app.env",
	"ssm:DescribeParameters":                            `{"ParameterFilters":[{"Key":"Type","Option":"Equals","Values":["String","StringList"]}]}`,
	"ssm:GetParameters":                                 `{"Names":["/app/stage","nothing"]}`,
	"codebuild:BatchGetProjects":                        `{"names":["site"]}`,
	"codebuild:ListProjects":                            `{}`,
	"ec2:DescribeInstanceAttribute":                     "InstanceId=i-0123456789abcdef0&Attribute=userData",
	"ec2:DescribeInstances":                             "MaxResults=5",
	"ec2:DescribeLaunchTemplateVersions":                "MaxResults=5",
	"ec2:DescribeRegions":                               "",
	"ecs:DescribeServices":                              `{"cluster":"arn:aws:ecs:us-east-1:111122223333:cluster/main","services":["arn:aws:ecs:us-east-1:111122223333:service/main/web"]}`,
	"ecs:DescribeTaskDefinition":                        `{"taskDefinition":"web"}`,
	"ecs:ListClusters":                                  `{}`,
	"ecs:ListServices":                                  `{"cluster":"arn:aws:ecs:us-east-1:111122223333:cluster/main"}`,
	"ecs:ListTaskDefinitionFamilies":                    `{"status":"ACTIVE"}`,
	"batch:DescribeJobDefinitions":                      `POST /v1/describejobdefinitions {"status":"ACTIVE"}`,
	"lambda:ListFunctions":                              "GET /2015-03-31/functions?MaxItems=50",
	"cloudtrail:LookupEvents":                           `{"LookupAttributes":[{"AttributeKey":"Username","AttributeValue":"root"}]}`,
	"iam:GenerateCredentialReport":                      "",
	"iam:GetAccessKeyLastUsed":                          "AccessKeyId=AKIAQKZ7WJ4MR5H2YUPB",
	"iam:GetAccountAuthorizationDetails":                "Filter.member.1=User&Filter.member.2=Group&Filter.member.3=LocalManagedPolicy",
	"iam:GetAccountSummary":                             "",
	"iam:GetCredentialReport":                           "",
	"iam:GetLoginProfile":                               "UserName=deploy",
	"iam:GetUser":                                       "UserName=deploy",
	"iam:ListAccessKeys":                                "UserName=deploy",
	"iam:ListMFADevices":                                "UserName=deploy",
	"iam:ListSSHPublicKeys":                             "UserName=deploy",
	"iam:ListServiceSpecificCredentials":                "AllUsers=true",
	"iam:ListSigningCertificates":                       "UserName=deploy",
	"organizations:ListAccounts":                        `{}`,
	"sts:AssumeRole":                                    "RoleSessionName=keysweep&RoleArn=arn:aws:iam::111122223333:role/keysweep",
	"sts:AssumeRoleWithWebIdentity":                     "RoleSessionName=keysweep&RoleArn=arn:aws:iam::111122223333:role/keysweep",
	"sts:GetCallerIdentity":                             "",
	"apprunner:ListServices":                            `{}`,
	"apprunner:DescribeService":                         `{"ServiceArn":"arn:aws:apprunner:us-east-1:111122223333:service/front/8fe1e10304f84fd2b0df550fe98a71fa"}`,
	"glue:GetJobs":                                      `{}`,
	"glue:GetConnections":                               `{"HidePassword":true}`,
	"sagemaker:ListModels":                              `{}`,
	"sagemaker:DescribeModel":                           `{"ModelName":"rank"}`,
	"sagemaker:ListTrainingJobs":                        `{}`,
	"sagemaker:DescribeTrainingJob":                     `{"TrainingJobName":"rank-1"}`,
	"sagemaker:ListNotebookInstanceLifecycleConfigs":    `{}`,
	"sagemaker:DescribeNotebookInstanceLifecycleConfig": `{"NotebookInstanceLifecycleConfigName":"setup"}`,
	"states:ListStateMachines":                          `{}`,
	"states:DescribeStateMachine":                       `{"stateMachineArn":"arn:aws:states:us-east-1:111122223333:stateMachine:order"}`,
}

// TestSampleAnswers asks for everything that this AWS answers. Where KEYSWEEP_ANSWERS names a folder the answers
// are saved there, for make moto to hold them against the service models of botocore.
func TestSampleAnswers(t *testing.T) {
	s := New(t, sampled())
	folder := os.Getenv("KEYSWEEP_ANSWERS")
	if folder != "" {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for action := range handlers {
		input, ok := samples[action]
		if action == "s3:GetObject" { // whose answer is the object itself
			askSample(t, s, action, input)
			continue
		}
		if !ok {
			t.Errorf("%s has no sample", action)
			continue
		}
		answer := askSample(t, s, action, input)
		if folder == "" {
			continue
		}
		ending := ".xml"
		if strings.Contains(input, "{") || strings.HasPrefix(input, "GET ") {
			ending = ".json"
		}
		name := filepath.Join(folder, modelled.Replace(action)+ending)
		if err := os.WriteFile(name, answer, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// modelled names an action as the models of botocore do.
var modelled = strings.NewReplacer(":", ".", "states:", "stepfunctions.")

func askSample(t *testing.T, s *Server, action, input string) []byte {
	t.Helper()
	service, operation, _ := strings.Cut(action, ":")
	method, address := http.MethodPost, s.URL
	rest := strings.HasPrefix(input, "GET ") || strings.HasPrefix(input, "POST ")
	if rest {
		var path string
		method, input, _ = strings.Cut(input, " ")
		path, input, _ = strings.Cut(input, " ")
		address += path
	}
	req, err := http.NewRequest(method, address, strings.NewReader(input))
	if err != nil {
		t.Fatal(err)
	}
	if rest {
		req.Header.Set("Content-Type", "application/json")
	} else if strings.HasPrefix(input, "{") {
		req.Header.Set("X-Amz-Target", "Service."+operation)
	} else {
		form, err := url.ParseQuery(input)
		if err != nil {
			t.Fatal(err)
		}
		form.Set("Action", operation)
		if operation == "AssumeRoleWithWebIdentity" {
			form.Set("WebIdentityToken", JWT(map[string]any{
				"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": "repo:acme/backlog:ref:refs/heads/main",
			}))
		}
		req.Body = io.NopCloser(strings.NewReader(form.Encode()))
		req.ContentLength = int64(len(form.Encode()))
	}
	if operation != "AssumeRoleWithWebIdentity" {
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=ASIA111122223333SIMU/20261201/us-east-1/"+service+"/aws4_request")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s: %s", action, resp.Status, body)
	}
	return body
}
