//! The planned instants of a block.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use shared::report::Arrivals;

/// `count` instants in ascending order, nanoseconds, all below `length_ns`.
pub(super) fn instants(
    rng: &mut ChaCha8Rng,
    arrivals: Arrivals,
    count: usize,
    length_ns: u64,
) -> Vec<u64> {
    match arrivals {
        // Given their number, the instants of a Poisson process are independent and uniform over the interval
        // (Ross, Introduction to Probability Models, §5.3), so both arms and all blocks get the planned count.
        Arrivals::Poisson => {
            let mut instants: Vec<u64> = (0..count)
                .map(|_| rng.random_range(0..length_ns.max(1)))
                .collect();
            instants.sort_unstable();
            instants
        }
        Arrivals::Uniform => {
            let gap = length_ns as f64 / count as f64;
            (0..count).map(|n| (n as f64 * gap) as u64).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::seeded;

    #[test]
    fn uniform_instants_have_equal_gaps() {
        let instants = instants(&mut seeded("test", 1), Arrivals::Uniform, 4, 1_000);
        assert_eq!(instants, [0, 250, 500, 750]);
    }

    /// Gaps of a Poisson process are exponential: standard deviation equal to the mean, a share of 1/e above it.
    #[test]
    fn poisson_gaps_are_exponential() {
        let count = 50_000;
        let instants = instants(
            &mut seeded("test", 1),
            Arrivals::Poisson,
            count,
            count as u64 * 1_000_000,
        );
        let gaps: Vec<f64> = instants
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64 / 1e6)
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let deviation =
            (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
        let above = gaps.iter().filter(|gap| **gap > mean).count() as f64 / gaps.len() as f64;
        assert!(
            (mean - 1.0).abs() < 0.01 && (deviation - 1.0).abs() < 0.03,
            "{mean} ± {deviation}"
        );
        assert!((above - (-1.0_f64).exp()).abs() < 0.01, "{above}");
    }
}
