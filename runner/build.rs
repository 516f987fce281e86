//! Tells the runner which sources it was built from, and puts a built viewer into it where one is named.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What decides how the runner measures; a change elsewhere does not make a build dirty.
const SOURCES: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    "runner",
    "shared",
    "persistence",
];

/// Names the folder of the built viewer that the program is to hold; relative to the workspace. Unset or empty: none.
const SITE: &str = "STATEBENCH_SITE";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    for source in SOURCES {
        watch(&root.join(source));
    }
    for state in ["HEAD", "logs/HEAD"] {
        if let Some(file) = git(&root, &["rev-parse", "--git-path", state]) {
            watch(&root.join(file));
        }
    }
    println!(
        "cargo:rustc-env=STATEBENCH_REVISION={}",
        revision(&root).unwrap_or_default()
    );
    for name in ["PROFILE", "TARGET"] {
        let value = env::var(name).unwrap_or_default();
        println!("cargo:rustc-env=STATEBENCH_{name}={value}");
    }
    println!("cargo:rerun-if-env-changed={SITE}");
    let viewer = match env::var_os(SITE).filter(|site| !site.is_empty()) {
        Some(site) if root.join(&site).join("index.html").is_file() => {
            embedded(&root.join(site).canonicalize()?)?
        }
        Some(site) => {
            println!(
                "cargo::error={SITE} names {}, which holds no built viewer: run `make viewer`, or unset it",
                site.display()
            );
            String::new()
        }
        None => String::new(),
    };
    let list = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("viewer.rs");
    fs::write(
        list,
        format!("const EMBEDDED: &[(&str, &[u8])] = &[{viewer}];\n"),
    )
}

/// A name and a content for each file of the viewer in this folder.
fn embedded(viewer: &Path) -> io::Result<String> {
    println!("cargo:rerun-if-changed={}", viewer.display());
    let mut files = Vec::new();
    let mut folders = vec![viewer.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    let entry = |file: &PathBuf| {
        let name = file.strip_prefix(viewer).unwrap_or(file);
        format!("({name:?}, include_bytes!({file:?})),")
    };
    Ok(files.iter().map(entry).collect())
}

/// A path that is not there would make every build a new one.
fn watch(path: &Path) {
    if path.exists() {
        println!("cargo:rerun-if-changed={}", path.display());
    }
}

/// The revision, `-dirty` behind it where sources were changed; none outside a git repository.
fn revision(root: &Path) -> Option<String> {
    let revision = git(root, &["rev-parse", "--short=12", "HEAD"])?;
    let changes = git(
        root,
        &[&["status", "--porcelain", "--"], SOURCES.as_slice()].concat(),
    )?;
    Some(if changes.is_empty() {
        revision
    } else {
        format!("{revision}-dirty")
    })
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    // Without the lock, a build does not disturb a git command that is going on.
    let output = Command::new("git")
        .arg("--no-optional-locks")
        .args(arguments)
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
