package awscollect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The services of compute are reached through the SDK's signer, transport and retryer, without
// their packages: of services with hundreds of operations one or two are called, and the
// packages of all of them would more than double the program.

// service is how one AWS service is spoken to.
type service struct {
	// name is that of its actions and of its signatures.
	name string
	// id is the SDK's name for it, by which AWS_ENDPOINT_URL_… and the shared config file name
	// its endpoint.
	id string
	// version makes it the query protocol, target JSON with an X-Amz-Target, of version json;
	// with neither it is REST.
	version, target, json string
	// host begins its endpoint, with %s where -fips goes, if the name does not; empty: the name.
	host string
}

// wire makes calls to one service in one region with the credentials of one account.
type wire struct {
	cfg     aws.Config
	service *service
	region  string
	now     func() time.Time
}

// letter is one request before it is signed.
type letter struct {
	method, path string
	query        url.Values
	kind, target string // Content-Type and X-Amz-Target
	body         []byte
	raw          bool // the path is signed as it is sent, and the hash of the body too: as S3 has it
	atMost       int  // of the answer, in bytes; zero: answerAtMost
}

// answerAtMost bounds what is read of one answer: the largest page that AWS gives is a tenth of it.
const answerAtMost = 64 << 20

// query makes a call of the query protocol; out takes the XML below the root element.
func (w *wire) query(ctx context.Context, operation string, form url.Values, out any) error {
	form.Set("Action", operation)
	form.Set("Version", w.service.version)
	body, err := w.send(ctx, letter{method: http.MethodPost, path: "/", kind: "application/x-www-form-urlencoded; charset=utf-8", body: []byte(form.Encode())})
	if err != nil {
		return err
	}
	if !isAnswer(body) {
		return unreadable(errors.New("it is none of the query protocol"))
	}
	return unreadable(xml.Unmarshal(body, out))
}

// isAnswer reports whether XML is an answer to a query: DescribeStacksResponse. In any other, such as the page of a
// proxy, nothing would be found, which is not the same as that there is nothing.
func isAnswer(body []byte) bool {
	for d := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if root, ok := token.(xml.StartElement); ok {
			return strings.HasSuffix(root.Name.Local, "Response") && root.Name.Local != "ErrorResponse"
		}
	}
}

// json makes a call of the JSON protocol.
func (w *wire) json(ctx context.Context, operation string, in, out any) error {
	text, err := json.Marshal(in)
	if err != nil {
		return unreadable(err)
	}
	body, err := w.send(ctx, letter{
		method: http.MethodPost, path: "/", kind: "application/x-amz-json-" + w.service.json, target: w.service.target + "." + operation, body: text,
	})
	if err != nil {
		return err
	}
	return unreadable(json.Unmarshal(body, out))
}

// get makes a call of a REST service.
func (w *wire) get(ctx context.Context, path string, query url.Values, out any) error {
	body, err := w.send(ctx, letter{method: http.MethodGet, path: path, query: query})
	if err != nil {
		return err
	}
	return unreadable(json.Unmarshal(body, out))
}

// post makes a call of a REST service that takes JSON.
func (w *wire) post(ctx context.Context, path string, in, out any) error {
	text, err := json.Marshal(in)
	if err != nil {
		return unreadable(err)
	}
	body, err := w.send(ctx, letter{method: http.MethodPost, path: path, kind: "application/json", body: text})
	if err != nil {
		return err
	}
	return unreadable(json.Unmarshal(body, out))
}

// object gets an object of a bucket by its path. The bucket may be of another region than the one that
// is asked; S3 then names it.
func (w wire) object(ctx context.Context, path string, atMost int) ([]byte, error) {
	l := letter{method: http.MethodGet, path: path, raw: true, atMost: atMost}
	body, err := w.send(ctx, l)
	var failed *awshttp.ResponseError
	if errors.As(err, &failed) && failed.Response != nil {
		home := failed.Response.Header.Get("X-Amz-Bucket-Region")
		if home != w.region && regionForm.MatchString(home) && partitionOf(home) == partitionOf(w.region) {
			w.region = home
			return w.send(ctx, l)
		}
	}
	return body, err
}

// unreadable hides what a decoder says: its words may hold a piece of the answer.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: CodeFault, Cause: "the answer could not be read"}
}

