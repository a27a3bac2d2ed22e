package awssim

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TB is the part of testing.TB that a server needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(f func())
}

// Call is one request that was made.
type Call struct {
	// Account is the account whose credentials signed it; for AssumeRoleWithWebIdentity
	// the account of the role.
	Account string
	// Action is "iam:ListAccessKeys".
	Action string
	// Param is the user name, key id or role ARN that was asked about.
	Param  string
	Region string
}

// Server is a running World.
type Server struct {
	URL   string
	world *World

	mu         sync.Mutex
	calls      []Call
	faults     map[int]int    // how often each fault has matched
	generated  map[string]int // calls of GenerateCredentialReport by account
	tokens     map[string]int // OIDC tokens seen
	unexpected []string
	flying     map[string]int // requests in flight by account
	maxFlying  int
}

// New starts a server. It stops with the test, and fails it when a request came that
// the world does not model.
func New(t TB, w *World) *Server {
	t.Helper()
	s := &Server{
		world: w, faults: map[int]int{},
		generated: map[string]int{}, tokens: map[string]int{}, flying: map[string]int{},
	}
	h := httptest.NewServer(s)
	s.URL = h.URL
	t.Cleanup(func() {
		h.Close()
		for _, u := range s.Unexpected() {
			t.Errorf("awssim: unexpected request: %s", u)
		}
	})
	return s
}

// Env is the environment under which the AWS SDK talks to this server and to nothing
// else, without any credentials of the machine.
func (s *Server) Env() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_ROLE_ARN": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_CA_BUNDLE": "",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "",
	}
}

// KeyEnv is the credentials of a user of an account, for the SDK's default chain.
func KeyEnv(account string) map[string]string {
	return map[string]string{"AWS_ACCESS_KEY_ID": "AKIA" + account + "TEST", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
}

// Calls lists every request in the order of arrival.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count counts requests by action.
func (s *Server) Count() map[string]int { return s.countIf(func(Call) bool { return true }) }

// CountIn counts the requests of one account by action.
func (s *Server) CountIn(account string) map[string]int {
	return s.countIf(func(c Call) bool { return c.Account == account })
}

func (s *Server) countIf(keep func(Call) bool) map[string]int {
	n := map[string]int{}
	for _, c := range s.Calls() {
		if keep(c) {
			n[c.Action]++
		}
	}
	return n
}

// Actions lists the actions that were called, sorted.
func (s *Server) Actions() []string { return slices.Sorted(maps.Keys(s.Count())) }

// Unexpected lists the requests that the world does not model.
func (s *Server) Unexpected() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.unexpected)
}

// TokenUses is how often the most used OIDC token was sent.
func (s *Server) TokenUses() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := 0
	for _, n := range s.tokens {
		most = max(most, n)
	}
	return most
}

// MaxInFlight is the largest number of requests that one account had in flight.
func (s *Server) MaxInFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.maxFlying
}

// request is one request, taken apart.
type request struct {
	account *Account
	// id is the account id of the credentials; empty when the request is unsigned.
	id      string
	region  string
	service string
	action  string // with the service: iam:ListUsers
	form    url.Values
	query   url.Values // of a REST request
	part    string     // what its path names
	json    map[string]any
}

// operation is the action without its service.
func (r *request) operation() string { return r.action[strings.IndexByte(r.action, ':')+1:] }

