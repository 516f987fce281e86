# shellcheck shell=bash
# shellcheck disable=SC2154  # root is set by common.sh
# Trunk builds the site; wasm-bindgen, in exactly the version that the viewer links, writes its JavaScript.
# Both come from the package registry: Trunk itself would fetch wasm-bindgen from another host. Sourced by scripts/setup.sh.

TRUNK_VERSION=0.21.14

wasm_bindgen_version() {
  awk '$0 == "name = \"wasm-bindgen\"" { getline; gsub(/[^0-9.]/, ""); print; exit }' "$root/Cargo.lock"
}

setup_trunk() {
  local bindgen
  bindgen=$(wasm_bindgen_version)
  [ -n "$bindgen" ] || fail "Cargo.lock names no wasm-bindgen" "git checkout Cargo.lock"
  cargo_tool trunk "$TRUNK_VERSION" "it builds the report site" --locked trunk
  # Not locked: its lock file may name a crate version that has been withdrawn.
  cargo_tool wasm-bindgen "$bindgen" "the version that the viewer links" wasm-bindgen-cli
}
