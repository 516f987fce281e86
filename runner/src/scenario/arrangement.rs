//! How a scenario arranges its arms: which services, whose processes, how many looks, one after the other or both at
//! once, and whether it searches for their capacity.

use std::ops::RangeInclusive;

use shared::arms::{ArmRole, Arms, ByClass};
use toml::Spanned;

use super::error::ScenarioError;
use super::figure::Unit;
use super::file::{RawProfile, ScenarioFile};
use super::resolve::Check;
use super::spec::{CapacitySpec, Pattern};
use crate::arm::worker::{Subject, SubjectError};

/// Looks for which Pocock (1977) gives a nominal level.
const LOOKS: RangeInclusive<f64> = 1.0..=5.0;
/// Pairs of searches; each takes many steps.
const CAPACITY_PAIRS: RangeInclusive<f64> = 1.0..=100.0;
/// Nanoseconds: a service that answers within a millisecond has no latency target worth a search.
const TARGET: RangeInclusive<f64> = 1e6..=60e9;
/// Nanoseconds: a shorter step has too few saves for a 95th percentile, a longer one makes a search take hours.
const STEP: RangeInclusive<f64> = 100e6..=60e9;

/// The arrangement of one profile.
pub(super) struct Arrangement {
    pub(super) arms: Option<Arms<String>>,
    pub(super) looks: u32,
    pub(super) fresh_arms: bool,
    pub(super) split: bool,
    pub(super) capacity: Option<CapacitySpec>,
}

impl ScenarioFile {
    /// Reads and checks the arrangement; `pairs` are those that will be measured, `asked` whether the command line said so.
    pub(super) fn arrangement(
        &self,
        check: &Check<'_>,
        raw: &RawProfile,
        pairs: u32,
        asked: bool,
    ) -> Result<Arrangement, ScenarioError> {
        let arrangement = Arrangement {
            arms: self.own_arms(check)?,
            looks: self.looks(check, raw, pairs, asked)?,
            fresh_arms: is_set(self.raw.load.fresh_arms.as_ref()),
            split: is_set(self.raw.load.split.as_ref()),
            capacity: check.capacity(raw)?,
        };
        self.check_fresh_arms(check, raw)?;
        self.check_split(check, raw)?;
        self.check_capacity(check, raw)?;
        Ok(arrangement)
    }

    fn own_arms(&self, check: &Check<'_>) -> Result<Option<Arms<String>>, ScenarioError> {
        let Some(raw) = &self.raw.arms else {
            return Ok(None);
        };
        let service = |text: &Spanned<String>| {
            let name = text.get_ref();
            let is_role = ArmRole::ALL.iter().any(|role| role.as_str() == name);
            match name.parse::<Subject>() {
                Err(e) if !is_role => Err(check.0.invalid(text.span(), unknown_arm(&e))),
                _ => Ok(name.clone()),
            }
        };
        Ok(Some(Arms {
            baseline: service(&raw.baseline)?,
            candidate: service(&raw.candidate)?,
        }))
    }

    fn looks(
        &self,
        check: &Check<'_>,
        raw: &RawProfile,
        pairs: u32,
        asked: bool,
    ) -> Result<u32, ScenarioError> {
        let Some(looks) = &raw.looks else {
            return Ok(1);
        };
        let number = check.whole(looks, LOOKS)? as u32;
        if number > 1 && !is_set(self.raw.load.fresh_arms.as_ref()) {
            let problem = "a look needs the ledger of what was measured so far: set `load.fresh_arms`, so that each pair has one";
            return Err(check.0.invalid(looks.span(), problem));
        }
        if pairs.is_multiple_of(number) {
            return Ok(number);
        }
        if asked {
            return Err(ScenarioError::Looks {
                scenario: self.name().to_owned(),
                pairs,
                looks: number,
            });
        }
        let problem = format!("{pairs} pairs cannot be shared evenly by {number} looks");
        Err(check.0.invalid(looks.span(), problem))
    }

    fn check_fresh_arms(&self, check: &Check<'_>, raw: &RawProfile) -> Result<(), ScenarioError> {
        let load = &self.raw.load;
        let Some(fresh) = load.fresh_arms.as_ref().filter(|flag| *flag.get_ref()) else {
            return Ok(());
        };
        let refuse = |what: &str| {
            let problem =
                format!("{what} needs arms that live longer than a pair: leave one of the two out");
            Err(check.0.invalid(fresh.span(), problem))
        };
        match () {
            () if !load.pattern.is_mixture() => {
                refuse(&format!("pattern `{}`", load.pattern.as_str()))
            }
            () if raw.closed.is_some() => refuse("`closed`"),
            () if raw.eviction_probe.is_some() => refuse("`eviction_probe`"),
            () if raw.memory_profile => refuse("`memory_profile`"),
            () if raw.capacity.is_some() => refuse("`capacity`"),
            () if is_set(load.split.as_ref()) => refuse("`split`"),
            () => Ok(()),
        }
    }

    fn check_split(&self, check: &Check<'_>, raw: &RawProfile) -> Result<(), ScenarioError> {
        let load = &self.raw.load;
        match load.split.as_ref().filter(|flag| *flag.get_ref()) {
            Some(split) if !load.pattern.is_mixture() || raw.closed.is_some() => {
                let problem = "split traffic needs the pattern `mixed` and no `closed` blocks: both arms are live at once";
                Err(check.0.invalid(split.span(), problem))
            }
            _ => Ok(()),
        }
    }

    fn check_capacity(&self, check: &Check<'_>, raw: &RawProfile) -> Result<(), ScenarioError> {
        match &raw.capacity {
            Some(capacity) if !searchable(self.raw.load.pattern) => Err(check.0.invalid(
                capacity.pairs.span(),
                "a search for the capacity needs the pattern `mixed` or `unique`: its steps have runs without a history",
            )),
            _ => Ok(()),
        }
    }
}

impl Check<'_> {
    fn capacity(&self, raw: &RawProfile) -> Result<Option<CapacitySpec>, ScenarioError> {
        let Some(capacity) = &raw.capacity else {
            return Ok(None);
        };
        Ok(Some(CapacitySpec {
            target_ns: ByClass {
                duplicate: self.within(&capacity.target.duplicate, Unit::Time, TARGET)? as u64,
                unique: self.within(&capacity.target.unique, Unit::Time, TARGET)? as u64,
            },
            pairs: self.whole(&capacity.pairs, CAPACITY_PAIRS)? as u32,
            step_ns: self.within(&capacity.step, Unit::Time, STEP)? as u64,
        }))
    }
}

/// Each step of a search has runs of its own.
const fn searchable(pattern: Pattern) -> bool {
    matches!(pattern, Pattern::Mixed | Pattern::Unique)
}

fn is_set(flag: Option<&Spanned<bool>>) -> bool {
    flag.is_some_and(|flag| *flag.get_ref())
}

fn unknown_arm(error: &SubjectError) -> String {
    format!("{error}; or `baseline` or `candidate`, for those of the run")
}
