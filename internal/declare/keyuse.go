package declare

import (
	"cmp"
	"slices"
	"strings"
)

// A keyUse is a place of a configuration file that is given a static key.
//
// What is one use is what is one thing to do: all places of one job (or service, or workload) that take
// the same secret. An entry that holds for the whole file stands for all its jobs.
type keyUse struct {
	scope string // the job; empty for the whole file
	ref   string // where the key comes from, without the signs of the language: secrets.DEPLOY_KEY
	at    *datum
	sure  Confidence
}

// useWalker looks for uses in one file.
type useWalker struct {
	src  dataSource
	form string
	// judge reads what an entry is given. An empty ref is no static key.
	judge func(value string, at useContext) (ref string, sure Confidence)
	why   string // the sentence about a use
	// strict forms may hold temporary keys in the same variables: where one is at hand, nothing is sure.
	strict bool
	uses   []keyUse
	known  knownVariables
	halves map[*datum]bool    // whether the secret half of a key stands in a mapping
	names  map[string]keyName // what was judged in the file
	seen   map[scopedDatum]bool
	// once forms have templates that jobs are made of: what a template is given is told there alone.
	once bool
	left int // values that may still be looked at
	read int // bytes of lines that were looked into
}

func newUseWalker(s dataSource, form, why string, judge func(string, useContext) (string, Confidence)) *useWalker {
	return &useWalker{src: s, form: form, why: why, judge: judge, seen: map[scopedDatum]bool{}, left: s.steps(), known: knownVariables{}, halves: map[*datum]bool{}, names: s.names}
}

// useContext is what holds around a value.
type useContext struct {
	env       []*datum // mappings of variables, the nearest last
	known     knownVariables
	scripts   []*datum // scripts around the value
	temporary bool     // a token or a session is at hand
	elsewhere bool     // it is not AWS that is spoken to
	unclear   bool     // it may be somebody else than AWS, or a temporary key
	registry  bool     // the entry is beside the address of a registry of AWS
	plugin    bool     // the entries are the settings of a plugin for AWS
}

// envNames are the entries that hold variables.
var envNames = []string{"env", "environment", "variables", "with"}

// within is the context within a mapping or a list of variables.
func (c useContext) within(d *datum) useContext {
	c = c.beside(d)
	for _, name := range envNames {
		if e := d.get(name); e != nil {
			c = c.beside(e)
			c.env = append(slices.Clip(c.env), e)
		}
	}
	for _, name := range scriptNames {
		if e := d.get(name); e != nil {
			c.scripts = append(slices.Clip(c.scripts), e)
			c.temporary = c.temporary || takesToken(e)
		}
	}
	c.temporary = c.temporary || d.get("id_tokens") != nil || d.get("oidc").word() == "true"
	return c
}

// takesToken says whether a script signs in with a token.
func takesToken(script *datum) bool {
	return slices.ContainsFunc(orItems(script), func(line *datum) bool {
		return strings.Contains(line.text, "web-identity") || strings.Contains(line.text, "web_identity")
	})
}

// scriptNames are the entries that hold scripts.
var scriptNames = []string{"before_script", "script", "run", "command", "commands"}

// beside learns from the entries of a mapping, or of a list of names and values.
func (c useContext) beside(d *datum) useContext {
	for _, p := range variables(d) {
		value := p.val.word()
		switch {
		case namesSession(p.key.text):
			c.temporary = true
		case value == "":
		case endpointName(p.key.text):
			aws := strings.Contains(value, "amazonaws.com") || strings.Contains(value, "api.aws")
			c.elsewhere = c.elsewhere || !aws && !strings.ContainsAny(value, "$<{")
			c.unclear = c.unclear || !aws
		case p.key.text == "registry" || p.key.text == "image" && d.get("credentials") != nil:
			c.registry = strings.Contains(value, ".dkr.ecr.") || strings.Contains(value, "public.ecr.aws")
		case p.key.text == "image" && d.get("settings") != nil:
			c.plugin = isPlugin(value)
		}
	}
	return c
}

