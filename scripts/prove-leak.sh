#!/usr/bin/env bash
# Proves that a leak is found and that none is seen where there is none: runs of the scenario leak-cyclic with a service
# that keeps 1 KB for good at every 100th save, and with the service as it is.
#
#   scripts/prove-leak.sh [CLEAN] [--leaking N] [--seconds S] [--leak BYTES@SAVES]
#
# Makes one run with the leak (--leaking N for more) and CLEAN runs without (10), each with another seed, and prints a
# Markdown table of what the candidate's process had allocated: its growth for each save, and over 24 hours of the
# strategy's load. Exits with 1 where a leak was not found, or one was seen in a clean run. A run takes 3 minutes, both arms
# together; --seconds shortens the load of each arm (80) in whole blocks of 2 s, to try the script itself: a run that is too
# short to tell is inconclusive.
#
# Environment: RUNNER (default: target/release/runner); WORK (default: target/prove-leak), which keeps the reports, so that
# a proof that was stopped goes on where it was: remove that folder to begin anew; DATABASE_URL, as for the runner.
set -euo pipefail

usage() { echo "usage: scripts/prove-leak.sh [CLEAN] [--leaking N] [--seconds S] [--leak BYTES@SAVES]" >&2; exit 2; }

clean=10 leaking=1 seconds=80 leak=1024@100
while (($#)); do
  case $1 in
    --leaking | --seconds | --leak)
      [[ -n ${2-} ]] || usage
      declare "${1#--}=$2"
      shift 2
      ;;
    *)
      clean=$1
      shift
      ;;
  esac
done
for number in "$clean" "$leaking" "$seconds"; do [[ $number =~ ^(0|[1-9][0-9]*)$ ]] || usage; done
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runner=$(realpath "${RUNNER:-$root/target/release/runner}") work=${WORK:-$root/target/prove-leak}
command -v jq >/dev/null || { echo "error: jq is needed to read the verdicts; install it" >&2; exit 2; }
[[ -x $runner ]] || { echo "error: $runner is no program; run: make runner" >&2; exit 2; }
mkdir -p "$work"

# The scenario itself, or a shorter one of the same name: as many blocks of 2 s as fit, of 800 saves.
scenario=leak-cyclic
if ((seconds != 80)); then
  pairs=$((seconds / 2))
  ((pairs > 0)) || { echo "error: --seconds $seconds is shorter than a block of 2 s" >&2; exit 2; }
  scenario=$work/leak-cyclic.toml
  sed -e "s/^operations = 32000$/operations = $((pairs * 800))/" -e "s/^pairs = 40$/pairs = $pairs/" \
    "$root/runner/scenarios/leak-cyclic.toml" >"$scenario"
fi

# One run. The seed differs, so that chance does too; the same number always means the same seed.
measure() { # NAME SERVICE SEED
  local kept="$work/$1.json" began log="$work/$1.log" code=0
  [[ -s $kept ]] && return
  began=$(date +%s)
  rm -rf "${work:?}/$1"
  "$runner" run "$scenario" --candidate "$2" --seed "$3" --out "$work/$1" >/dev/null 2>"$log" || code=$?
  if [[ $code != 0 ]]; then
    echo "error: $1 ended with $code; the end of $log:" >&2
    tail -n 20 "$log" >&2
    exit 2
  fi
  local ended
  ended=$(date +%s)
  "$runner" verdict "$work/$1"/*-quick-* --format json |
    jq --arg name "$1" --argjson seconds $((ended - began)) '
      first(.targets[] | select(.metric == "memory.leak" and .policy == null))
      | {name: $name, verdict, measured, low, high, reason, baseline, seconds: $seconds}
    ' >"$kept.new"
  mv "$kept.new" "$kept"
  echo "$1: $(jq -r .verdict "$kept"), $((ended - began)) s" >&2
}

series() { # NAME SERVICE COUNT FIRST_SEED
  local i
  for ((i = 1; i <= $3; i++)); do measure "$1-$(printf %02d "$i")" "$2" $(($4 + i)); done
}

count() { # NAME COUNT VERDICT: runs of a series with a verdict
  local i n=0
  for ((i = 1; i <= $2; i++)); do
    [[ $(jq -r .verdict "$work/$1-$(printf %02d "$i").json") == "$3" ]] && n=$((n + 1))
  done
  echo "$n"
}

series leaking "optimized:leak=$leak" "$leaking" 5000
series clean optimized "$clean" 6000

printf 'revision %s, %s cores, load %s, %s; leak %s\n\n' "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)" \
  "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)" \
  "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n1)" "$leak"
cat <<'HEAD'
| run | verdict | growth in 24 h (95 % interval) | standard service | s | reason |
| --- | --- | ---: | ---: | ---: | --- |
HEAD
rows() { # NAME COUNT
  local i
  for ((i = 1; i <= $2; i++)); do
    jq -r '
      def percent: if . == null then "–" else . * 1000 | round / 10 | if . > 0 then "+\(.) %" else "\(.) %" end end;
      (if .low == null then "" else " (\(.low | percent) … \(.high | percent))" end) as $interval
      | "| \(.name) | \(.verdict) | \(.measured | percent)\($interval) | \(.baseline | percent) | \(.seconds) | \(.reason) |"
    ' "$work/$1-$(printf %02d "$i").json"
  done
}
rows leaking "$leaking"
rows clean "$clean"

found=$(count leaking "$leaking" fail) alarms=$(count clean "$clean" fail)
passed=$(count clean "$clean" pass) open=$(count clean "$clean" inconclusive)
broken=0
promise() { # SENTENCE HOLDS
  if (($2)); then echo "- kept: $1"; else echo "- **broken**: $1"; broken=1; fi
}
echo
promise "a leak of $leak: found in $found of $leaking" $((found == leaking))
# A run without a figure would raise no alarm either, so it does not count as clean.
promise "no leak: $alarms alarms in $clean runs, $passed of them below the limit for certain, $open open" \
  $((alarms == 0 && passed + open == clean))
exit "$broken"
