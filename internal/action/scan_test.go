package action

import (
	"slices"
	"testing"
	"time"
)

func TestScanPaths(t *testing.T) {
	for _, tt := range []struct {
		args  []string
		input string
		want  []string
	}{
		{[]string{"scan"}, "", []string{"."}},
		{[]string{"scan"}, "src\nlogs/x.zip\n", []string{"src", "logs/x.zip"}},
		{[]string{"scan", "-"}, "src", []string{"-"}},
		{[]string{"scan", "a", "--mask", "b c", "--", "--d"}, "", []string{"a", "b c", "--d"}},
		{[]string{"scan", "--paths", "a"}, "src", []string{"a"}},
	} {
		if o := mustParse(t, map[string]string{"INPUT_PATHS": tt.input}, tt.args...); !slices.Equal(o.Paths, tt.want) {
			t.Errorf("%q with input %q: paths %q, want %q", tt.args, tt.input, o.Paths, tt.want)
		}
	}
}

func TestScanOptions(t *testing.T) {
	o := mustParse(t, nil, "scan", "--memory", "2GiB", "--time-limit", "90s", "--mask", "--format", "json", "--as-of", "2027-01-31T00:00:00Z")
	if o.Memory != 2<<30 || o.TimeLimit != 90*time.Second || !o.Mask || o.Format != "json" || o.AsOf.IsZero() {
		t.Errorf("%+v", o)
	}
	if o := mustParse(t, nil, "scan", "--memory", "128M"); o.Memory != 128<<20 {
		t.Errorf("%d bytes", o.Memory)
	}
}

// A scan reads accounts where it was told which, unless it was given their facts or a stranger may have started it.
func TestScanAsksAWS(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/keysweep"
	for _, tt := range []struct {
		event string
		args  []string
		want  bool
	}{
		{"schedule", nil, false},
		{"schedule", []string{"--role-to-assume", role}, true},
		{"schedule", []string{"--accounts", "organization"}, true},
		{"schedule", []string{"--accounts", "111122223333"}, true},
		{"schedule", []string{"--accounts", "111122223333", "--inventory", "saved"}, false},
		{"workflow_run", []string{"--role-to-assume", role}, false},
		{"pull_request_target", []string{"--accounts", "organization"}, false},
	} {
		o := mustParse(t, map[string]string{"GITHUB_EVENT_NAME": tt.event}, append([]string{"scan"}, tt.args...)...)
		if o.AsksAWS() != tt.want || o.Offline() == tt.want {
			t.Errorf("%s %q: asks AWS %v, offline %v", tt.event, tt.args, o.AsksAWS(), o.Offline())
		}
	}
}
