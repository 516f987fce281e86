#!/usr/bin/env bash
# Runs its arguments with a toolchain that can build for WebAssembly and a target folder of its own, so that
# the two compilers neither wait for each other's lock nor rebuild each other's work.
#   wasm-cargo.sh cargo check -p shared --target wasm32-unknown-unknown
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

RUSTUP_TOOLCHAIN=$(scripts/wasm-toolchain.sh)
export RUSTUP_TOOLCHAIN CARGO_TARGET_DIR="$PWD/target/wasm"

# Function names are a fifth of the download. The linker strips them and keeps the list of the features in use:
# wasm-bindgen needs it, and the profile's own strip would take it too. Panic messages name source files: the
# published site need not tell where on this machine they lie.
flags=(
  -Clink-arg=--strip-all
  -Clink-arg=--keep-section=target_features
  --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}/registry/src="
  --remap-path-prefix="$PWD="
  # What the site's own build adds, see scripts/site.sh.
  ${WASM_FLAGS:-}
)
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}
exec "$@"
