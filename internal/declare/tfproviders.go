package declare

import (
	"slices"
	"strings"
)

// staticKeyBlocks are the blocks that are given static keys of AWS: providers, and where the state is.
func staticKeyBlocks(b *block) []*block {
	switch {
	case b.kind == "provider" && (b.label(0) == "aws" || b.label(0) == "awscc") && b.attr("access_key") != nil:
		return []*block{b}
	case b.kind == "terraform":
		var out []*block
		for _, c := range b.blocks {
			if c.kind == "backend" && c.label(0) == "s3" && c.attr("access_key") != nil {
				out = append(out, c)
			}
		}
		return out
	}
	return nil
}

// mockKeys are what stands for a key where a simulator of AWS is spoken to.
var mockKeys = []string{"test", "mock", "fake", "dummy", "localstack", "anaccesskey", "foo", "example", "none"}

// declareStaticKeys declares the blocks that take static keys. An empty key is none, and neither is one
// for a simulator.
func (i *tfInstance) declareStaticKeys() {
	for _, b := range i.mod.static {
		a := b.attr("access_key")
		v := i.env().attribute(a)
		if v.kind == null || v.kind == text && (v.str == "" || isMock(v.str)) || i.speaksToSimulator(b) {
			continue
		}
		address := i.prefix + strings.Join(append([]string{b.kind}, b.labels...), ".")
		if alias, ok := i.env().attribute(b.attr("alias")).asString(); ok {
			address += "." + alias
		}
		i.add(Declaration{
			Kind: StaticKeyUse, Address: address, Count: 1, Confidence: worse(i.sure, Certain),
			Body:   digest(i.says, b.said()),
			Why:    "the " + b.kind + " is given a static access key",
			Places: append(slices.Clone(i.places), Place{Path: a.src.path, Line: a.line}),
		})
	}
}

func isMock(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc(mockKeys, func(m string) bool { return key == m || strings.HasPrefix(key, m+"_") || strings.HasPrefix(key, m+"-") })
}

func (i *tfInstance) speaksToSimulator(b *block) bool {
	skip, _ := i.env().attribute(b.attr("skip_credentials_validation")).asBool()
	local := slices.ContainsFunc(b.blocks, func(c *block) bool {
		return c.kind == "endpoints" && slices.ContainsFunc(c.attrs, func(a *attribute) bool {
			s, _ := i.env().attribute(a).asString()
			return strings.Contains(s, "localhost") || strings.Contains(s, "127.0.0.1") || strings.Contains(s, "localstack")
		})
	})
	return skip && local
}

// isCopy says whether a folder holds what a tool downloaded: modules that stand elsewhere.
func isCopy(dir string) bool {
	return slices.ContainsFunc(parts(dir), func(s string) bool { return s == ".terraform" || s == ".terragrunt-cache" })
}
