//! Another workload for the scenarios that can have one, as the command line asks for it.

use std::sync::Arc;

use clap::ValueEnum;

use super::figure::{Figure, Unit};
use super::resolve::{KEY_SKEW, SHARE};
use super::spec::{Pattern, Spec};
use crate::dataset::Import;

/// What the states of a run have to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Other documents or repeated ones, at random: the strategy's.
    Duplicates,
    /// Conversations: each state has one message more than the last, until it is as large as states may be.
    Append,
    /// Documents of which a few fields change.
    Edit,
    /// Never the same state twice in a row.
    Unique,
}

impl Workload {
    /// The name on the command line.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicates => "duplicates",
            Self::Append => "append",
            Self::Edit => "edit",
            Self::Unique => "unique",
        }
    }

    const fn pattern(self) -> Pattern {
        match self {
            Self::Duplicates => Pattern::Mixed,
            Self::Append => Pattern::Append,
            Self::Edit => Pattern::Edit,
            Self::Unique => Pattern::Unique,
        }
    }
}

/// What the command line says of the workload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    /// Instead of the pattern `mixed`.
    pub(crate) workload: Option<Workload>,
    /// Share of duplicates, 0 to 1.
    pub(crate) duplicates: Option<f64>,
    /// Zipf exponent of a user's runs.
    pub(crate) key_skew: Option<f64>,
    /// A file to be replayed.
    pub(crate) imported: Option<Arc<Import>>,
}

/// Why the command line's workload cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorkloadError {
    /// Two options exclude each other.
    #[error("{first} and {second} contradict each other: {why}")]
    Contradiction {
        /// One option.
        first: &'static str,
        /// The other one.
        second: &'static str,
        /// Why.
        why: &'static str,
    },
    /// No scenario takes it.
    #[error(
        "{option} concerns none of the scenarios ({scenarios}): it is for those with the pattern `mixed` that break nothing on purpose{and}"
    )]
    Nowhere {
        /// The option.
        option: &'static str,
        /// The scenarios that were to be run.
        scenarios: String,
        /// What else they must not do.
        and: &'static str,
    },
}

impl Overrides {
    /// Checks that the options can go together.
    ///
    /// # Errors
    /// Names the two that cannot.
    pub(crate) fn check(&self) -> Result<(), WorkloadError> {
        let given = [
            ("--workload", self.workload.is_some()),
            ("--duplicates", self.duplicates.is_some()),
            ("--key-skew", self.key_skew.is_some()),
        ];
        let beside_file = given.into_iter().find(|(_, given)| *given);
        match (beside_file, self.duplicates) {
            (Some((second, _)), _) if self.imported.is_some() => {
                Err(WorkloadError::Contradiction {
                    first: "--dataset",
                    second,
                    why: "a file is replayed as it is",
                })
            }
            (_, Some(share)) if self.workload == Some(Workload::Unique) && share > 0.0 => {
                Err(WorkloadError::Contradiction {
                    first: "--workload unique",
                    second: "--duplicates",
                    why: "it has none",
                })
            }
            _ => Ok(()),
        }
    }

    /// The scenarios with what was asked for. Those of another pattern keep it, and so do those that break something on
    /// purpose: their faults are made for their load.
    ///
    /// # Errors
    /// An option that concerns none of them.
    pub(crate) fn apply(&self, specs: Vec<Spec>) -> Result<Vec<Spec>, WorkloadError> {
        self.check()?;
        let (specs, taken): (Vec<Spec>, Vec<bool>) =
            specs.into_iter().map(|spec| self.of(spec)).unzip();
        let Some(option) = self.option() else {
            return Ok(specs);
        };
        if taken.contains(&true) {
            return Ok(specs);
        }
        let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        Err(WorkloadError::Nowhere {
            option,
            scenarios: names.join(", "),
            and: if self.has_history() {
                " and search for no capacity"
            } else {
                ""
            },
        })
    }

    /// The first option that was given.
    fn option(&self) -> Option<&'static str> {
        match self {
            Self {
                imported: Some(_), ..
            } => Some("--dataset"),
            Self {
                workload: Some(_), ..
            } => Some("--workload"),
            Self {
                duplicates: Some(_),
                ..
            } => Some("--duplicates"),
            Self {
                key_skew: Some(_), ..
            } => Some("--key-skew"),
            _ => None,
        }
    }

    /// Whether what a run saves depends on what it saved before.
    fn has_history(&self) -> bool {
        let grows = matches!(self.workload, Some(Workload::Append | Workload::Edit));
        grows || self.imported.is_some()
    }

    /// A scenario with what was asked for, and whether that concerns it.
    fn of(&self, mut spec: Spec) -> (Spec, bool) {
        // A search starts runs without a history at each step.
        let searches = spec.capacity.is_some() && self.has_history();
        let growing = matches!(spec.pattern, Pattern::Append | Pattern::Edit);
        let mixes = spec.pattern == Pattern::Mixed;
        if spec.faults.is_some() || searches || !(mixes || growing) {
            return (spec, false);
        }
        if let Some(import) = self.imported.as_deref().filter(|_| mixes) {
            return (replaying(spec, import), true);
        }
        let mut concerned = false;
        if let Some(workload) = self.workload.filter(|_| mixes) {
            spec.pattern = workload.pattern();
            concerned = true;
        }
        if spec.pattern == Pattern::Unique {
            spec.duplicate_share = 0.0;
        } else if let Some(share) = self.duplicates {
            spec.duplicate_share = share;
            concerned = true;
        }
        if let Some(skew) = self.key_skew {
            spec.key_skew = skew;
            concerned = true;
        }
        (spec, concerned)
    }
}

