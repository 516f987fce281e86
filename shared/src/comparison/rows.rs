//! The rows of a scenario: the policy's targets, then figures without a limit.

use super::{DifferenceRow, Kind, ScenarioDifference, figures, sides};
use crate::calibration::Calibration;
use crate::criteria::{Better, Criterion, Measure, Policy, Target};
use crate::estimate::{Comparison, Unavailable};
use crate::gate;
use crate::metric::{Metric, Plain};
use crate::report::Scenario;
use crate::units::{Unit, percentile_name};
use crate::verdict::{
    Evidenced, Judgement, Verdict, judge_evidence, overall, shortfall, without_figure,
};

/// Percentiles of the response that are shown whatever the policy asks.
const PERCENTILES: [f64; 4] = [50.0, 95.0, 99.0, 99.9];
/// Other figures that are, with their names.
const FIGURES: [(Plain, &str); 12] = [
    (Plain::ClosedThroughput, "Throughput"),
    (
        Plain::CapacityRate,
        "Highest rate within the latency target",
    ),
    (
        Plain::ConcurrentCapacity,
        "Most users within the latency target",
    ),
    (Plain::CpuPerSave, "Processor time per save"),
    (Plain::RowsPerSave, "Database rows per save"),
    (Plain::ConnectionPerSave, "Connection time per save"),
    (Plain::TransactionsPerSave, "Transactions per save"),
    (Plain::LogPerSave, "Write-ahead log per save"),
    (Plain::NetworkPerSave, "Network bytes per save"),
    (Plain::AllocationsPerSave, "Allocations per save"),
    (Plain::AllocatedPerSave, "Allocated bytes per save"),
    (Plain::MemoryPeak, "Peak memory"),
];

/// A scenario on both sides, and how they belong together.
pub(super) struct Sides<'a> {
    pub(super) a: &'a Scenario,
    pub(super) b: &'a Scenario,
    pub(super) kind: Kind,
    /// The reference's and the candidate's.
    pub(super) calibrations: &'a [Calibration<'a>; 2],
}

/// Judges a scenario, with a pause after each figure: its rows for people, and the judgements behind the first of them.
pub(super) async fn scenario_in_steps(
    sides: &Sides<'_>,
    policy: &Policy,
    pause: &impl AsyncFn(),
) -> (ScenarioDifference, Vec<Judgement>) {
    let judgements = judge_in_steps(sides, policy, pause).await;
    let mut rows: Vec<DifferenceRow> = judgements.iter().map(judged_row).collect();
    for (metric, title) in shown() {
        if judgements.iter().all(|j| j.criterion.metric != metric) {
            rows.extend(
                sides
                    .compared(metric, Measure::Change)
                    .ok()
                    .map(|c| plain_row(title, &c)),
            );
            pause().await;
        }
    }
    let verdict = if policy.gate {
        gate::gate_verdict(&judgements)
    } else {
        overall(judgements.iter().map(|j| j.verdict))
    };
    let difference = ScenarioDifference {
        name: sides.b.name.clone(),
        title: sides.b.title.clone(),
        verdict,
        rows,
    };
    (difference, judgements)
}

impl Sides<'_> {
    fn compared(&self, metric: Metric, of: Measure) -> Result<Comparison, Unavailable> {
        figures::compared(metric, self.a, self.b, self.kind, of)
    }

    /// The noise floor: of two runs, the larger.
    fn floor(&self, metric: Metric) -> Option<f64> {
        let floors = self
            .calibrations
            .iter()
            .filter_map(|c| c.noise_floor(metric));
        floors.map(|noise| noise.floor).reduce(f64::max)
    }
}

/// The targets that apply to a scenario, as one family.
async fn judge_in_steps(
    sides: &Sides<'_>,
    policy: &Policy,
    pause: &impl AsyncFn(),
) -> Vec<Judgement> {
    let mut family = Vec::new();
    for criterion in &policy.criteria {
        if applies(criterion, sides, policy.gate) {
            family.push(evidenced(criterion, sides));
            pause().await;
        }
    }
    judge_evidence(family)
}

