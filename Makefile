# What is checked before a change lands. Needs Go, git, python3 and the modules; everything else is
# fetched here, at pinned versions, into .cache.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := $(CURDIR)/.cache/bin
TAGS := moto image faults noise

# In this order: what fails soonest comes first.
STEPS := tidy fmt vet lint deadcode workflows vuln faults moto image fuzz-short

.PHONY: help check $(STEPS) test bench fuzz noise openapi clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

check: ## everything below that a change must pass, with the time of each step
	@.ci/steps $(STEPS)

test: ## the tests that need no network and no other program
	go test ./...

tidy: ## go.mod and go.sum hold what is needed and no more
	go mod tidy -diff
	cd tools && go mod tidy -diff

fmt: $(BIN)/.made ## every Go file is formatted as gofumpt does
	@bad=$$($(BIN)/gofumpt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$bad" ]; then echo "not formatted, run gofumpt -w on:"; echo "$$bad"; exit 1; fi

vet: ## go vet, with and without the end-to-end tests
	go vet ./...
	go vet -tags '$(TAGS)' . ./internal/e2e ./internal/declare

lint: $(BIN)/.made ## staticcheck
	$(BIN)/staticcheck -tags '$(TAGS)' ./...

deadcode: $(BIN)/.made ## no function that the program, or for test packages a test, cannot reach
	@.ci/deadcode

vuln: $(BIN)/.made ## govulncheck over the program
	@.ci/vuln

workflows: $(BIN)/.made .cache/zizmor/.made ## actionlint and zizmor over workflows and the examples in the docs
	@.ci/workflows

faults: ## every fault at every write of a run, and what is left afterwards
	go test -count=1 -tags faults -run "TestFaultsAtEveryWrite|TestTwoRunsAtOnce" -v .

moto: .cache/moto/.made ## the built program against a moto server and the GitHub fake
	@.ci/moto

image: .cache/moto/.made ## build the image twice, compare, and run it as a runner does
	@.ci/image

fuzz-short: ## every fuzz target of every package, all together within three minutes
	@.ci/fuzz 170

fuzz: ## every fuzz target for longer: make fuzz TIME=3600
	@.ci/fuzz $(or $(TIME),3600)

noise: ## review over published packages: silence where nothing changes, one row for one addition; make noise ONLY=terraform
	@.ci/noise $(ONLY)

bench: ## the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

OPENAPI := 23.0.2
openapi: ## cut GitHub's OpenAPI description, from npm, down to what the GitHub fake speaks
	.ci/need npm
	mkdir -p .cache/openapi
	cd .cache/openapi && npm pack --silent @octokit/openapi@$(OPENAPI)
	cd .cache/openapi && tar xzf octokit-openapi-$(OPENAPI).tgz package/generated/api.github.com.json
	go run ./internal/ghfake/trimopenapi .cache/openapi/package/generated/api.github.com.json internal/ghfake/openapi.json

$(BIN)/.made: tools/go.mod tools/go.sum
	mkdir -p $(BIN)
	cd tools && GOBIN=$(BIN) go install tool
	touch $@

.cache/moto/.made: testdata/moto/requirements.txt
	.ci/venv .cache/moto $<
	touch $@

.cache/zizmor/.made: tools/zizmor/requirements.txt
	.ci/venv .cache/zizmor $<
	touch $@

clean: ## remove what was fetched and built
	rm -rf .cache
