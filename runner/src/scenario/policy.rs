//! Policies: named sets of targets for a whole run, built in or loaded by path.

use std::path::{Path, PathBuf};

use shared::criteria::Policy;

use super::error::{ScenarioError, did_you_mean};
use super::{BUILTIN, criteria};

/// Name and text of each built-in policy.
const POLICIES: [(&str, &str); 2] = [
    ("release", include_str!("../../policies/release.toml")),
    ("ci", include_str!("../../policies/ci.toml")),
];

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    /// Neither a built-in policy nor a file.
    #[error(
        "there is no policy `{name}`{close}; known are {known}, or give the path of a TOML file"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// `: did you mean …?`, or empty.
        close: String,
        /// All names.
        known: String,
    },
    /// The file cannot be read.
    #[error("cannot read the policy file `{path}`: {cause}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is no valid policy.
    #[error(transparent)]
    Invalid(#[from] ScenarioError),
    /// Nothing that is run is judged by it, or not all that a gate needs.
    #[error(
        "policy `{policy}` judges {missing}, which {are} not part of what is run ({run}): \
         run {it} too, or name another policy with --policy"
    )]
    NotRun {
        /// The policy.
        policy: String,
        /// Its scenarios that are not run.
        missing: String,
        /// `is` or `are`.
        are: &'static str,
        /// `it` or `them`.
        it: &'static str,
        /// What is run.
        run: String,
    },
}

/// The targets for a release: sections 6.1 to 6.3 of the strategy.
pub(crate) fn release_policy() -> Policy {
    builtin_policies().swap_remove(0)
}

/// The built-in policies: `release` and `ci`.
pub(crate) fn builtin_policies() -> Vec<Policy> {
    let known = known(&[]);
    POLICIES
        .iter()
        .map(|(name, text)| {
            criteria::policy(&format!("{name}.toml"), text, &known)
                .expect("built-in policies are valid: a test reads all of them")
        })
        .collect()
}

/// A built-in policy by its name, or a file by its path. Its criteria may name built-in scenarios and those in
/// `scenarios`, which are run.
///
/// # Errors
/// No such policy, an unreadable file, or one that is no valid policy: says file, line, field and what is allowed.
pub(crate) fn load_policy(name_or_path: &str, scenarios: &[&str]) -> Result<Policy, PolicyError> {
    let known = known(scenarios);
    if let Some((name, text)) = POLICIES.iter().find(|(name, _)| *name == name_or_path) {
        return Ok(criteria::policy(&format!("{name}.toml"), text, &known)?);
    }
    let path = Path::new(name_or_path);
    let is_path = path.components().count() > 1 || path.extension().is_some() || path.exists();
    if !is_path {
        let names = POLICIES.map(|(name, _)| name);
        return Err(PolicyError::Unknown {
            name: name_or_path.to_owned(),
            close: did_you_mean(name_or_path, names.into_iter()),
            known: names.join(", "),
        });
    }
    let text = std::fs::read_to_string(path).map_err(|cause| PolicyError::Unreadable {
        path: path.to_owned(),
        cause,
    })?;
    Ok(criteria::policy(name_or_path, &text, &known)?)
}

/// Scenarios that a policy's criteria may name: those that are run and those that are built in.
fn known<'a>(run: &[&'a str]) -> Vec<&'a str> {
    let mut known = run.to_vec();
    known.extend(BUILTIN.iter().map(|(name, _)| *name));
    known.extend(["gate", "capacity", "overload"]);
    known.sort_unstable();
    known.dedup();
    known
}

/// Scenarios that a policy judges and that are not run, in its order. Targets that nothing judges count for nothing.
pub(crate) fn not_run<'a>(policy: &'a Policy, run: &[&str]) -> Vec<&'a str> {
    let mut missing = Vec::new();
    for criterion in &policy.criteria {
        let judged = criterion.not_judged_because.is_none();
        if let Some(name) = criterion.scenario.as_deref().filter(|_| judged)
            && !run.contains(&name)
            && !missing.contains(&name)
        {
            missing.push(name);
        }
    }
    missing
}

/// Refuses a policy that cannot judge what is run: for a gate every target's scenario must be run, for any other run
/// at least one.
///
/// # Errors
/// [`PolicyError::NotRun`], with the scenarios that are missing.
pub(crate) fn check_policy(policy: &Policy, run: &[&str], all: bool) -> Result<(), PolicyError> {
    let missing = not_run(policy, run);
    let judges_some = policy.criteria.iter().any(|c| {
        c.scenario
            .as_deref()
            .is_some_and(|name| run.contains(&name))
    });
    if missing.is_empty() || (judges_some && !all) {
        return Ok(());
    }
    let several = missing.len() > 1;
    Err(PolicyError::NotRun {
        policy: policy.name.clone(),
        missing: missing.join(", "),
        are: if several { "are" } else { "is" },
        it: if several { "them" } else { "it" },
        run: run.join(", "),
    })
}
