//! Finding the highest load that holds: widen until one load holds and a higher one does not, then halve between them.
//!
//! Between neighbours of a fixed ladder the answer would depend on where its rungs happen to stand; a bracket comes as
//! close as asked for, wherever the limit lies.

use std::ops::RangeInclusive;

/// A search ends with its bracket this narrow, highest that holds to lowest that does not: closer, one step's own
/// noise decides.
pub(super) const RESOLUTION: f64 = 1.05;
/// Factor between loads while nothing is known: twice what held is the largest overload that is offered.
const WIDE: f64 = 2.0;
/// Factor from a guess to each end of the first bracket. Its square, halved three times, is [`RESOLUTION`].
const NARROW: f64 = 1.2;
/// Steps after which a search ends whatever it knows: from 1 to 100 000 by doubling, and the halving.
pub(super) const MOST_STEPS: u32 = 24;

/// A search in progress.
#[derive(Debug, Clone)]
pub(super) struct Bracket {
    /// Loads that may be tried.
    limits: RangeInclusive<f64>,
    /// Whether loads are whole numbers.
    whole: bool,
    start: f64,
    /// Factor to the next load outside what was tried.
    reach: f64,
    /// The highest load that held.
    held: Option<f64>,
    /// The lowest load that did not hold.
    missed: Option<f64>,
    steps: u32,
}

impl Bracket {
    /// A search that knows nothing but where to begin.
    pub(super) fn from(start: f64, limits: RangeInclusive<f64>, whole: bool) -> Self {
        Self {
            start,
            limits,
            whole,
            reach: WIDE,
            held: None,
            missed: None,
            steps: 0,
        }
    }

    /// A search that expects the limit near `guess`; both ends are tried all the same, and widened if they do not hold.
    pub(super) fn around(guess: f64, limits: RangeInclusive<f64>, whole: bool) -> Self {
        Self {
            reach: NARROW * NARROW,
            ..Self::from(guess / NARROW, limits, whole)
        }
    }

    /// The load to try next; none at the end of the search.
    pub(super) fn next(&self) -> Option<f64> {
        if self.steps >= MOST_STEPS {
            return None;
        }
        let level = match (self.held, self.missed) {
            (None, None) => self.start,
            (Some(held), None) => held * self.reach,
            (None, Some(missed)) => missed / self.reach,
            (Some(held), Some(missed)) if missed / held <= RESOLUTION => return None,
            (Some(held), Some(missed)) => (held * missed).sqrt(),
        };
        let level = level.clamp(*self.limits.start(), *self.limits.end());
        let level = if self.whole { level.round() } else { level };
        // At a limit, or between neighbouring whole numbers.
        let known = self.held.is_some_and(|held| level <= held)
            || self.missed.is_some_and(|missed| level >= missed);
        (!known).then_some(level)
    }

    /// Takes in what came of [`Self::next`].
    pub(super) fn learn(&mut self, level: f64, held: bool) {
        self.steps += 1;
        let widened = self.held.is_some() || self.missed.is_some();
        if held {
            self.held = Some(level);
        } else {
            self.missed = Some(level);
        }
        if widened {
            self.reach = WIDE;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: RangeInclusive<f64> = 1.0..=100_000.0;

    /// Every load that was tried, with what came of it.
    fn search(mut bracket: Bracket, mut holds: impl FnMut(f64) -> bool) -> Vec<(f64, bool)> {
        let mut tried = Vec::new();
        while let Some(level) = bracket.next() {
            let held = holds(level);
            bracket.learn(level, held);
            tried.push((level, held));
        }
        tried
    }

    fn ends(tried: &[(f64, bool)]) -> (Option<f64>, Option<f64>) {
        let of = |wanted: bool| {
            let levels = tried.iter().filter(move |(_, held)| *held == wanted);
            levels.map(|(level, _)| *level)
        };
        (of(true).reduce(f64::max), of(false).reduce(f64::min))
    }

    proptest! {
        #[test]
        fn a_limit_is_enclosed_wherever_the_search_begins(
            limit in 1.0..90_000.0_f64, start in 1.0..100_000.0_f64, narrow: bool, whole: bool,
        ) {
            let begin = if narrow { Bracket::around } else { Bracket::from };
            let tried = search(begin(start, LIMITS, whole), |level| level <= limit);
            let (held, missed) = ends(&tried);
            let (held, missed) = (held.unwrap(), missed.unwrap());
            prop_assert!(held <= limit && limit < missed);
            prop_assert!(missed / held <= RESOLUTION || (whole && missed - held <= 1.0));
            prop_assert!(tried.len() < MOST_STEPS as usize);
        }

        #[test]
        fn no_load_is_more_than_twice_what_held(limit in 1.0..90_000.0_f64, start in 1.0..50.0_f64) {
            let mut held: Option<f64> = None;
            for (level, holds) in search(Bracket::from(start, LIMITS, false), |level| level <= limit) {
                prop_assert!(held.is_none_or(|held| level <= held * WIDE));
                held = if holds { Some(level) } else { held };
            }
        }

        #[test]
        fn chance_neither_keeps_a_search_going_nor_leads_it_astray(
            limit in 1.0..100_000.0_f64, guess in 1.0..100_000.0_f64, luck: [bool; 32], noise in 0.0..1.0_f64,
        ) {
            let mut luck = luck.into_iter();
            let tried = search(Bracket::around(guess, LIMITS, true), |level| {
                let near = (level / limit).ln().abs() < noise;
                if near { luck.next().unwrap() } else { level <= limit }
            });
            prop_assert!(tried.len() <= MOST_STEPS as usize);
            prop_assert!(tried.iter().all(|(level, _)| LIMITS.contains(level)));
            if let (Some(held), Some(missed)) = ends(&tried) {
                prop_assert!(held < missed);
            }
        }
    }

    #[test]
    fn a_good_guess_takes_five_steps() {
        let tried = search(Bracket::around(1_000.0, LIMITS, false), |level| {
            level <= 1_010.0
        });
        assert_eq!(tried.len(), 5, "{tried:?}");
    }

    #[test]
    fn what_lies_beyond_the_limits_ends_the_search() {
        let endless = search(Bracket::from(500.0, LIMITS, false), |_| true);
        assert_eq!(endless.last(), Some(&(100_000.0, true)));
        let hopeless = search(Bracket::from(500.0, LIMITS, true), |_| false);
        assert_eq!(hopeless.last(), Some(&(1.0, false)));
    }
}
