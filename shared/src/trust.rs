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
    let mut checks = vec![
        pairs_check(scenarios),
        dispatch_check(scenarios),
        saturation_check(scenarios),
        promises_check(scenarios),
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
    vec![
        pairs_check(one),
        dispatch_check(one),
        saturation_check(one),
        promises_check(one),
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
        format!("fewest of any scenario, in random order; at least {PAIRS_WANTED} are wanted"),
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
        .first()
        .iter()
        .flat_map(|s| &s.promises.baseline)
        .map(|(name, value)| format!("{} {value}", name.replace('_', " ")))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Backlog, Status};
    use crate::testing::{Synthetic, histogram, run_of, spaced};

    fn checks(scenario: &Scenario, change: impl FnOnce(&mut Run)) -> Vec<TrustCheck> {
        let scenarios = std::slice::from_ref(scenario);
        let mut run = run_of(scenarios, Vec::new());
        change(&mut run);
        run_checks(&run, scenarios)
    }

    /// Title and value of the checks that fail.
    fn failing(scenario: &Scenario, change: impl FnOnce(&mut Run)) -> Vec<(String, String)> {
        checks(scenario, change)
            .into_iter()
            .filter(|c| c.verdict == Verdict::Fail)
            .map(|c| (c.title, spaced(&c.value)))
            .collect()
    }

    fn one(title: &str, value: &str) -> Vec<(String, String)> {
        vec![(title.to_owned(), value.to_owned())]
    }

    #[test]
    fn a_sound_run_passes_every_check_that_is_made() {
        let scenario = Synthetic::default().scenario();
        let made = checks(&scenario, |_| {});
        let verdicts: Vec<Verdict> = made.iter().map(|c| c.verdict).collect();
        assert_eq!(verdicts[..6], [Verdict::Pass; 6]);
        assert_eq!(verdicts[6..], [Verdict::NotJudged]);
        assert_eq!(made[3].detail, "journal mode wal, synchronous full");
        let own = scenario_checks(&scenario);
        assert_eq!(own[..], made[..4]);
    }

    #[test]
    fn too_few_pairs_are_named() {
        let scenario = Synthetic {
            pairs: 9,
            ..Synthetic::default()
        }
        .scenario();
        assert_eq!(failing(&scenario, |_| {}), one("Pairs of blocks", "9"));
    }

    #[test]
    fn a_late_generator_is_named() {
        let mut scenario = Synthetic::default().scenario();
        for block in &mut scenario.blocks {
            if block.arm == ArmRole::Candidate {
                block.dispatch_lag = histogram([1_200_000]);
            }
        }
        assert_eq!(
            failing(&scenario, |_| {}),
            one("Generator lateness P99", "1.20 ms")
        );
    }

    #[test]
    fn a_growing_backlog_is_named() {
        let mut scenario = Synthetic::default().scenario();
        scenario.blocks[3].backlog = Some(Backlog {
            at_half: 80,
            at_end: 160,
        });
        assert_eq!(
            failing(&scenario, |_| {}),
            one("Saturation", "1 of 20 blocks")
        );
        // A queue that shrinks again is a busy moment.
        scenario.blocks[3].backlog = Some(Backlog {
            at_half: 160,
            at_end: 80,
        });
        assert_eq!(failing(&scenario, |_| {}), []);
    }

    #[test]
    fn unequal_and_unknown_promises_are_named() {
        let mut scenario = Synthetic::default().scenario();
        scenario.promises.candidate.remove("journal_mode");
        assert_eq!(
            failing(&scenario, |_| {}),
            one("Promises equal in both arms", "no")
        );
        assert_eq!(
            unequal_promises(&scenario).unwrap(),
            "journal_mode is wal for the baseline and nothing for the candidate"
        );
        scenario.promises = Arms::default();
        assert_eq!(
            failing(&scenario, |_| {}),
            one("Promises equal in both arms", "not recorded")
        );
    }

    #[test]
    fn a_debug_build_and_an_incomplete_scenario_are_named() {
        let mut scenario = Synthetic::default().scenario();
        assert_eq!(
            failing(&scenario, |run| run.build.profile = "debug".to_owned()),
            one("Runner built for release", "debug")
        );
        scenario.status = Status::Interrupted;
        assert_eq!(
            failing(&scenario, |_| {}),
            one("Scenarios complete", "0 of 1")
        );
    }

    #[test]
    fn a_run_without_scenarios_passes_nothing_that_needs_them() {
        let run = run_of(&[], Vec::new());
        let passed: Vec<String> = run_checks(&run, &[])
            .into_iter()
            .filter(|c| c.verdict == Verdict::Pass)
            .map(|c| c.title)
            .collect();
        assert_eq!(passed, ["Runner built for release"]);
    }
}
