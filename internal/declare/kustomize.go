package declare

import (
	"path"
	"slices"
	"strings"
)

var kustomizeNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

const (
	maxOverlays  = 6    // overlays upon each other
	maxPatches   = 500  // of one overlay
	maxResources = 2000 // of an overlay and those below it
)

// kustomizeForm reads overlays: they make the objects of the files that they name, with other names and
// patches upon them.
func kustomizeForm() fileForm {
	return fileForm{
		name: "kustomize", triggers: []string{"resources", "bases", "components"}, extract: extractKustomize,
		wants: func(p string) bool { return slices.Contains(kustomizeNames, path.Base(p)) },
	}
}

// kustomization is an overlay with all that is around it.
type kustomization struct {
	r              *reading
	root           string // the folder of the outermost
	prefix, suffix string
	patches        []*datum // the innermost first
	places         []Place
	depth          int
	seen           map[string]bool // files of objects: each is made once
	named          *int            // entries that were followed
}

func extractKustomize(r *reading, p string, data []byte) {
	t := readData(data)
	known := len(r.out.Declarations)
	for _, d := range t.docs {
		(&kustomization{r: r, root: path.Dir(p), seen: map[string]bool{}, named: new(int)}).read(p, d)
	}
	r.setAside("kustomize", p, known)
}

// read reads one overlay.
func (k *kustomization) read(p string, d *datum) {
	inner := *k
	inner.depth++
	inner.prefix += d.get("namePrefix").word()
	inner.suffix = d.get("nameSuffix").word() + inner.suffix
	inner.patches = append(k.r.patchesOf(path.Dir(p), d), k.patches...)
	for _, key := range []string{"resources", "bases", "components"} {
		for _, entry := range d.get(key).items() {
			target := path.Join(path.Dir(p), entry.word())
			if *k.named++; *k.named > maxResources {
				k.r.skip(p, "it names more than is followed")
				return
			}
			if entry.word() == "" || strings.Contains(entry.text, "://") || strings.HasPrefix(target, "../") || inner.depth > maxOverlays {
				continue
			}
			inner.places = append([]Place{{Path: p, Line: int(entry.line)}}, k.places...)
			inner.resource(target)
		}
	}
}

// resource reads a file of objects, or the overlay of a folder.
func (k *kustomization) resource(target string) {
	if isDataFile(target) && k.r.exists(target) {
		k.file(target)
		return
	}
	for _, name := range kustomizeNames {
		p := path.Join(target, name)
		if !k.r.exists(p) {
			continue
		}
		if _, docs := k.r.dataAt(target, name); len(docs) > 0 {
			k.r.bringIn("kustomize", p)
			k.read(p, docs[0])
		}
	}
}

func (k *kustomization) file(p string) {
	_, docs := k.r.dataAt(path.Dir(p), path.Base(p))
	if len(docs) == 0 || k.seen[p] {
		return
	}
	k.seen[p] = true
	k.r.bringIn("kubernetes", p)
	s := dataSource{r: k.r, path: p, root: k.root, sure: Certain}
	if path.Dir(p) != k.root {
		s.places = k.places
	}
	t := k.r.data.files[p]
	s.values = &t.values
	w := newKubeWalk(s)
	w.custom = k
	w.documents(docs)
}

// patched is an object with the names and patches of the overlays; nil where one takes it away.
func (k *kustomization) patched(d *datum) *datum {
	for _, patch := range k.patches {
		if patch.get("kind").text != d.get("kind").text || kubeGroup(patch) != kubeGroup(d) || kubeName(patch, "") != kubeName(d, "") {
			continue
		}
		if patch.get("$patch").word() == "delete" {
			return nil
		}
		d = laidOver(d, patch, 0)
	}
	name := d.at("metadata", "name")
	if k.prefix+k.suffix == "" || name.word() == "" {
		return d
	}
	renamed := &datum{line: name.line, text: k.prefix + name.text + k.suffix}
	meta := &datum{kind: mapping, line: name.line, kids: append(slices.Clone(d.get("metadata").kids), keyOf(d.get("metadata"), "name"), renamed)}
	out := *d
	out.kids = append(slices.Clone(d.kids), keyOf(d, "metadata"), meta)
	return &out
}

// laidOver is a mapping with the entries of another laid over its own.
func laidOver(d, patch *datum, depth int) *datum {
	if !d.is(mapping) || !patch.is(mapping) || depth > maxDataDepth {
		return patch
	}
	out := *d
	out.kids = slices.Clone(d.kids)
	for _, p := range patch.pairs() {
		v := p.val
		if own := d.get(p.key.text); own != nil {
			v = laidOver(own, p.val, depth+1)
		}
		if key := keyOf(d, p.key.text); key != nil {
			p.key = key
		}
		out.kids = append(out.kids, p.key, v)
	}
	return &out
}

// patchesOf are the patches of an overlay: files, or texts within it.
func (r *reading) patchesOf(dir string, d *datum) []*datum {
	var out []*datum
	add := func(text, file string) {
		if len(out) > maxPatches {
			return
		}
		if strings.Contains(text, "\n") {
			out = append(out, readData([]byte(text)).docs...)
		} else if p := path.Join(dir, file); file != "" && !strings.HasPrefix(p, "../") && r.exists(p) {
			_, docs := r.dataAt(dir, file)
			out = append(out, docs...)
		}
	}
	for _, e := range d.get("patchesStrategicMerge").items() {
		add(e.word(), e.word())
	}
	for _, e := range d.get("patches").items() {
		add(e.get("patch").word(), e.get("path").word())
	}
	return out
}

// isPatch says whether the overlay of its folder names a file as a patch.
func (r *reading) isPatch(p string) bool {
	dir, name := path.Dir(p), path.Base(p)
	for _, k := range kustomizeNames {
		if !r.exists(path.Join(dir, k)) {
			continue
		}
		_, docs := r.dataAt(dir, k)
		for _, d := range docs {
			for _, key := range []string{"patchesStrategicMerge", "patches", "patchesJson6902"} {
				for _, e := range d.get(key).items() {
					if path.Clean(e.word()) == name || e.is(mapping) && path.Clean(e.get("path").word()) == name {
						return true
					}
				}
			}
		}
	}
	return false
}
