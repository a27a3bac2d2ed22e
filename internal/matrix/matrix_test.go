package matrix

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// alike are n accounts that take as long each.
func alike(n int, each time.Duration) []Account {
	var out []Account
	for i := range n {
		out = append(out, Account{ID: fmt.Sprintf("%012d", i+1), Name: fmt.Sprintf("account-%d", i+1), Time: each})
	}
	return out
}

func TestShare(t *testing.T) {
	closed := Account{ID: "9", Skip: "the account is not active: suspended"}
	for name, tt := range map[string]struct {
		accounts []Account
		atOnce   int
		listing  time.Duration
		want     string
	}{
		"none":                       {nil, 16, 0, `{"include": [{"shard": "1/1", "accounts": 0}]}`},
		"all are skipped":            {[]Account{closed, closed}, 16, 0, `{"include": [{"shard": "1/1", "accounts": 0}]}`},
		"one":                        {alike(1, time.Second), 16, 0, `{"include": [{"shard": "1/1", "accounts": 1}]}`},
		"ten minutes":                {alike(10, time.Minute), 1, 0, `{"include": [{"shard": "1/1", "accounts": 10}]}`},
		"a second more":              {alike(10, time.Minute+time.Second), 1, 0, `{"include": [{"shard": "1/2", "accounts": 5}, {"shard": "2/2", "accounts": 5}]}`},
		"listing counts":             {alike(10, time.Minute), 1, time.Second, `{"include": [{"shard": "1/2", "accounts": 5}, {"shard": "2/2", "accounts": 5}]}`},
		"several at once":            {alike(20, time.Minute), 2, 0, `{"include": [{"shard": "1/1", "accounts": 20}]}`},
		"one that takes an hour":     {append(alike(9, time.Minute), Account{Time: time.Hour}), 1, 0, `{"include": [{"shard": "1/1", "accounts": 10}]}`},
		"an hour and a lot":          {append(alike(19, time.Minute), Account{Time: time.Hour}), 1, 0, `{"include": [{"shard": "1/2", "accounts": 10}, {"shard": "2/2", "accounts": 10}]}`},
		"a shard of nothing":         {[]Account{{Time: 9 * time.Minute}, closed, {Time: 9 * time.Minute}}, 1, 0, `{"include": [{"shard": "1/2", "accounts": 2}]}`},
		"no more jobs than accounts": {alike(3, 3*time.Hour), 1, 0, `{"include": [{"shard": "1/3", "accounts": 1}, {"shard": "2/3", "accounts": 1}, {"shard": "3/3", "accounts": 1}]}`},
	} {
		if got := Share(tt.accounts, tt.atOnce, tt.listing).Matrix(); got != tt.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, tt.want)
		}
	}
	if got := Share(alike(100_000, time.Minute), 1, 0); len(got.Jobs) != MaxJobs {
		t.Errorf("%d jobs, GitHub makes %d", len(got.Jobs), MaxJobs)
	}
}

// Whatever the accounts: each that is not skipped is in one shard, the matrix says how many are in each,
// shards differ by no more than one place of the list, and the same accounts give the same plan.
func TestEachAccountIsInOneShard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var accounts []Account
		for i := range rapid.IntRange(0, 600).Draw(t, "accounts") {
			a := Account{ID: fmt.Sprintf("%012d", i), Time: time.Duration(rapid.IntRange(0, 900).Draw(t, "seconds")) * time.Second}
			if rapid.IntRange(0, 9).Draw(t, "skip") == 0 {
				a.Skip = "closed"
			}
			accounts = append(accounts, a)
		}
		atOnce := rapid.IntRange(1, 16).Draw(t, "at once")
		p := Share(accounts, atOnce, 0)
		var m struct {
			Include []struct {
				Shard    string
				Accounts int
			}
		}
		if err := json.Unmarshal([]byte(p.Matrix()), &m); err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, row := range m.Include {
			var index, total int
			if _, err := fmt.Sscanf(row.Shard, "%d/%d", &index, &total); err != nil || total != p.Total {
				t.Fatalf("shard %q of %d", row.Shard, p.Total)
			}
			part, active := Part(accounts, index, total), 0
			if len(part) < len(accounts)/total || len(part) > len(accounts)/total+1 {
				t.Fatalf("shard %s has %d of %d accounts", row.Shard, len(part), len(accounts))
			}
			for _, a := range part {
				if a.Skip == "" {
					active++
					seen[a.ID]++
				}
			}
			if active != row.Accounts {
				t.Fatalf("shard %s: %d accounts, the matrix says %d", row.Shard, active, row.Accounts)
			}
		}
		for _, a := range accounts {
			if want := map[bool]int{true: 1}[a.Skip == ""]; seen[a.ID] != want {
				t.Fatalf("account %s is in %d shards", a.ID, seen[a.ID])
			}
		}
		if diff := cmp.Diff(p, Share(accounts, atOnce, 0)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTexts(t *testing.T) {
	accounts := []Account{
		{ID: "111122223333", Name: "prod", Time: 200 * time.Second},
		{ID: "222233334444", Name: "@octocat ::error::| <b>\n##[group]", Time: 500 * time.Second},
		{ID: "333344445555", Time: time.Second},
		{ID: "999988887777", Name: "closed", Skip: "the account is not active: suspended"},
	}
	p := Share(accounts, 1, time.Second)
	e := Estimate{Lines: []Requests{
		{Service: "iam", Action: "iam:GetAccountSummary", Requests: 3, Per: "account", Each: 1, Units: 3},
		{Service: "iam", Action: "iam:GenerateCredentialReport", Requests: 6, Per: "account", Each: 2, Units: 3, More: "until the report is made"},
		{Service: "iam", Action: "iam:ListSSHPublicKeys", Requests: 1234567, Per: "user", Each: 1, Units: 1234567},
		{Service: "lambda", Action: "lambda:ListFunctions", Requests: 51, Per: "region", Each: 1, Units: 51, More: "for each further page"},
		{Service: "lambda", Action: "lambda:GetPolicy", Per: "what there is in a region", Units: 51, More: "where there is any"},
		{Service: "sts", Action: "sts:AssumeRole", Requests: 2, Per: "account but the first role's own", Each: 1, Units: 2},
	}, Assumed: []string{"A call takes 100 ms."}}
	for name, got := range map[string]string{
		"plan.txt": p.Text(), "plan.md": p.Markdown(), "estimate.txt": e.Text(), "estimate.md": e.Markdown(),
	} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A job summary above one MiB is dropped whole: the accounts in it are bounded.
func TestSummaryIsBounded(t *testing.T) {
	accounts := alike(20_000, time.Second)
	for i := range accounts {
		accounts[i].Name = strings.Repeat("*", 50)
		if i%2 == 0 {
			accounts[i].Skip = "the account is not active: suspended"
		}
	}
	page := Share(accounts, 16, 0).Markdown()
	if len(page) > 512<<10 || strings.Count(page, "9,000 more stand in the log.") != 2 {
		t.Errorf("the summary has %d bytes, and ends in %q", len(page), page[len(page)-200:])
	}
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", time.Millisecond: "1 s", 59 * time.Second: "59 s", 60 * time.Second: "1 min", 61 * time.Second: "2 min",
		59 * time.Minute: "59 min", time.Hour: "1 h 0 min", 61 * time.Minute: "1 h 1 min",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
