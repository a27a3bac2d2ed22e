//go:build moto

package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
)

// The roles of the organization.
const (
	management = "123456789012"
	firstRole  = "arn:aws:iam::" + management + ":role/keysweep"
	memberRole = "keysweep-audit"
)

// organization is what the tests audit: a management account, three members and a closed one.
type organization struct {
	moto *motoServer
	// ids maps names of accounts to their ids: management, payments, staging, sandbox, retired.
	ids map[string]string
	// keys maps "account/user/n" to the id of the user's n-th key in order of creation.
	keys map[string]string
	// secret stands beside the keys that are planted in compute. No output may hold it.
	secret string
}

// ago is the day of so many days before now, as the launcher takes it.
func ago(days int) string {
	return time.Now().UTC().AddDate(0, 0, -days).Truncate(time.Second).Format(time.RFC3339)
}

// newOrganization makes the organization anew. What stands in it is chosen so that most checks
// fire somewhere and stay silent somewhere else; wanted lists what must be found.
func newOrganization(t *testing.T, m *motoServer) *organization {
	t.Helper()
	m.reset(t)
	o := &organization{moto: m, ids: map[string]string{"management": management}, keys: map[string]string{}, secret: strings.Repeat("q7Z/xT7+Lk2Vw9Rb3", 3)[:40]}
	o.found(t)
	o.seedManagement(t)
	o.seedPayments(t)
	o.seedStaging(t)
	o.seedSandbox(t)
	return o
}

// found makes the organization and its accounts.
func (o *organization) found(t *testing.T) {
	t.Helper()
	client := organizations.New(organizations.Options{
		Region: "us-east-1", BaseEndpoint: &o.moto.url, HTTPClient: as(management),
		Credentials: credentials.NewStaticCredentialsProvider("testing", "testing", ""),
	})
	ctx := context.Background()
	_, err := client.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: "ALL"})
	must(t, err)
	for _, name := range []string{"payments", "staging", "sandbox", "retired"} {
		out, err := client.CreateAccount(ctx, &organizations.CreateAccountInput{
			AccountName: &name, Email: aws.String(name + "@acme.example"),
		})
		must(t, err)
		o.ids[name] = *out.CreateAccountStatus.AccountId
	}
	_, err = client.CloseAccount(ctx, &organizations.CloseAccountInput{AccountId: aws.String(o.ids["retired"])})
	must(t, err)
}

func (o *organization) seedManagement(t *testing.T) {
	a := o.account(t, "management")
	a.root(map[string]any{"created": ago(2500), "password": true, "mfa": true, "password_last_used": ago(400)})

	a.user("ops-admin", 900)
	a.attach("ops-admin", "AdministratorAccess")
	a.key("ops-admin", 400, 1, "ec2")

	a.user("alice@acme.example", 700)
	a.password("alice@acme.example", 300, 2)

	a.user("deployer", 100)
	a.key("deployer", 10, 1, "s3")
}

func (o *organization) seedPayments(t *testing.T) {
	a := o.account(t, "payments")
	a.root(map[string]any{
		"created": ago(2000), "password": true, "password_last_used": ago(500),
		"keys": []any{map[string]any{"active": true, "created": ago(1900), "last_used": ago(1100), "service": "s3"}},
	})

	a.user("billing-export", 500)
	a.key("billing-export", 400, never, "")

	a.user("two-keys", 600)
	a.key("two-keys", 300, 3, "sqs")
	a.key("two-keys", 200, 1, "sqs")
	a.newerFirst("two-keys")

	a.user("ci-old", 800)
	a.key("ci-old", 700, 600, "sts")
	a.deactivate("ci-old", 1)

	a.user("git-mirror", 800) // its CodeCommit credentials are a canned answer: moto has none
	a.sshKey("git-mirror")

	a.user("mailer", 60)
	a.key("mailer", 50, 5, "ses")

	a.seedCompute("two-keys")
}

func (o *organization) seedStaging(t *testing.T) {
	a := o.account(t, "staging")
	a.root(map[string]any{"created": ago(900)}) // a member whose root has no credentials: centralised

	a.user("left-over", 200)

	a.user("scraper", 300)
	a.attach("scraper", "AWSCompromisedKeyQuarantineV3")
	a.key("scraper", 30, 1, "iam")

	a.user("bob@acme.example", 400)
	a.password("bob@acme.example", 400, 120)
	a.mfa("bob@acme.example")

	a.user("worker", 300)
	a.key("worker", 250, 60, "dynamodb")
}

func (o *organization) seedSandbox(t *testing.T) {
	a := o.account(t, "sandbox")
	a.root(map[string]any{"created": ago(900)})
	a.user("newcomer", 3)
	a.user("robot", 40)
	a.key("robot", 20, never, "")
}

// finding is one finding as a line: account, user, check.
type finding struct{ account, user, check string }

// wanted is what an audit of the organization must find, and nothing else.
func (o *organization) wanted() []finding {
	return append(computeFindings("payments", "two-keys"), []finding{
		{"management", "alice@acme.example", "password-without-mfa"},
		{"management", "ops-admin", "aged-access-key"},
		{"payments", "<root_account>", "root-access-key"},
		{"payments", "<root_account>", "root-mfa-missing"},
		{"payments", "billing-export", "unused-access-key"},
		{"payments", "ci-old", "inactive-access-key"},
		{"payments", "ci-old", "orphaned-user"},
		{"payments", "git-mirror", "service-specific-credential"},
		{"payments", "git-mirror", "ssh-public-key"},
		{"payments", "two-keys", "aged-access-key"},
		{"payments", "two-keys", "aged-access-key"},
		{"payments", "two-keys", "duplicate-access-keys"},
		{"staging", "bob@acme.example", "unused-password"},
		{"staging", "left-over", "orphaned-user"},
		{"staging", "scraper", "quarantined-user"},
		{"staging", "worker", "unused-access-key"},
	}...)
}

