package declare

import (
	"path"
	"strings"
)

// Custom resources of Kubernetes: those of Crossplane, in all the groups that its providers had, and
// of the controllers of AWS. They stand alone, in lists, in what makes resources of its own
// (compositions, graphs of resources, objects) and in texts within these.

// kubeKind is a kind of custom resource that makes what we look for.
type kubeKind struct {
	kind Kind
	word string // stands for it in addresses, the same in all groups
}

var (
	crossplaneKinds = map[string]kubeKind{
		"User":                      {User, "User"},
		"AccessKey":                 {AccessKey, "AccessKey"},
		"UserLoginProfile":          {LoginProfile, "UserLoginProfile"},
		"UserSSHKey":                {SSHKey, "UserSSHKey"},
		"ServiceSpecificCredential": {ServiceCredential, "ServiceSpecificCredential"},
		"SigningCertificate":        {Certificate, "SigningCertificate"},
		"IAMUser":                   {User, "User"},
		"IAMAccessKey":              {AccessKey, "AccessKey"},
	}
	ackKinds = map[string]kubeKind{"User": {User, "User"}}
)

// kubeGroups are the groups whose kinds are those of IAM. Other groups of the same providers have
// users too: of pools, brokers, file transfer.
var kubeGroups = map[string]map[string]kubeKind{
	"iam.aws.upbound.io":         crossplaneKinds,
	"iam.aws.m.upbound.io":       crossplaneKinds,
	"iam.aws.crossplane.io":      crossplaneKinds,
	"iam.aws.jet.crossplane.io":  crossplaneKinds,
	"iam.aws.tf.crossplane.io":   crossplaneKinds,
	"identity.aws.crossplane.io": crossplaneKinds,
	"iam.services.k8s.aws":       ackKinds,
}

var kubeTriggers = []string{
	"iam.aws.", "identity.aws.crossplane.io", "iam.services.k8s.aws", "services.k8s.aws", "tf.upbound.io",
	"tf.m.upbound.io", "tf.crossplane.io", "opentofu.upbound.io", "opentofu.m.upbound.io",
}

// kubeGroup returns the group of an object.
func kubeGroup(d *datum) string {
	group, _, _ := strings.Cut(d.get("apiVersion").word(), "/")
	return group
}

// extractKubernetes reads the objects of a file.
func extractKubernetes(s dataSource, docs []*datum) {
	if isKubeAssertion(s.path) {
		return
	}
	if dir, ok := s.r.chartOf(s.path); ok && extractHelm(s, dir) || s.r.isPatch(s.path) {
		return
	}
	s.root = path.Dir(s.path)
	known := len(s.r.out.Declarations)
	newKubeWalk(s).documents(docs)
	s.r.setAside("kubernetes", s.path, known)
}

// isKubeAssertion says by its name whether a file tells a test tool what should be there.
func isKubeAssertion(p string) bool {
	name, _, _ := strings.Cut(path.Base(p), ".")
	_, last, _ := cutLast(name, "-")
	return last == "assert" || last == "errors"
}

// cutLast cuts around the last separator; without one, all is the last part.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

// kubeWalk goes through the values of a text.
type kubeWalk struct {
	s     dataSource
	steps int
	seen  map[string]int // how often an address was given
	depth int            // texts within texts
	// objects is how many objects were met.
	objects int
	found   int
	custom  *kustomization // what changes the objects, if something does
}

func newKubeWalk(s dataSource) *kubeWalk {
	return &kubeWalk{s: s, steps: s.steps(), seen: map[string]int{}}
}

func (k *kubeWalk) documents(docs []*datum) {
	for _, d := range docs {
		k.value(d, kubeSpot{sure: Certain})
	}
}

// kubeSpot is where in an object a value stands.
type kubeSpot struct {
	prefix   string // the objects around it
	label    string // the name of the entry of a list that it stands in
	sure     Confidence
	why      string // what was assumed on the way
	observed bool   // an object around it only looks
	nested   bool   // within another object
	composed bool   // within a composition, which gives names of its own
}

// kubePassed are the keys below which nothing is made: what is looked up, laid over something else,
// expected by a test, or remembered.
var kubePassed = map[string]bool{
	"externalRef": true, "patches": true, "patchesStrategicMerge": true, "patchesJson6902": true, "assert": true, "error": true,
	"openAPIV3Schema": true, "annotations": true, "status": true, "ownerReferences": true, "readinessChecks": true, "delete": true,
}

// value looks for objects in a value and all that it holds.
func (k *kubeWalk) value(d *datum, at kubeSpot) {
	if k.steps--; d == nil || k.steps < 0 {
		return
	}
	switch d.kind {
	case mapping:
		k.mapping(d, at)
	case sequence:
		for _, item := range d.kids {
			in := at
			if name := kubeLabel(item); name != "" {
				in.label = name
			}
			k.value(item, in)
		}
	case scalar:
		k.text(d, at)
	}
}

// kubeLabel is the name of an entry of a composition or a graph.
func kubeLabel(item *datum) string {
	if !item.get("base").is(mapping) && !item.get("template").is(mapping) {
		return ""
	}
	if name := item.get("name").word(); name != "" {
		return name
	}
	return item.get("id").word()
}

func (k *kubeWalk) mapping(d *datum, at kubeSpot) {
	if d.get("apiVersion").word() != "" && d.get("kind").word() != "" {
		k.objects++
		if k.object(d, at) {
			return
		}
		at = kubeWithin(d, at)
	} else if d.get("state").word() == "absent" {
		return // a task that takes its definition away
	} else if !at.nested {
		at.sure, at.why = worse(at.sure, Likely), "if something applies it"
	}
	for _, p := range d.pairs() {
		if !kubePassed[p.key.text] {
			k.value(p.val, at)
		}
	}
}

