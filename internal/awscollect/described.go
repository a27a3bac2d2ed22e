package awscollect

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// describedAtMost bounds how many resources of one kind are asked about one by one in one region.
const describedAtMost = 500

// upTo collects a paged list of names as far as so many. The names that are left out are told as
// not read: what they hold is not known.
func (r *region) upTo(atMost int, what string, page func(token string) (names []string, next string, err error)) ([]string, error) {
	var out []string
	err := paged(func(token string) (string, error) {
		names, next, err := page(token)
		out = append(out, names...)
		if len(out) > atMost {
			next = ""
		}
		return next, err
	})
	if err == nil && len(out) > atMost {
		out = out[:atMost]
		r.miss(inventory.FactComputeKeys, r.reader.actions[0], &Error{
			Code: CodeFault, Cause: fmt.Sprintf("the region has more %s than %d: only so many were read", what, atMost),
		})
	}
	return out, err
}

// describeEach asks about each name, a few at once. What is gone since it was listed holds nothing;
// what only its own key of KMS hides is not known, and the others are.
func (r *region) describeEach(ctx context.Context, a action, names []string, ask func(ctx context.Context, name string) error) error {
	return r.each(len(names), func(i int) error {
		err := ask(ctx, names[i])
		if err == nil {
			return nil
		}
		switch f := describe(err); {
		case goneSince(f):
			return nil
		case strings.HasPrefix(f.code, "Kms"):
			r.miss(inventory.FactComputeKeys, a, err)
			return nil
		}
		return err
	})
}

// gone are the codes with which services say that there is no such thing.
var gone = []string{"ResourceNotFound", "ResourceNotFoundException", "StateMachineDoesNotExist", "StateMachineDeleting"}

// goneSince reports whether an error says that there is no such thing. SageMaker has no code of its
// own for some of its things.
func goneSince(f failure) bool {
	return slices.Contains(gone, f.code) || f.code == "ValidationException" && (strings.HasPrefix(f.message, "Could not find") || strings.Contains(f.message, "not found"))
}

// goneAs reports whether an error says that there is no such thing, with a code that a service has for more than that.
func goneAs(err error, code, words string) bool {
	f := describe(err)
	return f.code == code && strings.Contains(f.message, words)
}

// madeAnew is the end of a name that is made anew for each deployment or run: a date with a time, the
// seconds since 1970, or the number and hash of a job of a tuning.
var madeAnew = regexp.MustCompile(`[-_](\d{4}-\d\d-\d\d(-\d\d){3}(-\d{3})?|\d{8}(T?-?\d{6})?|\d{10}|\d{13,17}|\d{3}-[0-9a-f]{8})$`)

// family is an ARN without the end of its name that changes with each deployment, and that end. An
// ARN whose name is nothing else is left as it is.
func family(arn string) (lasting, version string) {
	at := madeAnew.FindStringIndex(arn)
	if at == nil || strings.HasSuffix(arn[:at[0]], "/") {
		return arn, ""
	}
	return arn[:at[0]], arn[at[0]+1:]
}

// newer reports whether a version is later than another, of numbers and of dates alike. So which is
// kept of several does not depend on which was answered first.
func newer(a, b string) bool {
	return len(a) > len(b) || len(a) == len(b) && a > b
}
