package action

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keysweep/keysweep/internal/spelling"
)

// Each function here turns the value of one option into a field. An error is what a
// user reads behind the option's name: what is wrong, then what to write.

// quoted shows a word from outside, shortened: it may be anything.
func quoted(s string) string { return strconv.Quote(cut(s, 80)) }

// text keeps a value as it is, if it can be shown and passed on.
func text(field func(*Options) *string) func(*Options, string) error {
	return func(o *Options, v string) error {
		if visible(v) != v {
			return fmt.Errorf("%s holds a character that cannot be seen: write plain text", quoted(v))
		}
		*field(o) = v
		return nil
	}
}

// whole keeps a whole number from low to high.
func whole(low, high int, field func(*Options) *int) func(*Options, string) error {
	return func(o *Options, v string) error {
		n, err := strconv.Atoi(v)
		want := fmt.Sprintf("write a whole number from %d to %d", low, high)
		switch {
		case errors.Is(err, strconv.ErrRange) || err == nil && (n < low || n > high):
			return fmt.Errorf("%s is out of range: %s", quoted(v), want)
		case err != nil || strings.HasPrefix(v, "+"):
			return fmt.Errorf("%s is not a whole number: %s", quoted(v), want)
		}
		*field(o) = n
		return nil
	}
}

// yesNo keeps true or false, and no other word for them.
func yesNo(field func(*Options) *bool) func(*Options, string) error {
	return func(o *Options, v string) error {
		if v != "true" && v != "false" {
			return fmt.Errorf("%s is neither true nor false: write true or false", quoted(v))
		}
		*field(o) = v == "true"
		return nil
	}
}

// choice keeps one of a few words.
func choice(field func(*Options) *string, words ...string) func(*Options, string) error {
	return func(o *Options, v string) error {
		if !slices.Contains(words, v) {
			return unknownWord(v, words)
		}
		*field(o) = v
		return nil
	}
}

// unknownWord says which words there are and which one may have been meant.
func unknownWord(v string, words []string) error {
	if near := spelling.Nearest(v, words); near != "" {
		return fmt.Errorf("%s is unknown: did you mean %s? Write %s", quoted(v), near, join(words, "or"))
	}
	return fmt.Errorf("%s is unknown: write %s", quoted(v), join(words, "or"))
}

// setMode checks the word; what it leads to is decided when the event is known.
func setMode(_ *Options, v string) error {
	modes := append([]string{auto}, words(isMode)...)
	if slices.Contains(modes, v) {
		return nil
	}
	if slices.Contains(words(isBuilt), v) {
		return fmt.Errorf("%s is a command, not a mode: write %s", quoted(v), join(modes, "or"))
	}
	return unknownWord(v, modes)
}

// addition is the value of fail-on that a review knows beside never.
const addition = "addition"

// never is the value of fail-on that nothing reaches.
const never = "never"

// setFailOn checks the word; whether the command knows it is decided when the command is known.
func setFailOn(o *Options, v string) error {
	return choice(func(o *Options) *string { return &o.FailOn }, never, "low", "medium", "high", "critical", addition)(o, v)
}

var roleARN = regexp.MustCompile(`^arn:(aws|aws-us-gov|aws-cn):iam::([0-9]{12}):role/(?:[!-.0-~]+/)*([A-Za-z0-9_+=,.@-]{1,64})$`)

func setRole(o *Options, v string) error {
	m := roleARN.FindStringSubmatch(v)
	if m == nil || len(v) > 2048 {
		return fmt.Errorf("%s is not the ARN of an IAM role: write arn:aws:iam::111122223333:role/NAME", quoted(v))
	}
	o.Role = Role{ARN: v, Partition: m[1], Account: m[2], Name: m[3]}
	return nil
}

var notSession = regexp.MustCompile(`[^A-Za-z0-9_+=,.@-]`)

// setSessionName makes of any name one that STS takes: 2 to 64 characters of its set.
func setSessionName(o *Options, v string) error {
	name := notSession.ReplaceAllString(v, "-")
	if len(name) < 2 {
		name = "keysweep-" + name
	}
	o.SessionName = name[:min(len(name), 64)]
	return nil
}

