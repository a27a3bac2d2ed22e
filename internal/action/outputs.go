package action

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Outputs are the outputs of the action by name. An empty value is left out.
type Outputs map[string]string

// outputNames lists the outputs of the action in the order of the contract.
func outputNames() []string {
	return []string{
		"findings", "critical", "high", "medium", "low",
		"opened", "updated", "closed", "reopened", "deferred",
		"accounts-audited", "accounts-failed", "additions",
		"report-dir", "sarif-file", "matrix",
	}
}

// SetInt sets an output to a number.
func (o Outputs) SetInt(name string, n int) { o[name] = strconv.Itoa(n) }

// Write appends the outputs to the file that the runner named in GITHUB_OUTPUT; where
// it named none it does nothing. A value cannot end before its end nor set another
// output: each block has a delimiter that nobody can guess. An error is an *ExitError.
func (o Outputs) Write(env Env) error {
	path := env.Var("GITHUB_OUTPUT")
	if path == "" {
		return nil
	}
	text, err := o.blocks(env.Rand)
	if err != nil {
		return fault(fmt.Errorf("writing the outputs: %w", err), "")
	}
	if err := appendTo(env.Path(path), text); err != nil {
		return fault(fmt.Errorf("writing the outputs: %w", err),
			"GITHUB_OUTPUT must name a file that the step may write to; later steps see no outputs of this one")
	}
	return nil
}

func (o Outputs) blocks(random io.Reader) (string, error) {
	var b strings.Builder
	left := len(o)
	for _, name := range outputNames() {
		value, ok := o[name]
		if !ok {
			continue
		}
		left--
		if value == "" {
			continue
		}
		block, err := outputBlock(name, value, random)
		if err != nil {
			return "", err
		}
		b.WriteString(block)
	}
	if left > 0 {
		return "", errors.New("a name that is no output of the action")
	}
	return b.String(), nil
}

// outputBlock writes one output in the form of several lines.
func outputBlock(name, value string, random io.Reader) (string, error) {
	var raw [16]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("drawing a delimiter: %w", err)
	}
	delimiter := "ghadelimiter_" + hex.EncodeToString(raw[:])
	if strings.Contains(value, delimiter) {
		return "", fmt.Errorf("the value of %s holds its own delimiter", name)
	}
	return name + "<<" + delimiter + "\n" + value + "\n" + delimiter + "\n", nil
}

// maxSummary is what a runner takes of a step: a larger summary is dropped whole.
const maxSummary = 1024 * 1024

// WriteSummary appends Markdown to the job summary, the file that the runner named in
// GITHUB_STEP_SUMMARY; where it named none it does nothing. A summary that would pass
// one MiB with what the step wrote before is refused. An error is an *ExitError.
func WriteSummary(env Env, markdown []byte) error {
	path := env.Var("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	size := int64(len(markdown))
	if info, err := os.Stat(env.Path(path)); err == nil {
		size += info.Size()
	}
	if size > maxSummary {
		return fault(fmt.Errorf("the job summary would be %d bytes and GitHub drops one over %d whole", size, maxSummary),
			"read summary.md in the report folder instead")
	}
	if err := appendTo(env.Path(path), string(markdown)); err != nil {
		return fault(fmt.Errorf("writing the job summary: %w", err),
			"GITHUB_STEP_SUMMARY must name a file that the step may write to; summary.md in the report folder holds the same")
	}
	return nil
}

func fault(err error, hint string) error {
	return &ExitError{Status: ExitFault, Err: err, Hint: hint}
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	return errors.Join(err, f.Close())
}
