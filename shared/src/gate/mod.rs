//! The verdict on a new build against the last good one.
//!
//! It fails only what is surely worse, and passes only where a failure is excluded: in between, the evidence is not
//! enough.

#[cfg(test)]
mod tests;

use crate::arms::ArmRole;
use crate::calibration::Calibration;
use crate::criteria::Measure;
use crate::metric::Metric;
use crate::report::{ArmIdentity, Run, Scenario, Status};
use crate::summary::{in_words, saves_lost};
use crate::units::{
    THIN, format_change_interval_tenths, format_change_tenths, format_interval, format_things,
    format_value,
};
use crate::verdict::{Judgement, Verdict, judge_policy};

/// Targets that a sentence names; the table has the rest.
const MOST_NAMED: usize = 3;

/// What a gate came to.
#[derive(Debug, Clone, PartialEq)]
pub struct GateOutcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict as a sentence.
    pub headline: String,
    /// The figures behind it, and what is open.
    pub sub: String,
    /// The policy's targets.
    pub judgements: Vec<Judgement>,
}

/// Judges a run by its policy as a gate, by the evidence there is. While a run goes on, this is what a planned look
/// sees: anything but inconclusive ends it.
#[must_use]
pub fn decide_gate(run: &Run, scenarios: &[Scenario]) -> GateOutcome {
    let calibration = Calibration::of(scenarios);
    let judgements = judge_policy(&run.policy.criteria, scenarios, &calibration);
    let doubt = match &run.status {
        Status::Interrupted => Some("the run was interrupted".to_owned()),
        Status::Broken { cause } => Some(format!("the run broke: {}", cause.trim_end_matches('.'))),
        Status::Pending | Status::Running | Status::Complete => None,
    };
    outcome(run, scenarios, judgements, doubt)
}

/// The outcome of judgements. A doubt about the run as a whole leaves no pass.
pub(crate) fn outcome(
    run: &Run,
    scenarios: &[Scenario],
    judgements: Vec<Judgement>,
    doubt: Option<String>,
) -> GateOutcome {
    let against = reference_name(run);
    let lost = saves_lost(scenarios).unwrap_or(0);
    let (verdict, headline) = match (gate_verdict(&judgements), doubt) {
        _ if lost > 0 => (Verdict::Fail, format!("Fail: {}.", in_words(lost))),
        (Verdict::Fail, _) => (
            Verdict::Fail,
            headline(Verdict::Fail, &judgements, &against),
        ),
        (_, Some(doubt)) => (Verdict::Inconclusive, format!("Inconclusive: {doubt}.")),
        (verdict, None) => (verdict, headline(verdict, &judgements, &against)),
    };
    GateOutcome {
        verdict,
        headline,
        sub: sub(&judgements),
        judgements,
    }
}

/// One verdict for the targets of a gate. Any failure fails. Nothing passes while a failure is not excluded: an
/// interval that reaches past its failing limit, or a figure that is missing. A warning that is not excluded does not
/// hold a build up.
#[must_use]
pub fn gate_verdict(judgements: &[Judgement]) -> Verdict {
    let any = |verdict| judgements.iter().any(|j| j.verdict == verdict);
    let judges_nothing = judgements.iter().all(|j| j.verdict == Verdict::NotJudged);
    if any(Verdict::Fail) {
        Verdict::Fail
    } else if judges_nothing || !judgements.iter().all(Judgement::excludes_failure) {
        Verdict::Inconclusive
    } else if any(Verdict::Warn) {
        Verdict::Warn
    } else {
        Verdict::Pass
    }
}

/// What a gate's candidate is held against, in words.
#[must_use]
pub fn reference_name(run: &Run) -> String {
    let service = |arm: &ArmIdentity| {
        let name = arm.service.split(['@', ':']).next();
        name.unwrap_or_default().to_owned()
    };
    let arms = &run.arms;
    if service(&arms.baseline) == service(&arms.candidate) {
        "the last known good build".to_owned()
    } else {
        arms.baseline.label.clone()
    }
}

/// An arm's name for people, with its build where the other arm has the same name: "Optimized (build 4c1d7e2)".
#[must_use]
pub fn arm_label(run: &Run, role: ArmRole) -> String {
    let arm = run.arms.get(role);
    if run.arms.baseline.label != run.arms.candidate.label {
        return arm.label.clone();
    }
    let revision = |role| {
        let build = run.arms.get(role).build.as_ref();
        build.unwrap_or(&run.build).revision.as_str()
    };
    let [b, c] = ArmRole::ALL.map(revision);
    let own = revision(role);
    if b == c || own.is_empty() {
        format!("{} ({role})", arm.label)
    } else {
        format!("{} (build {own})", arm.label)
    }
}

pub(crate) fn headline(verdict: Verdict, judgements: &[Judgement], against: &str) -> String {
    match verdict {
        Verdict::Pass => format!("Pass: nothing is worse than {against} beyond its limit."),
        Verdict::Warn => format!(
            "Warning: {}. Nothing fails.",
            worst(judgements, verdict, against)
        ),
        Verdict::Fail => format!("Fail: {}.", worst(judgements, verdict, against)),
        Verdict::Inconclusive | Verdict::NotJudged => {
            let open = names(judgements.iter().filter(|j| !j.excludes_failure()));
            if open.is_empty() {
                "Inconclusive: the policy judges nothing of what was measured.".to_owned()
            } else {
                format!("Inconclusive: a failure is not excluded for {open}.")
            }
        }
    }
}

