package awscollect

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// objectsAt is a wire to a server of objects.
func objectsAt(t *testing.T, answer http.HandlerFunc) wire {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return wire{
		cfg: aws.Config{
			BaseEndpoint: &s.URL, HTTPClient: s.Client(), Credentials: credentials.NewStaticCredentialsProvider("ASIAX", "s", "t"),
			Retryer: func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), 1) },
		},
		service: fileService, region: "eu-west-1", now: func() time.Time { return now },
	}
}

// A bucket of another region of the partition is asked there, once.
func TestObjectOfAnotherRegion(t *testing.T) {
	for home, asked := range map[string]int{"eu-north-1": 2, "eu-west-1": 1, "cn-north-1": 1, "evil.example.com/x": 1, "": 1} {
		n := 0
		w := objectsAt(t, func(w http.ResponseWriter, r *http.Request) {
			n++
			if r.URL.EscapedPath() != "/b/a%20b/c%2Bd%3D.env" || r.Header.Get("X-Amz-Content-Sha256") == "" || r.Header.Get("X-Amz-Security-Token") != "t" {
				t.Errorf("%s with %v", r.URL.EscapedPath(), r.Header)
			}
			if strings.Contains(r.Header.Get("Authorization"), "/eu-north-1/s3/aws4_request") {
				_, _ = io.WriteString(w, "K=v")
				return
			}
			w.Header().Set("X-Amz-Bucket-Region", home)
			w.WriteHeader(http.StatusMovedPermanently)
		})
		body, err := w.object(t.Context(), "/b/a b/c+d=.env", 10)
		if n != asked || (err == nil) != (asked == 2) || asked == 2 && string(body) != "K=v" {
			t.Errorf("%q: %d requests, %q, %v", home, n, body, err)
		}
	}
}

// A file is read up to its bound and not beyond.
func TestObjectAtMost(t *testing.T) {
	for size, fits := range map[int]bool{0: true, 99: true, 100: true, 101: false, 100000: false} {
		w := objectsAt(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", size)) })
		if body, err := w.object(t.Context(), "/b/k", 100); (err == nil) != fits || fits && len(body) != size {
			t.Errorf("%d bytes: %d read, %v", size, len(body), err)
		}
	}
}

// What names an environment file in another way is not asked for.
func TestFileOf(t *testing.T) {
	r := &region{sweep: &sweep{v: &visit{c: &Collector{partition: "aws"}}}}
	for arn, want := range map[string]envFile{
		"arn:aws:s3:::conf/app.env":       {"conf", "app.env"},
		"arn:aws:s3:::conf/a/b c.env":     {"conf", "a/b c.env"},
		"arn:aws-cn:s3:::conf/app.env":    {},
		"arn:aws:s3:::conf":               {},
		"arn:aws:s3:::/app.env":           {},
		"arn:aws:s3:::../app.env?x":       {},
		"arn:aws:s3:::a@evil.example/k":   {},
		"https://evil.example/conf/k.env": {},
	} {
		if got, ok := r.fileOf(arn); ok != (want != envFile{}) || ok && got != want {
			t.Errorf("%s: %+v, %v", arn, got, ok)
		}
	}
}
