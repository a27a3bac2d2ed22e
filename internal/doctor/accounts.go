package doctor

import (
	"fmt"
	"slices"
	"strings"
)

const (
	linkAccounts = "account roles"
	linkAction   = "AWS action"
	linkActions  = "AWS actions"
)

// cause is what faults of several accounts or actions have in common.
type cause struct {
	kind     Kind
	policy   string
	explicit bool
	text     string
}

// group is those of the accounts that fail for one cause.
type group struct {
	fault *Fault
	ids   []string
	home  bool // the first role's own account is among them
}

// grouped groups accounts by the fault that of finds in them, in the order of the accounts.
func grouped(accounts []Account, of func(Account) *Fault) []*group {
	var out []*group
	at := map[cause]*group{}
	for _, a := range accounts {
		f := of(a)
		if f == nil {
			continue
		}
		c := cause{f.Kind, f.Policy, f.Explicit, f.Cause}
		if at[c] == nil {
			at[c] = &group{fault: f}
			out = append(out, at[c])
		}
		at[c].ids = append(at[c].ids, a.ID)
		at[c].home = at[c].home || a.Home
	}
	return out
}

// share is "2 of 5 accounts: 1…, 2…", "all 5 accounts", or "account 1…" where there is one.
func share(ids []string, of int) string {
	if of == 1 {
		return "account " + ids[0]
	}
	if len(ids) == of && of == 2 {
		return "both accounts"
	}
	if len(ids) == of {
		return fmt.Sprintf("all %d accounts", of)
	}
	return fmt.Sprintf("%d of %s: %s", len(ids), plural(of, "account"), list(ids))
}

func (f Facts) accountLinks() []Link {
	if b := f.blocker(); b != "" {
		return []Link{waits(linkAccounts, b)}
	}
	others := slices.DeleteFunc(slices.Clone(f.Accounts), func(a Account) bool { return a.Home })
	if len(others) == 0 {
		return []Link{skip(linkAccounts, "not needed: the first role's own account alone is audited")}
	}
	groups := grouped(others, func(a Account) *Fault { return a.Fault })
	if len(groups) == 0 {
		return []Link{ok(linkAccounts, "%s is assumed in %s", f.RoleName, plural(len(others), "account"))}
	}
	granted := len(others)
	for _, g := range groups {
		granted -= len(g.ids)
	}
	var out []Link
	for _, g := range groups {
		out = append(out, f.accountLink(g, len(others), granted))
	}
	return out
}

// accountLink tells why the role cannot be taken in some accounts. AWS gives one answer where the role is missing, where its
// trust policy names another role and where it asks for another external id: what these accounts share with those that
// grant it tells which it is.
func (f Facts) accountLink(g *group, of, granted int) Link {
	fault := g.fault
	detail := fmt.Sprintf("%s cannot be assumed in %s", f.RoleName, share(g.ids, of))
	switch {
	case fault.Kind != Refused:
		l := faulty(linkAccounts, fault)
		l.Detail = detail + ": " + fault.Cause
		return l
	case fault.Explicit:
		return missing(linkAccounts, detail+": an explicit deny in a "+fault.Policy, do("let that policy leave the first role out"))
	case f.OtherRole != "":
		return missing(linkAccounts, fmt.Sprintf("%s; %s can be: the name is wrong", detail, f.OtherRole),
			do("correct account-role-name", "account-role-name: "+f.OtherRole))
	case fault.Policy == "identity-based policy":
		return f.mayNotAssume(detail)
	case granted > 0:
		return missing(linkAccounts, fmt.Sprintf("%s; %d others grant it, so the name, the first role and the external id are right: the role is missing there, or its trust policy is another", detail, granted),
			f.deploy("deploy deploy/cloudformation/member-role.yml there, or give the role this trust policy"))
	}
	return f.refusedEverywhere(detail)
}

// mayNotAssume: the first role's own policy stands in the way. The shipped one names the role in the accounts.
func (f Facts) mayNotAssume(detail string) Link {
	return missing(linkAccounts, detail+": no policy of the first role lets it assume a role of this name",
		do("correct the name, if the role in the accounts has another", "account-role-name: NAME"),
		do("add this statement to the policy of the first role", allow("sts:AssumeRole", f.roleARN("*"))))
}

func (f Facts) roleARN(account string) string {
	return "arn:" + partition(f.firstRole()) + ":iam::" + account + ":role/" + f.RoleName
}

