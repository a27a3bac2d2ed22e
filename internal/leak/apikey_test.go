package leak

import (
	"strings"
	"testing"
)

// apiKey makes the long-term API key of a service.
func apiKey(capitals, user, account, secret string) string {
	return capitals + inBase64(user+"-at-"+account+":"+secret+"=")
}

// sessionKey makes an API key for hours: a signed URL.
func sessionKey(prefix, service, id string) string {
	return prefix + inBase64(service+".amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+id+
		"%2F20261124%2Fus-east-1%2Fbedrock%2Faws4_request&X-Amz-Date=20261124T000000Z&X-Amz-Expires=43200&X-Amz-Signature="+strings.Repeat("0123abcd", 8)+"&Version=1")
}

func TestAPIKeys(t *testing.T) {
	const account = "111122223333"
	secret := testSecret(5) + "ab"
	bedrock := apiKey("ABSK", "BedrockAPIKey-0g4z", account, secret)
	name := "BedrockAPIKey-0g4z-at-" + account
	long := strings.Repeat("n", 64)
	for _, tt := range []struct {
		name, text string
		want       Hit
	}{
		{"alone", bedrock, Hit{ID: name, Kind: Bedrock, Encoding: Plain}},
		{"assigned", "export AWS_BEARER_TOKEN_BEDROCK=" + bedrock + "\n", Hit{ID: name, Kind: Bedrock, Encoding: Plain}},
		{"in a header", "Authorization: Bearer " + bedrock + "\r\n", Hit{ID: name, Kind: Bedrock, Encoding: Plain}},
		{"after a slash", "s3cr3t/store/" + bedrock, Hit{ID: name, Kind: Bedrock, Encoding: Plain}},
		{"without padding", strings.TrimRight(bedrock, "="), Hit{ID: name, Kind: Bedrock, Encoding: Plain}},
		{"in base64", "token: " + inBase64(bedrock), Hit{ID: name, Kind: Bedrock, Encoding: Base64}},
		{"in base64, shifted by one", inBase64("=" + bedrock), Hit{ID: name, Kind: Bedrock, Encoding: Base64}},
		{"in base64, shifted by two", inBase64("k=" + bedrock), Hit{ID: name, Kind: Bedrock, Encoding: Base64}},
		{"in a file of UTF-16", "\xff\xfe" + utf16le("key="+bedrock), Hit{ID: name, Kind: Bedrock, Encoding: UTF16}},
		{"of Claude", apiKey("AEAA", "AeaApiKey-76ix6tko", account, secret), Hit{ID: "AeaApiKey-76ix6tko-at-" + account, Kind: Claude, Encoding: Plain}},
		{"of Claude in base64", inBase64(apiKey("AEAA", "AeaApiKey-76ix6tko", account, secret)), Hit{ID: "AeaApiKey-76ix6tko-at-" + account, Kind: Claude, Encoding: Base64}},
		{"of another service", apiKey("ACWL", "logs-user", account, secret), Hit{ID: "logs-user-at-" + account, Kind: Service, Encoding: Plain}},
		{"of the longest name", apiKey("ABSK", long, account, secret), Hit{ID: long + "-at-" + account, Kind: Bedrock, Encoding: Plain}},
		{"of the shortest name", apiKey("ABSK", "n", account, secret), Hit{ID: "n-at-" + account, Kind: Bedrock, Encoding: Plain}},
		{"for hours", sessionKey("bedrock-api-key-", "bedrock", testASIA), Hit{ID: testASIA, Kind: Bedrock, Encoding: Base64}},
		{"for hours, of Claude", "k='" + sessionKey("aws-external-anthropic-api-key-", "aws-external-anthropic", testASIA) + "'", Hit{ID: testASIA, Kind: Claude, Encoding: Base64}},
	} {
		tt.want.AccountID, tt.want.Confidence, tt.want.SecretNearby = account, Certain, true
		for pad := range 90 {
			hits := find(t, Options{}, strings.Repeat("line\n", pad/2)+strings.Repeat(" ", pad)+tt.text)
			if strings.HasPrefix(tt.text, "\xff\xfe") {
				hits = find(t, Options{}, tt.text)
			}
			if len(hits) != 1 {
				t.Fatalf("%s: found %+v", tt.name, hits)
			}
			got := hits[0]
			got.Line, got.Offset = 0, 0
			if got != tt.want {
				t.Fatalf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
			}
		}
	}
}

func TestNoAPIKeys(t *testing.T) {
	secret := testSecret(6) + "ab"
	for _, text := range []string{
		apiKey("ABSK", "BedrockAPIKey-0g4z", "11112222333", secret),   // eleven digits
		apiKey("ABSK", "BedrockAPIKey-0g4z", "1111222233334", secret), // thirteen
		apiKey("ABSK", "Bedrock API", "111122223333", secret),
		apiKey("ABSK", strings.Repeat("n", 65), "111122223333", secret),
		apiKey("aBSK", "BedrockAPIKey-0g4z", "111122223333", secret),
		"x" + apiKey("ABSK", "BedrockAPIKey-0g4z", "111122223333", secret),
		"ABSKQmVkcm9ja0FQSUtleS0...", // of documentation
		"ABSK" + strings.Repeat("A", 132),
		sessionKey("bedrock-api-key-", "bedrock", "ASIAIOSFODNN7EXAMPLE"),
		"bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t",
	} {
		if hits := find(t, Options{}, text); len(hits) != 0 {
			t.Errorf("in %q: found %+v", text, hits)
		}
	}
}
