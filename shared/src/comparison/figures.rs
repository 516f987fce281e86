//! One figure on both sides: what it is on each, how far it changed, and how sure that is.

use super::Kind;
use crate::arms::{ArmRole, Arms};
use crate::estimate::{Comparison, Estimate, Interval, Sampled, Unavailable, estimate, sampled};
use crate::metric::Metric;
use crate::report::Scenario;
use crate::stats::{bootstrap_two, rank_sum};

/// Compares a figure: the reference takes the baseline's place, the candidate its own.
pub(super) fn compared(
    metric: Metric,
    a: &Scenario,
    b: &Scenario,
    kind: Kind,
) -> Result<Comparison, Unavailable> {
    match kind {
        Kind::Paired { reversed: false } => estimate(metric, b),
        Kind::Paired { reversed: true } => estimate(metric, b).map(turned),
        Kind::Arms(..) | Kind::Runs => apart(metric, a, b, kind),
    }
}

/// The same comparison with the arms exchanged.
fn turned(comparison: Comparison) -> Comparison {
    let inverse = |change: f64| 1.0 / (1.0 + change) - 1.0;
    let change = comparison.change.and_then(|e| {
        let interval = e.interval.map(|i| Interval {
            low: inverse(i.high),
            high: inverse(i.low),
        });
        let finite = |i: &Interval| i.low.is_finite() && i.high.is_finite();
        let interval = interval.filter(finite);
        Some(Estimate {
            value: Some(inverse(e.value)).filter(|v| v.is_finite())?,
            no_interval: match interval {
                Some(_) => None,
                None => e
                    .no_interval
                    .or_else(|| Some("the other arm has none".to_owned())),
            },
            interval,
        })
    });
    let difference = comparison.difference.map(|e| Estimate {
        value: -e.value,
        interval: e.interval.map(|i| Interval {
            low: -i.high,
            high: -i.low,
        }),
        no_interval: e.no_interval,
    });
    Comparison {
        baseline: comparison.candidate,
        candidate: comparison.baseline,
        change,
        difference,
        log_ratios: comparison.log_ratios.iter().map(|r| -r).collect(),
        spread: exchanged(comparison.spread),
        samples: exchanged(comparison.samples),
        ..comparison
    }
}

fn exchanged<T>(arms: Arms<T>) -> Arms<T> {
    Arms {
        baseline: arms.candidate,
        candidate: arms.baseline,
    }
}

/// Which arm's figure stands for a side.
const fn roles(kind: Kind) -> [ArmRole; 2] {
    match kind {
        Kind::Arms(a, b) => [a, b],
        Kind::Paired { .. } | Kind::Runs => [ArmRole::Candidate, ArmRole::Candidate],
    }
}

/// Compares what was measured apart.
fn apart(
    metric: Metric,
    a: &Scenario,
    b: &Scenario,
    kind: Kind,
) -> Result<Comparison, Unavailable> {
    let [role_a, role_b] = roles(kind);
    let (of_a, of_b) = (estimate(metric, a)?, estimate(metric, b)?);
    let own = |comparison: &Comparison, role| match role {
        ArmRole::Baseline => comparison.baseline.clone(),
        ArmRole::Candidate => comparison.candidate.clone(),
    };
    let (reference, candidate) = (own(&of_a, role_a), own(&of_b, role_b));
    let difference = reference.as_ref().zip(candidate.as_ref());
    let difference = difference.map(|(a, b)| Estimate::exact(b.value - a.value));
    let (change, p_value) = match (sampled(metric, a), sampled(metric, b)) {
        (Ok(a), Ok(b)) => resampled(&a, &b, kind),
        _ => (counted(&of_a, &of_b, kind), None),
    };
    Ok(Comparison {
        metric,
        unit: of_b.unit,
        change,
        difference,
        log_ratios: Vec::new(),
        p_value,
        confidence: of_a.confidence.max(of_b.confidence),
        spread: Arms {
            baseline: *of_a.spread.get(role_a),
            candidate: *of_b.spread.get(role_b),
        },
        pairs: of_a.pairs.min(of_b.pairs),
        samples: Arms {
            baseline: *of_a.samples.get(role_a),
            candidate: *of_b.samples.get(role_b),
        },
        baseline: reference,
        candidate,
    })
}

/// The change between two samples, each drawn by itself, and its chance by ranks.
fn resampled(a: &Sampled, b: &Sampled, kind: Kind) -> (Option<Estimate>, Option<f64>) {
    let figure = |sampled: &Sampled, weights: &[u32], role: ArmRole| match kind {
        Kind::Arms(..) => sampled.arm(role, weights),
        Kind::Paired { .. } | Kind::Runs => sampled.ratio(weights),
    };
    let [role_a, role_b] = roles(kind);
    let statistic = |weights_a: &[u32], weights_b: &[u32]| {
        let from = figure(a, weights_a, role_a).filter(|v| *v > 0.0)?;
        Some(figure(b, weights_b, role_b)? / from - 1.0).filter(|v| v.is_finite())
    };
    let all = |sampled: &Sampled| vec![1; sampled.units()];
    let Some(value) = statistic(&all(a), &all(b)) else {
        return (None, None);
    };
    let missing = |sampled: &Sampled, role| match kind {
        Kind::Arms(..) => sampled.no_interval(role),
        Kind::Paired { .. } | Kind::Runs => sampled.no_ratio_interval(),
    };
    let withheld = missing(a, role_a).or_else(|| missing(b, role_b));
    let interval = match withheld {
        None => bootstrap_two(a.resampling(), b.resampling(), statistic),
        Some(_) => None,
    };
    let no_interval = interval.is_none().then(|| {
        withheld.unwrap_or_else(|| {
            "too few pairs hold this figure for an interval: measure more pairs".to_owned()
        })
    });
    let units = |sampled: &Sampled, role| match kind {
        Kind::Arms(..) => sampled.of_units(role).iter().flatten().copied().collect(),
        Kind::Paired { .. } | Kind::Runs => sampled.independent_log_ratios(),
    };
    let p_value = interval.and_then(|_| rank_sum(&units(a, role_a), &units(b, role_b)));
    let change = Estimate {
        value,
        interval,
        no_interval,
    };
    (Some(change), p_value)
}

/// The change of what is only counted. One count a run says nothing of how far two runs differ by themselves.
fn counted(a: &Comparison, b: &Comparison, kind: Kind) -> Option<Estimate> {
    let figure = |comparison: &Comparison, role: ArmRole| match (kind, role) {
        (Kind::Arms(..), ArmRole::Baseline) => Some(comparison.baseline.as_ref()?.value),
        (Kind::Arms(..), ArmRole::Candidate) => Some(comparison.candidate.as_ref()?.value),
        _ => Some(1.0 + comparison.change.as_ref()?.value),
    };
    let [role_a, role_b] = roles(kind);
    let value = figure(b, role_b)? / figure(a, role_a)? - 1.0;
    value.is_finite().then(|| Estimate {
        value,
        interval: None,
        no_interval: Some(
            "it is counted once a run: how far two runs differ by themselves is not known"
                .to_owned(),
        ),
    })
}
