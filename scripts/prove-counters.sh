#!/usr/bin/env bash
# Holds what a block's counters say against independent counts: SQLite's log against the growth of one that never begins
# anew, PostgreSQL's log against pg_stat_wal read by psql and against pg_waldump, its rows, transactions and sizes against
# psql and the service's own count, allocations against a known number. Prints both figures and fails where they differ by
# more than 1 %. pg_stat_statements is loaded for it, so the server of scripts/postgres.sh is restarted; nobody else may use
# it meanwhile: everybody's log is counted.
#
#   scripts/prove-counters.sh
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ -z "${STATEBENCH_TEST_POSTGRES:-}" ]; then
  exec scripts/postgres.sh run "$0"
fi

query() { psql -XAqtc "$1" "$STATEBENCH_TEST_POSTGRES"; }

leave_as_it_was() {
  query 'DROP EXTENSION IF EXISTS pg_stat_statements'
  query 'ALTER SYSTEM RESET shared_preload_libraries'
  scripts/postgres.sh restart
}
trap leave_as_it_was EXIT
query "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'"
scripts/postgres.sh restart
query 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements'

tests=(counters:: sqlite_log:: every_request_of_a_thread_without_a_cache_is_counted)
cargo test --locked --quiet --workspace --bin runner -- \
  --include-ignored --nocapture --test-threads=1 "${tests[@]}"
