package leak

import "testing"

func TestKeyAccount(t *testing.T) {
	tests := []struct {
		id, account string
		ok          bool
	}{
		{"ASIAY34FZKBOKMUTVV7A", "609629065308", true},
		{"ASIAQNZGKIQY56JQ7WML", "029608264753", true}, // the zero stays
		{"AIDAW2B2YYMNYLMPFD64V", "468274692891", true},
		{"AKIA6RVFFB77RE7OLMKI", "999999999999", true},
		{"AKIASP2TPHJSQH3FJRUX", "171436882533", true},
		{"akiasp2tphjsqh3fjrux", "171436882533", true},
		{"AKIAIOSFODNN7EXAMPLE", "", false}, // of the old generation
		{"AKIAI44QH8DHBEXAMPLE", "", false}, // 8 is no base32
		{"AKIA7777777777777777", "", false}, // more than twelve digits
		{"AKIASP2TPHJSQH3FJRU", "", false},
		{"AKIA", "", false},
		{"", "", false},
		{"AKIAé2TPHJSQH3FJRUXX", "", false},
	}
	for _, tt := range tests {
		account, ok := KeyAccount(tt.id)
		if account != tt.account || ok != tt.ok {
			t.Errorf("KeyAccount(%q) = %q, %v; want %q, %v", tt.id, account, ok, tt.account, tt.ok)
		}
	}
}

func TestMask(t *testing.T) {
	for id, want := range map[string]string{
		"": "", "AKIASP2TPHJ": "…", "AKIASP2TPHJSQH3FJRUX": "AKIA…JRUX",
	} {
		if got := Mask(id); got != want {
			t.Errorf("Mask(%q) = %q, want %q", id, got, want)
		}
	}
}