/// A gate's targets apply to every scenario; others to their own, and those that ask for a gain over the standard
/// service not to two runs of it.
fn applies(criterion: &Criterion, sides: &Sides<'_>, gate: bool) -> bool {
    let own = criterion.scenario.as_deref() == Some(sides.b.name.as_str());
    let paired = matches!(sides.kind, Kind::Paired { .. });
    let gain = criterion.target.of == Measure::Change && !criterion.target.guards();
    gate || (own && (paired || !gain))
}

fn evidenced(criterion: &Criterion, sides: &Sides<'_>) -> Evidenced {
    let compared = match &criterion.not_judged_because {
        Some(reason) => Err((Verdict::NotJudged, reason.clone())),
        None => match sides::unequal(sides.a, sides.b, sides.kind) {
            Some(difference) => Err((
                Verdict::NotJudged,
                format!("the two sides promise different things: {difference}"),
            )),
            None => sides
                .compared(criterion.metric, criterion.target.of)
                .map_err(without_figure),
        },
    };
    Evidenced {
        criterion: criterion.clone(),
        scenario_title: Some(sides.b.title.clone()),
        compared,
        floor: (criterion.target.of == Measure::Change)
            .then(|| sides.floor(criterion.metric))
            .flatten(),
        shortfall: shortfall(criterion, sides.b),
    }
}

/// What is shown without a limit.
fn shown() -> impl Iterator<Item = (Metric, String)> {
    let latencies = PERCENTILES.into_iter().map(|percentile| {
        let title = format!("{} response", percentile_name(percentile));
        (Metric::response(percentile), title)
    });
    latencies.chain(FIGURES.map(|(plain, title)| (Metric::Plain(plain), title.to_owned())))
}

fn judged_row(judgement: &Judgement) -> DifferenceRow {
    let target = judgement.effective;
    let criterion = &judgement.criterion;
    DifferenceRow {
        p_value: judgement.p_value,
        floor: judgement.floor,
        warn: worse(&target, target.pass),
        fail: worse(&target, target.fail_limit()),
        target: Some(target),
        verdict: judgement.verdict,
        reason: judgement.reason.clone(),
        ..figures_row(
            criterion.id.clone(),
            criterion.title.clone(),
            criterion.metric,
            target.better,
            judgement.comparison.as_ref(),
        )
    }
}

/// A limit on the change with worse counted as positive; none where it is out of reach.
fn worse(target: &Target, limit: f64) -> Option<f64> {
    let limit = match target.better {
        Better::Lower => limit,
        Better::Higher => -limit,
    };
    (target.of == Measure::Change && limit.is_finite()).then_some(limit)
}

fn plain_row(title: String, comparison: &Comparison) -> DifferenceRow {
    let metric = comparison.metric;
    let better = match metric {
        Metric::Plain(
            Plain::ClosedThroughput | Plain::CapacityRate | Plain::ConcurrentCapacity,
        ) => Better::Higher,
        _ => Better::Lower,
    };
    DifferenceRow {
        p_value: comparison.p_value,
        ..figures_row(metric.to_string(), title, metric, better, Some(comparison))
    }
}

/// A row without limits.
fn figures_row(
    id: String,
    title: String,
    metric: Metric,
    better: Better,
    comparison: Option<&Comparison>,
) -> DifferenceRow {
    DifferenceRow {
        id,
        title,
        metric,
        unit: comparison.map_or(Unit::Count, |c| c.unit),
        reference: comparison.and_then(|c| Some(c.baseline.as_ref()?.value)),
        candidate: comparison.and_then(|c| Some(c.candidate.as_ref()?.value)),
        change: comparison.and_then(|c| c.change.clone()),
        p_value: None,
        floor: None,
        warn: None,
        fail: None,
        target: None,
        better,
        verdict: Verdict::NotJudged,
        reason: "no limit".to_owned(),
    }
}
