package declare

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"
)

// isKubernetes says whether a document is a resource of Kubernetes, or the values of a chart.
func isKubernetes(p string, top *datum) bool {
	return top.get("apiVersion").word() != "" && top.get("kind").word() != "" || isValues(p) && top != nil
}

func isValues(p string) bool {
	return isYAML(p) && strings.HasPrefix(path.Base(p), "values")
}

func extractKubernetesUses(s dataSource, top *datum) {
	w := newUseWalker(s, "kubernetes", "the workload is given a static access key", judgeManifest)
	w.strict = true
	kind := top.get("kind").word()
	scope := strings.TrimPrefix(kind+"/"+top.at("metadata", "name").word(), "/")
	if kind == "" {
		scope = "values"
	}
	switch {
	case kind == "Secret":
		w.why = "the secret holds a static access key"
		w.secret(scope, top)
	case kind == "SealedSecret":
		w.why = "the secret holds a static access key"
		w.sealed(scope, top.at("spec", "encryptedData"))
	case kind == "ExternalSecret":
		w.why = "the secret is filled with a static access key"
		w.external(scope, top.get("spec"))
	case strings.HasSuffix(kind, "ProviderConfig"):
		w.provider(scope, top)
	default:
		w.walk(scope, top, w.start())
	}
	w.finish()
}

// judgeManifest knows template text and variables that are filled in later.
func judgeManifest(value string, c useContext) (string, Confidence) {
	if hasTemplate(value) {
		return strings.Join(strings.Fields(value), " "), Likely
	}
	return judgeCompose(value, c)
}

// isKeyEntry says whether an entry of a secret is called like a key id.
func (w *useWalker) isKeyEntry(d *datum, p pair) bool {
	is, plain := w.named(p.key.text), ""
	if !is.surely && is.maybe {
		plain = plainName(p.key.text)
	}
	return is.surely || (plain == "accesskeyid" || plain == "accesskey") && w.hasSecretHalf(d)
}

// secret looks at what a secret holds, plainly or in base64. What is no key is filled in later.
func (w *useWalker) secret(scope string, top *datum) {
	for _, part := range []string{"stringData", "data"} {
		d := top.get(part)
		c := w.start().beside(d)
		for _, p := range d.pairs() {
			text := strings.TrimSpace(p.val.word())
			if part == "data" && !hasTemplate(text) {
				raw, _ := base64.StdEncoding.DecodeString(text)
				text = strings.TrimSpace(string(raw))
				w.decoded(p, text)
			}
			if w.isKeyEntry(d, p) && text != "" {
				w.use(scope, p.key.text, p.key, p.val, sureOfSecret(text), c)
			} else if part == "stringData" {
				w.text(scope, p.val, c)
			}
		}
	}
}

// decoded declares the key ids that base64 hides.
func (w *useWalker) decoded(p pair, text string) {
	keyIDs([]byte(text), func(id string, _ int) {
		sure, why := judgeKey(id)
		at := p.val
		w.src.r.add(Declaration{
			Kind: HardcodedKey, Form: "kubernetes", Root: w.src.path, Address: id, Path: w.src.path,
			Line: w.src.line(at), Confidence: sure, Why: why + " in base64",
		})
	})
}

func sureOfSecret(text string) Confidence {
	switch {
	case isKeyID(text):
		return Certain
	case hasTemplate(text), strings.HasPrefix(text, "${"):
		return Likely
	}
	return Possible
}

func (w *useWalker) sealed(scope string, d *datum) {
	for _, p := range d.pairs() {
		if w.isKeyEntry(d, p) && !p.val.isNull() {
			w.use(scope, p.key.text, p.key, p.val, Certain, useContext{})
		}
	}
}

// external looks at the entries that an external secret is filled with.
func (w *useWalker) external(scope string, spec *datum) {
	for _, item := range spec.get("data").items() {
		if name := item.get("secretKey"); namesKey(name.word()) {
			w.use(scope, name.word(), name, item, Certain, useContext{})
		}
	}
}

// provider looks at what a provider of Crossplane signs in with.
func (w *useWalker) provider(scope string, top *datum) {
	source := top.at("spec", "credentials", "source")
	if strings.HasPrefix(top.get("apiVersion").word(), "aws.") && source.word() == "Secret" {
		w.why = "the provider signs in with a static access key"
		w.use(scope, "secret/"+top.at("spec", "credentials", "secretRef", "name").word(), source, source, Certain, useContext{})
	}
}

// secretsUsed are the names of the secrets that the workloads of a file are given keys from.
func secretsUsed(docs []*datum, steps int) map[string]bool {
	used := map[string]bool{}
	for _, d := range docs {
		if !holdsSecret(d) {
			d.each(&steps, func(m *datum) {
				if name := m.at("secretKeyRef", "name").word(); name != "" {
					used[name] = true
				}
			})
		}
	}
	return used
}

// holdsSecret says whether a document is a secret, or makes one.
func holdsSecret(d *datum) bool {
	return slices.Contains([]string{"Secret", "SealedSecret", "ExternalSecret"}, d.get("kind").word())
}

// secretName is the name of the secret that a document makes.
func secretName(d *datum) string {
	if name := d.at("spec", "target", "name").word(); name != "" {
		return name
	}
	return d.at("metadata", "name").word()
}

// each visits the mappings of a value, so many at most.
func (d *datum) each(steps *int, visit func(*datum)) {
	if *steps--; d == nil || *steps < 0 {
		return
	}
	if d.kind == mapping {
		visit(d)
	}
	for _, k := range d.kids {
		k.each(steps, visit)
	}
}
