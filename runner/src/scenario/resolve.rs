//! From a file to the scenario of one profile, every figure checked.

use std::ops::RangeInclusive;

use shared::report::{BytesRange, LoadFigures};
use toml::Spanned;

use super::criteria;
use super::error::{ScenarioError, Source};
use super::figure::{Figure, Unit};
use super::file::{RawProfile, ScenarioFile};
use super::spec::{Closed, EvictionProbeSpec, Pattern, Profile, SAMPLES, Spec};

const USERS: RangeInclusive<f64> = 1.0..=100_000.0;
const RUNS: RangeInclusive<f64> = 1.0..=10_000_000.0;
const CACHE_ENTRIES: RangeInclusive<f64> = 1.0..=10_000_000.0;
/// Bytes; the services accept no larger state.
const STATE_BYTES: RangeInclusive<f64> = 1.0..=16_777_216.0;
pub(super) const SHARE: RangeInclusive<f64> = 0.0..=1.0;
pub(super) const KEY_SKEW: RangeInclusive<f64> = 0.0..=3.0;
/// Saves a second.
const RATE: RangeInclusive<f64> = 0.001..=1e6;
/// Nanoseconds: a millisecond to a week.
const DURATION: RangeInclusive<f64> = 1e6..=604_800e9;
/// A plan takes about 64 bytes a save.
const OPERATIONS: RangeInclusive<f64> = 1.0..=10_000_000.0;
const PAIRS: RangeInclusive<f64> = 1.0..=10_000.0;
const WARM_UP: RangeInclusive<f64> = 0.0..=1_000_000.0;

/// An overflow saves at least this many times as many states as the cache has entries (strategy §2.2: 5000+ for 1000).
const OVERFLOW_FACTOR: u64 = 5;

/// Longest name of a scenario, bytes: it becomes a file name.
const LONGEST_NAME: usize = 64;

impl ScenarioFile {
    /// The scenario for one profile, with another number of pairs where asked for.
    ///
    /// # Errors
    /// The file has no such profile, or the number of pairs does not fit.
    pub(crate) fn resolve(
        &self,
        profile: Profile,
        pairs: Option<u32>,
    ) -> Result<Spec, ScenarioError> {
        self.check_name()?;
        let raw = self
            .raw_profile(profile)
            .ok_or_else(|| ScenarioError::NoProfile {
                scenario: self.name().to_owned(),
                profile: profile.to_string(),
                file: self.source.file.clone(),
            })?;
        let load = &self.raw.load;
        let check = Check(&self.source);
        let users = check.whole(&load.users, USERS)? as u32;
        let cache_entries = check.whole(
            raw.cache_entries.as_ref().unwrap_or(&load.cache_entries),
            CACHE_ENTRIES,
        )?;
        let full = check.figures(&self.raw.profiles.full)?;
        let offered = check.figures(raw)?;
        let asked = pairs.is_some();
        let (pairs, offered) = self.share_among_pairs(&check, raw, pairs, offered)?;
        let arrangement = self.arrangement(&check, raw, pairs, asked)?;
        let spec = Spec {
            name: self.name().to_owned(),
            title: self.title().to_owned(),
            source: self.raw.source.clone(),
            why: self.why().to_owned(),
            users,
            arrivals: load.arrivals,
            state_bytes: check.sizes(&load.state_size.min, &load.state_size.max)?,
            duplicate_share: check.within(&load.duplicates, Unit::Share, SHARE)?,
            pattern: load.pattern,
            cache_entries,
            runs: self.runs(&check, offered.operations)?,
            key_skew: load
                .key_skew
                .as_ref()
                .map_or(Ok(0.0), |skew| check.within(skew, Unit::None, KEY_SKEW))?,
            full,
            offered,
            pairs,
            samples: SAMPLES,
            warm_up_operations: check.whole(&raw.warm_up_operations, WARM_UP)?,
            closed: check.closed(raw)?,
            arms: arrangement.arms,
            looks: arrangement.looks,
            fresh_arms: arrangement.fresh_arms,
            split: arrangement.split,
            overload: load.overload,
            capacity: arrangement.capacity,
            eviction_probe: check.eviction_probe(raw, cache_entries)?,
            memory_profile: raw.memory_profile,
            ablation: self.ablation(&check, raw)?,
            faults: self.faults(&check)?,
            criteria: criteria::resolve(&self.source, &self.raw.criteria, None)?,
        };
        self.check_pattern(&check, raw, &spec)?;
        self.check_faults(&check, &spec)?;
        Ok(spec)
    }

