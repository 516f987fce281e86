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
#[cfg(test)]
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
    known.sort_unstable();
    known.dedup();
    known
}

/// Scenarios that a policy judges and that are not run, in its order. Targets that nothing judges count for nothing.
fn not_run<'a>(policy: &'a Policy, run: &[&str]) -> Vec<&'a str> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use shared::criteria::Measure;
    use shared::metric::{Metric, Plain};

    const CI: &str = POLICIES[1].1;

    fn refused(from: &str, to: &str) -> String {
        assert!(CI.contains(from), "{from}");
        criteria::policy("mine.toml", &CI.replacen(from, to, 1), &["gate"])
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_gate_fails_from_twenty_percent_and_only_warns_of_memory_and_p99() {
        let ci = builtin_policies().pop().unwrap();
        assert!(ci.gate);
        let latencies = ci
            .criteria
            .iter()
            .filter(|c| matches!(c.metric, Metric::Latency { .. }));
        assert_eq!(latencies.clone().count(), 4);
        for criterion in latencies {
            let target = criterion.target;
            assert_eq!((target.of, target.pass), (Measure::Change, 0.1));
            let p99 = criterion.metric == Metric::response(99.0);
            assert_eq!(target.fail, (!p99).then_some(0.2));
            assert_eq!(target.warn_only, p99);
        }
        let memory = ci
            .criteria
            .iter()
            .find(|c| c.metric == Metric::Plain(Plain::MemoryPeak))
            .unwrap();
        assert!(memory.target.warn_only && memory.target.fail.is_none());
    }

    #[test]
    fn what_cannot_be_is_named_with_its_place() {
        for (from, to, expected) in [
            (
                "response.p95",
                "response.p951",
                "unknown metric `response.p951`",
            ),
            ("memory.peak", "memory.peek", "did you mean `memory.peak`"),
            (
                "fail = \"20 %\"",
                "fail = \"5 %\"",
                "`criteria.fail`: failing begins on the good side",
            ),
            (
                "pass = \"10 %\"",
                "pass = \"-110 %\"",
                "nothing falls by more than 100 %",
            ),
            (
                "pass = \"10 %\"",
                "pass = inf",
                "`criteria.pass`: inf is no finite number",
            ),
            ("pass = \"10 %\"", "pass = nan", "NaN is no finite number"),
            (
                "warn_only = true",
                "warn_only = true\nfail = \"9 %\"",
                "has no failing limit",
            ),
            ("scenario = \"gate\"\n", "", "needs `scenario`"),
            (
                "scenario = \"gate\"",
                "scenario = \"gat\"",
                "did you mean `gate`?",
            ),
            ("gate = true", "gates = true", "unknown field `gates`"),
            (
                "metric = \"lost\"",
                "metric = \"success\"\npass = \"101 %\"",
                "mine.toml:",
            ),
        ] {
            let message = refused(from, to);
            assert!(
                message.starts_with("mine.toml:") && message.contains(expected),
                "{to}: {message}"
            );
        }
    }

    #[test]
    fn shares_and_numbers_beyond_reach_are_refused() {
        let refused = |limits: &str| {
            let text = format!(
                "name = \"x\"\n[[criteria]]\nid = \"a\"\ntitle = \"a\"\nsource = \"s\"\nquote = \"q\"\n\
                 scenario = \"gate\"\n{limits}\n"
            );
            criteria::policy("mine.toml", &text, &["gate"])
                .unwrap_err()
                .to_string()
        };
        let share =
            "metric = \"success\"\nof = \"candidate\"\nbetter = \"higher\"\npass = \"101 %\"";
        assert!(refused(share).contains("a share of 101 % is impossible"));
        let count = "metric = \"lost\"\nof = \"candidate\"\nbetter = \"lower\"\npass = -1";
        assert!(refused(count).contains("lost is never below zero"));
        let huge = format!(
            "metric = \"lost\"\nof = \"candidate\"\nbetter = \"lower\"\npass = \"{}\"",
            "9".repeat(400)
        );
        assert!(refused(&huge).contains("no finite number"));
    }

    #[test]
    fn a_policy_without_targets_judges_nothing_and_is_refused() {
        let message = criteria::policy("mine.toml", "name = \"mine\"", &[])
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("mine.toml:1: `name`: a policy needs at least one"),
            "{message}"
        );
    }

    #[test]
    fn policies_are_known_by_name_and_by_path() {
        assert_eq!(load_policy("ci", &["gate"]).unwrap().name, "ci");
        let unknown = load_policy("relaese", &[]).unwrap_err().to_string();
        assert!(unknown.contains("did you mean `release`?"), "{unknown}");
        let missing = load_policy("mine/none.toml", &[]).unwrap_err().to_string();
        assert!(missing.contains("mine/none.toml"), "{missing}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, CI.replace("\"gate\"", "\"my-load\"")).unwrap();
        let policy = load_policy(path.to_str().unwrap(), &["my-load"]).unwrap();
        assert_eq!(policy.criteria[0].scenario.as_deref(), Some("my-load"));
    }

    #[test]
    fn a_policy_must_judge_what_is_run() {
        let ci = load_policy("ci", &["gate"]).unwrap();
        assert!(check_policy(&ci, &["noise", "gate"], true).is_ok());
        let refused = check_policy(&ci, &["low-load"], false)
            .unwrap_err()
            .to_string();
        assert!(
            refused
                .contains("judges gate, which is not part of what is run (low-load): run it too"),
            "{refused}"
        );
        let release = release_policy();
        assert!(check_policy(&release, &["medium-load"], false).is_ok());
        let refused = check_policy(&release, &["medium-load"], true)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("high-load, capacity, overload, cache-failure, stability"),
            "{refused}"
        );
    }
}
