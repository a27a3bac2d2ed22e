package awscollect

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keysweep/keysweep/internal/awssim"
	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/leak"
)

// One account of 20 users with 24 keys, three of them candidates, as in
// TestCallsForOneAccount; AWS answers at once, so that what is left is our own work and
// the simulation's.
func BenchmarkAccounts(b *testing.B) {
	w := &awssim.World{Now: now, Accounts: map[string]*awssim.Account{}, Make: func(id string) *awssim.Account {
		a := twentyUsers(id)
		a.ReportReady, a.ReportAt, a.Root.Created = true, now, daysAgo(900)
		a.Roles = []awssim.Role{{Name: "keysweep-audit", Callers: []string{hub}}}
		return a
	}}
	w.Accounts[hub] = &awssim.Account{ID: hub, Provider: &awssim.Provider{Issuer: issuer, Audiences: []string{"sts.amazonaws.com"}}, Roles: []awssim.Role{{Name: "first", Subjects: []string{subject}}}}
	s := awssim.New(b, w)
	for k, v := range s.Env() {
		b.Setenv(k, v)
	}
	c, err := New(b.Context(), Config{RoleARN: "arn:aws:iam::" + hub + ":role/first", Token: token(nil), Now: func() time.Time { return now }, Pace: fast})
	if err != nil {
		b.Fatal(err)
	}
	var targets []Target
	for i := range b.N {
		targets = append(targets, Target{ID: fmt.Sprintf("%012d", 200000000000+i)})
	}
	b.ReportAllocs()
	b.ResetTimer()
	c.Each(b.Context(), targets, unusedKeys, func(a *inventory.Account) {
		if a.Status != inventory.Audited {
			b.Errorf("%s is %s: %s", a.ID, a.Status, a.Cause)
		}
	})
	b.ReportMetric(float64(len(s.Calls()))/float64(b.N), "calls/op")
}

// functionsPage is an answer with 50 functions.
func functionsPage() []byte {
	page := lambdaPage{}
	for i := range 50 {
		f := lambdaFunction{FunctionArn: fmt.Sprintf("arn:aws:lambda:us-east-1:%s:function:f%d", member, i), Role: "r"}
		f.Environment.Variables = map[string]string{"STAGE": "prod", "TABLE": "orders", "URL": strings.Repeat("https://example.com/", 40), "LEVEL": "info"}
		page.Functions = append(page.Functions, f)
	}
	body, _ := json.Marshal(page) // of texts alone
	return body
}

func readPage(t testing.TB, r *region, body []byte) {
	t.Helper()
	var page lambdaPage
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatal(err)
	}
	for i := range page.Functions {
		r.function(&page.Functions[i])
	}
}

// BenchmarkFunctions reads the environments of 10,000 Lambda functions, as pages of 50.
func BenchmarkFunctions(b *testing.B) {
	body := functionsPage()
	s := &sweep{v: &visit{c: &Collector{partition: "aws"}, a: &inventory.Account{ID: member}}, detector: leak.New(leak.Options{}), resources: map[string]*inventory.Resource{}}
	r := s.at("us-east-1", &readLambda)
	b.ReportAllocs()
	for b.Loop() {
		for range 200 {
			readPage(b, r, body)
		}
	}
	if len(s.resources) != 0 {
		b.Error("there is nothing to find")
	}
}
