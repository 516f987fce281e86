# shellcheck shell=bash
# shellcheck disable=SC2154  # root is set by common.sh
# Gets a compiler and a standard library for wasm32-unknown-unknown. Sourced by scripts/setup.sh.

setup_wasm() {
  "$root/scripts/wasm-toolchain.sh" >/dev/null 2>&1 && return 0

  say "adding the target wasm32-unknown-unknown (rustup): the report site is WebAssembly"
  if RUST_BACKTRACE=0 timeout 300 rustup target add wasm32-unknown-unknown >&2 &&
    "$root/scripts/wasm-toolchain.sh" >/dev/null 2>&1; then return 0; fi

  say "rustup could not provide it; using Debian's compiler and building the standard library instead"
  install_packages "a compiler whose standard library can be built for WebAssembly" \
    rustc-web cargo-web rust-web-src rust-web-llvm lld-22
  build_wasm_std
  rustup toolchain link debian-wasm /usr
  "$root/scripts/wasm-toolchain.sh" >/dev/null ||
    fail "the WebAssembly target is still missing" "rustup target add wasm32-unknown-unknown"
}

# The site's build makes the standard library small where its sources are at hand (scripts/site.sh). Debian's compiler
# comes with them. Without them the site is larger than its budget, which `make size` then says.
setup_std_sources() {
  [ "$("$root/scripts/wasm-toolchain.sh")" != debian-wasm ] || return 0
  [ ! -f "$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ] || return 0
  say "adding the sources of the standard library (rustup): the site is built with them, to be small"
  RUST_BACKTRACE=0 timeout 300 rustup component add rust-src >&2 ||
    say "rustup could not provide them: the site will be larger than its budget"
}

# A standard library works only with the compiler build that made it, so it is built here, from the sources
# packaged with that compiler, and its version is noted beside it.
build_wasm_std() {
  say "building the standard library for WebAssembly (about a minute)"
  local work lib built
  work=$(mktemp -d)
  lib=$(/usr/bin/rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib
  mkdir "$work/src"
  : >"$work/src/lib.rs"
  printf '[package]\nname = "empty_crate"\nedition = "2021"\n[workspace]\n' >"$work/Cargo.toml"

  # Without embed-bitcode a build with link-time optimisation fails. The work folder is also the home of no
  # configuration, and RUSTC and CARGO name Debian's own tools: rustup's stay first on PATH.
  (
    cd "$work"
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$work/target" \
      /usr/bin/cargo build --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort >&2
  ) || { rm -rf "$work"; fail "the standard library did not build for WebAssembly" "rustup target add wasm32-unknown-unknown"; }

  built=$work/target/wasm32-unknown-unknown/release/deps
  rm -f "$built"/libempty_crate-*.rlib
  /usr/bin/rustc --version --verbose >"$work/built-by"
  if ! as_root rm -rf "$lib" || ! as_root install -D -m 644 -t "$lib" "$built"/*.rlib "$work/built-by"; then
    rm -rf "$work"
    fail "could not write to $lib" "scripts/setup.sh report   # as root"
  fi
  rm -rf "$work"
}
