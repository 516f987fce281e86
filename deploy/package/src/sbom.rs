//! The bill of materials: CycloneDX 1.5, <https://cyclonedx.org/docs/1.5/json/>, as far as a product of crates fills it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Serialize;

use crate::crates::{Crates, Package};
use crate::licences::expression;

/// Name of the product, and what others call it within the bill.
const PRODUCT: &str = "statebench";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Metadata {
    timestamp: String,
    component: Component,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: String,
    version: String,
    /// `required` where its code is in the product, `excluded` where it only built that.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    licenses: Vec<Licence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<ExternalReference>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Licence {
    expression: String,
}

#[derive(Serialize)]
struct ExternalReference {
    #[serde(rename = "type")]
    kind: &'static str,
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    depends_on: Vec<String>,
}

/// The bill of materials, JSON.
///
/// # Errors
/// Where a crate names no licence that SPDX knows.
pub(crate) fn json(crates: &Crates, time: Timestamp) -> Result<String> {
    let components = crates
        .packages
        .iter()
        .map(component)
        .collect::<Result<_>>()?;
    let product = Component {
        kind: "application",
        reference: PRODUCT.to_owned(),
        name: PRODUCT.to_owned(),
        version: crates.version.clone(),
        scope: None,
        hashes: Vec::new(),
        licenses: vec![Licence {
            expression: crates.licence.clone(),
        }],
        purl: None,
        external_references: Vec::new(),
    };
    let bom = Bom {
        bom_format: "CycloneDX",
        spec_version: "1.5",
        version: 1,
        metadata: Metadata {
            timestamp: time.to_string(),
            component: product,
        },
        components,
        dependencies: dependencies(crates),
    };
    let text =
        serde_json::to_string_pretty(&bom).context("cannot serialize the bill of materials")?;
    Ok(text + "\n")
}

fn component(package: &Package) -> Result<Component> {
    let manifest = &package.manifest;
    let hash = |content: &String| Hash {
        alg: "SHA-256",
        content: content.clone(),
    };
    let reference = |url: &String| ExternalReference {
        kind: "vcs",
        url: url.clone(),
    };
    Ok(Component {
        kind: "library",
        reference: purl(package),
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        scope: Some(if package.linked {
            "required"
        } else {
            "excluded"
        }),
        hashes: package.checksum.iter().map(hash).collect(),
        licenses: vec![Licence {
            expression: expression(manifest)?.to_string(),
        }],
        purl: Some(purl(package)),
        external_references: manifest.repository.iter().map(reference).collect(),
    })
}

/// `pkg:cargo/NAME@VERSION`, by <https://github.com/package-url/purl-spec>: `+` of a version is percent-encoded.
fn purl(package: &Package) -> String {
    let version = package.manifest.version.replace('+', "%2B");
    format!("pkg:cargo/{}@{version}", package.manifest.name)
}

/// The product needs all that are in it; these need each other.
fn dependencies(crates: &Crates) -> Vec<Dependency> {
    let names: BTreeMap<&str, String> = crates
        .packages
        .iter()
        .map(|package| (package.manifest.id.as_str(), purl(package)))
        .collect();
    let product = Dependency {
        reference: PRODUCT.to_owned(),
        depends_on: crates.linked().map(purl).collect(),
    };
    let of = |package: &Package| {
        let needed = crates.edges.get(&package.manifest.id).into_iter().flatten();
        Dependency {
            reference: purl(package),
            depends_on: needed
                .filter_map(|id| names.get(id.as_str()).cloned())
                .collect(),
        }
    };
    std::iter::once(product)
        .chain(crates.packages.iter().map(of))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn package(name: &str, version: &str, linked: bool) -> Package {
        let manifest = serde_json::from_value(serde_json::json!({
            "id": name, "name": name, "version": version, "license": "MIT/Apache-2.0",
            "repository": "https://example.org/", "manifest_path": "Cargo.toml", "source": "registry",
        }));
        Package {
            manifest: manifest.unwrap(),
            linked,
            checksum: Some("ab".repeat(32)),
        }
    }

    #[test]
    fn a_bill_names_what_is_in_the_product_and_what_built_it() {
        let crates = Crates {
            packages: vec![
                package("a-sys", "1.0.0+2.1", true),
                package("b", "2.0.0", false),
            ],
            edges: [("a-sys", vec!["b", "of-tests"])]
                .map(|(id, needed)| {
                    let needed: BTreeSet<String> = needed.into_iter().map(str::to_owned).collect();
                    (id.to_owned(), needed)
                })
                .into(),
            version: "0.1.0".to_owned(),
            licence: "MIT OR Apache-2.0".to_owned(),
        };
        let text = json(&crates, Timestamp::from_second(1_764_547_200).unwrap()).unwrap();
        let bom: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(bom["specVersion"], "1.5");
        assert_eq!(bom["metadata"]["timestamp"], "2025-12-01T00:00:00Z");
        let first = &bom["components"][0];
        assert_eq!(first["purl"], "pkg:cargo/a-sys@1.0.0%2B2.1");
        assert_eq!(first["bom-ref"], first["purl"]);
        assert_eq!(first["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(first["hashes"][0]["alg"], "SHA-256");
        assert_eq!(
            [&first["scope"], &bom["components"][1]["scope"]],
            ["required", "excluded"]
        );
        assert_eq!(
            bom["dependencies"],
            serde_json::json!([
                {"ref": "statebench", "dependsOn": ["pkg:cargo/a-sys@1.0.0%2B2.1"]},
                {"ref": "pkg:cargo/a-sys@1.0.0%2B2.1", "dependsOn": ["pkg:cargo/b@2.0.0"]},
                {"ref": "pkg:cargo/b@2.0.0", "dependsOn": []},
            ])
        );
    }
}