    /// The name becomes that of a file beside `run.json`, and part of links.
    fn check_name(&self) -> Result<(), ScenarioError> {
        let name = self.name();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=LONGEST_NAME).contains(&name.len())
            && name.chars().all(allowed)
            && !["run", "index"].contains(&name)
        {
            return Ok(());
        }
        let problem = format!(
            "1 to {LONGEST_NAME} lower-case letters, digits and hyphens, but not `run` or `index`"
        );
        Err(self.source.invalid(self.raw.name.span(), problem))
    }

    /// The number of pairs, and the figures with as many operations as the pairs can share.
    fn share_among_pairs(
        &self,
        check: &Check<'_>,
        raw: &RawProfile,
        asked: Option<u32>,
        figures: LoadFigures,
    ) -> Result<(u32, LoadFigures), ScenarioError> {
        // A pair of thrashing has two patterns, each with as many hits as misses.
        let least = if self.raw.load.pattern == Pattern::Thrashing {
            4
        } else {
            1
        };
        let most = (figures.operations / least).min(*PAIRS.end() as u64);
        let pairs = match asked {
            Some(pairs) if (1..=most).contains(&u64::from(pairs)) => pairs,
            Some(pairs) => {
                return Err(ScenarioError::Pairs {
                    scenario: self.name().to_owned(),
                    pairs,
                    most,
                });
            }
            None => check.whole(&raw.pairs, 1.0..=most as f64)? as u32,
        };
        let multiple = if least == 1 {
            1
        } else {
            least * u64::from(pairs)
        };
        let operations = figures.operations / multiple * multiple;
        let seconds = operations as f64 / figures.operations_per_second;
        Ok((
            pairs,
            LoadFigures {
                operations,
                seconds,
                ..figures
            },
        ))
    }

    fn runs(&self, check: &Check<'_>, operations: u64) -> Result<u32, ScenarioError> {
        let load = &self.raw.load;
        match (load.pattern, &load.runs) {
            (Pattern::Overflow, None) => Ok(operations as u32),
            (Pattern::Overflow, Some(runs)) => Err(check.0.invalid(
                runs.span(),
                "every save of an overflow has a run of its own: leave this out",
            )),
            (Pattern::Thrashing, Some(runs)) => Ok(check.whole(runs, 2.0..=*RUNS.end())? as u32),
            (_, Some(runs)) => {
                let users = check.whole(&load.users, USERS)?;
                Ok(check.whole(runs, users as f64..=*RUNS.end())? as u32)
            }
            (_, None) => {
                let problem = "the table `load` needs `runs`, the number of runs that are saved: at least one for each user";
                Err(check.0.invalid(load.users.span(), problem))
            }
        }
    }

    /// What only some patterns allow.
    fn check_pattern(
        &self,
        check: &Check<'_>,
        raw: &RawProfile,
        spec: &Spec,
    ) -> Result<(), ScenarioError> {
        let load = &self.raw.load;
        let pattern = spec.pattern.as_str();
        let implied_share = match spec.pattern {
            Pattern::Mixed | Pattern::Append | Pattern::Edit => return Ok(()),
            Pattern::Replay => {
                let problem =
                    "no file can ask for `replay`: use `mixed`, and name the states with --dataset";
                return Err(check.0.invalid(load.users.span(), problem));
            }
            Pattern::Overflow | Pattern::Unique => 0.0,
            Pattern::Thrashing => 0.5,
        };
        if spec.duplicate_share != implied_share {
            let problem = format!("pattern `{pattern}` implies {implied_share}");
            return Err(check.0.invalid(load.duplicates.span(), problem));
        }
        if spec.pattern == Pattern::Unique {
            return Ok(());
        }
        if let Some(skew) = &load.key_skew {
            return Err(check.0.invalid(
                skew.span(),
                format!("pattern `{pattern}` has no popular runs: leave this out"),
            ));
        }
        if let Some(closed) = &raw.closed {
            return Err(check.0.invalid(
                closed.pairs.span(),
                "closed blocks need the pattern `mixed`",
            ));
        }
        let least = OVERFLOW_FACTOR * spec.cache_entries;
        if spec.pattern == Pattern::Overflow && spec.offered.operations < least {
            let span = raw
                .operations
                .as_ref()
                .or(raw.duration.as_ref())
                .unwrap_or(&raw.rate)
                .span();
            let problem = format!(
                "{} operations do not overflow a cache of {}: at least {least} are needed",
                spec.offered.operations, spec.cache_entries
            );
            return Err(check.0.invalid(span, problem));
        }
        Ok(())
    }
}

