#!/usr/bin/env bash
# Prints the path of one of Prometheus' programs (prometheus, promtool, amtool): the one on PATH, or the one that
# scripts/setup.sh unpacked. Fails where there is none.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${1:?usage: scripts/prometheus.sh prometheus|promtool|amtool}

unpacked=$root/target/prometheus/usr/bin/$program
if command -v "$program"; then exit 0; fi
if [ -x "$unpacked" ]; then
  echo "$unpacked"
  exit 0
fi
echo "error: $program is missing; run: scripts/setup.sh test" >&2
exit 1
