//! Whether a measurement can be believed: checks of the instrument, not of the services.

mod calibrated;
#[cfg(test)]
mod tests;

use crate::arms::{ArmRole, Arms};
use crate::calibration::{Calibration, is_generator};
use crate::estimate::{DISPATCH_LAG_P99_NS, is_saturated, open_pairs};
use crate::histogram::Histogram;
use crate::report::{Mode, Run, Scenario, duration};
use crate::units::{format_count, format_time, saturating_sum};
use crate::verdict::Verdict;

/// Pairs that a scenario should have. Source: design rules of measurement, "at least 10 pairs where time allows".
pub const PAIRS_WANTED: usize = 10;
/// Share of a scenario's load that may lack evidence after a crash: less than one pair of those wanted.
const MISSING_SHARE: f64 = 0.05;

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustCheck {
    /// What is checked.
    pub title: String,
    /// How, and against what limit.
    pub detail: String,
    /// What was found.
    pub value: String,
    /// Pass, fail, inconclusive or not judged.
    pub verdict: Verdict,
}

impl TrustCheck {
    fn new(title: &str, detail: impl Into<String>, value: impl Into<String>, passed: bool) -> Self {
        let verdict = if passed { Verdict::Pass } else { Verdict::Fail };
        Self {
            title: title.to_owned(),
            detail: detail.into(),
            value: value.into(),
            verdict,
        }
    }
}

/// The first promise in which the arms differ, in words; none where they promise the same.
#[must_use]
pub fn unequal_promises(scenario: &Scenario) -> Option<String> {
    let Arms {
        baseline,
        candidate,
    } = &scenario.promises;
    let missing = "nothing".to_owned();
    baseline.keys().chain(candidate.keys()).find_map(|name| {
        let (b, c) = (
            baseline.get(name).unwrap_or(&missing),
            candidate.get(name).unwrap_or(&missing),
        );
        (b != c).then(|| format!("{name} is {b} for the baseline and {c} for the candidate"))
    })
}

/// The checks of a whole run.
#[must_use]
pub fn run_checks(
    run: &Run,
    scenarios: &[Scenario],
    calibration: &Calibration<'_>,
) -> Vec<TrustCheck> {
    let mut checks = plan_checks(scenarios);
    checks.extend([
        TrustCheck::new(
            "Runner built for release",
            "a debug build measures the compiler's thrift, not the services",
            &run.build.profile,
            run.build.profile == "release",
        ),
        completeness_check(run, scenarios),
    ]);
    checks.extend(calibrated::checks(run, scenarios, calibration));
    checks
}

/// The checks of one scenario.
#[must_use]
pub fn scenario_checks(scenario: &Scenario) -> Vec<TrustCheck> {
    plan_checks(std::slice::from_ref(scenario))
}

/// The checks of what was measured by a plan. The generator's own scenario offers what no service is offered, an overload
/// and a search for a capacity go beyond it on purpose; deliberate faults hold saves up, and variants of a service are no
/// pairs: their blocks are no part of them.
fn plan_checks(scenarios: &[Scenario]) -> Vec<TrustCheck> {
    let planned: Vec<&Scenario> = scenarios
        .iter()
        .filter(|s| !is_generator(s) && s.capacity.is_none() && !s.load.overload)
        .filter(|s| s.faults.is_empty() && s.ablation.is_empty())
        .collect();
    let mut checks = Vec::new();
    if !planned.is_empty() || scenarios.is_empty() {
        checks.extend([
            pairs_check(&planned),
            dispatch_check(&planned),
            saturation_check(&planned),
        ]);
    }
    checks.push(promises_check(scenarios));
    checks.extend(gaps_check(scenarios));
    checks
}

/// Whether a resumed run lacks little of its evidence; none where no run was resumed.
fn gaps_check(scenarios: &[Scenario]) -> Option<TrustCheck> {
    let (mut told, mut all_ns, mut passed) = (Vec::new(), 0_u64, true);
    for scenario in scenarios {
        let mut missing_ns = 0_u64;
        for gap in &scenario.gaps {
            for missing in &gap.missing {
                let (arm, pair) = (missing.arm.as_str(), missing.pair.saturating_add(1));
                told.push(format!("{}, {arm}, pair {pair}", scenario.name));
            }
            let (from, to) = (&gap.last_evidence_at, &gap.resumed_at);
            told.push(format!("ended after {from}, resumed {to}"));
            missing_ns = missing_ns.saturating_add(gap.missing_ns());
        }
        let samples = ArmRole::ALL
            .iter()
            .flat_map(|arm| scenario.series.get(*arm));
        let offered = saturating_sum(samples.map(|sample| sample.length_ns));
        passed &= missing_ns as f64 <= MISSING_SHARE * offered as f64;
        all_ns = all_ns.saturating_add(missing_ns);
    }
    (!told.is_empty()).then(|| {
        TrustCheck::new(
            "Evidence that is missing",
            told.join("; "),
            duration(all_ns as f64 / 1e9),
            passed,
        )
    })
}

