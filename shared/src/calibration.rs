//! What the machine and the instrument do by themselves: how far one service differs from itself, and what the load
//! generator can do.

use std::cell::RefCell;

use crate::estimate::{Interval, closed_pairs, estimate};
use crate::histogram::Histogram;
use crate::metric::{Metric, Plain};
use crate::report::{Mode, Scenario};
use crate::units::{format_bytes, format_time, saturating_sum};

/// Name of the scenario that measures one service against itself.
pub const NOISE: &str = "noise";
/// Name of the scenario that measures the generator on a service that does nothing.
pub const GENERATOR: &str = "generator";
/// Name of the scenario that measures what sampling costs a service.
pub const SAMPLING: &str = "sampling";
/// The smallest change that is found in four of five runs, in half widths of the 95 % interval: 2.8 standard errors
/// over 1.96. Source: Bloom (1995), Minimum Detectable Effects, Evaluation Review 19(5); two-sided test at 5 %, power
/// of 80 %.
const DETECTABLE: f64 = 2.8 / 1.96;

/// How far a figure of one service differs from itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseFloor {
    /// The change that was found where there is none, as a ratio.
    pub change: f64,
    /// Its interval.
    pub interval: Interval,
    /// The farthest end of the interval from no change, as a ratio of at least zero: less than this is noise.
    pub floor: f64,
    /// The smallest true change that such a measurement finds four times in five, as a ratio.
    pub detectable: f64,
}

/// What the load generator can do, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Generator {
    /// Saves a second on a service that does nothing.
    pub ceiling_per_second: f64,
    /// Rate at which the rest was measured, saves a second.
    pub rate_per_second: f64,
    /// 99th percentile from the planned instant to the call, nanoseconds.
    pub schedule_lag_p99_ns: Option<u64>,
    /// Processor time of a save, nanoseconds.
    pub cpu_per_save_ns: Option<f64>,
    /// Memory that a save leaves behind, bytes.
    pub memory_per_save_bytes: Option<f64>,
}

impl Generator {
    /// What a save costs the generator, in words; empty where it could not be read.
    #[must_use]
    pub fn cost(&self) -> String {
        let cpu = self.cpu_per_save_ns.map(format_time);
        let memory = self.memory_per_save_bytes.map(format_bytes);
        let parts = [
            cpu.map(|time| format!("{time} of processor time")),
            memory.map(|bytes| format!("{bytes} of memory")),
        ];
        parts
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" and ")
    }
}

/// The calibration of a run. A floor is computed once, when it is first asked for.
#[derive(Debug, Default)]
pub struct Calibration<'a> {
    noise: Option<&'a Scenario>,
    generator: Option<&'a Scenario>,
    floors: RefCell<Vec<(Metric, Option<NoiseFloor>)>>,
}

/// Whether a scenario measures the machine by comparing a service with itself.
#[must_use]
pub fn is_noise(scenario: &Scenario) -> bool {
    scenario.name == NOISE && is_one_service_twice(scenario)
}

/// Whether a scenario measures the generator, on a service that stores nothing.
#[must_use]
pub fn is_generator(scenario: &Scenario) -> bool {
    scenario.name == GENERATOR && is_one_service_twice(scenario)
}

/// Whether a scenario measures what sampling costs, on one service without and with it.
#[must_use]
pub fn is_sampling(scenario: &Scenario) -> bool {
    scenario.name == SAMPLING && scenario.arms.is_some()
}

/// Whether a scenario is about machine and instrument rather than a service.
#[must_use]
pub fn is_calibration(scenario: &Scenario) -> bool {
    is_noise(scenario) || is_generator(scenario) || is_sampling(scenario)
}

/// A scenario of somebody's own may carry the name without being one.
fn is_one_service_twice(scenario: &Scenario) -> bool {
    (scenario.arms.as_ref()).is_some_and(|arms| arms.baseline.service == arms.candidate.service)
}

impl<'a> Calibration<'a> {
    /// That of these scenarios.
    #[must_use]
    pub fn of(scenarios: &'a [Scenario]) -> Self {
        Self {
            noise: scenarios.iter().find(|s| is_noise(s)),
            generator: scenarios.iter().find(|s| is_generator(s)),
            floors: RefCell::default(),
        }
    }

    /// The noise of a metric's change; absent where it was not measured, or not well enough for an interval.
    #[must_use]
    pub fn noise_floor(&self, metric: Metric) -> Option<NoiseFloor> {
        let known = self
            .floors
            .borrow()
            .iter()
            .find(|(m, _)| *m == metric)
            .copied();
        if let Some((_, floor)) = known {
            return floor;
        }
        let floor = self
            .noise
            .and_then(|scenario| noise_floor(metric, scenario));
        self.floors.borrow_mut().push((metric, floor));
        floor
    }

    /// The generator; absent where it was not measured.
    #[must_use]
    pub fn generator(&self) -> Option<Generator> {
        generator(self.generator?)
    }
}

