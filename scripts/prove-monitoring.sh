#!/usr/bin/env bash
# Proves that monitoring/ shows a run: a real Prometheus scrapes a short one, and so does one that takes native histograms. Every
# query of the dashboard must return data.
#
#   scripts/prove-monitoring.sh RUNNER
#
# It takes about 30 seconds. Everything is on loopback, on free ports, in a folder that is thrown away.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runner=$(realpath "${1:?usage: scripts/prove-monitoring.sh RUNNER}")
prometheus=$("$root/scripts/prometheus.sh" prometheus)

work=$(mktemp -d) pids=()
# Logs are read before those who write them have begun.
touch "$work"/{run,plain,native}.log
clean_up() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" || true; done
  rm -rf "$work"
}
trap clean_up EXIT

# fail WHAT LOG: shows the end of a log.
fail() {
  echo "error: $1; it said:" >&2
  tail -n 20 "$2" >&2
  exit 1
}

# until_said PATTERN LOG PID: waits until a process has said something, and prints it.
until_said() {
  while ! grep -m1 -oE "$1" "$2"; do
    kill -0 "$3" 2>/dev/null || fail "a process ended too early" "$2"
    sleep 0.1
  done
}

begin=$(date +%s)
tests=$root/monitoring/tests
env -u DATABASE_URL "$runner" run "$tests"/{normal,cache-failure,errors}.toml --profile full --metrics 127.0.0.1:0 \
  --out "$work/reports" >/dev/null 2>"$work/run.log" &
run=$! pids+=("$!")
target=$(until_said '127\.0\.0\.1:[1-9][0-9]*' "$work/run.log" "$run")

# The configuration as it is shipped, but for the addresses and for how often: the run is short.
sed -e "s/127.0.0.1:9464/$target/" -e 's/_interval: 5s/_interval: 1s/' -e '/^alerting:/,/^$/d' \
  "$root/monitoring/prometheus.yml" >"$work/prometheus.yml"
ln -s "$root/monitoring/rules" "$work/rules"
# start NAME OPTIONS...: a Prometheus on a free port, which is left in the variable `port`.
start() {
  local name=$1
  shift
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  "$prometheus" --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/$name" \
    --web.listen-address="127.0.0.1:$port" "$@" >"$work/$name.log" 2>&1 &
  pids+=("$!")
  until_said 'Server is ready' "$work/$name.log" "$!" >/dev/null
}
start plain
plain=$port
start native --enable-feature=native-histograms
native=$port

code=0
wait "$run" || code=$?
[ "$code" -eq 0 ] || fail "the run ended with $code" "$work/run.log"
# The last scrape is evaluated within a second.
sleep 2
node "$tests/queries.mjs" "http://127.0.0.1:$plain" "http://127.0.0.1:$native" "$begin"
