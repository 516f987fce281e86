//! What was answered to each save, by its place in the plan: hundreds of thousands a second of a fast service.

use std::collections::BTreeMap;

use super::Answer;

/// Places that lie side by side. Answers come almost in the order of the plan, so most go where the last ones went.
const PAGE: u64 = 1024;

/// Answers by place.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers(BTreeMap<u64, Vec<Option<Answer>>>);

impl Answers {
    /// Notes an answer; a later one to the same save counts.
    pub(super) fn insert(&mut self, index: u64, answer: Answer) {
        let page = self
            .0
            .entry(index / PAGE)
            .or_insert_with(|| vec![None; PAGE as usize]);
        page[(index % PAGE) as usize] = Some(answer);
    }

    /// Whether there is an answer.
    pub(super) fn contains(&self, index: u64) -> bool {
        self.0
            .get(&(index / PAGE))
            .is_some_and(|page| page[(index % PAGE) as usize].is_some())
    }

    /// All answers, in the order of the plan.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Answer)> {
        self.0.iter().flat_map(|(number, page)| {
            let places = page.iter().enumerate();
            places
                .filter_map(move |(place, answer)| Some((number * PAGE + place as u64, (*answer)?)))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_sorted_map(answers: Vec<(u64, i64)>, asked: Vec<u64>) {
            let (mut paged, mut map) = (Answers::default(), BTreeMap::new());
            for (index, id) in answers {
                paged.insert(index, Answer::Written(id));
                map.insert(index, Answer::Written(id));
            }
            prop_assert!(paged.iter().eq(map.iter().map(|(index, answer)| (*index, *answer))));
            for index in asked.iter().chain(map.keys()) {
                prop_assert_eq!(paged.contains(*index), map.contains_key(index));
            }
        }
    }
}