// firstRole is the principal that the roles in the accounts have to trust.
func (f Facts) firstRole() string {
	if f.Entry.Role != "" {
		return f.Entry.Role
	}
	return "arn:" + partition(f.Entry.Caller) + ":iam::" + f.Entry.Home + ":root"
}

// refusedEverywhere tells what the accounts have in common; what the user has set is suspected first.
func (f Facts) refusedEverywhere(detail string) Link {
	deploy := f.deploy("deploy deploy/cloudformation/member-role.yml in each account, or give the role this trust policy")
	if f.ExternalID {
		return missing(linkAccounts, detail+": the external id that is sent is not the one that the trust policy asks for, or there is no such role",
			do("compare external-id with what the trust policy of the role asks for", `"Condition": {"StringEquals": {"sts:ExternalId": "..."}}`), deploy)
	}
	return missing(linkAccounts, detail+": there is no such role, or its trust policy does not let the first role in", deploy,
		do("set external-id, if the trust policy asks for one", "external-id: ID"),
		do("correct the name, if the role has another", "account-role-name: NAME"))
}

// deploy is the step that makes the role, with the statement of its trust policy.
func (f Facts) deploy(text string) Step {
	condition := ""
	if f.ExternalID {
		condition = `, "Condition": {"StringEquals": {"sts:ExternalId": "..."}}`
	}
	return do(text, `{"Effect": "Allow", "Principal": {"AWS": `+jsonText(f.firstRole())+`}, "Action": "sts:AssumeRole"`+condition+"}")
}

// actionLinks tell of each action that is refused somewhere, and of all others together.
func (f Facts) actionLinks() []Link {
	if b := f.blocker(); b != "" {
		return []Link{waits(linkActions, b)}
	}
	entered := slices.DeleteFunc(slices.Clone(f.Accounts), func(a Account) bool { return a.Fault != nil })
	if len(entered) == 0 {
		return []Link{waits(linkActions, linkAccounts)}
	}
	closed, entered := withoutParameters(entered)
	var bad []Link
	var allowed, untried []string
	calls := 0
	for _, name := range actionNames(entered) {
		groups := grouped(entered, func(a Account) *Fault { return a.find(name).Fault })
		n := 0
		for _, a := range entered {
			n += a.find(name).Calls
		}
		calls += n
		switch {
		case len(groups) > 0:
			for _, g := range groups {
				bad = append(bad, f.actionLink(name, g, len(entered)))
			}
		case n == 0:
			untried = append(untried, name)
		default:
			allowed = append(allowed, name)
		}
	}
	l := ok(linkActions, "%s allowed in %s (%s in all)", plural(len(allowed), "action"), plural(len(entered), "account"), plural(calls, "call"))
	for _, name := range untried {
		l.Info = append(l.Info, untriedInfo(name))
	}
	if len(allowed) > 0 || len(untried) > 0 {
		bad = append([]Link{l}, bad...)
	}
	return append(bad, parametersLink(closed, len(entered))...)
}

