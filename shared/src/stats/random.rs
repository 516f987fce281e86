//! Random numbers for resampling: the same everywhere from one seed, small, and of no use for secrets.

/// SplitMix64. Source: Steele, Lea & Flood (2014), Fast Splittable Pseudorandom Number Generators, OOPSLA, 453–472.
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    /// Starts a sequence.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `0..bound`: the high half of a product. A few numbers are likelier than others, by less than
    /// bound / 2³², which no number of resamples could show. Source: Lemire (2019), Fast Random Integer Generation in
    /// an Interval, ACM Transactions on Modeling and Computer Simulation 29(1).
    pub(super) const fn below(&mut self, bound: usize) -> usize {
        (((self.next() >> 32) * bound as u64) >> 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first numbers from the seed 1234567, as the reference implementation in C prints them.
        let mut random = SplitMix64::new(1_234_567);
        let numbers = [random.next(), random.next(), random.next()];
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn numbers_below_a_bound_are_about_equally_likely() {
        const BOUND: usize = 7;
        const DRAWS: u32 = 70_000;
        let mut random = SplitMix64::new(5);
        let mut counts = [0_u32; BOUND];
        for _ in 0..DRAWS {
            counts[random.below(BOUND)] += 1;
        }
        // Four standard deviations of a count of 10,000.
        assert!(
            counts.iter().all(|c| c.abs_diff(10_000) < 380),
            "{counts:?}"
        );
        assert_eq!(random.below(1), 0);
    }
}
