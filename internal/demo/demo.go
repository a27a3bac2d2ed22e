// Package demo holds a sample organization: saved inventories and a policy file, as a user
// would have them. It is there to be looked at, and for tests of the whole path.
package demo

import (
	"embed"
	"fmt"
	"path"

	"github.com/keysweep/keysweep/internal/inventory"
)

//go:embed data
var data embed.FS

// Accounts are the sample's saved inventories, by account id.
func Accounts() ([]*inventory.Account, error) {
	entries, err := data.ReadDir("data")
	if err != nil {
		return nil, err
	}
	var out []*inventory.Account
	for _, e := range entries {
		if path.Ext(e.Name()) != ".json" {
			continue
		}
		text, err := data.ReadFile("data/" + e.Name())
		if err != nil {
			return nil, err
		}
		a, err := inventory.Decode(e.Name(), text)
		if err != nil {
			return nil, fmt.Errorf("sample organization: %w", err)
		}
		out = append(out, a)
	}
	return out, nil
}

// Policy is the sample's policy file.
func Policy() []byte {
	text, err := data.ReadFile("data/keysweep.yml")
	if err != nil {
		return nil // it is embedded: the build fails without it
	}
	return text
}
