#!/usr/bin/env bash
# Installs what a make target needs and is missing; silent and quick when nothing is.
#   setup.sh native   to build and test the crates
#   setup.sh report   also to build the report site
#   setup.sh test     also for the checks and the browser tests
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/setup/common.sh"
# shellcheck source=scripts/setup/rust.sh
. "$here/setup/rust.sh"
# shellcheck source=scripts/setup/postgres.sh
. "$here/setup/postgres.sh"
# shellcheck source=scripts/setup/wasm.sh
. "$here/setup/wasm.sh"
# shellcheck source=scripts/setup/trunk.sh
. "$here/setup/trunk.sh"
# shellcheck source=scripts/setup/deny.sh
. "$here/setup/deny.sh"
# shellcheck source=scripts/setup/browser.sh
. "$here/setup/browser.sh"
# shellcheck source=scripts/setup/prometheus.sh
. "$here/setup/prometheus.sh"

case "${1:-}" in
  native)
    setup_rust
    setup_postgres
    ;;
  report)
    setup_rust
    setup_wasm
    setup_std_sources
    setup_trunk
    ;;
  test)
    setup_rust
    setup_rust_component rustfmt cargo fmt --version
    setup_rust_component clippy cargo clippy --version
    setup_wasm
    setup_std_sources
    setup_trunk
    setup_deny
    setup_node
    setup_chromium
    setup_prometheus
    ;;
  *)
    fail "usage: scripts/setup.sh native|report|test"
    ;;
esac
