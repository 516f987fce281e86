//! Checks by calibration: the noise of the machine and the room that the generator has.

use super::TrustCheck;
use crate::calibration::{Calibration, Generator, NoiseFloor, is_generator};
use crate::criteria::{Measure, Policy};
use crate::metric::Metric;
use crate::report::{Mode, Run, Scenario};
use crate::units::{
    THIN, Unit, format_change_interval_tenths, format_change_tenths, format_factor,
    format_percent_tenths, format_time, format_value,
};
use crate::verdict::Verdict;

/// The generator should make so many times the saves that any scenario asked of it: at a third of its ceiling, a queue
/// in front of it is short (M/D/1: a quarter of its service time).
const HEADROOM: f64 = 3.0;
/// How late the generator may be at its 99th percentile while it makes ten thousand saves a second of nothing,
/// nanoseconds: a tenth of the shortest latency that a durable save has.
const SCHEDULE_LAG_P99_NS: u64 = 200_000;
/// More noise than this hides what fails a build. Source: strategy §3.1, 20 % latency regression.
const LOUD: f64 = 0.2;
/// The figure whose noise stands for the run's.
const P95: Metric = Metric::response(95.0);

const NOISE_TITLE: &str = "A/A noise floor";
const HEADROOM_TITLE: &str = "Generator headroom";

pub(super) fn checks(
    run: &Run,
    scenarios: &[Scenario],
    calibration: &Calibration<'_>,
) -> Vec<TrustCheck> {
    let mut checks = vec![match calibration.noise_floor(P95) {
        Some(noise) => noise_check(&noise, smallest_tolerance(&run.policy)),
        None => absent(NOISE_TITLE, "the baseline against itself, P95 response"),
    }];
    match calibration.generator() {
        Some(generator) => {
            checks.push(headroom_check(&generator, highest_rate(scenarios)));
            checks.extend(lag_check(&generator));
        }
        None => checks.push(absent(
            HEADROOM_TITLE,
            "the generator on a service that does nothing",
        )),
    }
    checks
}

fn absent(title: &str, what: &str) -> TrustCheck {
    TrustCheck {
        title: title.to_owned(),
        detail: format!("{what}; no such measurement is part of this run"),
        value: "not measured".to_owned(),
        verdict: Verdict::NotJudged,
    }
}

/// Noise makes no run worthless, since limits below it are widened; noise above a limit deserves a word.
fn noise_check(noise: &NoiseFloor, tolerance: Option<f64>) -> TrustCheck {
    let holds_none = noise.interval.low <= 0.0 && noise.interval.high >= 0.0;
    let below = tolerance.is_none_or(|t| noise.floor <= t);
    TrustCheck {
        title: NOISE_TITLE.to_owned(),
        detail: format!(
            "P95 of the baseline against itself, 95{THIN}% interval {}{THIN}%; limits below it count from it on; a true change of {} is found four times in five",
            format_change_interval_tenths(noise.interval.low, noise.interval.high)
                .unwrap_or_else(|| format_change_tenths(noise.change)),
            format_percent_tenths(noise.detectable)
        ),
        value: format!("±{}", format_percent_tenths(noise.floor)),
        verdict: if below || (holds_none && noise.floor <= LOUD) {
            Verdict::Pass
        } else {
            Verdict::Warn
        },
    }
}

/// The smallest change that a policy tolerates or asks for.
fn smallest_tolerance(policy: &Policy) -> Option<f64> {
    policy
        .criteria
        .iter()
        .filter(|c| c.target.of == Measure::Change && c.target.pass != 0.0)
        .map(|c| c.target.pass.abs())
        .reduce(f64::min)
}

/// The most saves a second that any scenario offered, or that a service drew in the closed model.
fn highest_rate(scenarios: &[Scenario]) -> f64 {
    let drawn = |scenario: &Scenario| {
        scenario
            .blocks
            .iter()
            .filter(|b| b.mode == Mode::Closed && b.duration_ns > 0)
            .map(|b| b.outcomes.acknowledged() as f64 / (b.duration_ns as f64 / 1e9))
            .fold(scenario.load.offered.operations_per_second, f64::max)
    };
    let services = scenarios.iter().filter(|s| !is_generator(s));
    services.map(drawn).fold(0.0, f64::max)
}

fn headroom_check(generator: &Generator, rate: f64) -> TrustCheck {
    let headroom = generator.ceiling_per_second / rate;
    let cost = match generator.cost() {
        cost if cost.is_empty() => cost,
        cost => format!("; a save costs it {cost}"),
    };
    TrustCheck::new(
        HEADROOM_TITLE,
        format!(
            "it makes {} on a service that does nothing, the most that was asked of it is {}; at least {} is wanted{cost}",
            format_value(generator.ceiling_per_second, Unit::PerSecond),
            format_value(rate, Unit::PerSecond),
            format_factor(HEADROOM)
        ),
        if headroom.is_finite() {
            format_factor(headroom)
        } else {
            "–".to_owned()
        },
        headroom >= HEADROOM,
    )
}

fn lag_check(generator: &Generator) -> Option<TrustCheck> {
    let lag = generator.schedule_lag_p99_ns?;
    let late = lag >= SCHEDULE_LAG_P99_NS;
    Some(TrustCheck {
        title: format!(
            "Generator schedule lag at {}",
            format_value(generator.rate_per_second, Unit::PerSecond)
        ),
        detail: format!(
            "planned instant to call at P99, on a service that does nothing; less than {} is wanted",
            format_time(SCHEDULE_LAG_P99_NS as f64)
        ),
        value: format_time(lag as f64),
        verdict: if late { Verdict::Warn } else { Verdict::Pass },
    })
}
