package declare

import (
	"maps"
	"slices"
	"strings"
)

// A cfnVerdict says whether a condition holds.
type cfnVerdict struct {
	is        cfnTruth
	byDefault bool
	at        []*datum // what decides
	why       string
}

type cfnTruth int

const (
	unknowable cfnTruth = iota // nothing says so
	sometimes                  // it holds in some of the deployments
	holds
	fails
)

func (v cfnVerdict) known() bool { return v.is == holds || v.is == fails }

// sure is how sure it is that what stands under a condition that does not fail is made.
func (v cfnVerdict) sure() Confidence {
	switch {
	case v.is == unknowable:
		return Possible
	case v.is == sometimes || v.byDefault:
		return Likely
	}
	return Certain
}

func (v cfnVerdict) not() cfnVerdict {
	switch v.is {
	case holds:
		v.is = fails
	case fails:
		v.is = holds
	}
	return v
}

// and is the verdict on two conditions that must hold together.
func (v cfnVerdict) and(w cfnVerdict) cfnVerdict {
	w.at = slices.Concat(v.at, w.at[:min(len(w.at), 4)])
	w.at = w.at[:min(len(w.at), 4)]
	w.byDefault = w.byDefault || v.byDefault
	w.why = sentence(v.why, w.why)
	if v.is == fails || w.is != fails && v.is < w.is {
		w.is = v.is
	}
	return w
}

// cfnFate says how sure it is that a resource is made, and why.
type cfnFate struct {
	never  bool
	sure   Confidence
	why    string
	at     []*datum
	copies cfnCopies
}

// fate looks at the condition of a resource.
func (c *cfnStack) fate(d *datum) cfnFate {
	f := cfnFate{sure: Certain, copies: c.bound(d)}
	name := d.get("Condition")
	if name.isNull() || !name.is(scalar) {
		return f
	}
	v := c.verdict(c.fill(name.text))
	f.never, f.sure, f.why, f.at = v.is == fails, v.sure(), v.why, v.at
	return f
}

// verdict is that on a condition by name, looked at once.
func (c *cfnStack) verdict(name string) cfnVerdict {
	if v, ok := c.verdicts[name]; ok {
		return v
	}
	c.verdicts[name] = cfnVerdict{why: "condition " + name + " names itself"}
	d := c.section("Conditions", name)
	v := c.judge(d, 0)
	if v.is == fails && v.byDefault && c.holdsElsewhere(d) {
		v.is = sometimes
	}
	v.at = slices.DeleteFunc(append([]*datum{d}, v.at...), func(d *datum) bool { return d == nil })
	switch {
	case v.is == unknowable:
		v.why = "condition " + name + " cannot be known"
	case v.is == sometimes:
		v.why = "condition " + name + " holds in some deployments"
	case v.byDefault:
		v.why = "defaults decide on condition " + name
	}
	c.verdicts[name] = v
	return v
}

func (c *cfnStack) judge(d *datum, depth int) cfnVerdict {
	name, arg := intrinsic(d)
	if depth > maxResolve || !c.cost.spend(1) {
		return cfnVerdict{}
	}
	switch name {
	case "Condition":
		v := c.verdict(arg.word())
		v.why = ""
		return v
	case "Fn::Equals":
		return c.equals(arg)
	case "Fn::Not":
		if len(arg.items()) == 1 {
			return c.judge(arg.kids[0], depth+1).not()
		}
	case "Fn::And":
		return c.all(arg.items(), depth, func(v cfnVerdict) cfnVerdict { return v })
	case "Fn::Or":
		return c.all(arg.items(), depth, cfnVerdict.not).not()
	}
	return cfnVerdict{}
}

// all is the verdict on conditions that must hold together, each perhaps turned round.
func (c *cfnStack) all(ds []*datum, depth int, turn func(cfnVerdict) cfnVerdict) cfnVerdict {
	out := cfnVerdict{is: holds}
	for _, d := range ds[:min(len(ds), 10)] {
		v := turn(c.judge(d, depth+1))
		if v.is == fails {
			return v
		}
		out = out.and(v)
	}
	return out
}

