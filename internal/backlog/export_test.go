package backlog

// PlanWith is Plan with another judge of absences.
var PlanWith = plan

// Parts for tests of bodies.
var (
	SplitBody = splitBody
	Digest    = digest
)
