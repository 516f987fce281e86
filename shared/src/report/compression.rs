//! How far a load is from what the strategy asks for, said wherever its numbers appear.

use super::Load;
use crate::units::{THIN, Unit, format_value, significant};

/// A load within this of the strategy's figure counts as equal: rounding of rates to whole operations.
const EQUAL_WITHIN: f64 = 0.01;

impl Load {
    /// How much faster than the strategy's rate saves are offered; 1 = as the strategy says.
    #[must_use]
    pub fn time_compression(&self) -> f64 {
        self.offered.operations_per_second / self.full.operations_per_second
    }

    /// The part of the strategy's length that was offered; 1 = as the strategy says.
    #[must_use]
    pub fn length_share(&self) -> f64 {
        self.offered.seconds / self.full.seconds
    }

    /// Whether rate and length are the strategy's own.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let equal = |ratio: f64| (ratio - 1.0).abs() <= EQUAL_WITHIN;
        equal(self.time_compression()) && (equal(self.length_share()) || self.length_share() > 1.0)
    }

    /// The label that belongs to every number of this load: "time compressed ×30, 18 s of 20 min"; absent in full.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        if self.is_full() {
            return None;
        }
        let mut parts = Vec::new();
        let compression = self.time_compression();
        if (compression - 1.0).abs() > EQUAL_WITHIN {
            parts.push(format!(
                "time compressed {}",
                format_value(compression, Unit::Factor)
            ));
        }
        if self.length_share() < 1.0 - EQUAL_WITHIN {
            parts.push(format!(
                "{} of {}",
                duration(self.offered.seconds),
                duration(self.full.seconds)
            ));
        }
        Some(parts.join(", "))
    }

    /// Why this load cannot settle what needs the real length.
    #[must_use]
    pub fn shortfall(&self) -> String {
        let compression = self.time_compression();
        let rate = if (compression - 1.0).abs() > EQUAL_WITHIN {
            format!(
                " at {} the real rate",
                format_value(compression, Unit::Factor)
            )
        } else {
            String::new()
        };
        format!(
            "{} measured{rate}, the strategy asks for {}",
            duration(self.offered.seconds),
            duration(self.full.seconds)
        )
    }
}

/// A length of time in the largest unit that keeps it above one.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 120.0 => (s, "s"),
        s if s < 7_200.0 => (s / 60.0, "min"),
        s => (s / 3_600.0, "h"),
    };
    format!("{}{THIN}{unit}", significant(value, 2, 0))
}

#[cfg(test)]
mod tests {
    use crate::report::{Arrivals, BytesRange, Load, LoadFigures};

    fn load(rate: f64, seconds: f64) -> Load {
        let figures = |rate: f64, seconds: f64| LoadFigures {
            operations_per_second: rate,
            operations: (rate * seconds) as u64,
            seconds,
        };
        Load {
            users: 50,
            full: figures(1000.0 / 60.0, 1200.0),
            offered: figures(rate, seconds),
            arrivals: Arrivals::Poisson,
            state_bytes: BytesRange {
                min: 1000,
                max: 50_000,
            },
            duplicate_share: 0.5,
            pattern: "mixed".into(),
            cache_entries: 1000,
            pairs: 10,
            looks: 1,
            fresh_arms: false,
            split: false,
            overload: false,
            warm_up_operations: 100,
        }
    }

    #[test]
    fn a_compressed_and_shortened_load_says_both() {
        let label = load(500.0, 20.0).label().unwrap().replace('\u{202f}', " ");
        assert_eq!(label, "time compressed ×30.0, 20 s of 20 min");
    }

    #[test]
    fn the_strategys_own_load_has_no_label() {
        assert_eq!(load(1000.0 / 60.0, 1200.0).label(), None);
        assert!(load(1000.0 / 60.0, 1200.0).is_full());
        assert!(!load(1000.0 / 60.0, 600.0).is_full());
    }
}
