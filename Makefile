# `make` prints what there is. Set-up is part of every target and is quick when nothing is missing.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help report view test lint viewer runner size schema criteria browser-test screenshots bench prove-gate prove-crash clean

export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

RUNNER := target/release/runner
TEST_RUNNER := target/debug/runner
# Unoptimized, it takes a second.
SITE_BUILDER := target/debug/build-site
# How much of the strategy's load `make report` offers: quick, or ci for a first look.
PROFILE ?= quick

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

report: ## measure both services in every scenario (minutes) and build site/; PROFILE=ci for a first look
	@case "$(PROFILE)" in quick|ci|full) ;; \
	  *) echo "PROFILE=$(PROFILE): there are ci (a first look), quick and full" >&2; exit 2 ;; esac
	@scripts/setup.sh report
	cargo build --locked -p build-site
	@$(MAKE) --no-print-directory -j2 runner site-code
	$(RUNNER) --all --profile $(PROFILE)
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
	cargo build --locked -p runner -p build-site
	scripts/check-schema.sh $(TEST_RUNNER)
	scripts/prove-monitoring.sh $(TEST_RUNNER)
	scripts/prove-memory.sh $(TEST_RUNNER)
	$(SITE_BUILDER)
	$(SITE_BUILDER) size
	@$(MAKE) --no-print-directory browser-test

lint: ## formatting, clippy, dependency rules and licences, alert rules, the WebAssembly check
	@scripts/setup.sh test
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo check --locked -p shared -p viewer --target wasm32-unknown-unknown
	scripts/check-dependencies.sh
	scripts/check-monitoring.sh
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --locked check licenses bans sources; \
	  else echo "lint: licences are not checked: cargo-deny is not installed (the hosted workflow checks them)"; fi

# nextest is used where it is, and never installed: cargo's own runner executes the same tests.
# The PostgreSQL that they run on is removed at the end, also when tests fail.
.PHONY: rust-test
rust-test: ## the crates' tests
	@scripts/setup.sh crates
	@if cargo nextest --version >/dev/null 2>&1; then \
	  scripts/postgres.sh run sh -exc 'cargo nextest run --locked --workspace; cargo test --locked --workspace --doc'; \
	else \
	  scripts/postgres.sh run sh -exc 'cargo test --locked --workspace'; \
	fi

viewer: ## build the site's code into dist/
	@scripts/setup.sh report
	cargo build --locked -p build-site
	$(SITE_BUILDER)

.PHONY: site-code
site-code: # as viewer, with the builder that there is: it compiles beside the runner
	$(SITE_BUILDER)

runner: ## build the runner, target/release/runner
	@scripts/setup.sh native
	cargo build --release -p runner --locked

size: ## what a first page of each program downloads; fails above the budget
	@cargo run --quiet --locked -p build-site -- size

schema: ## write docs/report.schema.json anew from the report types
	cargo run --locked -q -p runner -- schema > target/report.schema.json
	mv target/report.schema.json docs/report.schema.json

criteria: ## write docs/criteria.md anew from the policies and scenarios
	cargo run --locked -q -p runner -- criteria > target/criteria.md
	mv target/criteria.md docs/criteria.md

.PHONY: metrics
metrics: ## write docs/metrics.md anew from the metrics that there are
	cargo run --locked -q -p runner -- catalogue > target/metrics.md
	mv target/metrics.md docs/metrics.md

bench: runner viewer ## the services' parts beside their limits, the load generator's ceiling and lag, what a reader of the site waits for (the machine should be idle)
	@scripts/setup.sh test
	cargo bench --locked -p persistence --bench parts
	cargo bench --locked -p persistence --bench limits
	scripts/bench-postgres.sh
	$(RUNNER) run generator --out target/bench
	@$(MAKE) --no-print-directory size bench-site

.PHONY: bench-site
bench-site: ## what a reader of the site waits for, and what the page computes a frame (after make runner viewer)
	cd web/tests && RUNNER="$(CURDIR)/$(RUNNER)" CHROMIUM="$$(../../scripts/chromium.sh)" node bench.mjs
	cd web/tests && RUNNER="$(CURDIR)/$(RUNNER)" CHROMIUM="$$(../../scripts/chromium.sh)" node history-times.mjs

.PHONY: prove-throughput
prove-throughput: ## the optimized service's throughput and hit path against their targets, on both databases (5 minutes; the machine should be idle)
	@scripts/setup.sh test
	scripts/prove-throughput.sh

.PHONY: prove-counters
prove-counters: ## log bytes and allocations against independent counts, on both databases (2 minutes; PostgreSQL unused by others)
	scripts/prove-counters.sh

.PHONY: prove-memory
prove-memory: ## bytes of a cached entry against a heap profiler (half a minute)
	cargo build --locked -p runner
	scripts/prove-memory.sh $(TEST_RUNNER)

.PHONY: prove-sampling
prove-sampling: runner ## what measuring costs in throughput, processor time and memory (about 10 minutes; the machine should be idle)
	scripts/prove-sampling.sh

prove-gate: runner ## false alarms and power of the gate, measured (about 40 minutes; the machine should be idle)
	scripts/prove-gate.sh $(RUNNER)

prove-crash: runner ## a thousand kills in the middle of load: nothing acknowledged is lost (about 10 minutes)
	scripts/prove-crash.sh

.PHONY: prove-resume
prove-resume: runner ## a run whose runner is killed goes on, and at most a minute is missing, on both databases (about 7 minutes)
	scripts/prove-resume.sh

.PHONY: prove-leak
prove-leak: runner ## a leak of 1 KB every 100 saves is found in 3 minutes, and none in clean runs (about 35 minutes)
	scripts/prove-leak.sh

.PHONY: fuzz
fuzz: ## harmed reports for the readers of runner and site, for ten minutes
	scripts/fuzz.sh

browser-test: ## open the built site in Chromium, and read its histograms with another HdrHistogram
	@scripts/setup.sh test
	cd web/tests && RUNNER="$(CURDIR)/$(TEST_RUNNER)" CHROMIUM="$$(../../scripts/chromium.sh)" node --test --test-concurrency=2 --test-reporter=spec *.test.mjs

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
