#!/usr/bin/env bash
# Makes target/package/statebench-<version>-<target>.tar.gz: one static program that holds the site's code of dist/ (make
# viewer), with manual pages, completions, licences, a bill of materials and checksums. The same commit, made by the same
# compilers, gives the same bytes, wherever the sources lie.
#
#   scripts/package.sh
# shellcheck source=scripts/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup/common.sh"
# shellcheck source=scripts/setup/rust.sh
. "$root/scripts/setup/rust.sh"
cd "$root"

# Static with glibc, not musl: musl's memcpy costs a tenth of a service's throughput, see docs/packaging.md.
target=x86_64-unknown-linux-gnu
[ "$(uname -m)" = x86_64 ] || fail "the package is for x86_64 and is made there; this machine is $(uname -m)"
[ -f dist/index.html ] || fail "dist/ holds no built viewer, which goes into the program" "make viewer"
setup_rust

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n1)
time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
into=target/package/statebench-$version-$target
rm -rf target/package
mkdir -p "$into"/completions

# Paths of this machine are not in the program: neither the registry's nor this folder's.
# Cargo hands these flags to what is built for the target alone, since the target is named.
flags="-Ctarget-feature=+crt-static --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$root=/statebench"
RUSTFLAGS=$flags STATEBENCH_SITE=dist cargo build --release --locked -p runner --target "$target"
strip -o "$into/runner" "target/$target/release/runner"

"$into/runner" manual "$into/man/man1"
for completion in bash:runner.bash elvish:runner.elv fish:runner.fish powershell:_runner.ps1 zsh:_runner; do
  "$into/runner" completions "${completion%%:*}" >"$into/completions/${completion#*:}"
done
cp LICENSE-APACHE LICENSE-MIT "$into"
cp deploy/package/README.md "$into/README.md"
cp deploy/Containerfile "$into/Containerfile"
# The standard library comes with notices of its own.
cp "$(rustc --print sysroot)/share/doc/rust/COPYRIGHT-library.html" "$into/RUST-STANDARD-LIBRARY.html" ||
  fail "the toolchain has no notices of the standard library, which the program holds" "rustup toolchain install stable --force"
cargo run --quiet --locked -p package -- "$into" --target "$target" --time "$time"