// maxChosen is how many values of a parameter are tried.
const maxChosen = 20

// holdsElsewhere says whether a condition that fails by the default of a parameter holds where another of the
// values is given that the template allows. A switch is as its default says; a word that chooses one of
// several, such as the name of an environment, stands for all of them.
func (c *cfnStack) holdsElsewhere(d *datum) bool {
	if c.tried {
		return false
	}
	if c.choices == nil {
		c.choices = c.findChoices()
	}
	return slices.ContainsFunc(c.choices, func(p pair) bool {
		return c.holdsWith(d, p.key.text, p.val.items())
	})
}

// findChoices returns the parameters for which the template allows some values, and these.
func (c *cfnStack) findChoices() []pair {
	choices := []pair{}
	for _, top := range c.tops {
		for _, p := range top.get("Parameters").pairs() {
			if _, given := c.given[p.key.text]; !given && p.val.get("AllowedValues").is(sequence) {
				choices = append(choices, pair{p.key, p.val.get("AllowedValues")})
			}
		}
	}
	return choices
}

func (c *cfnStack) holdsWith(d *datum, id string, values []*datum) bool {
	for _, v := range values[:min(len(values), maxChosen)] {
		if isSwitch(v.text) || !c.cost.spend(1) {
			return false
		}
		other := *c
		other.tried, other.verdicts = true, map[string]cfnVerdict{}
		other.given = map[string]cfnText{id: {text: v.text, known: true, byDefault: true}}
		maps.Copy(other.given, c.given)
		if is := other.judge(d, 0).is; is == holds || is == sometimes {
			return true
		}
	}
	return false
}

// equals compares two texts.
func (c *cfnStack) equals(arg *datum) cfnVerdict {
	if len(arg.items()) != 2 {
		return cfnVerdict{}
	}
	a, b := c.eval(arg.kids[0], 0), c.eval(arg.kids[1], 0)
	both := a.with(b)
	v := cfnVerdict{byDefault: both.byDefault}
	if both.at != nil {
		v.at = []*datum{both.at}
	}
	switch {
	case both.known && a.text == b.text:
		v.is = holds
	case both.known && both.byDefault && !isSwitch(a.text) && !isSwitch(b.text):
		v.is = c.differs(arg)
	case both.known:
		v.is = fails
	case both.anywhere:
		v.is = sometimes
	case b.known:
		v.is = c.allowed(arg.kids[0], b.text)
	case a.known:
		v.is = c.allowed(arg.kids[1], a.text)
	}
	return v
}

// differs is the verdict on a parameter, or a variable of a dialect, whose default is another word than the
// one that is asked for: what it will be is not known where any word is allowed.
func (c *cfnStack) differs(arg *datum) cfnTruth {
	for _, d := range arg.kids {
		name, id := intrinsic(d)
		p := c.section("Parameters", id.word())
		_, given := c.given[id.word()]
		free := name == "Ref" && !given && p != nil && p.get("AllowedValues") == nil
		if free || name == "" && c.variables != nil && strings.Contains(d.word(), "${") {
			return unknowable
		}
	}
	return fails
}

// isSwitch says whether a word turns something on or off.
func isSwitch(s string) bool {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "0", "1", "enable", "disable", "enabled", "disabled", "none", "":
		return true
	}
	return false
}

// allowed says whether a parameter without a default can have a value.
func (c *cfnStack) allowed(d *datum, want string) cfnTruth {
	name, arg := intrinsic(d)
	values := c.section("Parameters", arg.word()).get("AllowedValues").items()
	if name != "Ref" || len(values) == 0 || slices.ContainsFunc(values, func(v *datum) bool { return v.text == want }) {
		return unknowable
	}
	return fails
}
