//! Scenarios as data: TOML files, built in or loaded by path, resolved for a profile.

mod ablation;
mod arrangement;
mod criteria;
mod error;
mod faults;
mod figure;
mod file;
mod policy;
mod resolve;
mod spec;
mod workload;

pub(crate) use ablation::AblationSpec;
pub(crate) use error::ScenarioError;
pub(crate) use faults::FaultSpec;
pub(crate) use file::ScenarioFile;
#[cfg(test)]
pub(crate) use policy::release_policy;
pub(crate) use policy::{builtin_policies, check_policy, load_policy};
#[cfg(test)]
pub(crate) use spec::Closed;
pub(crate) use spec::{CapacitySpec, Pattern, Profile, SHORTEST_SAMPLE, Spec};
pub(crate) use workload::{Overrides, Workload, key_skew, share};

use std::path::Path;

/// Name and text of each built-in scenario: what calibrates first, then in the strategy's order.
const BUILTIN: [(&str, &str); 22] = [
    ("generator", include_str!("../../scenarios/generator.toml")),
    ("noise", include_str!("../../scenarios/noise.toml")),
    ("sampling", include_str!("../../scenarios/sampling.toml")),
    ("low-load", include_str!("../../scenarios/low-load.toml")),
    (
        "medium-load",
        include_str!("../../scenarios/medium-load.toml"),
    ),
    ("high-load", include_str!("../../scenarios/high-load.toml")),
    (
        "cache-overflow",
        include_str!("../../scenarios/cache-overflow.toml"),
    ),
    (
        "cache-thrashing",
        include_str!("../../scenarios/cache-thrashing.toml"),
    ),
    ("stability", include_str!("../../scenarios/stability.toml")),
    ("overload", include_str!("../../scenarios/overload.toml")),
    ("crash", include_str!("../../scenarios/crash.toml")),
    (
        "cache-failure",
        include_str!("../../scenarios/cache-failure.toml"),
    ),
    (
        "database-outage",
        include_str!("../../scenarios/database-outage.toml"),
    ),
    ("errors", include_str!("../../scenarios/errors.toml")),
    (
        "split-traffic",
        include_str!("../../scenarios/split-traffic.toml"),
    ),
    ("append", include_str!("../../scenarios/append.toml")),
    ("capacity", include_str!("../../scenarios/capacity.toml")),
    ("ablation", include_str!("../../scenarios/ablation.toml")),
    ("gate", include_str!("../../scenarios/gate.toml")),
    (
        "leak-cyclic",
        include_str!("../../scenarios/leak-cyclic.toml"),
    ),
    (
        "leak-overflow",
        include_str!("../../scenarios/leak-overflow.toml"),
    ),
    (
        "leak-errors",
        include_str!("../../scenarios/leak-errors.toml"),
    ),
];

/// Why it takes a name to run a scenario: a leak is seen in minutes, not in the seconds that `--all` has for each.
const TAKES_MINUTES: &str = "a leak takes minutes to be seen";

/// Scenarios that are run by name only, and why.
const BY_NAME_ONLY: [(&str, &str); 5] = [
    (
        "sampling",
        "what measuring costs changes with the instrument, not with the services",
    ),
    ("gate", "it compares two builds, see `runner gate`"),
    ("leak-cyclic", TAKES_MINUTES),
    ("leak-overflow", TAKES_MINUTES),
    ("leak-errors", TAKES_MINUTES),
];

/// Why `--all` leaves a built-in scenario out; absent where it runs it.
pub(crate) fn left_out_because(name: &str) -> Option<&'static str> {
    let mut left_out = BY_NAME_ONLY.into_iter();
    left_out.find_map(|(known, why)| (known == name).then_some(why))
}

/// Whether `--all` runs a built-in scenario.
pub(crate) fn is_in_all(name: &str) -> bool {
    left_out_because(name).is_none()
}

/// The built-in scenarios: what calibrates first, then in the strategy's order.
pub(crate) fn builtin() -> Vec<ScenarioFile> {
    BUILTIN
        .iter()
        .map(|(name, text)| {
            ScenarioFile::parse(&format!("{name}.toml"), text)
                .expect("built-in scenario files are valid: a test reads all of them")
        })
        .collect()
}

/// A built-in scenario by its name, or a file by its path.
///
/// # Errors
/// No such scenario, an unreadable file, or one that is no valid scenario: says file, line, field and what is allowed.
pub(crate) fn load(name_or_path: &str) -> Result<ScenarioFile, ScenarioError> {
    if let Some((name, text)) = BUILTIN.iter().find(|(name, _)| *name == name_or_path) {
        return ScenarioFile::parse(&format!("{name}.toml"), text);
    }
    let path = Path::new(name_or_path);
    let is_path = path.components().count() > 1 || path.extension().is_some() || path.exists();
    if !is_path {
        return Err(ScenarioError::unknown(
            name_or_path,
            BUILTIN.iter().map(|(name, _)| *name),
        ));
    }
    let text = std::fs::read_to_string(path).map_err(|cause| ScenarioError::Unreadable {
        path: path.to_owned(),
        cause,
    })?;
    ScenarioFile::parse(name_or_path, &text)
}

#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod tests;
