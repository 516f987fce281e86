//! The licences of everything that is in the product, in one text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use spdx::{Expression, LicenseId};

use crate::crates::{Crates, Manifest};

/// How names of files begin that hold a licence or what it asks to hand on.
const NAMES: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];
/// Endings of files that are no text but code: a program may be called `license.rs`.
const CODE: [&str; 8] = ["c", "h", "js", "json", "py", "rs", "sh", "toml"];
/// Rules between the texts.
const RULE: &str =
    "================================================================================";

/// What comes with the compiler and is linked too: name, SPDX identifiers, notice.
const OF_COMPILER: [(&str, &[&str], &str); 3] = [
    (
        "Rust's standard library",
        &["MIT", "Apache-2.0"],
        "Copyright (c) The Rust Project Contributors",
    ),
    (
        "glibc",
        &["LGPL-2.1-or-later"],
        "Copyright (c) Free Software Foundation, Inc.",
    ),
    (
        "libgcc's unwinder",
        &["GPL-3.0-or-later"],
        "Copyright (c) Free Software Foundation, Inc., with the GCC Runtime Library Exception",
    ),
];

/// The licence of a crate in SPDX's form.
///
/// # Errors
/// Where the crate names none, or none that SPDX knows.
pub(crate) fn expression(manifest: &Manifest) -> Result<Expression> {
    let text = manifest.license.as_deref().unwrap_or_default();
    // Old crates write `MIT/Apache-2.0`.
    let canonical = Expression::canonicalize(text);
    canonical
        .and_then(|other| Expression::parse(other.as_deref().unwrap_or(text)))
        .map_err(|e| {
            anyhow!(
                "{} {} names no licence that SPDX knows: `{text}`: {}",
                manifest.name,
                manifest.version,
                e.reason
            )
        })
}

/// The list of all that is linked with its licences, then each text once, with whose it is.
///
/// # Errors
/// Where a crate's files cannot be read, or it has neither a licence file nor a licence that SPDX knows.
pub(crate) fn text(crates: &Crates) -> Result<String> {
    let mut list = Vec::new();
    let mut texts = BTreeMap::<String, BTreeSet<String>>::new();
    let mut add = |text: String, whose: String| texts.entry(text).or_default().insert(whose);
    for (name, licences, notice) in OF_COMPILER {
        list.push(format!("{name}: {} ({notice})", licences.join(" OR ")));
        for licence in licences {
            let id = spdx::license_id(licence).ok_or_else(|| anyhow!("SPDX knows no {licence}"))?;
            add(tidy(id.text()), format!("{name}. {notice}"));
        }
    }
    for package in crates.linked() {
        let manifest = &package.manifest;
        let (whole, expression) = (
            format!("{} {}", manifest.name, manifest.version),
            expression(manifest)?,
        );
        list.push(format!("{whole}: {expression}"));
        let files = licence_files(manifest)?;
        for id in ids(&expression).filter(|_| files.is_empty()) {
            let authors = manifest.authors.join(", ");
            let whose = format!(
                "{whole} (no file of its own; SPDX's text of {}) {authors}",
                id.name
            );
            add(tidy(id.text()), whose.trim_end().to_owned());
        }
        for (file, text) in files {
            add(text, format!("{whole} ({file})"));
        }
    }
    let mut whole = format!(
        "Statebench {} holds the software of others. First the list, then every text with whose it is.\n\n{}\n",
        crates.version,
        list.join("\n")
    );
    for (text, whose) in by_first_name(texts) {
        let whose: Vec<String> = whose.into_iter().collect();
        whole += &format!("\n{RULE}\n{}\n\n{text}\n", whose.join("\n"));
    }
    Ok(whole)
}

/// In the order of the list, not of the texts.
fn by_first_name(texts: BTreeMap<String, BTreeSet<String>>) -> Vec<(String, BTreeSet<String>)> {
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by(|(_, a), (_, b)| a.first().cmp(&b.first()));
    texts
}

fn ids(expression: &Expression) -> impl Iterator<Item = LicenseId> {
    expression
        .requirements()
        .filter_map(|part| part.req.license.id())
}

/// Path below the crate's folder, and text, of each file that is a licence; also those of what the crate brings along.
fn licence_files(manifest: &Manifest) -> Result<Vec<(String, String)>> {
    let root = manifest.manifest_path.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let unread = || format!("cannot read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(unread)? {
            let path = entry.with_context(unread)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_licence(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .display()
            .to_string();
        Ok((name, tidy(&String::from_utf8_lossy(&bytes))))
    };
    found.into_iter().map(read).collect()
}

fn is_licence(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default().to_ascii_uppercase();
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_code = |ending: &str| CODE.iter().any(|code| code.eq_ignore_ascii_case(ending));
    NAMES.iter().any(|begin| name.starts_with(begin)) && !ending.is_some_and(is_code)
}

/// Without what differs between copies of one text: line ends, and white space at the ends.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(folder: &Path, licence: &str) -> Manifest {
        serde_json::from_value(serde_json::json!({
            "id": "x", "name": "x", "version": "1.0.0", "license": licence, "authors": ["Ann"],
            "repository": null, "manifest_path": folder.join("Cargo.toml"), "source": "registry",
        }))
        .unwrap()
    }

    fn crates(packages: Vec<Manifest>) -> Crates {
        let packages = packages.into_iter().map(|manifest| crate::crates::Package {
            manifest,
            linked: true,
            checksum: None,
        });
        Crates {
            packages: packages.collect(),
            edges: BTreeMap::new(),
            version: "1.2.3".to_owned(),
            licence: "MIT".to_owned(),
        }
    }

    #[test]
    fn a_crate_s_own_files_are_taken_wherever_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("LICENSE-MIT", "mine\r\n"),
            ("vendored/COPYING", "theirs \n"),
            ("src/license.rs", "fn main() {}"),
            ("README.md", "no licence"),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let files = licence_files(&manifest(folder.path(), "MIT")).unwrap();
        let expected = [("LICENSE-MIT", "mine"), ("vendored/COPYING", "theirs")];
        assert_eq!(
            files,
            expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
        );
    }

    #[test]
    fn a_text_stands_once_with_all_whose_it_is() {
        let [a, b] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        for folder in [&a, &b] {
            fs::write(folder.path().join("LICENSE"), "the very same").unwrap();
        }
        let mut second = manifest(b.path(), "MIT");
        second.name = "y".to_owned();
        let text = text(&crates(vec![manifest(a.path(), "MIT"), second])).unwrap();
        assert_eq!(text.matches("the very same").count(), 1);
        assert!(
            text.contains("x 1.0.0 (LICENSE)\ny 1.0.0 (LICENSE)\n"),
            "{text}"
        );
    }

    #[test]
    fn without_a_file_spdx_gives_the_texts() {
        let folder = tempfile::tempdir().unwrap();
        let text = text(&crates(vec![manifest(folder.path(), "Zlib/MIT")])).unwrap();
        assert!(text.contains("x 1.0.0: Zlib OR MIT\n"), "{text}");
        for (licence, words) in [
            ("Zlib", "Altered source versions"),
            ("MIT", "free of charge"),
        ] {
            let whose = format!("x 1.0.0 (no file of its own; SPDX's text of {licence}) Ann");
            assert!(text.contains(&whose) && text.contains(words), "{licence}");
        }
    }

    #[test]
    fn a_licence_that_nobody_knows_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = text(&crates(vec![manifest(folder.path(), "Mine")])).unwrap_err();
        assert!(
            refused.to_string().contains("x 1.0.0 names no licence"),
            "{refused}"
        );
    }
}