// variables are the entries of a mapping, or those of a list of {name, value}, of NAME=VALUE.
func variables(d *datum) []pair {
	var out []pair
	if d.is(mapping) {
		for i := 0; i+1 < len(d.kids); i += 2 {
			out = append(out, pair{d.kids[i], d.kids[i+1]})
		}
	}
	for _, item := range d.items() {
		if name, val := item.get("name"), item.get("value"); name.word() != "" {
			out = append(out, pair{name, val})
			continue
		}
		if name, value, ok := strings.Cut(item.word(), "="); ok {
			out = append(out, pair{&datum{text: name, line: item.line}, &datum{text: value, line: item.line, guarded: item.guarded}})
		}
	}
	return out
}

// knownVariables remembers the variables of mappings, so that no look-up goes through all of them.
type knownVariables map[*datum]map[string]*datum

func (k knownVariables) of(d *datum) map[string]*datum {
	if known, ok := k[d]; ok || k == nil {
		return known
	}
	k[d] = map[string]*datum{}
	for _, p := range variables(d) {
		k[d][p.key.text] = p.val
	}
	return k[d]
}

// start is the context of a file.
func (w *useWalker) start() useContext { return useContext{known: w.known} }

// variable returns the value of a variable that the context sets; nil when it sets none.
func (c useContext) variable(name string) *datum {
	for _, e := range slices.Backward(c.env) {
		if d := c.known.of(e)[name]; d != nil {
			return d
		}
	}
	return nil
}

// A scopedDatum is a value within a scope: aliases can lead to one from several.
type scopedDatum struct {
	scope string
	d     *datum
}

// first says whether a value is looked at for the first time in a scope.
func (w *useWalker) first(scope string, d *datum) bool {
	if w.once {
		scope = ""
	}
	at := scopedDatum{scope, d}
	if w.seen[at] {
		return false
	}
	w.seen[at] = true
	return true
}

// walk looks through a value. Each is looked at once in a scope, wherever aliases lead to it.
func (w *useWalker) walk(scope string, d *datum, c useContext) {
	if w.left--; d == nil || w.left < 0 || !w.first(scope, d) {
		return
	}
	switch d.kind {
	case mapping:
		w.mapping(scope, d, c.within(d))
	case sequence:
		c = c.beside(d)
		for _, item := range d.kids {
			w.walk(scope, item, c)
		}
	case scalar:
		w.text(scope, d, c)
	}
}

func (w *useWalker) mapping(scope string, d *datum, c useContext) {
	if isOff(d.get("if")) {
		return
	}
	if name := d.get("name"); name.word() != "" && d.get("value").is(scalar) {
		w.entry(scope, d, pair{name, d.get("value")}, c)
	}
	if ref := d.at("valueFrom", "secretKeyRef", "name"); ref != nil && w.named(d.get("name").word()).surely {
		w.use(scope, "secret/"+ref.word(), d.get("name"), ref, Certain, c)
	}
	for i := 0; i+1 < len(d.kids); i += 2 {
		p := pair{d.kids[i], d.kids[i+1]}
		if ref := w.storedKey(d, p, c); ref != "" {
			w.use(scope, ref, p.key, p.val, Certain, c)
		}
		if !p.val.is(scalar) {
			w.walk(scope, p.val, c)
		} else if w.first(scope, p.val) {
			w.entry(scope, d, p, c)
		}
	}
}

// vaults are the entries of GitLab that say in which vault a secret is.
var vaults = []string{"vault", "azure_key_vault", "gcp_secret_manager", "aws_secrets_manager", "akeyless"}

