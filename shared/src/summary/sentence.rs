//! Sentences by rule. No adjective without a number.

use super::better::Speed;
use super::profile::first_look;
use super::{Answer, RunSummary, Tally, safety};
use crate::arms::ArmRole;
use crate::gate::GateOutcome;
use crate::report::{Run, Scenario, Status};
use crate::trust::TrustCheck;
use crate::units::{format_change, format_factor, format_things};
use crate::verdict::{Judgement, Verdict};

pub(super) fn headline(
    run: &Run,
    summary: &RunSummary,
    tally: Tally,
    scenarios: &[Scenario],
) -> String {
    if scenarios.is_empty() {
        return match &run.status {
            Status::Broken { cause } => format!(
                "The run broke before it measured anything: {}.",
                cause.trim_end_matches('.')
            ),
            Status::Interrupted => {
                "The run was interrupted before it measured anything.".to_owned()
            }
            _ => "Nothing was measured.".to_owned(),
        };
    }
    let opening = opening(run, summary, scenarios);
    let figures = key_figures(summary);
    let met = match tally.judged() {
        0 => "no target was judged".to_owned(),
        judged => format!(
            "{} of {} met",
            tally.passed,
            format_things(judged.into(), "target", "targets")
        ),
    };
    let rest = counts([
        (tally.failed, "failed"),
        (tally.warned, "with a warning"),
        (tally.inconclusive, "inconclusive"),
    ]);
    let figures = match (figures.is_empty(), opening.contains(':')) {
        (true, _) => String::new(),
        (false, true) => format!("; {figures}"),
        (false, false) => format!(": {figures}"),
    };
    let doubts = doubts(run, summary, scenarios).join("; ");
    let doubts = match (doubts.is_empty(), summary.verdict) {
        (true, _) => String::new(),
        (false, Verdict::Inconclusive) => format!(" No verdict: {doubts}."),
        (false, _) => format!(" Note: {doubts}."),
    };
    format!("{opening}{figures}; {met}{rest}.{doubts}")
}

/// Whether it is safe and faster, in that order of weight.
fn opening(run: &Run, summary: &RunSummary, scenarios: &[Scenario]) -> String {
    let label = &run.arms.candidate.label;
    let lost = |role| safety::lost_by(scenarios, role);
    if summary.saves_lost.is_none() {
        return format!("{label} was measured, but what it stored was not checked");
    }
    match (lost(ArmRole::Candidate), lost(ArmRole::Baseline)) {
        (0, 0) => {}
        (0, by_baseline) => {
            return format!(
                "{} cannot be compared with: {}",
                run.arms.baseline.label,
                safety::in_words(by_baseline)
            );
        }
        (lost, _) => {
            return format!("{label} cannot be trusted: {}", safety::in_words(lost));
        }
    }
    let nothing = if safety::unchecked(scenarios) == 0 {
        "lost nothing"
    } else {
        "lost nothing of what was checked"
    };
    match Speed::of(&summary.judgements) {
        Speed::Faster => format!("{label} is faster and {nothing}"),
        Speed::Slower => format!("{label} is slower and {nothing}"),
        Speed::Open => format!("{label} {nothing}; whether it is faster is open"),
        Speed::NotAsked => format!("{label} {nothing}"),
    }
}

/// What keeps the run from being believed or complete.
fn doubts(run: &Run, summary: &RunSummary, scenarios: &[Scenario]) -> Vec<String> {
    let failed = titles(&summary.trust_checks, Verdict::Fail);
    let checks = (!failed.is_empty()).then(|| {
        let count = format_things(failed.len() as u64, "check", "checks");
        format!("{count} of the measurement failed ({})", failed.join(", "))
    });
    let ended = ended(run).into_iter().chain(checks);
    ended.chain(unchecked(scenarios)).collect()
}

/// What leaves a gate open, whatever was measured.
pub(crate) fn unfinished(run: &Run, scenarios: &[Scenario]) -> Option<String> {
    ended(run).or_else(|| unchecked(scenarios))
}

/// How the run ended, where it did not complete.
fn ended(run: &Run) -> Option<String> {
    match &run.status {
        Status::Complete => None,
        Status::Broken { cause } => Some(format!("the run broke: {}", cause.trim_end_matches('.'))),
        Status::Interrupted => Some("the run was interrupted".to_owned()),
        Status::Pending | Status::Running => Some("the run has not ended".to_owned()),
    }
}

fn unchecked(scenarios: &[Scenario]) -> Option<String> {
    let unchecked = safety::unchecked(scenarios) as u64;
    (unchecked > 0).then(|| {
        let count = format_things(unchecked, "scenario", "scenarios");
        format!("what {count} stored was not checked")
    })
}

