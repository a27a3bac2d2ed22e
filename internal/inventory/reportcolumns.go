package inventory

import (
	"bytes"
	"strings"
	"time"
)

// column is a column that we read.
type column int

const (
	colUser column = iota
	colARN
	colCreated
	colPassword
	colPasswordUsed
	colPasswordSet
	colMFA
	colKey1Active
	colKey1Created
	colKey1Used
	colKey1Region
	colKey1Service
	colKey2Active
	colKey2Created
	colKey2Used
	colKey2Region
	colKey2Service
	colCert1Active
	colCert1Set
	colCert2Active
	colCert2Set
	colMore
	columnCount
)

// knownColumns are the names AWS gives them, and whether a report without the column is none.
// password_next_rotation is not read: nothing here hangs on it.
var knownColumns = [columnCount]struct {
	name     string
	required bool
}{
	colUser:         {"user", true},
	colARN:          {"arn", true},
	colCreated:      {"user_creation_time", true},
	colPassword:     {"password_enabled", true},
	colPasswordUsed: {"password_last_used", false},
	colPasswordSet:  {"password_last_changed", false},
	colMFA:          {"mfa_active", true},
	colKey1Active:   {"access_key_1_active", true},
	colKey1Created:  {"access_key_1_last_rotated", true},
	colKey1Used:     {"access_key_1_last_used_date", false},
	colKey1Region:   {"access_key_1_last_used_region", false},
	colKey1Service:  {"access_key_1_last_used_service", false},
	colKey2Active:   {"access_key_2_active", true},
	colKey2Created:  {"access_key_2_last_rotated", true},
	colKey2Used:     {"access_key_2_last_used_date", false},
	colKey2Region:   {"access_key_2_last_used_region", false},
	colKey2Service:  {"access_key_2_last_used_service", false},
	colCert1Active:  {"cert_1_active", false},
	colCert1Set:     {"cert_1_last_rotated", false},
	colCert2Active:  {"cert_2_active", false},
	colCert2Set:     {"cert_2_last_rotated", false},
	colMore:         {"additional_credentials_info", false},
}

func (c column) String() string { return knownColumns[c].name }

// columns says where the known columns stand in one file.
type columns struct {
	at    [columnCount]int // -1: absent
	names []string         // of the header, all of them
}

func parseHeader(head []string) (columns, error) {
	cols := columns{names: make([]string, len(head))}
	where := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, ok := where[name]; ok {
			return cols, reportFault(1, name, "the column stands twice in the header")
		}
		where[name] = i
		cols.names[i] = name
	}
	var missing []string
	for c := range columnCount {
		i, ok := where[c.String()]
		if !ok {
			i = -1
			if knownColumns[c].required {
				missing = append(missing, c.String())
			}
		}
		cols.at[c] = i
	}
	if cols.at[colUser] < 0 && cols.at[colARN] < 0 {
		return cols, reportFault(1, "", "the text is no credential report: it does not begin with a header that names the columns user and arn")
	}
	if len(missing) > 0 {
		return cols, reportFault(1, "", "the header lacks the column %s", strings.Join(missing, ", "))
	}
	return cols, nil
}

func (cols columns) absent() []string {
	var names []string
	for c := range columnCount {
		if cols.at[c] < 0 && c != colMore {
			names = append(names, c.String())
		}
	}
	return names
}

// cutOff reports whether the file ends where its last value should stand. AWS writes no
// empty value but in additional_credentials_info, and a file that ends after a whole line
// cannot be told from a whole file.
func (cols columns) cutOff(data []byte) bool {
	return bytes.HasSuffix(data, []byte(",")) && cols.names[len(cols.names)-1] != colMore.String()
}

