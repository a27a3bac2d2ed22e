package declare

import (
	"path"
	"slices"
	"strings"
)

// The keys by which the stages of a comparison find partners. A key that cannot be made is none:
// what is not known is equal to nothing.

func idKey(x *item) []string { return []string{identity(x.Declaration, x.Address)} }

// indexedName holds instances that are counted to their names: where a list grows at its front, all
// indexes shift and the same users stay.
func indexedName(x *item) []string {
	if x.Name == "" || stripIndexes(x.Address) == x.Address {
		return nil
	}
	return []string{join(identity(x.Declaration, stripIndexes(x.Address)), x.Name)}
}

// variantKey takes a root that is evaluated with one of several files of variables for the same root
// without: where a second file comes or goes, the rest stays as it was.
func variantKey(x *item) []string {
	if !hasInstances(x.Form) {
		return nil
	}
	root, _, _ := strings.Cut(x.Root, "@")
	return []string{join(string(x.Kind), x.Form, root, bareAddress(x.Address), x.Name)}
}

func oneHasNoVariant(b, h *item) bool {
	return !strings.Contains(b.Root, "@") || !strings.Contains(h.Root, "@")
}

// bareKey takes a resource with an index of zero for the same one without: Terraform moves its
// state by itself when a count comes or goes.
func bareKey(x *item) []string {
	if x.Kind == HardcodedKey {
		return nil
	}
	return []string{identity(x.Declaration, bareAddress(x.Address))}
}

func bareAddress(address string) string { return strings.ReplaceAll(address, "[0]", "") }

// resourceKey leaves the instances out, for resources whose instances were not known on one side.
func resourceKey(x *item) []string {
	if !hasInstances(x.Form) {
		return nil
	}
	return []string{identity(x.Declaration, stripInstances(x.Address))}
}

func hasInstances(form string) bool { return strings.HasPrefix(form, "terra") }

// oneIsOpen says that one of two stands for instances that cannot be known.
func oneIsOpen(b, h *item) bool { return isOpen(b) || isOpen(h) }

func isOpen(x *item) bool {
	return x.Confidence != Certain && stripInstances(x.Address) == x.Address
}

// stripInstances drops the keys of instances from an address: a["x"].b[0] is a.b.
func stripInstances(address string) string {
	return stripKeys(address, func(string) bool { return true })
}

// stripIndexes drops the numbers alone: a["x"].b[0] is a["x"].b.
func stripIndexes(address string) string {
	return stripKeys(address, func(key string) bool { return len(key) > 1 && '0' <= key[1] && key[1] <= '9' })
}

func stripKeys(address string, drop func(key string) bool) string {
	var b strings.Builder
	for i := 0; i < len(address); i++ {
		if address[i] != '[' {
			b.WriteByte(address[i])
			continue
		}
		n := instanceKey(address[i:])
		if !drop(address[i : i+n]) {
			b.WriteString(address[i : i+n])
		}
		i += n - 1
	}
	return b.String()
}

// instanceKey returns the length of the bracket that s begins with.
func instanceKey(s string) int {
	quoted := false
	for i := 1; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return i + 1
		}
	}
	return len(s)
}

// movedKeys are the earlier addresses that the state names itself.
func movedKeys(x *item) []string {
	var keys []string
	for _, a := range x.MovedFrom {
		keys = append(keys, identity(x.Declaration, bareAddress(a)))
	}
	return keys
}

func nameKey(x *item) []string {
	if x.Name == "" || x.Kind == HardcodedKey || x.Kind == StaticKeyUse {
		return nil
	}
	return []string{join(string(x.Kind), x.Root, x.Name)}
}

func (c *comparison) baseOwnerKeys(x *item) []string {
	at := join(x.Root, bareAddress(x.Owner))
	return ownerKeys(x, c.baseUsers[at], c.heirs[at])
}

func (c *comparison) headOwnerKeys(x *item) []string {
	return ownerKeys(x, c.headUsers[join(x.Root, bareAddress(x.Owner))], "")
}

// ownerKeys are all the words that the user of a credential is known by within its root.
func ownerKeys(x *item, name, heir string) []string {
	if x.Kind == User || x.Kind == HardcodedKey || x.Kind == StaticKeyUse {
		return nil
	}
	var keys []string
	for _, word := range []string{heir, bareAddress(x.Owner), name, x.Name} {
		if word != "" {
			keys = append(keys, join(string(x.Kind), x.Root, word))
		}
	}
	return keys
}

func bodyKey(x *item) []string {
	if x.Body == "" || x.Kind == HardcodedKey {
		return nil
	}
	return []string{join(string(x.Kind), x.Root, x.Body)}
}

// mayBeOne refuses two blocks that say the same and are known to be about different users.
func (c *comparison) mayBeOne(b, h *item) bool {
	return !differ(c.nameOf(b, c.baseUsers), c.nameOf(h, c.headUsers))
}