/// Checks figures, and says where they stand if they are wrong.
pub(super) struct Check<'a>(pub(super) &'a Source);

impl Check<'_> {
    /// The value in base units, if it has the right unit and is within the range.
    pub(super) fn within(
        &self,
        raw: &Spanned<Figure>,
        unit: Unit,
        range: RangeInclusive<f64>,
    ) -> Result<f64, ScenarioError> {
        let figure = raw.get_ref();
        if figure.unit != unit && figure.unit != Unit::None {
            return Err(self
                .0
                .invalid(raw.span(), format!("this must be {}", unit.examples())));
        }
        if !range.contains(&figure.value) {
            let written = self.0.excerpt(raw.span());
            let (from, to, base) = (range.start(), range.end(), unit.base());
            return Err(self.0.invalid(
                raw.span(),
                format!("{written} is out of range: {from} to {to}{base}"),
            ));
        }
        Ok(figure.value)
    }

    /// A whole number without a unit. All ranges end far below 2⁵³, so it is exact.
    pub(super) fn whole(
        &self,
        raw: &Spanned<Figure>,
        range: RangeInclusive<f64>,
    ) -> Result<u64, ScenarioError> {
        let value = self.within(raw, Unit::None, range)?;
        if value.fract() != 0.0 {
            return Err(self
                .0
                .invalid(raw.span(), format!("{value} is no whole number")));
        }
        Ok(value as u64)
    }

    fn sizes(
        &self,
        min: &Spanned<Figure>,
        max: &Spanned<Figure>,
    ) -> Result<BytesRange, ScenarioError> {
        let least = self.within(min, Unit::Size, STATE_BYTES)?;
        let most = self.within(max, Unit::Size, least..=*STATE_BYTES.end())?;
        Ok(BytesRange {
            min: least as u64,
            max: most as u64,
        })
    }

    fn figures(&self, raw: &RawProfile) -> Result<LoadFigures, ScenarioError> {
        let operations_per_second = self.within(&raw.rate, Unit::Rate, RATE)?;
        let operations = match (&raw.operations, &raw.duration) {
            (Some(operations), None) => self.whole(operations, OPERATIONS)?,
            (None, Some(duration)) => {
                let seconds = self.within(duration, Unit::Time, DURATION)? / 1e9;
                let operations = (operations_per_second * seconds).round();
                if !OPERATIONS.contains(&operations) {
                    let (from, to) = (OPERATIONS.start(), OPERATIONS.end());
                    let problem = format!(
                        "at this rate that is {operations} operations: {from} to {to} are possible"
                    );
                    return Err(self.0.invalid(duration.span(), problem));
                }
                operations as u64
            }
            _ => {
                return Err(self.0.invalid(
                    raw.rate.span(),
                    "beside it, give either `operations` or `duration`",
                ));
            }
        };
        Ok(LoadFigures {
            operations_per_second,
            operations,
            seconds: operations as f64 / operations_per_second,
        })
    }

    fn closed(&self, raw: &RawProfile) -> Result<Option<Closed>, ScenarioError> {
        let Some(closed) = &raw.closed else {
            return Ok(None);
        };
        let pairs = self.whole(&closed.pairs, PAIRS)? as u32;
        let most = (OPERATIONS.end() / f64::from(pairs)).floor();
        Ok(Some(Closed {
            pairs,
            operations: self.whole(&closed.operations, 1.0..=most)?,
        }))
    }

    fn eviction_probe(
        &self,
        raw: &RawProfile,
        cache_entries: u64,
    ) -> Result<Option<EvictionProbeSpec>, ScenarioError> {
        let Some(probe) = &raw.eviction_probe else {
            return Ok(None);
        };
        // With fewer saves than that nothing is evicted.
        let least = cache_entries as f64 + 1.0;
        Ok(Some(EvictionProbeSpec {
            operations: self.whole(&probe.operations, least..=*OPERATIONS.end())?,
        }))
    }
}
