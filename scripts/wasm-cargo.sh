#!/usr/bin/env bash
# Runs its arguments with a toolchain that can build for WebAssembly and a target folder of its own, so that
# the two compilers neither wait for each other's lock nor rebuild each other's work.
#   wasm-cargo.sh cargo check -p shared --target wasm32-unknown-unknown
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

RUSTUP_TOOLCHAIN=$(scripts/wasm-toolchain.sh)
export RUSTUP_TOOLCHAIN CARGO_TARGET_DIR="$PWD/target/wasm"
exec "$@"
