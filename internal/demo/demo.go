// Package demo holds a sample organization: saved inventories, a policy file and the workflows of
// its repositories, as a user would have them. It is there to be looked at, and for tests of the whole path.
package demo

import (
	"embed"
	"fmt"
	"path"

	"github.com/keysweep/keysweep/internal/inventory"
	"github.com/keysweep/keysweep/internal/migrate"
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

// Repositories are the sample's repositories, with the workflows in which they take keys. The numbers are
// those that GitHub would give them.
func Repositories() ([]migrate.Repository, error) {
	out := []migrate.Repository{
		{Name: "acme/infrastructure", ID: "700000001", OwnerID: "70000001", DefaultBranch: "main"},
		{Name: "acme/website", ID: "700000002", OwnerID: "70000001", DefaultBranch: "main"},
	}
	for i := range out {
		r := &out[i]
		folder := path.Join("data/workflows", path.Base(r.Name))
		entries, err := data.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			text, err := data.ReadFile(path.Join(folder, e.Name()))
			if err != nil {
				return nil, err
			}
			r.Files = append(r.Files, migrate.File{Path: ".github/workflows/" + e.Name(), Text: text})
		}
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
