//! Is it better? The answer says of the promised gains what the headline says of the run: it is no plain `Yes` where the
//! headline takes the gain back, and no doubt about the whole where single gains are open; those are named.

use super::{Answer, Tally, safety};
use crate::arms::ArmRole;
use crate::metric::Metric;
use crate::report::Scenario;
use crate::units::THIN;
use crate::verdict::{Judgement, Verdict};

/// Whether the candidate is faster, by the P95 response that the policy judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speed {
    /// The whole interval lies below no change.
    Faster,
    /// The whole interval lies above no change.
    Slower,
    /// The interval holds no change, or there is none.
    Open,
    /// The policy does not ask.
    NotAsked,
}

impl Speed {
    pub(super) fn of(judgements: &[Judgement]) -> Self {
        let p95 = Metric::response(95.0);
        let Some(judgement) = judgements.iter().find(|j| j.criterion.metric == p95) else {
            return Self::NotAsked;
        };
        let change = judgement
            .comparison
            .as_ref()
            .and_then(|c| c.change.as_ref());
        match change.and_then(|change| change.interval) {
            Some(interval) if interval.high < 0.0 => Self::Faster,
            Some(interval) if interval.low > 0.0 => Self::Slower,
            _ => Self::Open,
        }
    }
}

/// The answer. `verdict` is the run's own.
pub(super) fn better(
    judgements: &[Judgement],
    improvements: &[usize],
    verdict: Verdict,
    scenarios: &[Scenario],
) -> Answer {
    let gains: Vec<&Judgement> = improvements
        .iter()
        .filter_map(|i| judgements.get(*i))
        .collect();
    let speed = Speed::of(judgements);
    let lost = |role| safety::lost_by(scenarios, role) > 0;
    let said = in_words(&gains, speed);
    let (verdict, word, text) = if lost(ArmRole::Candidate) {
        let text = format!("What loses saves is not better, whatever it gains. {said}");
        (Verdict::Fail, "No".to_owned(), text)
    } else if lost(ArmRole::Baseline) {
        let text = format!("A baseline that loses saves is no measure. {said}");
        (Verdict::Inconclusive, "Not settled".to_owned(), text)
    } else {
        let (of_gains, word) = of_gains(&gains, speed);
        match verdict {
            // The headline says why there is no verdict.
            Verdict::Inconclusive if of_gains == Verdict::Pass => {
                (verdict, "As far as measured".to_owned(), said)
            }
            _ => (of_gains, word, said),
        }
    };
    Answer {
        verdict,
        word,
        text,
    }
}

/// What the gains alone come to.
fn of_gains(gains: &[&Judgement], speed: Speed) -> (Verdict, String) {
    let tally = Tally::of(gains.iter().map(|j| j.verdict));
    let open = tally.inconclusive;
    let (verdict, word) = match tally {
        t if t.judged() == 0 => (Verdict::NotJudged, "Not judged"),
        t if t.failed > 0 && t.passed > 0 => (Verdict::Fail, "In part"),
        t if t.failed > 0 => (Verdict::Fail, "No"),
        t if t.passed == 0 && t.warned > 0 => (Verdict::Warn, "Less than promised"),
        t if t.passed == 0 => (Verdict::Inconclusive, "Not settled"),
        _ if speed == Speed::Slower => (Verdict::Warn, "In part"),
        _ if speed == Speed::Open => (Verdict::Inconclusive, "In part"),
        t if t.warned > 0 => (Verdict::Warn, "In part"),
        _ if open > 0 => return (Verdict::Pass, format!("Yes, {open} open")),
        _ => (Verdict::Pass, "Yes"),
    };
    (verdict, word.to_owned())
}

/// How many gains are met, and which are not.
fn in_words(gains: &[&Judgement], speed: Speed) -> String {
    let tally = Tally::of(gains.iter().map(|j| j.verdict));
    let (met, total) = (tally.passed, tally.judged());
    let counted = match total {
        0 => return "No promised gain could be judged.".to_owned(),
        1 if met == 1 => format!(
            "The one promised gain that could be judged is met: its whole 95{THIN}% interval is past the target."
        ),
        _ if met == total => format!(
            "All {total} promised gains are met, each with its whole 95{THIN}% interval past the target."
        ),
        _ => format!("{met} of {total} promised gains met{}.", named(gains)),
    };
    match speed {
        Speed::Slower => format!("{counted} It is slower at P95."),
        Speed::Open if met == total => format!("{counted} Whether it is faster is open."),
        _ => counted,
    }
}

