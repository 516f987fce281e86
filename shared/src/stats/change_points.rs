//! Where a series of figures changed its level, from run to run.
//!
//! The place is found by E-divisive with means: of all ways to hold the points from the beginning of a stretch up to one against the
//! points from there up to another, the one whose energy distance is largest. Source: Matteson & James (2014), A
//! Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data, Journal of the American Statistical
//! Association 109(505), 334–345, equations 5 to 8 with α = 1.
//!
//! Whether it is a change is decided by Student's t-test in place of their permutations, as in Hunter: Fleming, Kołaczkowski,
//! Kumar, Das, McCarthy, Pattabhiraman & Ingo (2023), Hunter: Using Change Point Detection to Hunt for Performance
//! Regressions, ICPE '23. The same figures give the same answer without drawing lots, and a history of some runs can reach
//! significance. Unlike there, the level is shared between all places at which a change could have been found (Bonferroni), so
//! that [`CHANCE`] holds for the series: among the places tried, one always looks best.
//!
//! Assumed is that runs do not depend on each other and scatter normally around their level, with the same spread on both
//! sides. Series of positive figures should come as logarithms.

use super::normal::student_beyond;

/// The chance of finding a change in a series that has none: at most that. Two in a hundred pages would be too many for
/// a review that shows twenty series; the evidence for a change that matters is mostly far beyond it.
pub const CHANCE: f64 = 0.01;
/// The fewest points on each side of a change: with two, one disturbed run makes a level of its own.
pub const FEWEST_POINTS: usize = 3;

/// A change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// Index of the first point of the new level.
    pub at: usize,
    /// Mean of the points from the change before, or the beginning, up to this one.
    pub before: f64,
    /// Mean of the points from this change up to the next, or the end.
    pub after: f64,
}

/// The changes of level in a series, in order; none where it has fewer than twice [`FEWEST_POINTS`]. Takes time in
/// proportion to the square of the number of points, for each change found. A point that is no number lies where the
/// series does on the whole, so that it cannot make a change.
#[must_use]
pub fn change_points(series: &[f64]) -> Vec<ChangePoint> {
    let finite = || series.iter().filter(|v| v.is_finite());
    let middle = finite().sum::<f64>() / finite().count().max(1) as f64;
    let series: Vec<f64> = (series.iter())
        .map(|v| if v.is_finite() { *v } else { middle })
        .collect();
    let mut ends = vec![0, series.len()];
    let mut checked = 0;
    // The stretches before the one that begins at `ends[checked]` hold no further change.
    while checked + 1 < ends.len() {
        let (from, to) = (ends[checked], ends[checked + 1]);
        match series.get(from..to).and_then(change_within) {
            Some(at) => ends.insert(checked + 1, from + at),
            None => checked += 1,
        }
    }
    let mean =
        |from: usize, to: usize| series[from..to].iter().sum::<f64>() / (to - from).max(1) as f64;
    ends.windows(3)
        .map(|ends| ChangePoint {
            at: ends[1],
            before: mean(ends[0], ends[1]),
            after: mean(ends[1], ends[2]),
        })
        .collect()
}

/// The first point of the second level, where there are two.
fn change_within(points: &[f64]) -> Option<usize> {
    let n = points.len();
    if n < 2 * FEWEST_POINTS {
        return None;
    }
    let distances = Distances::of(points);
    let mut best = (0.0, 0, 0);
    let mut tried = 0_u32;
    for at in FEWEST_POINTS..=n - FEWEST_POINTS {
        for end in at + FEWEST_POINTS..=n {
            tried += 1;
            let energy = distances.energy(at, end);
            if energy > best.0 {
                best = (energy, at, end);
            }
        }
    }
    let (_, at, end) = best;
    (at > 0 && chance(&points[..at], &points[at..end]) * f64::from(tried) <= CHANCE).then_some(at)
}

/// Sums of the distances between points: `sums[i][j]` is that over all pairs of one of the first `i` and one of the first `j`.
struct Distances {
    sums: Vec<f64>,
    width: usize,
}

impl Distances {
    fn of(points: &[f64]) -> Self {
        let width = points.len() + 1;
        let mut sums = vec![0.0; width * width];
        for (i, a) in points.iter().enumerate() {
            let mut row = 0.0;
            for (j, b) in points.iter().enumerate() {
                row += (a - b).abs();
                sums[(i + 1) * width + j + 1] = sums[i * width + j + 1] + row;
            }
        }
        Self { sums, width }
    }

    fn sum(&self, i: usize, j: usize) -> f64 {
        self.sums[i * self.width + j]
    }

    /// How far the first `at` points lie from those behind them up to `end`, scaled by their numbers: equation 6.
    fn energy(&self, at: usize, end: usize) -> f64 {
        let (m, n) = (at as f64, (end - at) as f64);
        let within_first = self.sum(at, at);
        let between = self.sum(at, end) - within_first;
        let within_second = self.sum(end, end) - 2.0 * self.sum(at, end) + within_first;
        // Each sum over one group holds each pair twice.
        let energy = 2.0 * between / (m * n)
            - within_first / (m * (m - 1.0))
            - within_second / (n * (n - 1.0));
        m * n / (m + n) * energy
    }
}

