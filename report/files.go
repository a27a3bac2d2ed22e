package report

import "fmt"

// Files are the files of the report folder that this package makes, by name.
func Files(d Data) (map[string][]byte, error) {
	files := map[string][]byte{"summary.md": []byte(Summary(d)), "roadmap.md": []byte(Roadmap(d))}
	for name, render := range map[string]func(Data) ([]byte, error){
		"findings.json":  JSON,
		"findings.csv":   CSV,
		"findings.sarif": func(d Data) ([]byte, error) { return SARIF(d, d.Source) },
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
