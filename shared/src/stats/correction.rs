//! Keeping false alarms at 5 % when many things are looked at, or one thing many times.

use super::CONFIDENCE;
use crate::sort::sort_by;

/// Nominal levels for 1 to 10 planned looks at 5 % in all. Source: Pocock (1977), Group sequential methods in the design
/// and analysis of clinical trials, Biometrika 64(2), table 1.
const POCOCK: [f64; 10] = [
    0.05, 0.0294, 0.0221, 0.0182, 0.0158, 0.0142, 0.0130, 0.0120, 0.0112, 0.0106,
];

/// The two-sided level of each of so many planned looks, so that all of them together raise a false alarm in 5 % at most.
/// Beyond the table, the 5 % are divided by the looks (Bonferroni), which is stricter than needed.
#[must_use]
pub fn pocock_level(looks: u32) -> f64 {
    let tabled = POCOCK.get((looks.max(1) - 1) as usize);
    tabled
        .copied()
        .unwrap_or((1.0 - CONFIDENCE) / f64::from(looks))
}

/// The p-values of a family, each raised so far that holding it against a level keeps the chance of any false alarm in
/// the family below that level. In the order of the input; a p-value that is no number counts as 1.
/// Source: Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6(2).
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let raw = |i: usize| {
        if p_values[i].is_nan() {
            1.0
        } else {
            p_values[i]
        }
    };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    sort_by(&mut order, |a, b| raw(*a).total_cmp(&raw(*b)));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut highest = 0.0_f64;
    for (place, i) in order.iter().enumerate() {
        highest = highest.max((p_values.len() - place) as f64 * raw(*i));
        adjusted[*i] = highest.min(1.0);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::signed_rank;
    use crate::testing::normal;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn more_looks_are_stricter() {
        let levels: Vec<f64> = (1..=20).map(pocock_level).collect();
        assert_eq!(levels[..3], [0.05, 0.0294, 0.0221]);
        assert!(levels.is_sorted_by(|a, b| a > b), "{levels:?}");
        assert_eq!(pocock_level(0), 0.05);
    }

    /// Share of services compared with themselves that a look after 10, 20 or 30 pairs calls changed.
    fn false_alarms(level: f64) -> f64 {
        const RUNS: u64 = 4_000;
        let alarms = (0..RUNS).filter(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(*seed);
            let ratios: Vec<f64> = (0..30).map(|_| normal(&mut rng)).collect();
            let alarm = |pairs: &usize| signed_rank(&ratios[..*pairs]).is_some_and(|p| p < level);
            [10, 20, 30].iter().any(alarm)
        });
        alarms.count() as f64 / RUNS as f64
    }

    #[test]
    fn planned_looks_keep_false_alarms_at_five_percent_in_all() {
        let (kept, naive) = (false_alarms(pocock_level(3)), false_alarms(0.05));
        assert!(kept <= 0.06, "{kept}");
        assert!(naive > 0.08, "{naive}");
    }

    #[test]
    fn holms_own_example() {
        // Holm's steps by hand: 4 × 0.005, 3 × 0.01 and then nothing below what came before.
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (actual, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((actual - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert_eq!(holm(&[]), Vec::<f64>::new());
        assert_eq!(holm(&[f64::NAN, 0.01]), [1.0, 0.02]);
    }

    proptest! {
        #[test]
        fn adjusted_values_keep_the_order_and_never_fall(
            p in prop::collection::vec(0.0_f64..=1.0, 0..12)
        ) {
            let adjusted = holm(&p);
            for (i, a) in adjusted.iter().enumerate() {
                prop_assert!(*a >= p[i] && *a <= 1.0);
                for (j, b) in adjusted.iter().enumerate() {
                    prop_assert!(p[i] > p[j] || a <= b, "{p:?} {adjusted:?}");
                }
            }
        }
    }
}