// member is an account while it is being filled.
type member struct {
	t       *testing.T
	org     *organization
	name    string
	id      string
	client  *iam.Client
	counted map[string]int // keys by user
}

// never says that a key was never used.
const never = -1

func (o *organization) account(t *testing.T, name string) *member {
	t.Helper()
	id := o.ids[name]
	return &member{t: t, org: o, name: name, id: id, counted: map[string]int{}, client: iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: &o.moto.url, HTTPClient: as(id),
		Credentials: credentials.NewStaticCredentialsProvider("testing", "testing", ""),
	})}
}

// as sends requests in the name of an account, the way moto wants to be told.
type as string

func (account as) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Moto-Account-Id", string(account))
	return http.DefaultClient.Do(r)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (a *member) set(key string, value any) {
	a.t.Helper()
	a.org.moto.fixture(a.t, map[string]any{"account": a.id, key: value})
}

func (a *member) setUser(user, key string, value any) {
	a.t.Helper()
	a.set("users", map[string]any{user: map[string]any{key: value}})
}

func (a *member) root(facts map[string]any) { a.t.Helper(); a.set("root", facts) }

// at makes what f makes so many days old.
func (a *member) at(days int, f func()) {
	a.t.Helper()
	a.set("clock", ago(days))
	f()
	a.set("clock", nil)
}

func (a *member) user(name string, days int) {
	a.t.Helper()
	a.at(days, func() {
		_, err := a.client.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name})
		must(a.t, err)
	})
}

func (a *member) attach(user, policy string) {
	a.t.Helper()
	_, err := a.client.AttachUserPolicy(context.Background(), &iam.AttachUserPolicyInput{
		UserName: &user, PolicyArn: aws.String("arn:aws:iam::aws:policy/" + policy),
	})
	must(a.t, err)
}

// key makes a key of an age, used so many days ago.
func (a *member) key(user string, days, used int, service string) {
	a.t.Helper()
	a.at(days, func() {
		out, err := a.client.CreateAccessKey(context.Background(), &iam.CreateAccessKeyInput{UserName: &user})
		must(a.t, err)
		a.counted[user]++
		id := *out.AccessKey.AccessKeyId
		a.org.keys[a.keyName(user, a.counted[user])] = id
		if used != never {
			a.setUser(user, "keys", map[string]any{id: map[string]any{"last_used": ago(used), "service": service}})
		}
	})
}

// newerFirst makes the newer of two keys the one with the smaller id, so that it stands in the
// first slot of the credential report.
func (a *member) newerFirst(user string) {
	a.t.Helper()
	older, newer := a.keyName(user, 1), a.keyName(user, 2)
	keys := a.org.keys
	if keys[newer] < keys[older] {
		return
	}
	keys[older], keys[newer] = keys[newer], keys[older]
	a.setUser(user, "keys", map[string]any{
		keys[older]: map[string]any{"created": ago(300), "last_used": ago(3), "service": "sqs"},
		keys[newer]: map[string]any{"created": ago(200), "last_used": ago(1), "service": "sqs"},
	})
}

func (a *member) keyName(user string, n int) string {
	return a.name + "/" + user + "/" + string(rune('0'+n))
}

func (a *member) deactivate(user string, n int) {
	a.t.Helper()
	_, err := a.client.UpdateAccessKey(context.Background(), &iam.UpdateAccessKeyInput{
		UserName: &user, AccessKeyId: aws.String(a.org.keys[a.keyName(user, n)]), Status: "Inactive",
	})
	must(a.t, err)
}

func (a *member) deleteKey(user string, n int) {
	a.t.Helper()
	_, err := a.client.DeleteAccessKey(context.Background(), &iam.DeleteAccessKeyInput{
		UserName: &user, AccessKeyId: aws.String(a.org.keys[a.keyName(user, n)]),
	})
	must(a.t, err)
}

func (a *member) password(user string, days, used int) {
	a.t.Helper()
	_, err := a.client.CreateLoginProfile(context.Background(), &iam.CreateLoginProfileInput{
		UserName: &user, Password: aws.String("correct horse battery staple"),
	})
	must(a.t, err)
	a.set("users", map[string]any{user: map[string]any{"password_set": ago(days), "password_last_used": ago(used)}})
}

func (a *member) mfa(user string) {
	a.t.Helper()
	ctx := context.Background()
	out, err := a.client.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("phone")})
	must(a.t, err)
	_, err = a.client.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
		UserName: &user, SerialNumber: out.VirtualMFADevice.SerialNumber,
		AuthenticationCode1: aws.String("123456"), AuthenticationCode2: aws.String("654321"),
	})
	must(a.t, err)
}

// publicKey is an SSH key whose private half nobody has kept.
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKf0a1xAovL1cPOvx5sI2yNnPOqY4L1g0E2bJdZyNs0m mirror"

func (a *member) sshKey(user string) {
	a.t.Helper()
	a.at(700, func() {
		_, err := a.client.UploadSSHPublicKey(context.Background(), &iam.UploadSSHPublicKeyInput{
			UserName: &user, SSHPublicKeyBody: aws.String(publicKey),
		})
		must(a.t, err)
	})
}

func (a *member) deletePassword(user string) {
	a.t.Helper()
	_, err := a.client.DeleteLoginProfile(context.Background(), &iam.DeleteLoginProfileInput{UserName: &user})
	must(a.t, err)
}
