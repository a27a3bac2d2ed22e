package action

import (
	"errors"
	"testing"
)

func TestEventsAndModes(t *testing.T) {
	const (
		nothing = "review: there is nothing to compare: run it at the event pull_request, pull_request_target or merge_group, " +
			"or write --git-dir DIR --base REV --head REV, --base-dir DIR --head-dir DIR or --plan FILE"
		setMode   = "mode auto does not know what to do at the event "
		noAudit   = "audit does not run at the event "
		strangers = ": no AWS credentials are asked for where a stranger may have started the job"
	)
	for _, tt := range []struct {
		event, mode string
		want        Command
		fault       string
	}{
		{"schedule", "", Audit, ""},
		{"workflow_dispatch", "", Audit, ""},
		{"repository_dispatch", "auto", Audit, ""},
		{"push", "auto", Audit, ""},
		{"pull_request", "", Review, ""},
		{"merge_group", "auto", Review, ""},
		{"issues", "", "", setMode + `"issues"`},
		{"workflow_run", "", "", setMode + `"workflow_run"`},
		{"", "", "", setMode + `""`},
		{"issues", "audit", Audit, ""},
		{"pull_request", "audit", Audit, ""},
		{"pull_request_target", "audit", "", noAudit + "pull_request_target" + strangers},
		{"workflow_run", "audit", "", noAudit + "workflow_run" + strangers},
		{"pull_request", "review", Review, ""},
		{"schedule", "review", "", nothing},
		{"workflow_run", "review", "", nothing},
		{"schedule", "scan", Scan, ""},
		{"schedule", "plan", Plan, ""},
		{"pull_request_target", "plan", "", "plan does not run at the event pull_request_target" + strangers},
		{"workflow_run", "plan", "", "plan does not run at the event workflow_run" + strangers},
		{"schedule", "merge", "", "this version of keysweep does not have merge"},
	} {
		env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": tt.event, "INPUT_MODE": tt.mode, "GITHUB_REPOSITORY": "acme/app", "INPUT_GITHUB-TOKEN": "ghs_x"}
		if tt.fault != "" {
			wantFault(t, env, nil, tt.fault)
			continue
		}
		if o := mustParse(t, env); o.Command != tt.want || o.NoAWS {
			t.Errorf("event %q, mode %q: command %q, NoAWS %v", tt.event, tt.mode, o.Command, o.NoAWS)
		}
	}
}

func TestTheUnknownEventIsToldToSetMode(t *testing.T) {
	_, err := Parse(nil, vars(map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "issues"}))
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Hint != "set mode: write `mode: audit` or another mode into the step" {
		t.Errorf("error = %#v", err)
	}
}

// No AWS credentials are within reach of a job that a stranger may have started, also
// when the command line names the command.
func TestStrangersReachNoAWS(t *testing.T) {
	for _, event := range []string{"pull_request_target", "workflow_run"} {
		env := map[string]string{"GITHUB_EVENT_NAME": event}
		if _, err := Parse([]string{"audit", "--credential-report", "r.csv"}, vars(env)); statusOf(err) != ExitBadInput {
			t.Errorf("audit at %s: %v", event, err)
		}
		if o := mustParse(t, env, "demo"); !o.NoAWS {
			t.Errorf("demo at %s: NoAWS is not set", event)
		}
	}
	target := map[string]string{"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_REPOSITORY": "acme/app", "INPUT_GITHUB-TOKEN": "ghs_x"}
	if o := mustParse(t, target); o.Command != Review || !o.NoAWS {
		t.Errorf("pull_request_target: command %q, NoAWS %v", o.Command, o.NoAWS)
	}
	if o := mustParse(t, map[string]string{"GITHUB_EVENT_NAME": "pull_request"}, "demo"); o.NoAWS {
		t.Error("demo at pull_request: NoAWS is set")
	}
}

func TestTheWordGoesOverTheModeInput(t *testing.T) {
	env := map[string]string{"INPUT_MODE": "review", "GITHUB_EVENT_NAME": "pull_request"}
	if o := mustParse(t, env, "checks"); o.Command != Checks {
		t.Errorf("command = %q", o.Command)
	}
	if o := mustParse(t, nil, "--mode", "audit"); o.Command != Audit {
		t.Errorf("command = %q", o.Command)
	}
}

// Without anything to do, a laptop shows the help; a runner goes by its event.
func TestNothingAskedFor(t *testing.T) {
	if o := mustParse(t, nil); !o.Bare {
		t.Errorf("options = %+v", o)
	}
	if o := mustParse(t, map[string]string{"INPUT_MODE": "audit"}); o.Bare || o.Command != Audit {
		t.Errorf("options = %+v", o)
	}
}