/// Rate, length and arrivals stay the scenario's; everything else is the file's.
fn replaying(spec: Spec, import: &Import) -> Spec {
    Spec {
        pattern: Pattern::Replay,
        users: import.users(),
        runs: import.runs(),
        state_bytes: import.state_bytes(),
        duplicate_share: import.duplicate_share(),
        key_skew: 0.0,
        ..spec
    }
}

/// Reads a share such as `60 %` or `0.6`.
///
/// # Errors
/// Says what is wrong and what is allowed.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let figure = Figure::parse(text)?;
    let fits = matches!(figure.unit, Unit::Share | Unit::None);
    if fits && SHARE.contains(&figure.value) {
        return Ok(figure.value);
    }
    Err(format!(
        "`{text}` is no share: write 0 % to 100 %, or 0 to 1"
    ))
}

/// Reads a Zipf exponent such as `0.8`.
///
/// # Errors
/// Says what is wrong and what is allowed.
pub(crate) fn key_skew(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.trim().parse().ok();
    value.filter(|skew| KEY_SKEW.contains(skew)).ok_or_else(|| {
        let (from, to) = (KEY_SKEW.start(), KEY_SKEW.end());
        format!("`{text}` is no skew: write a number from {from}, all runs alike, to {to}")
    })
}

impl std::fmt::Display for Workload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Profile, builtin, load};
    use super::*;

    fn specs(names: &[&str]) -> Vec<Spec> {
        let resolve = |name: &&str| load(name).unwrap().resolve(Profile::Quick, None).unwrap();
        names.iter().map(resolve).collect()
    }

    #[test]
    fn mixed_scenarios_take_the_workload_and_the_others_keep_theirs() {
        let append = Overrides {
            workload: Some(Workload::Append),
            duplicates: Some(0.2),
            key_skew: Some(1.5),
            ..Overrides::default()
        };
        let names = [
            "medium-load",
            "cache-overflow",
            "cache-thrashing",
            "capacity",
        ];
        let given = append.apply(specs(&names)).unwrap();
        let before = specs(&names);
        assert_eq!(given[0].load().pattern, "append");
        assert_eq!((given[0].duplicate_share, given[0].key_skew), (0.2, 1.5));
        assert_eq!(given[1..], before[1..]);
    }

    #[test]
    fn unique_has_no_duplicates_and_a_search_takes_it() {
        let unique = Overrides {
            workload: Some(Workload::Unique),
            ..Overrides::default()
        };
        for spec in unique.apply(specs(&["high-load", "capacity"])).unwrap() {
            assert_eq!(
                (spec.pattern, spec.duplicate_share),
                (Pattern::Unique, 0.0),
                "{}",
                spec.name
            );
        }
    }

    #[test]
    fn all_scenarios_can_be_run_with_every_workload() {
        for workload in Workload::value_variants() {
            let overrides = Overrides {
                workload: Some(*workload),
                ..Overrides::default()
            };
            let files = builtin();
            let specs = files
                .iter()
                .map(|file| file.resolve(Profile::Ci, None).unwrap());
            let given = overrides.apply(specs.collect()).unwrap();
            assert_eq!(given.len(), files.len());
            let breaking = given.iter().filter(|spec| spec.faults.is_some());
            assert!(
                breaking
                    .into_iter()
                    .all(|spec| spec.pattern == Pattern::Mixed)
            );
        }
    }

    #[test]
    fn what_cannot_be_had_is_refused_by_name() {
        let nowhere = Overrides {
            workload: Some(Workload::Edit),
            ..Overrides::default()
        };
        let refused = nowhere.apply(specs(&["cache-overflow"])).unwrap_err();
        let said = refused.to_string();
        assert!(
            said.contains("--workload")
                && said.contains("cache-overflow")
                && said.contains("`mixed`"),
            "{said}"
        );
        let contradiction = Overrides {
            workload: Some(Workload::Unique),
            duplicates: Some(0.1),
            ..Overrides::default()
        };
        let said = contradiction.check().unwrap_err().to_string();
        assert!(
            said.contains("--workload unique") && said.contains("--duplicates"),
            "{said}"
        );
    }

    #[test]
    fn figures_of_the_command_line_are_checked() {
        assert_eq!(share("60%"), Ok(0.6));
        assert_eq!(share("60 %"), Ok(0.6));
        assert_eq!(share("0.25"), Ok(0.25));
        for wrong in ["60", "101 %", "-1", "50 ms", "half"] {
            assert!(share(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
        assert_eq!(key_skew("0.8"), Ok(0.8));
        for wrong in ["-0.1", "3.1", "steep", "nan"] {
            assert!(key_skew(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
