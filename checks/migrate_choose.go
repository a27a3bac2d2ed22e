package checks

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/keysweep/keysweep/internal/inventory"
)

// move is what takes the place of a key in use, and what of the facts the steps towards it name.
// It is chosen by the true subject. It holds no name: hidden texts are made of it too.
type move struct {
	replacement Replacement
	// by is the place in inventory's words that decided; empty where another fact did.
	by string
	// platform is the one whose token a role trusts; nil for anything but oidc.
	platform *platform
	// base is the kind of compute that sends mail; empty where that is not known.
	base string
	// region is the one that all uses of the decisive kind were in, address the one they came from.
	region, address string
	// repository is owner/name of the GitHub repository, where a tag of the user tells it.
	repository string
}

// moveOf chooses what takes the place of the subject's key. What only a key can do comes first,
// then where a copy of the key stands, then whose it is by the policy, then what CloudTrail saw, then
// what its user is, and a name at last.
func moveOf(s *Subject, ses bool) move {
	held, seen, isSeen := s.holders(), move{}, false
	if seen, isSeen = moveByUse(s); ses {
		out := move{replacement: toSESRole, region: seen.region}
		if isSeen {
			out.base = seen.replacement.Kind
		}
		return out
	}
	switch {
	case len(held) > 0:
		return move{replacement: (&Subject{Account: held[0].Account, Resource: held[0].Resource}).kindOf().replacement}
	case isContractor(s):
		return move{replacement: toExternalRole}
	case isSeen:
		return seen
	case isPerson(s):
		return move{replacement: personKey(s)}
	}
	return moveByName(s)
}

// personKey is what a person has in the place of a key. Who breaks glass must get in when single
// sign-on does not work.
func personKey(s *Subject) Replacement {
	if s.User.Password.Enabled && s.Policy.IsBreakGlass(s.User.ARN) && partitionOf(s.Account) == "aws" {
		return toAWSLogin
	}
	return toPersonLogin
}

// useRule is what one kind of use means for the replacement.
type useRule struct {
	by          string
	replacement Replacement
}

// useRules in the order in which they decide: the surest first, and never by what was used last, or a
// key that is used from two places would get other steps every day.
var useRules = []useRule{
	{inventory.FromGitHubActions, Replacement{replaceGitHubOIDC, "CloudTrail saw GitHub Actions use it. A job takes a role with an OIDC token of its own, for an hour: there is no secret to keep."}},
	{inventory.FromCodeBuild, Replacement{replaceCodeBuildRole, "CloudTrail saw CodeBuild use it. A project has a service role already: what the key may do becomes a policy of that role."}},
	{inventory.FromLambda, Replacement{replaceLambdaRole, "CloudTrail saw a Lambda function use it. A function has an execution role already: what the key may do becomes a policy of that role."}},
	{inventory.FromECS, Replacement{replaceTaskRole, "CloudTrail saw a task of ECS use it. A task definition names a task role, whose credentials every container of the task gets by itself."}},
	{inventory.FromEC2, Replacement{replaceInstanceProfile, "CloudTrail saw an EC2 instance use it. An instance profile gives the instance a role, whose credentials AWS changes every few hours."}},
	{inventory.FromOwnNetwork, Replacement{replaceInstanceProfile, "CloudTrail saw it used from an address of your own in AWS: what runs behind that has, or can have, the role of its compute. An instance gets it by an instance profile, a function, task or pod in its own way."}},
	{inventory.FromCloudShell, Replacement{replaceIdentityCenter, "CloudTrail saw CloudShell use it, which has the credentials of whoever signed in: a person needs no key there."}},
}

