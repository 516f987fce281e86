//! What a scenario breaks on purpose: read, checked, and what the rest of the runner asks of it.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::report::LoadFigures;
use toml::Spanned;

use super::error::ScenarioError;
use super::figure::{Figure, Unit};
use super::file::ScenarioFile;
use super::resolve::Check;
use super::spec::{Pattern, Spec};

/// Nanoseconds from the begin of a block to the fault, and how long the fault lasts.
const AT: RangeInclusive<f64> = 1e6..=600e9;
const LENGTH: RangeInclusive<f64> = 1e6..=600e9;
/// Nanoseconds: SQLite counts its waiting in whole milliseconds.
const STATEMENT_TIMEOUT: RangeInclusive<f64> = 1e6..=600e9;
/// Share of the saves that the database rejects.
const REJECTED: RangeInclusive<f64> = 0.001..=0.5;
/// Least number of blocks where each but the last ends with a kill.
const CRASH_PAIRS: u32 = 2;

/// What is broken on purpose in the open blocks of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum FaultSpec {
    /// Each block of an arm but the last ends by SIGKILL at a random instant; the next one runs in a new process on the
    /// same database.
    Crash,
    /// In each block one of the cache's faults, in turn; nothing on an arm without a cache.
    CacheFailure {
        /// When, nanoseconds from the begin of the block.
        at_ns: u64,
        /// How long the cache errs, nanoseconds; its other faults are instants.
        length_ns: u64,
    },
    /// In each block the database is out of reach, in each way in turn that this database and this machine allow.
    DatabaseOutage {
        /// When, nanoseconds from the begin of the block.
        at_ns: u64,
        /// How long, nanoseconds; cutting connections is an instant.
        length_ns: u64,
        /// How long the arms let a statement wait, nanoseconds: less than the outage, so that callers hear of it.
        statement_timeout_ns: u64,
    },
    /// Some saves are rejected by the database.
    Errors {
        /// Their share of all saves, 0 to 1.
        share: f64,
    },
}

impl Spec {
    /// Share of the saves that the database is made to reject, 0 to 1.
    pub(crate) fn rejected_share(&self) -> f64 {
        match self.faults {
            Some(FaultSpec::Errors { share }) => share,
            _ => 0.0,
        }
    }

    /// How long the arms let a statement wait, where the scenario says so.
    pub(crate) fn statement_timeout(&self) -> Option<Duration> {
        match self.faults {
            Some(FaultSpec::DatabaseOutage {
                statement_timeout_ns,
                ..
            }) => Some(Duration::from_nanos(statement_timeout_ns)),
            _ => None,
        }
    }

    /// Whether an acknowledgement must be on its way before the next save begins: the controller acts upon them, or the
    /// process may end at any instant.
    pub(crate) fn acknowledges_at_once(&self) -> bool {
        matches!(
            self.faults,
            Some(FaultSpec::Crash | FaultSpec::DatabaseOutage { .. })
        )
    }

    /// With another number of kills for each arm, in blocks as long as before; scenarios that kill nothing stay as they
    /// are.
    pub(crate) fn with_kills(self, kills: u32) -> Self {
        if self.faults != Some(FaultSpec::Crash) {
            return self;
        }
        let pairs = kills.saturating_add(1);
        let each = (self.offered.operations / u64::from(self.pairs.max(1))).max(1);
        let operations = each * u64::from(pairs);
        Self {
            pairs,
            offered: LoadFigures {
                operations,
                seconds: operations as f64 / self.offered.operations_per_second,
                ..self.offered
            },
            ..self
        }
    }
}

/// The table `faults` of a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFaults {
    kind: Spanned<Kind>,
    at: Option<Spanned<Figure>>,
    length: Option<Spanned<Figure>>,
    statement_timeout: Option<Spanned<Figure>>,
    share: Option<Spanned<Figure>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Crash,
    CacheFailure,
    DatabaseOutage,
    Errors,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::CacheFailure => "cache-failure",
            Self::DatabaseOutage => "database-outage",
            Self::Errors => "errors",
        }
    }
}

/// A member of the table, by its name.
type Member<'a> = (&'static str, Option<&'a Spanned<Figure>>);

impl RawFaults {
    fn members(&self) -> [Member<'_>; 4] {
        [
            ("at", self.at.as_ref()),
            ("length", self.length.as_ref()),
            ("statement_timeout", self.statement_timeout.as_ref()),
            ("share", self.share.as_ref()),
        ]
    }

