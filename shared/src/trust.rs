//! Whether a measurement can be believed: checks of the instrument, not of the services.

use crate::arms::{ArmRole, Arms};
use crate::estimate::{is_saturated, open_pairs};
use crate::histogram::Histogram;
use crate::report::{Mode, Run, Scenario};
use crate::units::{format_count, format_time};
use crate::verdict::Verdict;

/// The generator may be this late at its 99th percentile, nanoseconds: a fifth of the shortest interval that the
/// operating system schedules by, and small beside the milliseconds that are judged.
pub const DISPATCH_LAG_P99_NS: u64 = 1_000_000;
/// Pairs that a scenario should have. Source: design rules of measurement, "at least 10 pairs where time allows".
pub const PAIRS_WANTED: usize = 10;

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
pub fn run_checks(run: &Run, scenarios: &[Scenario]) -> Vec<TrustCheck> {
    let unequal: Vec<String> = scenarios.iter().filter_map(unequal_promises).collect();
    let mut checks = vec![
        pairs_check(scenarios),
        dispatch_check(scenarios),
        saturation_check(scenarios),
        TrustCheck::new(
            "Promises equal in both arms",
            unequal
                .first()
                .cloned()
                .unwrap_or_else(|| promises_in_words(scenarios)),
            if unequal.is_empty() { "yes" } else { "no" },
            unequal.is_empty(),
        ),
        TrustCheck::new(
            "Runner built for release",
            "a debug build measures the compiler's thrift, not the services",
            &run.build.profile,
            run.build.profile == "release",
        ),
        completeness_check(run, scenarios),
    ];
    checks.push(TrustCheck {
        title: "A/A noise floor".to_owned(),
        detail: "the baseline against itself; no such comparison is part of this run".to_owned(),
        value: "not measured".to_owned(),
        verdict: Verdict::NotJudged,
    });
    checks
}

/// The checks of one scenario.
#[must_use]
pub fn scenario_checks(scenario: &Scenario) -> Vec<TrustCheck> {
    let one = std::slice::from_ref(scenario);
    let unequal = unequal_promises(scenario);
    vec![
        pairs_check(one),
        dispatch_check(one),
        saturation_check(one),
        TrustCheck::new(
            "Promises equal in both arms",
            unequal.clone().unwrap_or_else(|| promises_in_words(one)),
            if unequal.is_none() { "yes" } else { "no" },
            unequal.is_none(),
        ),
    ]
}

fn pairs_check(scenarios: &[Scenario]) -> TrustCheck {
    let fewest = scenarios
        .iter()
        .map(|s| open_pairs(s).len())
        .min()
        .unwrap_or(0);
    TrustCheck::new(
        "Pairs of blocks",
        format!("fewest of any scenario, in random order; at least {PAIRS_WANTED}"),
        format_count(fewest as u64),
        fewest >= PAIRS_WANTED,
    )
}

fn dispatch_check(scenarios: &[Scenario]) -> TrustCheck {
    let worst = scenarios
        .iter()
        .flat_map(|s| ArmRole::ALL.map(|role| dispatch_lag(s, role)))
        .filter_map(|h| h.value_at_quantile(0.99))
        .max();
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

fn saturation_check(scenarios: &[Scenario]) -> TrustCheck {
    let blocks = || {
        scenarios
            .iter()
            .flat_map(|s| &s.blocks)
            .filter(|b| b.mode == Mode::Open)
    };
    let saturated = blocks().filter(|b| is_saturated(b)).count();
    let value = match saturated {
        0 => "none".to_owned(),
        n => format!(
            "{} of {} blocks",
            format_count(n as u64),
            format_count(blocks().count() as u64)
        ),
    };
    TrustCheck::new(
        "Saturation",
        "the backlog does not grow within a block; saturated pairs give no latency",
        value,
        saturated == 0,
    )
}

fn completeness_check(run: &Run, scenarios: &[Scenario]) -> TrustCheck {
    let complete = scenarios.iter().filter(|s| s.status.is_complete()).count();
    TrustCheck::new(
        "Scenarios complete",
        "a scenario that was interrupted shows what it has",
        format!("{complete} of {}", run.scenarios.len()),
        complete == run.scenarios.len(),
    )
}

/// The promises that matter most to a reader, from the first scenario: both arms have the same.
fn promises_in_words(scenarios: &[Scenario]) -> String {
    let Some(scenario) = scenarios.first() else {
        return "no scenario was measured".to_owned();
    };
    let promises = &scenario.promises.baseline;
    promises
        .iter()
        .map(|(name, value)| format!("{} {value}", name.replace('_', " ")))
        .collect::<Vec<_>>()
        .join(", ")
}
