//! From an estimate and a target to a verdict.

use serde::{Deserialize, Serialize};

use crate::criteria::{Better, Criterion, Measure, Target};
use crate::estimate::{Comparison, Estimate, Unavailable, estimate};
use crate::report::Scenario;
use crate::units::format_things;

/// The outcome of a target, a scenario or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval is on the good side.
    Pass,
    /// The whole interval is past the first limit but not past the failing one.
    Warn,
    /// The whole interval is on the bad side.
    Fail,
    /// The interval holds a limit, or there is too little evidence.
    Inconclusive,
    /// This run cannot say, by its nature.
    NotJudged,
}

impl Verdict {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Warn => "Warn",
            Self::Fail => "Fail",
            Self::Inconclusive => "Inconclusive",
            Self::NotJudged => "Not judged",
        }
    }
}

/// A target with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The target.
    pub criterion: Criterion,
    /// Title of the scenario that it was judged in; absent where that scenario is not part of the run.
    pub scenario_title: Option<String>,
    /// What was measured; absent where nothing was.
    pub comparison: Option<Comparison>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one sentence. Empty for a plain pass.
    pub reason: String,
}

/// Judges one target by the evidence of its scenario; `None` where the run has no such evidence.
#[must_use]
pub fn judge(criterion: &Criterion, scenario: Option<&Scenario>) -> Judgement {
    let judgement = |comparison, verdict, reason: String| Judgement {
        criterion: criterion.clone(),
        scenario_title: scenario.map(|s| s.title.clone()),
        comparison,
        verdict,
        reason,
    };
    if let Some(reason) = &criterion.not_judged_because {
        return judgement(None, Verdict::NotJudged, reason.clone());
    }
    let Some(scenario) = scenario else {
        let name = criterion.scenario.as_deref().unwrap_or("its scenario");
        return judgement(
            None,
            Verdict::NotJudged,
            format!("{name} is not part of this run"),
        );
    };
    if let Some(difference) = crate::trust::unequal_promises(scenario) {
        return judgement(
            None,
            Verdict::NotJudged,
            format!("the arms promise different things: {difference}"),
        );
    }
    let comparison = match estimate(criterion.metric, scenario) {
        Ok(comparison) => comparison,
        Err(missing) => {
            let verdict = match missing {
                Unavailable::NotMeasured(_) => Verdict::NotJudged,
                _ => Verdict::Inconclusive,
            };
            return judgement(None, verdict, missing.to_string());
        }
    };
    if criterion.needs_full_length && !scenario.load.is_full() {
        let reason = format!("needs the full profile: {}", scenario.load.shortfall());
        return judgement(Some(comparison), Verdict::NotJudged, reason);
    }
    let (verdict, reason) = decide(&criterion.target, &comparison);
    judgement(Some(comparison), verdict, reason)
}

fn decide(target: &Target, comparison: &Comparison) -> (Verdict, String) {
    let Some(estimate) = comparison.measured(target.of) else {
        let reason = match target.of {
            Measure::Candidate => "the candidate has no such figure",
            Measure::Change if comparison.candidate.is_none() => "the candidate has no such figure",
            Measure::Change => "the baseline's figure is zero or missing, so there is no ratio",
            Measure::Difference => "an arm has no such figure, so there is no difference",
        };
        return (Verdict::Inconclusive, reason.to_owned());
    };
    let Some(interval) = estimate.interval else {
        let reason = estimate
            .no_interval
            .clone()
            .unwrap_or_else(|| "has no interval".to_owned());
        return (Verdict::Inconclusive, reason);
    };
    let verdict = place(target, interval.low, interval.high);
    let what = if interval.low < interval.high {
        "the whole 95 % interval"
    } else {
        "the figure"
    };
    let reason = match verdict {
        Verdict::Pass => String::new(),
        Verdict::Inconclusive => format!(
            "the 95 % interval holds the limit: {} cannot settle it, more would",
            evidence(comparison)
        ),
        Verdict::Warn => format!("{what} is between the target and the failing limit"),
        Verdict::Fail | Verdict::NotJudged => format!("{what} is past the limit"),
    };
    (verdict, reason)
}

/// How much stands behind a comparison, in words.
fn evidence(comparison: &Comparison) -> String {
    match comparison.pairs {
        0 => format_things(comparison.samples.candidate, "save", "saves"),
        pairs => format_things(pairs as u64, "pair", "pairs"),
    }
}

/// Where an interval lies: a limit that is just reached counts as met.
fn place(target: &Target, low: f64, high: f64) -> Verdict {
    // With the sign turned, lower is always better.
    let (best, worst, pass, fail) = match target.better {
        Better::Lower => (low, high, target.pass, target.fail_limit()),
        Better::Higher => (-high, -low, -target.pass, -target.fail_limit()),
    };
    if worst <= pass {
        Verdict::Pass
    } else if best > fail {
        Verdict::Fail
    } else if best > pass && worst <= fail {
        Verdict::Warn
    } else {
        Verdict::Inconclusive
    }
}

