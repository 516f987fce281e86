#!/usr/bin/env bash
# Checks that docs/report.schema.json is what the report types generate. The argument is the runner to ask.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runner=${1:?usage: scripts/check-schema.sh RUNNER}

if ! "$runner" schema | diff -u docs/report.schema.json - >&2; then
  echo "docs/report.schema.json is not current; run: make schema, and commit the difference" >&2
  exit 1
fi
