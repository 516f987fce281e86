#!/usr/bin/env bash
# Builds the report site's code into dist/. Trunk runs offline, as it would else fetch tools of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/wasm-cargo.sh cargo fetch --quiet --locked
scripts/wasm-cargo.sh trunk build --offline
