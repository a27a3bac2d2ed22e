package awssim

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// recorder is a test that a server may fail.
type recorder struct {
	errors  []string
	cleanup []func()
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, a ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, a...))
}
func (r *recorder) Cleanup(f func()) { r.cleanup = append(r.cleanup, f) }

func (r *recorder) end() {
	for _, f := range r.cleanup {
		f()
	}
}

const account = "111122223333"

// post sends one request of the query protocol as a user of the account.
func post(t *testing.T, s *Server, service, form string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if service != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA"+account+"TEST/20261124/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestUnexpectedRequestsFailTheTest(t *testing.T) {
	for name, c := range map[string]struct{ service, form, want string }{
		"not modelled":   {"iam", "Action=DeleteUser&UserName=alice", "iam:DeleteUser"},
		"wrong service":  {"sts", "Action=ListAccessKeys&UserName=alice", "sts:ListAccessKeys"},
		"unsigned":       {"", "Action=GetCallerIdentity", "sts:GetCallerIdentity without a signature"},
		"signed token":   {"sts", "Action=AssumeRoleWithWebIdentity&RoleArn=x", "sts:AssumeRoleWithWebIdentity with a signature"},
		"other filter":   {"iam", "Action=GetAccountAuthorizationDetails&Filter.member.1=User", "iam:GetAccountAuthorizationDetails with the filter"},
		"broken request": {"iam", "%", "invalid URL escape"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			s := New(r, &World{Accounts: map[string]*Account{account: {ID: account}}})
			post(t, s, c.service, c.form)
			r.end()
			if len(r.errors) != 1 || !strings.Contains(r.errors[0], c.want) {
				t.Errorf("the test was failed with %q, want %q", r.errors, c.want)
			}
		})
	}
}

func TestFaultsComeInTurn(t *testing.T) {
	w := &World{Accounts: map[string]*Account{account: {ID: account, Users: []User{{Name: "alice"}, {Name: "bob"}}}}, Faults: []Fault{
		{Action: "iam:ListAccessKeys", Param: "bob", Code: "AccessDenied"},
		{Action: "iam:ListAccessKeys", After: 1, Times: 2, Status: 503, Code: "ServiceUnavailable"},
	}}
	s := New(t, w)
	var got []int
	for range 5 {
		status, _ := post(t, s, "iam", "Action=ListAccessKeys&UserName=alice")
		got = append(got, status)
	}
	if fmt.Sprint(got) != "[200 503 503 200 200]" {
		t.Errorf("answers %v", got)
	}
	if status, body := post(t, s, "iam", "Action=ListAccessKeys&UserName=bob"); status != 403 || !strings.Contains(body, "<Code>AccessDenied</Code>") {
		t.Errorf("%d %s", status, body)
	}
	if n := s.CountIn(account)["iam:ListAccessKeys"]; n != 6 {
		t.Errorf("%d calls were counted", n)
	}
}

func TestPagesAndThrottling(t *testing.T) {
	u := User{Name: "alice"}
	for i := range 5 {
		u.SSH = append(u.SSH, SSHKey{ID: fmt.Sprint("APKA", i), Uploaded: time.Unix(0, 0)})
	}
	s := New(t, &World{PageSize: 2, ThrottleEvery: 2, Accounts: map[string]*Account{account: {ID: account, Users: []User{u}}}})
	var keys, throttled int
	for marker := "0"; marker != ""; {
		status, body := post(t, s, "iam", "Action=ListSSHPublicKeys&UserName=alice&MaxItems=1000&Marker="+marker)
		if status == http.StatusBadRequest && strings.Contains(body, "<Code>Throttling</Code>") {
			throttled++
			continue
		}
		keys += strings.Count(body, "<SSHPublicKeyId>")
		_, rest, _ := strings.Cut(body, "<Marker>")
		marker, _, _ = strings.Cut(rest, "</Marker>")
	}
	if keys != 5 || throttled != 2 {
		t.Errorf("%d keys, %d times throttled", keys, throttled)
	}
}

// The report is as AWS writes it: slots by key id, not by creation; no last new line.
func TestReport(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 1, 2, 3, 4000, time.UTC) }
	w := &World{Partition: "aws-cn"}
	got := w.Report(&Account{ID: account, Root: Root{Created: day(1), MFA: true}, Users: []User{
		{Name: "Zoe", Created: day(2), Keys: []Key{{ID: "AKIAZ", Created: day(3)}, {ID: "AKIAB", Created: day(4), Inactive: true, LastUsed: day(5), Service: "s3"}}},
		{Name: "a,b", Created: day(2), Password: &Password{Set: day(6)}},
	}})
	want := reportHeader + "\n" +
		"<root_account>,arn:aws-cn:iam::111122223333:root,2026-01-01T01:02:03Z,false,N/A,N/A,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n" +
		`"a,b","arn:aws-cn:iam::111122223333:user/a,b",2026-01-02T01:02:03Z,true,no_information,2026-01-06T01:02:03Z,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A` + "\n" +
		"Zoe,arn:aws-cn:iam::111122223333:user/Zoe,2026-01-02T01:02:03Z,false,N/A,N/A,N/A,false,false,2026-01-04T01:02:03Z,2026-01-05T01:02:03Z,N/A,s3,true,2026-01-03T01:02:03Z,N/A,N/A,N/A,false,N/A,false,N/A"
	if got != want {
		t.Errorf("report:\n%s\nwant:\n%s", got, want)
	}
}
