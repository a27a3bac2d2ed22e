package declare

import (
	"path"
	"strings"
)

const (
	maxKubeTexts    = 3         // texts within texts
	maxInlineModule = 128 << 10 // bytes of a Terraform module within a manifest
)

// text looks for objects in a text that another value holds.
func (k *kubeWalk) text(d *datum, at kubeSpot) {
	if k.depth >= maxKubeTexts || !strings.Contains(d.text, "\n") || !holdsAny([]byte(d.text), kubeTriggers) {
		return
	}
	t := readData([]byte(d.text))
	s := k.s.within(d)
	s.values = &t.values
	if d.guarded {
		s.sure = worse(s.sure, Likely)
	}
	if !at.nested {
		at.sure, at.why = worse(at.sure, Likely), "if something applies this text"
	}
	inner := &kubeWalk{s: s, steps: s.steps(), seen: k.seen, depth: k.depth + 1}
	for _, doc := range t.docs {
		inner.value(doc, at)
	}
	if inner.objects == 0 && at.nested {
		inner.program(strings.Split(d.text, "\n"), at)
	}
}

// program tells of a text in another language that names some of the kinds.
func (k *kubeWalk) program(lines []string, at kubeSpot) {
	told := map[string]bool{}
	for n, l := range lines {
		for group, kinds := range kubeGroups {
			if !strings.Contains(l, "apiVersion") || !strings.Contains(l, group+"/") {
				continue
			}
			what, ok := kindNear(lines[max(0, n-2):min(len(lines), n+3)], kinds)
			if !ok || told[what.word] {
				continue
			}
			told[what.word] = true
			k.s.add(Declaration{
				Kind: what.kind, Form: "kubernetes", Address: at.prefix + what.word + "/", Confidence: Possible,
				Body: digest(append(lines, what.word)...),
				Why:  sentence("a program within the manifest seems to make "+kindWords[what.kind], at.why),
			}, &datum{line: int32(n + 1)})
		}
	}
}

// kindNear finds one of the kinds on some lines.
func kindNear(lines []string, kinds map[string]kubeKind) (kubeKind, bool) {
	for _, l := range lines {
		if _, after, found := strings.Cut(l, "kind"); found {
			word, _, _ := strings.Cut(strings.TrimLeft(after, " \t\"':="), " ")
			if what, ok := kinds[strings.Trim(word, "\"',}")]; ok {
				return what, true
			}
		}
	}
	return kubeKind{}, false
}

// adopted declares what an AdoptedResource takes over.
func (k *kubeWalk) adopted(d *datum, at kubeSpot) {
	target := d.at("spec", "kubernetes")
	what, ours := kubeGroups[target.get("group").word()][target.get("kind").word()]
	if !ours {
		return
	}
	name := kubeName(target, kubeName(d, at.label))
	k.s.add(Declaration{
		Kind: what.kind, Form: "kubernetes", Address: at.prefix + what.word + "/" + name, Name: plainWord(d.at("spec", "aws", "nameOrID").word()),
		Confidence: at.sure, Body: saying(d.get("spec"), what.word), Imported: true, Idempotent: true,
		Why: "the manifest takes over " + kindWords[what.kind] + " that exists",
	}, keyOf(d, "kind"))
}

func isTerraformGroup(group string) bool {
	switch group {
	case "tf.upbound.io", "tf.m.upbound.io", "tf.crossplane.io", "opentofu.upbound.io", "opentofu.m.upbound.io":
		return true
	}
	return false
}

// workspace declares what the Terraform module of a workspace declares.
func (k *kubeWalk) workspace(d *datum, at kubeSpot) {
	module := d.at("spec", "forProvider", "module")
	if module.word() == "" || at.observed || kubeObserves(d) == observes || kubeObserves(d) == pauses {
		return
	}
	if len(module.text) > maxInlineModule {
		k.s.r.skip(k.s.path, "the Terraform module within it is too large")
		return
	}
	name := at.prefix + "Workspace/" + kubeName(d, at.label)
	root := &tfRoot{budget: &budget{steps: maxSteps}, name: path.Join(k.s.root, name), form: "terraform", dir: path.Dir(k.s.path)}
	m := newModule(root.dir)
	m.files = []string{k.s.path}
	places := append([]Place{k.s.place(module)}, k.s.places...)
	i := newInstance(k.s.r, m, root)
	i.sure = worse(k.s.sure, at.sure)
	if module.guarded {
		i.sure = worse(i.sure, Likely)
	}
	for _, v := range d.at("spec", "forProvider", "vars").items() {
		i.args[v.get("key").word()] = placedAt(stringValue(v.get("value").word()), k.s.place(v))
	}
	if d.at("spec", "forProvider", "source").word() == "Remote" {
		k.remote(i, module, name, places)
	} else {
		k.inline(i, module)
	}
	i.finish("")
	for _, found := range root.found {
		k.s.r.add(found)
	}
}

// inline reads the text of a module.
func (k *kubeWalk) inline(i *tfInstance, module *datum) {
	s := k.s.within(module)
	src := &source{path: s.path, data: []byte(module.text), line: s.base}
	i.mod.sources = append(i.mod.sources, src)
	body, ok := scanHCL(src)
	if !ok {
		s.r.skip(s.path, "a part of the Terraform module within it is no HCL")
	}
	for _, b := range body.blocks {
		i.mod.take(b, false)
	}
}

// remote tells of a module that stands elsewhere.
func (k *kubeWalk) remote(i *tfInstance, module *datum, name string, places []Place) {
	known, isKnown := known(module.text)
	by := madeBy{prefix: name, source: module.text, says: digest(module.text), sure: i.sure, places: places}
	switch {
	case isKnown:
		var args []entry
		for key, v := range i.args {
			args = append(args, entry{key: key, val: v, at: v.at})
		}
		i.declareMade(known, expansion{env: i.env(), count: 1, sure: Certain}, objectValue(args), by)
	case looksLikeUsers(module.text, ""):
		i.declareUnknown(name, expansion{count: 1}, by)
	}
}
