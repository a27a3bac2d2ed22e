package inventory

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// reportNames is the header of the reports that AWS makes today.
const reportNames = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed," +
	"password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date," +
	"access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated," +
	"access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
	"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

const rootRow = "<root_account>,arn:aws:iam::111122223333:root,2019-03-01T10:00:00Z,true,2026-01-02T03:04:05Z," +
	"2019-03-01T10:00:00Z,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"

// plainRow is a user with a creation time and nothing else.
func plainRow(name string) string {
	return name + ",arn:aws:iam::111122223333:user/" + name + ",2024-05-06T07:08:09Z,false,N/A,N/A,N/A,false," +
		"false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
}

// with changes single columns of a row, "mfa_active=true".
func with(row string, changes ...string) string {
	names, fields := strings.Split(reportNames, ","), strings.Split(row, ",")
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		at := -1
		for i, n := range names {
			if n == name {
				at = i
			}
		}
		if at < 0 {
			panic("no column " + name)
		}
		fields[at] = value
	}
	return strings.Join(fields, ",")
}

func report(rows ...string) string { return strings.Join(append([]string{reportNames}, rows...), "\n") }

func mustParse(t *testing.T, text string) *Report {
	t.Helper()
	r, err := ParseReport([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestParseReportRow(t *testing.T) {
	r := mustParse(t, report(rootRow, with(plainRow("jane"),
		"arn=arn:aws:iam::111122223333:user/team/eu/jane",
		"password_enabled=TRUE", "password_last_used=no_information", "password_last_changed=2024-05-06T07:08:10+00:00",
		"mfa_active=True",
		"access_key_1_active=true", "access_key_1_last_rotated=2025-02-03T04:05:06Z",
		"access_key_1_last_used_date=2026-07-08T09:10:11+02:00",
		"access_key_1_last_used_region=N/A", "access_key_1_last_used_service=s3",
		"access_key_2_last_rotated=2024-06-01T00:00:00Z",
		"cert_1_active=true", "cert_1_last_rotated=2015-01-01T00:00:00Z",
		"cert_2_last_rotated=2014-01-01T00:00:00Z")))
	want := ReportRow{
		Line: 3, User: "jane", ARN: "arn:aws:iam::111122223333:user/team/eu/jane", Path: "/team/eu/",
		Created: at("2024-05-06T07:08:09Z"), Password: Yes, PasswordSet: at("2024-05-06T07:08:10Z"),
		PasswordUsed: Use{Known: true}, MFA: Yes,
		Keys: [2]ReportKey{
			{
				Exists: Yes, Active: Yes, Created: at("2025-02-03T04:05:06Z"),
				Used: Use{At: at("2026-07-08T07:10:11Z"), Known: true}, Service: "s3",
			},
			{Exists: Yes, Active: No, Created: at("2024-06-01T00:00:00Z"), Used: Use{Known: true}},
		},
		Certificates: [2]ReportCertificate{
			{Exists: Yes, Active: Yes, Set: at("2015-01-01T00:00:00Z")},
			{Exists: Yes, Active: No, Set: at("2014-01-01T00:00:00Z")},
		},
	}
	if d := cmp.Diff(want, r.Rows[1]); d != "" {
		t.Errorf("row (-want +got):\n%s", d)
	}
	if r.AccountID != "111122223333" || r.Partition != "aws" || len(r.Absent) > 0 {
		t.Errorf("account %q, partition %q, absent %q", r.AccountID, r.Partition, r.Absent)
	}
	if !r.Rows[0].Root() || r.Rows[0].Path != "" {
		t.Errorf("root row read as %+v", r.Rows[0])
	}
}

// The same facts in other clothes are the same report.
func TestParseReportForms(t *testing.T) {
	rows := []string{rootRow, with(plainRow("a+b=c,d.e@f_g-h"), "mfa_active=true"), plainRow("z")}
	rows[1] = `"a+b=c,d.e@f_g-h","arn:aws:iam::111122223333:user/a+b=c,d.e@f_g-h",2024-05-06T07:08:09Z,false,N/A,N/A,N/A,true,` +
		"false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
	plain := report(rows...)
	want := mustParse(t, plain)
	if want.Rows[1].User != "a+b=c,d.e@f_g-h" {
		t.Fatalf("user read as %q", want.Rows[1].User)
	}
	addColumn := func(text, name, value string) string {
		lines := strings.Split(text, "\n")
		for i := range lines {
			lines[i] += "," + value
		}
		lines[0] = strings.Split(text, "\n")[0] + "," + name
		return strings.Join(lines, "\n")
	}
	forms := map[string]string{
		"BOM":                   "\ufeff" + plain,
		"CRLF":                  strings.ReplaceAll(plain, "\n", "\r\n"),
		"newline at the end":    plain + "\n",
		"upper-case booleans":   strings.NewReplacer("true", "TRUE", "false", "FALSE").Replace(plain),
		"old dates":             strings.ReplaceAll(plain, "Z,", "+00:00,"),
		"23 columns":            addColumn(plain, "additional_credentials_info", ""),
		"23 columns, N/A":       addColumn(plain, "additional_credentials_info", "N/A"),
		"unknown column":        addColumn(plain, "passkeys", "whatever"),
		"unknown empty column":  addColumn(plain, "passkeys", "") + "\n",
		"header in other cases": strings.ToUpper(reportNames) + plain[len(reportNames):],
	}
	for name, text := range forms {
		if d := cmp.Diff(want, mustParse(t, text)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestParseReportColumnOrder(t *testing.T) {
	names := strings.Split(reportNames, ",")
	rows := [][]string{names, strings.Split(rootRow, ","), strings.Split(plainRow("jane"), ",")}
	want := mustParse(t, report(rootRow, plainRow("jane")))
	rapid.Check(t, func(t *rapid.T) {
		perm := rapid.Permutation(indices(len(names))).Draw(t, "columns")
		var text strings.Builder
		for _, row := range rows {
			for i, c := range perm {
				if i > 0 {
					text.WriteByte(',')
				}
				text.WriteString(row[c])
			}
			text.WriteByte('\n')
		}
		got, err := ParseReport([]byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// Each word that stands for a value, in every column that may hold one.
func TestParseReportWords(t *testing.T) {
	for _, name := range strings.Split(reportNames, ",")[2:] {
		for _, word := range []string{"N/A", "no_information", "not_supported", ""} {
			text := report(rootRow, with(plainRow("jane"), name+"="+word)) + "\n"
			if _, err := ParseReport([]byte(text)); err != nil {
				t.Errorf("%s=%q: %v", name, word, err)
			}
			if _, err := FromReport([]byte(text), at("2026-11-24T00:00:00Z")); err != nil {
				t.Errorf("%s=%q: %v", name, word, err)
			}
		}
	}
}

func TestParseReportFaults(t *testing.T) {
	cut := func(text string, n int) string { return text[:len(text)-n] }
	whole := report(rootRow, plainRow("jane"), plainRow("kim"))
	without := func(name string) string { return strings.Replace(reportNames, name+",", "", 1) }
	tests := []struct{ name, text, want string }{
		{"empty", "", "credential report: the file is empty"},
		{"only a BOM", "\ufeff \r\n", "credential report: the file is empty"},
		{"UTF-16", "\xff\xfeu\x00s\x00e\x00r\x00", "credential report: the file is UTF-16, which some shells write by themselves; a report is UTF-8"},
		{"JSON", `{"Content": "dXNlcixhcm4s"}`, "credential report: the file is the JSON answer of the API, the report is inside it, encoded in base64"},
		{"base64", "dXNlcixhcm4sdXNlcl9j\n", "credential report: the file is still encoded in base64"},
		{"a page", "<html><body>Access denied</body></html>", `credential report, line 1: the text is no credential report: it does not begin with a header that names the columns user and arn`},
		{"another table", "user;arn;user_creation_time\n", "credential report, line 1: the text is no credential report: it does not begin with a header that names the columns user and arn"},
		{"no mfa_active", without("mfa_active") + "\n", "credential report, line 1: the header lacks the column mfa_active"},
		{"only two columns", "user,arn\n", "credential report, line 1: the header lacks the column user_creation_time, password_enabled, mfa_active, access_key_1_active, access_key_1_last_rotated, access_key_2_active, access_key_2_last_rotated"},
		{"column twice", reportNames + ",user\n", `credential report, line 1, column "user": the column stands twice in the header`},
		{"cut in the header", reportNames[:40], "credential report, line 1: the header lacks the column password_enabled, mfa_active, access_key_1_active, access_key_1_last_rotated, access_key_2_active, access_key_2_last_rotated"},
		{"cut in a value", cut(whole, 1), `credential report, line 4, column "cert_2_last_rotated": "N/" is no date such as 2026-09-11T13:14:52Z`},
		{"cut after a comma", cut(whole, 3), "credential report, line 4: the file ends in the middle of this line"},
		{"cut before a comma", cut(whole, 4), `credential report, line 4, column "cert_2_last_rotated": the line ends before this column, the file is cut off here`},
		{"cut in a boolean", cut(whole, 6), `credential report, line 4, column "cert_2_last_rotated": the line ends before this column, the file is cut off here`},
		{"cut after a name", report(rootRow, "ji"), `credential report, line 3, column "arn": the line ends before this column, the file is cut off here`},
		{"row too long", report(rootRow + ",x"), "credential report, line 2: the line has 23 values for 22 columns"},
		{"no boolean", report(rootRow, with(plainRow("jane"), "mfa_active=maybe")), `credential report, line 3, column "mfa_active": "maybe" is neither true nor false`},
		{"no date", report(rootRow, with(plainRow("jane"), "user_creation_time=2026-02-30T00:00:00Z")), `credential report, line 3, column "user_creation_time": "2026-02-30T00:00:00Z" is no date such as 2026-09-11T13:14:52Z`},
		{"no date in a slot without a key", report(rootRow, with(plainRow("jane"), "access_key_2_last_used_date=soon")), `credential report, line 3, column "access_key_2_last_used_date": "soon" is no date such as 2026-09-11T13:14:52Z`},
		{"user twice", report(rootRow, plainRow("jane"), plainRow("kim"), plainRow("jane")), `credential report, line 5, column "user": "jane" stands in line 3 already`},
		{"root twice", report(rootRow, rootRow), `credential report, line 3, column "user": "<root_account>" stands in line 2 already`},
		{"two accounts", report(rootRow, with(plainRow("jane"), "arn=arn:aws:iam::444455556666:user/jane")), `credential report, line 3, column "arn": the row is of account 444455556666 (aws), the rows above it are of 111122223333 (aws)`},
		{"two partitions", report(rootRow, with(plainRow("jane"), "arn=arn:aws-cn:iam::111122223333:user/jane")), `credential report, line 3, column "arn": the row is of account 111122223333 (aws-cn), the rows above it are of 111122223333 (aws)`},
		{"account id of 11 digits", report(with(plainRow("jane"), "arn=arn:aws:iam::11112222333:user/jane")), `credential report, line 2, column "arn": "arn:aws:iam::11112222333:user/jane" is not the ARN of user "jane"`},
		{"ARN of another user", report(with(plainRow("jane"), "arn=arn:aws:iam::111122223333:user/kim")), `credential report, line 2, column "arn": "arn:aws:iam::111122223333:user/kim" is not the ARN of user "jane"`},
		{"ARN of a role", report(with(plainRow("jane"), "arn=arn:aws:iam::111122223333:role/jane")), `credential report, line 2, column "arn": "arn:aws:iam::111122223333:role/jane" is not the ARN of user "jane"`},
		{"name that cannot be", report(rootRow, with(plainRow("jane"), "user=ja ne")), `credential report, line 3, column "user": "ja ne" is not a name that an IAM user can have`},
		{"open quote", report(rootRow, `"jane,`+plainRow("x")), "credential report, line 3: the line is no CSV (extraneous or missing \" in quoted-field)"},
		{"bare quote", report(rootRow, `ja"ne,`+plainRow("x")), `credential report, line 3: the line is no CSV (bare " in non-quoted-field)`},
	}
	for _, tt := range tests {
		_, err := ParseReport([]byte(tt.text))
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		if got := err.Error(); got != tt.want+": "+reportHint {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// However a report is cut, what comes out is an error or whole rows of it, never a changed row.
func TestParseReportCutAnywhere(t *testing.T) {
	text := report(rootRow, with(plainRow("jane"), "access_key_1_active=true", "access_key_1_last_rotated=2025-02-03T04:05:06Z"), plainRow("kim"))
	want := mustParse(t, text)
	for n := range len(text) {
		r, err := ParseReport([]byte(text[:n]))
		if err != nil {
			continue
		}
		if d := cmp.Diff(want.Rows[:len(r.Rows)], r.Rows, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("cut after %q (-want +got):\n%s", text[max(0, n-30):n], d)
		}
	}
}

func TestParseReportHeaderAlone(t *testing.T) {
	r := mustParse(t, reportNames+"\n")
	if len(r.Rows) != 0 || r.AccountID != "" {
		t.Errorf("got %+v, want no row and no account", r)
	}
	_, err := FromReport([]byte(reportNames+"\n"), at("2026-11-24T00:00:00Z"))
	if err == nil || !strings.Contains(err.Error(), "nothing says which account") {
		t.Errorf("got %v", err)
	}
}

func TestReportOtherPartitions(t *testing.T) {
	for _, p := range []string{"aws-cn", "aws-us-gov"} {
		a, err := FromReport([]byte(strings.ReplaceAll(report(rootRow, plainRow("jane")), "arn:aws:", "arn:"+p+":")), at("2026-11-24T00:00:00Z"))
		if err != nil {
			t.Fatal(err)
		}
		if a.Partition != p || a.Root.ARN != "arn:"+p+":iam::111122223333:root" {
			t.Errorf("partition %q, root %q", a.Partition, a.Root.ARN)
		}
	}
}

// bigReport is a report of n users with two keys each.
func bigReport(n int) []byte {
	rows := make([]string, 0, n+1)
	rows = append(rows, rootRow)
	for i := range n {
		rows = append(rows, with(plainRow(fmt.Sprintf("user-%04d", i)),
			"password_enabled=true", "password_last_used=2026-01-02T03:04:05Z", "password_last_changed=2025-01-02T03:04:05Z",
			"access_key_1_active=true", "access_key_1_last_rotated=2025-02-03T04:05:06Z", "access_key_1_last_used_date=2026-07-08T09:10:11Z",
			"access_key_1_last_used_region=eu-central-1", "access_key_1_last_used_service=s3",
			"access_key_2_last_rotated=2024-06-01T00:00:00Z", "access_key_2_last_used_date=2024-07-08T09:10:11Z",
			"access_key_2_last_used_region=us-east-1", "access_key_2_last_used_service=iam"))
	}
	return []byte(report(rows...))
}

func TestParseReportOf5000Users(t *testing.T) {
	a, err := FromReport(bigReport(5000), at("2026-11-24T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Users) != 5000 || len(a.Missing) != len(reportLacks) {
		t.Errorf("%d users, missing %v", len(a.Users), a.Missing)
	}
}

func BenchmarkParseReport5000(b *testing.B) {
	data := bigReport(5000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseReport(data); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add([]byte(report(rootRow, plainRow("jane"))))
	f.Add([]byte("\ufeff" + strings.ReplaceAll(report(rootRow), "\n", "\r\n")))
	f.Add([]byte(reportNames + ",additional_credentials_info\n" + rootRow + ",\"3 keys, see iam:ListAccessKeys\"\n"))
	f.Add([]byte(report(with(rootRow, "password_enabled=not_supported", "mfa_active=no_information"))))
	for _, name := range []string{"live.csv", "old.csv"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := FromReport(data, at("2026-11-24T00:00:00Z"))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "credential report") || !strings.HasSuffix(err.Error(), reportHint) {
				t.Fatalf("the error does not say where and what to do: %v", err)
			}
			return
		}
		// What was read can be saved and read again.
		doc, err := Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode("a.json", doc)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, again, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-saved +read):\n%s", d)
		}
	})
}
