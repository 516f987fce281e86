#!/usr/bin/env bash
# Feeds harmed reports to the code that reads and judges them, both to the runner's reader and to the site's, for as long as
# asked for. Fails where one of them panics, and names its seed.
#
#   scripts/fuzz.sh [SECONDS]
#
# SECONDS is for both readers together (600). FUZZ_SEED is where the seeds begin, so that another run tries other reports, and
# so that a seed which broke something can be tried again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-600}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: scripts/fuzz.sh [SECONDS]" >&2; exit 2; }
export FUZZ_SECONDS=$(((seconds + 1) / 2))
# Fast, and yet nothing overflows unnoticed.
export CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
export CARGO_TARGET_DIR=target/fuzz

fuzz() { # WHOSE FEATURES...
  local whose=$1
  shift
  echo "the $whose reader:"
  cargo test --release --locked --quiet -p shared "$@" --test hostile -- --ignored --nocapture
}
fuzz "site's"
fuzz "runner's" --features field-paths
