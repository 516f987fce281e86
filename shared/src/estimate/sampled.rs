//! Figures that follow from how often each pair was drawn.

use super::{Comparison, Estimate, Point, Unavailable, difference};
use crate::arms::{ArmRole, Arms};
use crate::metric::Metric;
use crate::report::Scenario;
use crate::stats::{
    FEWEST_PAIRS, Interval, Resampling, Spread, WeightedMedian, bootstrap, pocock_level,
    signed_rank,
};
use crate::units::{Unit, format_count};

type Figure = dyn Fn(ArmRole, &[u32]) -> Option<f64>;

/// How a change follows from the units that were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The median of the units' own ratios: one disturbed pair does not move it.
    MedianOfPairs,
    /// The ratio of the merged figures: a tail percentile of one pair is made of a handful of values.
    Merged,
    /// There is none: a figure that may be zero or below, such as a growth, has no ratio, and its units are no pairs.
    None,
}

/// A metric of a scenario before it is estimated: what any resample of its units comes to.
pub struct Sampled {
    metric: Metric,
    unit: Unit,
    samples: Arms<u64>,
    resampling: Resampling,
    figure: Box<Figure>,
    of_units: Arms<Vec<Option<f64>>>,
    change: Change,
    median: WeightedMedian,
    log_ratios: Vec<f64>,
    withheld: Arms<Option<String>>,
    pairs: usize,
}

/// How the units of a scenario are drawn: windows of split traffic as runs, and as strictly as the planned looks ask.
pub(super) fn resampling(scenario: &Scenario, units: usize) -> Resampling {
    resampling_of(scenario.load.split, scenario.load.looks, units)
}

/// The same, by what it depends on: whether traffic was split, and how many looks were planned.
pub(super) fn resampling_of(split: bool, looks: u32, units: usize) -> Resampling {
    Resampling {
        units,
        run_length: if split {
            Resampling::run_length_for(units)
        } else {
            1
        },
        confidence: 1.0 - pocock_level(looks),
    }
}

/// The two-sided confidence of each interval, so that all planned looks together hold 95 %.
pub(super) fn confidence(scenario: &Scenario) -> f64 {
    1.0 - pocock_level(scenario.load.looks)
}

impl Sampled {
    pub(super) fn new(
        metric: Metric,
        unit: Unit,
        samples: Arms<u64>,
        resampling: Resampling,
        change: Change,
        figure: impl Fn(ArmRole, &[u32]) -> Option<f64> + 'static,
    ) -> Self {
        let mut sampled = Self {
            metric,
            unit,
            samples,
            resampling,
            figure: Box::new(figure),
            of_units: Arms::default(),
            change,
            median: WeightedMedian::default(),
            log_ratios: Vec::new(),
            withheld: Arms::default(),
            pairs: resampling.units,
        };
        if change != Change::None {
            sampled.look_at_units();
        }
        sampled
    }

    fn look_at_units(&mut self) {
        let mut weights = vec![0; self.units()];
        for unit in 0..self.units() {
            weights[unit] = 1;
            for role in ArmRole::ALL {
                let value = self.arm(role, &weights);
                self.of_units.get_mut(role).push(value);
            }
            weights[unit] = 0;
        }
        let Arms {
            baseline,
            candidate,
        } = &self.of_units;
        let logs: Vec<Option<f64>> = baseline
            .iter()
            .zip(candidate)
            .map(|(b, c)| log_ratio((*b)?, (*c)?))
            .collect();
        self.log_ratios = logs
            .iter()
            .flatten()
            .copied()
            .filter(|l| l.is_finite())
            .collect();
        self.median = WeightedMedian::new(logs);
    }

    /// Takes intervals away, for this reason.
    pub(super) fn withhold(&mut self, role: ArmRole, reason: String) {
        *self.withheld.get_mut(role) = Some(reason);
    }

    /// Says how many pairs stand behind it where they are not its units.
    pub(super) const fn set_pairs(&mut self, pairs: usize) {
        self.pairs = pairs;
    }