/// The one that is farthest on the bad side, and how many more there are.
fn worst(judgements: &[Judgement], verdict: Verdict, against: &str) -> String {
    let of_verdict = || judgements.iter().filter(|j| j.verdict == verdict);
    let badness = |j: &Judgement| j.measured().map_or(0.0, |e| e.value.abs());
    let farthest = of_verdict().max_by(|a, b| badness(a).total_cmp(&badness(b)));
    let Some(farthest) = farthest else {
        return String::new();
    };
    let more = match of_verdict().count() as u64 {
        0 | 1 => String::new(),
        count => format!(
            "; {} past a limit",
            format_things(count - 1, "more target is", "more targets are")
        ),
    };
    format!("{}{more}", finding(farthest, against))
}

/// "P99 latency is 13 % slower than the last known good build".
fn finding(judgement: &Judgement, against: &str) -> String {
    let title = &judgement.criterion.title;
    let comma = if title.contains(',') { "," } else { "" };
    let (Some(estimate), Some(comparison)) = (judgement.measured(), &judgement.comparison) else {
        return format!("{title}{comma} is past its limit");
    };
    let target = &judgement.criterion.target;
    if target.of != Measure::Change {
        let value = format_value(estimate.value, comparison.unit);
        let by = if target.of == Measure::Difference {
            "worse by "
        } else {
            ""
        };
        return format!("{title}{comma} is {by}{value}");
    }
    let word = match (judgement.criterion.metric, target.better) {
        (Metric::Latency { .. }, _) if estimate.value > 0.0 => "slower",
        _ if estimate.value > 0.0 => "higher",
        _ => "lower",
    };
    let percent = (estimate.value.abs() * 100.0).round();
    format!("{title}{comma} is {percent}{THIN}% {word} than {against}")
}

/// The figures of what warns or fails, how many targets came to what, and which warnings are not excluded.
pub(crate) fn sub(judgements: &[Judgement]) -> String {
    let alarms = judgements
        .iter()
        .filter(|j| matches!(j.verdict, Verdict::Fail | Verdict::Warn));
    let mut parts: Vec<String> = alarms.take(MOST_NAMED).map(figures).collect();
    parts.extend(counts(judgements));
    let open = judgements.iter().find(|j| !j.excludes_failure());
    parts.extend(
        open.filter(|j| j.verdict != Verdict::Fail)
            .map(|j| format!("{}: {}.", j.criterion.title, j.reason)),
    );
    let unwarned = names(
        judgements
            .iter()
            .filter(|j| j.verdict == Verdict::Inconclusive && j.excludes_failure()),
    );
    if !unwarned.is_empty() {
        parts.push(format!("A warning is not excluded for {unwarned}."));
    }
    parts.join(" ")
}

/// "P99 latency +13.0 % (95 % CI +10.6 … +15.8) is past +10.0 %."
fn figures(judgement: &Judgement) -> String {
    let title = &judgement.criterion.title;
    let (Some(estimate), Some(comparison)) = (judgement.measured(), &judgement.comparison) else {
        return format!("{title}: {}.", judgement.reason);
    };
    let target = &judgement.effective;
    let limit = match judgement.verdict {
        Verdict::Fail => target.fail_limit(),
        _ => target.pass,
    };
    let change = target.of == Measure::Change;
    let text = |value| {
        if change {
            format_change_tenths(value)
        } else {
            format_value(value, comparison.unit)
        }
    };
    let ends = estimate.interval.and_then(|i| {
        if change {
            format_change_interval_tenths(i.low, i.high)
        } else {
            format_interval(i.low, i.high, comparison.unit)
        }
    });
    let interval = ends.map(|ends| format!(" (95{THIN}% CI {ends})"));
    format!(
        "{title} {}{} is past {}.",
        text(estimate.value),
        interval.unwrap_or_default(),
        text(limit)
    )
}

/// "3 targets are within limits, 1 is inconclusive, 2 are not judged."
fn counts(judgements: &[Judgement]) -> Option<String> {
    let words = [
        (Verdict::Pass, "within limits"),
        (Verdict::Inconclusive, "inconclusive"),
        (Verdict::NotJudged, "not judged"),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (verdict, word) in words {
        let count = judgements.iter().filter(|j| j.verdict == verdict).count() as u64;
        if count == 0 {
            continue;
        }
        let things = match (parts.is_empty(), count) {
            (true, _) => format_things(count, "target is", "targets are"),
            (false, 1) => "1 is".to_owned(),
            (false, _) => format!("{count} are"),
        };
        parts.push(format!("{things} {word}"));
    }
    (!parts.is_empty()).then(|| format!("{}.", parts.join(", ")))
}

fn names<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> String {
    let mut names: Vec<&str> = judgements.map(|j| j.criterion.title.as_str()).collect();
    let more = names.len().saturating_sub(MOST_NAMED);
    names.truncate(MOST_NAMED);
    match more {
        0 => names.join(", "),
        more => format!("{}, and {more} more", names.join(", ")),
    }
}
