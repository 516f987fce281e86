//! One figure on both sides: what it is on each, how far it changed, and how sure that is.

use super::Kind;
use crate::arms::{ArmRole, Arms};
use crate::criteria::Measure;
use crate::estimate::{Comparison, Estimate, Interval, Sampled, Unavailable, estimate, sampled};
use crate::metric::Metric;
use crate::report::Scenario;
use crate::stats::{bootstrap_two, rank_sum};

/// Compares a figure: the reference takes the baseline's place, the candidate its own. `of` is what is to be judged.
pub(super) fn compared(
    metric: Metric,
    a: &Scenario,
    b: &Scenario,
    kind: Kind,
    of: Measure,
) -> Result<Comparison, Unavailable> {
    match kind {
        Kind::Paired { reversed: false } => estimate(metric, b),
        Kind::Paired { reversed: true } => estimate(metric, b).map(turned),
        Kind::Arms(..) | Kind::Runs => apart(metric, a, b, kind, of),
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
    of: Measure,
) -> Result<Comparison, Unavailable> {
    let apart = match (sampled(metric, a), sampled(metric, b)) {
        (Ok(a), Ok(b)) => of_samples(&a, &b, kind)?,
        (Err(missing @ Unavailable::Saturated { .. }), _)
        | (_, Err(missing @ Unavailable::Saturated { .. })) => return Err(missing),
        _ => of_counts(&estimate(metric, a)?, &estimate(metric, b)?, kind),
    };
    if of == Measure::Candidate {
        // Only a target on the candidate's own figure asks for its interval, which costs as much as all the rest.
        let own = estimate(metric, b)?;
        let [_, role] = roles(kind);
        return Ok(Comparison {
            candidate: figure(&own, role).cloned(),
            ..apart
        });
    }
    Ok(apart)
}

const fn figure(comparison: &Comparison, role: ArmRole) -> Option<&Estimate> {
    match role {
        ArmRole::Baseline => comparison.baseline.as_ref(),
        ArmRole::Candidate => comparison.candidate.as_ref(),
    }
}

/// Compares figures that can be resampled.
fn of_samples(a: &Sampled, b: &Sampled, kind: Kind) -> Result<Comparison, Unavailable> {
    let [role_a, role_b] = roles(kind);
    let own = |sampled: &Sampled, role| sampled.arm(role, &vec![1; sampled.units()]);
    let (reference, candidate) = (own(a, role_a), own(b, role_b));
    if reference.is_none() && candidate.is_none() {
        return Err(Unavailable::NoSamples);
    }
    let (change, p_value) = resampled(a, b, kind);
    let without = |value: f64| Estimate {
        value,
        interval: None,
        no_interval: Some("only the change between the two sides has one".to_owned()),
    };
    Ok(Comparison {
        metric: b.metric(),
        unit: b.unit(),
        difference: reference.zip(candidate).map(|(a, b)| without(b - a)),
        baseline: reference.map(without),
        candidate: candidate.map(without),
        change,
        log_ratios: Vec::new(),
        p_value,
        confidence: (a.resampling().confidence).max(b.resampling().confidence),
        spread: Arms::default(),
        pairs: a.units().min(b.units()),
        samples: Arms {
            baseline: *a.samples().get(role_a),
            candidate: *b.samples().get(role_b),
        },
    })
}

/// Compares figures that are counted over a whole scenario.
fn of_counts(a: &Comparison, b: &Comparison, kind: Kind) -> Comparison {
    let [role_a, role_b] = roles(kind);
    let (reference, candidate) = (figure(a, role_a), figure(b, role_b));
    let difference = reference.zip(candidate);
    Comparison {
        baseline: reference.cloned(),
        candidate: candidate.cloned(),
        change: counted(a, b, kind),
        difference: difference.map(|(a, b)| Estimate::exact(b.value - a.value)),
        log_ratios: Vec::new(),
        p_value: None,
        samples: Arms {
            baseline: *a.samples.get(role_a),
            candidate: *b.samples.get(role_b),
        },
        ..b.clone()
    }
}

/// The change between two samples, each drawn by itself, and its chance by ranks.
fn resampled(a: &Sampled, b: &Sampled, kind: Kind) -> (Option<Estimate>, Option<f64>) {
    let drawn = |sampled: &Sampled, weights: &[u32], role: ArmRole| match kind {
        Kind::Arms(..) => sampled.arm(role, weights),
        Kind::Paired { .. } | Kind::Runs => sampled.ratio(weights),
    };
    let [role_a, role_b] = roles(kind);
    let statistic = |weights_a: &[u32], weights_b: &[u32]| {
        let from = drawn(a, weights_a, role_a).filter(|v| *v > 0.0)?;
        Some(drawn(b, weights_b, role_b)? / from - 1.0).filter(|v| v.is_finite())
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
    let side = |comparison: &Comparison, role: ArmRole| match kind {
        Kind::Arms(..) => Some(figure(comparison, role)?.value),
        Kind::Paired { .. } | Kind::Runs => Some(1.0 + comparison.change.as_ref()?.value),
    };
    let [role_a, role_b] = roles(kind);
    let value = side(b, role_b)? / side(a, role_a)? - 1.0;
    value.is_finite().then(|| Estimate {
        value,
        interval: None,
        no_interval: Some(
            "it is counted once a run: how far two runs differ by themselves is not known"
                .to_owned(),
        ),
    })
}
