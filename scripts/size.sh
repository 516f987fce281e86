#!/usr/bin/env bash
# Prints what a browser downloads to show the first page (every HTML, CSS, JavaScript and WebAssembly file of
# dist/, after gzip -9) and fails above the budget.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

budget=300000 # bytes

[ -f dist/index.html ] || { echo "dist/ holds no site; run: make viewer" >&2; exit 1; }

total=0
while IFS= read -r file; do
  bytes=$(gzip -9 --stdout --no-name "$file" | wc -c)
  total=$((total + bytes))
  printf '%9d  %s\n' "$bytes" "$file"
done < <(find dist -type f \( -name '*.html' -o -name '*.css' -o -name '*.js' -o -name '*.wasm' \) | sort)

printf '%9d  bytes in all after gzip -9; the budget is %d\n' "$total" "$budget"
if [ "$total" -gt "$budget" ]; then
  echo "the viewer's transfer is $((total - budget)) bytes over its budget" >&2
  exit 1
fi
