package leak

import (
	"encoding/base64"
	"testing"
)

func find(t testing.TB, opts Options, data string) (hits []Hit) {
	t.Helper()
	New(opts).Find([]byte(data), func(h Hit) { hits = append(hits, h) })
	return hits
}

func TestFirst(t *testing.T) {
	id := "AKIASP2TPHJSQH3FJRUX"
	b := base64.StdEncoding.EncodeToString([]byte("[default]\naws_access_key_id = " + id + "\n"))
	for _, s := range []string{id, "x\n key=" + id, b, base64.StdEncoding.EncodeToString([]byte(b))} {
		t.Logf("%+v", find(t, Options{}, s))
	}
}
