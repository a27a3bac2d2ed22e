package inventory

import "time"

// FactKeyUse is where active keys were used from, as CloudTrail tells it for the last 90 days. It is
// read for the keys that matter most; of any other it is missing.
const FactKeyUse Fact = "key-use"

// FactServicesUsed is which services a user has called, as IAM's last-accessed details tell it. It is
// read only where the role of the audit may, for the users whose keys matter most.
const FactServicesUsed Fact = "services-used"

// The kinds of places that a key is used from. What none of them fits is told by no kind: it stays unknown.
const (
	FromGitHubActions = "github-actions"
	FromEC2           = "ec2"
	FromECS           = "ecs"
	FromLambda        = "lambda"
	FromCodeBuild     = "codebuild"
	FromCloudShell    = "cloudshell"
	FromOwnNetwork    = "own-network"
	FromAWSService    = "aws-service"
	FromInternet      = "internet"
)

// KeyUse is one place that an access key was used from, by the events of CloudTrail that were read.
type KeyUse struct {
	// By is one of the From words, or empty where it cannot be told.
	By string `json:"by,omitempty"`
	// Source is the address, or the name of the AWS service that called in the place of the key's user.
	Source string `json:"source,omitempty"`
	// Agent is the client in a few words, "aws-cli/2.17.0": never the whole user agent.
	Agent string `json:"agent,omitempty"`
	// Service is the one called, as IAM names it; Region where.
	Service string `json:"service,omitempty"`
	Region  string `json:"region,omitempty"`
	// Last is the newest of the events.
	Last time.Time `json:"last"`
	// Events is how many were read; there may be more.
	Events int `json:"events"`
}
