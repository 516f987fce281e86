//! What a web server says about the site's files: `runner view` sends it, `_headers` tells it to hosts that read such a
//! file, and `docs/publishing.md` shows it to people (a test holds the document against this).

use std::path::Path;

/// The file that Netlify and Cloudflare Pages read.
pub(crate) const HEADERS_FILE: &str = "_headers";
/// What pages may load and run: their own files, nothing from elsewhere, no script or style within a page. The pages say
/// the same by themselves, but for `frame-ancestors`, which only counts in a header.
pub(crate) const CONTENT_SECURITY_POLICY: &str = concat!(
    include_str!("../../../../web/content-security-policy.txt"),
    "; frame-ancestors 'none'"
);
/// What every answer says.
pub(crate) const FOR_ALL: [(&str, &str); 3] = [
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
];
/// How long files may be kept whose name changes with their content.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// All others may be kept, but a browser has to ask whether they have changed: a new run replaces the list.
pub(crate) const REVALIDATE: &str = "no-cache";

/// Digits of the digest in the name of a file that the site's build made.
const NAME_DIGITS: usize = 16;

/// Whether a file's name changes with its content, as in `start-212e4c2f177eb1d8.js`.
pub(crate) fn is_hashed(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let digits = stem.and_then(|stem| stem.rsplit_once('-')).map(|(_, d)| d);
    path.extension().is_some()
        && digits.is_some_and(|digits| {
            digits.len() == NAME_DIGITS
                && digits
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        })
}

/// The value of `Cache-Control` for a file of the site.
pub(crate) fn cache_control(path: &Path) -> &'static str {
    if is_hashed(path) {
        IMMUTABLE
    } else {
        REVALIDATE
    }
}

/// The text of [`HEADERS_FILE`]. Files that may be kept are named one by one: where two entries fit a file, hosts send both
/// values. For all others the hosts' own rule, which is to ask, is right.
pub(crate) fn headers_file<'a>(assets: impl Iterator<Item = &'a Path>) -> String {
    let mut text = "/*\n".to_owned();
    for (name, value) in FOR_ALL {
        text += &format!("  {name}: {value}\n");
    }
    for asset in assets.filter(|asset| is_hashed(asset)) {
        text += &format!("/{}\n  Cache-Control: {IMMUTABLE}\n", asset.display());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../../docs/publishing.md");

    #[test]
    fn names_with_a_digest_are_told_from_others() {
        for name in [
            "start-212e4c2f177eb1d8.js",
            "sub/evidence_bg-9ca201445e02c857.wasm",
        ] {
            assert_eq!(cache_control(Path::new(name)), IMMUTABLE, "{name}");
        }
        for name in [
            "index.html",
            "reports/index.json",
            "reports/20261123T031500Z-quick-9f3c/run.json",
            "start-212e4c2f177eb1d.js",
            "start-212E4C2F177EB1D8.js",
            "start-212e4c2f177eb1d8",
        ] {
            assert_eq!(cache_control(Path::new(name)), REVALIDATE, "{name}");
        }
    }

    #[test]
    fn hosts_are_told_the_policy_and_what_may_be_kept() {
        let assets = ["a-212e4c2f177eb1d8.js", "index.html"].map(Path::new);
        let text = headers_file(assets.into_iter());
        assert!(text.starts_with("/*\n  Content-Security-Policy: default-src 'none'; script-src"));
        assert!(text.ends_with(
            "/a-212e4c2f177eb1d8.js\n  Cache-Control: public, max-age=31536000, immutable\n"
        ));
    }

    #[test]
    fn the_document_shows_the_headers_that_are_sent() {
        for (name, value) in FOR_ALL {
            let nginx = format!("add_header {name} \"{value}\" always;");
            assert!(DOCUMENT.contains(&nginx), "{nginx}");
        }
        for value in [IMMUTABLE, REVALIDATE] {
            assert!(DOCUMENT.contains(value), "{value}");
        }
        let policies = DOCUMENT.matches("default-src").count();
        assert_eq!(DOCUMENT.matches(CONTENT_SECURITY_POLICY).count(), policies);
    }
}
