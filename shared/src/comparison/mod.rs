//! Two runs, or two arms, held against each other by a policy.
//!
//! Two runs are compared after each was divided by its own baseline arm, so that a faster or slower machine day cancels
//! out. Two arms of one run are compared pair by pair, as the run itself does.

mod figures;
mod rows;
mod sides;
#[cfg(test)]
mod tests;

use crate::arms::ArmRole;
use crate::calibration::{Calibration, is_calibration};
use crate::criteria::{Better, Policy, Target};
use crate::estimate::{Estimate, open_pairs};
use crate::gate;
use crate::metric::Metric;
use crate::pace;
use crate::report::{Run, Scenario, Status};
use crate::summary::{in_words, saves_lost, unfinished};
use crate::trust::{TrustCheck, run_checks};
use crate::units::Unit;
use crate::verdict::{Judgement, Verdict, overall};

/// One side: a run, or one arm of it.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its scenarios that could be read.
    pub scenarios: &'a [Scenario],
    /// The arm; without one, the run's candidate divided by its baseline.
    pub arm: Option<ArmRole>,
}

/// A side for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFacts {
    /// What people call the run.
    pub title: String,
    /// Its name, as in links.
    pub id: String,
    /// The arm, where one was asked for.
    pub arm: Option<ArmRole>,
    /// When it began: RFC 3339, UTC.
    pub when: String,
    /// Revision of the sources that the service was built from; empty if unknown.
    pub revision: String,
    /// The run's profile, as it is called.
    pub profile: String,
    /// The machine in a few words.
    pub machine: String,
    /// What was measured: "Optimized", "Optimized over Standard".
    pub label: String,
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct RunComparison {
    /// The verdict over all scenarios.
    pub verdict: Verdict,
    /// The verdict as a sentence.
    pub headline: String,
    /// The figures behind it, and what is open.
    pub sub: String,
    /// The side that is held to be good.
    pub reference: SideFacts,
    /// The side that is judged.
    pub candidate: SideFacts,
    /// The scenarios that both sides have.
    pub scenarios: Vec<ScenarioDifference>,
    /// Whether the sides can be compared at all.
    pub comparable: Vec<TrustCheck>,
    /// Scenarios that are not compared, by title, and why.
    pub left_out: Vec<(String, String)>,
}

/// One scenario on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioDifference {
    /// Name, as in links.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// The verdict over its rows.
    pub verdict: Verdict,
    /// The policy's targets first, then figures without a limit.
    pub rows: Vec<DifferenceRow>,
}

/// One figure on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferenceRow {
    /// The target's name, or the metric's where no target asks for it.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// The figure.
    pub metric: Metric,
    /// Unit of `reference` and `candidate`.
    pub unit: Unit,
    /// The reference's figure: that of its arm, or of the run's candidate.
    pub reference: Option<f64>,
    /// The candidate's figure.
    pub candidate: Option<f64>,
    /// Candidate / reference − 1; between runs, each is divided by its baseline first.
    pub change: Option<Estimate>,
    /// The chance of such a change where there is none, corrected by Holm over the guards of the scenario where the
    /// figure is guarded.
    pub p_value: Option<f64>,
    /// The noise floor, as a ratio; the larger one of two runs. Absent where no target asks for the change.
    pub floor: Option<f64>,
    /// A change for the worse beyond this warns, as a positive ratio; absent without a limit on the change.
    pub warn: Option<f64>,
    /// A change for the worse beyond this fails.
    pub fail: Option<f64>,
    /// The limits that the figure was held against; absent where no target asks for it.
    pub target: Option<Target>,
    /// Which direction is good.
    pub better: Better,
    /// The verdict; not judged where there is no limit.
    pub verdict: Verdict,
    /// Why. Empty for a plain pass.
    pub reason: String,
}

/// Why two sides cannot be held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// A ratio against a figure.
    #[error("one side is an arm and the other a whole run: name an arm of both, or of neither")]
    ArmAgainstRun,
    /// Nothing can differ.
    #[error("both sides are the same: name two runs, or the two arms of one")]
    Same,
}

/// How the two sides belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Two arms of one run: pair by pair.
    Paired {
        /// Whether the run's candidate is the reference.
        reversed: bool,
    },
    /// Arms of two runs, measured apart.
    Arms(ArmRole, ArmRole),
    /// Two runs, each divided by its own baseline.
    Runs,
}

/// Holds a candidate against a reference.
///
/// # Errors
/// [`CompareError`], where the two are of different kinds or the same.
pub fn compare(
    reference: &Evidence<'_>,
    candidate: &Evidence<'_>,
    policy: &Policy,
) -> Result<RunComparison, CompareError> {
    pace::at_once(compare_in_steps(reference, candidate, policy, &pace::none))
}

