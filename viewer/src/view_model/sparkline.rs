//! P95 of each block, small enough for a list.

use shared::arms::{ArmRole, Arms};
use shared::estimate::open_pairs;
use shared::histogram::Histogram;
use shared::report::{Block, Scenario};

/// Size of a sparkline, pixels.
pub(crate) const WIDTH: f64 = 168.0;
pub(crate) const HEIGHT: f64 = 28.0;
const MARGIN: f64 = 4.0;

/// Points of each arm's line in pixels, on one logarithmic scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sparkline {
    pub(crate) lines: Arms<Vec<(f64, f64)>>,
}

fn p95(block: &Block) -> Option<f64> {
    let merged = Histogram::merged([
        &block.latencies.duplicate.response,
        &block.latencies.unique.response,
    ]);
    merged
        .value_at_quantile(0.95)
        .map(|ns| (ns.max(1) as f64).ln())
}

/// The sparkline of a scenario; `None` with fewer than two pairs.
pub(crate) fn sparkline(scenario: &Scenario) -> Option<Sparkline> {
    let values: Vec<(f64, f64)> = open_pairs(scenario)
        .iter()
        .filter_map(|p| Some((p95(p.blocks.baseline)?, p95(p.blocks.candidate)?)))
        .collect();
    let all = || values.iter().flat_map(|(b, c)| [*b, *c]);
    let low = all().fold(f64::INFINITY, f64::min);
    let high = all().fold(f64::NEG_INFINITY, f64::max);
    let last = values.len().checked_sub(1).filter(|last| *last > 0)? as f64;
    // At least a factor of two from bottom to top, so that noise does not look like a mountain range.
    let span = (high - low).max(std::f64::consts::LN_2);
    let line = |of: fn(&(f64, f64)) -> f64| {
        let place = |(i, pair): (usize, &(f64, f64))| {
            let x = MARGIN + i as f64 / last * (WIDTH - 2.0 * MARGIN - 1.0);
            let y = MARGIN + (high - of(pair)) / span * (HEIGHT - 2.0 * MARGIN);
            (x, y)
        };
        values.iter().enumerate().map(place).collect()
    };
    let arms = Arms {
        baseline: ArmRole::Baseline,
        candidate: ArmRole::Candidate,
    };
    let lines = arms.map(|_, role| match role {
        ArmRole::Baseline => line(|p| p.0),
        ArmRole::Candidate => line(|p| p.1),
    });
    Some(Sparkline { lines })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn the_faster_arm_lies_lower_and_all_stays_inside() {
        let spark = sparkline(&fixture::scenario()).unwrap();
        let (b, c) = (&spark.lines.baseline, &spark.lines.candidate);
        assert_eq!(b.len(), fixture::PAIRS);
        assert!(
            b.iter().zip(c).all(|((_, b), (_, c))| c > b),
            "y grows downwards"
        );
        let inside = |(x, y): &(f64, f64)| (0.0..=WIDTH).contains(x) && (0.0..=HEIGHT).contains(y);
        assert!(b.iter().chain(c).all(inside));
    }

    #[test]
    fn one_pair_is_no_line() {
        assert_eq!(sparkline(&fixture::without_blocks()), None);
    }
}
