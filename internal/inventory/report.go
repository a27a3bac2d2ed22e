package inventory

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Report is a credential report as AWS made it, read by column name.
type Report struct {
	// AccountID and Partition are those of the ARNs in it; empty when it has no row.
	AccountID string
	Partition string
	// Rows are in the order of the file.
	Rows []ReportRow
	// Absent names the columns that this file does not have and that are not required,
	// in the order of the report. What they would hold is not known.
	Absent []string
}

// ReportRow is one user of a report, or the root user.
type ReportRow struct {
	Line    int    // in the file
	User    string // RootUser for root
	ARN     string
	Path    string    // of the user, "/" at least; empty for root
	Created time.Time // UTC; zero: the report does not say
	// Password says whether a console password is enabled.
	Password     Answer
	PasswordSet  time.Time // UTC; zero: none, or the report does not say
	PasswordUsed Use
	MFA          Answer
	// Keys and Certificates are the two slots of the report each. They are not in the
	// order of creation.
	Keys         [2]ReportKey
	Certificates [2]ReportCertificate
	// More is what the column additional_credentials_info says: the user has more keys or
	// certificates than the row has columns for. Empty: it has not.
	More string
}

// ReportKey is one slot for an access key.
type ReportKey struct {
	// Exists is Unknown when the row does not tell a missing key from an inactive one.
	Exists  Answer
	Active  Answer
	Created time.Time // UTC; zero: no key, or the report does not say
	Used    Use
	Service string
	Region  string
}

// ReportCertificate is one slot for a signing certificate.
type ReportCertificate struct {
	Exists Answer
	Active Answer
	Set    time.Time // UTC; zero: none, or the report does not say
}

// Answer is a yes or no of a report, which may also not say.
type Answer int

// The answers.
const (
	Unknown Answer = iota
	No
	Yes
)

// Use is a last use. Known with a zero time means never, or not since AWS keeps track.
type Use struct {
	At    time.Time // UTC
	Known bool
}

// Root reports whether the row is about the root user.
func (r ReportRow) Root() bool { return r.User == RootUser }

const reportHint = `download it again with "aws iam get-credential-report --query Content --output text | base64 --decode > report.csv"`

// reportFault is the one error of a report: where, what is wrong, what to do.
// Line 0 is the file as a whole; an empty column is the line as a whole.
func reportFault(line int, column, format string, args ...any) error {
	where := "credential report"
	if line > 0 {
		where += fmt.Sprintf(", line %d", line)
	}
	if column != "" {
		where += fmt.Sprintf(", column %q", column)
	}
	return fmt.Errorf("%s: %s: %s", where, fmt.Sprintf(format, args...), reportHint)
}

// ParseReport reads a credential report: CSV with a header, columns by name, in any
// order, unknown ones accepted. An account without users may give a header alone; such
// a report has no row and no account. Any other text, a cut-off file and a row that
// contradicts another give one error that says where and what to do.
func ParseReport(data []byte) (*Report, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := refuseNonReport(data); err != nil {
		return nil, err
	}
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, csvFault(err)
	}
	cols, err := parseHeader(head)
	if err != nil {
		return nil, err
	}
	const rowBytes = 200 // of a user without anything; a wrong guess costs a copy
	r := &Report{Absent: cols.absent(), Rows: make([]ReportRow, 0, len(data)/rowBytes)}
	if err := r.readRows(in, cols); err != nil {
		return nil, err
	}
	if cols.cutOff(data) {
		return nil, reportFault(r.lastLine(), "", "the file ends in the middle of this line")
	}
	return r, nil
}

// refuseNonReport names the wrong files that people really have at hand.
func refuseNonReport(data []byte) error {
	text := bytes.TrimSpace(data)
	switch {
	case len(text) == 0:
		return reportFault(0, "", "the file is empty")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return reportFault(0, "", "the file is UTF-16, which some shells write by themselves; a report is UTF-8")
	case text[0] == '{':
		return reportFault(0, "", "the file is the JSON answer of the API, the report is inside it, encoded in base64")
	case bytes.HasPrefix(text, []byte("dXNlcixhcm4s")):
		return reportFault(0, "", "the file is still encoded in base64")
	}
	return nil
}

func csvFault(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return reportFault(parse.Line, "", "the line is no CSV (%v)", parse.Err)
	}
	return reportFault(0, "", "the file is no CSV (%v)", err)
}

// readRows appends all rows and holds them against each other.
func (r *Report) readRows(in *csv.Reader, cols columns) error {
	seen := map[string]int{}
	for {
		fields, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return csvFault(err)
		}
		line, _ := in.FieldPos(0)
		row, err := cols.parseRow(line, fields)
		if err != nil {
			return err
		}
		if first, ok := seen[row.User]; ok {
			return reportFault(line, "user", "%q stands in line %d already", row.User, first)
		}
		seen[row.User] = line
		if err := r.joinAccount(&row); err != nil {
			return err
		}
		r.Rows = append(r.Rows, row)
	}
}

// joinAccount reads the ARN of a row; all rows of a report are of one account.
func (r *Report) joinAccount(row *ReportRow) error {
	arn, ok := parseIAMARN(row.ARN)
	if !ok || arn.user() != row.User {
		return reportFault(row.Line, "arn", "%q is not the ARN of user %q", row.ARN, row.User)
	}
	row.Path = arn.path()
	if r.AccountID == "" {
		r.AccountID, r.Partition = arn.account, arn.partition
	}
	if arn.account != r.AccountID || arn.partition != r.Partition {
		return reportFault(row.Line, "arn", "the row is of account %s (%s), the rows above it are of %s (%s)",
			arn.account, arn.partition, r.AccountID, r.Partition)
	}
	return nil
}

func (r *Report) lastLine() int {
	if len(r.Rows) == 0 {
		return 1
	}
	return r.Rows[len(r.Rows)-1].Line
}

// iamARN is the ARN of an IAM user or of root, in parts.
type iamARN struct{ partition, account, resource string }

func parseIAMARN(s string) (iamARN, bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[2] != "iam" || p[3] != "" {
		return iamARN{}, false
	}
	a := iamARN{partition: p[1], account: p[4], resource: p[5]}
	return a, validPartition(a.partition) && validAccountID(a.account)
}

// user is the user's name, RootUser for root, empty for anything else.
func (a iamARN) user() string {
	if a.resource == "root" {
		return RootUser
	}
	rest, ok := strings.CutPrefix(a.resource, "user/")
	if !ok {
		return ""
	}
	return rest[strings.LastIndexByte(rest, '/')+1:]
}

// path is the user's path with both slashes, empty for root.
func (a iamARN) path() string {
	rest, ok := strings.CutPrefix(a.resource, "user")
	if !ok {
		return ""
	}
	return rest[:strings.LastIndexByte(rest, '/')+1]
}

func validAccountID(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// validPartition takes aws and aws-anything: AWS has more partitions than it documents.
func validPartition(s string) bool {
	rest, ok := strings.CutPrefix(s, "aws")
	if !ok || rest != "" && (rest[0] != '-' || len(rest) == 1) {
		return false
	}
	return strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz-") == ""
}

// validUserName reports whether IAM could have a user of that name.
func validUserName(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("+=,.@_-", c) < 0 {
			return false
		}
	}
	return true
}
