package declare

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// move is what a moved block says, or an import: the addresses are those of the root.
type move struct {
	from, to string
	imported bool
}

const maxMoves = 16 // earlier addresses of one declaration

// learnMoves takes the moved and import blocks of an instance of a module.
func (i *tfInstance) learnMoves() {
	for _, b := range i.mod.moved {
		from, to := addressArgument(b.attr("from")), addressArgument(b.attr("to"))
		if from != "" && to != "" {
			i.root.moves = append(i.root.moves, move{from: i.prefix + from, to: i.prefix + to})
		}
	}
	for _, b := range i.mod.imports {
		if to := addressArgument(b.attr("to")); to != "" {
			i.root.moves = append(i.root.moves, move{to: i.prefix + to, imported: true})
		}
	}
}

// addressArgument is the address that an argument refers to. An instance that is not written out
// stands for all of its resource.
func addressArgument(a *attribute) string {
	if a == nil {
		return ""
	}
	if a.node != nil {
		x := parseExpression(a.src, []byte(strings.TrimSuffix(strings.TrimPrefix(a.node.str, "${"), "}")), a.line, false)
		return addressExpression(x)
	}
	return addressExpression(a.expression())
}

func addressExpression(x hclsyntax.Expression) string {
	switch x := x.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return addressOf(x.Traversal)
	case *hclsyntax.IndexExpr:
		return addressExpression(x.Collection)
	case *hclsyntax.RelativeTraversalExpr:
		if base := addressExpression(x.Source); base != "" {
			return base + relative(x.Traversal)
		}
	}
	return ""
}

func relative(t hcl.Traversal) string {
	var out strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseAttr:
			out.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			out.WriteString(instance(fromCty(step.Key)))
		}
	}
	return out.String()
}

// settle gives every declaration of a root its earlier addresses, and says which were imported.
func (root *tfRoot) settle() {
	for n := range root.found {
		d := &root.found[n]
		for _, m := range root.moves {
			if _, ok := under(d.Address, m.to); ok && m.imported {
				d.Imported = true
			}
		}
		d.MovedFrom = root.earlier(d.Address)
	}
}

// earlier follows the moves back from an address.
func (root *tfRoot) earlier(address string) []string {
	var out []string
	seen := map[string]bool{address: true}
	for queue := []string{address}; len(queue) > 0 && len(out) < maxMoves; queue = queue[1:] {
		for _, m := range root.moves {
			rest, ok := under(queue[0], m.to)
			if !ok || m.imported || seen[m.from+rest] {
				continue
			}
			seen[m.from+rest] = true
			out = append(out, m.from+rest)
			queue = append(queue, m.from+rest)
		}
	}
	return out
}

// under says whether an address is another or lies within it, and what follows.
func under(address, outer string) (string, bool) {
	rest, ok := strings.CutPrefix(address, outer)
	return rest, ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
