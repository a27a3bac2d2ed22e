package review

import (
	"github.com/keysweep/keysweep/report"
)

// Annotation is a message beside a line of a file, or beside none. Its words begin no workflow command; they
// still have to be escaped as the properties and the data of the one that they are put into.
type Annotation struct {
	Level          string // warning or notice
	Title, Message string
	Path           string // empty: beside no file
	Line           int    // from 1; 0 where the file as a whole is meant
}

// maxAnnotations is how many are told one by one: a runner keeps ten of a step.
const maxAnnotations = 9

// Annotations are the additions that count and what was not analysed, nine at most and then one that tells how
// many more there are.
func (v Verdict) Annotations() []Annotation {
	var all []Annotation
	if !v.Complete() {
		all = append(all, Annotation{
			Level: "warning", Title: "keysweep: not everything was analysed",
			Message: number(len(v.NotAnalysed), "file", "files") + " could declare a credential and could not be analysed; the job summary names them.",
		})
	}
	for _, r := range v.Added {
		all = append(all, annotation(r))
	}
	if more := len(all) - maxAnnotations; more > 0 {
		all = append(all[:maxAnnotations:maxAnnotations], Annotation{
			Level: "notice", Title: "keysweep", Message: "and " + thousands(more) + " more, see the summary",
		})
	}
	return all
}

func annotation(r Row) Annotation {
	words := kindWords(r.Kind)
	if r.Count > 1 {
		words += " × " + thousands(r.Count)
	}
	message := report.Plain(shortened(shortName(r), nameShown))
	if r.Why != "" {
		message += ": " + report.Plain(shortened(r.Why, whyShown))
	}
	return Annotation{
		Level: "warning", Title: "keysweep: adds " + report.Plain(words), Path: r.Path, Line: r.Line,
		Message: message + " (" + report.Plain(string(r.Confidence)) + "). " + report.Plain(r.advice.Text),
	}
}
