# shellcheck shell=bash
# The standard library for WebAssembly, which the report site is built with. Sourced by scripts/setup.sh.

WASM_TARGET=wasm32-unknown-unknown

setup_wasm() {
  compgen -G "$(rustc --print sysroot)/lib/rustlib/$WASM_TARGET/lib/libstd-*.rlib" >/dev/null && return 0
  have rustup || fail "this Rust cannot build for WebAssembly, and there is no rustup to add the target: $GET_RUST"
  say "adding the target $WASM_TARGET (rustup): the report site is WebAssembly"
  rustup target add "$WASM_TARGET" >&2 ||
    fail "rustup could not add the target $WASM_TARGET" "rustup target add $WASM_TARGET"
}
