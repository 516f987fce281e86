# shellcheck shell=bash
# shellcheck disable=SC2154  # root is set by common.sh
# Node, the packages of web/tests, and a Chromium for the browser tests. Sourced by scripts/setup.sh.

NODE_MAJOR=18

setup_node() {
  if ! have node; then install_packages "the browser tests run on Node" nodejs; fi
  if ! have npm; then install_packages "npm fetches the browser tests' packages" npm; fi
  local found
  found=$(node --version)
  found=${found#v}
  [ "${found%%.*}" -ge "$NODE_MAJOR" ] ||
    fail "Node $found is too old: the browser tests need $NODE_MAJOR or newer (https://nodejs.org)"

  local tests=$root/web/tests wanted
  wanted=$(cksum <"$tests/package-lock.json")
  if [ "$(cat "$tests/node_modules/.installed" 2>/dev/null)" != "$wanted" ]; then
    say "installing the browser tests' packages (npm, into web/tests/node_modules)"
    (cd "$tests" && npm ci --ignore-scripts >&2) ||
      fail "could not install the browser tests' packages" "cd web/tests && npm ci"
    printf '%s\n' "$wanted" >"$tests/node_modules/.installed"
  fi
}

setup_chromium() {
  "$root/scripts/chromium.sh" >/dev/null 2>&1 && return 0
  install_packages "the browser tests open the site in it" chromium
  "$root/scripts/chromium.sh" >/dev/null ||
    fail "Chromium was installed but is not on PATH" "export CHROMIUM=/path/to/chromium"
}
