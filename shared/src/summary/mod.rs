//! What a run comes to: the answers that its readers look for, in words and verdicts, by fixed rules.

mod better;
mod break_even;
mod broken;
#[cfg(test)]
mod damage;
mod improvement;
mod leak;
mod memory;
mod particular;
mod profile;
mod safety;
mod scenario;
mod sentence;
mod steps;
#[cfg(test)]
mod tests;

pub use break_even::break_even;
pub use improvement::{Improvement, ImprovementBar, improvement, interval_text, limit_text};
pub use leak::leak_finding;
pub use memory::memory;
pub use profile::{Profiled, first_look, profile, profile_name};
pub use safety::Fact;
pub(crate) use safety::{in_words, saves_lost};
use scenario::summarize_scenario_in_steps;
pub use scenario::{ScenarioSummary, summarize_scenario};
pub(crate) use sentence::unfinished;
pub use steps::Step;
pub(crate) use steps::judged_in;

use crate::calibration::Calibration;
use crate::criteria::Measure;
use crate::gate;
use crate::metric::Metric;
use crate::pace;
use crate::report::{Headline, Run, Scenario, Status};
use crate::trust::{TrustCheck, run_checks};
use crate::verdict::{Judgement, Verdict, judge_policy_in_steps, overall};

/// The answer to one of the three questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its mark.
    pub verdict: Verdict,
    /// Its word: `Yes`, `No`, `Yes, 2 open`, `Yes, one caveat`.
    pub word: String,
    /// One or two sentences of evidence.
    pub text: String,
}

/// A run as its readers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// The run's verdict.
    pub verdict: Verdict,
    /// The verdict as a sentence.
    pub headline: String,
    /// What the headline leaves out: inconclusive, not judged.
    pub sub: String,
    /// Is it better?
    pub better: Answer,
    /// Is it safe?
    pub safe: Answer,
    /// Can I trust it?
    pub trust: Answer,
    /// From which share of duplicates on the candidate pays, in words; absent where no scenario tells.
    pub break_even: Option<String>,
    /// The policy's targets.
    pub judgements: Vec<Judgement>,
    /// Indices into `judgements` of the promised improvements that have a figure.
    pub improvements: Vec<usize>,
    /// What was done to lose something, and what was lost.
    pub safety: Vec<Fact>,
    /// Checks of the instrument.
    pub trust_checks: Vec<TrustCheck>,
    /// What to do next.
    pub steps: Vec<Step>,
    /// The scenarios that could be read, in order.
    pub scenarios: Vec<ScenarioSummary>,
    /// Acknowledged saves lost or wrong over both arms and all scenarios; absent where nothing was checked.
    pub saves_lost: Option<u64>,
}

/// How many targets came to which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Targets passed.
    pub passed: u32,
    /// Targets warned.
    pub warned: u32,
    /// Targets failed.
    pub failed: u32,
    /// Targets inconclusive.
    pub inconclusive: u32,
    /// Targets not judged.
    pub not_judged: u32,
}

impl Tally {
    /// Counts verdicts.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            *match verdict {
                Verdict::Pass => &mut tally.passed,
                Verdict::Warn => &mut tally.warned,
                Verdict::Fail => &mut tally.failed,
                Verdict::Inconclusive => &mut tally.inconclusive,
                Verdict::NotJudged => &mut tally.not_judged,
            } += 1;
        }
        tally
    }

    /// Targets that count: all but the ones not judged.
    #[must_use]
    pub const fn judged(&self) -> u32 {
        self.passed + self.warned + self.failed + self.inconclusive
    }
}

impl RunSummary {
    /// All targets: the policy's and the scenarios' own.
    pub fn all_judgements(&self) -> impl Iterator<Item = &Judgement> {
        self.judgements
            .iter()
            .chain(self.scenarios.iter().flat_map(|s| &s.judgements))
    }

    /// The count over all targets.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally::of(self.all_judgements().map(|j| j.verdict))
    }

    /// The figures for the list of runs.
    #[must_use]
    pub fn headline_figures(&self) -> Headline {
        let tally = self.tally();
        let change = |metric: &str| self.change_of(metric);
        Headline {
            verdict: self.verdict,
            sentence: self.headline.clone(),
            passed: tally.passed,
            judged: tally.judged(),
            p95_change: change("response.p95"),
            p99_change: change("response.p99"),
            throughput_factor: change("throughput.closed").map(|c| c + 1.0),
            rows_change: change("database.rows"),
            saves_lost: self.saves_lost,
        }
    }

    /// The change that the policy judges under this metric's name.
    #[must_use]
    pub fn change_of(&self, metric: &str) -> Option<f64> {
        let metric: Metric = metric.parse().ok()?;
        self.judgements
            .iter()
            .filter(|j| j.criterion.metric == metric)
            .find_map(|j| Some(j.comparison.as_ref()?.change.as_ref()?.value))
    }
}

