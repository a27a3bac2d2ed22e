package declare

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// resourceType is a type of resource that makes what we look for.
type resourceType struct {
	kind Kind
	// name is the argument that names the user; owner the one that refers to it.
	name, owner string
	inactive    bool // it has a status that switches it off
	template    bool // it holds a CloudFormation template instead
}

// resourceTypes are the types of the providers aws and awscc. Data sources, list and ephemeral blocks
// of the same types make nothing.
var resourceTypes = map[string]resourceType{
	"aws_iam_user":                        {kind: User, name: "name"},
	"awscc_iam_user":                      {kind: User, name: "user_name"},
	"aws_iam_access_key":                  {kind: AccessKey, owner: "user", inactive: true},
	"aws_iam_user_login_profile":          {kind: LoginProfile, owner: "user"},
	"aws_iam_service_specific_credential": {kind: ServiceCredential, owner: "user_name", inactive: true},
	"aws_iam_user_ssh_key":                {kind: SSHKey, owner: "username", inactive: true},
	"aws_iam_signing_certificate":         {kind: Certificate, owner: "user_name", inactive: true},
	"awsutils_expiring_iam_access_key":    {kind: AccessKey, owner: "user"},
	"aws_cloudformation_stack":            {template: true},
	"aws_cloudformation_stack_set":        {template: true},
	"awscc_cloudformation_stack":          {template: true},
	"awscc_cloudformation_stack_set":      {template: true},
}

// withTypeDefaults fills in the defaults that the type of a variable declares: optional(type, default).
func withTypeDefaults(e *env, v value, typ hclsyntax.Expression) value {
	call, ok := typ.(*hclsyntax.FunctionCallExpr)
	if !ok || len(call.Args) == 0 || !e.budget.spend(1) {
		return v
	}
	switch call.Name {
	case "list", "set", "map", "tuple":
		return eachElement(v, func(x value) value { return withTypeDefaults(e, x, call.Args[0]) })
	case "object":
		return withObjectDefaults(e, v, call.Args[0])
	}
	return v
}

// eachElement changes the elements of a collection.
func eachElement(v value, f func(value) value) value {
	out := v
	out.list = slices.Clone(v.list)
	for i := range out.list {
		out.list[i] = f(out.list[i])
	}
	out.entries = slices.Clone(v.entries)
	for i := range out.entries {
		out.entries[i].val = f(out.entries[i].val)
	}
	return out
}

func withObjectDefaults(e *env, v value, fields hclsyntax.Expression) value {
	obj, ok := fields.(*hclsyntax.ObjectConsExpr)
	if !ok || v.kind != object {
		return v
	}
	es := slices.Clone(v.entries)
	for _, item := range obj.Items {
		name, ok := e.key(item.KeyExpr).asString()
		if !ok {
			continue
		}
		given := v.get(name)
		typ, fallback := optional(item.ValueExpr)
		switch {
		case !given.err && given.kind != null:
			es = append(es, entry{key: name, at: placeOf(v, name), val: withTypeDefaults(e, given, typ)})
		case fallback != nil:
			es = append(es, entry{key: name, val: withTypeDefaults(e, e.eval(fallback), typ)})
		case typ != item.ValueExpr:
			es = append(es, entry{key: name, val: value{kind: null}})
		}
	}
	out := objectValue(es)
	out.at, out.owner, out.facts = v.at, v.owner, v.facts
	return out
}

func placeOf(v value, key string) Place {
	for _, e := range v.entries {
		if e.key == key {
			return e.at
		}
	}
	return Place{}
}

// optional returns the type within optional(type, default) and the default, if it has one.
func optional(typ hclsyntax.Expression) (hclsyntax.Expression, hclsyntax.Expression) {
	call, ok := typ.(*hclsyntax.FunctionCallExpr)
	if !ok || call.Name != "optional" || len(call.Args) == 0 {
		return typ, nil
	}
	if len(call.Args) > 1 {
		return call.Args[0], call.Args[1]
	}
	return call.Args[0], nil
}

// addressOf writes a reference as an address: module.a["x"].aws_iam_user.u[0].
func addressOf(t hcl.Traversal) string {
	var out string
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			out = step.Name
		case hcl.TraverseAttr:
			out += "." + step.Name
		case hcl.TraverseIndex:
			out += instance(fromCty(step.Key))
		}
	}
	return out
}

// instance writes the key of an instance as it stands in an address.
func instance(key value) string {
	if key.kind == number {
		s, _ := key.asString()
		return "[" + s + "]"
	}
	s, _ := key.asString()
	return "[" + quoteHCL(s) + "]"
}