/// [`compare`] with a pause after each target and each scenario.
///
/// # Errors
/// As [`compare`].
pub async fn compare_in_steps(
    reference: &Evidence<'_>,
    candidate: &Evidence<'_>,
    policy: &Policy,
    pause: &impl AsyncFn(),
) -> Result<RunComparison, CompareError> {
    let kind = kind(reference, candidate)?;
    let calibrations = [
        Calibration::of(reference.scenarios),
        Calibration::of(candidate.scenarios),
    ];
    let (shared, left_out) = overlap(reference, candidate, kind);
    let mut scenarios = Vec::new();
    let mut judgements: Vec<Judgement> = Vec::new();
    for (a, b) in &shared {
        let sides = rows::Sides {
            a,
            b,
            kind,
            calibrations: &calibrations,
        };
        let (difference, mut judged) = rows::scenario_in_steps(&sides, policy, pause).await;
        if shared.len() > 1 {
            for judgement in &mut judged {
                judgement
                    .criterion
                    .title
                    .push_str(&format!(" ({})", b.title));
            }
        }
        scenarios.push(difference);
        judgements.extend(judged);
    }
    let comparable = match kind {
        Kind::Paired { .. } => run_checks(candidate.run, candidate.scenarios, &calibrations[1]),
        Kind::Arms(..) | Kind::Runs => {
            sides::checks(reference, candidate, &shared, kind, &calibrations)
        }
    };
    let (verdict, headline) = conclude(reference, candidate, policy, kind, &judgements);
    Ok(RunComparison {
        verdict,
        headline,
        sub: gate::sub(&judgements),
        reference: sides::facts(reference),
        candidate: sides::facts(candidate),
        scenarios,
        comparable,
        left_out,
    })
}

fn kind(reference: &Evidence<'_>, candidate: &Evidence<'_>) -> Result<Kind, CompareError> {
    let same_run = reference.run.id == candidate.run.id;
    match (reference.arm, candidate.arm) {
        (Some(a), Some(b)) if same_run && a == b => Err(CompareError::Same),
        (Some(a), Some(_)) if same_run => Ok(Kind::Paired {
            reversed: a == ArmRole::Candidate,
        }),
        (Some(a), Some(b)) => Ok(Kind::Arms(a, b)),
        (None, None) if same_run => Err(CompareError::Same),
        (None, None) => Ok(Kind::Runs),
        _ => Err(CompareError::ArmAgainstRun),
    }
}

/// Scenarios of both sides, reference first.
type Shared<'a> = Vec<(&'a Scenario, &'a Scenario)>;

/// The scenarios that can be compared, and why the others cannot.
fn overlap<'a>(
    reference: &Evidence<'a>,
    candidate: &Evidence<'a>,
    kind: Kind,
) -> (Shared<'a>, Vec<(String, String)>) {
    let mut shared = Vec::new();
    let mut left_out: Vec<(String, String)> = Vec::new();
    for b in candidate.scenarios {
        let a = reference.scenarios.iter().find(|a| a.name == b.name);
        let reason = match a {
            None => Some("only in the candidate".to_owned()),
            Some(a) => sides::incomparable(a, b),
        };
        match (a, reason) {
            (Some(a), None) => shared.push((a, b)),
            (_, reason) => left_out.push((b.title.clone(), reason.unwrap_or_default())),
        }
    }
    let missing = |a: &&Scenario| candidate.scenarios.iter().all(|b| b.name != a.name);
    if !matches!(kind, Kind::Paired { .. }) {
        let only = reference.scenarios.iter().filter(missing);
        left_out.extend(only.map(|a| (a.title.clone(), "only in the reference".to_owned())));
    }
    (shared, left_out)
}

/// Whether a scenario has anything to compare.
fn is_measured(scenario: &Scenario) -> bool {
    !open_pairs(scenario).is_empty()
        || !crate::estimate::closed_pairs(scenario).is_empty()
        || scenario.capacity.is_some()
}

/// What makes every figure of a comparison worthless.
fn obstacle(
    reference: &Evidence<'_>,
    candidate: &Evidence<'_>,
    is_empty: bool,
) -> Option<&'static str> {
    let machine = |e: &Evidence<'_>| e.run.environment.fingerprint.clone();
    if machine(reference) != machine(candidate) {
        Some(
            "the two runs were measured on different machines, which may be all the difference; measure against a binary on one machine",
        )
    } else if is_empty {
        Some("the two sides have no scenario that can be compared")
    } else {
        None
    }
}

/// What leaves a comparison open unless it shows a failure already.
fn doubt(reference: &Evidence<'_>, candidate: &Evidence<'_>, kind: Kind) -> Option<String> {
    if matches!(kind, Kind::Paired { .. }) {
        return unfinished(candidate.run, candidate.scenarios);
    }
    // A run that goes on is looked at as planned.
    let of = |e: &Evidence<'_>| match e.run.status {
        Status::Complete | Status::Running | Status::Pending => None,
        Status::Interrupted => Some(format!("the run {} was interrupted", e.run.id)),
        Status::Broken { .. } => Some(format!("the run {} broke", e.run.id)),
    };
    of(reference).or_else(|| of(candidate))
}

fn conclude(
    reference: &Evidence<'_>,
    candidate: &Evidence<'_>,
    policy: &Policy,
    kind: Kind,
    judgements: &[Judgement],
) -> (Verdict, String) {
    // A state that is lost is lost on any machine.
    let lost = saves_lost(candidate.scenarios).unwrap_or(0);
    if lost > 0 {
        return (Verdict::Fail, format!("Fail: {}.", in_words(lost)));
    }
    if let Some(obstacle) = obstacle(reference, candidate, judgements.is_empty()) {
        return (Verdict::Inconclusive, format!("Inconclusive: {obstacle}."));
    }
    let verdict = if policy.gate {
        gate::gate_verdict(judgements)
    } else {
        overall(judgements.iter().map(|j| j.verdict))
    };
    match doubt(reference, candidate, kind) {
        Some(doubt) if verdict != Verdict::Fail => {
            (Verdict::Inconclusive, format!("Inconclusive: {doubt}."))
        }
        _ => {
            let against = sides::name(reference, candidate, kind);
            (verdict, gate::headline(verdict, judgements, &against))
        }
    }
}
