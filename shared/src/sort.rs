//! Sorting in little code.

use std::cmp::Ordering;

/// Sorts by a rule; equal items keep their order. A bottom-up merge sort: the standard library's sorts are faster by
/// half, but six kilobytes of the site's download for each type of item and each rule.
pub fn sort_by<T: Copy>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut merged = items.to_vec();
    let mut width = 1;
    while width < items.len() {
        for start in (0..items.len()).step_by(2 * width) {
            let middle = (start + width).min(items.len());
            let end = (start + 2 * width).min(items.len());
            let (mut left, mut right) = (start, middle);
            for place in &mut merged[start..end] {
                let takes_right = left == middle
                    || (right < end && compare(&items[right], &items[left]) == Ordering::Less);
                let next = if takes_right { &mut right } else { &mut left };
                *place = items[*next];
                *next += 1;
            }
        }
        items.copy_from_slice(&merged);
        width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::sort_by;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(
            mut items in prop::collection::vec((0_u8..20, any::<u16>()), 0..70),
        ) {
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            sort_by(&mut items, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(items, expected);
        }
    }

    #[test]
    fn undefined_figures_have_a_place() {
        let mut items = [2.0, f64::NAN, -1.0, f64::INFINITY];
        sort_by(&mut items, f64::total_cmp);
        assert_eq!(items[..3], [-1.0, 2.0, f64::INFINITY]);
    }
}
