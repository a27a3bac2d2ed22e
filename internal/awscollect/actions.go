package awscollect

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// action is one AWS action, as a policy names it.
type action string

// Every action that this package can call. There is no other way to AWS than through
// call, which takes one of these.
const (
	actAssumeRoleWithWebIdentity action = "sts:AssumeRoleWithWebIdentity"
	actAssumeRole                action = "sts:AssumeRole"
	actGetCallerIdentity         action = "sts:GetCallerIdentity"
	actListAccounts              action = "organizations:ListAccounts"
	actLookupEvents              action = "cloudtrail:LookupEvents"
	actGenerateReport            action = "iam:GenerateCredentialReport"
	actGetReport                 action = "iam:GetCredentialReport"
	actSummary                   action = "iam:GetAccountSummary"
	actDetails                   action = "iam:GetAccountAuthorizationDetails"
	actListServices              action = "iam:ListServiceSpecificCredentials"
	actListSSHKeys               action = "iam:ListSSHPublicKeys"
	actListKeys                  action = "iam:ListAccessKeys"
	actKeyLastUsed               action = "iam:GetAccessKeyLastUsed"
	actLoginProfile              action = "iam:GetLoginProfile"
	actGetUser                   action = "iam:GetUser"
	actListMFA                   action = "iam:ListMFADevices"
	actListCertificates          action = "iam:ListSigningCertificates"
	actRegions                   action = "ec2:DescribeRegions"
	actListFunctions             action = "lambda:ListFunctions"
	actInstances                 action = "ec2:DescribeInstances"
	actInstanceAttribute         action = "ec2:DescribeInstanceAttribute"
	actTemplates                 action = "ec2:DescribeLaunchTemplateVersions"
	actConfigurations            action = "autoscaling:DescribeLaunchConfigurations"
	actFamilies                  action = "ecs:ListTaskDefinitionFamilies"
	actTaskDefinition            action = "ecs:DescribeTaskDefinition"
	actClusters                  action = "ecs:ListClusters"
	actServices                  action = "ecs:ListServices"
	actDescribeServices          action = "ecs:DescribeServices"
	actProjects                  action = "codebuild:ListProjects"
	actBatchProjects             action = "codebuild:BatchGetProjects"
	actJobDefinitions            action = "batch:DescribeJobDefinitions"
	actStacks                    action = "cloudformation:DescribeStacks"
	actTemplate                  action = "cloudformation:GetTemplate"
	actStackResources            action = "cloudformation:ListStackResources"
	actEnvironments              action = "elasticbeanstalk:DescribeEnvironments"
	actSettings                  action = "elasticbeanstalk:DescribeConfigurationSettings"
	actApps                      action = "amplify:ListApps"
	actBranches                  action = "amplify:ListBranches"
	actContainerServices         action = "lightsail:GetContainerServices"
	actBuckets                   action = "lightsail:GetBuckets"
	actBucketKeys                action = "lightsail:GetBucketAccessKeys"
	actParameters                action = "ssm:DescribeParameters"
	actParameterValues           action = "ssm:GetParameters"
	actObject                    action = "s3:GetObject"
	actRunnerServices            action = "apprunner:ListServices"
	actRunnerService             action = "apprunner:DescribeService"
	actGlueJobs                  action = "glue:GetJobs"
	actGlueConnections           action = "glue:GetConnections"
	actModels                    action = "sagemaker:ListModels"
	actModel                     action = "sagemaker:DescribeModel"
	actTrainingJobs              action = "sagemaker:ListTrainingJobs"
	actTrainingJob               action = "sagemaker:DescribeTrainingJob"
	actNotebookConfigs           action = "sagemaker:ListNotebookInstanceLifecycleConfigs"
	actNotebookConfig            action = "sagemaker:DescribeNotebookInstanceLifecycleConfig"
	actMachines                  action = "states:ListStateMachines"
	actMachine                   action = "states:DescribeStateMachine"
)

var allActions = []action{
	actAssumeRoleWithWebIdentity, actAssumeRole, actGetCallerIdentity, actListAccounts, actLookupEvents,
	actGenerateReport, actGetReport, actSummary, actDetails, actListServices, actListSSHKeys, actListKeys,
	actKeyLastUsed, actLoginProfile, actGetUser, actListMFA, actListCertificates,
}

// Actions lists every AWS action that the code can call, sorted. A policy that grants
// them is enough; sts:AssumeRoleWithWebIdentity is granted by the trust policy of the
// first role, and sts:GetCallerIdentity needs no grant.
func Actions() []string {
	var names []string
	for _, a := range append(allActions[:len(allActions):len(allActions)], computeActions()...) {
		names = append(names, string(a))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// computeActions are those that tell what compute there is and what its configuration holds.
func computeActions() []action {
	out := []action{actRegions}
	for i := range readers {
		out = append(out, readers[i].actions...)
	}
	return out
}

// accountActions are those of them that the role in an account must be allowed.
func accountActions() []string {
	return slices.DeleteFunc(Actions(), func(a string) bool {
		return strings.HasPrefix(a, "sts:") || strings.HasPrefix(a, "organizations:")
	})
}

// isCompute reports whether an action is about compute.
func isCompute(a string) bool {
	return !strings.HasPrefix(a, "iam:") && !strings.HasPrefix(a, "cloudtrail:")
}

// call makes one call of an action and logs that it was made, without any of its data.
func call[In, Out, Opt any](ctx context.Context, log *slog.Logger, a action, do func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In) (*Out, error) {
	out, err := do(ctx, in)
	if err != nil {
		log.DebugContext(ctx, "aws call", "action", string(a), "outcome", describe(err).word())
		return nil, err
	}
	log.DebugContext(ctx, "aws call", "action", string(a), "outcome", "done")
	return out, nil
}

// inFlight is how many calls one account may have in flight: IAM slows down callers that
// ask for more.
const inFlight = 4

// gate lets so many calls of an account through at once.
type gate chan struct{}

func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g gate) leave() { <-g }

// breaker stops an action in an account after failuresInARow of its calls failed one
// after the other: five thousand users need not each be refused, or waited for.
type breaker struct {
	mu   sync.Mutex
	fail map[action]int
	last map[action]error
}

const failuresInARow = 5

// open returns the last error when the action is not worth another call.
func (b *breaker) open(a action) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail[a] >= failuresInARow {
		return b.last[a]
	}
	return nil
}

// note counts a failure, or forgets them all after a success. An answer that something
// does not exist is an answer.
func (b *breaker) note(a action, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil || isGone(err) {
		delete(b.fail, a)
		return
	}
	if b.fail == nil {
		b.fail, b.last = map[action]int{}, map[action]error{}
	}
	b.fail[a]++
	b.last[a] = err
}