/// The checks that came to this verdict, by name.
fn titles(checks: &[TrustCheck], verdict: Verdict) -> Vec<&str> {
    let of_verdict = checks.iter().filter(|c| c.verdict == verdict);
    of_verdict.map(|c| c.title.as_str()).collect()
}

/// What to bear in mind of a gate: the checks of the instrument that it did not pass; empty where it passed all.
pub(super) fn distrust(checks: &[TrustCheck]) -> String {
    let failed = titles(checks, Verdict::Fail);
    if failed.is_empty() {
        return String::new();
    }
    format!(
        "Checks of the measurement that failed: {}.",
        failed.join(", ")
    )
}

/// Is it better? A gate asks whether it is no worse.
pub(super) fn no_worse(outcome: &GateOutcome, against: &str) -> Answer {
    let word = match outcome.verdict {
        Verdict::Pass => "No worse",
        Verdict::Warn => "A little worse",
        Verdict::Fail => "Worse",
        Verdict::Inconclusive | Verdict::NotJudged => "Not settled",
    };
    let tally = Tally::of(outcome.judgements.iter().map(|j| j.verdict));
    let rest = counts([
        (tally.failed, "past the failing limit"),
        (tally.warned, "past the warning limit"),
        (tally.inconclusive, "inconclusive"),
    ]);
    Answer {
        verdict: outcome.verdict,
        word: word.to_owned(),
        text: format!(
            "{} of {} within limits{rest}, held against {against}.",
            tally.passed,
            format_things(tally.judged().into(), "target", "targets")
        ),
    }
}

/// What there is of each: ", 2 failed, 1 inconclusive".
fn counts(of: [(u32, &str); 3]) -> String {
    of.into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!(", {n} {word}"))
        .collect()
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

/// Targets of one verdict that the line below the headline names; the tables have the rest.
const MOST_NAMED: usize = 6;

/// The line below the headline: what failed, what is open, what was not judged.
pub(super) fn sub<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> String {
    let judgements: Vec<&Judgement> = judgements.collect();
    let names = |verdict: Verdict| {
        let of_verdict = || judgements.iter().filter(|j| j.verdict == verdict);
        let mut names: Vec<String> = of_verdict()
            .take(MOST_NAMED)
            .map(|j| name_in_scenario(j))
            .collect();
        let more = of_verdict().count() - names.len();
        if more > 0 {
            names.push(format!("and {more} more"));
        }
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
        let count = format_things(not_judged as u64, "target is", "targets are");
        parts.push(format!(
            "{count} not judged and not counted; the table says why."
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

pub(super) fn trust(checks: &[TrustCheck], run: &Run, scenarios: &[Scenario]) -> Answer {
    if scenarios.is_empty() {
        return Answer {
            verdict: Verdict::NotJudged,
            word: "Not judged".to_owned(),
            text: "Nothing was measured.".to_owned(),
        };
    }
    let profile = run.profile.as_str();
    let judged = Tally::of(checks.iter().map(|c| c.verdict)).judged();
    let failed = titles(checks, Verdict::Fail);
    let doubtful = titles(checks, Verdict::Warn);
    let length = match (profile, first_look(run)) {
        ("full", _) => "Rates and lengths are the strategy's own.".to_owned(),
        (_, Some(first_look)) => {
            format!("{first_look}; long-run behaviour needs the full profile.")
        }
        (other, None) => format!(
            "The {other} profile compresses and shortens the load; long-run behaviour needs the full profile."
        ),
    };
    if failed.is_empty() {
        let passed = if doubtful.is_empty() {
            format!("All {judged} checks of the instrument passed. {length}")
        } else {
            format!(
                "No check of the instrument failed; bear in mind: {}. {length}",
                doubtful.join(", ")
            )
        };
        let (verdict, word, text) = match ended(run) {
            Some(ended) => {
                let text = format!("{passed} But {ended}.");
                (Verdict::Inconclusive, "As far as it went", text)
            }
            None if profile == "full" && doubtful.is_empty() => (Verdict::Pass, "Yes", passed),
            None => (Verdict::Pass, "Yes, one caveat", passed),
        };
        Answer {
            verdict,
            word: word.to_owned(),
            text,
        }
    } else {
        Answer {
            verdict: Verdict::Fail,
            word: "Not as it is".to_owned(),
            text: format!(
                "{} of {} failed: {}.",
                failed.len(),
                format_things(judged.into(), "check", "checks"),
                failed.join(", ")
            ),
        }
    }
}
