package declare

// extractOrgFormation reads files of tasks: each update-stacks task makes stacks of a template.
func extractOrgFormation(s dataSource, docs []*datum) {
	cost := newCfnCost()
	for _, top := range docs {
		c := newStack(s, cost, top)
		c.form = "org-formation"
		for _, p := range top.pairs() {
			if p.val.get("Type").word() == "update-stacks" && cost.spend(roundCosts) {
				c.task(p)
			}
		}
	}
	cost.settle(s)
}

// task declares what the template of a task makes in each account that the task is bound to.
func (c *cfnStack) task(p pair) {
	name, known := c.resolve(p.val.get("Template"))
	if !known {
		return
	}
	e := cfnEntry{id: p.key.text, key: p.key, val: p.val, fate: cfnFate{sure: Certain, copies: bound(p.val)}}
	for _, name := range bindings {
		if key := keyOf(p.val, name); key != nil {
			e.fate.at = append(e.fate.at, key, p.val.at(name, "Account"))
		}
	}
	f, skipped := c.fileAt(name), p.val.get("Skip").word() == "true"
	switch {
	case skipped && f.path != "":
		c.src.r.adopt(f.path)
	case skipped:
	case f.path == "":
		c.src.r.skip(c.src.path, "it makes a stack of a template that is not in the repository: "+name)
	default:
		c.stackOf(e, f, c.parameters(p.val.get("Parameters")))
	}
}

// bound says in how many accounts a resource of a template is made: templates of one account say
// nothing of it.
func (c *cfnStack) bound(d *datum) cfnCopies {
	if c.form != "org-formation" {
		return cfnCopies{}
	}
	return bound(d)
}

// bindings are the keys under which a resource or a task names its accounts.
var bindings = []string{"OrganizationBinding", "OrganizationBindings", "DefaultOrganizationBinding"}

func bound(d *datum) cfnCopies {
	if d.get("Foreach") != nil || d.get("ForeachAccount") != nil {
		return cfnCopies{open: true}
	}
	for _, name := range bindings {
		b := d.get(name)
		if !b.is(mapping) {
			continue
		}
		if b.get("OrganizationalUnit") != nil || b.get("AccountsWithTag") != nil || b.get("Account").word() == "*" {
			return cfnCopies{open: true}
		}
		return cfnCopies{n: max(1, len(b.get("Account").items())) * max(1, len(b.get("Region").items()))}
	}
	return cfnCopies{}
}