/// Judges a run by its policy and its scenarios by their own targets. `scenarios` are those that could be read.
#[must_use]
pub fn summarize(run: &Run, scenarios: &[Scenario]) -> RunSummary {
    pace::at_once(summarize_in_steps(run, scenarios, &pace::none))
}

/// [`summarize`] with a pause after each target and each scenario.
pub async fn summarize_in_steps(
    run: &Run,
    scenarios: &[Scenario],
    pause: &impl AsyncFn(),
) -> RunSummary {
    let calibration = Calibration::of(scenarios);
    let criteria = &run.policy.criteria;
    let judgements = judge_policy_in_steps(criteria, scenarios, &calibration, pause).await;
    let mut summaries: Vec<ScenarioSummary> = Vec::new();
    for scenario in scenarios {
        summaries.push(summarize_scenario_in_steps(scenario, &run.arms, &calibration, pause).await);
        pause().await;
    }
    let trust_checks = run_checks(run, scenarios, &calibration);
    pause().await;
    let saves_lost = safety::saves_lost(scenarios);
    let all = || {
        judgements
            .iter()
            .chain(summaries.iter().flat_map(|s| &s.judgements))
    };
    let verdict = run_verdict(all().map(|j| j.verdict), &trust_checks, run, scenarios);
    let tally = Tally::of(all().map(|j| j.verdict));
    let improvements = improvements(&judgements);
    let mut summary = RunSummary {
        verdict,
        headline: String::new(),
        sub: sentence::sub(all()),
        better: better::better(&judgements, &improvements, verdict, scenarios),
        safe: safety::answer(scenarios, saves_lost),
        trust: sentence::trust(&trust_checks, run, scenarios),
        break_even: break_even::of_run(&run.policy, scenarios),
        safety: safety::facts(scenarios),
        steps: Vec::new(),
        judgements,
        improvements,
        trust_checks,
        scenarios: summaries,
        saves_lost,
    };
    summary.headline = sentence::headline(run, &summary, tally, scenarios);
    if run.policy.gate && !scenarios.is_empty() {
        in_gate_words(&mut summary, run, scenarios);
    }
    summary.steps = steps::steps(run, &summary, scenarios);
    summary
}

/// A gate asks for no gain: its verdict and its words are its own.
fn in_gate_words(summary: &mut RunSummary, run: &Run, scenarios: &[Scenario]) {
    let doubt = sentence::unfinished(run, scenarios);
    let judgements = std::mem::take(&mut summary.judgements);
    let outcome = gate::outcome(run, scenarios, judgements, doubt);
    summary.verdict = outcome.verdict;
    summary.better = sentence::no_worse(&outcome, &gate::reference_name(run));
    summary.sub = [outcome.sub, sentence::distrust(&summary.trust_checks)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    summary.headline = outcome.headline;
    summary.judgements = outcome.judgements;
}

/// The promised gains: targets of the improvement section whose figure is a change.
fn improvements(judgements: &[Judgement]) -> Vec<usize> {
    let promised = |j: &Judgement| {
        j.criterion.source == "§6.1"
            && j.criterion.target.of == Measure::Change
            && j.measured().is_some()
    };
    judgements
        .iter()
        .enumerate()
        .filter(|(_, j)| promised(j))
        .map(|(i, _)| i)
        .collect()
}

fn run_verdict(
    verdicts: impl Iterator<Item = Verdict>,
    checks: &[TrustCheck],
    run: &Run,
    scenarios: &[Scenario],
) -> Verdict {
    let targets = overall(verdicts);
    let lost = safety::saves_lost(scenarios).is_some_and(|lost| lost > 0);
    if lost || targets == Verdict::Fail {
        return Verdict::Fail;
    }
    let unchecked = safety::unchecked(scenarios) > 0;
    let distrusted = checks.iter().any(|c| c.verdict == Verdict::Fail);
    let unfinished = run.status != Status::Complete;
    match targets {
        Verdict::NotJudged => Verdict::NotJudged,
        _ if distrusted || unfinished || unchecked => Verdict::Inconclusive,
        verdict => verdict,
    }
}