// object declares an object of a kind that is known, and says whether that was all.
func (k *kubeWalk) object(d *datum, at kubeSpot) bool {
	group, kind := kubeGroup(d), d.get("kind").word()
	switch known, ours := kubeGroups[group][kind]; {
	case ours:
		if d.get("spec").is(mapping) || d.get("metadata").is(mapping) {
			k.declare(d, known, at)
		}
		return true
	case kind == "CustomResourceDefinition" || kind == "CompositeResourceDefinition":
		return true
	case kind == "AdoptedResource" && group == "services.k8s.aws":
		k.adopted(d, at)
		return true
	case kind == "Workspace" && isTerraformGroup(group):
		k.workspace(d, at)
		return true
	}
	return false
}

// kubeWithin is the spot of what an object holds.
func kubeWithin(d *datum, at kubeSpot) kubeSpot {
	kind := d.get("kind").word()
	if strings.HasSuffix(kind, "List") {
		return at
	}
	at.nested = true
	if name := kubeName(d, ""); name != "" {
		at.prefix += kind + "/" + name + "/"
	}
	at.observed = at.observed || kubeObserves(d) == observes
	switch kind {
	case "Composition", "CompositionRevision":
		at.sure, at.why, at.composed = worse(at.sure, Likely), "one for each resource that is composed so", true
	case "ResourceGraphDefinition":
		at.sure, at.why = worse(at.sure, Likely), "one for each instance of the graph"
	case "Application", "ApplicationSet", "HelmRelease", "HelmChart", "Release":
		at.sure, at.why = worse(at.sure, Likely), "if the chart applies it"
	case "ConfigMap", "Secret":
		at.sure, at.why = worse(at.sure, Possible), "if something applies this text"
	}
	return at
}

// kubeName is the name of an object as it is written; label stands in for a name that is not.
func kubeName(d *datum, label string) string {
	name := oneLine(d.at("metadata", "name").word())
	if name == "" {
		name = label
	}
	if name == "" && d.at("metadata", "generateName").word() != "" {
		name = oneLine(d.at("metadata", "generateName").word()) + "*"
	}
	if ns := oneLine(d.at("metadata", "namespace").word()); ns != "" {
		name = ns + "/" + name
	}
	return name
}

// oneLine joins the words of a text by single blanks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Whether an object is made, or only looked at.
const (
	makes    = "makes"
	observes = "observes"
	pauses   = "pauses" // made by something else, or later
	cannotBe = "unknown"
)

// kubeObserves says what the policies of an object let the provider do.
func kubeObserves(d *datum) string {
	switch word := d.at("spec", "managementPolicy").word(); {
	case word == "ObserveOnly" || word == "Observe":
		return observes
	case hasTemplate(word):
		return cannotBe
	}
	policies := d.at("spec", "managementPolicies")
	if d.at("metadata", "annotations", "services.k8s.aws/read-only").word() == "true" {
		return observes
	}
	if policies == nil || policies.isNull() {
		return makes
	}
	return policiesSay(orItems(policies))
}

func policiesSay(policies []*datum) string {
	says := pauses
	for _, p := range policies {
		switch word := p.word(); {
		case word == "*" || word == "Create":
			return makes
		case hasTemplate(word):
			says = cannotBe
		case word == "Observe" && says == pauses:
			says = observes
		}
	}
	return says
}

// declare declares one object.
func (k *kubeWalk) declare(d *datum, what kubeKind, at kubeSpot) {
	if k.custom != nil {
		if d = k.custom.patched(d); d == nil {
			return
		}
	}
	says := kubeObserves(d)
	if says == pauses || k.full() {
		return
	}
	o := kubeObject{d: d, what: what}
	label := at.label
	if label == "" {
		label = oneLine(d.at("metadata", "annotations", "gotemplating.fn.crossplane.io/composition-resource-name").word())
	}
	name := kubeName(d, label)
	decl := Declaration{
		Kind: what.kind, Form: "kubernetes", Address: at.prefix + what.word + "/" + name, Confidence: at.sure,
		Body: saying(d.get("spec"), what.word), Inactive: o.arg("status").word() == "Inactive",
		Observed: at.observed || says == observes, Imported: o.adopts(), Idempotent: name != "" && at.label == "",
	}
	if says == cannotBe || hasTemplate(name) {
		decl.Confidence = worse(decl.Confidence, Likely)
	}
	if n := k.seen[decl.Address]; n > 0 && !decl.Idempotent {
		k.seen[decl.Address]++
		decl.Address = indexed(decl.Address, n)
	} else {
		k.seen[decl.Address]++
	}
	if what.kind == User {
		decl.Name = o.userName(at.composed)
	} else {
		decl.Owner, decl.Name = o.owner(at.prefix)
	}
	decl.Why = sentence("the manifest makes "+kindWords[what.kind], at.why, o.assumed(says))
	k.s.add(decl, o.places()...)
}

// full says whether a file makes more than is told apart.
func (k *kubeWalk) full() bool {
	if k.found++; k.found > maxFound {
		k.s.r.skip(k.s.path, "it makes more than is told apart")
		k.steps = 0
	}
	return k.found > maxFound
}

// kindWords say a kind with its article.
var kindWords = map[Kind]string{
	User: "an IAM user", AccessKey: "an access key", LoginProfile: "a console password", SSHKey: "an SSH key of a user",
	ServiceCredential: "a service-specific credential", Certificate: "a signing certificate of a user",
}