// param is the one value that tells requests of an action apart.
func (r *request) param() string {
	for _, name := range []string{"UserName", "AccessKeyId", "RoleArn"} {
		if v := r.form.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// reply is an answer; a code makes it an error in the protocol of the service.
type reply struct {
	status        int
	body          string
	code, message string
}

func fail(status int, code, message string) reply {
	return reply{status: status, code: code, message: message}
}

// scope matches the credential scope of a signature of version 4.
var scope = regexp.MustCompile(`Credential=A(?:KIA|SIA)(\d{12})\w*/\d{8}/([\w-]+)/([\w-]+)/aws4_request`)

func parse(r *http.Request) (*request, error) {
	q := &request{service: "sts"}
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		q.id, q.region, q.service = m[1], m[2], m[3]
	} else if r.Header.Get("Authorization") != "" {
		return nil, fmt.Errorf("credentials that are not of this world: %.60q", r.Header.Get("Authorization"))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		q.action = q.service + ":" + target[strings.LastIndexByte(target, '.')+1:]
		return q, json.Unmarshal(body, &q.json)
	}
	if action, ok := restActions[r.Method+" "+r.URL.Path]; ok {
		q.action, q.query = action, r.URL.Query()
		if len(body) > 0 {
			err = json.Unmarshal(body, &q.json)
		}
		return q, err
	}
	if q.path(r) {
		q.query = r.URL.Query()
		return q, nil
	}
	if q.form, err = url.ParseQuery(string(body)); err != nil {
		return nil, err
	}
	q.action = q.service + ":" + q.form.Get("Action")
	return q, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, err := parse(r)
	if err != nil {
		s.surprise("%s %s: %v", r.Method, r.URL.Path, err)
		http.Error(w, "unexpected", http.StatusNotImplemented)
		return
	}
	leave := s.enter(q)
	defer leave()
	time.Sleep(s.world.Latency)
	rep, cut := s.answer(q)
	if cut {
		panic(http.ErrAbortHandler)
	}
	send(w, q, rep)
}

func send(w http.ResponseWriter, q *request, rep reply) {
	isJSON := q.form == nil
	if isJSON {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	} else {
		w.Header().Set("Content-Type", "text/xml")
	}
	body := rep.body
	switch {
	case rep.code == "" || body != "":
	case q.service == "s3":
		var b strings.Builder
		objectError(&b, rep)
		body = b.String()
	case isJSON:
		w.Header().Set("X-Amzn-Errortype", rep.code)
		b, _ := json.Marshal(map[string]string{"__type": rep.code, "message": rep.message})
		body = string(b)
	case q.service == "ec2":
		d := &doc{}
		d.b.WriteString("<Response><Errors><Error>")
		d.text("Code", rep.code)
		d.text("Message", rep.message)
		d.b.WriteString("</Error></Errors><RequestID>r</RequestID></Response>")
		body = d.b.String()
	default:
		d := &doc{}
		d.b.WriteString("<ErrorResponse><Error><Type>Sender</Type>")
		d.text("Code", rep.code)
		d.text("Message", rep.message)
		d.b.WriteString("</Error><RequestId>r</RequestId></ErrorResponse>")
		body = d.b.String()
	}
	w.WriteHeader(rep.status)
	_, _ = io.WriteString(w, body)
}

// enter records the request and how many its account has in flight.
func (s *Server) enter(q *request) (leave func()) {
	id := q.id
	if arn := q.form.Get("RoleArn"); id == "" && arn != "" {
		id, _, _ = splitRoleARN(arn)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{Account: id, Action: q.action, Param: q.param(), Region: q.region})
	s.flying[id]++
	s.maxFlying = max(s.maxFlying, s.flying[id])
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.flying[id]--
	}
}

func (s *Server) surprise(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unexpected = append(s.unexpected, fmt.Sprintf(format, args...))
}

// answer decides: a fault, throttling, or the right answer. cut says that the
// connection is to be dropped.
func (s *Server) answer(q *request) (rep reply, cut bool) {
	if s.throttled() {
		return fail(400, "Throttling", "Rate exceeded"), false
	}
	if f, ok := s.fault(q); ok {
		rep := fail(f.Status, f.Code, f.Message)
		rep.body = f.Body
		if rep.status == 0 {
			rep.status = 403
		}
		return rep, f.Cut
	}
	handle, ok := handlers[q.action]
	if !ok {
		s.surprise("%s", q.action)
		return fail(501, "NotModelled", q.action), false
	}
	if q.id == "" && q.action != "sts:AssumeRoleWithWebIdentity" {
		s.surprise("%s without a signature", q.action)
		return fail(403, "MissingAuthenticationToken", "Request is missing Authentication Token"), false
	}
	if q.account = s.world.account(q.id); q.id != "" && q.account == nil {
		return fail(403, "InvalidClientTokenId", "The security token included in the request is invalid."), false
	}
	return handle(s, q), false
}

func (s *Server) throttled() bool {
	if s.world.ThrottleEvery == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)%s.world.ThrottleEvery == 0
}

func (s *Server) fault(q *request) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.world.Faults {
		if f.Action != "" && f.Action != q.action || f.Account != "" && f.Account != q.id || f.Param != "" && f.Param != q.param() {
			continue
		}
		n := s.faults[i]
		s.faults[i]++
		if n >= f.After && (f.Times == 0 || n < f.After+f.Times) {
			return f, true
		}
	}
	return Fault{}, false
}

