#!/usr/bin/env bash
# Builds the report site's code into dist/. Trunk runs offline, as it would else fetch tools of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A twelfth of the download is the standard library as it is shipped: built for speed, with a message for every way to
# panic. Where its sources are at hand it is built with the site, for size, a panic stops the page's code at once, and what
# only developers see ({:?}) is empty.
# Both need options that are not stable yet; without them the site is the same, and larger.
lean_std() {
  local toolchain sources
  toolchain=$(scripts/wasm-toolchain.sh) || return 1
  sources=$(rustc "+$toolchain" --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock
  [ -f "$sources" ] || return 1
  RUSTC_BOOTSTRAP=1 rustc "+$toolchain" -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none \
    -Zfmt-debug=none --print cfg >/dev/null 2>&1
}

if lean_std; then
  export RUSTC_BOOTSTRAP=1
  export CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
  export WASM_FLAGS="-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none"
else
  echo "site: the standard library's sources are missing; the site grows by a twelfth (rustup component add rust-src)" >&2
fi
scripts/wasm-cargo.sh cargo fetch --quiet --locked --target wasm32-unknown-unknown
scripts/wasm-cargo.sh trunk build --offline
sed -i "s/ data-integrity=none//g" dist/index.html
# Trunk's minifier does not understand what wasm-bindgen writes: take off at least indentation and comments.
for program in overview evidence comparison; do
  sed -i -E 's/^ +//; /^$/d; /^\/\//d' "dist/$program.js"
done

# wasm-bindgen ends each import's name with 16 random digits, which do not compress: numbers of the same length keep the
# names apart. Names, producers and features are for tools; browsers skip them. Without perl all that stays, some 3 KB after gzip.
numbered_imports() {
  perl -0777 -i -pe '
    BEGIN { my $count = 0; our %number; sub number { $number{$_[0]} //= sprintf("%016d", ++$count) } }
    s/(__wbg_\w+?_)([0-9a-f]{16})(?![0-9a-f])/$1 . number("$1$2")/ge;' "$@"
}
without_custom_sections() {
  perl -e '
    binmode STDIN; binmode STDOUT; local $/;
    my $in = <STDIN>;
    my ($out, $at) = (substr($in, 0, 8), 8);
    while ($at < length $in) {
      my ($begin, $id, $size, $shift) = ($at, ord(substr($in, $at, 1)), 0, 0);
      $at++;
      while (1) {
        my $byte = ord(substr($in, $at++, 1));
        $size |= ($byte & 127) << $shift;
        $shift += 7;
        last if $byte < 128;
      }
      $at += $size;
      $out .= substr($in, $begin, $at - $begin) if $id != 0;
    }
    print $out;'
}
if command -v perl >/dev/null; then
  for program in overview evidence comparison; do
    numbered_imports "dist/$program.js" "dist/${program}_bg.wasm"
  done
  for module in dist/*.wasm; do
    without_custom_sections <"$module" >"$module.lean"
    mv "$module.lean" "$module"
  done
fi

# Names by contents: a browser may keep such a file for ever, and a page that is open keeps its own while a new site
# goes up. Inner files first, as their names are part of what the outer ones hold.
named_by_contents() { # FILE HOLDER...
  local file=$1 digest name
  shift
  digest=$(sha256sum "dist/$file" | cut -c1-16)
  name="${file%.*}-$digest.${file##*.}"
  mv "dist/$file" "dist/$name"
  (cd dist && sed -i "s|\./${file//./\\.}|./$name|g" "$@")
}
for program in overview evidence comparison; do
  named_by_contents "${program}_bg.wasm" start.js
  named_by_contents "$program.js" start.js
done
# Comments and indentation are for those who read the source.
sed -i -E 's/^ +//; /^\/\//d; /^\/\*\*.*\*\/$/d; /^$/d' dist/instruments.js dist/copies.js
named_by_contents copies.js instruments.js
named_by_contents instruments.js start.js
for file in start.js page.js statebench.css icon.svg; do
  named_by_contents "$file" index.html
done
