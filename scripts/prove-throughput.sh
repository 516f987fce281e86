#!/usr/bin/env bash
# Holds the optimized service against its targets on both databases: throughput beside the standard service, throughput
# beside raw inserts, and the hit path beside BLAKE3 alone. Prints what was measured, and exits with 1 if a target is missed.
#
#   scripts/prove-throughput.sh [OPTION...]
#
# Options are those of the benchmark `limits`, for example --rounds 11 --seconds 3. The machine should be idle: both sides
# of a ratio are measured in turn, but what else runs takes from both what they need differently.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
code=0

printf 'revision %s, %s cores, load %s, %s\n' "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" "$(nproc)" \
  "$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)" "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n1)"

echo "== SQLite"
cargo bench --locked --quiet -p persistence --bench limits -- --check "$@" || code=1
echo "== PostgreSQL"
scripts/bench-postgres.sh --check "$@" || code=1
echo "== Allocations"
cargo test --locked --quiet --workspace --test allocations -- --nocapture | grep -E '^a hit|test result' || code=1
exit "$code"
