//go:build moto

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// call is one AWS call as the proxy took it apart.
type call struct {
	account string // whose credentials signed it; of an unsigned call, the account of the role
	action  string // iam:ListUsers
	region  string
	part    string // what the path of a REST service names
	form    url.Values
	body    []byte
}

func (c call) operation() string { _, name, _ := strings.Cut(c.action, ":"); return name }
func (c call) service() string   { name, _, _ := strings.Cut(c.action, ":"); return name }
func (c call) query() bool       { return c.form != nil }

// marker is what an earlier page gave, or empty.
func (c call) marker() string {
	if c.query() {
		return c.form.Get("Marker")
	}
	var input struct{ NextToken string }
	_ = json.Unmarshal(c.body, &input)
	return input.NextToken
}

// fault is an answer that AWS would give and moto cannot.
type fault struct {
	account, action string // empty: any
	status          int
	code, message   string
	times           int // 0: always
}

// refused is the answer to a call that no policy allows.
func refused(account, action string) fault {
	return fault{
		account: account, action: action, status: http.StatusForbidden, code: "AccessDenied",
		message: "User: arn:aws:sts::" + account + ":assumed-role/keysweep-audit/keysweep is not authorized to perform: " +
			action + " on resource: * because no identity-based policy allows the " + action + " action",
	}
}

// proxy stands between the program and moto. It logs every call, does what STS does and moto does not
// (trust), answers what moto has not, cuts answers into pages, and injects faults.
type proxy struct {
	t    *testing.T
	url  string
	moto string

	mu       sync.Mutex
	sessions map[string]string // access key id to account
	roles    map[string]role   // by ARN
	calls    []call
	faults   []fault
	canned   map[string]string // "account action" to the file of the answer
	planted  map[string]string // the key that canned answers of an account hold
	begun    map[string]bool   // accounts whose first report is being made
	secrets  []string          // that no output may hold
}

func newProxy(t *testing.T, m *motoServer) *proxy {
	t.Helper()
	p := &proxy{
		t: t, moto: m.url, sessions: map[string]string{}, roles: map[string]role{},
		canned: map[string]string{}, planted: map[string]string{}, begun: map[string]bool{},
	}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// inject adds a fault; the first that fits a call answers it.
func (p *proxy) inject(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f)
}

// heal takes all faults away and forgets the calls so far.
func (p *proxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.calls = nil, nil
}

// actions lists the actions that were called in an account, or in any when account is empty; sorted.
func (p *proxy) actions(account string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, c := range p.calls {
		if account == "" || c.account == account {
			out = append(out, c.action)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ServeHTTP answers one call.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the program went away
	}
	c := p.identify(r, body)
	p.mu.Lock()
	p.calls = append(p.calls, c)
	p.mu.Unlock()
	p.answer(c, r).send(w, c)
}

// scope matches the credential scope of a signature.
var scope = regexp.MustCompile(`Credential=(\w+)/\d{8}/([\w-]+)/([\w-]+)/aws4_request`)

// restActions are the actions of REST services, by method and path.
var restActions = map[string]string{
	"GET /2015-03-31/functions":       "lambda:ListFunctions",
	"GET /apps":                       "amplify:ListApps",
	"POST /v1/describejobdefinitions": "batch:DescribeJobDefinitions",
}

func (p *proxy) identify(r *http.Request, body []byte) call {
	c := call{body: body}
	service := "sts" // the one service that is called without a signature
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		c.account, c.region, service = p.owner(m[1]), m[2], m[3]
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		c.action = service + ":" + target[strings.LastIndexByte(target, '.')+1:]
		return c
	}
	if action, part := restAction(service, r); action != "" {
		c.action, c.part = action, part
		return c
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") == "" {
		p.t.Errorf("proxy: %s %s of %s: a protocol that is not known here", r.Method, r.URL, service)
		return c
	}
	c.form, c.action = form, service+":"+form.Get("Action")
	if c.account == "" {
		c.account = accountOf(form.Get("RoleArn"))
	}
	return c
}

// owner is the account of the credentials that signed a call.
func (p *proxy) owner(keyID string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	account, ok := p.sessions[keyID]
	if !ok {
		p.t.Errorf("proxy: a call is signed with %s, which no role gave", keyID)
	}
	return account
}

func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}