/// The noise of a metric in a scenario that compares a service with itself.
fn noise_floor(metric: Metric, scenario: &Scenario) -> Option<NoiseFloor> {
    let change = estimate(metric, scenario).ok()?.change?;
    let interval = change.interval?;
    let floor = interval.low.abs().max(interval.high.abs());
    // What is only counted has no noise that could be estimated from it.
    (floor.is_finite() && interval.low < interval.high).then(|| NoiseFloor {
        change: change.value,
        interval,
        floor,
        detectable: DETECTABLE * (interval.high - interval.low) / 2.0,
    })
}

fn generator(scenario: &Scenario) -> Option<Generator> {
    let blocks = |mode: Mode| scenario.blocks.iter().filter(move |b| b.mode == mode);
    let saves = |mode| saturating_sum(blocks(mode).map(|b| b.outcomes.acknowledged())) as f64;
    let seconds = saturating_sum(blocks(Mode::Closed).map(|b| b.duration_ns)) as f64 / 1e9;
    let ceiling = saves(Mode::Closed) / seconds;
    if closed_pairs(scenario).is_empty() || !ceiling.is_finite() {
        return None;
    }
    let lag = Histogram::merged(blocks(Mode::Open).flat_map(|b| {
        let by_class = &b.latencies;
        [
            &by_class.duplicate.schedule_lag,
            &by_class.unique.schedule_lag,
        ]
    }));
    let cpu: Option<Vec<u64>> = blocks(Mode::Open).map(|b| b.cpu_ns).collect();
    let cpu = cpu.map(|ns| saturating_sum(ns) as f64 / saves(Mode::Open));
    Some(Generator {
        ceiling_per_second: ceiling,
        rate_per_second: scenario.load.offered.operations_per_second,
        schedule_lag_p99_ns: lag.value_at_quantile(0.99),
        cpu_per_save_ns: cpu.filter(|v| v.is_finite()),
        memory_per_save_bytes: memory_per_save(scenario),
    })
}

/// Of the arm that needs more.
fn memory_per_save(scenario: &Scenario) -> Option<f64> {
    let memory = estimate(Metric::Plain(Plain::MemoryPerSave), scenario).ok()?;
    let of = [memory.baseline?.value, memory.candidate?.value];
    of.into_iter().reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Synthetic, generator_scenario, noise_scenario};

    fn metric(name: &str) -> Metric {
        name.parse().unwrap()
    }

    #[test]
    fn the_floor_is_the_far_end_of_what_equal_services_differ_by() {
        let scenarios = [Synthetic::default().scenario(), noise_scenario(1)];
        let calibration = Calibration::of(&scenarios);
        let floor = calibration.noise_floor(metric("response.p95")).unwrap();
        let Interval { low, high } = floor.interval;
        assert_eq!(floor.floor, low.abs().max(high.abs()));
        assert!(low <= floor.change && floor.change <= high, "{floor:?}");
        assert!((floor.detectable / ((high - low) / 2.0) - 1.4286).abs() < 1e-4);
        assert_eq!(calibration.noise_floor(metric("response.p95")), Some(floor));
    }

    #[test]
    fn what_has_no_interval_has_no_floor() {
        let scenarios = [noise_scenario(1)];
        let calibration = Calibration::of(&scenarios);
        assert_eq!(calibration.noise_floor(metric("response.p99.9")), None);
        assert_eq!(calibration.noise_floor(metric("errors.count")), None);
        assert_eq!(calibration.noise_floor(metric("recovery.cache")), None);
    }

    #[test]
    fn a_scenario_of_two_services_is_no_calibration_whatever_its_name() {
        let mut own = Synthetic::default().scenario();
        own.name = NOISE.to_owned();
        let mut other = noise_scenario(1);
        other.arms.as_mut().unwrap().candidate.service = "optimized".to_owned();
        for scenario in [own, other] {
            assert!(!is_noise(&scenario));
            let scenarios = [scenario];
            let calibration = Calibration::of(&scenarios);
            assert_eq!(calibration.noise_floor(metric("response.p50")), None);
        }
        assert_eq!(Calibration::default().generator(), None);
    }

    #[test]
    fn the_generator_is_measured_by_both_arms_together() {
        let scenarios = [generator_scenario()];
        let generator = Calibration::of(&scenarios).generator().unwrap();
        assert!(
            (generator.ceiling_per_second / 400_000.0 - 1.0).abs() < 0.1,
            "{generator:?}"
        );
        assert_eq!(generator.rate_per_second, 10_000.0);
        assert_eq!(generator.schedule_lag_p99_ns, Some(100_031));
        assert!((generator.cpu_per_save_ns.unwrap() / 2_000.0 - 1.0).abs() < 0.1);
        assert!(generator.memory_per_save_bytes.unwrap() > 0.0);
    }

    #[test]
    fn a_generator_without_closed_blocks_has_no_ceiling() {
        let mut scenario = generator_scenario();
        scenario.blocks.retain(|b| b.mode == Mode::Open);
        assert_eq!(Calibration::of(&[scenario]).generator(), None);
        let mut still = generator_scenario();
        still.blocks.iter_mut().for_each(|b| b.duration_ns = 0);
        assert_eq!(Calibration::of(&[still]).generator(), None);
    }
}
