# shellcheck shell=bash
# shellcheck disable=SC2154  # root is set by common.sh
# Prometheus and its tools, which check monitoring/ and scrape a run. Debian's packages would start services for good, so they
# are only unpacked, into target/prometheus. Sourced by scripts/setup.sh.

setup_prometheus() {
  local program missing=no
  for program in prometheus promtool amtool; do
    "$root/scripts/prometheus.sh" "$program" >/dev/null 2>&1 || missing=yes
  done
  [ "$missing" = yes ] || return 0

  local packages=(prometheus prometheus-alertmanager) into=$root/target/prometheus work package
  have apt-get && have dpkg-deb ||
    fail "this is no Debian-like system: install prometheus, promtool and amtool and put them on PATH"
  say "unpacking ${packages[*]} (apt-get download, into target/prometheus): they check monitoring/"
  work=$(mktemp -d)
  # apt downloads as a user of its own.
  chmod 755 "$work"
  if ! (cd "$work" && apt-get download -qq "${packages[@]}" >/dev/null 2>&1); then
    as_root apt-get update -qq >&2 || fail "the package lists could not be updated" "apt-get update"
    (cd "$work" && apt-get download -qq "${packages[@]}" >/dev/null) ||
      fail "could not download ${packages[*]}" "apt-get download ${packages[*]}"
  fi
  mkdir -p "$into"
  for package in "$work"/*.deb; do dpkg-deb --extract "$package" "$into"; done
  rm -rf "$work"
  "$root/scripts/prometheus.sh" amtool >/dev/null || fail "the packages hold no amtool" "apt-get install prometheus-alertmanager"
}
