package awssim

import (
	"slices"
	"strconv"
	"time"
)

// Runner is a service of App Runner: of an image, or of code where it has a start command.
type Runner struct {
	Name, Role string
	Env        map[string]string
	Secrets    []string // names
	Start      string
	Deleted    bool
}

// GlueJob is a job of Glue.
type GlueJob struct {
	Name, Role       string
	Arguments, Fixed map[string]string
}

// Connection is a connection of Glue.
type Connection struct {
	Name       string
	Properties map[string]string
}

// Model is a model of SageMaker with one container.
type Model struct {
	Name, Role string
	Env        map[string]string
}

// Training is a training job of SageMaker.
type Training struct {
	Name, Role      string
	At              time.Time
	Env, Parameters map[string]string
	Command         []string
}

// Notebook is a lifecycle configuration of notebook instances.
type Notebook struct {
	Name              string
	OnCreate, OnStart []byte
}

// Machine is a state machine of Step Functions.
type Machine struct {
	Name, Role, Definition string
	// Sealed machines have a definition that the caller may not decrypt.
	Sealed bool
}

// then is when everything was made whose time nothing looks at.
var then = float64(time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC).Unix())

// list is a page in the way of services that begin their members with a capital.
func (s *Server) list(q *request, name string, n int, row func(i int) any) reply {
	marker, _ := q.json["NextToken"].(string)
	size := 100
	if given, ok := q.json["MaxResults"].(float64); ok {
		size = int(given)
	}
	from, to, next := s.window(marker, strconv.Itoa(size), n)
	rows := []any{}
	for i := from; i < to; i++ {
		rows = append(rows, row(i))
	}
	out := map[string]any{name: rows}
	if next != "" {
		out["NextToken"] = next
	}
	return encoded(out)
}

// asked is a member of the request, in text.
func (q *request) asked(member string) string {
	text, _ := q.json[member].(string)
	return text
}

func (s *Server) runnerARN(q *request, name string) string {
	return s.arn(q, "apprunner", "service/"+name+"/8fe1e10304f84fd2b0df550fe98a71fa")
}

func (r *Runner) status() string {
	if r.Deleted {
		return "DELETED"
	}
	return "RUNNING"
}

func (s *Server) listRunners(q *request) reply {
	if size, _ := q.json["MaxResults"].(float64); size > 20 {
		return fail(400, "InvalidRequestException", "MaxResults cannot be greater than 20")
	}
	all := q.compute().Runners
	return s.list(q, "ServiceSummaryList", len(all), func(i int) any {
		return map[string]any{"ServiceName": all[i].Name, "ServiceArn": s.runnerARN(q, all[i].Name), "Status": all[i].status(), "CreatedAt": then}
	})
}

func (s *Server) describeRunner(q *request) reply {
	for _, r := range q.compute().Runners {
		if q.asked("ServiceArn") == s.runnerARN(q, r.Name) && !r.Deleted {
			return encoded(map[string]any{"Service": s.runner(q, &r)})
		}
	}
	return fail(400, "ResourceNotFoundException", "Service with the provided arn does not exist")
}

func (s *Server) runner(q *request, r *Runner) map[string]any {
	secrets := map[string]string{}
	for _, name := range r.Secrets {
		secrets[name] = s.arn(q, "ssm", "parameter/"+name)
	}
	values := map[string]any{"RuntimeEnvironmentVariables": r.Env, "RuntimeEnvironmentSecrets": secrets}
	source := map[string]any{"ImageRepository": map[string]any{
		"ImageIdentifier": "111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1", "ImageRepositoryType": "ECR", "ImageConfiguration": values,
	}}
	if r.Start != "" {
		values["Runtime"], values["StartCommand"] = "PYTHON_3", r.Start
		source = map[string]any{"CodeRepository": map[string]any{
			"RepositoryUrl": "https://github.com/acme/app", "SourceCodeVersion": map[string]any{"Type": "BRANCH", "Value": "main"},
			"CodeConfiguration": map[string]any{"ConfigurationSource": "API", "CodeConfigurationValues": values},
		}}
	}
	out := map[string]any{
		"ServiceName": r.Name, "ServiceId": "8fe1e10304f84fd2b0df550fe98a71fa", "ServiceArn": s.runnerARN(q, r.Name), "Status": r.status(),
		"CreatedAt": then, "UpdatedAt": then, "SourceConfiguration": source, "NetworkConfiguration": map[string]any{},
		"InstanceConfiguration": map[string]any{"Cpu": "1024", "Memory": "2048"}, "AutoScalingConfigurationSummary": map[string]any{},
	}
	if r.Role != "" {
		out["InstanceConfiguration"] = map[string]any{"Cpu": "1024", "Memory": "2048", "InstanceRoleArn": s.roleARN(q, r.Role)}
	}
	return out
}

func (s *Server) getJobs(q *request) reply {
	all := q.compute().GlueJobs
	return s.list(q, "Jobs", len(all), func(i int) any {
		return map[string]any{
			"Name": all[i].Name, "Role": s.roleARN(q, all[i].Role), "DefaultArguments": all[i].Arguments, "NonOverridableArguments": all[i].Fixed,
			"Command": map[string]any{"Name": "glueetl", "ScriptLocation": "s3://acme/load.py"},
		}
	})
}

