package declare

import (
	"bytes"
	"path"
	"slices"
)

// helpersOf are the texts of the files that hold the parts of a chart's templates.
func (r *reading) helpersOf(dir string) [][]byte {
	var out [][]byte
	for _, e := range r.list(path.Join(dir, "templates")) {
		if path.Ext(e.Name) != ".tpl" {
			continue
		}
		if data, ok := r.read(path.Join(dir, "templates", e.Name)); ok {
			out = append(out, data)
		}
	}
	return out
}

// look is what a file is looked through for trigger words in: its text, and the parts that a template of a chart
// takes in from elsewhere.
func (r *reading) look(p string, data []byte) []byte {
	out := revealed(p, data)
	if !bytes.Contains(data, []byte("include ")) && !bytes.Contains(data, []byte("template ")) {
		return out
	}
	if dir, ok := r.chartOf(p); ok {
		for _, helper := range r.helpersOf(dir) {
			out = slices.Concat(out, []byte("\n"), helper)
		}
	}
	return out
}

// takeOver lays the values that the chart around this one gives it over its own.
func (c *helmChart) takeOver(r *reading) {
	charts, name := path.Split(c.dir)
	above := path.Dir(path.Clean(charts))
	if path.Base(charts) != "charts" || !r.exists(path.Join(above, "Chart.yaml")) {
		return
	}
	parent := r.helm(above)
	own := c.values[0].top
	for _, called := range parent.callsOf(name) {
		for n, v := range parent.values {
			given := v.top.get(called)
			if given.kind != object {
				continue
			}
			if top := overlaid(own, given, 0); n == 0 && called == name {
				c.values[0].top = top
			} else if len(c.values) < maxChartValues {
				c.values = append(c.values, helmValues{name: path.Base(above) + "." + called + "." + v.name, top: top})
			}
		}
	}
}

// callsOf are the names that a chart calls one within it by: its own, and aliases.
func (c *helmChart) callsOf(name string) []string {
	out := []string{name}
	dependencies, _ := c.chart.get("Dependencies").elements()
	for _, d := range dependencies {
		of, _ := d.val.get("name").asString()
		if alias, ok := d.val.get("alias").asString(); ok && of == name && len(out) < maxChartValues {
			out = append(out, alias)
		}
	}
	return out
}
