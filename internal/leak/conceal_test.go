package leak

import (
	"strings"
	"testing"
)

func TestConceal(t *testing.T) {
	secret := testSecret(8)
	plain := strings.ReplaceAll(secret, "/", "x")
	key := apiKey("ABSK", "BedrockAPIKey-0g4z", "111122223333", testSecret(9))
	for name, want := range map[string]string{
		"":                        "",
		"src/a.env":               "src/a.env",
		plain:                     "[secret]",
		secret:                    "[secret]",
		"d-" + plain + "/f":       "d-[secret]/f",
		"d/" + secret:             "d/[secret]",
		"d/" + plain + "/f":       "d/[secret]/f",
		testID + "_" + secret:     testID + "_[secret]",
		"keys/" + key + ".txt":    "keys/[secret]" + strings.Repeat("=", strings.Count(key, "=")) + ".txt",
		strings.Repeat("0af", 27): strings.Repeat("0af", 27),
		"objects/5f1d7a84db00d2fce00b31a7fc73224f2c1a0b9d":                          "objects/5f1d7a84db00d2fce00b31a7fc73224f2c1a0b9d",
		"src/main/java/com/example/app2/AbstractSingletonProxyFactoryBeanTest.java": "src/main/java/com/example/app2/AbstractSingletonProxyFactoryBeanTest.java",
	} {
		if got := Conceal(name); got != want {
			t.Errorf("Conceal(%q) = %q, want %q", name, got, want)
		}
	}
}