func (s *Server) getConnections(q *request) reply {
	if q.json["HidePassword"] != true {
		s.surprise("%s asks for passwords", q.action)
	}
	all := q.compute().Connections
	return s.list(q, "ConnectionList", len(all), func(i int) any {
		return map[string]any{"Name": all[i].Name, "ConnectionType": "JDBC", "ConnectionProperties": all[i].Properties}
	})
}

func (s *Server) listModels(q *request) reply {
	all := q.compute().Models
	return s.list(q, "Models", len(all), func(i int) any {
		return map[string]any{"ModelName": all[i].Name, "ModelArn": s.arn(q, "sagemaker", "model/"+all[i].Name), "CreationTime": then}
	})
}

func (s *Server) describeModel(q *request) reply {
	for _, m := range q.compute().Models {
		if m.Name == q.asked("ModelName") {
			return encoded(map[string]any{
				"ModelName": m.Name, "ModelArn": s.arn(q, "sagemaker", "model/"+m.Name), "CreationTime": then, "ExecutionRoleArn": s.roleARN(q, m.Role),
				"PrimaryContainer": map[string]any{"Image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/rank:1", "Environment": m.Env},
			})
		}
	}
	return fail(400, "ValidationException", "Could not find model.")
}

func (s *Server) listTrainingJobs(q *request) reply {
	after, _ := q.json["CreationTimeAfter"].(float64)
	var all []Training
	for _, t := range q.compute().Trainings {
		if t.At.Unix() > int64(after) {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b Training) int { return b.At.Compare(a.At) })
	return s.list(q, "TrainingJobSummaries", len(all), func(i int) any {
		return map[string]any{
			"TrainingJobName": all[i].Name, "TrainingJobArn": s.arn(q, "sagemaker", "training-job/"+all[i].Name),
			"TrainingJobStatus": "Completed", "CreationTime": float64(all[i].At.Unix()),
		}
	})
}

func (s *Server) describeTrainingJob(q *request) reply {
	for _, t := range q.compute().Trainings {
		if t.Name != q.asked("TrainingJobName") {
			continue
		}
		algorithm := map[string]any{"TrainingInputMode": "File", "TrainingImage": "111122223333.dkr.ecr.us-east-1.amazonaws.com/rank:1"}
		if len(t.Command) > 0 {
			algorithm["ContainerEntrypoint"] = t.Command
		}
		return encoded(map[string]any{
			"TrainingJobName": t.Name, "TrainingJobArn": s.arn(q, "sagemaker", "training-job/"+t.Name), "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed",
			"CreationTime": float64(t.At.Unix()), "RoleArn": s.roleARN(q, t.Role), "Environment": t.Env, "HyperParameters": t.Parameters,
			"AlgorithmSpecification": algorithm, "ModelArtifacts": map[string]any{"S3ModelArtifacts": "s3://acme/model.tar.gz"},
			"ResourceConfig": map[string]any{"VolumeSizeInGB": 10}, "StoppingCondition": map[string]any{"MaxRuntimeInSeconds": 3600},
		})
	}
	return fail(400, "ValidationException", "Requested resource not found.")
}

func (s *Server) notebookARN(q *request, name string) string {
	return s.arn(q, "sagemaker", "notebook-instance-lifecycle-config/"+name)
}

func (s *Server) listNotebookConfigs(q *request) reply {
	all := q.compute().Notebooks
	return s.list(q, "NotebookInstanceLifecycleConfigs", len(all), func(i int) any {
		return map[string]any{"NotebookInstanceLifecycleConfigName": all[i].Name, "NotebookInstanceLifecycleConfigArn": s.notebookARN(q, all[i].Name), "CreationTime": then}
	})
}

func (s *Server) describeNotebookConfig(q *request) reply {
	for _, n := range q.compute().Notebooks {
		if n.Name != q.asked("NotebookInstanceLifecycleConfigName") {
			continue
		}
		out := map[string]any{"NotebookInstanceLifecycleConfigName": n.Name, "NotebookInstanceLifecycleConfigArn": s.notebookARN(q, n.Name)}
		for hook, script := range map[string][]byte{"OnCreate": n.OnCreate, "OnStart": n.OnStart} {
			if script != nil {
				out[hook] = []any{map[string]any{"Content": encodedData(script)}}
			}
		}
		return encoded(out)
	}
	return fail(400, "ValidationException", "Could not find notebook instance lifecycle config.")
}

func (s *Server) machineARN(q *request, name string) string {
	return s.arn(q, "states", "stateMachine:"+name)
}

func (s *Server) listStateMachines(q *request) reply {
	all := q.compute().Machines
	from, to, next := s.jsonWindow(q, 100, len(all))
	rows := []any{}
	for _, m := range all[from:to] {
		rows = append(rows, map[string]any{"name": m.Name, "stateMachineArn": s.machineARN(q, m.Name), "type": "STANDARD", "creationDate": then})
	}
	return page("stateMachines", rows, next)
}

func (s *Server) describeStateMachine(q *request) reply {
	for _, m := range q.compute().Machines {
		switch {
		case q.asked("stateMachineArn") != s.machineARN(q, m.Name):
		case m.Sealed:
			return fail(400, "KmsAccessDeniedException", "User is not authorized to perform: kms:Decrypt")
		default:
			return encoded(map[string]any{
				"name": m.Name, "stateMachineArn": s.machineARN(q, m.Name), "status": "ACTIVE", "type": "STANDARD", "creationDate": then,
				"roleArn": s.roleARN(q, m.Role), "definition": m.Definition,
			})
		}
	}
	return fail(400, "StateMachineDoesNotExist", "State Machine Does Not Exist")
}
