# shellcheck shell=bash
# shellcheck disable=SC2154  # root is set by common.sh
# Checks the Rust toolchain and adds its missing components. Sourced by scripts/setup.sh.

setup_rust() {
  if ! have rustup || ! have cargo; then
    fail "Rust is missing (rustup and cargo are not on PATH)" "see https://rustup.rs"
  fi
  have cc || fail "a C compiler is missing (cc is not on PATH): SQLite is built from source" \
    "apt-get install -y gcc libc6-dev"

  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
  found=$(rustc --version 2>/dev/null | cut -d' ' -f2) ||
    fail "rustc does not run: no toolchain is active" "rustup default stable"
  if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n1)" != "$wanted" ]; then
    fail "rustc $found is too old: this workspace needs $wanted or newer" "rustup update stable"
  fi
}

# setup_rust_component NAME COMMAND: NAME is rustup's, COMMAND shows whether it is there.
setup_rust_component() {
  local name=$1
  shift
  if ! "$@" >/dev/null 2>&1; then
    say "installing $name (rustup): 'make test' checks the code with it"
    rustup component add "$name" >&2 || fail "could not install $name" "rustup component add $name"
  fi
}
