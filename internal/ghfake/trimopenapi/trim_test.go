package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `{
 "openapi": "3.0.3", "info": {"version": "1.2.3", "description": "prose"},
 "paths": {
  "/a": {"parameters": [{"$ref": "#/components/parameters/p"}],
   "get": {"summary": "prose", "x-github": {}, "responses": {"200": {"description": "prose", "content": {"application/json": {
     "schema": {"$ref": "#/components/schemas/thing"}, "examples": {"default": {}}}}}, "404": {"$ref": "#/components/responses/gone"}}},
   "delete": {"responses": {}}},
  "/b": {"get": {"responses": {}}}},
 "components": {
  "parameters": {"p": {"name": "p", "in": "query", "description": "prose", "schema": {"type": "string"}}},
  "responses": {"gone": {"description": "prose"}, "unused": {}},
  "schemas": {
   "thing": {"type": "object", "description": "prose", "properties": {
     "description": {"type": "string", "example": "prose"}, "tags": {"type": "array", "items": {"$ref": "#/components/schemas/tag"}},
     "x-ray": {"oneOf": [{"$ref": "#/components/schemas/thing"}], "discriminator": {"propertyName": "k", "mapping": {"one": "#/components/schemas/one"}}}}},
   "tag": {"type": "string"}, "one": {"type": "integer"}, "unused": {"type": "string"}}}}`

const wanted = `{
 "/a": {"parameters": [{"$ref": "#/components/parameters/p"}],
  "get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/thing"}}}},
   "404": {"$ref": "#/components/responses/gone"}}}}}`

const wantedComponents = `{
 "parameters": {"p": {"name": "p", "in": "query", "schema": {"type": "string"}}},
 "responses": {"gone": {"description": ""}},
 "schemas": {
  "thing": {"type": "object", "properties": {
   "description": {"type": "string"}, "tags": {"type": "array", "items": {"$ref": "#/components/schemas/tag"}},
   "x-ray": {"oneOf": [{"$ref": "#/components/schemas/thing"}], "discriminator": {"propertyName": "k", "mapping": {"one": "#/components/schemas/one"}}}}},
  "tag": {"type": "string"}, "one": {"type": "integer"}}}`

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTrim: prose goes, properties that are called like prose stay, and what is referred to comes along.
func TestTrim(t *testing.T) {
	got, err := trim(parse(t, sample), []string{"GET /a"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	again := parse(t, string(data))
	if diff := cmp.Diff(parse(t, wanted), again["paths"].(map[string]any)); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(parse(t, wantedComponents), again["components"].(map[string]any)); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
	if info := again["info"].(map[string]any); info["version"] != "1.2.3" || !strings.Contains(info["description"].(string), "MIT License") {
		t.Errorf("info: %v", info)
	}
}

func TestTrimRefuses(t *testing.T) {
	if _, err := trim(parse(t, sample), []string{"GET /c"}); err == nil || !strings.Contains(err.Error(), `"GET /c"`) {
		t.Errorf("unknown operation: %v", err)
	}
	broken := strings.ReplaceAll(sample, `"tag": {"type": "string"},`, "")
	if _, err := trim(parse(t, broken), []string{"GET /a"}); err == nil || !strings.Contains(err.Error(), "schemas/tag") {
		t.Errorf("dangling reference: %v", err)
	}
}

// TestCommitted: the copy in the repository holds what the list asks for, so that neither is changed alone.
func TestCommitted(t *testing.T) {
	data, err := os.ReadFile("../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for path, item := range parse(t, string(data))["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if method != "parameters" {
				got = append(got, strings.ToUpper(method)+" "+path)
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(operations)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("operations (-list +file):\n%s", diff)
	}
}
