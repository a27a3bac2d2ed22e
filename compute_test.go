package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keysweep/keysweep/internal/action"
	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/ghfake"
)

// plantedSecret stands beside the keys in compute. It is put together, lest a scanner take it for one.
var plantedSecret = strings.Repeat("q7Z/xT7+Lk2Vw9Rb3", 3)[:40]

// compute plants a key of prod in a function of stage, beside its secret.
func (j *job) compute() *awssim.Compute {
	key := keyID("222233334444", 3)
	c := &awssim.Compute{
		Functions: []awssim.Function{{Name: "resize", Role: "resize", Env: map[string]string{"KEY": key, "SECRET": plantedSecret}}},
		Tasks:     []awssim.Task{{Family: "web", Revision: 3, Env: map[string]string{"KEY": key, "SECRET": plantedSecret}}},
		Instances: []awssim.Instance{{ID: "i-0123456789abcdef0", Profile: "web", UserData: []byte("export AWS_ACCESS_KEY_ID=" + key + "\nexport AWS_SECRET_ACCESS_KEY=" + plantedSecret + "\n")}},
		Projects:  []awssim.Project{{Name: "site", Role: "site", Buildspec: "version: 0.2\nenv:\n  variables:\n    KEY: " + key + "\n    SECRET: " + plantedSecret + "\n"}},
	}
	stage := j.world.Accounts["333344445555"]
	stage.Regions, stage.Compute = []string{"eu-west-1", "us-east-1"}, map[string]*awssim.Compute{"eu-west-1": c}
	return c
}

// leftBehind is all that a run wrote anywhere.
func (j *job) leftBehind() map[string]string {
	j.t.Helper()
	left := map[string]string{"standard output": j.out.String(), "standard error": j.errs.String()}
	err := filepath.WalkDir(j.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		left[path] = string(data)
		return err
	})
	if err != nil {
		j.t.Fatal(err)
	}
	for _, r := range j.github.Requests() {
		left[r.String()] = r.Body
	}
	return left
}

// Keys in compute become issues, one a resource; a day later nothing is written; where the region was
// refused nothing closes; where the key is gone its issue closes. The secrets are nowhere.
func TestKeysInCompute(t *testing.T) {
	j := newJob(t)
	j.vars = map[string]string{"RUNNER_DEBUG": "1"}
	c := j.compute()
	j.wantStatus(j.run(), action.ExitDone)
	titles := strings.Join(j.titles(), "\n")
	for _, want := range []string{
		"Access key in Lambda function resize (eu-west-1)", "Access key in ECS task definition web (eu-west-1)",
		"Access key in EC2 instance i-0123456789abcdef0 (eu-west-1)", "Access key in CodeBuild project site (eu-west-1)",
	} {
		if strings.Count(titles, want) != 1 {
			t.Errorf("%d issues %q:\n%s", strings.Count(titles, want), want, titles)
		}
	}
	for where, text := range j.leftBehind() {
		for _, secret := range []string{plantedSecret, plantedSecret[:20]} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a planted secret", where)
			}
		}
	}

	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	j.wantNoWrites("a day later")

	c.Functions, c.Tasks = nil, nil
	j.world.Faults = []awssim.Fault{{Action: "lambda:ListFunctions", Account: "333344445555", Code: "AccessDeniedException", Message: "with an explicit deny in a service control policy"}}
	j.nextDay()
	j.wantStatus(j.run(), action.ExitUncovered)
	if open := j.open("resize"); !open || j.open("task definition web") {
		t.Errorf("issues:\n%s", strings.Join(j.titles(), "\n"))
	}

	j.world.Faults = nil
	j.nextDay()
	j.wantStatus(j.run(), action.ExitDone)
	if j.open("resize") {
		t.Errorf("issues:\n%s", strings.Join(j.titles(), "\n"))
	}
}

// open reports whether an issue with the words in its title is open.
func (j *job) open(words string) bool {
	for _, i := range j.github.Issues(ghfake.DefaultRepository) {
		if strings.Contains(visible(i.Title), words) && i.State == "open" {
			return true
		}
	}
	return false
}