    /// The metric.
    #[must_use]
    pub const fn metric(&self) -> Metric {
        self.metric
    }

    /// Unit of an arm's figure.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// Saves behind it.
    #[must_use]
    pub const fn samples(&self) -> Arms<u64> {
        self.samples
    }

    /// How many units weights are about.
    #[must_use]
    pub const fn units(&self) -> usize {
        self.resampling.units
    }

    /// How the units are to be drawn.
    #[must_use]
    pub const fn resampling(&self) -> &Resampling {
        &self.resampling
    }

    /// An arm's figure where each unit was drawn as often as its weight says, in [`Self::unit`].
    #[must_use]
    pub fn arm(&self, role: ArmRole, weights: &[u32]) -> Option<f64> {
        // A ratio over zero is no figure; kept as infinity it would make the change −100 %.
        (self.figure)(role, weights).filter(|v| v.is_finite())
    }

    /// Candidate over baseline of the same draw; absent without a baseline above zero, and for a trend.
    #[must_use]
    pub fn ratio(&self, weights: &[u32]) -> Option<f64> {
        let arm = |role| match self.change {
            Change::Merged => self.arm(role, weights),
            Change::MedianOfPairs | Change::None => None,
        };
        self.ratio_of(arm(ArmRole::Baseline), arm(ArmRole::Candidate), weights)
    }

    /// The same, with the arms' figures of the draw at hand.
    fn ratio_of(&self, b: Option<f64>, c: Option<f64>, weights: &[u32]) -> Option<f64> {
        match self.change {
            Change::MedianOfPairs => self.median.of(weights).map(f64::exp),
            Change::Merged => ratio(b?, c?),
            Change::None => None,
        }
    }

    /// The figure of each unit by itself, in the order they were run; empty for a trend.
    #[must_use]
    pub fn of_units(&self, role: ArmRole) -> &[Option<f64>] {
        self.of_units.get(role)
    }

    /// Natural logarithm of candidate over baseline of each pair in which both are above zero.
    #[must_use]
    pub fn log_ratios(&self) -> &[f64] {
        &self.log_ratios
    }

    /// The log ratios as a test may take them that holds its values for independent: windows that are drawn as
    /// runs count as their run's mean.
    #[must_use]
    pub fn independent_log_ratios(&self) -> Vec<f64> {
        self.log_ratios
            .chunks(self.resampling.run_length.max(1))
            .map(|run| run.iter().sum::<f64>() / run.len() as f64)
            .collect()
    }

    /// Why an arm's figure has no interval, and what would give one.
    #[must_use]
    pub fn no_interval(&self, role: ArmRole) -> Option<String> {
        let few = || (!self.resampling.is_enough()).then(|| few_units(&self.resampling));
        self.withheld.get(role).clone().or_else(few)
    }

    /// Why the ratio has no interval, and what would give one.
    #[must_use]
    pub fn no_ratio_interval(&self) -> Option<String> {
        // Of two reasons, that of the arm with less behind it asks for more.
        let mut roles = ArmRole::ALL;
        if self.samples.candidate < self.samples.baseline {
            roles.reverse();
        }
        let few = || {
            let usable = self.median.len();
            let is_few = self.change == Change::MedianOfPairs && usable < FEWEST_PAIRS;
            is_few.then(|| few_ratios(usable))
        };
        roles
            .iter()
            .find_map(|role| self.no_interval(*role))
            .or_else(few)
    }

