//! Tests by ranks, which need no distribution to be assumed.

use super::normal::below;
use crate::sort::sort_by;

/// Up to so many differences without ties the exact distribution is used, beyond it the normal one; SciPy's rule.
const EXACT_DIFFERENCES: usize = 50;
/// The exact distribution is used where the smaller of two samples has at most so many values and there are no ties;
/// SciPy's rule.
const EXACT_SAMPLE: usize = 8;

/// Two-sided p-value of Wilcoxon's signed-rank test that differences (log ratios of pairs) lie evenly around zero.
/// Differences of zero are left out; where all are, nothing differs and p is 1. Absent where there is no difference.
/// Source: Wilcoxon (1945), Biometrics Bulletin 1(6); Pratt & Gibbons (1981), §3.7 for ties; figures as by
/// `scipy.stats.wilcoxon(zero_method="wilcox", correction=False)`.
#[must_use]
pub fn signed_rank(differences: &[f64]) -> Option<f64> {
    let finite = differences.iter().filter(|d| d.is_finite());
    let count = finite.clone().count();
    let differing: Vec<f64> = finite.filter(|d| **d != 0.0).copied().collect();
    if differing.is_empty() {
        return (count > 0).then_some(1.0);
    }
    let sizes: Vec<f64> = differing.iter().map(|d| d.abs()).collect();
    let Ranks { ranks, ties } = Ranks::of(&sizes);
    let positive: f64 = ranks
        .iter()
        .zip(&differing)
        .filter(|(_, d)| **d > 0.0)
        .map(|(rank, _)| rank)
        .sum();
    let n = differing.len();
    if n <= EXACT_DIFFERENCES && ties == 0.0 {
        return Some(two_sided(&subset_sums(n), positive as usize));
    }
    let n = n as f64;
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    Some(two_sided_normal((positive - mean).abs() / variance.sqrt()))
}

/// Two-sided p-value of the rank-sum test (Mann & Whitney's U) that neither of two samples tends to be larger. Absent
/// where one is empty. Source: Mann & Whitney (1947), Annals of Mathematical Statistics 18(1); figures as by
/// `scipy.stats.mannwhitneyu(method="auto", use_continuity=True)`.
#[must_use]
pub fn rank_sum(first: &[f64], second: &[f64]) -> Option<f64> {
    let of =
        |values: &[f64]| -> Vec<f64> { values.iter().copied().filter(|v| v.is_finite()).collect() };
    let (mut all, second) = (of(first), of(second));
    let (m, n) = (all.len(), second.len());
    if m == 0 || n == 0 {
        return None;
    }
    all.extend(second);
    let Ranks { ranks, ties } = Ranks::of(&all);
    // Either sample may be counted: the smaller one is quicker.
    let counted = if m <= n { &ranks[..m] } else { &ranks[m..] };
    let k = counted.len();
    let smallest = (k * (k + 1)) as f64 / 2.0;
    let u = counted.iter().sum::<f64>() - smallest;
    if k <= EXACT_SAMPLE && ties == 0.0 {
        return Some(two_sided(&sized_subset_sums(m + n, k), u as usize));
    }
    let (m, n) = (m as f64, n as f64);
    let total = m + n;
    let variance = m * n / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    let distance = (u - m * n / 2.0).abs() - CONTINUITY;
    Some(two_sided_normal(distance / variance.sqrt()))
}

/// Half a step of a statistic that takes whole values, approximated by one that takes all.
const CONTINUITY: f64 = 0.5;

struct Ranks {
    /// From 1, in the order of the values; equal values share the mean of their ranks.
    ranks: Vec<f64>,
    /// Sum of t³ − t over the groups of t equal values.
    ties: f64,
}

impl Ranks {
    fn of(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        sort_by(&mut order, |a, b| values[*a].total_cmp(&values[*b]));
        let mut ranks = vec![0.0; values.len()];
        let mut ties = 0.0;
        let mut before = 0;
        for group in order.chunk_by(|a, b| values[*a] == values[*b]) {
            let size = group.len() as f64;
            for i in group {
                ranks[*i] = before as f64 + (size + 1.0) / 2.0;
            }
            ties += size * size * size - size;
            before += group.len();
        }
        Self { ranks, ties }
    }
}

