#!/usr/bin/env bash
# Proves that no kill loses an acknowledged save: SIGKILL in the middle of load, both services, both databases.
#
#   scripts/prove-crash.sh [KILLS]
#
# Kills each service KILLS times (250) on SQLite and on PostgreSQL, that is 4 × KILLS kills in all, and prints a Markdown
# table. After each kill the database is held against every acknowledgement, and the service goes on with it. Exits with 1
# where a save was lost or wrong, a run's latest state was not the last one acknowledged, or recovery took a second or was
# not seen. A killed process is not a power cut: this says nothing about disks that lie.
#
# Environment: RUNNER (default: target/release/runner), WORK (default: target/prove-crash), which keeps the reports and is
# emptied at the begin; STATEBENCH_TEST_POSTGRES, the URL of a PostgreSQL (default: one of scripts/postgres.sh). It takes
# about 2 minutes for each 250 kills.
set -euo pipefail

kills=${1:-250}
[[ $kills =~ ^[1-9][0-9]*$ ]] || { echo "usage: scripts/prove-crash.sh [KILLS], a number above 0" >&2; exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runner=$(realpath "${RUNNER:-$root/target/release/runner}") work=${WORK:-$root/target/prove-crash}
command -v jq >/dev/null || { echo "error: jq is needed to read the reports; install it" >&2; exit 2; }
[[ -x $runner ]] || { echo "error: $runner is no program; run: make runner" >&2; exit 2; }
postgres=${STATEBENCH_TEST_POSTGRES:-$("$root/scripts/postgres.sh" url)}

measure() { # NAME URL
  local code=0 log="$work/$1.log"
  rm -rf "${work:?}/$1"
  echo "$1: $kills kills of each service" >&2
  "$runner" run crash --kills "$kills" --out "$work/$1" --database "$2" >/dev/null 2>"$log" || code=$?
  # 5: a save is lost, which the table tells.
  if [[ $code != 0 && $code != 5 ]]; then
    echo "error: the run on $1 ended with $code; the end of $log:" >&2
    tail -n 20 "$log" >&2
    exit 2
  fi
}

mkdir -p "$work/databases"
measure sqlite "sqlite:$work/databases"
measure postgresql "$postgres"
rmdir "$work/databases"

cat <<'HEAD'
| database | service | kills | acknowledged | unanswered | lost or wrong | stale runs | found right after a kill | longest recovery |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
HEAD
broken=0
for database in sqlite postgresql; do
  run=$(dirname "$work/$database"/*/crash.json)
  for arm in baseline candidate; do
    row=$(jq -r --slurpfile run "$run/run.json" --arg arm "$arm" --arg database "$database" --argjson planned "$kills" '
      [.faults[] | select(.arm == $arm and .fault == "process_killed")] as $kills
      | .ledger[$arm] as $ledger
      | ($kills | map(.recovery_ns)) as $recoveries
      | {
          database: $database,
          service: $run[0].arms[$arm].service,
          kills: ($kills | length),
          acknowledged: ($kills | map(.acknowledged) | add),
          unanswered: ($kills | map(.unanswered) | add),
          lost: ($ledger.lost + $ledger.wrong),
          stale: $ledger.stale_runs,
          violations: ($kills | map(.violations // 0) | add),
          unrecovered: ($recoveries | map(select(. == null)) | length),
          longest_ms: ($recoveries | map(. // 0) | max / 1e6)
        }
      | .kept = (.kills == $planned and .lost + .stale + .violations + .unrecovered == 0 and .longest_ms < 1000)
      | (if .unrecovered > 0 then "not seen \(.unrecovered) times" else "\(.longest_ms | round) ms" end) as $longest
      | "\(.kept)\t| \(.database) | \(.service) | \(.kills) | \(.acknowledged) | \(.unanswered) | \(.lost) | \(.stale) | \(.violations) | \($longest) |"
    ' "$run/crash.json")
    printf '%s\n' "${row#*$'\t'}"
    [[ ${row%%$'\t'*} == true ]] || broken=1
  done
done
if [[ $broken == 0 ]]; then
  echo "- kept: $((4 * kills)) kills, no acknowledged save lost or wrong, no run fell back, service within a second"
else
  echo "- **broken**: see the table"
fi
exit "$broken"
