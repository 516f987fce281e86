#!/usr/bin/env bash
# Checks the dependency rules of docs/architecture.md: which crate may know which. Names every breach.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

breaches=0
breach() {
  printf 'dependency rule broken: %s\n' "$*" >&2
  breaches=$((breaches + 1))
}

# tree CRATE EDGES: the names of all crates in CRATE's dependency tree.
tree() {
  cargo tree --locked -p "$1" -e "$2" --all-features --target all --prefix none --format '{p}' | cut -d' ' -f1 | sort -u
}

# only_knows CRATE ALLOWED...: of the workspace's crates, CRATE depends on none but those allowed.
only_knows() {
  local crate=$1 known other
  shift
  known=$(tree "$crate" normal,build,dev)
  for other in shared persistence runner viewer build-site; do
    if [ "$other" != "$crate" ] && grep -qx "$other" <<<"$known" && [[ " $* " != *" $other "* ]]; then
      breach "$crate depends on $other"
    fi
  done
}

# never_uses CRATE FOREIGN...: CRATE brings in none of these other crates, not even indirectly.
never_uses() {
  local crate=$1 known foreign
  shift
  known=$(tree "$crate" normal,build)
  for foreign in "$@"; do
    if grep -qx "$foreign" <<<"$known"; then breach "$crate brings in $foreign"; fi
  done
}

only_knows shared
only_knows persistence
only_knows viewer shared
only_knows runner shared persistence
only_knows build-site

# Pure computation: the same code judges in the runner and in the browser.
never_uses shared tokio sqlx

# Instrument and specimen stay apart: only the arm's worker touches the services.
while IFS= read -r place; do
  breach "only runner/src/arm/worker* may use persistence: $place"
done < <(grep -rnE '\bpersistence(::| as )|\buse persistence\b' runner/src --include='*.rs' |
  grep -v '^runner/src/arm/worker' || true)

[ "$breaches" -eq 0 ]
