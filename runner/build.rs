//! Tells the runner which sources it was built from.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What decides how the runner measures; a change elsewhere does not make a build dirty.
const SOURCES: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    "runner",
    "shared",
    "persistence",
];

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
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
        let value = std::env::var(name).unwrap_or_default();
        println!("cargo:rustc-env=STATEBENCH_{name}={value}");
    }
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