func actionNames(accounts []Account) []string {
	var out []string
	for _, a := range accounts {
		for _, action := range a.Actions {
			if !slices.Contains(out, action.Name) {
				out = append(out, action.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (a Account) find(name string) Action {
	for _, action := range a.Actions {
		if action.Name == name {
			return action
		}
	}
	return Action{}
}

// serves is what each action is asked for. What it serves is not assessed where it is refused.
var serves = map[string]string{
	"cloudtrail:LookupEvents":                           "what the root user did",
	"batch:DescribeJobDefinitions":                      "access keys in job definitions of Batch",
	"autoscaling:DescribeLaunchConfigurations":          "access keys in launch configurations",
	"amplify:ListApps":                                  "access keys in Amplify apps",
	"amplify:ListBranches":                              "access keys in Amplify apps",
	"cloudformation:DescribeStacks":                     "access keys in the parameters and outputs of stacks",
	"cloudformation:GetTemplate":                        "stacks that make access keys, and keys in templates",
	"cloudformation:ListStackResources":                 "which access keys a stack has made",
	"elasticbeanstalk:DescribeConfigurationSettings":    "access keys in environments of Elastic Beanstalk",
	"elasticbeanstalk:DescribeEnvironments":             "access keys in environments of Elastic Beanstalk",
	"lightsail:GetBucketAccessKeys":                     "access keys that buckets of Lightsail have",
	"lightsail:GetBuckets":                              "access keys that buckets of Lightsail have",
	"lightsail:GetContainerServices":                    "access keys in container services of Lightsail",
	"s3:GetObject":                                      "access keys in the environment files of tasks",
	"ssm:DescribeParameters":                            "access keys in plain parameters",
	"ssm:GetParameters":                                 "access keys in plain parameters",
	"codebuild:BatchGetProjects":                        "access keys in CodeBuild projects",
	"codebuild:ListProjects":                            "access keys in CodeBuild projects",
	"ec2:DescribeInstanceAttribute":                     "access keys in the user data of instances",
	"ec2:DescribeInstances":                             "instances without a role, and access keys in their user data",
	"ec2:DescribeLaunchTemplateVersions":                "access keys in launch templates",
	"ecs:DescribeServices":                              "access keys in what ECS services run",
	"ecs:DescribeTaskDefinition":                        "access keys in ECS task definitions",
	"ecs:ListClusters":                                  "access keys in what ECS services run",
	"ecs:ListServices":                                  "access keys in what ECS services run",
	"ecs:ListTaskDefinitionFamilies":                    "access keys in ECS task definitions",
	"ec2:DescribeRegions":                               "which regions to look for compute in",
	"iam:GenerateCredentialReport":                      "passwords, MFA, last uses and root",
	"iam:GetAccessKeyLastUsed":                          "when and for what a key was used",
	"iam:GetAccountAuthorizationDetails":                "who the users are and what they may do",
	"iam:GetAccountSummary":                             "what credentials root has now",
	"iam:GetCredentialReport":                           "passwords, MFA, last uses and root",
	"iam:GetLoginProfile":                               "whether a password is still there",
	"iam:GetUser":                                       "when a password was last used",
	"iam:ListAccessKeys":                                "the ids of access keys",
	"iam:ListMFADevices":                                "whether a user has MFA now",
	"iam:ListSSHPublicKeys":                             "SSH keys",
	"iam:ListServiceSpecificCredentials":                "service-specific credentials",
	"iam:ListSigningCertificates":                       "signing certificates",
	"lambda:ListFunctions":                              "access keys in Lambda functions",
	"apprunner:DescribeService":                         "access keys in App Runner services",
	"apprunner:ListServices":                            "access keys in App Runner services",
	"glue:GetConnections":                               "access keys in Glue connections",
	"glue:GetJobs":                                      "access keys in Glue jobs",
	"sagemaker:DescribeModel":                           "access keys in SageMaker models",
	"sagemaker:DescribeNotebookInstanceLifecycleConfig": "access keys in the scripts of SageMaker notebooks",
	"sagemaker:DescribeTrainingJob":                     "access keys in SageMaker training jobs",
	"sagemaker:ListModels":                              "access keys in SageMaker models",
	"sagemaker:ListNotebookInstanceLifecycleConfigs":    "access keys in the scripts of SageMaker notebooks",
	"sagemaker:ListTrainingJobs":                        "access keys in SageMaker training jobs",
	"states:DescribeStateMachine":                       "access keys in state machines",
	"states:ListStateMachines":                          "access keys in state machines",
}

func (f Facts) actionLink(name string, g *group, of int) Link {
	where := share(g.ids, of)
	if g.fault.Kind != Refused {
		l := faulty(linkAction, g.fault)
		l.Detail = fmt.Sprintf("%s in %s: %s", name, where, g.fault.Cause)
		return l
	}
	detail := fmt.Sprintf("%s is refused in %s", name, where)
	unknown := "; not known without it: " + serves[name]
	switch p := g.fault.Policy; {
	case g.fault.Explicit:
		return missing(linkAction, detail+" (an explicit deny in a "+p+")"+unknown, do("let that policy leave the role out"))
	case p == "service control policy" || p == "permissions boundary" || p == "resource control policy":
		return missing(linkAction, detail+" (no "+p+" allows it)"+unknown, do("allow it there", allow(name, "*")))
	}
	return missing(linkAction, detail+unknown, do("add this statement to the policy of "+f.rolesIn(g), allow(name, "*")))
}

// rolesIn names the roles whose permissions count in the accounts of a group.
func (f Facts) rolesIn(g *group) string {
	if !g.home {
		return "the role " + f.RoleName
	}
	first := "whoever runs this"
	if f.Entry.Role != "" {
		first = "the role " + f.Entry.Role[strings.LastIndexByte(f.Entry.Role, '/')+1:]
	}
	if len(g.ids) == 1 {
		return first
	}
	return "the roles " + f.RoleName + " and " + strings.TrimPrefix(first, "the role ")
}
