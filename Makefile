# Everything needs Go alone, but for the race detector, which needs a C compiler.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LINT     := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 10s
BENCH    ?= .

export CGO_ENABLED := 0

.PHONY: check tidy build vet lint fmt test race outside fuzz bench idle image clean

check: tidy build vet lint test race outside ## what CI runs

tidy: ## go.mod and go.sum are as they should be
	$(GO) mod tidy -diff
	$(GO) mod verify

build: ## a static binary in bin/
	$(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/mockamivoice ./cmd/mockamivoice

vet:
	$(GO) vet ./...

lint:
	$(LINT) run ./...

fmt:
	$(LINT) fmt ./...

test: ## the test command of the README
	$(GO) test ./...

race: ## the same under the race detector; suites in random order
	CGO_ENABLED=1 $(GO) test -race -short $$($(GO) list ./... | grep -v '/fake$$')
	CGO_ENABLED=1 $(GO) test -race ./fake -ginkgo.randomize-all -ginkgo.fail-on-empty -ginkgo.fail-on-pending

outside: ## a module of somebody else embeds the fake
	sh hack/outside/run.sh

fuzz: ## every fuzz target for FUZZTIME
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

bench:
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

idle: build ## time to be ready, and memory, of a server that nobody uses; Linux
	sh hack/idle.sh bin/mockamivoice

image:
	docker build --build-arg VERSION=$(VERSION) -t mockamivoice .

clean:
	rm -rf bin
