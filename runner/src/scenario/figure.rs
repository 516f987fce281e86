//! Figures as people write them: `50 ms`, `10 KB`, `30 %`, `1000/min`, or a plain number in base units.

use serde::{Deserialize, Deserializer};

/// What a figure measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A plain number, which fits everywhere.
    None,
    /// Nanoseconds.
    Time,
    /// Bytes.
    Size,
    /// A share or a ratio; 1 is 100 %.
    Share,
    /// Events a second.
    Rate,
}

/// Spelling, what it measures, and how many base units it stands for. 1 KB is 1000 bytes.
const UNITS: [(&str, Unit, f64); 16] = [
    ("ns", Unit::Time, 1.0),
    ("us", Unit::Time, 1e3),
    ("µs", Unit::Time, 1e3),
    ("ms", Unit::Time, 1e6),
    ("s", Unit::Time, 1e9),
    ("min", Unit::Time, 60e9),
    ("h", Unit::Time, 3600e9),
    ("B", Unit::Size, 1.0),
    ("KB", Unit::Size, 1e3),
    ("MB", Unit::Size, 1e6),
    ("KiB", Unit::Size, 1024.0),
    ("MiB", Unit::Size, 1_048_576.0),
    ("%", Unit::Share, 0.01),
    ("/s", Unit::Rate, 1.0),
    ("/min", Unit::Rate, 1.0 / 60.0),
    ("/h", Unit::Rate, 1.0 / 3600.0),
];

impl Unit {
    /// How such a figure is written, for messages.
    pub(super) const fn examples(self) -> &'static str {
        match self {
            Self::None => "a plain number",
            Self::Time => "a time such as \"50 ms\", or nanoseconds",
            Self::Size => "a size such as \"10 KB\", or bytes",
            Self::Share => "a share such as \"30 %\", or 0.3",
            Self::Rate => "a rate such as \"1000/min\", or events a second",
        }
    }

    /// Name of the base unit, with a space before it.
    pub(super) const fn base(self) -> &'static str {
        match self {
            Self::None | Self::Share => "",
            Self::Time => " ns",
            Self::Size => " bytes",
            Self::Rate => " a second",
        }
    }
}

/// A finite number of base units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figure {
    pub(super) value: f64,
    /// The unit it was written with.
    pub(super) unit: Unit,
}

impl Figure {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text
            .find(|c: char| !(c.is_ascii_digit() || ".+-_".contains(c)))
            .unwrap_or(text.len());
        let (number, spelling) = (text[..digits].replace('_', ""), text[digits..].trim());
        let number: f64 = number.parse().map_err(|_| {
            format!("`{text}` is no figure: write a number and a unit, such as \"50 ms\"")
        })?;
        if spelling.is_empty() {
            return Ok(Self {
                value: number,
                unit: Unit::None,
            });
        }
        let known = UNITS.iter().find(|(known, _, _)| *known == spelling);
        let (_, unit, factor) = known.ok_or_else(|| {
            format!(
                "unknown unit `{spelling}`, known are {}",
                UNITS.map(|(known, _, _)| known).join(", ")
            )
        })?;
        // Dividing by 100, 60 or 3600 rounds once; multiplying by their inverse would round twice.
        let value = if *factor < 1.0 {
            number / (1.0 / factor).round()
        } else {
            number * factor
        };
        Ok(Self { value, unit: *unit })
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FigureVisitor)
    }
}

struct FigureVisitor;

impl serde::de::Visitor<'_> for FigureVisitor {
    type Value = Figure;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number, or text such as \"50 ms\", \"10 KB\", \"30 %\" or \"1000/min\"")
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Figure, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Figure, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Figure, E> {
        if !value.is_finite() {
            return Err(E::custom(format!("{value} is no finite number")));
        }
        Ok(Figure {
            value,
            unit: Unit::None,
        })
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Figure, E> {
        Figure::parse(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_base_units() {
        for (text, value, unit) in [
            ("50 ms", 50e6, Unit::Time),
            ("1s", 1e9, Unit::Time),
            ("24 h", 86_400e9, Unit::Time),
            ("10 KB", 10_000.0, Unit::Size),
            ("16 MiB", 16_777_216.0, Unit::Size),
            ("-30 %", -0.3, Unit::Share),
            ("0.1%", 0.001, Unit::Share),
            ("100/min", 100.0 / 60.0, Unit::Rate),
            ("1_000", 1_000.0, Unit::None),
        ] {
            assert_eq!(Figure::parse(text), Ok(Figure { value, unit }), "{text}");
        }
    }

    #[test]
    fn what_is_no_figure_says_what_would_be() {
        assert!(Figure::parse("fast").unwrap_err().contains("\"50 ms\""));
        assert!(Figure::parse("").unwrap_err().contains("is no figure"));
        assert!(
            Figure::parse("5 kb")
                .unwrap_err()
                .contains("unknown unit `kb`, known are ns")
        );
    }
}
