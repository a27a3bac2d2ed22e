package policy

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a policy file.
type Fault struct {
	File string
	Line int // from 1
	// Field is where in the file it is, exemptions[2].expires or accounts["11112222333"];
	// "syntax" where the YAML itself is broken, "file" for the file as a whole.
	Field string
	// Problem is what is wrong and, after a comma, what to write.
	Problem string
}

// String is file:line: field: problem.
func (f Fault) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Field, f.Problem)
}

// Faults are all that is wrong with a policy file, in the order of lines. It is the
// error of Parse.
type Faults []Fault

// Error lists every fault, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}