var (
	toPods      = Replacement{replacePodIdentity, "CloudTrail saw a client use it that runs in Kubernetes. A service account of EKS gets a role by Pod Identity; a cluster elsewhere by its own OIDC issuer, as with IRSA."}
	toTerraform = Replacement{replaceOIDC, "CloudTrail saw Terraform use it from outside of AWS; which pipeline runs it is not known. HCP Terraform takes a role with an OIDC token of its own, and so do most pipelines: where another one runs it, let the role trust the token of that one."}
	toAWSLogin  = Replacement{replaceAWSLogin, "Who breaks glass must get in when single sign-on does not work: aws login makes short-lived credentials of the sign-in to the console, with its second factor, and needs no access key."}
)

// moveByUse chooses by what CloudTrail saw.
func moveByUse(s *Subject) (move, bool) {
	uses := s.uses()
	if isAgent(uses, podAgents) && !seenBy(uses, inventory.FromInternet) {
		return s.moveOfUses(move{replacement: toPods}, func(u inventory.KeyUse) bool { return u.By != inventory.FromInternet }), true
	}
	for _, r := range useRules {
		if seenBy(uses, r.by) {
			return s.moveOfUses(move{replacement: r.replacement, by: r.by}, func(u inventory.KeyUse) bool { return u.By == r.by }), true
		}
	}
	if isAgent(uses, []string{"terraform"}) && !isPerson(s) {
		return move{replacement: toTerraform, platform: platformNamed("terraform")}, true
	}
	return move{}, false
}

func seenBy(uses []inventory.KeyUse, by string) bool {
	return slices.ContainsFunc(uses, func(u inventory.KeyUse) bool { return u.By == by })
}

// podAgents are clients that run in a cluster of Kubernetes and nowhere else.
var podAgents = []string{
	"kubernetes", "eks", "external-dns", "cert-manager", "cluster-autoscaler", "karpenter", "external-secrets",
	"aws-load-balancer-controller", "ebs-csi", "efs-csi", "argocd", "velero", "crossplane",
}

// isAgent reports whether a client of the uses is called by one of the words.
func isAgent(uses []inventory.KeyUse, words []string) bool {
	for _, u := range uses {
		agent := strings.ToLower(u.Agent)
		for _, w := range words {
			if hasWord(agent, w) {
				return true
			}
		}
	}
	return false
}

