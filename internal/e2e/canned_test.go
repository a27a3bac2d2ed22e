//go:build moto

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
)

// serve has a canned answer stand for an action of an account.
func (p *proxy) serve(account, action, file string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.canned[account+" "+action] = file
}

// can answers what moto does not have, from the files in testdata/moto/canned.
func (p *proxy) can(c call) (answer, bool) {
	p.mu.Lock()
	file := p.canned[c.account+" "+c.action]
	first := !p.begun[c.account]
	if c.action == "iam:GenerateCredentialReport" {
		p.begun[c.account] = true
	}
	p.mu.Unlock()

	switch c.action {
	case "iam:GenerateCredentialReport":
		if first {
			return p.read("iam.GenerateCredentialReport.in-progress.xml"), true
		}
	case "iam:GetCredentialReport":
		if first { // asked for before it was made
			a := p.read("iam.GetCredentialReport.not-ready.xml")
			a.status = http.StatusNotFound
			return a, true
		}
	case "ec2:DescribeRegions": // moto has all regions of AWS enabled in every account
		return p.read("ec2.DescribeRegions.xml"), true
	case "iam:ListOrganizationsFeatures":
		return p.read("iam.ListOrganizationsFeatures.xml"), true
	case "iam:ListServiceSpecificCredentials":
		user := c.form.Get("UserName")
		a := p.read(file)
		if file != "" && (user == "" || bytes.Contains(a.body, []byte("<UserName>"+user+"</UserName>"))) {
			return a, true
		}
		return p.read("iam.ListServiceSpecificCredentials.none.xml"), true
	case "iam:GenerateServiceLastAccessedDetails":
		if file == "" { // as the shipped roles are unless somebody wants to know
			return refused(c.account, c.action).answer(c), true
		}
		return p.read(file), true
	case "iam:GetServiceLastAccessedDetails":
		return p.read(p.listOfServices(c)), true
	case "cloudtrail:LookupEvents":
		return p.trail(c, file), true
	}
	return p.canPlace(c)
}

// keyTrail is the name under which the events of an account's keys are served; those of root are served
// under the action.
const keyTrail = "cloudtrail:LookupEvents by AccessKeyId"

// trail answers for CloudTrail: about root with what is served, about a key with events of that key.
func (p *proxy) trail(c call, ofRoot string) answer {
	var in struct {
		NextToken        string
		LookupAttributes []struct{ AttributeKey, AttributeValue string }
	}
	if err := json.Unmarshal(c.body, &in); err != nil || len(in.LookupAttributes) != 1 {
		p.t.Errorf("proxy: CloudTrail is asked by %s: %v", c.body, err)
		return answer{status: http.StatusBadRequest}
	}
	file, by := ofRoot, in.LookupAttributes[0]
	if by.AttributeKey == "AccessKeyId" {
		p.mu.Lock()
		file = p.canned[c.account+" "+keyTrail]
		p.mu.Unlock()
	}
	switch {
	case file == "":
		file = "cloudtrail.LookupEvents.none.json"
	case in.NextToken != "":
		file = "cloudtrail.LookupEvents.second-page.json"
	}
	a := p.read(file)
	a.body = bytes.ReplaceAll(a.body, []byte("AKIAQKZ7WJ4MASKEDKEY"), []byte(by.AttributeValue))
	return a
}

// listOfServices is the file that answers for a list of called services: the first time it is being made, then
// it has two pages.
func (p *proxy) listOfServices(c call) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := c.account + " " + c.action
	switch {
	case c.marker() != "":
		return "iam.GetServiceLastAccessedDetails.second-page.xml"
	case !p.begun[key]:
		p.begun[key] = true
		return "iam.GetServiceLastAccessedDetails.in-progress.xml"
	}
	return "iam.GetServiceLastAccessedDetails.xml"
}

func (p *proxy) read(file string) answer {
	if file == "" {
		return answer{}
	}
	body, err := os.ReadFile(repository + "/testdata/moto/canned/" + file)
	if err != nil {
		p.t.Errorf("proxy: %v", err)
	}
	return answer{status: http.StatusOK, body: body}
}
