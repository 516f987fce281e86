# shellcheck shell=bash
# shellcheck disable=SC2154  # root is set by common.sh
# Checks the Rust toolchain, adds its missing components, and fetches the crates. Sourced by scripts/setup.sh.

GET_RUST="install Rust by rustup (https://rustup.rs)"

setup_rust() {
  have cargo || fail "Rust is missing, cargo is not on PATH: $GET_RUST"
  have cc || fail "a C compiler is missing (cc is not on PATH): SQLite is built from source" \
    "apt-get install -y gcc libc6-dev"

  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
  found=$(rustc --version 2>/dev/null | cut -d' ' -f2) ||
    fail "rustc does not run: no toolchain is active" "rustup default stable"
  if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n1)" != "$wanted" ]; then
    have rustup || fail "rustc $found is too old, this workspace needs $wanted or newer: $GET_RUST"
    fail "rustc $found is too old, this workspace needs $wanted or newer" "rustup update stable"
  fi
}

# setup_rust_component NAME COMMAND: NAME is rustup's, COMMAND shows whether it is there.
setup_rust_component() {
  local name=$1
  shift
  "$@" >/dev/null 2>&1 && return 0
  have rustup || fail "$name is missing, 'make test' checks the code with it: $GET_RUST"
  say "installing $name (rustup): 'make test' checks the code with it"
  rustup component add "$name" >&2 || fail "could not install $name" "rustup component add $name"
}

# All at once and before anything is compiled: a build of minutes should not end by a network that is gone.
setup_crates() {
  (cd "$root" && cargo fetch --locked --quiet >&2) ||
    fail "the crates could not all be downloaded (those that were are kept)" "cargo fetch --locked"
}

# setup_space GIGABYTES: what building and a run of all scenarios take, less what has been built already.
setup_space() {
  local free built
  free=$(df --output=avail --block-size=1M "$root" | tail -n1) || return 0
  built=$(du --summarize --block-size=1M "$root/target" 2>/dev/null | cut -f1) || true
  [ $((free + ${built:-0})) -ge $(($1 * 1024)) ] ||
    fail "$((free / 1024)) GB are free below $root, and building takes $1: free some, or clone onto another disk"
}
