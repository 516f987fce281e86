//! Random numbers that follow from the run's seed alone.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A generator of its own for each purpose, so that one more draw in one place changes nothing elsewhere.
pub(crate) fn seeded(purpose: &str, seed: u64) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(purpose.as_bytes());
    ChaCha8Rng::from_seed(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn purpose_and_seed_each_give_other_numbers() {
        let first = |purpose, seed| seeded(purpose, seed).next_u64();
        assert_eq!(first("plan", 1), first("plan", 1));
        assert_ne!(first("plan", 1), first("plan", 2));
        assert_ne!(first("plan", 1), first("order", 1));
    }
}
