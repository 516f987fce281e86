#!/usr/bin/env bash
# Proves that a long run survives its runner: SIGKILL at a random instant, `runner resume`, and at most a minute is missing.
#
#   scripts/prove-resume.sh [MINUTES]
#
# Measures blocks of MINUTES (3) minutes on both services, on SQLite and on PostgreSQL at the same time, kills both runners
# after the first minute, goes on, and prints a Markdown table of what is missing by the reports. Exits with 1 where more
# than 60 s of load have no evidence, where saves are neither measured nor named as missing, where an acknowledged save is
# lost, or where `runner verify` finds something.
#
# Environment: RUNNER (default: target/release/runner), WORK (default: target/prove-resume), which keeps the reports and is
# emptied at the begin; STATEBENCH_TEST_POSTGRES, the URL of a PostgreSQL (default: one of scripts/postgres.sh). It takes a
# little more than twice MINUTES.
set -euo pipefail

minutes=${1:-3}
[[ $minutes =~ ^[2-9]$|^[1-9][0-9]+$ ]] || { echo "usage: scripts/prove-resume.sh [MINUTES], at least 2" >&2; exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runner=$(realpath "${RUNNER:-$root/target/release/runner}") work=${WORK:-$root/target/prove-resume}
command -v jq >/dev/null || { echo "error: jq is needed to read the reports; install it" >&2; exit 2; }
[[ -x $runner ]] || { echo "error: $runner is no program; run: make runner" >&2; exit 2; }
postgres=${STATEBENCH_TEST_POSTGRES:-$("$root/scripts/postgres.sh" url)}

rm -rf "${work:?}"
mkdir -p "$work/databases"
cat >"$work/long.toml" <<TOML
name = "long"
title = "Long blocks"
source = "instrument check"
why = "Blocks of some minutes, so that a runner is killed in the middle of one."

[load]
users = 10
arrivals = "poisson"
state_size = { min = "1 KB", max = "10 KB" }
duplicates = "60 %"
pattern = "mixed"
cache_entries = 100
runs = 50
key_skew = 0.6

[profiles.full]
rate = "20/s"
duration = "$minutes min"
pairs = 1
warm_up_operations = 50
TOML

# Kills a run and goes on with it.
measure() { # NAME URL SECONDS
  local out=$work/$1 log=$work/$1.log pid
  "$runner" run "$work/long.toml" --profile full --out "$out" --database "$2" >/dev/null 2>"$log" &
  pid=$!
  sleep "$3"
  kill -9 "$pid"
  wait "$pid" 2>/dev/null || true
  local url=()
  [[ $1 == sqlite ]] || url=(--database "$2")
  "$runner" resume "$out"/2* "${url[@]}" >/dev/null 2>>"$log" || { tail -n 20 "$log" >&2; return 1; }
}

# After the first minute, before the last seconds.
random() { echo $((65 + RANDOM % (minutes * 120 - 80))); }

sqlite_at=$(random) postgresql_at=$(random)
measure sqlite "sqlite:$work/databases" "$sqlite_at" &
first=$!
measure postgresql "$postgres" "$postgresql_at" &
second=$!
wait "$first"
wait "$second"

cat <<'HEAD'
| database | killed after | arm, pair | evidence missing | saves without evidence | measured + missing of planned, each arm | lost or wrong | verify |
| --- | ---: | --- | ---: | ---: | ---: | ---: | --- |
HEAD
broken=0
for database in sqlite postgresql; do
  killed="${database}_at" run=$(dirname "$work/$database"/2*/long.json) verified=clean
  "$runner" verify "$run" >/dev/null 2>&1 || verified=damaged
  row=$(jq -r --arg database "$database" --arg killed "${!killed}" --arg verified "$verified" '
    . as $s
    | [.gaps[].missing[]] as $gone
    | ($gone | map(.to_ns - .from_ns) | add // 0) as $missing
    | (["baseline", "candidate"] | map(. as $arm
        | ([$s.blocks[] | select(.arm == $arm) | .planned] | add // 0)
        + ([$gone[] | select(.arm == $arm) | .saves] | add // 0))) as $saves
    | ([.ledger[] | .lost + .wrong + .stale_runs] | add) as $lost
    | ((.gaps | length) == 1 and $missing <= 60e9 and ($saves | unique) == [.load.offered.operations] and $lost == 0
        and $verified == "clean" and .status.state == "complete") as $kept
    | ($gone | map("\(.arm), \(.pair + 1)") | join("; ")) as $where
    | "\($kept)\t| \($database) | \($killed) s | \($where) | \($missing / 1e9) s | \($gone | map(.saves) | add // 0) | \($saves | map(tostring) | join(", ")) of \(.load.offered.operations) | \($lost) | \($verified) |"
  ' "$run/long.json")
  printf '%s\n' "${row#*$'\t'}"
  [[ ${row%%$'\t'*} == true ]] || broken=1
done
if [[ $broken == 0 ]]; then
  echo "- kept: both runs went on, at most a minute of load is missing and is named, nothing acknowledged is lost"
else
  echo "- **broken**: see the table"
fi
exit "$broken"
