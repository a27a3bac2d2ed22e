package awscollect

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/leak"
)

// FuzzUserData: whatever user data is, it is searched within bounds, and each place that is told
// is in the text.
func FuzzUserData(f *testing.F) {
	for _, seed := range [][]byte{script(1), mimed(2, true), mimed(3, false), []byte("H4sI" + strings.Repeat("A", 64)), {0x1f, 0x8b}, nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var h haystack
		h.userData(base64.StdEncoding.EncodeToString(data))
		if len(h.text) > 4*unpackedAtMost+len(data) {
			t.Fatalf("%d bytes are searched", len(h.text))
		}
		s := &sweep{detector: leak.New(leak.Options{})}
		for _, k := range s.keysIn(&h) {
			if k.Where != inventory.InUserData || k.KeyID == "" || k.Variable != "" && !nameForm.MatchString(k.Variable) {
				t.Fatalf("a place that is none: %+v", k)
			}
		}
	})
}

// FuzzAnswers: whatever comes in place of an answer is read or refused, and never ends the run.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte("<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>m</Message></Error></Errors></Response>"))
	f.Add([]byte(`{"__type":"com.amazonaws.x#AccessDeniedException","message":"m"}`))
	f.Add([]byte(`<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		errorIn(http.Header{}, body)
		for _, out := range []any{&instancesPage{}, &userDataPage{}, &templatesPage{}, &configurationsPage{}, &regionsPage{}} {
			_ = unreadable(xml.Unmarshal(body, out))
		}
	})
}

func TestErrorIn(t *testing.T) {
	for _, tt := range []struct{ header, body, code, message string }{
		{"", "<Response><Errors><Error><Code>A</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>", "A", "m"},
		{"", " \n<ErrorResponse><Error><Type>Sender</Type><Message>m</Message><Code>A</Code></Error></ErrorResponse>", "A", "m"},
		{"", `{"__type":"com.amazonaws.ecs#A","message":"m"}`, "A", "m"},
		{"A:http://internal/", `{"message":"m","code":"B"}`, "A", "m"},
		{"", `{"code":"A"}`, "A", ""},
		{"", "<!doctype html><title>500</title>", "", ""},
		{"", "", "", ""},
	} {
		code, message := errorIn(http.Header{"X-Amzn-Errortype": {tt.header}}, []byte(tt.body))
		if code != tt.code || message != tt.message {
			t.Errorf("%.40q: %q, %q", tt.body, code, message)
		}
	}
}

func TestNameBefore(t *testing.T) {
	for text, want := range map[string]string{
		"export AWS_KEY=":              "AWS_KEY",
		"a: 1\nAWS_KEY: ":              "AWS_KEY",
		`{"accessKeyId": "`:            "accessKeyId",
		"key := '":                     "key",
		"'key' => '":                   "key",
		"aws configure set key ":       "",
		"KEY=\n":                       "",
		"":                             "",
		strings.Repeat("x", 200) + "=": "", // it may be anything
	} {
		if got := nameBefore([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestShowable(t *testing.T) {
	var got []string
	for _, name := range []string{"AWS_KEY", "a.b-c", "", "1a", "a b", "a/b", "a\nb", "@team", strings.Repeat("Ab3", 14), strings.Repeat("a_", 65), "ünïcode"} {
		got = append(got, showable(name))
	}
	if diff := cmp.Diff([]string{"AWS_KEY", "a.b-c", "", "", "", "", "", "", "", "", ""}, got); diff != "" {
		t.Error(diff)
	}
}

// The text of a resource is gone once it was searched.
func TestHaystackIsWiped(t *testing.T) {
	var h haystack
	h.variable(inventory.InEnvironment, "", "SECRET", plantedSecret(1))
	text := h.text
	(&sweep{detector: leak.New(leak.Options{})}).keysIn(&h)
	if bytes.Contains(text, []byte(plantedSecret(1))) {
		t.Error("the text is still there")
	}
}

// User data that grows without end, or into itself, is searched as far as the bounds go.
func TestUserDataBounds(t *testing.T) {
	bomb := gz(t, bytes.Repeat([]byte("A"), 64<<20))
	nested := script(1)
	for range 12 {
		nested = []byte("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(nested) + "\n--b--\n")
	}
	for name, data := range map[string][]byte{"bomb": bomb, "nested": nested} {
		var h haystack
		h.unpacked(inventory.InUserData, data)
		if len(h.text) > 2*unpackedAtMost {
			t.Errorf("%s: %d bytes", name, len(h.text))
		}
	}
}
