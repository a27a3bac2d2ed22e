package backlog

// PlanWith is Plan with another judge of absences.
var PlanWith = plan

// SplitBody takes a body apart, for tests that put it together again.
var SplitBody = splitBody

// Recorded reports whether a record was read.
func (b body) Recorded() bool { return b.recorded }
