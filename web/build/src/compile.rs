//! The viewer's programs as cargo compiles them for WebAssembly.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

const TARGET: &str = "wasm32-unknown-unknown";
/// The profile of the workspace's manifest that makes programs small.
const PROFILE: &str = "site";
/// Separates flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\x1f";

/// The folder of the workspace, in which this program was compiled.
pub(crate) fn workspace() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest)
}

/// Compiles the viewer; returns the folder that holds its modules.
///
/// # Errors
/// Where cargo cannot be run or reports an error, which it has printed then.
pub(crate) fn programs(workspace: &Path) -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or(workspace.join("target"), PathBuf::from);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--locked", "--package", "viewer", "--bins"])
        .args(["--profile", PROFILE, "--target", TARGET])
        .arg("--target-dir")
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace).join(SEPARATOR))
        .current_dir(workspace)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!(
            "the viewer did not compile for {TARGET}; if the target is missing: rustup target add {TARGET}"
        );
    }
    Ok(target.join(TARGET).join(PROFILE))
}

/// Panic messages name source files: a published site need not tell where they lay on the machine that built it.
fn flags(workspace: &Path) -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registry = cargo_home.map(|home| home.join("registry/src"));
    [Some(workspace.to_path_buf()), registry]
        .into_iter()
        .flatten()
        .map(|path| format!("--remap-path-prefix={}=", path.display()))
        .collect()
}
