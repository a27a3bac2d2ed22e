package awssim

import (
	"encoding/json"
	"strconv"
	"time"
)

func (s *Server) listAccounts(q *request) reply {
	if s.world.Organization == nil {
		return fail(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	}
	members := s.world.Organization
	marker, _ := q.json["NextToken"].(string)
	if s.world.EmptyFirstPage && marker == "" {
		return encoded(map[string]any{"Accounts": []any{}, "NextToken": "0"})
	}
	size := 20
	if n, ok := q.json["MaxResults"].(float64); ok {
		size = int(n)
	}
	from, to, next := s.window(marker, strconv.Itoa(size), len(members))
	rows := []any{}
	for _, m := range members[from:to] {
		row := map[string]any{"Id": m.ID, "Name": m.Name, "Arn": "arn:" + s.world.partition() + ":organizations::" + q.id + ":account/o-simulated0/" + m.ID}
		if m.State != "" {
			row["State"] = m.State
		}
		if m.Status != "" {
			row["Status"] = m.Status
		}
		rows = append(rows, row)
	}
	out := map[string]any{"Accounts": rows}
	if next != "" {
		out["NextToken"] = next
	}
	return encoded(out)
}

// lookupEvents answers the events of the region, for the one attribute that is asked: the user name or the access key.
func (s *Server) lookupEvents(q *request) reply {
	name, key := "", ""
	if list, ok := q.json["LookupAttributes"].([]any); ok && len(list) == 1 {
		attribute, _ := list[0].(map[string]any)
		if attribute["AttributeKey"] == "Username" {
			name, _ = attribute["AttributeValue"].(string)
		}
		if attribute["AttributeKey"] == "AccessKeyId" {
			key, _ = attribute["AttributeValue"].(string)
		}
	}
	if name == "" && key == "" {
		s.surprise("%s without one user name or key: %v", q.action, q.json)
	}
	var found []Event
	for _, e := range q.account.Events {
		if e.lookupRegion() == q.region && (key == "" && e.userName() == name || key != "" && e.KeyID == key) {
			found = append(found, e)
		}
	}
	marker, _ := q.json["NextToken"].(string)
	size := 50
	if n, ok := q.json["MaxResults"].(float64); ok {
		size = int(n)
	}
	from, to, next := s.window(marker, strconv.Itoa(size), len(found))
	rows := []any{}
	for _, e := range found[from:to] {
		rows = append(rows, e.row(q.id))
	}
	out := map[string]any{"Events": rows}
	if next != "" {
		out["NextToken"] = next
	}
	return encoded(out)
}

func (e Event) lookupRegion() string {
	if e.LookupRegion != "" {
		return e.LookupRegion
	}
	return e.Region
}

func (e Event) userName() string {
	if e.UserName != "" {
		return e.UserName
	}
	return "root"
}

func (e Event) row(account string) map[string]any {
	raw := e.Raw
	if raw == "" {
		kind := e.UserType
		if kind == "" {
			kind = "Root"
		}
		b, _ := json.Marshal(map[string]any{
			"eventTime": e.Time.UTC().Format(time.RFC3339), "eventSource": e.Source, "eventName": e.Name,
			"awsRegion": e.Region, "sourceIPAddress": e.Address, "userAgent": e.Agent,
			"userIdentity": map[string]any{"type": kind, "accountId": account, "accessKeyId": e.KeyID},
		})
		raw = string(b)
	}
	return map[string]any{
		"EventTime": float64(e.Time.Unix()), "EventSource": e.Source, "EventName": e.Name,
		"Username": e.userName(), "CloudTrailEvent": raw,
	}
}

func encoded(v any) reply {
	b, _ := json.Marshal(v)
	return reply{status: 200, body: string(b)}
}
