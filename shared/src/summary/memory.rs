//! What a scenario's memory profile says, in two sentences.

use crate::estimate::estimate;
use crate::metric::{Metric, Plain};
use crate::report::Scenario;
use crate::units::{format_count, format_things, significant};

/// What a cached entry and a save take of memory; none where the scenario did not profile it.
#[must_use]
pub fn memory(scenario: &Scenario) -> Option<String> {
    let profile = scenario.memory_profile.as_ref()?;
    let figure = |plain| {
        Some(
            estimate(Metric::Plain(plain), scenario)
                .ok()?
                .candidate?
                .value,
        )
    };
    let bytes = |plain| {
        Some(format_things(
            figure(plain)?.round() as u64,
            "byte",
            "bytes",
        ))
    };
    let count = |plain| Some(format_count(figure(plain)?.round() as u64));
    let left = profile.saves.iter().map(|s| s.left_bytes).max();
    let left = match left.filter(|bytes| *bytes > 0) {
        Some(bytes) => format!(
            "; {} of it stay behind",
            format_things(bytes, "byte", "bytes")
        ),
        None => "; nothing stays behind".to_owned(),
    };
    Some(format!(
        "A cached entry takes {} ({} to {} while the cache grows to {} entries). A save allocates {} times the size of its state \
         in serializing it, {} in hashing and {} in handing it over to be committed{left}.",
        bytes(Plain::EntryMemory)?,
        count(Plain::LeastEntryMemory)?,
        count(Plain::MostEntryMemory)?,
        format_count(profile.capacity),
        significant(figure(Plain::SerializeMemory)?, 3, 2),
        bytes(Plain::HashMemory)?,
        bytes(Plain::CopyMemory)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Synthetic, memory_profile, spaced};

    #[test]
    fn a_profile_is_told_in_two_sentences() {
        let mut scenario = Synthetic::default().scenario();
        assert_eq!(memory(&scenario), None);
        let mut profile = memory_profile();
        scenario.memory_profile = Some(profile.clone());
        let clean = memory(&scenario).unwrap();
        profile.saves[1].left_bytes = 48;
        scenario.memory_profile = Some(profile);
        let leaving = memory(&scenario).unwrap();
        insta::assert_snapshot!(spaced(&format!("{clean}\n{leaving}")));
    }
}