// hasWord reports whether a word stands in a name by itself, not within another word.
func hasWord(name, word string) bool {
	for at := 0; ; {
		i := strings.Index(name[at:], word)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(word)
		if (from == 0 || !isLetter(name[from-1])) && (to == len(name) || !isLetter(name[to])) {
			return true
		}
		at = to
	}
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

// moveOfUses adds the region and the address that all uses of a kind have in common: names that differ
// from one use to the next are left for a person to fill in.
func (s *Subject) moveOfUses(m move, of func(inventory.KeyUse) bool) move {
	var regions, addresses []string
	for _, u := range s.uses() {
		if of(u) {
			if !slices.Contains(everywhere, u.Service) {
				regions = append(regions, u.Region)
			}
			addresses = append(addresses, u.Source)
		}
	}
	if r := only(regions); validRegion(r) {
		m.region = r
	}
	if a, err := netip.ParseAddr(only(addresses)); err == nil && a.Is4() && !a.IsPrivate() {
		m.address = a.String()
	}
	if m.by == inventory.FromGitHubActions {
		m.repository = s.taggedRepository()
	}
	return m
}

// everywhere are services that have no regions: AWS notes calls of them in one region, wherever they are made.
var everywhere = []string{"cloudfront", "globalaccelerator", "iam", "organizations", "route53", "route53domains", "shield", "support", "waf"}

// only is the one word that a list holds; empty where it holds several.
func only(words []string) string {
	slices.Sort(words)
	if words = slices.Compact(words); len(words) == 1 {
		return words[0]
	}
	return ""
}

// validRegion takes what regions are called.
func validRegion(s string) bool {
	return len(s) >= 8 && len(s) <= 32 && strings.Count(s, "-") >= 2 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// repositoryTags are the tags by which a user commonly names its repository.
var repositoryTags = []string{"github-repository", "github_repository", "repository", "repo"}

// taggedRepository is owner/name by a tag of the user; empty where no tag tells.
func (s *Subject) taggedRepository() string {
	var found []string
	for k, v := range s.User.Tags {
		v = strings.TrimSuffix(strings.TrimPrefix(v, "https://github.com/"), ".git")
		if slices.Contains(repositoryTags, strings.ToLower(k)) && validRepository(v) {
			found = append(found, v)
		}
	}
	return only(found)
}

// validRepository takes owner/name as GitHub has them.
func validRepository(s string) bool {
	owner, name, ok := strings.Cut(s, "/")
	return ok && owner != "" && name != "" && len(s) <= 140 && strings.IndexFunc(owner+name, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	}) < 0
}

// nameRule is what a word in the name of a user means.
type nameRule struct {
	words       []string
	replacement Replacement
	platform    string
}

const byName = " That is told by its name alone: see first where it is used from."

var nameRules = []nameRule{
	{[]string{"github", "gha"}, Replacement{replaceGitHubOIDC, "It looks like a key of GitHub Actions, where a job takes a role with an OIDC token of its own." + byName}, ""},
	{[]string{"gitlab"}, Replacement{replaceOIDC, "It looks like a key of GitLab CI, where a job takes a role with an OIDC token of its own." + byName}, "gitlab"},
	{[]string{"circleci", "circle-ci"}, Replacement{replaceOIDC, "It looks like a key of CircleCI, where a job takes a role with an OIDC token of its own." + byName}, "circleci"},
	{[]string{"bitbucket"}, Replacement{replaceOIDC, "It looks like a key of Bitbucket Pipelines, where a step takes a role with an OIDC token of its own." + byName}, "bitbucket"},
	{[]string{"buildkite"}, Replacement{replaceOIDC, "It looks like a key of Buildkite, where a step takes a role with an OIDC token of its own." + byName}, "buildkite"},
	{[]string{"terraform-cloud", "hcp-terraform", "tfc"}, Replacement{replaceOIDC, "It looks like a key of HCP Terraform, where a run takes a role with an OIDC token of its own." + byName}, "terraform"},
	{[]string{"codebuild"}, Replacement{replaceCodeBuildRole, "It looks like a key of CodeBuild, where a project has a service role already." + byName}, ""},
	{[]string{"eks", "k8s", "kubernetes", "argocd"}, Replacement{replacePodIdentity, "It looks like a key of pods, which get a role by EKS Pod Identity, and in a cluster elsewhere by its own OIDC issuer." + byName}, ""},
	{[]string{"lambda"}, Replacement{replaceLambdaRole, "It looks like a key of a Lambda function, which has an execution role already." + byName}, ""},
	{[]string{"ecs", "fargate"}, Replacement{replaceTaskRole, "It looks like a key of a task of ECS, which gets the credentials of a task role by itself." + byName}, ""},
	{[]string{"ec2"}, Replacement{replaceInstanceProfile, "It looks like a key of an EC2 instance, which gets a role by an instance profile." + byName}, ""},
}

// moveByName chooses by the name of the user, which is a hint and no more.
func moveByName(s *Subject) move {
	name := strings.ToLower(strings.ReplaceAll(s.User.Name, "_", "-"))
	for _, r := range nameRules {
		if slices.ContainsFunc(r.words, func(w string) bool { return hasWord(name, w) }) {
			m := move{replacement: r.replacement, platform: platformNamed(r.platform)}
			if r.replacement.Kind == replaceGitHubOIDC {
				m.repository = s.taggedRepository()
			}
			return m
		}
	}
	return move{replacement: toUnknownRole}
}

// servicesOf are the services of a list of names that can stand in a policy, sorted, each once.
func servicesOf(names []string) []string {
	var out []string
	for _, n := range names {
		n, _, _ = strings.Cut(n, ".")
		if len(n) >= 2 && len(n) <= 40 && strings.Trim(n, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, cmp.Compare[string])
	return slices.Compact(out)
}
