# `make` prints what there is. Set-up is part of every target and is quick when nothing is missing.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help report view test lint viewer runner size schema criteria browser-test screenshots bench prove-gate clean

export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

RUNNER := target/release/runner
TEST_RUNNER := target/debug/runner
WASM := scripts/wasm-cargo.sh

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

report: ## measure both services in every scenario (minutes) and build site/
	@scripts/setup.sh report
	@$(MAKE) --no-print-directory runner viewer
	$(RUNNER) --all
	$(RUNNER) publish site
	@echo "The report site is in site/. To open it: make view"

view: ## serve site/ on this machine
	@test -f site/index.html || { echo "site/ holds no report site yet; run: make report" >&2; exit 1; }
	@test -x $(RUNNER) || $(MAKE) --no-print-directory runner
	$(RUNNER) view

test: ## every check and test, the browser's included
	@scripts/setup.sh test
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory rust-test
	cargo build --locked -p runner
	scripts/check-schema.sh $(TEST_RUNNER)
	@$(MAKE) --no-print-directory viewer size browser-test

lint: ## formatting, clippy, dependency rules, the WebAssembly check
	@scripts/setup.sh test
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	scripts/check-dependencies.sh
	$(WASM) cargo check --locked -p shared -p viewer --target wasm32-unknown-unknown

# nextest is used where it is, and never installed: cargo's own runner executes the same tests.
.PHONY: rust-test
rust-test: ## the crates' tests
	@scripts/setup.sh native
	@if cargo nextest --version >/dev/null 2>&1; then \
	  set -ex; cargo nextest run --locked --workspace; cargo test --locked --workspace --doc; \
	else \
	  set -ex; cargo test --locked --workspace; \
	fi

viewer: ## build the site's code into dist/
	@scripts/setup.sh report
	scripts/site.sh

runner: ## build the runner, target/release/runner
	@scripts/setup.sh native
	cargo build --release -p runner --locked

size: ## what the site's code weighs after gzip; fails above the budget
	@scripts/size.sh

schema: ## write docs/report.schema.json anew from the report types
	cargo run --locked -q -p runner -- schema > target/report.schema.json
	mv target/report.schema.json docs/report.schema.json

criteria: ## write docs/criteria.md anew from the policies and scenarios
	cargo run --locked -q -p runner -- criteria > target/criteria.md
	mv target/criteria.md docs/criteria.md

bench: runner ## what the load generator can do: ceiling and schedule lag (the machine should be idle)
	$(RUNNER) run generator --out target/bench

prove-gate: runner ## false alarms and power of the gate, measured (about 40 minutes; the machine should be idle)
	scripts/prove-gate.sh $(RUNNER)

browser-test: ## open the built site in Chromium, and read its histograms with another HdrHistogram
	@scripts/setup.sh test
	cd web/tests && RUNNER="$(CURDIR)/$(TEST_RUNNER)" CHROMIUM="$$(../../scripts/chromium.sh)" node --test --test-reporter=spec *.test.mjs

screenshots: ## a picture of every page, light and dark, wide and narrow, in target/screenshots/
	@scripts/setup.sh test
	cargo build --locked -p runner
	cd web/tests && RUNNER="$(CURDIR)/$(TEST_RUNNER)" CHROMIUM="$$(../../scripts/chromium.sh)" node screenshots.mjs ../../target/screenshots

.PHONY: example
example: runner ## measure the committed example run anew (the machine should be idle)
	rm -rf target/example
	$(RUNNER) --all --out target/example
	rm -rf reports/example
	mv target/example/*-quick-* reports/example
	$(RUNNER) verify reports/example

clean: ## remove everything that was built
	cargo clean
	rm -rf dist site web/tests/node_modules