func setRoleDuration(o *Options, v string) error {
	var seconds int
	err := whole(900, 43200, func(*Options) *int { return &seconds })(o, v)
	o.RoleDuration = time.Duration(seconds) * time.Second
	return err
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+){1,3}-[0-9]{1,2}$`)

// partitionOf is the partition of a region, empty where the tool cannot work.
func partitionOf(region string) string {
	switch {
	case !regionName.MatchString(region), strings.HasPrefix(region, "us-iso"), strings.HasPrefix(region, "eu-iso"):
		return ""
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func setRegion(o *Options, v string) error {
	partition := partitionOf(v)
	if partition == "" {
		return fmt.Errorf("%s is not a region of aws, aws-us-gov or aws-cn: write a name such as us-east-1", quoted(v))
	}
	o.Region, o.Partition = v, partition
	return nil
}

func setRegions(o *Options, v string) error {
	if v == "enabled" {
		return nil
	}
	list, err := items(v, "region", func(item string) error {
		if partitionOf(item) == "" {
			return fmt.Errorf("%s is not a region: write enabled, or names such as eu-west-1, separated by commas", quoted(item))
		}
		return nil
	})
	o.Regions = list
	return err
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func setAccounts(o *Options, v string) error {
	if v == "organization" {
		o.Organization = true
		return nil
	}
	list, err := items(v, "account", func(item string) error {
		switch {
		case item == "organization":
			return fmt.Errorf(`"organization" stands beside account ids: write either`)
		case !accountID.MatchString(item):
			return fmt.Errorf("%s is not a 12-digit account id: write 12 digits, keep leading zeros", quoted(item))
		}
		return nil
	})
	o.Accounts = list
	return err
}

// items takes a list at commas and new lines, drops repetitions, and reports every
// item that check refuses.
func items(v, what string, check func(string) error) ([]string, error) {
	var list []string
	var faults []error
	for _, item := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		item = strings.TrimSpace(item)
		if item == "" || slices.Contains(list, item) {
			continue
		}
		list = append(list, item)
		if err := check(item); err != nil {
			faults = append(faults, err)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s names no %s: write at least one, or leave it out", quoted(v), what)
	}
	return list, errors.Join(faults...)
}

var roleName = regexp.MustCompile(`^([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`)

func setAccountRoleName(o *Options, v string) error {
	if !roleName.MatchString(v) || len(v) > 512 {
		return fmt.Errorf("%s is not a role name: write the name, not the ARN: 1 to 64 letters, digits and + = , . @ _ -", quoted(v))
	}
	o.AccountRoleName = v
	return nil
}

var externalID = regexp.MustCompile(`^[A-Za-z0-9_+=,.@:/-]*$`)

// setExternalID does not show the value: some keep it like a secret.
func setExternalID(o *Options, v string) error {
	if len(v) < 2 || len(v) > 1224 {
		return fmt.Errorf("it has %d characters: write 2 to 1224", len(v))
	}
	if !externalID.MatchString(v) {
		return fmt.Errorf("it holds a character that STS does not take: write letters, digits and + = , . @ : / _ -")
	}
	o.ExternalID = v
	return nil
}

// setToken never shows the value.
func setToken(o *Options, v string) error {
	for _, r := range v {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("it holds a blank or a character that no token has: write the token alone")
		}
	}
	o.Token = NewSecret(v)
	return nil
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}/[A-Za-z0-9_.-]{1,100}$`)

func setIssuesRepository(o *Options, v string) error {
	if !repositoryName.MatchString(v) || strings.HasSuffix(v, "/.") || strings.HasSuffix(v, "/..") {
		return fmt.Errorf("%s is not a repository: write owner/name", quoted(v))
	}
	o.IssuesRepository = v
	return nil
}

var shardForm = regexp.MustCompile(`^([0-9]{1,5})/([0-9]{1,5})$`)

func setShard(o *Options, v string) error {
	m := shardForm.FindStringSubmatch(v)
	if m == nil {
		return fmt.Errorf("%s is not a shard: write i/n, such as 1/8", quoted(v))
	}
	i, _ := strconv.Atoi(m[1]) // at most five digits
	n, _ := strconv.Atoi(m[2])
	if i < 1 || i > n {
		return fmt.Errorf("%s counts outside its parts: write i/n with i from 1 to n", quoted(v))
	}
	o.Shard = Shard{Index: i, Total: n}
	return nil
}

func setPaths(o *Options, v string) error {
	o.Paths = nil
	for line := range strings.Lines(v) {
		var path string
		err := text(func(*Options) *string { return &path })(o, strings.TrimSpace(line))
		if err != nil {
			return err
		}
		if path != "" {
			o.Paths = append(o.Paths, path)
		}
	}
	return nil
}

var sizeForm = regexp.MustCompile(`^([0-9]{1,9})(MiB|GiB|M|G|MB|GB)$`)

// leastMemory is what a scan cannot do without.
const leastMemory = 128 << 20

// setMemory reads a size. MB and MiB are the same here: it is a bound, not a measure.
func setMemory(o *Options, v string) error {
	m := sizeForm.FindStringSubmatch(v)
	if m == nil {
		return fmt.Errorf("%s is no size: write it like 512MiB or 4GiB", quoted(v))
	}
	n, _ := strconv.ParseInt(m[1], 10, 64) // at most nine digits
	o.Memory = n << 20
	if m[2][0] == 'G' {
		o.Memory = n << 30
	}
	if o.Memory < leastMemory || o.Memory > 1<<44 {
		return fmt.Errorf("%s is out of range: write 128MiB or more", quoted(v))
	}
	return nil
}

// setTimeLimit reads a duration of at least a second.
func setTimeLimit(o *Options, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Second || d > 1000*time.Hour {
		return fmt.Errorf("%s is no time that a scan can take: write it like 10m or 2h", quoted(v))
	}
	o.TimeLimit = d
	return nil
}

func setAsOf(o *Options, v string) error {
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return fmt.Errorf("%s is not a time: write it as RFC 3339, such as 2027-01-31T00:00:00Z", quoted(v))
	}
	o.AsOf = t.UTC()
	return nil
}
