package declare

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// terraformCache keeps the folders of Terraform that were read.
type terraformCache struct {
	modules map[string]*tfModule
	stacks  map[string]*tfModule
	units   map[string]*unit
	met     map[string]bool // folders of which a call was looked at
	made    map[string]bool // folders of which something is made
}

// tfModule is what the files of one folder say. It knows no values.
type tfModule struct {
	dir       string
	files     []string
	resources []*block // of the types that matter
	calls     []*block // module blocks, and components of Terraform Stacks
	locals    map[string]*attribute
	variables map[string]*block
	outputs   map[string]*block
	moved     []*block
	imports   []*block
	// deployments are those of a configuration of Terraform Stacks.
	deployments []*block
	sources     []*source
	positions   map[string]int // of resources and calls by their labels
	static      []*block       // that are given static keys
	isRoot      bool           // it sets providers or the place of its state up
	// index finds resources by type and name, and their lines by file; made when first asked for.
	index *resourceIndex
	// matters says that the module, or one that it calls, can declare something.
	matters *bool
}

// terraformFile says whether a file belongs to a module, and in which order of two: overrides last.
func terraformFile(name string) (is, override bool) {
	stem, ok := terraformStem(name)
	if !ok || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") {
		return false, false
	}
	return true, stem == "override" || strings.HasSuffix(stem, "_override")
}

func terraformStem(name string) (string, bool) {
	for _, ext := range []string{".tf", ".tofu", ".tf.json", ".tofu.json"} {
		if stem, ok := strings.CutSuffix(name, ext); ok {
			return stem, true
		}
	}
	return "", false
}

// moduleFiles lists the files of a module in the order of their reading. A file of OpenTofu takes
// the place of its namesake of Terraform.
func (r *reading) moduleFiles(dir string) []string {
	var normal, overrides []string
	names := map[string]bool{}
	for _, e := range r.list(dir) {
		if e.Type == Regular || e.Type == Symlink {
			names[e.Name] = true
		}
	}
	for _, e := range r.list(dir) {
		is, override := terraformFile(e.Name)
		stem, _ := terraformStem(e.Name)
		switch {
		case !names[e.Name] || !is:
		case strings.HasSuffix(e.Name, ".tf") && names[stem+".tofu"]:
		case strings.HasSuffix(e.Name, ".tf.json") && names[stem+".tofu.json"]:
		case override:
			overrides = append(overrides, path.Join(dir, e.Name))
		default:
			normal = append(normal, path.Join(dir, e.Name))
		}
	}
	return append(normal, overrides...)
}

// module reads a folder once; nil where it holds no file of Terraform.
func (r *reading) module(dir string) *tfModule {
	if m, ok := r.terraform.modules[dir]; ok {
		return m
	}
	if r.terraform.modules == nil {
		r.terraform.modules = map[string]*tfModule{}
	}
	var m *tfModule
	if files := r.moduleFiles(dir); len(files) > 0 {
		m = newModule(dir)
		m.files = files
		for _, f := range files {
			_, override := terraformFile(path.Base(f))
			m.read(r, f, override)
		}
	}
	r.terraform.modules[dir] = m
	return m
}

func newModule(dir string) *tfModule {
	return &tfModule{
		dir: dir, locals: map[string]*attribute{}, variables: map[string]*block{}, outputs: map[string]*block{},
		positions: map[string]int{},
	}
}

// read adds a file to a module.
func (m *tfModule) read(r *reading, p string, override bool) {
	data, ok := r.read(p)
	if !ok {
		r.skipLost(p)
		return
	}
	src := &source{path: p, data: data}
	body := src.body(r)
	if body == nil {
		return
	}
	m.sources = append(m.sources, src)
	for _, b := range body.blocks {
		m.take(b, override)
	}
}

// body reads the structure of a file by its notation; nil where there is none.
func (src *source) body(r *reading) *block {
	if strings.HasSuffix(src.path, ".json") {
		v, err := parseJSON(src.path, src.data)
		if err != nil {
			r.skip(src.path, "not read as JSON: "+err.Error())
			return nil
		}
		return fromJSON(src, v)
	}
	body, ok := scanHCL(src)
	if !ok {
		r.skip(src.path, "a part of it is no HCL")
	}
	return body
}