// storedKey returns where a key is kept that an entry fetches from a store: a vault, or a secret of
// Kubernetes.
func (w *useWalker) storedKey(beside *datum, p pair, c useContext) string {
	if !p.val.is(mapping) {
		return ""
	}
	plain, is := plainName(p.key.text), w.named(p.key.text)
	switch {
	case is.maybe && p.val.get("secure") != nil:
		return "secure." + p.key.text
	case plain == "accesskeyidsecretref", plain == "accesskeyid" && w.hasSecretHalf(beside):
		if name := p.val.get("name").word(); name != "" {
			return "secret/" + name
		}
	case p.val.get("from_secret") != nil:
		if name := p.val.get("from_secret").word(); is.maybe && (c.plugin || is.surely || w.named(name).surely) {
			return "secrets." + name
		}
	case is.surely:
		for _, v := range vaults {
			kept := p.val.get(v)
			if kept != nil && kept.at("engine", "name").word() != "aws" && !strings.HasPrefix(kept.word(), "aws/") {
				return v + "." + p.key.text
			}
		}
	}
	return ""
}

// isOff says whether a condition never holds.
func isOff(d *datum) bool {
	word := strings.ReplaceAll(d.word(), " ", "")
	return word == "false" || word == "${{false}}"
}

// entry looks at one entry of a mapping.
func (w *useWalker) entry(scope string, beside *datum, p pair, c useContext) {
	if w.left--; w.left < 0 || p.val.isNull() {
		return
	}
	is := w.named(p.key.text)
	surely := is.surely || p.key.text == "username" && c.registry
	if surely || is.maybe {
		ref, sure := w.judge(p.val.text, c)
		if surely || c.plugin || strings.Contains(plainName(ref), "aws") || w.hasSecretHalf(beside) {
			w.use(scope, ref, p.key, p.val, sure, c)
			return
		}
	}
	w.text(scope, p.val, c)
}

// hasSecretHalf says whether the other half of a key stands beside it, as AWS calls it.
func (w *useWalker) hasSecretHalf(d *datum) bool {
	half, known := w.halves[d]
	if !known {
		half = slices.ContainsFunc(variables(d), func(p pair) bool { return strings.HasPrefix(plainName(p.key.text), "secretaccesskey") })
		w.halves[d] = half
	}
	return half
}

// use records a use at a key of the file.
func (w *useWalker) use(scope, ref string, at, val *datum, sure Confidence, c useContext) {
	if ref == "" || c.elsewhere || w.named(ref).other {
		return
	}
	if c.unclear || c.temporary && w.strict {
		sure = Possible
	}
	ref = withoutLiterals(ref)
	place := *at
	place.guarded = at.guarded || val.guarded
	w.uses = append(w.uses, keyUse{scope: scope, ref: shortRef(ref), at: &place, sure: sure})
}

const maxRef = 120

func shortRef(ref string) string {
	if len(ref) <= maxRef {
		return ref
	}
	return strings.ToValidUTF8(ref[:maxRef], "") + "…" + digest(ref)[:8]
}

// finish declares the uses: one for each scope and source of the key, and none for a job of a file that
// is given the same key as a whole.
func (w *useWalker) finish() {
	if w.left < 0 || w.read >= maxRead {
		w.src.r.skip(w.src.path, "it says more about keys than is looked at")
	}
	slices.SortStableFunc(w.uses, func(a, b keyUse) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(rankOf(a.sure), rankOf(b.sure)), cmp.Compare(a.at.line, b.at.line))
	})
	known := map[[2]string]bool{}
	for _, u := range w.uses {
		if known[[2]string{"", u.ref}] || known[[2]string{u.scope, u.ref}] {
			continue
		}
		known[[2]string{u.scope, u.ref}] = true
		w.src.add(Declaration{
			Kind: StaticKeyUse, Form: w.form, Address: u.address(), Name: lastWord(u.ref),
			Owner: u.scope, Count: 1, Confidence: u.sure, Body: digest(w.form, u.ref), Why: w.why,
		}, u.at)
	}
}

func rankOf(c Confidence) int {
	switch c {
	case Certain:
		return 0
	case Likely:
		return 1
	}
	return 2
}

func (u keyUse) address() string {
	if u.scope == "" {
		return u.ref
	}
	return u.scope + "." + u.ref
}

// lastWord is the name of the secret that a key comes from, where it has a plain one.
func lastWord(ref string) string {
	if strings.ContainsAny(ref, " ()[]'\"|&<>{}$,") {
		return ""
	}
	return ref[strings.LastIndexAny(ref, "./")+1:]
}