func (p *proxy) answer(c call, r *http.Request) answer {
	if f, ok := p.fault(c); ok {
		return f.answer(c)
	}
	if f, ok := p.distrusts(c); ok {
		return f.answer(c)
	}
	a, ok := p.can(c)
	if !ok {
		a, ok = p.runs(c, r)
	}
	if !ok {
		a = p.forward(c, r)
	}
	if a.status == http.StatusOK {
		a.body = p.page(c, a.body)
	}
	p.keep(c, a)
	return a
}

// page cuts the page that was asked for out of a whole answer, where the action has pages.
func (p *proxy) page(c call, body []byte) []byte {
	var err error
	if list := pagedLists[c.action]; list != "" {
		body, err = page(body, list, c.marker())
	} else if list := pagedJSON[c.action]; list != "" {
		body, err = pageJSON(body, list, c.marker())
	}
	if err != nil {
		p.t.Errorf("proxy: cutting a page out of %s: %v", c.action, err)
	}
	return body
}

func (p *proxy) fault(c call) (fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.faults {
		if f.account != "" && f.account != c.account || f.action != "" && f.action != c.action {
			continue
		}
		if f.times == 1 {
			p.faults = slices.Delete(p.faults, i, i+1)
		} else if f.times > 1 {
			p.faults[i].times--
		}
		return f, true
	}
	return fault{}, false
}

// answer is what goes back to the program.
type answer struct {
	status int
	body   []byte
	code   string // of an error in JSON
}

func (a answer) send(w http.ResponseWriter, c call) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if c.query() {
		w.Header().Set("Content-Type", "text/xml")
	}
	if a.code != "" {
		w.Header().Set("X-Amzn-Errortype", a.code)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// answer writes a fault in the protocol of the call.
func (f fault) answer(c call) answer {
	if c.query() {
		return answer{status: f.status, body: fmt.Appendf(nil,
			"<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>"+
				"<RequestId>5f2e3d4c-5b6a-4798-8897-a6b5c4d3e2f1</RequestId></ErrorResponse>", f.code, f.message)}
	}
	code := f.code
	if code == "AccessDenied" {
		code = "AccessDeniedException" // as the JSON services call it
	}
	body, _ := json.Marshal(map[string]string{"__type": code, "message": f.message})
	return answer{status: f.status, body: body, code: code}
}

// forward asks moto.
func (p *proxy) forward(c call, r *http.Request) answer {
	body := c.body
	if pagedLists[c.action] != "" {
		body = withoutPaging(c.form)
	} else if pagedJSON[c.action] != "" {
		body = []byte("{}")
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.moto+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		p.t.Errorf("proxy: %v", err)
		return answer{status: http.StatusInternalServerError}
	}
	req.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Errorf("proxy: asking moto for %s: %v", c.action, err)
		return answer{status: http.StatusInternalServerError}
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil || bytes.HasPrefix(out, []byte("<!doctype html>")) {
		p.t.Errorf("proxy: moto does not have %s: it needs an answer in testdata/moto/canned (%v)", c.action, err)
	}
	p.remember(c, out)
	return answer{status: resp.StatusCode, body: out, code: resp.Header.Get("X-Amzn-Errortype")}
}

// withoutPaging has moto give the whole list, which the proxy then cuts.
func withoutPaging(form url.Values) []byte {
	whole := url.Values{}
	for name, values := range form {
		if name != "Marker" && name != "MaxItems" {
			whole[name] = values
		}
	}
	return []byte(whole.Encode())
}

// keep saves a sample of each answer that the proxy or the launcher made or changed, for
// validate.py to hold against botocore's models.
func (p *proxy) keep(c call, a answer) {
	folder := os.Getenv("KEYSWEEP_ANSWERS")
	made := pagedLists[c.action] != "" || pagedJSON[c.action] != "" || c.action == "iam:GetCredentialReport" || c.action == "iam:GetAccountSummary"
	if folder == "" || !made || a.status != http.StatusOK {
		return
	}
	folder = filepath.Join(folder, "run")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		p.t.Errorf("proxy: %v", err)
	}
	name := filepath.Join(folder, c.service()+"."+c.operation())
	if c.marker() != "" {
		name += ".next"
	}
	if name += ".json"; c.query() {
		name = strings.TrimSuffix(name, ".json") + ".xml"
	}
	// Accounts are read at the same time, and one answer is enough of each kind.
	keeping.Lock()
	defer keeping.Unlock()
	if err := os.WriteFile(name, a.body, 0o644); err != nil {
		p.t.Errorf("proxy: %v", err)
	}
}

var keeping sync.Mutex