fn pairs_check(scenarios: &[&Scenario]) -> TrustCheck {
    let fewest = scenarios
        .iter()
        .map(|s| open_pairs(s).len())
        .min()
        .unwrap_or(0);
    TrustCheck::new(
        "Pairs of blocks",
        format!("fewest of any scenario, in random order; at least {PAIRS_WANTED} are wanted"),
        format_count(fewest as u64),
        fewest >= PAIRS_WANTED,
    )
}

fn dispatch_check(scenarios: &[&Scenario]) -> TrustCheck {
    let worst = scenarios.iter().filter_map(|s| lateness(s)).max();
    TrustCheck::new(
        "Generator lateness P99",
        format!(
            "planned instant to hand-over, worst arm of any scenario; limit {}",
            format_time(DISPATCH_LAG_P99_NS as f64)
        ),
        worst.map_or_else(|| "not measured".to_owned(), |w| format_time(w as f64)),
        worst.is_some_and(|w| w <= DISPATCH_LAG_P99_NS),
    )
}

/// The 99th percentile of the generator's lateness on the arm where it is worse, nanoseconds.
fn lateness(scenario: &Scenario) -> Option<u64> {
    let of = |role| dispatch_lag(scenario, role).value_at_quantile(0.99);
    ArmRole::ALL.into_iter().filter_map(of).max()
}

/// How late the generator handed saves over, all open blocks of an arm.
#[must_use]
pub fn dispatch_lag(scenario: &Scenario, role: ArmRole) -> Histogram {
    Histogram::merged(
        scenario
            .blocks
            .iter()
            .filter(|b| b.arm == role && b.mode == Mode::Open)
            .map(|b| &b.dispatch_lag),
    )
}

fn saturation_check(scenarios: &[&Scenario]) -> TrustCheck {
    let blocks = || {
        scenarios
            .iter()
            .flat_map(|s| &s.blocks)
            .filter(|b| b.mode == Mode::Open)
    };
    let measured = blocks().count();
    let saturated = blocks().filter(|b| is_saturated(b)).count();
    let value = match (saturated, measured) {
        (_, 0) => "not measured".to_owned(),
        (0, _) => "none".to_owned(),
        (n, measured) => format!(
            "{} of {} blocks",
            format_count(n as u64),
            format_count(measured as u64)
        ),
    };
    TrustCheck::new(
        "Saturation",
        "the backlog does not grow within a block; saturated pairs give no latency",
        value,
        saturated == 0 && measured > 0,
    )
}

fn promises_check(scenarios: &[Scenario]) -> TrustCheck {
    const TITLE: &str = "Promises equal in both arms";
    if let Some(unequal) = scenarios.iter().find_map(unequal_promises) {
        return TrustCheck::new(TITLE, unequal, "no", false);
    }
    let unknown = |s: &Scenario| s.promises.baseline.is_empty();
    if scenarios.is_empty() || scenarios.iter().any(unknown) {
        let detail = "what the live databases promise was not read";
        return TrustCheck::new(TITLE, detail, "not recorded", false);
    }
    TrustCheck::new(TITLE, promises_in_words(scenarios), "yes", true)
}

fn completeness_check(run: &Run, scenarios: &[Scenario]) -> TrustCheck {
    let complete = scenarios.iter().filter(|s| s.status.is_complete()).count();
    TrustCheck::new(
        "Scenarios complete",
        "a scenario that was interrupted shows what it has",
        format!("{complete} of {}", run.scenarios.len()),
        complete == run.scenarios.len() && complete > 0,
    )
}

/// The promises that matter most to a reader, from the first scenario: both arms have the same.
fn promises_in_words(scenarios: &[Scenario]) -> String {
    scenarios
        .iter()
        .find(|s| !is_generator(s))
        .iter()
        .flat_map(|s| &s.promises.baseline)
        .map(|(name, value)| format!("{} {value}", name.replace('_', " ")))
        .collect::<Vec<_>>()
        .join(", ")
}
