#!/usr/bin/env bash
# Holds the optimized service on PostgreSQL against its targets; the limit of writing is pgbench's, in the same minutes.
#
#   scripts/bench-postgres.sh [OPTION...]
#
# Options are those of the benchmark `limits` (--help). The server is STATEBENCH_TEST_POSTGRES, a superuser's postgres://
# URL, or else the throw-away cluster of scripts/postgres.sh.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
command -v pgbench >/dev/null || { echo "error: pgbench is needed, which comes with PostgreSQL; install it" >&2; exit 2; }

# Compiled before the server starts, so that it idles only while it is measured.
cd "$root"
cargo bench --locked --quiet -p persistence --bench limits --no-run
# shellcheck disable=SC2016 # the URL is set by postgres.sh
exec "$root/scripts/postgres.sh" run bash -c \
  'exec cargo bench --locked --quiet -p persistence --bench limits -- --database "$STATEBENCH_TEST_POSTGRES" --only duplicates,unique "$@"' \
  bench-postgres "$@"
