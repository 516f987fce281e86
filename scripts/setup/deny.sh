# shellcheck shell=bash
# cargo-deny checks licences and sources of dependencies. Sourced by scripts/setup.sh.

DENY_VERSION=0.20.2

setup_deny() {
  cargo_tool cargo-deny "$DENY_VERSION" "it checks the licences of dependencies" --locked cargo-deny
}
