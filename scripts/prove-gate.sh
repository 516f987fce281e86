#!/usr/bin/env bash
# Proves what a gate promises: no false alarms between equal builds, and eyes for a service that is slower.
#
#   scripts/prove-gate.sh RUNNER [EQUAL] [SLOW30] [SLOW5]
#
# Runs EQUAL gates of RUNNER against itself (20), SLOW30 with a candidate slowed by 30 % of its service time (10) and
# SLOW5 by 5 % (10), all on default settings, and prints a Markdown table with the sums. Exits with 1 where the promise
# is broken. Each gate's verdict is kept in WORK (default: target/prove-gate), so that a proof that was stopped goes on
# where it was; remove that folder to begin anew. The machine should be idle; it takes 30 to 60 minutes.
set -euo pipefail

runner=$(realpath "${1:?usage: scripts/prove-gate.sh RUNNER [EQUAL] [SLOW30] [SLOW5]}")
equal=${2:-20} slow30=${3:-10} slow5=${4:-10}
work=${WORK:-target/prove-gate}
command -v jq >/dev/null || { echo "error: jq is needed to read the verdicts; install it" >&2; exit 2; }
mkdir -p "$work"

# One gate. The seed differs, so that chance does too; the same number always means the same seed.
gate() { # NAME SERVICE SEED
  local kept="$work/$1.json" began ended code=0
  [[ -s $kept ]] && return
  began=$(date +%s)
  "$runner" gate --against "$runner" --candidate "$2" --seed "$3" --format json \
    --out "$work/reports" >"$work/$1.part" 2>"$work/$1.log" || code=$?
  ended=$(date +%s)
  case $code in
    0 | 1 | 3) ;;
    *) echo "error: gate $1 ended with $code; see $work/$1.log" >&2; exit "$code" ;;
  esac
  case $(jq -r .verdict "$work/$1.part") in
    pass | warn | fail | inconclusive | not_judged) ;;
    *) echo "error: gate $1 gave no verdict; see $work/$1.log" >&2; exit 2 ;;
  esac
  jq --argjson seconds $((ended - began)) --argjson code "$code" '. + {seconds: $seconds, code: $code}' \
    "$work/$1.part" >"$kept.new"
  mv "$kept.new" "$kept"
  rm "$work/$1.part"
  echo "$1: $(jq -r '.verdict' "$kept"), $((ended - began)) s" >&2
}

series() { # NAME SERVICE COUNT FIRST_SEED
  local i
  for ((i = 1; i <= $3; i++)); do gate "$1-$(printf %02d "$i")" "$2" $(($4 + i)); done
}

count() { # NAME COUNT VERDICT: gates of a series with a verdict
  local i n=0
  for ((i = 1; i <= $2; i++)); do
    [[ $(jq -r .verdict "$work/$1-$(printf %02d "$i").json") == "$3" ]] && n=$((n + 1))
  done
  echo "$n"
}

series equal optimized "$equal" 1000
series slow30 optimized:slow=30 "$slow30" 2000
series slow5 optimized:slow=5 "$slow5" 3000

cat <<'HEAD'
| gate | verdict | P50 hits | P50 misses | P95 | P99 | noise P95 | pairs | s |
| --- | --- | --- | --- | --- | --- | ---: | ---: | ---: |
HEAD
for kept in "$work"/equal-*.json "$work"/slow30-*.json "$work"/slow5-*.json; do
  [[ -s $kept ]] || continue
  jq -r --arg name "$(basename "$kept" .json)" '
    def percent: . * 1000 | round / 10 | if . > 0 then "+\(.)" else "\(.)" end;
    def target(id): [.targets[] | select(.id == id)] | first;
    def of(id): target(id) as $t
      | if $t.change == null then "–"
        elif $t.low == null then "\($t.change | percent) %"
        else "\($t.change | percent) (\($t.low | percent) … \($t.high | percent)) %" end;
    def noise(id): target(id).noise_floor
      | if . == null then "–" else "±\(. * 1000 | round / 10) %" end;
    ([.facts[] | select(.name == "gate") | .text | split(" ")[0]] | first // "–") as $pairs
    | "| \($name) | \(.verdict) | \(of("latency-p50-hits")) | \(of("latency-p50-misses")) | \(of("latency-p95")) | \(of("latency-p99")) | \(noise("latency-p95")) | \($pairs) | \(.seconds) |"
  ' "$kept"
done

warned=$(count equal "$equal" warn) failed=$(count equal "$equal" fail) open=$(count equal "$equal" inconclusive)
found=$(count slow30 "$slow30" fail) wronged=$(count slow5 "$slow5" fail)
broken=0
promise() { # SENTENCE HOLDS
  if (($2)); then echo "- kept: $1"; else echo "- **broken**: $1"; broken=1; fi
}
echo
promise "equal builds: $warned warnings (at most 1), $failed failures (0), $open inconclusive (at most 2) of $equal" \
  $((warned <= 1 && failed == 0 && open <= 2))
promise "30 % slower: $found of $slow30 failed (at least 9 of 10)" $((10 * found >= 9 * slow30))
promise "5 % slower: $wronged of $slow5 failed (0)" $((wronged == 0))
exit "$broken"