    /// Those that the kind takes, which must all be there, and no others.
    fn take<const N: usize>(
        &self,
        check: &Check<'_>,
        taken: [&'static str; N],
    ) -> Result<[&Spanned<Figure>; N], ScenarioError> {
        let kind = self.kind.get_ref().as_str();
        let missing = |name: &str| {
            let problem = format!("`{kind}` needs `{name}` beside it");
            check.0.invalid(self.kind.span(), problem)
        };
        for (name, value) in self.members() {
            if let (Some(value), false) = (value, taken.contains(&name)) {
                let problem = format!("`{kind}` takes no `{name}`: leave this out");
                return Err(check.0.invalid(value.span(), problem));
            }
        }
        let mut found = Vec::with_capacity(N);
        for name in taken {
            let member = self.members().into_iter().find(|(known, _)| *known == name);
            found.push(
                member
                    .and_then(|(_, value)| value)
                    .ok_or_else(|| missing(name))?,
            );
        }
        found
            .try_into()
            .map_err(|_| missing(taken.first().copied().unwrap_or_default()))
    }
}

impl ScenarioFile {
    /// What is broken on purpose.
    pub(super) fn faults(&self, check: &Check<'_>) -> Result<Option<FaultSpec>, ScenarioError> {
        let Some(raw) = &self.raw.faults else {
            return Ok(None);
        };
        let time = |value: &Spanned<Figure>, range| {
            check
                .within(value, Unit::Time, range)
                .map(|nanoseconds| nanoseconds as u64)
        };
        Ok(Some(match raw.kind.get_ref() {
            Kind::Crash => {
                let [] = raw.take(check, [])?;
                FaultSpec::Crash
            }
            Kind::CacheFailure => {
                let [at, length] = raw.take(check, ["at", "length"])?;
                FaultSpec::CacheFailure {
                    at_ns: time(at, AT)?,
                    length_ns: time(length, LENGTH)?,
                }
            }
            Kind::DatabaseOutage => {
                let [at, length, timeout] =
                    raw.take(check, ["at", "length", "statement_timeout"])?;
                let length_ns = time(length, LENGTH)?;
                let shorter = *STATEMENT_TIMEOUT.start()..=length_ns as f64;
                FaultSpec::DatabaseOutage {
                    at_ns: time(at, AT)?,
                    length_ns,
                    statement_timeout_ns: time(timeout, shorter)?,
                }
            }
            Kind::Errors => {
                let [share] = raw.take(check, ["share"])?;
                FaultSpec::Errors {
                    share: check.within(share, Unit::Share, REJECTED)?,
                }
            }
        }))
    }

    /// What faults need of the load around them.
    pub(super) fn check_faults(&self, check: &Check<'_>, spec: &Spec) -> Result<(), ScenarioError> {
        let (Some(raw), Some(faults)) = (&self.raw.faults, spec.faults) else {
            return Ok(());
        };
        let kind = raw.kind.get_ref().as_str();
        let refuse = |problem: String| Err(check.0.invalid(raw.kind.span(), problem));
        let block_seconds = spec.offered.seconds / f64::from(spec.pairs.max(1));
        match faults {
            _ if spec.pattern != Pattern::Mixed => {
                refuse(format!("`{kind}` needs the pattern `mixed`"))
            }
            _ if spec.fresh_arms || spec.split => refuse(format!(
                "`{kind}` needs arms that keep their database and run one after the other: leave out `fresh_arms` and \
                 `split`"
            )),
            _ if spec.capacity.is_some()
                || spec.eviction_probe.is_some()
                || spec.closed.is_some() =>
            {
                refuse(format!(
                    "`{kind}` breaks open blocks: leave out `closed`, `capacity` and `eviction_probe`"
                ))
            }
            FaultSpec::Crash if spec.pairs < CRASH_PAIRS => refuse(format!(
                "each block but the last ends with a kill: `pairs` must be at least {CRASH_PAIRS}"
            )),
            FaultSpec::CacheFailure { .. } if spec.cache_entries < u64::from(spec.runs) => {
                refuse(format!(
                    "recovery is seen by the hits, so all {} runs must fit into the cache of {} entries",
                    spec.runs, spec.cache_entries
                ))
            }
            FaultSpec::CacheFailure { at_ns, length_ns }
            | FaultSpec::DatabaseOutage {
                at_ns, length_ns, ..
            } if (at_ns + length_ns) as f64 / 1e9 >= block_seconds => refuse(format!(
                "a block of {block_seconds:.3} s ends before the fault does, after {:.3} s: lengthen the blocks",
                (at_ns + length_ns) as f64 / 1e9
            )),
            FaultSpec::Errors { share } if share + spec.duplicate_share > 1.0 => refuse(format!(
                "a duplicate may be answered without the database: with {} duplicates there are not {share} others",
                spec.duplicate_share
            )),
            _ => Ok(()),
        }
    }
}
