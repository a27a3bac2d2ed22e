package declare

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Limits of the parsing of expressions, which is what costs: about 3 MB a second and 300 bytes of
// memory for each byte.
const (
	maxParsed  = 48 << 10 // bytes of expressions of one file
	maxChoices = 200      // conditions and signs of one expression, which nest without brackets
)

// expression returns the parsed expression of an argument; nil where it cannot be parsed.
func (a *attribute) expression() hclsyntax.Expression {
	if a.parsed != nil || a.failed {
		return a.parsed
	}
	src := bytes.TrimRight(a.src.data[a.start:a.end], " \t\r")
	a.parsed = parseExpression(a.src, src, a.line, false)
	a.failed = a.parsed == nil
	return a.parsed
}

// parseExpression parses an expression or a template within the budget of its file.
func parseExpression(src *source, data []byte, line int, isTemplate bool) hclsyntax.Expression {
	src.spent += len(data)
	if src.spent > maxParsed || choices(data) > maxChoices {
		src.tooMuch = true
		return nil
	}
	x := parseGuarded(src.path, data, line, isTemplate)
	src.broken = src.broken || x == nil
	return x
}

// parseGuarded keeps a fault of the parser within the file that causes it.
func parseGuarded(path string, data []byte, line int, isTemplate bool) (x hclsyntax.Expression) {
	defer func() {
		if recover() != nil {
			x = nil
		}
	}()
	parse := hclsyntax.ParseExpression
	if isTemplate {
		parse = hclsyntax.ParseTemplate
	} else {
		data = append(bytes.Clone(data), '\n') // a heredoc ends with its line
	}
	x, diags := parse(data, path, hcl.Pos{Line: line, Column: 1})
	if diags.HasErrors() {
		return nil
	}
	return x
}

// choices counts what makes the parser go deeper without a bracket.
func choices(data []byte) int {
	n, run := 0, 0
	for i, c := range data {
		switch c {
		case '?':
			n++
		case '%':
			if i+1 < len(data) && data[i+1] == '{' {
				n++
			}
		case '!', '-':
			if run++; run > 2 {
				n++
			}
			continue
		case ' ', '\n':
			continue
		}
		run = 0
	}
	return n
}
