#!/usr/bin/env bash
# Holds the archive of `make package` to what it promises, and exits with 1 where it does not keep it:
#
#   contents    unpacks whole, the program is static and names no path of this machine
#   chroot      in a Debian without Rust: measures everything (profile ci), publishes, serves; the page opens in Chromium
#   image       the same in an image of the program alone, built by buildah
#   comparison  against the runner that `make runner` builds: closed throughput differs by at most 5 %; needs an idle machine.
#               Exits with 3 where the interval holds 5 %
#
#   scripts/prove-package.sh [PART...]
#
# All parts where none is named; about 12 minutes. Needs root: chroot, mounts.
#
# Environment: WORK (default: target/prove-package), which keeps reports and the Debian; PAIRS (20), those of the comparison.
# shellcheck source=scripts/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/common.sh"
cd "$root"

parts=("$@")
[ $# -gt 0 ] || parts=(contents chroot image comparison)
work=$(realpath -m "${WORK:-target/prove-package}")
archives=(target/package/statebench-*.tar.gz)
[ -f "${archives[0]}" ] || fail "target/package holds no archive" "make package"
name=$(basename "${archives[0]}" .tar.gz)
unpacked=$work/unpacked/$name
mkdir -p "$work/unpacked"
rm -rf "${unpacked:?}"
tar -xzf "${archives[0]}" -C "$work/unpacked"

server='' mounted=''
clean_up() {
  [ -z "$server" ] || kill -- -"$server" 2>/dev/null || true
  [ -z "$mounted" ] || umount "$mounted"
}
trap clean_up EXIT

contents() {
  (cd target/package && sha256sum --check --quiet SHA256SUMS)
  (cd "$unpacked" && sha256sum --check --quiet SHA256SUMS)
  if readelf --program-headers --wide "$unpacked/runner" | grep -q INTERP ||
    readelf --dynamic --wide "$unpacked/runner" | grep -q NEEDED; then
    fail "the packaged runner is not static: $(ldd "$unpacked/runner" 2>&1 | tr '\n' ' ')"
  fi
  local own
  for own in "$root" "${CARGO_HOME:-$HOME/.cargo}"; do
    if grep -qF "$own/" "$unpacked/runner"; then fail "the packaged runner holds a path of this machine: $own"; fi
  done
  jq -e '.bomFormat == "CycloneDX" and (.components | length) > 100' "$unpacked/sbom.cdx.json" >/dev/null ||
    fail "the bill of materials holds no components"
  local page
  for page in runner runner-run runner-publish runner-view; do
    [ -s "$unpacked/man/man1/$page.1" ] || fail "the manual page $page.1 is missing"
  done
  [ "$(find "$unpacked/completions" -size +0 -type f | wc -l)" = 5 ] || fail "completions of 5 shells should be there"
  say "kept: $name unpacks whole, $(stat -c %s "${archives[0]}") bytes; the runner is static, $(stat -c %s "$unpacked/runner") bytes"
}

# first_steps WHERE FOLDER RUNNER...: what a newcomer does with the command RUNNER, whose working folder is FOLDER as seen
# from here.
first_steps() {
  local where=$1 folder=$2 url run
  shift 2
  "$@" --all --profile ci >"$folder/written" || fail "in the $where the run ended with $?"
  "$@" publish site || fail "in the $where publishing ended with $?"
  setsid "$@" view --no-open --port 0 >"$folder/url" 2>"$folder/view.log" &
  server=$!
  for _ in $(seq 100); do
    [ ! -s "$folder/url" ] || break
    sleep 0.1
  done
  url=$(cat "$folder/url")
  [ -n "$url" ] || fail "in the $where nothing is served: $(cat "$folder/view.log")"
  run=$(curl -sSf "$url/reports/index.json" | jq -re '.runs[0].id')
  # Every part of the page that it names is served.
  curl -sSf "$url" | grep -oE '[a-z_-]+-[0-9a-f]{16}\.(js|css|svg)' | sort -u >"$folder/parts"
  [ -s "$folder/parts" ] || fail "in the $where the page names no parts"
  while read -r part; do curl -sSf -o /dev/null "$url/$part"; done <"$folder/parts"
  # shellcheck disable=SC2016  # a template of JavaScript
  (cd web/tests && CHROMIUM=$("$root/scripts/chromium.sh") node --input-type=module -e '
    import { launch, openPage, assertNoFaults } from "./harness/browser.mjs";
    const browser = await launch();
    const page = await openPage(browser, process.argv[1]);
    console.log(`in Chromium: ${await page.locator("main h1").first().textContent()}`);
    assertNoFaults(page, process.argv[1]);
    await browser.close();
  ' "${url}#/run/$run")
  kill -- -"$server" && server=''
  jq -e '[.. | .allocated_bytes? // empty] | length > 0 and all(. > 0)' "$folder/reports/$run/high-load.json" >/dev/null ||
    fail "in the $where the report holds nothing of the allocator"
  say "kept: in the $where the packaged runner measured $(wc -l <"$folder/written") files, published and served them"
}

in_chroot() {
  local tree=$work/debian
  install_packages "the packaged runner is tried in a Debian of its own" debootstrap debian-archive-keyring
  [ -x "$tree/usr/bin/env" ] || debootstrap --variant=minbase bookworm "$tree" >"$work/debootstrap.log" ||
    fail "the Debian could not be made; see $work/debootstrap.log"
  if chroot "$tree" sh -c 'command -v cargo || command -v rustc || command -v cc'; then
    fail "the Debian in $tree is to have neither Rust nor a compiler" "rm -r $tree"
  fi
  rm -rf "$tree/opt/$name" "$tree/data"
  cp -a "$unpacked" "$tree/opt/"
  mkdir "$tree/data"
  mount -t proc proc "$tree/proc"
  mounted=$tree/proc
  first_steps chroot "$tree/data" chroot "$tree" env -C /data "/opt/$name/runner"
  umount "$mounted"
  mounted=''
}

image() {
  local data=$work/data container
  install_packages "it builds the image" buildah
  rm -rf "$data"
  mkdir -p "$data" "$work/images"
  local buildah=(buildah --storage-driver vfs --root "$work/images" --runroot "$work/images/run")
  "${buildah[@]}" bud --quiet --isolation chroot -t statebench -f "$unpacked/Containerfile" "$unpacked" >/dev/null
  container=$("${buildah[@]}" from statebench)
  [ "$("${buildah[@]}" inspect --format '{{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.WorkingDir}}' "$container")" = '[/runner] /data' ] ||
    fail "the image does not start the runner in /data"
  first_steps image "$data" "${buildah[@]}" run --isolation chroot -v "$data:/data" "$container" -- /runner
  "${buildah[@]}" rm "$container" >/dev/null
}

comparison() {
  local built=target/release/runner out=$work/comparison
  [ -x "$built" ] || fail "$built is missing, which the package is held against" "make runner"
  rm -rf "$out"
  "$unpacked/runner" run high-load --pairs "${PAIRS:-20}" --baseline "optimized@$built" --candidate optimized --out "$out" >/dev/null
  "$unpacked/runner" verdict "$out"/*-quick-* --format json | jq -r '
    def percent: . * 1000 | round / 10;
    first(.targets[] | select(.metric == "throughput.closed" and .policy == "release"))
    | (if .low >= -0.05 and .high <= 0.05 then "kept" elif .low > 0.05 or .high < -0.05 then "broken" else "open" end)
      + ": closed throughput of the packaged runner against the built one: \(.measured | percent) % (95 % interval "
      + "\(.low | percent) … \(.high | percent) %), \(.baseline | round)/s built, \(.candidate | round)/s packaged"
  ' | tee "$work/comparison.txt"
  case $(cut -d: -f1 "$work/comparison.txt") in
    kept) ;;
    open) exit 3 ;;
    *) exit 1 ;;
  esac
}

for part in "${parts[@]}"; do
  case $part in
    contents | image | comparison) "$part" ;;
    chroot) in_chroot ;;
    *) fail "there is no part '$part': contents, chroot, image or comparison" ;;
  esac
done
