//! Which crates are in the product: those linked into the runner and into the site's code, and those that only built them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

/// The target of the site's code, which the runner holds.
const SITE_TARGET: &str = "wasm32-unknown-unknown";

/// Name and version, which tell crates apart: the workspace takes all from one registry.
type Key = (String, String);

/// The crates of the product.
#[derive(Debug)]
pub(crate) struct Crates {
    /// By name and version. None of this workspace.
    pub(crate) packages: Vec<Package>,
    /// What each crate needs of the others, by identifier.
    pub(crate) edges: BTreeMap<String, BTreeSet<String>>,
    /// Version of the product.
    pub(crate) version: String,
    /// Licence of the product, an SPDX expression.
    pub(crate) licence: String,
}

/// A crate.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) manifest: Manifest,
    /// Whether its code is in the product; else it only ran while that was built.
    pub(crate) linked: bool,
    /// SHA-256 of the crate as the registry has it.
    pub(crate) checksum: Option<String>,
}

/// What cargo knows of a crate.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression, in old crates with `/` for `OR`.
    pub(crate) license: Option<String>,
    #[serde(default)]
    pub(crate) authors: Vec<String>,
    pub(crate) repository: Option<String>,
    pub(crate) manifest_path: PathBuf,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Manifest>,
    resolve: Resolve,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// `None` for one that is linked.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

impl Crates {
    /// The crates of a runner for `target`, with the site's code in it, by cargo, of the workspace around the working
    /// directory.
    ///
    /// # Errors
    /// What cargo says.
    pub(crate) fn of_product(target: &str) -> Result<Self> {
        let programs = [("runner", target), ("viewer", SITE_TARGET)];
        let mut linked = BTreeSet::new();
        let mut all = BTreeSet::new();
        for (program, target) in programs {
            linked.extend(tree(program, target, "normal,no-proc-macro")?);
            all.extend(tree(program, target, "normal,build")?);
        }
        let metadata = cargo(&["metadata", "--locked", "--format-version", "1"])?;
        let metadata =
            serde_json::from_str(&metadata).context("cannot read what cargo metadata says")?;
        Self::join(metadata, &linked, &all)
    }

    fn join(metadata: Metadata, linked: &BTreeSet<Key>, all: &BTreeSet<Key>) -> Result<Self> {
        let lock = metadata.workspace_root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&lock)
            .with_context(|| format!("cannot read {}", lock.display()))?;
        let lock: Lock = toml::from_str(&lock).context("cannot read Cargo.lock")?;
        let checksums: BTreeMap<Key, Option<String>> = lock
            .package
            .into_iter()
            .map(|locked| ((locked.name, locked.version), locked.checksum))
            .collect();
        let product = metadata
            .packages
            .iter()
            .find(|package| package.name == "runner" && package.source.is_none())
            .ok_or_else(|| anyhow!("this workspace has no crate `runner`"))?
            .clone();
        let mut packages = Vec::new();
        for manifest in metadata.packages {
            let key = (manifest.name.clone(), manifest.version.clone());
            if manifest.source.is_some() && all.contains(&key) {
                packages.push(Package {
                    manifest,
                    linked: linked.contains(&key),
                    checksum: checksums.get(&key).cloned().flatten(),
                });
            }
        }
        packages.sort_by(|a, b| a.key().cmp(&b.key()));
        Ok(Self {
            edges: edges(metadata.resolve.nodes),
            packages,
            version: product.version,
            licence: product.license.unwrap_or_default(),
        })
    }

    /// Those whose code is in the product.
    pub(crate) fn linked(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.linked)
    }
}

impl Package {
    fn key(&self) -> (&str, &str) {
        (&self.manifest.name, &self.manifest.version)
    }
}

/// Needs of tests are none of the product.
fn edges(nodes: Vec<Node>) -> BTreeMap<String, BTreeSet<String>> {
    let needed = |dependency: &Dependency| {
        let mut kinds = dependency.dep_kinds.iter();
        kinds.any(|kind| kind.kind.as_deref() != Some("dev"))
    };
    nodes
        .into_iter()
        .map(|node| {
            let deps = node.deps.into_iter().filter(needed);
            (node.id, deps.map(|dependency| dependency.pkg).collect())
        })
        .collect()
}

/// What cargo's tree of a program holds. `cargo metadata` alone would not do: it unites the features of all programs of the
/// workspace.
fn tree(program: &str, target: &str, edges: &str) -> Result<BTreeSet<Key>> {
    let text = cargo(&[
        "tree",
        "--locked",
        "--package",
        program,
        "--target",
        target,
        "--edges",
        edges,
        "--prefix",
        "none",
        "--format",
        "{p}",
    ])?;
    let keys: BTreeSet<Key> = text.lines().filter_map(key).collect();
    if keys.is_empty() {
        bail!("cargo tree names no crate of {program}");
    }
    Ok(keys)
}

/// `serde v1.0.228`, and more behind it.
fn key(line: &str) -> Option<Key> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let version = words.next()?.strip_prefix('v')?;
    Some((name.to_owned(), version.to_owned()))
}

fn cargo(arguments: &[&str]) -> Result<String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program)
        .args(arguments)
        .output()
        .context("cargo does not start: put it on PATH")?;
    if !output.status.success() {
        bail!(
            "cargo {} failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout).context("cargo wrote no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cargo_s_tree_are_read() {
        let read = |line| key(line).unwrap();
        assert_eq!(read("serde v1.0.228"), ("serde".into(), "1.0.228".into()));
        assert_eq!(read("serde v1.0.228 (*)"), read("serde v1.0.228"));
        let sys = read("x-sys v0.7.1+5.3.1-0-g81 (/a folder/x)");
        assert_eq!(sys, ("x-sys".into(), "0.7.1+5.3.1-0-g81".into()));
        assert_eq!(key(""), None);
    }

    #[test]
    fn the_product_has_what_is_linked_and_what_built_it() {
        let crates = Crates::of_product("x86_64-unknown-linux-gnu").unwrap();
        let linked = |name: &str| {
            let of_name: Vec<bool> = crates
                .packages
                .iter()
                .filter(|package| package.manifest.name == name)
                .map(|package| package.linked)
                .collect();
            assert!(!of_name.is_empty(), "{name} is missing");
            of_name.iter().all(|&linked| linked)
        };
        assert!(linked("clap") && linked("libsqlite3-sys"), "of the runner");
        assert!(linked("yew"), "of the site's code");
        assert!(!linked("serde_derive") && !linked("cc"), "these built it");
        for absent in ["runner", "insta", "criterion"] {
            let is_there = crates.packages.iter().any(|p| p.manifest.name == absent);
            assert!(!is_there, "{absent} is ours, or of tests");
        }
        assert!(crates.packages.iter().all(|p| p.checksum.is_some()));
    }
}
