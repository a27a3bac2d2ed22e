//go:build noise

package declare

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"go.yaml.in/yaml/v4"
)

// reformat writes a file as another program would: other spaces, comments, indents, JSON in one line.
func reformat(p, text string) string {
	switch ext := strings.ToLower(path.Ext(p)); {
	case isHCL(p) && ext != ".json":
		return reformatHCL(text)
	case ext == ".json" || ext == ".template" && strings.HasPrefix(strings.TrimSpace(text), "{"):
		return reformatJSON(text)
	case ext == ".yaml" || ext == ".yml":
		return reformatYAML(text)
	}
	return text
}

func reformatHCL(text string) string {
	f, diags := hclwrite.ParseConfig([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return text
	}
	tokens := f.BuildTokens(nil)
	for i, tok := range tokens {
		if tok.Type == hclsyntax.TokenEqual {
			tok.SpacesBefore = 3 + i%5
		}
	}
	out := string(tokens.Bytes())
	return "# written anew { \"resource\"\n/* and again */\n\n" + out + "\n// its end\n"
}

func reformatJSON(text string) string {
	var b bytes.Buffer
	var err error
	if strings.Count(text, "\n") > 2 {
		err = json.Compact(&b, []byte(text))
	} else {
		err = json.Indent(&b, []byte(text), "", "\t")
	}
	if err != nil {
		return text
	}
	return b.String()
}

func reformatYAML(text string) string {
	dec := yaml.NewDecoder(strings.NewReader(text))
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(6)
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || enc.Encode(&n) != nil {
			return text
		}
	}
	if enc.Close() != nil {
		return text
	}
	return "# written anew: Type: AWS::IAM::User\n\n" + b.String()
}

// renameAll gives every resource of Terraform another label, and says so in moved blocks.
func renameAll(tree memTree) (memTree, int) {
	labels := map[string]map[string]bool{} // by folder: type and label
	for p, s := range tree {
		if is, override := terraformFile(path.Base(p)); is && !override && path.Ext(p) == ".tf" {
			collectLabels(labels, path.Dir(p), s)
		}
	}
	out, n := memTree{}, 0
	for p, s := range tree {
		if is, _ := terraformFile(path.Base(p)); is && path.Ext(p) == ".tf" && labels[path.Dir(p)] != nil {
			var did int
			s, did = renameLabels(s, labels[path.Dir(p)])
			n += did
		}
		out[p] = s
	}
	return out, n
}

// collectLabels notes the resources of a file; a folder that says itself what moved, or has text that does not
// parse, is left as it is.
func collectLabels(labels map[string]map[string]bool, dir, text string) {
	if known, ok := labels[dir]; ok && known == nil {
		return
	}
	f, diags := hclsyntax.ParseConfig([]byte(text), "", hcl.InitialPos)
	if labels[dir] == nil {
		labels[dir] = map[string]bool{}
	}
	if diags.HasErrors() {
		labels[dir] = nil
		return
	}
	for _, b := range f.Body.(*hclsyntax.Body).Blocks {
		switch b.Type {
		case "moved", "import", "removed":
			labels[dir] = nil
			return
		case "resource":
			labels[dir][strings.Join(b.Labels, ".")] = true
		}
	}
}

func renameLabels(text string, labels map[string]bool) (string, int) {
	f, diags := hclwrite.ParseConfig([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return text, 0
	}
	tokens := f.BuildTokens(nil)
	for i := range tokens {
		if i+2 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenDot && (i == 0 || tokens[i-1].Type != hclsyntax.TokenDot) &&
			labels[string(tokens[i].Bytes)+"."+string(tokens[i+2].Bytes)] {
			tokens[i+2].Bytes = append(slices.Clone(tokens[i+2].Bytes), "_anew"...)
		}
	}
	g, diags := hclwrite.ParseConfig(tokens.Bytes(), "", hcl.InitialPos)
	if diags.HasErrors() {
		return text, 0
	}
	var said strings.Builder
	n := 0
	for _, b := range g.Body().Blocks() {
		if l := b.Labels(); b.Type() == "resource" && len(l) == 2 {
			b.SetLabels([]string{l[0], l[1] + "_anew"})
			said.WriteString("moved {\n  from = " + l[0] + "." + l[1] + "\n  to   = " + l[0] + "." + l[1] + "_anew\n}\n")
			n++
		}
	}
	return string(g.Bytes()) + "\n" + said.String(), n
}
