#!/usr/bin/env bash
# Holds what a memory profile says of a cached entry against an independent count: the same fill under dhat, a heap profiler,
# in a process of its own with another allocator. Prints both figures and fails where they differ by more than 10 %.
#
#   scripts/prove-memory.sh RUNNER
#
# The profile counts what jemalloc gives, which rounds each request up to a size class; dhat counts what is asked for. So its
# figure is printed twice, the second time with what each place in the code has live rounded up as jemalloc does: that one is
# held against the profile. Takes half a minute, with everything built.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runner=$(realpath "${1:?usage: scripts/prove-memory.sh RUNNER}")
cd "$root"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The profile of a cache of so many entries, as a run reports it.
profiled() { # ENTRIES
  cat >"$work/memory-$1.toml" <<TOML
name = "memory-$1"
title = "Memory of a cache of $1 entries"
source = "instrument check"
why = "What a cached entry takes, to be held against a heap profiler."

[load]
users = 1
arrivals = "uniform"
state_size = { min = "1 KB", max = "5 KB" }
duplicates = "0 %"
pattern = "mixed"
cache_entries = $1
runs = 1

[profiles.full]
rate = "100/s"
operations = 10
pairs = 1
warm_up_operations = 1
memory_profile = true
TOML
  env -u DATABASE_URL "$runner" run "$work/memory-$1.toml" --profile full --out "$work/reports-$1" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
  "$runner" verify "$work/reports-$1"/*-full-* >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  # Thousands are set apart by narrow spaces.
  "$runner" verdict "$work/reports-$1"/*-full-* | LC_ALL=C sed $'s/\xe2\x80\xaf//g' |
    sed -n 's/^memory: A cached entry takes \([0-9]*\) bytes.*/\1/p'
}

# The same fill by dhat: as asked for, and as jemalloc gives it.
counted() { # ENTRIES
  CACHE_ENTRIES=$1 cargo test --locked --quiet --workspace --test cache_memory -- --nocapture 2>"$work/log" |
    sed -n 's/^bytes of an entry: \([0-9.]* [0-9.]*\)$/\1/p' || { cat "$work/log" >&2; exit 1; }
}

echo "| entries | memory profile, bytes an entry | dhat, as given | ratio | dhat, as asked for | ratio |"
echo "| ---: | ---: | ---: | ---: | ---: | ---: |"
broken=0
for entries in 200 1000 10000; do
  ours=$(profiled "$entries")
  read -r asked given < <(counted "$entries") || true
  [[ -n $ours && -n $given ]] || { echo "error: $entries entries: '$ours' by the profile, '$given' by dhat" >&2; exit 1; }
  ratio() { awk -v a="$ours" -v b="$1" 'BEGIN { printf "%.3f", a / b }'; }
  echo "| $entries | $ours | $given | $(ratio "$given") | $asked | $(ratio "$asked") |"
  awk -v r="$(ratio "$given")" 'BEGIN { exit !(r > 1.1 || r < 0.9) }' && broken=1
done
if ((broken)); then
  echo "error: they differ by more than 10 %" >&2
  exit 1
fi