func differ(a, b string) bool { return a != "" && b != "" && a != b }

// nameOf is the name of a user, or that of the user of a credential.
func (c *comparison) nameOf(x *item, users map[string]string) string {
	if x.Name != "" || x.Kind == User {
		return x.Name
	}
	if name := users[join(x.Root, bareAddress(x.Owner))]; name != "" {
		return name
	}
	return ""
}

func farNameKey(x *item) []string {
	if x.Name == "" || x.Kind == HardcodedKey || x.Kind == StaticKeyUse {
		return nil
	}
	return []string{join(string(x.Kind), x.Name)}
}

func farBodyKey(x *item) []string {
	if x.Body == "" || x.Kind == HardcodedKey {
		return nil
	}
	return []string{join(string(x.Kind), formFamily(x.Form), x.Address, x.Body)}
}

// useScopeKey takes a job (or service, or workload) that takes a key for the same job that takes it from
// elsewhere: a secret got another name.
func useScopeKey(x *item) []string {
	if x.Kind != StaticKeyUse || hasInstances(x.Form) {
		return nil
	}
	return []string{join(x.Form, x.Root, x.Owner)}
}

// farUseKey takes a use for one of the same secret in another file: a job moved.
func farUseKey(x *item) []string {
	if x.Kind != StaticKeyUse || hasInstances(x.Form) {
		return nil
	}
	return []string{join(x.Form, x.Body)}
}

// wasWide says that base gave the whole file the key that a job of it takes in head.
func (c *comparison) wasWide(h *item) bool {
	if h.Kind != StaticKeyUse || h.Owner == "" || hasInstances(h.Form) {
		return false
	}
	if c.wide == nil {
		c.wide = map[string]bool{}
		for _, b := range c.base {
			if b.Kind == StaticKeyUse && b.Owner == "" {
				c.wide[join(b.Form, b.Root, b.Body)] = true
			}
		}
	}
	return c.wide[join(h.Form, h.Root, h.Body)]
}

// rootIsGone lets a block go to another root without a name that is known where nothing of the
// old root is left and both say the same at the same address: a folder or file was renamed.
func (c *comparison) rootIsGone(b, h *item) bool {
	return !c.roots[join(b.Form, b.Root)] && !differ(b.Name, h.Name)
}

// wasOpen says that base declared the same resource with a number that could not be known.
func (c *comparison) wasOpen(h *item) bool {
	if !hasInstances(h.Form) {
		return false
	}
	if c.open == nil {
		c.open = map[string]bool{}
		for _, b := range c.base {
			if hasInstances(b.Form) && isOpen(b) {
				c.open[identity(b.Declaration, b.Address)] = true
			}
		}
	}
	return c.open[identity(h.Declaration, stripInstances(h.Address))] && stripInstances(h.Address) != h.Address
}

// twins knows the declarations that stand beside others: the same thing written twice.
type twins map[string][]*item

func (c *comparison) twins() twins {
	t := twins{}
	for _, h := range c.head {
		if h.left == 0 {
			t.learn(h)
		}
	}
	return t
}

// learn remembers a declaration that exists, one for each form and file.
func (t twins) learn(x *item) {
	for _, k := range twinKeys(x) {
		if !slices.ContainsFunc(t[k], func(y *item) bool { return y.Form == x.Form && y.Path == x.Path }) {
			t[k] = append(t[k], x)
		}
	}
}

// twinKeys are a name, and an address in files whose names differ in their extension alone.
func twinKeys(x *item) []string {
	if x.Kind == HardcodedKey || x.Kind == StaticKeyUse {
		return nil
	}
	keys := []string{join("file", string(x.Kind), path.Base(stem(x.Path)), x.Address)}
	if x.Name != "" {
		keys = append(keys, join("name", string(x.Kind), x.Name))
	}
	return keys
}

func stem(p string) string { return strings.TrimSuffix(p, path.Ext(p)) }

// of returns the declaration that x is a twin of, or nil: the same name in another form, the same address
// in the same file under another extension, or in one of the same name elsewhere that says the same and is JSON
// where x is YAML.
func (t twins) of(x *item) *item {
	for _, k := range twinKeys(x) {
		for _, y := range t[k] {
			if formFamily(y.Form) != formFamily(x.Form) || y.Path != x.Path && areTwins(x, y) {
				return y
			}
		}
	}
	return nil
}

func areTwins(x, y *item) bool {
	p, q := stem(x.Path), stem(y.Path)
	return p == q || path.Base(p) == path.Base(q) && isJSON(x.Path) != isJSON(y.Path) && x.Body == y.Body && x.Body != ""
}

func isJSON(p string) bool { return path.Ext(p) == ".json" }
