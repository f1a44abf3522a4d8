# Two commands do everything on a fresh Debian machine with Rust:
#   make run    builds and starts Weighhouse with its demonstration
#   make test   runs every test
# The others: check (what a change must pass), build (release binaries),
# bench (figures of BENCHMARKS.md), seed-large (made-up data to measure on),
# faults (ROUNDS=1000 SEED=1: the tests of faults at length), audit (known vulnerabilities), schema, fuzz-api (the API
# against its own description, FUZZ_EXAMPLES each).

CARGO ?= cargo
# Everything but the WebAssembly entry: one build would unify ssr and hydrate.
# Run, test and check all select this, so that no dependency is built twice.
NATIVE = --workspace --exclude weighhouse-hydrate
DATA ?= .weighhouse
LISTEN ?= 127.0.0.1:8080

.PHONY: run test fuzz-api check build bench seed-large faults audit schema setup setup-test islands tools

run: setup islands
	$(CARGO) build $(NATIVE) --bin weighhouse
	@exec target/debug/weighhouse up --demo --data $(DATA) --listen $(LISTEN)

test: setup-test islands
	$(CARGO) test $(NATIVE)

# Many generated requests against the API and its description.
fuzz-api: setup-test islands
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-300} $(CARGO) test $(NATIVE) --test it -- fuzz::

# Release binaries with the UI inside.
build: setup islands
	$(CARGO) build --release -p weighhouse-server -p weighhouse-cli

check: setup islands tools
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(NATIVE) --all-targets -- -D warnings
	$(CARGO) clippy -p weighhouse-hydrate --target wasm32-unknown-unknown --profile wasm-release -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet $(NATIVE) --no-deps --document-private-items
	$(CARGO) deny --log-level error check bans licenses sources
	$(CARGO) machete
	$(CARGO) build $(NATIVE) --bin weighhouse
	infra/schema.sh --check
	infra/check.sh
	! $(CARGO) tree -p weighhouse-types -e normal | grep -qE 'diesel|tokio|actix|leptos'
	! $(CARGO) tree -p weighhouse-hydrate -e normal --target wasm32-unknown-unknown | grep -qE 'diesel|actix'

audit: tools
	$(CARGO) deny check

# crates/core/src/schema.rs from the migrations.
schema: setup islands tools
	$(CARGO) build $(NATIVE) --bin weighhouse
	infra/schema.sh

bench: build
	@infra/setup.sh bench
	infra/bench.sh
	infra/bench-verify.sh
	infra/load.sh
	infra/bench-sign.sh
	[ -e $(LARGE)/seeded.json ] || infra/seed-large.sh $(LARGE)
	infra/bench-large.sh $(LARGE)

# 500 tenants, 20,000 models, 200,000 versions, made up, in a folder of their
# own (TENANTS, MODELS, VERSIONS, SEED set others).
LARGE ?= .weighhouse-large
seed-large: build
	infra/seed-large.sh $(LARGE)

ROUNDS ?= 1000
SEED ?= 1
# The programs come with the tests of their own packages.
faults: setup-test islands
	$(CARGO) test $(NATIVE) --test faults --test up --test wh --no-run
	ROUNDS=$(ROUNDS) SEED=$(SEED) OUTAGE=10 PROMOTIONS=200 SIGN_INS=500 JUMPS=60 \
		$(CARGO) test $(NATIVE) --test faults -- --nocapture --test-threads 1

setup:
	@infra/setup.sh run

setup-test:
	@infra/setup.sh test

# The UI's files: islands, styles, fonts, icons, in target/site.
islands: setup
	@$(CARGO) xtask islands

tools:
	@infra/tools.sh