// parseRow reads one row; the first value that cannot be read is the error.
func (cols columns) parseRow(line int, fields []string) (ReportRow, error) {
	if n := len(fields); n < len(cols.names) {
		return ReportRow{}, reportFault(line, cols.names[n], "the line ends before this column, the file is cut off here")
	} else if n > len(cols.names) {
		return ReportRow{}, reportFault(line, "", "the line has %d values for %d columns", n, len(cols.names))
	}
	c := cells{cols: &cols, line: line, fields: fields}
	row := ReportRow{
		Line: line, User: c.text(colUser), ARN: c.text(colARN), Created: c.date(colCreated),
		Password: c.answer(colPassword), PasswordSet: c.date(colPasswordSet), PasswordUsed: c.use(colPasswordUsed),
		MFA:  c.answer(colMFA),
		Keys: [2]ReportKey{c.key(colKey1Active), c.key(colKey2Active)},
		Certificates: [2]ReportCertificate{
			c.certificate(colCert1Active), c.certificate(colCert2Active),
		},
		More: c.name(colMore),
	}
	if c.err == nil && !row.Root() && !validUserName(row.User) {
		c.err = reportFault(line, colUser.String(), "%q is not a name that an IAM user can have", clip(row.User))
	}
	return row, c.err
}

// cells reads the values of one row and keeps the first fault.
type cells struct {
	cols   *columns
	line   int
	fields []string
	err    error
}

func (c *cells) text(col column) string {
	if i := c.cols.at[col]; i >= 0 {
		return strings.TrimSpace(c.fields[i])
	}
	return ""
}

func (c *cells) fault(col column, format string, args ...any) {
	if c.err == nil {
		c.err = reportFault(c.line, col.String(), format, args...)
	}
}

// The words that stand for a value. N/A is "there is nothing", no_information is "not
// since AWS keeps track"; not_supported and an empty value say nothing at all.
const (
	wordNone    = "n/a"
	wordNoInfo  = "no_information"
	wordNothing = "not_supported"
)

func isWord(s, word string) bool { return len(s) == len(word) && strings.EqualFold(s, word) }

func (c *cells) answer(col column) Answer {
	switch s := c.text(col); {
	case isWord(s, "true"):
		return Yes
	case isWord(s, "false"):
		return No
	case s == "", isWord(s, wordNone), isWord(s, wordNoInfo), isWord(s, wordNothing):
	default:
		c.fault(col, "%q is neither true nor false", clip(s))
	}
	return Unknown
}

// moment reads a date; without one, the word that stands there in lower case.
func (c *cells) moment(col column) (time.Time, string) {
	s := c.text(col)
	for _, word := range [...]string{"", wordNone, wordNoInfo, wordNothing} {
		if isWord(s, word) {
			return time.Time{}, word
		}
	}
	t, err := time.Parse(time.RFC3339, s)
	t = t.UTC()
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		c.fault(col, "%q is no date such as 2026-09-11T13:14:52Z", clip(s))
	}
	return t, ""
}

func (c *cells) date(col column) time.Time {
	t, _ := c.moment(col)
	return t
}

func (c *cells) use(col column) Use {
	t, word := c.moment(col)
	return Use{At: t, Known: !t.IsZero() || word == wordNone || word == wordNoInfo}
}

// name reads a service or a region; the words that stand for none become empty.
func (c *cells) name(col column) string {
	s := c.text(col)
	if isWord(s, wordNone) || isWord(s, wordNoInfo) || isWord(s, wordNothing) {
		return ""
	}
	return s
}

// key reads a slot of five columns, of which the given one is the first.
func (c *cells) key(active column) ReportKey {
	k := ReportKey{Active: c.answer(active)}
	var word string
	k.Created, word = c.moment(active + 1)
	k.Exists = exists(k.Active, k.Created, word)
	if k.Exists != No {
		k.Used, k.Region, k.Service = c.use(active+2), c.name(active+3), c.name(active+4)
	} else {
		c.use(active + 2) // a value that cannot be read is a fault all the same
	}
	return k
}

// certificate reads a slot of two columns, of which the given one is the first.
func (c *cells) certificate(active column) ReportCertificate {
	k := ReportCertificate{Active: c.answer(active)}
	var word string
	k.Set, word = c.moment(active + 1)
	k.Exists = exists(k.Active, k.Set, word)
	return k
}

// exists tells a missing credential from an inactive one. An inactive one keeps its
// date; only a missing one is N/A there.
func exists(active Answer, made time.Time, word string) Answer {
	switch {
	case active == Yes, !made.IsZero():
		return Yes
	case word == wordNone:
		return No
	}
	return Unknown
}

// clip bounds a text from outside that goes into a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
