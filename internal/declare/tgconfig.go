package declare

import (
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// terragrunt evaluates the configurations that one unit is made of.
type terragrunt struct {
	r      *reading
	unit   string // its folder
	values value  // what a stack hands to the unit
	budget *budget
	depth  int
}

// tgConfig is one file of configuration, as one unit sees it.
type tgConfig struct {
	*terragrunt
	file     string
	src      *source
	body     *block
	includes map[string]*tgConfig
	order    []string
	cache    map[string]value
}

// config reads a file of configuration and those that it includes; nil where there is none.
func (t *terragrunt) config(p string) *tgConfig {
	data, ok := t.r.read(p)
	if !ok || t.depth >= maxIncludes {
		return nil
	}
	src := &source{path: p, data: data}
	body := src.body(t.r)
	if body == nil {
		return nil
	}
	c := &tgConfig{terragrunt: t, file: p, src: src, body: body, includes: map[string]*tgConfig{}, cache: map[string]value{}}
	t.depth++
	defer func() { t.depth-- }()
	for _, b := range body.blocks {
		if b.kind != "include" {
			continue
		}
		if name, ok := c.env().attribute(b.attr("path")).asString(); ok {
			if inner := t.config(c.path(name)); inner != nil && inner.file != p {
				c.includes[b.label(0)] = inner
				c.order = append(c.order, b.label(0))
			}
		}
	}
	return c
}

func (c *tgConfig) env() *env { return &env{budget: c.budget, res: c} }

// first is the configuration that this one takes what it does not say itself from.
func (c *tgConfig) first() *tgConfig {
	if len(c.order) == 0 {
		return nil
	}
	return c.includes[c.order[len(c.order)-1]]
}

// path returns the path within the repository of a file that the configuration names.
func (c *tgConfig) path(name string) string {
	if !strings.HasPrefix(name, "/") {
		name = path.Join("/", c.unit, name)
	}
	return strings.TrimPrefix(path.Clean(name), "/")
}

func (c *tgConfig) source() (string, Place) {
	for _, b := range c.body.blocks {
		if b.kind == "terraform" {
			if a := b.attr("source"); a != nil {
				s, _ := c.env().attribute(a).asString()
				return s, Place{Path: c.file, Line: a.line}
			}
		}
	}
	return "", Place{}
}

// inputs are those of the included files and its own, which hold.
func (c *tgConfig) inputs() value {
	parts := []value{}
	for _, name := range c.order {
		parts = append(parts, c.includes[name].inputs())
	}
	if a := c.body.attr("inputs"); a != nil {
		parts = append(parts, c.env().attribute(a))
	}
	out := merge(nil, parts)
	out.byDefault = false
	out.entries = slices.Clone(out.entries)
	return out
}

// generated are the texts of the files that it generates.
func (c *tgConfig) generated() []value {
	var out []value
	for _, b := range c.body.blocks {
		if b.kind == "generate" {
			out = append(out, c.env().attribute(b.attr("contents")))
		}
	}
	for _, e := range c.env().attribute(c.body.attr("generate")).entries {
		out = append(out, e.val.get("contents"))
	}
	return out
}

// resolve evaluates the names of a configuration.
func (c *tgConfig) resolve(t hcl.Traversal, _ *env) (value, int) {
	switch t.RootName() {
	case "local":
		return c.local(step(t, 1)), 2
	case "values":
		return c.values, 1
	case "include":
		inner := c.includes[step(t, 1)]
		if inner == nil {
			return value{}, len(t)
		}
		return inner.exposed(), 2
	}
	return value{}, len(t)
}

func (c *tgConfig) local(name string) value {
	if v, ok := c.cache[name]; ok {
		return v
	}
	c.cache[name] = value{} // what refers to itself is unknown
	for _, b := range c.body.blocks {
		if a := b.attr(name); b.kind == "locals" && a != nil {
			c.cache[name] = placedAt(c.env().attribute(a), Place{Path: c.file, Line: a.line})
		}
	}
	return c.cache[name]
}

// exposed is what other configurations see of this one.
func (c *tgConfig) exposed() value {
	var es []entry
	for _, b := range c.body.blocks {
		for _, a := range b.attrs {
			if b.kind == "locals" {
				es = append(es, entry{key: a.name, at: Place{Path: c.file, Line: a.line}, val: c.local(a.name)})
			}
		}
	}
	return objectValue([]entry{{key: "locals", val: objectValue(es)}, {key: "inputs", val: c.inputs()}})
}

// call evaluates the functions of Terragrunt that the repository alone decides.
func (c *tgConfig) call(name string, args []value) (value, bool) {
	text := func(i int) string {
		if i < len(args) {
			return args[i].str
		}
		return ""
	}
	switch name {
	case "find_in_parent_folders":
		return c.findAbove(text(0), text(1)), true
	case "get_terragrunt_dir", "get_original_terragrunt_dir":
		return stringValue(rooted(c.unit)), true
	case "get_parent_terragrunt_dir":
		return stringValue(rooted(path.Dir(c.above(text(0))))), true
	case "path_relative_to_include":
		return stringValue(relativeTo(path.Dir(c.above(text(0))), c.unit)), true
	case "path_relative_from_include":
		return stringValue(relativeTo(c.unit, path.Dir(c.above(text(0))))), true
	case "get_repo_root":
		return stringValue("/"), true
	case "get_path_from_repo_root":
		return stringValue(c.unit), true
	case "get_path_to_repo_root":
		return stringValue(relativeTo(c.unit, ".")), true
	case "get_env":
		return getEnv(args), true
	case "read_terragrunt_config":
		return c.readConfig(args), true
	case "file":
		return c.readText(text(0)), true
	}
	return value{}, false
}

// above is the file that includes are counted from: the named one, the only one, or this one itself
// where it is the included one.
func (c *tgConfig) above(name string) string {
	if inner := c.includes[name]; inner != nil {
		return inner.file
	}
	if inner := c.first(); inner != nil {
		return inner.file
	}
	return c.file
}

func relativeTo(base, p string) string {
	from, to := parts(base), parts(p)
	for len(from) > 0 && len(to) > 0 && from[0] == to[0] {
		from, to = from[1:], to[1:]
	}
	out := path.Join(append(slices.Repeat([]string{".."}, len(from)), to...)...)
	if out == "" {
		return "."
	}
	return out
}

func parts(p string) []string {
	if p = path.Clean(p); p == "." {
		return nil
	}
	return strings.Split(p, "/")
}

// findAbove looks for a file in the folders above the unit.
func (c *tgConfig) findAbove(name, fallback string) value {
	names := []string{name}
	if name == "" {
		names = []string{terragruntFile, "root.hcl"}
	}
	for dir := c.unit; dir != "."; {
		dir = path.Dir(dir)
		for _, n := range names {
			if p := path.Join(dir, n); c.r.exists(p) {
				return stringValue(rooted(p))
			}
		}
	}
	if fallback != "" {
		return stringValue(fallback)
	}
	return value{}
}

// getEnv knows the fallback of a variable of the environment alone.
func getEnv(args []value) value {
	if len(args) < 2 {
		return value{}
	}
	v := args[1]
	v.byDefault = true
	return v
}

func (c *tgConfig) readConfig(args []value) value {
	if len(args) == 0 || args[0].kind != text {
		return value{}
	}
	if inner := c.config(c.path(args[0].str)); inner != nil {
		return inner.exposed()
	}
	if len(args) > 1 {
		return args[1]
	}
	return value{}
}

func (c *tgConfig) readText(name string) value {
	p := c.path(name)
	data, ok := c.r.read(p)
	if !ok || name == "" {
		return value{}
	}
	v := stringValue(string(data))
	v.at = Place{Path: p, Line: 1}
	return v
}
