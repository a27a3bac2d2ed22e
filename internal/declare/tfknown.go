package declare

import (
	"regexp"
	"strings"
)

// knownModule is a module of a registry that makes users, without which a call of it would say nothing.
type knownModule struct {
	source string // as normalSource writes it
	makes  []moduleMakes
	// items names the argument that holds one set of arguments for each user, for wrappers.
	items string
	// name is the argument that the name of the user is taken from; "context" is the joined
	// arguments of Cloud Posse's label module.
	name string
}

// moduleMakes is one resource of such a module and the arguments that switch it: all of them must be
// on. The names of one switch differ between versions.
type moduleMakes struct {
	address  string // within the module
	switches []moduleSwitch
}

type moduleSwitch struct {
	names []string
	on    bool // by default
}

// knownModules are the well-known modules by their documentation, versions 5 and 6 of
// terraform-aws-modules/iam and all of the others.
var knownModules = []knownModule{
	{source: "terraform-aws-modules/iam/aws//modules/iam-user", name: "name", makes: iamUserModule},
	{source: "terraform-aws-modules/iam/aws//wrappers/iam-user", name: "name", makes: iamUserModule, items: "items"},
	{source: "cloudposse/iam-system-user/aws", name: "context", makes: systemUserModule},
	{source: "cloudposse/iam-s3-user/aws", name: "context", makes: systemUserModule},
	{source: "cloudposse/iam-user/aws", name: "user_name", makes: []moduleMakes{
		{"aws_iam_user.default", []moduleSwitch{{[]string{"enabled"}, true}}},
		{"aws_iam_user_login_profile.default", []moduleSwitch{{[]string{"enabled"}, true}, {[]string{"login_profile_enabled"}, true}}},
	}},
	{source: "cloudposse/ses/aws", name: "context", makes: []moduleMakes{
		{"aws_iam_user.default", []moduleSwitch{{[]string{"enabled"}, true}, {[]string{"ses_user_enabled"}, true}}},
		{"aws_iam_access_key.default", []moduleSwitch{{[]string{"enabled"}, true}, {[]string{"ses_user_enabled"}, true}}},
	}},
	{source: "cloudposse/s3-bucket/aws", name: "context", makes: []moduleMakes{
		{"aws_iam_user.default", []moduleSwitch{{[]string{"enabled"}, true}, {[]string{"user_enabled"}, false}}},
		{"aws_iam_access_key.default", []moduleSwitch{{[]string{"enabled"}, true}, {[]string{"user_enabled"}, false}, {[]string{"access_key_enabled"}, true}}},
	}},
}

var createUser = moduleSwitch{[]string{"create", "create_user"}, true}

var iamUserModule = []moduleMakes{
	{"aws_iam_user.this", []moduleSwitch{createUser}},
	{"aws_iam_user_login_profile.this", []moduleSwitch{createUser, {[]string{"create_login_profile", "create_iam_user_login_profile"}, true}}},
	{"aws_iam_access_key.this", []moduleSwitch{createUser, {[]string{"create_access_key", "create_iam_access_key"}, true}}},
	{"aws_iam_user_ssh_key.this", []moduleSwitch{createUser, {[]string{"create_ssh_key", "upload_iam_user_ssh_key"}, false}}},
}

var systemUserModule = []moduleMakes{
	{"aws_iam_user.default", []moduleSwitch{{[]string{"enabled"}, true}}},
	{"aws_iam_access_key.default", []moduleSwitch{{[]string{"enabled"}, true}, {[]string{"create_iam_access_key"}, true}}},
}

// known returns the well-known module of a source.
func known(source string) (knownModule, bool) {
	normal := normalSource(source)
	for _, k := range knownModules {
		if k.source == normal {
			return k, true
		}
	}
	return knownModule{}, false
}

var (
	scheme     = regexp.MustCompile(`^(git::)?(https?://|ssh://git@|git@|tfr://)?`)
	repository = regexp.MustCompile(`^([\w.-]+)/terraform-(\w+)-([\w.-]+?)(\.git)?(//.*)?$`)
)

// normalSource writes all sources of one module alike: NAMESPACE/NAME/PROVIDER//SUB, without the
// registry, the protocol and the version.
func normalSource(source string) string {
	s, _, _ := strings.Cut(strings.TrimSpace(source), "?")
	s = scheme.ReplaceAllString(loginOfURL.ReplaceAllString(s, "://"), "")
	s = strings.TrimPrefix(s, "/")
	for _, host := range []string{"registry.terraform.io/", "registry.opentofu.org/", "app.terraform.io/"} {
		s = strings.TrimPrefix(s, host)
	}
	if rest, ok := cutHost(s, "github.com"); ok {
		if m := repository.FindStringSubmatch(rest); m != nil {
			return m[1] + "/" + m[3] + "/" + m[2] + m[5]
		}
		return rest
	}
	return strings.TrimSuffix(s, "/")
}

func cutHost(s, host string) (string, bool) {
	rest, ok := strings.CutPrefix(s, host)
	if !ok || rest == "" || rest[0] != '/' && rest[0] != ':' {
		return s, false
	}
	return rest[1:], true
}

var (
	promising = regexp.MustCompile(`(^|[^a-z])(iam[-_]?(system[-_]?|s3[-_]?|machine[-_]?|service[-_]?)?users?|access[-_]?keys?)($|[^a-z])`)
	notUsers  = regexp.MustCompile(`users?[-_](polic|group|attach|pool|data|agent)|access[-_]?key[-_](rotat|polic|check|monitor|age)|group[-_]with|identity`)
)

// looksLikeUsers says whether the source or name of an unknown module promises users or keys.
func looksLikeUsers(source, name string) bool {
	for _, s := range []string{normalSource(source), name} {
		if s = strings.ToLower(s); promising.MatchString(s) && !notUsers.MatchString(s) {
			return true
		}
	}
	return false
}

// remoteMatters says whether a module that is not in the tree can be one of users.
func remoteMatters(source, name string) bool {
	_, ok := known(source)
	return ok || looksLikeUsers(source, name)
}
