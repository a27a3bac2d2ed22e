package declare

import "strings"

// labelModule names and switches the resources of very many modules: what it gives decides whether
// they make anything.
const labelModule = "cloudposse/label/null"

// outside is an output of a module that is not in the tree, as far as its arguments decide it.
func (i *tfInstance) outside(name, output string) value {
	for _, c := range i.mod.calls {
		if c.label(0) != name {
			continue
		}
		source := normalSource(sourceOf(c))
		if k, ok := known(source); ok {
			return value{owner: i.prefix + c.kind + "." + name + "." + k.makes[0].address}
		}
		if source == labelModule || strings.HasPrefix(source, "cloudposse/null-label/") {
			return i.once("outside."+name+"."+output, func() value {
				return labelOutput(objectValue(arguments(c, i.env())), output)
			})
		}
	}
	return value{}
}

func labelOutput(args value, output string) value {
	switch output {
	case "enabled":
		v := labelPart(args, "enabled")
		if v.err || v.kind == null {
			v = boolValue(true)
			v.byDefault = true
		}
		return v
	case "id":
		return labelID(args)
	case "namespace", "tenant", "environment", "stage", "name":
		return labelPart(args, output)
	case "context":
		return args
	}
	return value{}
}

// labelPart is an argument, or what the context gives where there is none.
func labelPart(args value, name string) value {
	v := args.get(name)
	if v.kind == null || v.err || v.kind == text && v.str == "" {
		if context := args.get("context"); !context.err {
			return context.get(name)
		}
	}
	return v
}

// labelID joins the parts of a name as the module does; unknown where one of them is.
func labelID(args value) value {
	var words []string
	for _, name := range []string{"namespace", "tenant", "environment", "stage", "name"} {
		v := labelPart(args, name)
		s, ok := v.asString()
		if !ok && !v.err && v.kind != null {
			return value{}
		}
		if s != "" {
			words = append(words, strings.ToLower(s))
		}
	}
	for _, other := range []string{"attributes", "delimiter", "label_order", "id_length_limit"} {
		if v := labelPart(args, other); !v.err && !isEmpty(v) {
			return value{}
		}
	}
	return stringValue(strings.Join(words, "-"))
}
