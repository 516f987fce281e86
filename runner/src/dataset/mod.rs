//! The states that are saved: agent documents generated from a seed, and states of somebody's own.
//!
//! State `i` is a pure function of the seed and `i`, so an arm generates only what its plan uses, and both arms save
//! the same bytes. Sizes are known without generating. 1 KB is 1000 bytes.
//!
//! All states of a run share one range of numbers: generated ones begin at 0, imported ones at [`FIRST_IMPORTED`], and
//! those that a plan derives from others at [`FIRST_DERIVED`].

mod base;
mod compose;
mod import;
mod profile;
mod words;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use shared::report::{BytesRange, Dataset as Description};

pub(crate) use self::base::{Base, EDIT_BYTES, Edit, message};
pub(crate) use self::import::{Import, ImportError};
use self::profile::Profile;
use crate::plan::Checkpoint;
use crate::seeded::seeded;

/// Number of states where nothing else is asked for.
pub(crate) const DEFAULT_STATES: u32 = 10_000;

/// Number of the first imported state.
pub(crate) const FIRST_IMPORTED: u32 = 1 << 30;
/// Number of the first state that a plan derives from others.
pub(crate) const FIRST_DERIVED: u32 = 1 << 31;

/// Texts in a dataset's fingerprint: a change of how states are composed shows in any of them.
const FINGERPRINT_TEXTS: u32 = 8;
/// Digits of a dataset's fingerprint.
const FINGERPRINT_DIGITS: usize = 16;

/// States of about one size. Sizes within a band are log-uniform.
struct Band {
    name: &'static str,
    /// Smallest size, bytes.
    from: u32,
    /// Bytes; every state of the band is smaller.
    to: u32,
    /// Share of all states, percent.
    percent: u32,
}

/// The strategy's three size classes (§5.2), with what lies between them: agents and pipelines grow through all sizes.
const BANDS: [Band; 5] = [
    Band {
        name: "small_agent_state",
        from: 1_000,
        to: 5_000,
        percent: 45,
    },
    Band {
        name: "grown_agent_state",
        from: 5_000,
        to: 10_000,
        percent: 15,
    },
    Band {
        name: "medium_pipeline_state",
        from: 10_000,
        to: 50_000,
        percent: 34,
    },
    Band {
        name: "grown_pipeline_state",
        from: 50_000,
        to: 100_000,
        percent: 5,
    },
    Band {
        name: "large_execution_state",
        from: 100_000,
        to: 1_000_000,
        percent: 1,
    },
];

/// States numbered from 0, generated on demand, and those of a file where one was named.
#[derive(Debug, Clone)]
pub(crate) struct Dataset {
    /// Positioned before the first draw; each state uses the stream of its own number.
    rng: ChaCha8Rng,
    /// Size of each generated state, bytes.
    sizes: Vec<u32>,
    import: Option<Arc<Import>>,
}

impl Dataset {
    /// The first `count` states of a seed.
    pub(crate) fn new(seed: u64, count: u32) -> Self {
        let rng = seeded("dataset", seed);
        let sizes = (0..count)
            .map(|index| shape(&mut stream(&rng, index)).1)
            .collect();
        Self {
            rng,
            sizes,
            import: None,
        }
    }

    /// With the states of a file beside the generated ones.
    pub(crate) fn with(self, import: Option<Arc<Import>>) -> Self {
        Self { import, ..self }
    }

    /// The file's states, where there is one.
    pub(crate) fn import(&self) -> Option<&Arc<Import>> {
        self.import.as_ref()
    }

    /// The file that arms read too.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.import.as_deref().map(Import::file)
    }

    /// Number of generated states.
    pub(crate) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Size of a generated state, bytes; 0 beyond them.
    pub(crate) fn size(&self, index: u32) -> u64 {
        self.sizes
            .get(index as usize)
            .map_or(0, |size| u64::from(*size))
    }

    /// Numbers of the generated states whose size is within the range, ascending.
    pub(crate) fn states_of_size(&self, range: BytesRange) -> Vec<u32> {
        (0_u32..)
            .zip(&self.sizes)
            .filter(|(_, size)| (range.min..=range.max).contains(&u64::from(**size)))
            .map(|(index, _)| index)
            .collect()
    }

    /// The text of a state: a JSON object in canonical form (keys sorted, no white space), as long as its size says.
    /// Numbers beyond [`Self::len`] give the states that a larger dataset would have. From [`FIRST_IMPORTED`] on they are
    /// those of the file, and empty where it has none.
    pub(crate) fn state(&self, index: u32) -> Bytes {
        if let Some(number) = index.checked_sub(FIRST_IMPORTED) {
            let import = self.import.as_deref();
            return import
                .and_then(|i| i.state(number))
                .cloned()
                .unwrap_or_default();
        }
        let mut rng = stream(&self.rng, index);
        let (_, size) = shape(&mut rng);
        Bytes::from(compose::state(&mut rng, size as usize))
    }

    /// The digest of a state.
    pub(crate) fn hash(&self, index: u32) -> blake3::Hash {
        let number = index.checked_sub(FIRST_IMPORTED);
        let known = self.import.as_deref().zip(number);
        known
            .and_then(|(import, number)| import.hash(number))
            .unwrap_or_else(|| blake3::hash(&self.state(index)))
    }

    /// Tells datasets apart without generating all states: a digest of all sizes and of the first texts, and of the whole
    /// file where there is one.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for size in &self.sizes {
            hasher.update(&size.to_le_bytes());
        }
        for index in 0..FINGERPRINT_TEXTS.min(self.sizes.len() as u32) {
            hasher.update(&self.state(index));
        }
        if let Some(import) = &self.import {
            hasher.update(import.fingerprint().as_bytes());
        }
        let mut digits = hasher.finalize().to_hex().to_string();
        digits.truncate(FINGERPRINT_DIGITS);
        digits
    }

    /// Describes the dataset for the report: the file's states where there is one, else the generated ones. Generates every
    /// state: about a second for 10,000 of them. Each generated state's text is handed out, in order, since it is there.
    pub(crate) fn describe(&self, mut each: impl FnMut(&str)) -> Description {
        if let Some(import) = &self.import {
            return import.describe();
        }
        let mut profile = Profile::new(self.len() as u64);
        for index in 0..self.sizes.len() as u32 {
            let mut rng = stream(&self.rng, index);
            let (_, size) = shape(&mut rng);
            let text = compose::state(&mut rng, size as usize);
            profile.add(text.as_bytes());
            each(&text);
        }
        let checkpoint_types: BTreeMap<String, f64> = Checkpoint::ALL
            .iter()
            .map(|c| (c.as_str().to_owned(), f64::from(c.percent()) / 100.0))
            .collect();
        profile.describe("generated", checkpoint_types)
    }
}

