#!/usr/bin/env bash
# Holds what a block's counters say against independent counts: SQLite's log against the growth of one that never begins
# anew, PostgreSQL's against pg_waldump and pg_stat_wal, allocations against a known number. Prints both figures and fails
# where they differ by more than 1 %. Nobody else may use the server of scripts/postgres.sh meanwhile: everybody's log is
# counted.
#
#   scripts/prove-counters.sh
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

tests=(counters:: sqlite_log:: every_request_of_a_thread_without_a_cache_is_counted)
scripts/postgres.sh run cargo test --locked --quiet -p runner --bin runner -- \
  --include-ignored --nocapture --test-threads=1 "${tests[@]}"
