package checks

import "strings"

// What takes the place of a key in services that run something of ours for us.
var (
	toRunnerRole   = Replacement{replaceTaskRole, "A service of App Runner has an instance role, whose credentials its container gets as a task of ECS does, and the SDK takes them by itself."}
	toGlueRole     = Replacement{replaceLambdaRole, "A job of Glue runs as a role already: what the key may do becomes a policy of that role, and Spark and the SDK take its credentials by themselves."}
	toJobsRole     = Replacement{replaceLambdaRole, "What uses the connection, a job or crawler of Glue, runs as a role already: what the key may do becomes a policy of that role."}
	toModelRole    = Replacement{replaceLambdaRole, "A model has an execution role already, whose credentials its containers get: what the key may do becomes a policy of that role."}
	toTrainingRole = Replacement{replaceLambdaRole, "A training job has an execution role already, whose credentials its container gets: what the key may do becomes a policy of that role."}
	toNotebookRole = Replacement{replaceLambdaRole, "A notebook instance has an execution role already, whose credentials the SDK and the CLI on it take by themselves."}
	toMachineRole  = Replacement{replaceLambdaRole, "A state machine calls AWS as its execution role: what the key may do becomes a policy of that role, and a step calls the service without a key."}
)

// workloadKind is kindOf for these services.
func (s *Subject) workloadKind() computeKind {
	for _, k := range []struct {
		mark string
		kind computeKind
	}{
		{":apprunner:", computeKind{"App Runner service", toRunnerRole, runnerSteps}},
		{":job/", computeKind{"Glue job", toGlueRole, glueJobSteps}},
		{":connection/", computeKind{"Glue connection", toJobsRole, connectionSteps}},
		{":model/", computeKind{"SageMaker model", toModelRole, modelSteps}},
		{":training-job/", computeKind{"SageMaker training job", toTrainingRole, trainingSteps}},
		{":notebook-instance-lifecycle-config/", computeKind{"SageMaker lifecycle configuration", toNotebookRole, notebookSteps}},
	} {
		if strings.Contains(s.Resource.ARN, k.mark) {
			return k.kind
		}
	}
	return computeKind{"state machine", toMachineRole, machineSteps}
}

// withoutKeys begins the step that changes the configuration.
func (s *Subject) withoutKeys(what, file string) string {
	return "Take " + s.variableList() + " and what holds its secret out of " + what + "; " + textNoKey + " " + textInCode + " By hand, write what stays into " + file + "."
}

func runnerSteps(s *Subject) []Step {
	arn := s.Resource.ARN
	return []Step{
		s.grantOr("the service", makeRole("apprunner-"+resourceName(arn), "tasks.apprunner.amazonaws.com", "Make an instance role: the service has none. Name it as InstanceRoleArn of the service.")),
		{
			Text:    s.withoutKeys("the variables of the service", "source.json"),
			Command: s.awsCommand("apprunner", "update-service", "--service-arn", arn, "--source-configuration", "file://source.json"),
		},
		{
			Text:    "See that the service runs again.",
			Command: s.awsCommand("apprunner", "describe-service", "--service-arn", arn, "--query", "Service.[Status, InstanceConfiguration.InstanceRoleArn]"),
		},
	}
}

func glueJobSteps(s *Subject) []Step {
	name := resourceName(s.Resource.ARN)
	return []Step{
		s.grantOr("the job", Step{Text: "Let the role of the job do what the key does.", Command: s.awsCommand("glue", "get-job", "--job-name", name, "--query", "Job.Role")}),
		{
			Text:    s.withoutKeys("the arguments of the job, and out of its script", "job.json"),
			Command: s.awsCommand("glue", "update-job", "--job-name", name, "--job-update", "file://job.json"),
		},
		{
			Text:    "Run the job and see that it still works. Its earlier runs may show the arguments that they were started with.",
			Command: s.awsCommand("glue", "start-job-run", "--job-name", name),
		},
	}
}

