package report

import "fmt"

// Files are the files of the report folder that this package makes, by name. Code scanning
// shows findings at source, the policy file, or the workflow where there is none.
func Files(d Data, source Location) (map[string][]byte, error) {
	files := map[string][]byte{"summary.md": []byte(Summary(d))}
	for name, render := range map[string]func(Data) ([]byte, error){
		"findings.json":  JSON,
		"findings.csv":   CSV,
		"findings.sarif": func(d Data) ([]byte, error) { return SARIF(d, source) },
		"index.html":     HTML,
	} {
		content, err := render(d)
		if err != nil {
			return nil, fmt.Errorf("making %s: %w", name, err)
		}
		files[name] = content
	}
	return files, nil
}
