//! A run's own verdict as a sheet.

use shared::arms::ArmRole;
use shared::criteria::{Policy, Target};
use shared::report::{Run, Scenario};
use shared::summary::{RunSummary, memory};
use shared::trust::TrustCheck;
use shared::units::Unit;
use shared::verdict::{Judgement, Verdict};

use super::{Check, Fact, Kind, Limits, Row, SHEET_VERSION, Sheet, Side};

impl Sheet {
    /// All targets of a run: the policy's and the scenarios' own.
    pub(crate) fn of_run(run: &Run, summary: &RunSummary, scenarios: &[Scenario]) -> Self {
        let kind = if run.policy.gate {
            Kind::Gate
        } else {
            Kind::Run
        };
        let policy = run.policy.name.as_str();
        let mut targets: Vec<Row> = summary
            .judgements
            .iter()
            .map(|judgement| {
                let scenario = judgement.criterion.scenario.as_deref().unwrap_or_default();
                Row::of(judgement, scenario, Some(policy))
            })
            .collect();
        for scenario in &summary.scenarios {
            let own = scenario.judgements.iter();
            targets.extend(own.map(|judgement| Row::of(judgement, &scenario.name, None)));
        }
        let facts = [
            ("break-even", summary.break_even.clone()),
            ("memory", scenarios.iter().find_map(memory)),
        ];
        let fact = |(name, text): (&str, Option<String>)| {
            Some(Fact {
                name: name.to_owned(),
                text: text?,
            })
        };
        Self {
            format: SHEET_VERSION,
            kind,
            verdict: summary.verdict,
            headline: summary.headline.clone(),
            sub: summary.sub.clone(),
            policy: policy.to_owned(),
            baseline: Side::of_arm(run, ArmRole::Baseline),
            candidate: Side::of_arm(run, ArmRole::Candidate),
            targets,
            checks: summary.trust_checks.iter().map(Check::of).collect(),
            left_out: Vec::new(),
            facts: facts.into_iter().filter_map(fact).collect(),
        }
    }

    /// A gate that could not measure anything.
    pub(crate) fn without_evidence(run: &Run, policy: &Policy, headline: &str) -> Self {
        Self {
            format: SHEET_VERSION,
            kind: Kind::Gate,
            verdict: Verdict::Inconclusive,
            headline: headline.to_owned(),
            sub: String::new(),
            policy: policy.name.clone(),
            baseline: Side::of_arm(run, ArmRole::Candidate),
            candidate: Side::default(),
            targets: Vec::new(),
            checks: Vec::new(),
            left_out: Vec::new(),
            facts: Vec::new(),
        }
    }
}

impl Side {
    fn of_arm(run: &Run, role: ArmRole) -> Self {
        let identity = run.arms.get(role);
        Self {
            label: identity.label.clone(),
            run: run.id.clone(),
            revision: (identity.build.as_ref().unwrap_or(&run.build))
                .revision
                .clone(),
        }
    }
}

impl Row {
    /// A target that was judged; `policy` is none for a scenario's own.
    fn of(judgement: &Judgement, scenario: &str, policy: Option<&str>) -> Self {
        let criterion = &judgement.criterion;
        let comparison = judgement.comparison.as_ref();
        let measured = judgement.measured();
        let interval = measured.and_then(|estimate| estimate.interval);
        Self {
            id: criterion.id.clone(),
            policy: policy.map(str::to_owned),
            title: criterion.title.clone(),
            scenario: scenario.to_owned(),
            source: criterion.source.clone(),
            quote: criterion.quote.clone(),
            metric: criterion.metric.to_string(),
            of: criterion.target.of,
            unit: comparison.map_or(Unit::Count, |c| c.unit),
            baseline: comparison.and_then(|c| Some(c.baseline.as_ref()?.value)),
            candidate: comparison.and_then(|c| Some(c.candidate.as_ref()?.value)),
            change: comparison.and_then(|c| Some(c.change.as_ref()?.value)),
            measured: measured.map(|estimate| estimate.value),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            better: criterion.target.better,
            limits: Some(Limits::of(&criterion.target)),
            effective: Some(Limits::of(&judgement.effective)),
            noise_floor: judgement.floor,
            p_value: judgement.p_value,
            verdict: judgement.verdict,
            reason: judgement.reason.clone(),
        }
    }
}

impl Limits {
    pub(super) fn of(target: &Target) -> Self {
        Self {
            pass: target.pass,
            fail: Some(target.fail_limit()).filter(|limit| limit.is_finite()),
        }
    }
}

impl Check {
    pub(super) fn of(check: &TrustCheck) -> Self {
        Self {
            title: check.title.clone(),
            value: check.value.clone(),
            detail: check.detail.clone(),
            verdict: check.verdict,
        }
    }
}
