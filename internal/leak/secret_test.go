package leak

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// TestSecretNearby: within 20 lines, or anywhere in a file of one id.
func TestSecretNearby(t *testing.T) {
	secret := testSecret(2)
	lines := func(n int) string { return strings.Repeat("some line\n", n) }
	for _, tt := range []struct {
		name, text string
		want       bool
		confidence Confidence
	}{
		{"none", testID, false, Likely},
		{"same line", testID + ":" + secret, true, Certain},
		{"before it", secret + " " + testID, true, Certain},
		{"5 lines on", testID + "\n" + lines(4) + secret, true, Certain},
		{"6 lines on", testID + "\n" + lines(5) + secret, true, Likely},
		{"20 lines on, another id", testOld + "\n" + lines(40) + testID + "\n" + lines(19) + secret, true, Likely},
		{"21 lines on, another id", testOld + "\n" + lines(40) + testID + "\n" + lines(20) + secret, false, Likely},
		{"5 lines before", secret + "\n" + lines(4) + testID, true, Certain},
		{"6 lines before", secret + "\n" + lines(5) + testID, true, Likely},
		{"far away, the only id", testID + "\n" + lines(20_000) + secret, true, Likely},
		{"far away, the only id twice", testID + "\n" + lines(20_000) + secret + "\n" + lines(20_000) + testID, true, Likely},
		{"far away, another id", testOld + "\n" + lines(20_000) + secret + "\n" + lines(20_000) + testID, false, Likely},
		{"of documentation", testID + " " + secret[:30] + "EXAMPLEKEY", false, Likely},
		{"all hexadecimal", testID + " " + strings.Repeat("0aB3cD5e", 5), false, Likely},
		{"of few letters", testID + " " + strings.Repeat("xYz1", 10), false, Likely},
		{"too long", testID + " " + secret + "a", false, Likely},
		{"too short", testID + " " + secret[1:], false, Likely},
		{"alone in base64", testID + "\n" + inBase64(secret), true, Certain},
		{"both in base64, as in a Kubernetes secret", "id: " + inBase64(testID) + "\nkey: " + inBase64(secret) + "\n", true, Certain},
		{"a file in base64", inBase64("id = " + testID + "\n" + lines(3) + "key = " + secret + "\n"), true, Certain},
		{"a file in base64, 6 lines on", inBase64("id = " + testID + "\n" + lines(5) + "key = " + secret + "\n"), true, Likely},
		{"a file in base64, before it", inBase64("key = " + secret + "\n" + lines(3) + "id = " + testID + "\n"), true, Certain},
		{"a file in base64 twice", inBase64(inBase64("id = " + testID + "\nkey = " + secret + "\n")), true, Certain},
		{"a file in lines of base64", wrap(inBase64("id = "+testID+"\nkey = "+secret+"\n"), 76, "\n"), true, Certain},
		{"in hexadecimal", inHex("id = " + testID + "\nkey = " + secret + "\n"), true, Certain},
		{"in UTF-16", utf16le("id = " + testID + "\r\nkey = " + secret + "\r\n"), true, Certain},
		{"in UTF-16, far away", utf16le("id = " + testID + "\r\n" + lines(3000) + secret + "\r\n"), true, Likely},
		{"as escapes", perByte(`\u%04x`, "")("id = " + testID + "\nkey = " + secret + "\n"), true, Certain},
		{"as numbers", perByte("%d", ", ")("id = " + testID + "\nkey = " + secret + "\n"), true, Certain},
	} {
		for how, hits := range map[string][]Hit{"Find": find(t, Options{}, tt.text), "Stream": stream(t, Options{}, tt.text, 5000)} {
			last := len(hits) - 1
			if last < 0 || hits[last].ID != testID || hits[last].SecretNearby != tt.want || hits[last].Confidence != tt.confidence {
				t.Errorf("%s, %s: found %+v, want secret %v, %s", tt.name, how, hits, tt.want, tt.confidence)
			}
		}
	}
}

// TestNoSecretLeaves: whatever way a secret is written and wherever it stands, no part of it is in
// what comes out: not in a field of any type, not in any rendering.
func TestNoSecretLeaves(t *testing.T) {
	secrets := []string{testSecret(3), testSecret(4)}
	plain := "[default]\naws_access_key_id = " + testID + "\naws_secret_access_key = " + secrets[0] + "\n"
	var texts []string
	for _, e := range encodings {
		texts = append(texts, e.encode(plain), e.encode(secrets[1]+testID+secrets[0]), e.encode(apiKey("ABSK", "BedrockAPIKey-ab12", "111122223333", secrets[0])))
	}
	n := 0
	for _, text := range texts {
		for _, h := range append(find(t, Options{Known: func(string) bool { return true }}, text), stream(t, Options{}, text, 11)...) {
			n++
			rendered, err := json.Marshal(h)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range secrets {
				for i := 0; i+6 <= len(s); i++ {
					if part := s[i : i+6]; strings.Contains(string(rendered)+fmt.Sprintf("%#v", h), part) {
						t.Fatalf("%q of the secret is in %s", part, rendered)
					}
				}
			}
		}
	}
	if n < len(texts) {
		t.Errorf("only %d hits in %d texts: they prove nothing", n, len(texts))
	}
}

// TestHitHoldsNoText: every field of a hit that could hold text is one that is made of an id, or
// one of a few words. A new one must be thought over.
func TestHitHoldsNoText(t *testing.T) {
	allowed := map[string]reflect.Kind{
		"ID": reflect.String, "Offset": reflect.Int64, "Line": reflect.Int, "Encoding": reflect.String, "SecretNearby": reflect.Bool,
		"Confidence": reflect.String, "Kind": reflect.String, "AccountID": reflect.String, "Canary": reflect.String, "Flanked": reflect.Bool,
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Hit]()) {
		if kind, ok := allowed[f.Name]; !ok || f.Type.Kind() != kind {
			t.Errorf("field %s %s: can it hold a secret?", f.Name, f.Type)
		}
	}
}
