//! Sentences by rule. No adjective without a number.

use super::{Answer, RunSummary, Tally};
use crate::report::{Run, Status};
use crate::trust::TrustCheck;
use crate::units::{format_change, format_count, format_factor};
use crate::verdict::{Judgement, Verdict};

pub(super) fn headline(run: &Run, summary: &RunSummary, tally: Tally) -> String {
    let label = &run.arms.candidate.label;
    if summary.scenarios.is_empty() {
        return match &run.status {
            Status::Broken { cause } => {
                format!("The run broke before it measured anything: {cause}.")
            }
            _ => "Nothing was measured.".to_owned(),
        };
    }
    let opening = match (summary.saves_lost, is_faster(summary)) {
        (Some(0), Some(true)) => format!("{label} is faster and lost nothing"),
        (Some(0), Some(false)) => format!("{label} is not faster, and lost nothing"),
        (Some(0), None) => format!("{label} lost nothing; whether it is faster is open"),
        (Some(lost), _) => format!(
            "{label} cannot be trusted: {} saves lost or wrong",
            format_count(lost)
        ),
        (None, _) => format!("{label} was measured, but what it stored was not checked"),
    };
    let figures = key_figures(summary);
    let met = match tally.judged() {
        0 => "no target was judged".to_owned(),
        judged => format!("{} of {} targets met", tally.passed, judged),
    };
    let rest = [
        (tally.failed, "failed"),
        (tally.warned, "with a warning"),
        (tally.inconclusive, "inconclusive"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!(", {n} {word}"))
    .collect::<String>();
    let colon = if figures.is_empty() {
        String::new()
    } else {
        format!(": {figures}")
    };
    format!("{opening}{colon}; {met}{rest}.")
}

/// Whether the whole interval of the P95 response lies below no change; none where it is open.
fn is_faster(summary: &RunSummary) -> Option<bool> {
    let metric = "response.p95".parse().ok()?;
    let judgement = summary
        .judgements
        .iter()
        .find(|j| j.criterion.metric == metric)?;
    let interval = judgement.comparison.as_ref()?.change.as_ref()?.interval?;
    if interval.high < 0.0 {
        Some(true)
    } else if interval.low > 0.0 {
        Some(false)
    } else {
        None
    }
}

fn key_figures(summary: &RunSummary) -> String {
    let change = |metric: &str| summary.change_of(metric);
    [
        change("response.p95").map(|c| format!("P95 {}", format_change(c))),
        change("throughput.closed").map(|c| format!("throughput {}", format_factor(c + 1.0))),
        change("database.rows").map(|c| format!("database rows {}", format_change(c))),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

/// The line below the headline: what failed, what is open, what was not judged.
pub(super) fn sub<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> String {
    let judgements: Vec<&Judgement> = judgements.collect();
    let names = |verdict: Verdict| {
        let names: Vec<String> = judgements
            .iter()
            .filter(|j| j.verdict == verdict)
            .map(|j| name_in_scenario(j))
            .collect();
        names.join(", ")
    };
    let not_judged = judgements
        .iter()
        .filter(|j| j.verdict == Verdict::NotJudged)
        .count();
    let named = [
        ("Failed", Verdict::Fail),
        ("Warning", Verdict::Warn),
        ("Inconclusive", Verdict::Inconclusive),
    ];
    let mut parts: Vec<String> = named
        .into_iter()
        .map(|(word, verdict)| (word, names(verdict)))
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word}: {names}."))
        .collect();
    if not_judged > 0 {
        parts.push(format!(
            "{not_judged} targets are not judged, and not counted; each says why."
        ));
    }
    parts.join(" ")
}

pub(super) fn name_in_scenario(judgement: &Judgement) -> String {
    let title = &judgement.criterion.title;
    match &judgement.scenario_title {
        Some(scenario) => format!("{title} ({scenario})"),
        None => title.clone(),
    }
}

pub(super) fn better(judgements: &[Judgement], improvements: &[usize]) -> Answer {
    let tally = Tally::of(improvements.iter().map(|i| judgements[*i].verdict));
    let total = tally.judged();
    let met = tally.passed;
    let (verdict, word) = match tally {
        _ if total == 0 => (Verdict::NotJudged, "Not judged"),
        t if t.failed > 0 => (Verdict::Fail, if met > 0 { "In part" } else { "No" }),
        t if t.passed == total => (Verdict::Pass, "Yes"),
        _ => (Verdict::Inconclusive, "Not settled"),
    };
    let text = match total {
        0 => "No promised gain could be judged.".to_owned(),
        _ if met == total => {
            format!(
                "All {total} promised gains are met, each with its whole 95 % interval past the target."
            )
        }
        _ => format!(
            "{met} of {total} promised gains are met, {} missed, {} not settled.",
            tally.failed,
            tally.inconclusive + tally.warned
        ),
    };
    Answer {
        verdict,
        word: word.to_owned(),
        text,
    }
}

pub(super) fn trust(checks: &[TrustCheck], profile: &str) -> Answer {
    let judged: Vec<&TrustCheck> = checks
        .iter()
        .filter(|c| c.verdict != Verdict::NotJudged)
        .collect();
    let failed: Vec<&str> = judged
        .iter()
        .filter(|c| c.verdict == Verdict::Fail)
        .map(|c| c.title.as_str())
        .collect();
    let length = match profile {
        "full" => "At the strategy's own rates and lengths.".to_owned(),
        other => format!(
            "The {other} profile compresses and shortens the load; long-run behaviour needs the full profile."
        ),
    };
    if failed.is_empty() {
        Answer {
            verdict: Verdict::Pass,
            word: if profile == "full" {
                "Yes"
            } else {
                "Yes, one caveat"
            }
            .to_owned(),
            text: format!(
                "All {} checks of the instrument passed. {length}",
                judged.len()
            ),
        }
    } else {
        Answer {
            verdict: Verdict::Fail,
            word: "Not as it is".to_owned(),
            text: format!(
                "{} of {} checks failed: {}.",
                failed.len(),
                judged.len(),
                failed.join(", ")
            ),
        }
    }
}