/// One verdict for many: a failure beats everything, then inconclusive evidence when nothing passed,
/// then warnings. Targets that were not judged do not count.
#[must_use]
pub fn overall(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let counted: Vec<Verdict> = verdicts
        .into_iter()
        .filter(|v| *v != Verdict::NotJudged)
        .collect();
    let any = |v| counted.contains(&v);
    if counted.is_empty() {
        Verdict::NotJudged
    } else if any(Verdict::Fail) {
        Verdict::Fail
    } else if counted.iter().all(|v| *v == Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else if any(Verdict::Warn) {
        Verdict::Warn
    } else {
        Verdict::Pass
    }
}

/// The estimate's place in a judgement, for those who print it.
impl Judgement {
    /// What was held against the limits.
    #[must_use]
    pub fn measured(&self) -> Option<&Estimate> {
        self.comparison.as_ref()?.measured(self.criterion.target.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arms::ByClass;
    use crate::testing::{STANDARD, Synthetic, criterion, spaced};
    use proptest::prelude::*;

    fn judged(criterion: &Criterion, scenario: &Scenario) -> (Verdict, String) {
        let judgement = judge(criterion, Some(scenario));
        (judgement.verdict, spaced(&judgement.reason))
    }

    fn p50_change(pass: f64, fail: Option<f64>) -> Criterion {
        let mut target = criterion("response.p50", Measure::Change, Better::Lower, pass);
        target.target.fail = fail;
        target
    }

    fn target(better: Better, pass: f64, fail: Option<f64>) -> Target {
        Target {
            of: Measure::Change,
            better,
            pass,
            fail,
            warn_only: false,
        }
    }

    proptest! {
        #[test]
        fn an_interval_is_placed_by_both_its_ends(
            mut ends in prop::array::uniform2(-10_i32..10),
            mut limits in prop::array::uniform2(-10_i32..10),
        ) {
            ends.sort_unstable();
            limits.sort_unstable();
            let [low, high] = ends.map(f64::from);
            let [pass, fail] = limits.map(f64::from);
            let verdict = place(&target(Better::Lower, pass, Some(fail)), low, high);
            let expected = if high <= pass {
                Verdict::Pass
            } else if low > fail {
                Verdict::Fail
            } else if low > pass && high <= fail {
                Verdict::Warn
            } else {
                Verdict::Inconclusive
            };
            prop_assert_eq!(verdict, expected);
            prop_assert_eq!(
                place(&target(Better::Higher, -pass, Some(-fail)), -high, -low),
                verdict,
                "turning every sign and the direction changes nothing"
            );
        }

        #[test]
        fn a_better_interval_is_never_judged_worse(
            low in -1.0_f64..1.0, width in 0.0_f64..0.5, gain in 0.0_f64..1.0, pass in -1.0_f64..1.0,
        ) {
            let target = target(Better::Lower, pass, None);
            let before = place(&target, low, low + width);
            let after = place(&target, low - gain, low + width - gain);
            prop_assert!(before != Verdict::Pass || after == Verdict::Pass);
            prop_assert!(after != Verdict::Fail || before == Verdict::Fail);
            prop_assert!(after != Verdict::Warn, "without a limit of its own there is no warning");
        }
    }

    #[test]
    fn clear_evidence_passes_warns_and_fails() {
        let scenario = Synthetic::default().scenario();
        assert_eq!(
            judged(&p50_change(-0.3, None), &scenario),
            (Verdict::Pass, String::new())
        );
        let past = "the whole 95 % interval is past the limit".to_owned();
        assert_eq!(
            judged(&p50_change(-0.99, None), &scenario),
            (Verdict::Fail, past)
        );
        let warned = judged(&p50_change(-0.99, Some(-0.2)), &scenario);
        assert_eq!(
            warned,
            (
                Verdict::Warn,
                "the whole 95 % interval is between the target and the failing limit".to_owned()
            )
        );
    }

    #[test]
    fn a_count_past_its_limit_speaks_of_no_interval() {
        let mut scenario = Synthetic::default().scenario();
        scenario.ledger.as_mut().unwrap().candidate.lost = 1;
        let lost = criterion("lost", Measure::Candidate, Better::Lower, 0.0);
        assert_eq!(
            judged(&lost, &scenario),
            (Verdict::Fail, "the figure is past the limit".to_owned())
        );
    }

    #[test]
    fn an_interval_that_holds_the_limit_asks_for_more() {
        let scenario = Synthetic::same(STANDARD).scenario();
        assert_eq!(
            judged(&p50_change(0.0, None), &scenario),
            (
                Verdict::Inconclusive,
                "the 95 % interval holds the limit: 10 pairs cannot settle it, more would".into()
            )
        );
        let success = criterion("success", Measure::Candidate, Better::Higher, 0.9995);
        assert_eq!(
            judged(&success, &scenario),
            (
                Verdict::Inconclusive,
                "the 95 % interval holds the limit: 5 000 saves cannot settle it, more would"
                    .into()
            )
        );
    }

    #[test]
    fn thin_evidence_is_inconclusive_and_says_what_it_needs() {
        let p99 = criterion("response.p99", Measure::Change, Better::Lower, -0.2);
        assert_eq!(
            judged(&p99, &Synthetic::default().scenario()),
            (
                Verdict::Inconclusive,
                "P99 needs 10 000 saves, there are 2 500".to_owned()
            )
        );
    }

    #[test]
    fn without_a_baseline_figure_there_is_no_ratio_but_the_candidates_own() {
        let scenario = Synthetic::default().scenario();
        let errors = criterion("errors", Measure::Change, Better::Lower, 0.0);
        assert_eq!(
            judged(&errors, &scenario),
            (
                Verdict::Inconclusive,
                "the baseline's figure is zero or missing, so there is no ratio".to_owned()
            )
        );
        let ratio = criterion("cache.hit_ratio", Measure::Difference, Better::Higher, 0.0);
        assert_eq!(
            judged(&ratio, &scenario).1,
            "an arm has no such figure, so there is no difference"
        );
        let mut silent = scenario;
        for block in &mut silent.blocks {
            if block.arm == crate::arms::ArmRole::Candidate {
                block.latencies = ByClass::default();
            }
        }
        let own = criterion("response.p50", Measure::Candidate, Better::Lower, 1e9);
        assert_eq!(
            judged(&own, &silent),
            (
                Verdict::Inconclusive,
                "the candidate has no such figure".to_owned()
            )
        );
    }

    #[test]
    fn what_this_run_cannot_say_is_not_judged() {
        let scenario = Synthetic::default().scenario();
        let mut criterion = p50_change(-0.3, None);
        let absent = judge(&criterion, None);
        assert_eq!(
            (absent.verdict, absent.reason.as_str()),
            (Verdict::NotJudged, "medium is not part of this run")
        );

        let mut short = scenario.clone();
        short.load.full.seconds = 24.0 * 3_600.0;
        short.load.full.operations_per_second = 0.5;
        criterion.needs_full_length = true;
        assert_eq!(judged(&criterion, &scenario).0, Verdict::Pass);
        let judgement = judge(&criterion, Some(&short));
        assert_eq!(
            (judgement.verdict, spaced(&judgement.reason).as_str()),
            (
                Verdict::NotJudged,
                "needs the full profile: 50 s measured at ×100 the real rate, the strategy asks for 24 h"
            )
        );
        assert!(
            judgement.comparison.is_some(),
            "the figure so far is still shown"
        );

        let mut unequal = scenario.clone();
        (unequal.promises.candidate).insert("synchronous".into(), "off".into());
        let judgement = judge(&criterion, Some(&unequal));
        assert_eq!(
            (
                judgement.verdict,
                judgement.reason.as_str(),
                judgement.comparison
            ),
            (
                Verdict::NotJudged,
                "the arms promise different things: synchronous is full for the baseline and off for the candidate",
                None
            )
        );

        criterion.not_judged_because = Some("needs several machines".to_owned());
        assert_eq!(
            judged(&criterion, &scenario),
            (Verdict::NotJudged, "needs several machines".to_owned())
        );
    }

    #[test]
    fn unmeasured_is_not_judged_while_missing_answers_are_inconclusive() {
        let mut scenario = Synthetic::default().scenario();
        let users = criterion("capacity.users", Measure::Change, Better::Higher, 0.3);
        assert_eq!(judged(&users, &scenario).0, Verdict::NotJudged);
        for block in &mut scenario.blocks {
            block.latencies = ByClass::default();
        }
        assert_eq!(
            judged(&p50_change(-0.3, None), &scenario),
            (
                Verdict::Inconclusive,
                "no save of this kind was acknowledged".to_owned()
            )
        );
    }

    #[test]
    fn one_failure_beats_everything_and_one_pass_beats_doubt() {
        use Verdict::{Fail, Inconclusive, NotJudged, Pass, Warn};
        for (verdicts, expected) in [
            (vec![], NotJudged),
            (vec![NotJudged, NotJudged], NotJudged),
            (vec![Pass, Warn, Fail, Inconclusive], Fail),
            (vec![Inconclusive, NotJudged], Inconclusive),
            (vec![Inconclusive, Pass], Pass),
            (vec![Inconclusive, Warn, Pass], Warn),
            (vec![Pass, NotJudged], Pass),
        ] {
            assert_eq!(overall(verdicts.clone()), expected, "{verdicts:?}");
        }
    }
}
