//! A scenario resolved for one profile: all that planning and running it needs.

use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use shared::arms::{ArmRole, Arms, ByClass};
use shared::criteria::Criterion;
use shared::report::{Arrivals, BytesRange, Load, LoadFigures};

use super::ablation::AblationSpec;
use super::faults::FaultSpec;

/// Name of the scenario that measures the noise.
const NOISE: &str = "noise";

/// How much of the strategy's load is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Profile {
    /// The strategy's own rates and durations.
    Full,
    /// Compressed in time and shortened: all scenarios in about 8 minutes.
    Quick,
    /// 1000 operations a scenario.
    Ci,
}

impl Profile {
    /// All profiles.
    pub(crate) const ALL: [Self; 3] = [Self::Full, Self::Quick, Self::Ci];

    /// The name in files and on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Quick => "quick",
            Self::Ci => "ci",
        }
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Order of duplicates and unique states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pattern {
    /// At random: the strategy's, which the command line calls `duplicates`.
    #[serde(alias = "duplicates")]
    Mixed,
    /// Each unique state is the run's last one with a message more, until it would exceed the largest size; then the run
    /// ends, and another conversation begins in a new one.
    Append,
    /// Each unique state is the run's first one with a few other values.
    Edit,
    /// No duplicates.
    Unique,
    /// The saves of an imported file in its order. Only the command line asks for it.
    Replay,
    /// Every save a new state of a new run, at least five times as many as the cache has entries.
    Overflow,
    /// Miss, hit, miss, hit … against all misses, then all hits; each in a block of its own.
    Thrashing,
}

impl Pattern {
    /// The name in files.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Append => "append",
            Self::Edit => "edit",
            Self::Unique => "unique",
            Self::Replay => "replay",
            Self::Overflow => "overflow",
            Self::Thrashing => "thrashing",
        }
    }

    /// Whether duplicates and unique states come at random, or as in a file: what most of a scenario's parts need.
    pub(crate) const fn is_mixture(self) -> bool {
        !matches!(self, Self::Overflow | Self::Thrashing)
    }
}

/// Blocks in which each user saves again as soon as answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Closed {
    /// Pairs of blocks.
    pub(crate) pairs: u32,
    /// Saves in each block.
    pub(crate) operations: u64,
}

/// A probe of how exact the candidate's eviction is, on a database of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EvictionProbeSpec {
    /// Saves of the probe.
    pub(crate) operations: u64,
}

/// A search for the highest load that meets a latency target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CapacitySpec {
    /// The 95th percentile of each class may be this long, nanoseconds.
    pub(crate) target_ns: ByClass<u64>,
    /// Pairs of searches for each kind.
    pub(crate) pairs: u32,
    /// Length of a step, nanoseconds.
    pub(crate) step_ns: u64,
}

/// Samples of an arm where nobody asks for more: what a chart can show.
pub(crate) const SAMPLES: u32 = 120;

/// Shorter samples hold too few saves for a percentile.
pub(crate) const SHORTEST_SAMPLE: Duration = Duration::from_millis(250);

