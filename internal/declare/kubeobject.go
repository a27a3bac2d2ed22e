package declare

import (
	"strconv"
	"strings"
)

// kubeObject is one custom resource of IAM.
type kubeObject struct {
	d    *datum
	what kubeKind
}

const externalName = "crossplane.io/external-name"

// arg returns an argument of the resource.
func (o kubeObject) arg(name string) *datum {
	for _, at := range []*datum{o.d.at("spec", "forProvider"), o.d.at("spec", "initProvider"), o.d.get("spec")} {
		if v := at.get(name); !v.isNull() {
			return v
		}
	}
	return nil
}

// userName is the name that the user will have in AWS; empty where it cannot be known. What a composition
// makes is named when it is made.
func (o kubeObject) userName(composed bool) string {
	name := o.d.at("metadata", "annotations", externalName).word()
	if kubeGroup(o.d) == "iam.services.k8s.aws" {
		name = o.d.at("spec", "name").word()
	}
	if name == "" && !composed {
		name = o.d.at("metadata", "name").word()
	}
	return plainWord(name)
}

// plainWord is a word without parts that something else fills in; empty where it has some.
func plainWord(s string) string {
	if hasTemplate(s) || strings.Contains(s, "${") {
		return ""
	}
	return s
}

// adopts says that the object takes over what exists.
func (o kubeObject) adopts() bool {
	return o.d.at("metadata", "annotations", "services.k8s.aws/adoption-policy").word() == "adopt"
}

// owner returns whose credential it is: by name, by reference, by labels.
func (o kubeObject) owner(prefix string) (owner, name string) {
	for _, arg := range []string{"user", "userName", "username"} {
		if v := o.arg(arg).word(); v != "" {
			return v, plainWord(v)
		}
		if ref := o.arg(arg + "Ref").get("name").word(); ref != "" {
			ns := o.arg(arg + "Ref").get("namespace").word()
			if ns == "" {
				ns = o.d.at("metadata", "namespace").word()
			}
			if ns != "" {
				ref = oneLine(ns) + "/" + ref
			}
			return prefix + "User/" + oneLine(ref), ""
		}
		if selector := o.arg(arg + "Selector"); !selector.isNull() {
			return prefix + "selector " + saying(selector), ""
		}
	}
	return "", ""
}

// places are the lines that tell of an object: its kind, its name, its policies.
func (o kubeObject) places() []*datum {
	at := []*datum{keyOf(o.d, "kind"), keyOf(o.d.get("metadata"), "name")}
	at = append(at, o.d, keyOf(o.d.get("spec"), "managementPolicies"), o.arg("status"))
	kept := at[:0]
	for _, d := range at {
		if d != nil {
			kept = append(kept, d)
		}
	}
	return kept
}

// assumed says what could not be known of an object.
func (o kubeObject) assumed(says string) string {
	switch {
	case says == cannotBe:
		return "a template decides whether it is managed"
	case hasTemplate(o.d.at("metadata", "name").word()):
		return "a template gives the name"
	case o.d.guarded:
		return "within a condition or loop of a template"
	}
	return ""
}

// indexed is the n-th of several that share an address.
func indexed(address string, n int) string { return address + "[" + strconv.Itoa(n) + "]" }
