//! A digest of all that an arm will be asked to save: two builds that agree on it measure the same thing.

use super::{Plan, PlannedBlock, PlannedSave};

/// Digits of a digest: enough to tell plans apart.
const DIGITS: usize = 32;

/// BLAKE3 over every save of the warm-up and of the blocks (of one pair or of all) in order: when, who, which state by
/// its `hash`, and what for. Hexadecimal.
pub(crate) fn digest(plan: &Plan, pair: Option<u32>, hash: impl Fn(u32) -> blake3::Hash) -> String {
    let mut hasher = blake3::Hasher::new();
    if let Some(imported) = plan.imported {
        hasher.update(imported.as_bytes());
    }
    hash_saves(&mut hasher, &plan.warm_up, &hash);
    let needed = |block: &&PlannedBlock| pair.is_none_or(|pair| block.pair == pair);
    for block in plan.blocks.iter().filter(needed) {
        hasher.update(&block.length_ns.to_le_bytes());
        hash_saves(&mut hasher, &block.saves, &hash);
    }
    let mut digits = hasher.finalize().to_hex().to_string();
    digits.truncate(DIGITS);
    digits
}

/// The states of the warm-up and of the blocks of one pair or of all; with repetitions.
pub(super) fn used_states(plan: &Plan, pair: Option<u32>) -> impl Iterator<Item = u32> {
    let needed = move |block: &&PlannedBlock| pair.is_none_or(|pair| block.pair == pair);
    let blocks = plan.blocks.iter().filter(needed).flat_map(|b| &b.saves);
    plan.warm_up.iter().chain(blocks).map(|save| save.state)
}

fn hash_saves(
    hasher: &mut blake3::Hasher,
    saves: &[PlannedSave],
    hash: &impl Fn(u32) -> blake3::Hash,
) {
    hasher.update(&(saves.len() as u64).to_le_bytes());
    for save in saves {
        hasher.update(&save.index.to_le_bytes());
        hasher.update(&save.at_ns.to_le_bytes());
        for number in [save.user, save.thread, save.run] {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(hash(save.state).as_bytes());
        for text in [
            save.class.as_str(),
            save.checkpoint.as_str(),
            save.agent_phase(),
        ] {
            hasher.update(text.as_bytes()).update(&[0]);
        }
        hasher.update(&[u8::from(save.recovery_point)]);
        if let Some(line) = save.line {
            hasher.update(&line.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::scenario::{Profile, load};

    #[test]
    fn a_digest_sees_seed_pair_and_states() {
        let mut spec = load("low-load")
            .unwrap()
            .resolve(Profile::Ci, None)
            .unwrap();
        spec.fresh_arms = true;
        let digest_of = |seed, pair, salt: u8| {
            let dataset = Dataset::new(seed, 500);
            let plan = Plan::new(&spec, seed, &dataset).unwrap();
            digest(&plan, pair, |state| {
                blake3::hash(&[&dataset.state(state)[..], &[salt]].concat())
            })
        };
        let first = digest_of(1, Some(0), 0);
        assert_eq!(first, digest_of(1, Some(0), 0));
        for other in [
            digest_of(2, Some(0), 0),
            digest_of(1, Some(1), 0),
            digest_of(1, None, 0),
            digest_of(1, Some(0), 1),
        ] {
            assert_ne!(first, other);
        }
    }
}
