#!/usr/bin/env bash
# Prints what a browser downloads to show a first page (HTML, CSS and the script that starts, and the one program that
# the page's address belongs to; after gzip -9) and fails where a program is above the budget.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

budget=300000 # bytes

[ -f dist/index.html ] || { echo "dist/ holds no site; run: make viewer" >&2; exit 1; }

# Prints each file's bytes, and their sum into $sum.
sum_of() { # FILE...
  local file bytes
  sum=0
  for file; do
    bytes=$(gzip -9 --stdout --no-name "$file" | wc -c)
    sum=$((sum + bytes))
    printf '%9d  %s\n' "$bytes" "$file"
  done
}

sum_of dist/index.html dist/*.css dist/start-*.js dist/page-*.js
shell=$sum
over=0
for program in overview evidence comparison; do
  sum_of dist/"$program"-*.js dist/"${program}"_bg-*.wasm dist/instruments-*.js
  total=$((shell + sum))
  printf '%9d  bytes for a first page of %s after gzip -9; the budget is %d\n' "$total" "$program" "$budget"
  if [ "$total" -gt "$budget" ]; then
    echo "the download of $program is $((total - budget)) bytes over its budget" >&2
    over=1
  fi
done
exit "$over"
