# shellcheck shell=bash
# How the set-up scripts speak, become root and install Debian packages. Sourced, never run.
set -euo pipefail

# shellcheck disable=SC2034  # used by the scripts that source this one
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { printf 'setup: %s\n' "$*" >&2; }

# fail WHAT [COMMAND]: what happened, and what to run by hand; the same target then goes on where it stopped.
fail() {
  printf 'setup: error: %s%s\n' "$1" "${2:+; run: $2}" >&2
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
    fail "this is no Debian-like system: install the equivalent of $* with its package manager ($why)"
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