fn stream(rng: &ChaCha8Rng, index: u32) -> ChaCha8Rng {
    let mut rng = rng.clone();
    rng.set_stream(u64::from(index));
    rng
}

/// Draws the band and the size in bytes: the first draws of every state.
fn shape(rng: &mut ChaCha8Rng) -> (usize, u32) {
    let mut percent = rng.random_range(0..100_u32);
    let mut band = 0;
    while percent >= BANDS[band].percent {
        percent -= BANDS[band].percent;
        band += 1;
    }
    (band, log_uniform(rng, BANDS[band].from, BANDS[band].to))
}

/// A size from `from` up to, not including, `to`, every ratio of sizes equally likely. Halves the interval at its
/// geometric mean: square roots are exact in IEEE 754, so every machine draws the same sizes, unlike with `powf`.
fn log_uniform(rng: &mut ChaCha8Rng, from: u32, to: u32) -> u32 {
    let (mut low, mut high) = (f64::from(from), f64::from(to));
    let bits = rng.next_u32();
    for bit in 0..u32::BITS {
        let middle = (low * high).sqrt();
        if bits >> bit & 1 == 0 {
            high = middle
        } else {
            low = middle
        }
    }
    (low as u32).clamp(from, to - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bands_cover_everything_once() {
        assert_eq!(BANDS.iter().map(|b| b.percent).sum::<u32>(), 100);
        assert!(BANDS.windows(2).all(|pair| pair[0].to == pair[1].from));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let described = Dataset::new(42, 60).describe(|_| {});
        assert_eq!(described, Dataset::new(42, 60).describe(|_| {}));
        insta::assert_snapshot!(described.blake3, @"bf49526bed2ce16753dc9814b4e97332cc3f49448c8a875f20f15dcd60ab7f29");
        assert_ne!(
            described.blake3,
            Dataset::new(43, 60).describe(|_| {}).blake3
        );
    }

    #[test]
    fn a_larger_dataset_begins_with_the_smaller_one() {
        let (small, large) = (Dataset::new(7, 5), Dataset::new(7, 50));
        for index in 0..5 {
            assert_eq!(small.state(index), large.state(index));
        }
        assert_eq!(small.state(49), large.state(49));
    }

    #[test]
    fn a_fingerprint_tells_datasets_apart() {
        let fingerprint = |seed, count| Dataset::new(seed, count).fingerprint();
        assert_eq!(fingerprint(7, 50), fingerprint(7, 50));
        assert_ne!(fingerprint(7, 50), fingerprint(8, 50));
        assert_ne!(fingerprint(7, 50), fingerprint(7, 51));
        assert_eq!(fingerprint(7, 0).len(), FINGERPRINT_DIGITS);
    }

    #[test]
    fn shares_of_the_bands_are_as_documented() {
        let dataset = Dataset::new(1, DEFAULT_STATES);
        for band in &BANDS {
            let range = BytesRange {
                min: u64::from(band.from),
                max: u64::from(band.to) - 1,
            };
            let share = dataset.states_of_size(range).len() as f64 / dataset.len() as f64 * 100.0;
            assert!(
                (share - f64::from(band.percent)).abs() < 1.5,
                "{}: {share} %",
                band.name
            );
        }
    }

    #[test]
    fn the_description_adds_up() {
        let dataset = Dataset::new(3, 300);
        let described = dataset.describe(|_| {});
        assert_eq!(described.states, 300);
        assert_eq!(
            described.size_classes.iter().map(|c| c.states).sum::<u64>(),
            300
        );
        assert_eq!(
            described.bytes,
            dataset.sizes.iter().map(|s| u64::from(*s)).sum::<u64>()
        );
        assert!((described.checkpoint_types.values().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_state_is_canonical_json_of_the_size_that_is_known(seed in any::<u64>(), index in 0_u32..400) {
            let dataset = Dataset::new(seed, index + 1);
            let text = dataset.state(index);
            prop_assert_eq!(text.len(), dataset.sizes[index as usize] as usize);
            let parsed: serde_json::Value = serde_json::from_slice(&text).unwrap();
            prop_assert!(parsed.is_object());
            prop_assert_eq!(serde_json::to_vec(&parsed).unwrap(), text.to_vec());
        }
    }
}
