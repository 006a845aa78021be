# alertd: build, test and try it. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
DATE    := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)

# Prometheus, promtool, node_exporter and amtool for the end-to-end tests.
TOOLS := test/tools/bin

.PHONY: help build run demo test race tools torture lint fmt bench fuzz clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/alertd and bin/alertctl, static
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/alertd ./cmd/alertctl

run: build ## serve alertd standalone on this machine, until Ctrl-C
	@demo/run.sh

demo: build ## a failing cron job from alarm to recovery, in about a minute
	@demo/demo.sh

test: tools ## every test, with the race detector, against real Prometheus parts
	go vet ./...
	go test -race -timeout 20m ./...

tools: ## build the pinned Prometheus parts that the tests run
	@test/tools/build.sh

# make torture SEED=7 KILLS=1000 DURATION=1h
SEED ?= $(shell date +%s)
KILLS ?= 200
DURATION ?= 0s

torture: ## kill alertd 200 times under a storm; SEED, KILLS and DURATION say otherwise
	go test -run '^TestStorm$$' -count=1 -v -timeout 24h ./test/torture \
		-torture.seed=$(SEED) -torture.kills=$(KILLS) -torture.duration=$(DURATION)

lint: ## golangci-lint, pinned in tools/lint.mod: import arrows, style, mistakes
	go tool -modfile=tools/lint.mod golangci-lint run ./...

fmt: ## format the code
	go tool -modfile=tools/lint.mod gofumpt -modpath alertd -w .

bench: build tools ## latency, memory and cost of the binary beside its peers; then the Go benchmarks
	@test/tools/build.sh bench
	go run ./bench
	go test -run '^$$' -bench . -benchmem ./...

fuzz: ## ten seconds of every fuzz test
	@go list ./... | while read -r pkg; do \
		go test -list '^Fuzz' "$$pkg" | (grep '^Fuzz' || true) | while read -r name; do \
			echo "$$pkg $$name"; go test -run '^$$' -fuzz "^$$name\$$" -fuzztime 10s "$$pkg"; \
		done; \
	done

clean: ## remove what was built
	rm -rf bin $(TOOLS)
