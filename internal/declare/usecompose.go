package declare

import (
	"path"
	"strings"
)

// isCompose says by its name whether a file describes services of Docker.
func isCompose(p string, _ *datum) bool {
	name := path.Base(p)
	return isYAML(p) && (strings.HasPrefix(name, "docker-compose") || strings.HasPrefix(name, "compose.") ||
		strings.HasPrefix(name, "compose-") || strings.Contains(name, ".compose.") || strings.HasPrefix(name, "docker-stack"))
}

// simulators are images of what stands in for AWS.
var simulators = []string{"localstack", "minio", "dynamodb-local", "elasticmq", "motoserver", "ministack", "floci"}

func extractCompose(s dataSource, top *datum) {
	w := newUseWalker(s, "docker-compose", "the service is given a static access key", judgeCompose)
	w.strict = true
	c := w.start()
	for _, p := range top.get("services").pairs() {
		for _, name := range simulators {
			c.unclear = c.unclear || strings.Contains(p.val.get("image").word(), name)
		}
	}
	for _, p := range top.get("services").pairs() {
		scope := "services." + p.key.text
		w.walk(scope, p.val, c)
		w.passed(scope, p.val.get("environment"), c.within(p.val))
	}
	w.finish()
}

// passed records variables that are handed on as they are: the shell around may hold temporary keys.
func (w *useWalker) passed(scope string, env *datum, c useContext) {
	for _, item := range env.items() {
		if name := item.word(); !strings.ContainsAny(name, "=: ") && namesKey(name) {
			w.use(scope, name, item, item, Possible, c)
		}
	}
	for _, p := range env.pairs() {
		if p.val.isNull() && namesKey(p.key.text) {
			w.use(scope, p.key.text, p.key, p.val, Possible, c)
		}
	}
}

// judgeCompose is judgeShell with the doubt that the shell may hold other keys.
func judgeCompose(value string, c useContext) (string, Confidence) {
	if name := shellVariable(value); name != "" && !isMockDefault(value) {
		return name, Likely
	}
	ref, sure := judgeShell(value, useContext{})
	return ref, sure
}
