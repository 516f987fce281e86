#!/usr/bin/env bash
# Prints the rustup toolchain that can build for wasm32-unknown-unknown; exits 1 when there is none.
# The active toolchain is preferred; else it is Debian's compiler, linked as debian-wasm by scripts/setup/wasm.sh.
set -euo pipefail

# has_target RUSTC: a standard library for WebAssembly stands in its sysroot, made by this very compiler.
has_target() {
  local lib
  lib=$("$1" --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib || return 1
  compgen -G "$lib/libstd-*.rlib" >/dev/null || return 1
  # Debian's compiler may have been upgraded since; rustup keeps its own targets in step.
  [ ! -e "$lib/built-by" ] || [ "$(cat "$lib/built-by")" = "$("$1" --version --verbose)" ]
}

if has_target rustc 2>/dev/null; then
  rustup show active-toolchain | cut -d' ' -f1
elif rustup toolchain list | grep -q '^debian-wasm\b' && has_target /usr/bin/rustc 2>/dev/null; then
  echo debian-wasm
else
  echo "no toolchain can build for wasm32-unknown-unknown; run: scripts/setup.sh report" >&2
  exit 1
fi
