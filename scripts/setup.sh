#!/usr/bin/env bash
# Installs what a make target needs and is missing; silent and quick when nothing is.
#   setup.sh native   to build the runner
#   setup.sh report   also to build the report site
#   setup.sh crates   to test the crates
#   setup.sh test     everything: the checks and the browser tests too
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/setup/common.sh"
# shellcheck source=scripts/setup/rust.sh
. "$here/setup/rust.sh"
# shellcheck source=scripts/setup/postgres.sh
. "$here/setup/postgres.sh"
# shellcheck source=scripts/setup/wasm.sh
. "$here/setup/wasm.sh"
# shellcheck source=scripts/setup/browser.sh
. "$here/setup/browser.sh"
# shellcheck source=scripts/setup/prometheus.sh
. "$here/setup/prometheus.sh"

# What can fail is tried before the long work: toolchain, space, network.
case "${1:-}" in
  native)
    setup_rust
    setup_crates
    ;;
  crates)
    setup_rust
    setup_crates
    setup_postgres
    ;;
  report)
    setup_rust
    setup_wasm
    setup_space 6
    setup_crates
    ;;
  test)
    setup_rust
    setup_rust_component rustfmt cargo fmt --version
    setup_rust_component clippy cargo clippy --version
    setup_wasm
    setup_space 12
    setup_crates
    setup_postgres
    setup_node
    setup_chromium
    setup_prometheus
    ;;
  *)
    fail "usage: scripts/setup.sh native|report|crates|test"
    ;;
esac
