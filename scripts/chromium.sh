#!/usr/bin/env bash
# Prints the path of the Chromium (or Chrome) that the browser tests use: $CHROMIUM, or the first on PATH.
set -euo pipefail

if [ -n "${CHROMIUM:-}" ]; then
  [ -x "$CHROMIUM" ] || { echo "CHROMIUM=$CHROMIUM is not an executable file" >&2; exit 1; }
  echo "$CHROMIUM"
  exit 0
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name"; then exit 0; fi
done
echo "no Chromium found on PATH; run: scripts/setup.sh test, or set CHROMIUM=/path/to/chromium" >&2
exit 1