/// For each sum, how many subsets of 1, 2, … n have it.
fn subset_sums(n: usize) -> Vec<f64> {
    let mut ways = vec![0.0; n * (n + 1) / 2 + 1];
    ways[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..ways.len()).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    ways
}

/// For each sum above the smallest possible one, how many subsets of k of 1, 2, … n have it.
fn sized_subset_sums(n: usize, k: usize) -> Vec<f64> {
    let sums = k * (n - k) + 1;
    // Lowered by the smallest sum of its size, so that the rank-th number adds `rank - size` to a subset of that size.
    let mut ways = vec![vec![0.0; sums]; k + 1];
    ways[0][0] = 1.0;
    for rank in 1..=n {
        for size in (1..=k.min(rank)).rev() {
            let (smaller, same) = ways.split_at_mut(size);
            let added = rank - size;
            for (sum, more) in same[0].iter_mut().skip(added).zip(&smaller[size - 1]) {
                *sum += more;
            }
        }
    }
    ways.swap_remove(k)
}

/// Twice the smaller tail of a statistic whose every value can come about in so many ways.
fn two_sided(ways: &[f64], observed: usize) -> f64 {
    let total: f64 = ways.iter().sum();
    let below: f64 = ways.iter().take(observed + 1).sum();
    let above: f64 = ways.iter().skip(observed).sum();
    (2.0 * below.min(above) / total).min(1.0)
}

fn two_sided_normal(distance: f64) -> f64 {
    // Not a number where all values are the same: nothing differs.
    if distance > 0.0 {
        2.0 * below(-distance)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exact_figures_are_those_of_counting() {
        // All of n differences positive: 2 of 2ⁿ arrangements are as extreme.
        let p = signed_rank(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((p - 2.0 / 32.0).abs() < 1e-15, "{p}");
        // Two of two below all of three: 2 of 10 arrangements.
        let p = rank_sum(&[1.0, 2.0], &[3.0, 4.0, 5.0]).unwrap();
        assert!((p - 0.2).abs() < 1e-15, "{p}");
    }

    #[test]
    fn nothing_differs_where_all_is_equal() {
        assert_eq!(signed_rank(&[0.0; 6]), Some(1.0));
        assert_eq!(rank_sum(&[1.0; 9], &[1.0; 9]), Some(1.0));
        assert_eq!(signed_rank(&[]), None);
        assert_eq!(signed_rank(&[f64::NAN, f64::NEG_INFINITY]), None);
        assert_eq!(rank_sum(&[], &[1.0]), None);
    }

    #[test]
    fn the_same_change_in_each_pair_is_significant() {
        let p = signed_rank(&[0.1; 10]).unwrap();
        assert!((p - 0.001_565).abs() < 1e-5, "{p}");
    }

    proptest! {
        #[test]
        fn signs_and_sides_may_be_swapped(
            a in prop::collection::vec(-3_i32..4, 1..30),
            b in prop::collection::vec(-3_i32..4, 1..30),
        ) {
            let of = |values: &[i32], sign: f64| -> Vec<f64> {
                values.iter().map(|v| sign * f64::from(*v)).collect()
            };
            let (plus, minus) = (of(&a, 1.0), of(&a, -1.0));
            let (p, q) = (signed_rank(&plus).unwrap(), signed_rank(&minus).unwrap());
            prop_assert!((p - q).abs() < 1e-12 && (0.0..=1.0).contains(&p));
            let b = of(&b, 1.0);
            let (p, q) = (rank_sum(&plus, &b).unwrap(), rank_sum(&b, &plus).unwrap());
            prop_assert!((p - q).abs() < 1e-12 && (0.0..=1.0).contains(&p));
        }

        #[test]
        fn all_arrangements_are_counted_once(n in 1_usize..16, k in 1_usize..8) {
            let k = k.min(n);
            prop_assert_eq!(subset_sums(n).iter().sum::<f64>(), 2_f64.powi(n as i32));
            let choose = (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64);
            let counted: f64 = sized_subset_sums(n, k).iter().sum();
            prop_assert!((counted - choose).abs() < 1e-6, "{} {}", counted, choose);
        }
    }
}