/// Two-sided p-value of Student's t-test that two groups have one mean.
fn chance(first: &[f64], second: &[f64]) -> f64 {
    let of = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        (n, mean, squares)
    };
    let ((m, a, squares_a), (n, b, squares_b)) = (of(first), of(second));
    let degrees = m + n - 2.0;
    let spread = ((squares_a + squares_b) / degrees * (1.0 / m + 1.0 / n)).sqrt();
    // Rounding makes a spread of its own; no level is told from another below it.
    let spread = spread.max((a.abs() + b.abs()) * 1e-12);
    let t = (a - b).abs() / spread;
    if t.is_nan() {
        1.0
    } else {
        2.0 * student_beyond(t, degrees)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Normal noise of deviation 1, by Box & Muller.
    fn noise(seed: u64, n: usize) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = || {
            let (u, v): (f64, f64) = (random.random(), random.random());
            (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
        };
        (0..n).map(|_| draw()).collect()
    }

    fn places(series: &[f64]) -> Vec<usize> {
        change_points(series).iter().map(|c| c.at).collect()
    }

    #[test]
    fn noise_alarms_no_more_often_than_stated() {
        const SERIES: u64 = 1_000;
        for n in [6, 10, 30, 60] {
            let alarms =
                (0..SERIES).filter(|seed| !places(&noise(*seed + n as u64 * SERIES, n)).is_empty());
            let alarms = alarms.count() as f64;
            // Three standard deviations of a count of rate CHANCE, on top of what is expected.
            let expected = SERIES as f64 * CHANCE;
            assert!(
                alarms <= expected + 3.0 * expected.sqrt(),
                "{alarms} of {SERIES} series of {n}"
            );
        }
    }

    #[test]
    fn a_rise_that_was_mended_is_two_changes() {
        let mut found = 0;
        for seed in 0..50 {
            let mut series = noise(seed, 30);
            series[10..20].iter_mut().for_each(|v| *v += 5.0);
            let changes = change_points(&series);
            let found_both = changes
                .iter()
                .map(|c| (c.at, c.after > c.before))
                .eq([(10, true), (20, false)]);
            found += usize::from(found_both);
        }
        assert!(found >= 45, "both found in {found} of 50 series");
    }

    #[test]
    fn too_few_points_change_nothing() {
        assert_eq!(change_points(&[0.0, 0.0, 0.0, 9.0, 9.0]), []);
        assert_eq!(change_points(&[]), []);
    }

    #[test]
    fn one_wild_point_is_no_change() {
        let mut series = noise(1, 20);
        series[12] = 40.0;
        assert_eq!(places(&series), [0_usize; 0]);
    }

    #[test]
    fn exact_figures_change_where_they_change() {
        let series = [3.0, 3.0, 3.0, 3.0, 2.0, 2.0, 2.0];
        assert_eq!(
            change_points(&series),
            [ChangePoint {
                at: 4,
                before: 3.0,
                after: 2.0
            }]
        );
        assert_eq!(change_points(&[0.1; 40]), []);
    }

    #[test]
    fn what_is_no_number_makes_no_change() {
        let mut series = noise(7, 20);
        series[3] = f64::NAN;
        series[19] = f64::INFINITY;
        assert_eq!(places(&series), [0_usize; 0]);
        assert_eq!(change_points(&[f64::NAN; 10]), []);
    }

    proptest! {
        #[test]
        fn a_step_of_six_deviations_is_found_at_its_place(
            seed in any::<u64>(), before in 8_usize..40, after in 8_usize..40, up in any::<bool>(),
        ) {
            let mut series = noise(seed, before + after);
            let step = if up { 6.0 } else { -6.0 };
            series[before..].iter_mut().for_each(|v| *v += step);
            // Neighbours of the step may by chance look more like the other side, one time in a thousand.
            let nearest = places(&series).into_iter().map(|at| at.abs_diff(before)).min();
            prop_assert!(nearest.is_some_and(|off| off <= 1), "{nearest:?}");
        }

        #[test]
        fn any_series_ends_and_its_changes_are_in_order(
            series in prop::collection::vec(any::<f64>(), 0..40),
        ) {
            let changes = places(&series);
            prop_assert!(changes.windows(2).all(|w| w[1] - w[0] >= FEWEST_POINTS));
            prop_assert!(changes.iter().all(|at| (FEWEST_POINTS..=series.len() - FEWEST_POINTS).contains(at)));
        }

        #[test]
        fn scale_and_place_do_not_matter(seed in any::<u64>(), n in 6_usize..40, step in 0.0_f64..8.0) {
            let mut series = noise(seed, n);
            series[n / 2..].iter_mut().for_each(|v| *v += step);
            let scaled: Vec<f64> = series.iter().map(|v| 16.0 - 4.0 * v).collect();
            prop_assert_eq!(places(&series), places(&scaled));
        }
    }
}
