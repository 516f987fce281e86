//! What a report says of a run's states: how many, how large, and a digest.

use std::collections::BTreeMap;

use shared::report::{Dataset as Description, SizeClass};

use super::BANDS;

/// States of an imported file may lie below and above all bands.
const BELOW: &str = "smaller_state";
const ABOVE: &str = "larger_state";

/// Sizes and digest, state by state.
pub(super) struct Profile {
    hasher: blake3::Hasher,
    states: u64,
    /// Those below all bands, each band, those above.
    classes: Vec<SizeClass>,
}

impl Profile {
    /// Of so many states.
    pub(super) fn new(states: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&states.to_le_bytes());
        let names = [BELOW]
            .into_iter()
            .chain(BANDS.iter().map(|band| band.name))
            .chain([ABOVE]);
        let class = |name: &str| SizeClass {
            name: name.to_owned(),
            states: 0,
            smallest_bytes: u64::MAX,
            largest_bytes: 0,
            bytes: 0,
        };
        Self {
            hasher,
            states,
            classes: names.map(class).collect(),
        }
    }

    /// The next state.
    pub(super) fn add(&mut self, text: &[u8]) {
        let bytes = text.len() as u64;
        self.hasher.update(&bytes.to_le_bytes());
        self.hasher.update(text);
        // Bands have no gaps, so the number of those that begin at or below the size is its class; the last one ends.
        let begun = BANDS.iter().filter(|band| u64::from(band.from) <= bytes);
        let ended = BANDS.iter().filter(|band| u64::from(band.to) <= bytes);
        let above = ended.count() == BANDS.len();
        let class = &mut self.classes[begun.count() + usize::from(above)];
        class.smallest_bytes = class.smallest_bytes.min(bytes);
        class.largest_bytes = class.largest_bytes.max(bytes);
        class.states += 1;
        class.bytes += bytes;
    }

    /// The description; `checkpoint_types` are shares of the saves.
    pub(super) fn describe(
        self,
        source: &str,
        checkpoint_types: BTreeMap<String, f64>,
    ) -> Description {
        Description {
            source: source.to_owned(),
            states: self.states,
            bytes: self.classes.iter().map(|class| class.bytes).sum(),
            blake3: self.hasher.finalize().to_hex().to_string(),
            size_classes: self
                .classes
                .into_iter()
                .filter(|class| class.states > 0)
                .collect(),
            checkpoint_types,
        }
    }
}