func connectionSteps(s *Subject) []Step {
	name := resourceName(s.Resource.ARN)
	return []Step{
		{
			Text:    "Let the roles of the jobs and crawlers that use the connection do what the key does. This shows the jobs.",
			Command: s.awsCommand("glue", "get-jobs", "--query", "Jobs[].[Name, Role, Connections.Connections]"),
		},
		{
			Text:    s.withoutKeys("the properties of the connection", "connection.json"),
			Command: s.awsCommand("glue", "update-connection", "--name", name, "--connection-input", "file://connection.json"),
		},
		{
			Text:    "See that the connection still works.",
			Command: s.awsCommand("glue", "test-connection", "--connection-name", name),
		},
	}
}

// fullName is what the resource was called when it was read: with the date that its name ends with.
func (s *Subject) fullName() string {
	if s.Resource.Version == "" {
		return resourceName(s.Resource.ARN)
	}
	return resourceName(s.Resource.ARN) + "-" + s.Resource.Version
}

func modelSteps(s *Subject) []Step {
	return []Step{
		s.grantOr("the model", Step{Text: "Let the execution role of the model do what the key does.", Command: s.awsCommand("sagemaker", "describe-model", "--model-name", s.fullName(), "--query", "ExecutionRoleArn")}),
		{
			Text:    "Make a new model: one that is there cannot be changed. " + s.withoutKeys("the environment of its containers", "model.json"),
			Command: s.awsCommand("sagemaker", "create-model", "--cli-input-json", "file://model.json"),
		},
		{
			Text:    "Move the endpoints to the new model, then delete every model with the key: whoever may describe one can still read it.",
			Command: s.awsCommand("sagemaker", "list-models", "--name-contains", resourceName(s.Resource.ARN), "--query", "Models[].ModelName"),
		},
	}
}

func trainingSteps(s *Subject) []Step {
	return []Step{
		s.grantOr("the job", Step{Text: "Let the execution role of the job do what the key does.", Command: s.awsCommand("sagemaker", "describe-training-job", "--training-job-name", s.fullName(), "--query", "RoleArn")}),
		{Text: "Take " + s.variableList() + " and what holds its secret out of what starts the job, a notebook or a pipeline; " + textNoKey},
		{
			Text: "A job that has run can be neither changed nor deleted, and whoever may describe it can read the key for good: only a key that is deleted is safe there. " +
				"This shows the jobs.",
			Command: s.awsCommand("sagemaker", "list-training-jobs", "--name-contains", resourceName(s.Resource.ARN), "--query", "TrainingJobSummaries[].TrainingJobName"),
		},
	}
}

func notebookSteps(s *Subject) []Step {
	name := resourceName(s.Resource.ARN)
	return []Step{
		{
			Text: "Let the roles of the notebook instances with this configuration do what the key does. This shows the instances; describe-notebook-instance shows the role.",
			Command: s.awsCommand("sagemaker", "list-notebook-instances", "--notebook-instance-lifecycle-config-name-contains", name,
				"--query", "NotebookInstances[].NotebookInstanceName"),
		},
		{
			Text:    s.withoutKeys("the scripts", "lifecycle.json"),
			Command: s.awsCommand("sagemaker", "update-notebook-instance-lifecycle-config", "--cli-input-json", "file://lifecycle.json"),
		},
		{
			Text:    "Stop the instances and start them again, and delete the files on them that hold the key.",
			Command: s.awsCommand("sagemaker", "describe-notebook-instance-lifecycle-config", "--notebook-instance-lifecycle-config-name", name),
		},
	}
}

func machineSteps(s *Subject) []Step {
	arn := s.Resource.ARN
	return []Step{
		s.grantOr("the state machine", Step{Text: "Let the execution role of the state machine do what the key does.", Command: s.awsCommand("stepfunctions", "describe-state-machine", "--state-machine-arn", arn, "--query", "roleArn")}),
		{
			Text:    s.withoutKeys("the definition", "definition.json"),
			Command: s.awsCommand("stepfunctions", "update-state-machine", "--state-machine-arn", arn, "--definition", "file://definition.json"),
		},
		{
			Text:    "Delete the published versions with the key, and see in the history of executions that what was passed on did not hold it.",
			Command: s.awsCommand("stepfunctions", "list-state-machine-versions", "--state-machine-arn", arn),
		},
	}
}
