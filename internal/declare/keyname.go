package declare

import (
	"slices"
	"strings"
)

// What the entries of configuration files are called that hold the id of an access key, and what only
// looks like them.

// plainName leaves the letters and digits of a name, in lower case: AWS_ACCESS_KEY_ID and
// aws-access-key-id are the same.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return -1
	}, name)
}

// otherHalves are what names of the secret half of a key hold.
var otherHalves = []string{"secretaccesskey", "secretkey", "keysecret", "keyidsecret"}

// aboutKeys are what names go on with that speak about keys: their age, where they are kept.
var aboutKeys = []string{"age", "rotat", "expir", "file", "path", "alias", "status", "polic", "enabled", "metadata", "max", "needed", "required", "unused"}

// namesKey says whether a name says of itself that it holds the id of an access key of AWS.
func namesKey(name string) bool {
	p := plainName(name)
	if !strings.Contains(p, "aws") || !holdsKeyWord(p) && !strings.Contains(p, "awskeyid") {
		return false
	}
	return !otherCloud(name)
}

// mayNameKey says whether a name can hold the id of an access key, of AWS or of somebody else.
func mayNameKey(name string) bool {
	return holdsKeyWord(plainName(name)) && !otherCloud(name)
}

// keyName is what a name says of itself.
type keyName struct{ surely, maybe, other bool }

// named judges a name once: the same few stand in a file again and again.
func (w *useWalker) named(name string) keyName {
	is, known := w.names[name]
	if !known {
		is = keyName{namesKey(name), mayNameKey(name), otherCloud(name)}
		if w.names != nil {
			w.names[name] = is
		}
	}
	return is
}

func holdsKeyWord(plain string) bool {
	_, rest, ok := strings.Cut(plain, "accesskey")
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "s"), "id")
	return ok && !slices.ContainsFunc(otherHalves, func(w string) bool { return strings.Contains(plain, w) }) &&
		!slices.ContainsFunc(aboutKeys, func(w string) bool { return strings.HasPrefix(rest, w) })
}

// otherClouds are words of names and addresses that stand for others who speak S3's language, and for
// simulators: their keys are not of IAM.
var otherClouds = []string{
	"r2", "minio", "digitalocean", "spaces", "wasabi", "backblaze", "b2", "cloudflare", "scaleway", "scw", "ovh", "linode", "akamai",
	"aliyun", "alibaba", "oss", "tencent", "cos", "yandex", "yc", "hetzner", "supabase", "tigris", "idrive", "ceph", "garage", "storj",
	"vultr", "exoscale", "selectel", "gcs", "gcp", "localstack", "moto", "elasticmq", "rustfs", "seaweedfs", "dynamodb-local", "localhost",
}

func otherCloud(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9')
	})
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(otherClouds, w) })
}

// isKeyID says whether a text is the id of an access key and nothing else, though not an example.
func isKeyID(s string) bool {
	found := false
	keyIDs([]byte(s), func(id string, _ int) { found = id == s })
	return found
}

// endpointName says whether an entry of that name says which service is spoken to instead of AWS.
func endpointName(name string) bool {
	if !strings.Contains(name, "ndpoint") && !strings.Contains(name, "NDPOINT") {
		return false
	}
	p := plainName(name)
	return p == "endpoint" || p == "endpointurl" || strings.Contains(p, "aws") || strings.Contains(p, "s3") ||
		strings.Contains(p, "sqs") || strings.Contains(p, "dynamo") || strings.Contains(p, "bucket")
}

// namesSession says whether an entry of that name holds the token of a session: then the key beside it is
// a temporary one.
func namesSession(name string) bool {
	return (strings.Contains(name, "ession") || strings.Contains(name, "ESSION")) && plainName(name) == "awssessiontoken"
}