// handlers is everything this AWS can do.
var handlers = map[string]func(*Server, *request) reply{
	"sts:AssumeRoleWithWebIdentity":            (*Server).assumeRoleWithWebIdentity,
	"sts:AssumeRole":                           (*Server).assumeRole,
	"sts:GetCallerIdentity":                    (*Server).getCallerIdentity,
	"organizations:ListAccounts":               (*Server).listAccounts,
	"cloudtrail:LookupEvents":                  (*Server).lookupEvents,
	"iam:GenerateCredentialReport":             (*Server).generateCredentialReport,
	"iam:GetCredentialReport":                  (*Server).getCredentialReport,
	"iam:GetAccountSummary":                    (*Server).getAccountSummary,
	"iam:GetAccountAuthorizationDetails":       (*Server).getAccountAuthorizationDetails,
	"iam:ListServiceSpecificCredentials":       (*Server).listServiceSpecificCredentials,
	"iam:ListSSHPublicKeys":                    (*Server).listSSHPublicKeys,
	"iam:ListAccessKeys":                       (*Server).listAccessKeys,
	"iam:GetAccessKeyLastUsed":                 (*Server).getAccessKeyLastUsed,
	"iam:GetLoginProfile":                      (*Server).getLoginProfile,
	"iam:GetUser":                              (*Server).getUser,
	"iam:ListMFADevices":                       (*Server).listMFADevices,
	"iam:ListSigningCertificates":              (*Server).listSigningCertificates,
	"ec2:DescribeRegions":                      (*Server).describeRegions,
	"lambda:ListFunctions":                     (*Server).listFunctions,
	"ec2:DescribeInstances":                    (*Server).describeInstances,
	"ec2:DescribeInstanceAttribute":            (*Server).describeInstanceAttribute,
	"ec2:DescribeLaunchTemplateVersions":       (*Server).describeLaunchTemplateVersions,
	"autoscaling:DescribeLaunchConfigurations": (*Server).describeLaunchConfigurations,
	"ecs:ListTaskDefinitionFamilies":           (*Server).listTaskDefinitionFamilies,
	"ecs:DescribeTaskDefinition":               (*Server).describeTaskDefinition,
	"ecs:ListClusters":                         (*Server).listClusters,
	"ecs:ListServices":                         (*Server).listServices,
	"ecs:DescribeServices":                     (*Server).describeServices,
	"batch:DescribeJobDefinitions":             (*Server).describeJobDefinitions,
	"codebuild:ListProjects":                   (*Server).listProjects,
	"codebuild:BatchGetProjects":               (*Server).batchGetProjects,

	"cloudformation:DescribeStacks":                     (*Server).describeStacks,
	"cloudformation:GetTemplate":                        (*Server).getTemplate,
	"cloudformation:ListStackResources":                 (*Server).listStackResources,
	"elasticbeanstalk:DescribeEnvironments":             (*Server).describeEnvironments,
	"elasticbeanstalk:DescribeConfigurationSettings":    (*Server).describeConfigurationSettings,
	"amplify:ListApps":                                  (*Server).listApps,
	"amplify:ListBranches":                              (*Server).listBranches,
	"lightsail:GetContainerServices":                    (*Server).getContainerServices,
	"lightsail:GetBuckets":                              (*Server).getBuckets,
	"lightsail:GetBucketAccessKeys":                     (*Server).getBucketAccessKeys,
	"ssm:DescribeParameters":                            (*Server).describeParameters,
	"ssm:GetParameters":                                 (*Server).getParameters,
	"s3:GetObject":                                      (*Server).getObject,
	"apprunner:ListServices":                            (*Server).listRunners,
	"apprunner:DescribeService":                         (*Server).describeRunner,
	"glue:GetJobs":                                      (*Server).getJobs,
	"glue:GetConnections":                               (*Server).getConnections,
	"sagemaker:ListModels":                              (*Server).listModels,
	"sagemaker:DescribeModel":                           (*Server).describeModel,
	"sagemaker:ListTrainingJobs":                        (*Server).listTrainingJobs,
	"sagemaker:DescribeTrainingJob":                     (*Server).describeTrainingJob,
	"sagemaker:ListNotebookInstanceLifecycleConfigs":    (*Server).listNotebookConfigs,
	"sagemaker:DescribeNotebookInstanceLifecycleConfig": (*Server).describeNotebookConfig,
	"states:ListStateMachines":                          (*Server).listStateMachines,
	"states:DescribeStateMachine":                       (*Server).describeStateMachine,
}

// window is the part of n things that a paged request asks for, and the marker of the
// next page, empty at the end.
func (s *Server) window(marker, size string, n int) (from, to int, next string) {
	from, _ = strconv.Atoi(marker)
	limit, err := strconv.Atoi(size)
	if err != nil {
		limit = 100
	}
	if s.world.PageSize > 0 {
		limit = min(limit, s.world.PageSize)
	}
	from = min(from, n)
	to = min(from+limit, n)
	if to < n {
		next = strconv.Itoa(to)
	}
	return from, to, next
}

func (s *Server) formWindow(q *request, n int) (from, to int, next string) {
	return s.window(q.form.Get("Marker"), q.form.Get("MaxItems"), n)
}
