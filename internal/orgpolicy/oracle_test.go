package orgpolicy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/keysweep/keysweep/internal/wildcard"
)

// The oracle asks, request by request, what AWS's rules say. It knows nothing of how Evaluate thinks.

const us = "arn:aws:iam::111122223333:"

// asker is one request to make something of a user.
type asker struct {
	principal string
	tag       string // of the key team; empty: it has none
	on        string // ARN of the user that is made or gets a credential
	address   string
}

// everybody is a small world: principals that policies name and such that they do not, users as well, two
// addresses.
func everybody() []asker {
	var out []asker
	for _, p := range []string{"user/ordinary", "user/ci-1", "role/Ordinary", "role/BreakGlass", "role/Admin", "root"} {
		for _, tag := range []string{"", "ops", "guests"} {
			for _, on := range []string{"user/ordinary", "user/ci-1"} {
				for _, address := range []string{"192.0.2.1", "198.51.100.1"} {
					out = append(out, asker{us + p, tag, us + on, address})
				}
			}
		}
	}
	return out
}

// ordinary are those whom no policy names.
func (q asker) ordinary() bool {
	return q.tag == "" && strings.HasSuffix(strings.ToLower(q.principal), "/ordinary") && strings.HasSuffix(q.on, "/ordinary")
}

// drawn is a statement as the test draws it.
type drawn struct {
	Effect      string
	Action      []string                       `json:",omitempty"`
	NotAction   []string                       `json:",omitempty"`
	Resource    []string                       `json:",omitempty"`
	NotResource []string                       `json:",omitempty"`
	Condition   map[string]map[string][]string `json:",omitempty"`
}

func (s drawn) applies(q asker) bool {
	action := slices.ContainsFunc(append(s.Action, s.NotAction...), func(p string) bool {
		return wildcard.Match(strings.ToLower(p), "iam:createaccesskey")
	})
	resource := slices.ContainsFunc(append(s.Resource, s.NotResource...), func(p string) bool { return wildcard.Match(p, q.on) })
	if action == (s.NotAction != nil) || resource == (s.NotResource != nil) {
		return false
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			if !q.fulfils(operator, key, values) {
				return false
			}
		}
	}
	return true
}

func (q asker) fulfils(operator, key string, values []string) bool {
	text, present := q.principal, true
	switch key {
	case "aws:PrincipalTag/team":
		text, present = q.tag, q.tag != ""
	case "aws:SourceIp":
		text = q.address + "/32"
	}
	like := present && slices.ContainsFunc(values, func(v string) bool { return wildcard.Match(v, text) })
	switch operator {
	case "Null":
		return present == (values[0] == "false")
	case "ArnNotLike", "StringNotLike", "NotIpAddress":
		return !like
	}
	return like
}

// allowed is AWS's rule: no Deny anywhere, and an Allow at every level.
func allowedBy(levels [][][]drawn, q asker) bool {
	for _, level := range levels {
		some := false
		for _, policy := range level {
			for _, s := range policy {
				if !s.applies(q) {
					continue
				}
				if s.Effect == "Deny" {
					return false
				}
				some = true
			}
		}
		if !some {
			return false
		}
	}
	return true
}

func drawStatement(t *rapid.T) drawn {
	some := func(label string, of ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, 2, rapid.ID[string]).Draw(t, label)
	}
	s := drawn{Effect: rapid.SampledFrom([]string{"Deny", "Deny", "Allow"}).Draw(t, "effect")}
	acts := some("actions", "*", "iam:*", "IAM:create*", "iam:CreateAccessKey", "iam:?reateAccessKey", "s3:*")
	if rapid.Bool().Draw(t, "not action") && acts[0] != "*" {
		s.NotAction = acts
	} else {
		s.Action = acts
	}
	on := some("resources", "*", "arn:aws:iam::*:user/*", us+"user/ci-*", "arn:aws:iam::*:role/*", "arn:aws:iam::999900001111:*")
	if rapid.IntRange(0, 3).Draw(t, "not resource") == 0 {
		s.NotResource = on
	} else {
		s.Resource = on
	}
	arns := []string{us + "role/BreakGlass", "arn:aws:iam::*:role/Admin", "arn:aws:iam::*:user/ci-*", "arn:aws:iam::*:root", "arn:aws:iam::*:*", "arn:aws:iam::999900001111:role/BreakGlass", "arn:aws:iam::*:role/*"}
	s.Condition = map[string]map[string][]string{}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		switch rapid.IntRange(0, 6).Draw(t, "condition") {
		case 0, 1, 2:
			s.Condition["ArnNotLike"] = map[string][]string{"aws:PrincipalArn": some("exempt", arns...)}
		case 3:
			s.Condition["ArnLike"] = map[string][]string{"aws:PrincipalArn": some("only", arns...)}
		case 4:
			operator := rapid.SampledFrom([]string{"StringNotLike", "StringLike"}).Draw(t, "tag")
			s.Condition[operator] = map[string][]string{"aws:PrincipalTag/team": some("tags", "ops", "guests", "o*")}
		case 5:
			s.Condition["Null"] = map[string][]string{"aws:PrincipalTag/team": some("null", "true", "false")[:1]}
		case 6:
			operator := rapid.SampledFrom([]string{"IpAddress", "NotIpAddress"}).Draw(t, "ip")
			s.Condition[operator] = map[string][]string{"aws:SourceIp": {"192.0.2.1/32"}}
		}
	}
	return s
}

// What Evaluate says holds for every request of the small world.
func TestEvaluateAgainstOracle(t *testing.T) {
	world := everybody()
	seen := map[Effect]int{}
	rapid.Check(t, func(t *rapid.T) {
		full := []drawn{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}}
		var levels [][][]drawn
		a := &Account{Partition: "aws", ID: "111122223333"}
		for l := range rapid.IntRange(1, 3).Draw(t, "levels") {
			level := [][]drawn{}
			if rapid.IntRange(0, 4).Draw(t, "full access") > 0 {
				level = append(level, full)
			}
			for range rapid.IntRange(0, 2).Draw(t, "policies") {
				level = append(level, rapid.SliceOfN(rapid.Custom(drawStatement), 1, 2).Draw(t, "policy"))
			}
			var parsed []*Policy
			for i, statements := range level {
				text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
				if err != nil {
					t.Fatal(err)
				}
				p := Parse(fmt.Sprintf("p-%d%d", l, i), "", string(text))
				if p.Fault != "" {
					t.Fatalf("%s: %s", p.Fault, text)
				}
				parsed = append(parsed, p)
			}
			levels, a.Levels = append(levels, level), append(a.Levels, parsed)
		}
		d := Evaluate(a)[CreateAccessKey]
		seen[d.Effect]++
		some, ordinary := false, false
		for _, q := range world {
			if allowedBy(levels, q) {
				some, ordinary = true, ordinary || q.ordinary()
			}
		}
		switch {
		case d.Effect == Denied && some:
			t.Fatalf("denied, and somebody may: %+v", d)
		case d.Effect == Conditional && ordinary:
			t.Fatalf("conditional, and anybody may: %+v", d)
		case d.Effect == Allowed && len(d.Partly) == 0 && !some:
			t.Fatalf("allowed, and nobody may: %+v", d)
		}
	})
	for _, e := range []Effect{Allowed, Conditional, Denied} {
		if seen[e] == 0 {
			t.Errorf("nothing drawn was %s", e)
		}
	}
}
