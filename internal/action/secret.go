package action

// Secret holds a value that must not be printed. The value stands behind a pointer,
// so that however a Secret, or what holds one, is formatted, logged or encoded, the
// value does not show. Reveal alone gives it, for the one call that needs it.
type Secret struct{ value *string }

// veil stands where a secret stood in a text.
const veil = "***"

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal is the value itself, empty when there is none.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.Reveal() != "" }