// send makes the attempts of one call and gives the body of the answer.
func (w *wire) send(ctx context.Context, l letter) ([]byte, error) {
	address, err := w.address(ctx)
	if err != nil {
		return nil, err
	}
	retryer := w.cfg.Retryer()
	for attempt := 1; ; attempt++ {
		body, err := w.attempt(ctx, address, l)
		if err == nil {
			return body, nil
		}
		if ctx.Err() != nil || attempt >= retryer.MaxAttempts() || !retryer.IsErrorRetryable(err) {
			return nil, err
		}
		pause, over := retryer.RetryDelay(attempt, err)
		if over != nil {
			return nil, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// attempt signs the request and sends it once.
func (w *wire) attempt(ctx context.Context, address *url.URL, l letter) ([]byte, error) {
	u := *address
	u.Path = strings.TrimSuffix(u.Path, "/") + l.path
	u.RawPath = httpbinding.EscapePath(u.Path, false)
	u.RawQuery = l.query.Encode()
	req, err := http.NewRequestWithContext(ctx, l.method, u.String(), bytes.NewReader(l.body))
	if err != nil {
		return nil, &Error{Code: CodeInput, Cause: "the endpoint of " + w.service.name + " is no URL", Hint: "look at AWS_ENDPOINT_URL"}
	}
	if l.kind != "" {
		req.Header.Set("Content-Type", l.kind)
	}
	if l.target != "" {
		req.Header.Set("X-Amz-Target", l.target)
	}
	creds, err := w.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(l.body)
	hash := hex.EncodeToString(sum[:])
	if l.raw {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	asSent := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = l.raw }
	if err := v4.NewSigner().SignHTTP(ctx, creds, req, hash, w.service.name, w.region, w.now(), asSent); err != nil {
		return nil, &Error{Code: CodeFault, Cause: "the request could not be signed"}
	}
	resp, err := w.cfg.HTTPClient.Do(req)
	return receive(resp, err, orElse(l.atMost, answerAtMost))
}

// receive reads an answer to its end, or makes an error of it as the SDK's clients do, so that
// the retryer and describe take it for one of theirs.
func receive(resp *http.Response, err error, atMost int) ([]byte, error) {
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(atMost)+1))
	switch {
	case err != nil:
		return nil, &smithyhttp.RequestSendError{Err: err}
	case len(body) > atMost:
		return nil, &Error{Code: CodeFault, Cause: "the answer is larger than any that AWS gives"}
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return body, nil
	}
	code, message := errorIn(resp.Header, body)
	inner := error(&smithy.GenericAPIError{Code: code, Message: message})
	if code == "" {
		inner = errors.New("an answer without an error code")
	}
	return nil, &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: inner}}
}

// errorIn finds the code and the message of an error in any of the protocols.
func errorIn(header http.Header, body []byte) (code, message string) {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return errorInXML(body)
	}
	var e struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &e) // what is no JSON has no code
	for _, word := range []string{header.Get("X-Amzn-Errortype"), e.Type, e.Code} {
		word, _, _ = strings.Cut(word, ":")
		if word = word[strings.LastIndexByte(word, '#')+1:]; word != "" {
			return word, e.Message
		}
	}
	return "", e.Message
}

// errorInXML takes the first code and message, at whatever depth: the services differ in it.
func errorInXML(body []byte) (code, message string) {
	d := xml.NewDecoder(bytes.NewReader(body))
	for code == "" || message == "" {
		token, err := d.Token()
		if err != nil {
			break
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "Code" && start.Name.Local != "Message" {
			continue
		}
		var text string
		if d.DecodeElement(&text, &start) != nil {
			break
		}
		if start.Name.Local == "Code" && code == "" {
			code = text
		} else if start.Name.Local == "Message" && message == "" {
			message = text
		}
	}
	return code, message
}

// address is the endpoint of the service: the one that the environment or the shared config
// file gives, or AWS's own.
func (w *wire) address(ctx context.Context) (*url.URL, error) {
	text := w.configured(ctx)
	if text == "" {
		suffix := "amazonaws.com"
		if partitionOf(w.region) == "aws-cn" {
			suffix += ".cn"
		}
		text = fmt.Sprintf("https://%s.%s.%s", fmt.Sprintf(orElse(w.service.host, w.service.name+"%s"), w.fips(ctx)), w.region, suffix)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, &Error{Code: CodeInput, Cause: "the endpoint of " + w.service.name + " is no URL", Hint: "look at AWS_ENDPOINT_URL"}
	}
	return u, nil
}

// configured looks where the SDK's clients look.
func (w *wire) configured(ctx context.Context) string {
	ignore, _ := source(w.cfg, func(p interface {
		GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error)
	},
	) (bool, bool, error) {
		return p.GetIgnoreConfiguredEndpoints(ctx)
	})
	if ignore {
		return ""
	}
	own, ok := source(w.cfg, func(p interface {
		GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
	},
	) (string, bool, error) {
		return p.GetServiceBaseEndpoint(ctx, w.service.id)
	})
	if ok {
		return own
	}
	return aws.ToString(w.cfg.BaseEndpoint)
}

func (w *wire) fips(ctx context.Context) string {
	state, _ := source(w.cfg, func(p interface {
		GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error)
	},
	) (aws.FIPSEndpointState, bool, error) {
		return p.GetUseFIPSEndpoint(ctx)
	})
	if state == aws.FIPSEndpointStateEnabled {
		return "-fips"
	}
	return ""
}

// source asks the sources of a configuration, in their order, for a value.
func source[P, T any](cfg aws.Config, ask func(P) (T, bool, error)) (value T, found bool) {
	for _, s := range cfg.ConfigSources {
		if p, ok := s.(P); ok {
			if v, has, err := ask(p); err == nil && has {
				return v, true
			}
		}
	}
	return value, false
}
