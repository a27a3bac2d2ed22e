package declare

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// A dataForm is a form whose files are YAML or JSON. All of them share one reading of a file.
type dataForm struct {
	name     string
	triggers []string // words without one of which a file declares nothing in this form
	extract  func(s dataSource, docs []*datum)
}

func dataForms() []dataForm {
	return []dataForm{
		{name: "cloudformation", triggers: cfnTriggers, extract: extractCloudFormation},
		{name: "serverless", triggers: serverlessTriggers, extract: extractServerless},
		{name: "org-formation", triggers: []string{"update-stacks"}, extract: extractOrgFormation},
		{name: "kubernetes", triggers: kubeTriggers, extract: extractKubernetes},
		{name: "ansible", triggers: ansibleTriggers, extract: extractAnsible},
		{name: "pulumi-yaml", triggers: pulumiTriggers, extract: extractPulumi},
		{name: "salt", triggers: saltTriggers, extract: extractSalt},
		{name: "static-keys", triggers: useTriggers, extract: extractUses},
	}
}

// dataFileForm is the one form of files that stands for all forms of YAML and JSON.
func dataFileForm() fileForm {
	f := fileForm{name: "data", wants: isDataFile, max: maxLoad, extract: extractData}
	for _, d := range dataForms() {
		f.triggers = append(f.triggers, d.triggers...)
	}
	return f
}

var (
	dataExtensions     = []string{".yml", ".yaml", ".json", ".template", ".cfn", ".cform", ".sls"}
	templateExtensions = []string{".j2", ".jinja", ".jinja2", ".erb", ".tpl", ".tmpl", ".gotmpl"}
)

// isDataFile says by its name whether a file holds YAML or JSON, perhaps within template text.
func isDataFile(p string) bool {
	p = strings.ToLower(p)
	if slices.Contains(templateExtensions, path.Ext(p)) {
		p = strings.TrimSuffix(p, path.Ext(p))
	}
	return slices.Contains(dataExtensions, path.Ext(p)) ||
		path.Ext(p) == ".config" && strings.Contains("/"+p, "/.ebextensions/")
}

func extractData(r *reading, p string, data []byte) {
	t := readData(data)
	s := dataSource{r: r, path: p, root: p, sure: Certain, values: &t.values}
	look := r.look(p, data)
	for _, f := range dataForms() {
		if holdsAny(look, f.triggers) {
			f.extract(s, t.docs)
		}
	}
	if t.fault != "" && (holdsAny(look, telling) || takesKeys(p) && holdsAny(look, useTriggers)) {
		r.skip(p, "line "+strconv.Itoa(t.faultLine)+": "+t.fault)
	}
}

// telling are the words that make a fault of a file a matter of ours.
var telling = []string{
	"AWS::IAM::User", "AWS::IAM::AccessKey", "iam.aws.", "iam.services.k8s.aws", "identity.aws.crossplane",
	"iam_user", "iam_access_key", "boto_iam.", "aws:iam:User", "aws:iam:AccessKey", "aws:iam/",
}

// dataCache is what the forms of YAML and JSON remember in a reading.
type dataCache struct {
	files  map[string]dataText
	nested map[string]bool // templates that another template makes a stack of
	// alone is what files declare by themselves, by form and path; where another file brings them in and
	// so declares them, that is dropped.
	alone   map[string][]Declaration
	adopted map[string]bool
	vars    map[string]*datum // files of variables of Ansible
	charts  map[string]*helmChart
}

// data returns the documents of a file that another refers to, relative to a folder.
func (r *reading) dataAt(dir, name string) (string, []*datum) {
	p := path.Join(dir, name)
	if strings.HasPrefix(p, "../") || path.IsAbs(p) {
		return p, nil
	}
	if t, ok := r.data.files[p]; ok {
		return p, t.docs
	}
	data, ok := r.read(p)
	var t dataText
	if ok {
		t = readData(data)
	}
	if r.data.files == nil {
		r.data.files = map[string]dataText{}
	}
	r.data.files[p] = t
	return p, t.docs
}

// dataSource says where the declarations of a text stand.
type dataSource struct {
	r      *reading
	path   string
	root   string
	prefix string // goes before every address
	base   int    // goes to every line
	fixed  bool   // all stands on line base
	sure   Confidence
	calls  []Place            // what makes a copy of this text, by itself an addition
	places []Place            // what leads to this text
	names  map[string]keyName // what names of the text say of keys; nil where that is not remembered
	values *int               // how many values the text has: no walk takes more steps than a multiple
}

func (s dataSource) line(d *datum) int {
	if s.fixed || d == nil {
		return max(s.base, 1)
	}
	return s.base + int(d.line)
}

func (s dataSource) place(d *datum) Place { return Place{Path: s.path, Line: s.line(d)} }

// steps is how many values a walk over the text may look at: aliases can make it endless.
func (s dataSource) steps() int {
	if s.values == nil {
		return 1000
	}
	return 2**s.values + 100
}

// add records a declaration that stands at some values, the most telling first.
func (s dataSource) add(d Declaration, at ...*datum) {
	d.Root, d.Address = s.root, s.prefix+d.Address
	d.Confidence = worse(d.Confidence, s.sure)
	for _, a := range at {
		if a == nil {
			continue
		}
		if a.guarded {
			d.Confidence = worse(d.Confidence, Likely)
		}
		if s.fixed {
			continue
		}
		d.Places = append(d.Places, s.place(a))
	}
	if s.fixed {
		d.Places = s.fixedPlaces(at)
	}
	d.Places = slices.Concat(s.calls, d.Places, s.places)
	d.Path, d.Line = d.Places[0].Path, d.Places[0].Line
	if len(d.Places) == 1 {
		d.Places = nil
	}
	s.r.add(d)
}

// fixedPlaces are the places within a text that another form holds: the line of the text, and the
// line below it that the value would stand on.
func (s dataSource) fixedPlaces(at []*datum) []Place {
	ps := []Place{{Path: s.path, Line: max(s.base, 1)}}
	for _, a := range at {
		if a != nil && a.line > 1 {
			ps = append(ps, Place{Path: s.path, Line: s.base + int(a.line)})
		}
	}
	return ps
}

// within is the source of a text that a scalar of this one holds.
func (s dataSource) within(d *datum) dataSource {
	s.base = s.line(d)
	s.fixed = s.fixed || !d.literal
	return s
}

// setAside takes what was declared since for what a file declares by itself.
func (r *reading) setAside(form, p string, since int) {
	found := slices.Clone(r.out.Declarations[since:])
	if len(found) == 0 {
		return
	}
	r.out.Declarations = r.out.Declarations[:since]
	if r.data.alone == nil {
		r.data.alone = map[string][]Declaration{}
	}
	r.data.alone[join(form, p)] = found
}

// bringIn says that another file declares what a file holds.
func (r *reading) bringIn(form, p string) {
	if r.data.adopted == nil {
		r.data.adopted = map[string]bool{}
	}
	r.data.adopted[join(form, p)] = true
}

// finishAlone records what stands in files that no other file brings in.
func (r *reading) finishAlone() {
	for key, ds := range r.data.alone {
		if !r.data.adopted[key] {
			r.out.Declarations = append(r.out.Declarations, ds...)
		}
	}
	r.data.alone = nil
}
