package main

import (
	"fmt"
	"slices"
	"strings"
)

// dropped are the keys that only people read, unless they stand where a name is
// expected (a property may well be called "description").
var dropped = []string{"description", "summary", "example", "examples", "tags", "externalDocs"}

// named are the keys whose value maps free names to things.
var named = []string{"properties", "patternProperties", "mapping", "schemas", "parameters", "responses", "headers", "content", "paths"}

// trim keeps the wanted operations of an OpenAPI document and all that they refer to.
func trim(doc map[string]any, wanted []string) (map[string]any, error) {
	paths, err := pick(doc, wanted)
	if err != nil {
		return nil, err
	}
	paths = clean(paths, false).(map[string]any)
	t := trimmer{doc: doc, kept: map[string]map[string]any{}}
	if err := t.follow(paths); err != nil {
		return nil, err
	}
	components := map[string]any{}
	for kind, entries := range t.kept {
		components[kind] = entries
	}
	info, _ := doc["info"].(map[string]any)
	version, _ := info["version"].(string)
	return map[string]any{
		"openapi": doc["openapi"],
		"info": map[string]any{
			"title": "GitHub REST API, in part", "version": version,
			"description": fmt.Sprintf(notice, version),
			"license":     map[string]any{"name": "MIT"},
		},
		"paths":      paths,
		"components": components,
	}, nil
}

// pick copies the wanted operations, with the parameters their paths share.
func pick(doc map[string]any, wanted []string) (map[string]any, error) {
	all, _ := doc["paths"].(map[string]any)
	paths := map[string]any{}
	for _, w := range wanted {
		method, path, _ := strings.Cut(w, " ")
		method = strings.ToLower(method)
		item, _ := all[path].(map[string]any)
		if item[method] == nil {
			return nil, fmt.Errorf("no operation %q in the description", w)
		}
		got, _ := paths[path].(map[string]any)
		if got == nil {
			got = map[string]any{}
			if shared, ok := item["parameters"]; ok {
				got["parameters"] = shared
			}
			paths[path] = got
		}
		got[method] = item[method]
	}
	return paths, nil
}

// clean drops prose, examples and extensions. names says that the keys of v are names and not keywords.
func clean(v any, names bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, child := range v {
			if !names && (slices.Contains(dropped, key) || strings.HasPrefix(key, "x-")) {
				continue
			}
			out[key] = clean(child, !names && isNamed(key, child))
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, child := range v {
			out[i] = clean(child, false)
		}
		return out
	}
	return v
}

func isNamed(key string, child any) bool {
	_, isMap := child.(map[string]any)
	return isMap && slices.Contains(named, key)
}

// trimmer collects the components that are referred to.
type trimmer struct {
	doc  map[string]any
	kept map[string]map[string]any // by kind (schemas, parameters, …), then name
}

// follow walks v, keeps what its references point to, and gives each response the description that the format demands.
func (t trimmer) follow(v any) error {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			if key == "responses" {
				describe(child)
			}
			if err := t.follow(child); err != nil {
				return err
			}
		}
	case []any:
		for _, child := range v {
			if err := t.follow(child); err != nil {
				return err
			}
		}
	case string: // a $ref, or an entry of a discriminator's mapping
		if rest, ok := strings.CutPrefix(v, "#/components/"); ok {
			return t.keep(rest)
		}
	}
	return nil
}

func (t trimmer) keep(ref string) error {
	kind, name, _ := strings.Cut(ref, "/")
	if t.kept[kind][name] != nil {
		return nil
	}
	components, _ := t.doc["components"].(map[string]any)
	entries, _ := components[kind].(map[string]any)
	target, ok := entries[name]
	if !ok {
		return fmt.Errorf("reference to %q, which the description lacks", ref)
	}
	if t.kept[kind] == nil {
		t.kept[kind] = map[string]any{}
	}
	small := clean(target, false)
	t.kept[kind][name] = small
	if kind == "responses" {
		describe(map[string]any{name: small})
	}
	return t.follow(small)
}

// describe gives every response an empty description.
func describe(responses any) {
	m, _ := responses.(map[string]any)
	for _, r := range m {
		if r, ok := r.(map[string]any); ok && r["$ref"] == nil {
			r["description"] = ""
		}
	}
}
