package awssim

import (
	"strconv"
	"strings"
)

// Compute is what runs in one region of an account.
type Compute struct {
	Functions []Function
}

// Function is a Lambda function.
type Function struct {
	Name, Role string // of the role, its name
	Env        map[string]string
	// EnvError is given in place of the variables: AccessDeniedException of KMS.
	EnvError string
}

// restActions are the actions of REST services, by method and path.
var restActions = map[string]string{
	"GET /2015-03-31/functions/": "lambda:ListFunctions",
}

// enabled are the regions of an account; one unless they are set.
func (a *Account) enabled() []string {
	if a.Regions == nil {
		return []string{"us-east-1"}
	}
	return a.Regions
}

// compute is what runs in the region that is asked; never nil.
func (q *request) compute() *Compute {
	if c := q.account.Compute[q.region]; c != nil {
		return c
	}
	return &Compute{}
}

// arn names a resource of the region that is asked.
func (s *Server) arn(q *request, service, rest string) string {
	return "arn:" + s.world.partition() + ":" + service + ":" + q.region + ":" + q.account.ID + ":" + rest
}

func (s *Server) roleARN(q *request, name string) string {
	if name == "" {
		return ""
	}
	return "arn:" + s.world.partition() + ":iam::" + q.account.ID + ":role/" + name
}

// ec2Answer wraps a result the way EC2 does.
func ec2Answer(operation string, fill func(d *doc)) reply {
	d := &doc{}
	d.b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><` + operation + `Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">`)
	d.text("requestId", "r")
	fill(d)
	d.shut(operation + "Response")
	return reply{status: 200, body: d.b.String()}
}

// items writes EC2's list by a function for each index of [from, to).
func (d *doc) items(name string, from, to int, each func(i int)) {
	d.open(name)
	for i := from; i < to; i++ {
		d.open("item")
		each(i)
		d.shut("item")
	}
	d.shut(name)
}

func (s *Server) describeRegions(q *request) reply {
	regions := q.account.enabled()
	return ec2Answer("DescribeRegions", func(d *doc) {
		d.items("regionInfo", 0, len(regions), func(i int) {
			name, off := strings.CutPrefix(regions[i], "!")
			d.text("regionName", name)
			d.text("regionEndpoint", "ec2."+name+".amazonaws.com")
			if off {
				d.text("optInStatus", "not-opted-in")
			} else {
				d.text("optInStatus", "opt-in-not-required")
			}
		})
	})
}

func (s *Server) listFunctions(q *request) reply {
	all := q.compute().Functions
	size, _ := strconv.Atoi(q.query.Get("MaxItems"))
	from, to, next := s.window(q.query.Get("Marker"), strconv.Itoa(min(size, 50)), len(all))
	rows := []any{}
	for _, f := range all[from:to] {
		row := map[string]any{"FunctionName": f.Name, "FunctionArn": s.arn(q, "lambda", "function:"+f.Name), "Role": s.roleARN(q, f.Role), "Version": "$LATEST"}
		switch {
		case f.EnvError != "":
			row["Environment"] = map[string]any{"Error": map[string]any{"ErrorCode": f.EnvError, "Message": "Lambda was unable to decrypt the environment variables"}}
		case f.Env != nil:
			row["Environment"] = map[string]any{"Variables": f.Env}
		}
		rows = append(rows, row)
	}
	out := map[string]any{"Functions": rows}
	if next != "" {
		out["NextMarker"] = next
	}
	return encoded(out)
}
