#!/usr/bin/env bash
# Measures what measuring costs: runs of the scenario sampling, whose arms are one service without and with everything
# sampled and counted. Prints a Markdown table of the change of throughput in the closed model with its interval, of the
# instruments' share of the processor time, and of the memory that they take. Exits with 1 where a run is certain that
# throughput falls by more than 1 %, or one finds more than 5 MB.
#
#   scripts/prove-sampling.sh [RUNS] [PROFILE]
#
# RUNS (3) runs, each with another seed, of PROFILE (full: 100 pairs of 6000 saves). A run takes about 3 minutes; the
# machine should be idle, else throughput tells nothing.
#
# Environment: RUNNER (default: target/release/runner); WORK (default: target/prove-sampling), which keeps the reports;
# DATABASE_URL, as for the runner.
set -euo pipefail

runs=${1:-3} profile=${2:-full}
[[ $runs =~ ^[1-9][0-9]*$ ]] || { echo "usage: scripts/prove-sampling.sh [RUNS] [PROFILE]" >&2; exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runner=$(realpath "${RUNNER:-$root/target/release/runner}") work=${WORK:-$root/target/prove-sampling}
command -v jq >/dev/null || { echo "error: jq is needed to read the verdicts; install it" >&2; exit 2; }
[[ -x $runner ]] || { echo "error: $runner is no program; run: make runner" >&2; exit 2; }
mkdir -p "$work"

# The instruments' share of the processor time in the closed model.
share() { # FILE
  jq '
    [.blocks[] | select(.mode == "closed" and .arm == "candidate")]
    | (map(.resources.instruments_ns) | add) / (map(.cpu_ns) | add)
  ' "$1"
}

# What the scenario's own targets came to, as one object.
measure() { # SEED
  local out="$work/$1" log="$work/$1.log"
  rm -rf "${out:?}"
  if ! "$runner" run sampling --profile "$profile" --seed "$1" --out "$out" >/dev/null 2>"$log"; then
    echo "error: the run failed; the end of $log:" >&2
    tail -n 20 "$log" >&2
    exit 2
  fi
  "$runner" verdict "$out"/*-"$profile"-* --format json | jq --argjson seed "$1" '
    [.targets[] | select(.policy == null)] as $own
    | def of($metric): first($own[] | select(.metric == $metric));
    {seed: $seed, throughput: of("throughput.closed"), memory: of("memory.peak"), processor: $share}
  ' --argjson share "$(share "$out"/*-"$profile"-*/sampling.json)" >"$work/$1.json"
}

printf 'revision %s, %s cores, load %s, %s; profile %s\n\n' \
  "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)" "$(nproc)" \
  "$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)" \
  "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n1)" "$profile"
cat <<'HEAD'
| seed | change of throughput (95 % interval) | processor time of the instruments | memory, MB |
| ---: | ---: | ---: | ---: |
HEAD
broken=0
for ((seed = 7001; seed < 7001 + runs; seed++)); do
  measure "$seed"
  jq -r '
    def percent: if . == null then "–" else . * 10000 | round / 100 | "\(.) %" end;
    "| \(.seed) | \(.throughput.measured | percent) (\(.throughput.low | percent) … \(.throughput.high | percent)) "
    + "| \(.processor | percent) | \(.memory.measured / 1e4 | round / 100) |"
  ' "$work/$seed.json"
  jq -e '
    .throughput.verdict != "fail" and .throughput.measured != null
    and .memory.measured <= 5e6 and .memory.measured != null
  ' "$work/$seed.json" >/dev/null || broken=1
done
echo
if ((broken)); then
  echo "- **broken**: measuring costs at most 1 % of throughput, and 5 MB"
else
  echo "- kept: no run is certain that measuring costs more than 1 % of throughput; at most 5 MB"
fi
exit "$broken"
