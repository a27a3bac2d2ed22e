// Trimopenapi cuts GitHub's OpenAPI description down to the operations that keysweep
// and its tests speak, so that a copy small enough to be read in a review can be kept in the repository.
//
// The description comes from npm, package @octokit/openapi:
//
//	npm pack @octokit/openapi@23.0.2
//	tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
//	go run ./internal/ghfake/trimopenapi package/generated/api.github.com.json internal/ghfake/openapi.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: trimopenapi IN OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "trimopenapi:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("reading %q: %w", in, err)
	}
	small, err := trim(doc, operations)
	if err != nil {
		return fmt.Errorf("trimming %q: %w", in, err)
	}
	data, err = json.MarshalIndent(small, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(data, '\n'), 0o644)
}