/// The gains that are not met, by name: "; missed: CPU; open: P99 latency".
fn named(gains: &[&Judgement]) -> String {
    let kinds = [
        (Verdict::Fail, "missed"),
        (Verdict::Warn, "less than promised"),
        (Verdict::Inconclusive, "open"),
    ];
    kinds
        .into_iter()
        .map(|(verdict, word)| {
            let titles: Vec<&str> = gains
                .iter()
                .filter(|j| j.verdict == verdict)
                .map(|j| j.criterion.title.as_str())
                .collect();
            (word, titles.join(", "))
        })
        .filter(|(_, titles)| !titles.is_empty())
        .map(|(word, titles)| format!("; {word}: {titles}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::{Better, Criterion, Measure};
    use crate::report::Status;
    use crate::summary::{RunSummary, summarize};
    use crate::testing::{Synthetic, criterion, promised_gains, run_of};

    /// A gain that synthetic runs do not settle: memory is one figure a run.
    fn open_gain() -> Criterion {
        gain("memory.per_save", "Memory per operation", 0.2)
    }

    fn gain(metric: &str, title: &str, pass: f64) -> Criterion {
        let mut gain = criterion(metric, Measure::Change, Better::Lower, pass);
        gain.source = "§6.1".to_owned();
        gain.title = title.to_owned();
        gain
    }

    /// Summary, and in a line its verdict, the headline’s opening and the answer.
    fn told(
        criteria: Vec<Criterion>,
        change: impl FnOnce(&mut crate::report::Run, &mut Scenario),
    ) -> (RunSummary, String) {
        let mut scenarios = vec![Synthetic::default().scenario()];
        let mut run = run_of(&scenarios, criteria);
        change(&mut run, &mut scenarios[0]);
        let summary = summarize(&run, &scenarios);
        let answer = &summary.better;
        let opening = summary
            .headline
            .split([':', ';'])
            .next()
            .unwrap_or_default();
        let said = format!(
            "{:?} {opening} | {:?} {}",
            summary.verdict, answer.verdict, answer.word
        );
        (summary, said)
    }

    fn with(more: Criterion) -> Vec<Criterion> {
        let mut criteria = promised_gains();
        criteria.push(more);
        criteria
    }

    #[test]
    fn all_gains_settled_are_a_yes() {
        let (_, said) = told(promised_gains(), |_, _| {});
        assert_eq!(said, "Pass Optimized is faster and lost nothing | Pass Yes");
    }

    #[test]
    fn an_open_gain_is_named_and_not_taken_for_the_whole() {
        let (summary, said) = told(with(open_gain()), |_, _| {});
        assert_eq!(
            said,
            "Pass Optimized is faster and lost nothing | Pass Yes, 1 open"
        );
        assert_eq!(
            summary.better.text,
            "3 of 4 promised gains met; open: Memory per operation."
        );
    }

    #[test]
    fn a_missed_gain_is_named() {
        let (summary, said) = told(with(gain("cpu", "CPU efficiency", -0.99)), |_, _| {});
        assert_eq!(
            said,
            "Fail Optimized is faster and lost nothing | Fail In part"
        );
        assert!(
            summary.better.text.ends_with("; missed: CPU efficiency."),
            "{}",
            summary.better.text
        );
    }

    #[test]
    fn a_gain_between_its_limits_is_less_than_promised() {
        let mut less = gain("cpu", "CPU efficiency", -0.99);
        less.target.fail = Some(0.5);
        let (summary, said) = told(with(less), |_, _| {});
        assert_eq!(
            said,
            "Warn Optimized is faster and lost nothing | Warn In part"
        );
        assert!(
            (summary.better.text).ends_with("; less than promised: CPU efficiency."),
            "{}",
            summary.better.text
        );
    }

    #[test]
    fn lost_states_are_a_no_whatever_is_gained() {
        let (summary, said) = told(promised_gains(), |_, scenario| {
            scenario.ledger.as_mut().unwrap().candidate.lost = 1;
        });
        assert_eq!(said, "Fail Optimized cannot be trusted | Fail No");
        assert!(
            summary.better.text.contains("All 3 promised gains are met"),
            "{}",
            summary.better.text
        );
        let (_, said) = told(promised_gains(), |_, scenario| {
            scenario.ledger.as_mut().unwrap().baseline.lost = 1;
        });
        assert_eq!(
            said,
            "Fail Standard cannot be compared with | Inconclusive Not settled"
        );
    }

    #[test]
    fn a_run_without_a_verdict_gives_no_plain_yes() {
        let (_, said) = told(promised_gains(), |run, _| run.status = Status::Interrupted);
        assert_eq!(
            said,
            "Inconclusive Optimized is faster and lost nothing | Inconclusive As far as measured"
        );
        let (_, said) = told(promised_gains(), |_, scenario| scenario.ledger = None);
        assert_eq!(
            said,
            "Inconclusive Optimized was measured, but what it stored was not checked | Inconclusive As far as measured"
        );
    }

    #[test]
    fn what_is_not_asked_is_not_called_open() {
        let rows = || vec![gain("database.rows", "Database writes", -0.3)];
        let (_, said) = told(rows(), |_, _| {});
        assert_eq!(said, "Pass Optimized lost nothing | Pass Yes");
    }

    #[test]
    fn speed_that_is_open_or_lost_is_no_yes() {
        let mut criteria = vec![gain("database.rows", "Database writes", -0.3)];
        criteria.push(gain("response.p95", "P95 latency", -0.25));
        criteria[1].scenario = Some("not-run".to_owned());
        let (summary, said) = told(criteria.clone(), |_, _| {});
        assert_eq!(said, "Pass Optimized lost nothing | Inconclusive In part");
        assert!(
            summary
                .better
                .text
                .ends_with("Whether it is faster is open."),
            "{}",
            summary.better.text
        );
    }
}