func (m *tfModule) take(b *block, override bool) {
	switch b.kind {
	case "resource":
		if _, ours := resourceTypes[b.label(0)]; ours {
			m.resources = m.put(m.resources, b, override)
		}
	case "module", "component":
		m.calls = m.put(m.calls, b, override)
	case "locals":
		for _, a := range b.attrs {
			m.locals[a.name] = a
		}
	case "variable":
		m.variables[b.label(0)] = overridden(m.variables[b.label(0)], b, override)
	case "output":
		m.outputs[b.label(0)] = overridden(m.outputs[b.label(0)], b, override)
	case "deployment":
		m.deployments = append(m.deployments, b)
	case "provider":
		m.isRoot = true
		m.static = append(m.static, staticKeyBlocks(b)...)
	case "terraform":
		m.static = append(m.static, staticKeyBlocks(b)...)
		m.isRoot = m.isRoot || slices.ContainsFunc(b.blocks, func(c *block) bool { return c.kind == "backend" || c.kind == "cloud" })
	case "moved":
		m.moved = append(m.moved, b)
	case "import":
		m.imports = append(m.imports, b)
	}
}

// put appends a block, or lays it over the first one of the same labels.
func (m *tfModule) put(blocks []*block, b *block, override bool) []*block {
	key := join(append([]string{b.kind}, b.labels...)...)
	n, known := m.positions[key]
	if override && known {
		blocks[n] = overridden(blocks[n], b, true)
		return blocks
	}
	if !known {
		m.positions[key] = len(blocks)
	}
	return append(blocks, b)
}

// overridden is a block whose arguments give way to those of an override.
func overridden(known, b *block, override bool) *block {
	if known == nil || !override {
		return b
	}
	merged := *known
	merged.node = nil
	merged.attrs = append(slices.Clone(known.attrs), b.attrs...)
	merged.blocks = append(slices.Clone(known.blocks), b.blocks...)
	return &merged
}

// resourceIndex finds the resources of a module.
type resourceIndex struct {
	byName map[string]*block
	byFile map[string][]*block // in the order of their lines
}

func (m *tfModule) indexed() *resourceIndex {
	if m.index != nil {
		return m.index
	}
	m.index = &resourceIndex{byName: map[string]*block{}, byFile: map[string][]*block{}}
	for _, b := range m.resources {
		name := b.label(0) + "." + b.label(1)
		if m.index.byName[name] == nil {
			m.index.byName[name] = b
		}
		m.index.byFile[b.src.path] = append(m.index.byFile[b.src.path], b)
	}
	for _, bs := range m.index.byFile {
		slices.SortStableFunc(bs, func(a, b *block) int { return cmp.Compare(a.line, b.line) })
	}
	return m.index
}

// holds says whether a line is one of a resource's.
func (m *tfModule) holds(at Place) bool {
	bs := m.indexed().byFile[at.Path]
	n, _ := slices.BinarySearchFunc(bs, at.Line+1, func(b *block, line int) int { return cmp.Compare(b.line, line) })
	return n > 0 && bs[n-1].holds(at)
}

// report records the files of a module whose expressions could not be read.
func (m *tfModule) report(r *reading) {
	for _, src := range m.sources {
		switch {
		case src.tooMuch:
			r.skip(src.path, "it holds more expressions than are evaluated")
		case src.broken:
			r.skip(src.path, "a part of it is no HCL")
		}
	}
}

// recall records what could not be analysed of a module beside the change that a file of the change
// calls: what the call makes is not known then.
func (r *reading) recall(caller string, m *tfModule) {
	if !r.scope.concerns(caller) {
		return
	}
	for _, f := range m.files {
		if reason := r.aside[f]; reason != "" {
			r.record(f, reason)
		}
	}
}

// sourceOf is the source of a call: the literal text of its source argument.
func sourceOf(b *block) string {
	a := b.attr("source")
	if a == nil {
		return ""
	}
	if a.node != nil {
		return a.node.str
	}
	v, _ := literal(a)
	return v.str
}

// localSource returns the folder of a module that is called by a path, and false for other sources
// and for paths that lead out of the tree.
func localSource(dir, source string) (string, bool) {
	source, _, _ = strings.Cut(source, "?")
	if !strings.HasPrefix(source, "./") && !strings.HasPrefix(source, "../") && source != "." && source != ".." {
		return "", false
	}
	p := path.Join(dir, strings.Replace(source, "//", "/", 1))
	return p, p != ".." && !strings.HasPrefix(p, "../")
}

// mattersIn says whether a module or one that it calls can declare something. A module that is asked
// for within itself adds nothing.
func (m *tfModule) mattersIn(r *reading) bool {
	if m.matters != nil {
		return *m.matters
	}
	no := false
	m.matters = &no
	found := len(m.resources)+len(m.static) > 0
	for _, c := range m.calls {
		if found {
			break
		}
		src := sourceOf(c)
		if dir, local := localSource(m.dir, src); local {
			inner := r.module(dir)
			found = inner == nil || inner.mattersIn(r)
		} else {
			found = strings.HasPrefix(src, "../") || remoteMatters(src, c.label(0))
		}
	}
	m.matters = &found
	return found
}
