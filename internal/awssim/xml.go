package awssim

import (
	"encoding/xml"
	"strings"
	"time"
)

// doc builds an XML answer. Values are escaped, names are trusted.
type doc struct{ b strings.Builder }

func (d *doc) text(name, value string) {
	d.open(name)
	_ = xml.EscapeText(&d.b, []byte(value)) // a Builder never fails
	d.shut(name)
}

// opt leaves an empty value out.
func (d *doc) opt(name, value string) {
	if value != "" {
		d.text(name, value)
	}
}

func (d *doc) bool(name string, v bool) {
	if v {
		d.text(name, "true")
	} else {
		d.text(name, "false")
	}
}

// time writes whole seconds as seconds, anything finer as it is.
func (d *doc) time(name string, t time.Time) {
	if !t.IsZero() {
		d.text(name, t.UTC().Format(time.RFC3339Nano))
	}
}

func (d *doc) status(inactive bool) {
	if inactive {
		d.text("Status", "Inactive")
	} else {
		d.text("Status", "Active")
	}
}

func (d *doc) open(name string) { d.b.WriteString("<" + name + ">") }
func (d *doc) shut(name string) { d.b.WriteString("</" + name + ">") }

// list writes members by a function for each index of [from, to).
func (d *doc) list(name string, from, to int, each func(i int)) {
	d.open(name)
	for i := from; i < to; i++ {
		d.open("member")
		each(i)
		d.shut("member")
	}
	d.shut(name)
}

// page writes what a paged answer ends with.
func (d *doc) page(marker string) {
	d.bool("IsTruncated", marker != "")
	d.opt("Marker", marker)
}

// answer wraps a result the way the query protocol does.
func answer(operation string, fill func(d *doc)) reply {
	d := &doc{}
	d.open(operation + "Response")
	d.open(operation + "Result")
	fill(d)
	d.shut(operation + "Result")
	d.b.WriteString("<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>")
	d.shut(operation + "Response")
	return reply{status: 200, body: d.b.String()}
}
