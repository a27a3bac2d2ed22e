//go:build moto

package e2e

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// pageSize is small, so that every list of more than one page is met by the program.
const pageSize = 2

// pagedLists names the list that each action pages over. moto gives the whole list at once,
// AWS does not.
var pagedLists = map[string]string{
	"iam:GetAccountAuthorizationDetails": "UserDetailList",
	"iam:ListAccessKeys":                 "AccessKeyMetadata",
	"iam:ListAccountAliases":             "AccountAliases",
	"iam:ListAttachedUserPolicies":       "AttachedPolicies",
	"iam:ListGroupsForUser":              "Groups",
	"iam:ListMFADevices":                 "MFADevices",
	"iam:ListSSHPublicKeys":              "SSHPublicKeys",
	"iam:ListServiceSpecificCredentials": "ServiceSpecificCredentials",
	"iam:ListSigningCertificates":        "Certificates",
	"iam:ListUserTags":                   "Tags",
	"iam:ListUsers":                      "Users",
	"iam:ListVirtualMFADevices":          "VirtualMFADevices",
}

// pagedJSON is the same for services that speak JSON. moto pages some of them, and wrongly.
var pagedJSON = map[string]string{"organizations:ListAccounts": "Accounts"}

// pageJSON cuts one page out of a whole answer in JSON.
func pageJSON(answer []byte, list, token string) ([]byte, error) {
	out := map[string]any{}
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, err
	}
	all, _ := out[list].([]any)
	from, err := offset(token)
	if err != nil {
		return nil, err
	}
	part, next := cut(all, from)
	out[list] = part
	delete(out, "NextToken")
	if next != "" {
		out["NextToken"] = next
	}
	return json.Marshal(out)
}

// element is any XML element.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Elements []element `xml:",any"`
}

func (e *element) child(name string) *element {
	for i := range e.Elements {
		if e.Elements[i].XMLName.Local == name {
			return &e.Elements[i]
		}
	}
	return nil
}

// set replaces a child element that holds text, or takes it away when the text is empty.
func (e *element) set(name, text string) {
	kept := e.Elements[:0]
	for _, c := range e.Elements {
		if c.XMLName.Local != name {
			kept = append(kept, c)
		}
	}
	if text != "" {
		kept = append(kept, element{XMLName: xml.Name{Local: name}, Text: text})
	}
	e.Elements = kept
}

// page cuts one page out of a whole answer of the query protocol. The marker is what an earlier
// page gave, or empty. Lists beside the paged one stand on the first page only.
func page(answer []byte, list, marker string) ([]byte, error) {
	var root element
	if err := xml.Unmarshal(answer, &root); err != nil {
		return nil, err
	}
	if len(root.Elements) == 0 {
		return nil, fmt.Errorf("an answer without a result: %s", answer)
	}
	result := &root.Elements[0]
	from, err := offset(marker)
	if err != nil {
		return nil, err
	}
	next := ""
	if l := result.child(list); l != nil {
		l.Elements, next = cut(l.Elements, from)
	}
	if from > 0 {
		result.emptyLists(list)
	}
	result.set("IsTruncated", strconv.FormatBool(next != ""))
	result.set("Marker", next)
	return xml.Marshal(root)
}

func (e *element) emptyLists(except string) {
	for i := range e.Elements {
		if e.Elements[i].XMLName.Local != except {
			e.Elements[i].Elements = nil
		}
	}
}

func cut[T any](all []T, from int) (part []T, next string) {
	to := from + pageSize
	if to >= len(all) {
		return all[min(from, len(all)):], ""
	}
	return all[from:to], fmt.Sprintf("after/%d==", to)
}

// offset reads a marker that cut made.
func offset(marker string) (int, error) {
	if marker == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(marker, "after/"), "=="))
	if err != nil {
		return 0, fmt.Errorf("marker %q is none of ours", marker)
	}
	return n, nil
}