    /// Two-sided p-value of Wilcoxon's signed-rank test over the pairs; absent where the ratio has no interval.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        match self.no_ratio_interval() {
            None => signed_rank(&self.independent_log_ratios()),
            Some(_) => None,
        }
    }

    /// Arms, change and difference of a draw.
    fn figures(&self, weights: &[u32]) -> [Option<f64>; 4] {
        let b = self.arm(ArmRole::Baseline, weights);
        let c = self.arm(ArmRole::Candidate, weights);
        let ratio = self.ratio_of(b, c, weights);
        [b, c, ratio.map(|r| r - 1.0), difference(b, c)]
    }

    /// Its figures from all units, without intervals.
    ///
    /// # Errors
    /// [`Unavailable::NoSamples`] where neither arm has a figure.
    pub(super) fn point(&self) -> Result<Point, Unavailable> {
        let [baseline, candidate, change, _] = self.figures(&vec![1; self.units()]);
        if baseline.is_none() && candidate.is_none() {
            return Err(Unavailable::NoSamples);
        }
        Ok(Point {
            unit: self.unit,
            arms: Arms {
                baseline,
                candidate,
            },
            change: change.filter(|change| change.is_finite()),
        })
    }

    /// Estimates it.
    ///
    /// # Errors
    /// [`Unavailable::NoSamples`] where neither arm has a figure.
    pub(super) fn comparison(&self) -> Result<Comparison, Unavailable> {
        let values = self.figures(&vec![1; self.units()]);
        if values[0].is_none() && values[1].is_none() {
            return Err(Unavailable::NoSamples);
        }
        let of_arms = ArmRole::ALL.map(|role| self.no_interval(role));
        let of_ratio = self.no_ratio_interval();
        let intervals = if of_arms.iter().all(Option::is_some) {
            [None; 4]
        } else {
            bootstrap(&self.resampling, |weights| self.figures(weights))
        };
        let either = of_arms[0].clone().or_else(|| of_arms[1].clone());
        let [b, c] = of_arms;
        let [baseline, candidate, change, difference] = [
            estimate(values[0], intervals[0], b),
            estimate(values[1], intervals[1], c),
            estimate(values[2], intervals[2], of_ratio.clone()),
            // The difference is of merged figures: it needs what the arms need, not ratios.
            estimate(values[3], intervals[3], either.and(of_ratio)),
        ];
        let spread = self
            .of_units
            .map(|_, values| Spread::of(&values.iter().flatten().copied().collect::<Vec<f64>>()));
        Ok(Comparison {
            metric: self.metric,
            unit: self.unit,
            baseline,
            candidate,
            change,
            difference,
            log_ratios: self.log_ratios.clone(),
            p_value: self.p_value(),
            confidence: self.resampling.confidence,
            spread,
            pairs: self.pairs,
            samples: self.samples,
        })
    }
}

fn estimate(
    value: Option<f64>,
    interval: Option<Interval>,
    withheld: Option<String>,
) -> Option<Estimate> {
    let interval = interval.filter(|_| withheld.is_none());
    let undefined =
        || "too few pairs hold this figure for an interval: measure more pairs".to_owned();
    value.map(|value| Estimate {
        value,
        interval,
        no_interval: interval
            .is_none()
            .then(|| withheld.unwrap_or_else(undefined)),
    })
}

/// Absent without a baseline above zero. A candidate of zero is a change of −100 %.
fn ratio(baseline: f64, candidate: f64) -> Option<f64> {
    (baseline > 0.0).then(|| candidate / baseline)
}

/// Minus infinity for a candidate of zero: the median of such pairs is a change of −100 %.
fn log_ratio(baseline: f64, candidate: f64) -> Option<f64> {
    ratio(baseline, candidate)
        .filter(|r| *r >= 0.0)
        .map(f64::ln)
}

pub(super) fn few_units(resampling: &Resampling) -> String {
    let there = format_count(resampling.units as u64);
    if resampling.run_length > 1 {
        let enough = |units: &usize| units / Resampling::run_length_for(*units) >= FEWEST_PAIRS;
        let needed = (1..).find(enough).unwrap_or(FEWEST_PAIRS) as u64;
        let needed = format_count(needed);
        format!(
            "an interval over windows of time needs at least {needed} of them, there are {there}"
        )
    } else {
        let needed = format_count(FEWEST_PAIRS as u64);
        format!("an interval needs at least {needed} pairs, there are {there}")
    }
}

fn few_ratios(usable: usize) -> String {
    format!(
        "an interval of the change needs at least {} pairs with a figure above zero on the baseline and one on the candidate, there are {}",
        format_count(FEWEST_PAIRS as u64),
        format_count(usable as u64)
    )
}
