# shellcheck shell=bash
# How the set-up scripts speak, become root and install Debian packages. Sourced, never run.
set -euo pipefail

# shellcheck disable=SC2034  # used by the scripts that source this one
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { printf 'setup: %s\n' "$*" >&2; }

# fail WHAT [COMMAND-TO-RUN-BY-HAND]
fail() {
  printf 'setup: error: %s\n' "$1" >&2
  if [ $# -gt 1 ]; then printf 'setup: run by hand, then try again:\n\n    %s\n\n' "$2" >&2; fi
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else
    say "not root, and there is no sudo: cannot run '$*'"
    return 1
  fi
}

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_lists_are_fresh=no

# install_packages WHY PACKAGE...: installs those Debian packages that are missing.
install_packages() {
  local why=$1 package missing=()
  shift
  if ! have apt-get || ! have dpkg-query; then
    fail "this is no Debian-like system; missing is the equivalent of: $* ($why)" \
      "install it with this system's package manager"
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  say "installing ${missing[*]} (apt-get): $why"
  local by_hand="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$apt_lists_are_fresh" = no ]; then
    as_root apt-get update -qq >&2 || fail "the package lists could not be updated" "$by_hand"
    apt_lists_are_fresh=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "could not install ${missing[*]}" "$by_hand"
}

version_of() { "$1" --version 2>/dev/null | cut -d' ' -f2; }

# cargo_tool COMMAND VERSION WHY INSTALL-ARGUMENT...
cargo_tool() {
  local tool=$1 version=$2 why=$3
  shift 3
  local found
  found=$(version_of "$tool" || true)
  [ "$found" != "$version" ] || return 0

  say "installing $tool $version${found:+ in place of $found} (cargo, takes some minutes): $why"
  cargo install "$@" --version "=$version" --force >&2 ||
    fail "could not install $tool $version" "cargo install $* --version =$version"
  [ "$(version_of "$tool")" = "$version" ] ||
    fail "$(command -v "$tool") is not version $version and comes first on PATH" "rm $(command -v "$tool")"
}