/// A scenario for one profile. Every figure is within the ranges of scenario files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Name, as in links.
    pub(crate) name: String,
    /// Name for people.
    pub(crate) title: String,
    /// Where the requirement comes from.
    pub(crate) source: String,
    /// Why the scenario exists and what it should show.
    pub(crate) why: String,
    /// Concurrent users.
    pub(crate) users: u32,
    /// How the planned instants are spread.
    pub(crate) arrivals: Arrivals,
    /// Sizes of the states, bytes.
    pub(crate) state_bytes: BytesRange,
    /// Share of saves that repeat the run's last state, 0 to 1.
    pub(crate) duplicate_share: f64,
    /// Order of duplicates and unique states.
    pub(crate) pattern: Pattern,
    /// Limit of the candidate's cache, entries.
    pub(crate) cache_entries: u64,
    /// Runs that are saved; for [`Pattern::Overflow`] as many as there are saves.
    pub(crate) runs: u32,
    /// Zipf exponent of a user's runs, for unique states; duplicates follow recent runs.
    pub(crate) key_skew: f64,
    /// What the strategy asks for.
    pub(crate) full: LoadFigures,
    /// What this profile offers to each arm.
    pub(crate) offered: LoadFigures,
    /// Pairs of open blocks.
    pub(crate) pairs: u32,
    /// Samples that each arm takes over its planned open time, at the most and about.
    pub(crate) samples: u32,
    /// Saves before the first block that do not count.
    pub(crate) warm_up_operations: u64,
    /// Closed blocks after the open ones.
    pub(crate) closed: Option<Closed>,
    /// The services, where they are not the run's: `baseline` and `candidate` stand for the run's own.
    #[serde(default)]
    pub(crate) arms: Option<Arms<String>>,
    /// How often the evidence may be looked at; `pairs` are shared evenly among the looks.
    pub(crate) looks: u32,
    /// Whether each pair has processes and databases of its own.
    #[serde(default)]
    pub(crate) fresh_arms: bool,
    /// Whether both arms are live at once and each save goes to one of them at random.
    #[serde(default)]
    pub(crate) split: bool,
    /// Whether more is offered on purpose than a service must keep up with.
    #[serde(default)]
    pub(crate) overload: bool,
    /// Search for the highest load after the blocks.
    #[serde(default)]
    pub(crate) capacity: Option<CapacitySpec>,
    /// Probe of the eviction after the blocks.
    pub(crate) eviction_probe: Option<EvictionProbeSpec>,
    /// Profile of the candidate's memory after the blocks.
    #[serde(default)]
    pub(crate) memory_profile: bool,
    /// Comparison of variants after the blocks.
    #[serde(default)]
    pub(crate) ablation: Option<AblationSpec>,
    /// What is broken on purpose during the blocks.
    #[serde(default)]
    pub(crate) faults: Option<FaultSpec>,
    /// The targets.
    pub(crate) criteria: Vec<Criterion>,
}

impl Spec {
    /// The same load on the baseline twice, for as many pairs: what differs then is noise.
    pub(crate) fn as_noise(&self, pairs: u32) -> Self {
        let each = self.offered.operations / u64::from(self.pairs.max(1));
        let operations = each * u64::from(pairs);
        let both = || ArmRole::Baseline.as_str().to_owned();
        Self {
            name: NOISE.to_owned(),
            title: format!("Noise of {}", self.title.to_lowercase()),
            why: format!(
                "The baseline against itself, with the load of {}: whatever differs is noise, and a smaller change is none.",
                self.title.to_lowercase()
            ),
            source: "design, rules of measurement".to_owned(),
            arms: Some(Arms {
                baseline: both(),
                candidate: both(),
            }),
            pairs,
            looks: 1,
            offered: LoadFigures {
                operations,
                seconds: operations as f64 / self.offered.operations_per_second,
                ..self.offered
            },
            criteria: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether the scenario can go on in the middle after a crash of the runner: its blocks follow each other on the same two
    /// databases, and nothing else does. Others begin anew.
    pub(crate) const fn can_go_on(&self) -> bool {
        self.faults.is_none()
            && !self.split
            && !self.fresh_arms
            && self.capacity.is_none()
            && self.ablation.is_none()
    }

    /// How long samples should be, nanoseconds.
    pub(crate) fn sample_ns(&self) -> f64 {
        let wanted = self.offered.seconds * 1e9 / f64::from(self.samples.max(1));
        wanted.max(SHORTEST_SAMPLE.as_nanos() as f64)
    }

    /// The load as the report states it.
    pub(crate) fn load(&self) -> Load {
        let full = self.of_an_arm(self.full);
        let offered = self.of_an_arm(self.offered);
        Load {
            users: self.users,
            full,
            offered,
            arrivals: self.arrivals,
            state_bytes: self.state_bytes,
            duplicate_share: self.duplicate_share,
            pattern: match self.pattern {
                Pattern::Thrashing => "alternating, sequential".to_owned(),
                _ => self.pattern.as_str().to_owned(),
            },
            cache_entries: self.cache_entries,
            pairs: self.pairs,
            looks: self.looks,
            fresh_arms: self.fresh_arms,
            split: self.split,
            overload: self.overload,
            warm_up_operations: self.warm_up_operations,
        }
    }

    /// What one arm gets: of split traffic half, give or take a few.
    fn of_an_arm(&self, figures: LoadFigures) -> LoadFigures {
        if !self.split {
            return figures;
        }
        LoadFigures {
            operations_per_second: figures.operations_per_second / 2.0,
            operations: figures.operations / 2,
            seconds: figures.seconds,
        }
    }
}
