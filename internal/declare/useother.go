package declare

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Files that are one job each, or that are read as if they were.

// extractWhole takes a file for one job.
func extractWhole(form string) func(s dataSource, top *datum) {
	return func(s dataSource, top *datum) {
		w := newUseWalker(s, form, whyJob, judgeShell)
		w.strict = true
		w.walk("", top, w.start())
		w.finish()
	}
}

func isTravis(p string, _ *datum) bool { return path.Base(p) == ".travis.yml" }

func isDrone(p string, _ *datum) bool {
	name := path.Base(p)
	return isYAML(p) && (strings.HasPrefix(name, ".drone.") || strings.HasPrefix(name, ".woodpecker.") || folderNamed(p, ".woodpecker"))
}

// isPlugin says by its image whether a step of Drone or Woodpecker is a plugin that speaks to AWS: what it calls
// an access key is one of AWS.
func isPlugin(image string) bool {
	name, _, _ := strings.Cut(path.Base(image), ":")
	return slices.ContainsFunc(strings.Split(name, "-"), func(word string) bool { return slices.Contains(pluginWords, word) })
}

var pluginWords = []string{"aws", "ecr", "ecs", "s3", "lambda", "cloudformation", "cloudfront", "elasticbeanstalk"}

func isBuildspec(p string, _ *datum) bool {
	return isYAML(p) && strings.HasPrefix(path.Base(p), "buildspec")
}

// extractBuildspec also knows what a build of CodeBuild fetches from stores: the role of the project would do.
func extractBuildspec(s dataSource, top *datum) {
	w := newUseWalker(s, "codebuild", whyJob, judgeShell)
	w.strict = true
	for _, store := range []string{"parameter-store", "secrets-manager"} {
		for _, p := range top.at("env", store).pairs() {
			if namesKey(p.key.text) && p.val.word() != "" {
				w.use("", p.val.word(), p.key, p.val, Certain, w.start())
			}
		}
	}
	w.walk("", top, w.start())
	w.finish()
}

// isPlaybook says whether a document is a list of plays or tasks of Ansible.
func isPlaybook(p string, top *datum) bool {
	return isYAML(p) && top.is(sequence) &&
		(hasItems(top, "hosts", "tasks", "block") || folderNamed(p, "tasks", "handlers", "playbooks"))
}

func extractPlaybook(s dataSource, top *datum) {
	w := newUseWalker(s, "ansible", "a task is given a static access key", judgePlaybook)
	w.strict = true
	w.walk("", top, w.start())
	w.finish()
}

var plainVariable = regexp.MustCompile(`^\{\{\s*([A-Za-z_][\w.]*)\s*\}\}$`)

// judgePlaybook judges a parameter of a task: what another task has put out, and what the shell around holds,
// may be temporary.
func judgePlaybook(value string, _ useContext) (string, Confidence) {
	if m := plainVariable.FindStringSubmatch(value); m != nil {
		if strings.Contains(m[1], ".sts_creds.") || strings.Contains(m[1], ".credentials.") {
			return "", Certain
		}
		return m[1], Likely
	}
	if hasTemplate(value) {
		return strings.Join(strings.Fields(value), " "), Possible
	}
	return judgeShell(value, useContext{})
}

// jenkinsFileForm finds the static keys that pipelines of Jenkins bind.
func jenkinsFileForm() fileForm {
	return fileForm{
		name: "jenkins", wants: isJenkins, extract: extractJenkins,
		triggers: []string{"credentials(", "credentialsId", "withAWS"},
	}
}

func isJenkins(p string) bool {
	return strings.Contains(path.Base(p), "Jenkinsfile") || strings.HasSuffix(strings.ToLower(p), ".jenkinsfile")
}

// How a pipeline of Jenkins binds a key: a variable, the binding for AWS, a step around others.
var (
	jenkinsVariable = regexp.MustCompile(`\b([A-Za-z_][A-Za-z0-9_]*)\s*=\s*credentials\(\s*["']([^"'\n]{1,100})["']`)
	jenkinsBinding  = regexp.MustCompile(`(?:AmazonWebServicesCredentialsBinding|\baws\(|\bwithAWS\()[^\n]{0,300}?credentials(?:Id)?\s*:\s*["']([^"'\n]{1,100})["']`)
	jenkinsString   = regexp.MustCompile(`\bstring\([^\n)]{0,200}?credentialsId\s*:\s*["']([^"'\n]{1,100})["'][^\n)]{0,200}?variable\s*:\s*["']([^"'\n]{1,100})["']`)
)

func extractJenkins(r *reading, p string, data []byte) {
	seen := map[string]bool{}
	read := 0
	for n, line := range strings.Split(string(data), "\n") {
		if isComment(line) || !strings.Contains(line, "redentials") {
			continue
		}
		if read += min(len(line), maxLine); read > maxRead {
			r.skip(p, "it says more about keys than is looked at")
			return
		}
		for _, id := range jenkinsKeys(line[:min(len(line), maxLine)]) {
			if !seen[id] {
				seen[id] = true
				r.add(Declaration{
					Kind: StaticKeyUse, Form: "jenkins", Root: p, Address: "credentials." + id, Name: id, Path: p, Line: n + 1,
					Confidence: Certain, Body: digest("jenkins", id), Why: whyJob,
				})
			}
		}
	}
}

// jenkinsKeys are the ids of the credentials that a line binds as keys of AWS.
func jenkinsKeys(line string) []string {
	var out []string
	for _, m := range jenkinsVariable.FindAllStringSubmatch(line, 20) {
		if namesKey(m[1]) {
			out = append(out, m[2])
		}
	}
	for _, m := range jenkinsBinding.FindAllStringSubmatch(line, 20) {
		out = append(out, m[1])
	}
	for _, m := range jenkinsString.FindAllStringSubmatch(line, 20) {
		if namesKey(m[2]) {
			out = append(out, m[1])
		}
	}
	return out
}
