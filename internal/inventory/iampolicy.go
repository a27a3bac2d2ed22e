package inventory

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/keysweep/keysweep/internal/wildcard"
)

// DecodeDocument undoes the URL encoding in which IAM hands out policy documents. Some
// servers, and some answers, give the JSON itself: it comes back as it is.
func DecodeDocument(s string) string {
	rest := s
	for {
		trimmed := strings.TrimLeft(rest, " \t\r\n")
		for _, space := range []string{"%20", "%09", "%0A", "%0D", "%0a", "%0d"} {
			trimmed = strings.TrimPrefix(trimmed, space)
		}
		if trimmed == rest {
			break
		}
		rest = trimmed
	}
	if !strings.HasPrefix(rest, "%7B") && !strings.HasPrefix(rest, "%7b") {
		return s
	}
	decoded, err := url.PathUnescape(s)
	if err != nil {
		return s
	}
	return decoded
}

// iamStatement is one statement of a policy, as much of it as is judged here.
type iamStatement struct {
	Effect      string
	Action      iamWords
	NotAction   iamWords
	Resource    iamWords
	NotResource iamWords
	Condition   map[string]json.RawMessage
}

// iamWords is a string or a list of strings in JSON; nil when the element is absent.
type iamWords []string

// UnmarshalJSON takes both forms.
func (w *iamWords) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var one string
		if err := json.Unmarshal(data, &one); err != nil {
			return err
		}
		*w = iamWords{one}
		return nil
	}
	many := []string{}
	if err := json.Unmarshal(data, &many); err != nil {
		return err
	}
	*w = many
	return nil
}

// parseStatements reads the statements of a policy document. IAM itself would not have
// taken a document that is an error here.
func parseStatements(document string) ([]iamStatement, error) {
	var doc struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return nil, err
	}
	var list []iamStatement
	var err error
	switch {
	case len(doc.Statement) == 0, string(doc.Statement) == "null":
		return nil, errors.New("no statement")
	case doc.Statement[0] == '{': // one statement may stand without a list around it
		list = make([]iamStatement, 1)
		err = json.Unmarshal(doc.Statement, &list[0])
	default:
		err = json.Unmarshal(doc.Statement, &list)
	}
	if err != nil {
		return nil, err
	}
	for i, s := range list {
		if err := s.check(); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return list, nil
}

func (s iamStatement) check() error {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return errors.New("no effect")
	case (s.Action == nil) == (s.NotAction == nil):
		return errors.New("not one of Action and NotAction")
	case (s.Resource == nil) == (s.NotResource == nil):
		return errors.New("not one of Resource and NotResource")
	}
	return nil
}

// Probes stand for all texts of a kind: where the kind leaves something open they have
// characters that no policy can name, so that only wildcards match them, and one is as
// short and one is longer than any real text is, so that ? cannot count them out.
var (
	openShort = strings.Repeat("\x00", 7) // GetRole
	openLong  = strings.Repeat("\x00", 80)

	allActions   = []string{"\x00:" + openShort, openLong + ":" + openLong}
	iamActions   = []string{"iam:" + openShort, "iam:" + openLong}
	allResources = []string{"arn:\x00:\x00:\x00:\x00:" + openShort, "arn:\x00:\x00:\x00:\x00:" + openLong}
)

// iamResources are probes for everything that IAM holds in the account of a user. With an
// ARN that is none, only what stands for every resource of all accounts matches.
func iamResources(userARN string) []string {
	arn, ok := parseIAMARN(userARN)
	if !ok {
		arn = iamARN{partition: "\x00", account: "\x00"}
	}
	prefix := "arn:" + arn.partition + ":iam::" + arn.account + ":"
	return []string{prefix + openShort, prefix + openLong}
}

// matchesAll reports whether one of the patterns matches every probe.
func matchesAll(patterns, probes []string, fold bool) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if fold {
			p = strings.ToLower(p)
		}
		return !slices.ContainsFunc(probes, func(probe string) bool { return !wildcard.Match(p, probe) })
	})
}

// covers reports whether the statement speaks of all the actions on all the resources that
// the probes stand for. What NotAction or NotResource takes out counts only when it takes
// all of it out, as a partial Deny leaves an administrator one.
func (s iamStatement) covers(actions, resources []string) bool {
	act := matchesAll(s.Action, actions, true)
	if s.NotAction != nil {
		act = !matchesAll(s.NotAction, actions, true)
	}
	on := matchesAll(s.Resource, resources, false)
	if s.NotResource != nil {
		on = !matchesAll(s.NotResource, resources, false)
	}
	return act && on
}
