package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/keysweep/keysweep/checks"
)

// Schema names the document that findings.json is.
const Schema = "keysweep/findings/v1"

// JSON is findings.json: one account and one finding a line, so that two runs can be
// compared with any tool. Lists are never null.
func JSON(d Data) ([]byte, error) {
	var b bytes.Buffer
	if err := WriteJSON(&b, d); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// WriteJSON writes findings.json to w, one finding at a time.
func WriteJSON(w io.Writer, d Data) error {
	out := bufio.NewWriterSize(w, 1<<16)
	head := struct {
		Schema      string `json:"schema"`
		GeneratedAt string `json:"generated_at"`
		ToolVersion string `json:"tool_version"`
	}{Schema, d.GeneratedAt.UTC().Format(time.RFC3339), d.ToolVersion}
	line, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("writing the head of the findings: %w", err)
	}
	out.Write(line[:len(line)-1])
	enc := encoder{out: out}
	enc.list("accounts", len(d.Accounts), func(i int) any { return accountJSON(&d.Accounts[i]) })
	enc.list("findings", len(d.Findings), func(i int) any { return findingJSON(&d.Findings[i]) })
	if enc.err != nil {
		return fmt.Errorf("writing the findings: %w", enc.err)
	}
	out.WriteString("}\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the findings: %w", err)
	}
	return nil
}

// encoder writes members of an object whose first member is written already.
type encoder struct {
	out *bufio.Writer
	buf bytes.Buffer
	err error
}

// list writes a member that is a list of n values, one a line.
func (e *encoder) list(name string, n int, value func(i int) any) {
	fmt.Fprintf(e.out, ",\n%q:[", name)
	enc := json.NewEncoder(&e.buf)
	enc.SetEscapeHTML(false) // <root_account> stays readable
	for i := 0; i < n && e.err == nil; i++ {
		if i > 0 {
			e.out.WriteByte(',')
		}
		e.out.WriteByte('\n')
		e.buf.Reset()
		e.err = enc.Encode(value(i))
		e.out.Write(bytes.TrimSuffix(e.buf.Bytes(), []byte("\n")))
	}
	e.out.WriteByte(']')
}

// accountJSON is the account with its empty list in place of none.
func accountJSON(a *Account) *Account {
	if a.Missing != nil {
		return a
	}
	c := *a
	c.Missing = []string{}
	return &c
}

// findingJSON is the finding as the schema wants it: lists where there is none, and an
// exemption with empty words where it is not exempt.
func findingJSON(f *checks.Finding) *checks.Finding {
	c := *f
	if c.Also == nil {
		c.Also = []string{}
	}
	if c.Evidence.SeenFrom == nil {
		c.Evidence.SeenFrom = []checks.SeenFrom{}
	}
	if c.Evidence.Notes == nil {
		c.Evidence.Notes = []string{}
	}
	if c.Steps == nil {
		c.Steps = []checks.Step{}
	}
	if c.Compliance == nil {
		c.Compliance = []checks.Control{}
	}
	if c.Exemption == nil {
		c.Exemption = &checks.ExemptionRef{}
	}
	return &c
}
