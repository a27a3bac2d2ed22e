package declare

import (
	"slices"
	"strings"
)

// A datum is a value of YAML or JSON that knows its line. Both are read by a reader of our own: a
// library takes a second and a gigabyte for an unkind MiB, gives up at the first fault, and knows no
// template text around the structure.
type datum struct {
	kind    datumKind
	quoted  bool
	literal bool // a block of text: its n-th line stands n lines below
	guarded bool // stands within a condition or a loop of template text
	line    int32
	tag     string // with its exclamation mark; empty when there is none
	text    string
	kids    []*datum // items; of a mapping, keys and values by turns
}

type datumKind uint8

const (
	scalar datumKind = iota
	mapping
	sequence
)

// pair is a key and a value of a mapping.
type pair struct{ key, val *datum }

const (
	mergeKey  = "<<"
	maxMerged = 100 // mappings that are merged into one
)

// is says whether a datum is there and of a kind.
func (d *datum) is(k datumKind) bool { return d != nil && d.kind == k }

// isNull says whether a datum is not there or says nothing.
func (d *datum) isNull() bool {
	if d == nil {
		return true
	}
	if d.kind != scalar || d.quoted {
		return false
	}
	return d.text == "" || d.text == "~" || d.text == "null"
}

// word returns the text of a scalar; empty for everything else.
func (d *datum) word() string {
	if !d.is(scalar) || d.isNull() {
		return ""
	}
	return d.text
}

// at follows keys down.
func (d *datum) at(keys ...string) *datum {
	for _, k := range keys {
		d = d.get(k)
	}
	return d
}

// get returns the value of a key: the last that is written, then what is merged in.
func (d *datum) get(key string) *datum {
	steps := maxMerged
	return d.lookUp(key, &steps)
}

func (d *datum) lookUp(key string, steps *int) *datum {
	if *steps--; !d.is(mapping) || *steps < 0 {
		return nil
	}
	merged := false
	for i := len(d.kids) - 2; i >= 0; i -= 2 {
		if d.kids[i].text == key {
			return d.kids[i+1]
		}
		merged = merged || d.kids[i].text == mergeKey
	}
	if !merged {
		return nil
	}
	for i := 0; i < len(d.kids); i += 2 {
		if d.kids[i].text != mergeKey {
			continue
		}
		for _, from := range orItems(d.kids[i+1]) {
			if v := from.lookUp(key, steps); v != nil {
				return v
			}
		}
	}
	return nil
}

// orItems returns the items of a sequence, or the datum itself.
func orItems(d *datum) []*datum {
	if d.is(sequence) {
		return d.kids
	}
	if d == nil {
		return nil
	}
	return []*datum{d}
}

// items returns the items of a sequence.
func (d *datum) items() []*datum {
	if d.is(sequence) {
		return d.kids
	}
	return nil
}

// pairs returns the entries of a mapping in their order: of equal keys the last, and behind them
// what is merged in.
func (d *datum) pairs() []pair {
	steps := maxMerged
	return d.allPairs(&steps)
}

func (d *datum) allPairs(steps *int) []pair {
	if *steps--; !d.is(mapping) || *steps < 0 {
		return nil
	}
	ps := make([]pair, 0, len(d.kids)/2)
	at := make(map[string]int, len(d.kids)/2)
	var merged []*datum
	for i := 0; i < len(d.kids); i += 2 {
		p := pair{d.kids[i], d.kids[i+1]}
		switch old, again := at[p.key.text]; {
		case p.key.text == mergeKey && !p.key.quoted:
			merged = append(merged, orItems(p.val)...)
		case again:
			ps[old] = p
		default:
			at[p.key.text] = len(ps)
			ps = append(ps, p)
		}
	}
	for _, m := range merged {
		for _, p := range m.allPairs(steps) {
			if _, known := at[p.key.text]; !known {
				at[p.key.text] = len(ps)
				ps = append(ps, p)
			}
		}
	}
	return ps
}

// holds says whether a word stands anywhere in a datum, looking at so many values at most.
func (d *datum) holds(word string, steps *int) bool {
	if *steps--; d == nil || *steps < 0 {
		return false
	}
	return strings.Contains(d.text, word) ||
		slices.ContainsFunc(d.kids, func(k *datum) bool { return k.holds(word, steps) })
}
