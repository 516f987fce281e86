//! Histograms of other tools beside each other: what their files tell, and what they do not.

use shared::histogram::{Histogram, PercentileFile, Tagged};
use shared::units::{THIN, format_count, format_things, format_time, significant};

use super::chart::Chart;
use super::latency::curve;
use crate::charts::curves::{MOST, curves_chart};

/// Units that values may have: name, and nanoseconds of one.
pub(crate) const UNITS: [(&str, u64); 4] = [
    ("nanoseconds", 1),
    ("microseconds", 1_000),
    ("milliseconds", 1_000_000),
    ("seconds", 1_000_000_000),
];
/// Letters of a name that a chart has room for.
const LETTERS: usize = 16;
/// Columns of the table after name and count.
const QUANTILES: [(&str, f64); 6] = [
    ("P50", 0.5),
    ("P90", 0.9),
    ("P95", 0.95),
    ("P99", 0.99),
    ("P99.9", 0.999),
    ("P99.99", 0.9999),
];

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// Intervals of a log.
    Log(Tagged),
    /// A percentile file.
    Percentiles(PercentileFile),
}

/// A histogram of another tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Foreign {
    /// The file's name, with the tag where there is one.
    pub(crate) name: String,
    pub(crate) content: Content,
}

/// The units, as indices into [`UNITS`], that logs and percentile files are read in: what their writers mostly use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Units {
    pub(crate) log: usize,
    pub(crate) percentiles: usize,
}

impl Default for Units {
    fn default() -> Self {
        Self {
            log: 0,
            percentiles: 2,
        }
    }
}

impl Foreign {
    fn unit(&self, units: Units) -> (&'static str, u64) {
        let index = match self.content {
            Content::Log(_) => units.log,
            Content::Percentiles(_) => units.percentiles,
        };
        UNITS.get(index).copied().unwrap_or(UNITS[0])
    }

    /// The histogram in nanoseconds.
    fn histogram(&self, units: Units) -> Histogram {
        let (_, unit) = self.unit(units);
        match &self.content {
            Content::Log(log) => log.histogram.times(unit),
            Content::Percentiles(file) => file.histogram(unit),
        }
    }

    fn told(&self, units: Units) -> String {
        let (unit, ns) = self.unit(units);
        match &self.content {
            Content::Log(log) => format!(
                "{} in {}{THIN}s, added up. The file does not say the unit of its values; read as {unit}.",
                format_things(log.intervals, "interval", "intervals"),
                significant(log.seconds, 3, 1),
            ),
            Content::Percentiles(file) => {
                let mean = file.mean.map_or_else(String::new, |mean| {
                    format!(" Mean {}.", format_time(mean * ns as f64))
                });
                format!(
                    "{} of values; a percentile between two of them is read as the upper one.{mean} The file does not say the unit of its values; read as {unit}.",
                    format_things(file.lines() as u64, "line", "lines"),
                )
            }
        }
    }
}

/// What the page shows of the files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    pub(crate) chart: Chart,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    /// Name, what the file tells and what it does not.
    pub(crate) told: Vec<(String, String)>,
}

/// Lays the histograms beside each other.
pub(crate) fn shown(files: &[Foreign], units: Units) -> Shown {
    let histograms: Vec<(&str, Histogram)> = files
        .iter()
        .map(|file| (file.name.as_str(), file.histogram(units)))
        .collect();
    let mut columns = vec!["File", "Values"];
    columns.extend(QUANTILES.map(|(name, _)| name));
    columns.push("Max");
    Shown {
        chart: chart(&histograms),
        columns,
        rows: histograms.iter().map(|(name, h)| row(name, h)).collect(),
        told: files
            .iter()
            .map(|file| (file.name.clone(), file.told(units)))
            .collect(),
    }
}

fn row(name: &str, histogram: &Histogram) -> Vec<String> {
    let mut cells = vec![name.to_owned(), format_count(histogram.count())];
    cells.extend(
        QUANTILES.map(|(_, q)| value(histogram, q).map_or_else(|| "–".to_owned(), format_time)),
    );
    let highest = histogram.max();
    cells.push(highest.map_or_else(|| "–".to_owned(), |ns| format_time(ns as f64)));
    cells
}

/// A percentile, where at least one value lies beyond it.
fn value(histogram: &Histogram, quantile: f64) -> Option<f64> {
    let beyond = histogram.count() as f64 * (1.0 - quantile);
    let ns = histogram.value_at_quantile(quantile)?;
    (beyond > 0.999_999).then_some(ns as f64)
}

fn chart(histograms: &[(&str, Histogram)]) -> Chart {
    let curves: Vec<_> = histograms
        .iter()
        .map(|(name, histogram)| curve(&short(name), histogram, 99.0))
        .collect();
    let title = title(histograms);
    let aria = format!("{title}. Percentile curves.");
    let Some(drawing) = curves_chart(&curves, &aria) else {
        return Chart::missing(&title, "Too few values for a curve.");
    };
    let rest = histograms.len().saturating_sub(MOST);
    let note = if rest > 0 {
        format!(
            "ms, log scale. The first {MOST} of {}; the table has all.",
            histograms.len()
        )
    } else {
        "ms, log scale. A curve ends where ten values lie beyond.".to_owned()
    };
    Chart {
        drawing: Some(drawing),
        ..Chart::missing(&title, &note)
    }
}

/// The finding: at P99 where all have it, else at the median.
fn title(histograms: &[(&str, Histogram)]) -> String {
    let at = |(name, quantile): (&'static str, f64)| {
        let mut values = Vec::new();
        for (file, histogram) in histograms {
            values.push((*file, value(histogram, quantile)?));
        }
        Some((name, values))
    };
    let Some((percentile, values)) = at(QUANTILES[3]).or_else(|| at(QUANTILES[0])) else {
        return "Too few values for a percentile".to_owned();
    };
    let lowest = values.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let highest = values.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    match lowest.zip(highest) {
        Some(((low, a), (high, b))) if a < b => format!(
            "{low} has the lowest {percentile}, {}; {high} the highest, {}",
            format_time(*a),
            format_time(*b)
        ),
        Some(((name, ns), _)) if values.len() == 1 => {
            format!("{percentile} of {name} is {}", format_time(*ns))
        }
        Some(((_, ns), _)) => format!("All have the same {percentile}, {}", format_time(*ns)),
        None => "Nothing to compare".to_owned(),
    }
}

fn short(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    name.chars().take(LETTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;
    use shared::histogram::read_percentile_file;

    fn log(name: &str, ns: u64) -> Foreign {
        Foreign {
            name: name.to_owned(),
            content: Content::Log(Tagged {
                tag: None,
                histogram: fixture::histogram((0..2000).map(|i| ns + i * 10)),
                intervals: 3,
                seconds: 30.0,
            }),
        }
    }

    #[test]
    fn the_title_names_the_lowest_and_the_highest() {
        let found = shown(
            &[log("a.hlog", 1_000_000), log("b.hlog", 5_000_000)],
            Units::default(),
        );
        assert_eq!(
            found.chart.title,
            "a.hlog has the lowest P99, 1.02\u{202f}ms; b.hlog the highest, 5.02\u{202f}ms"
        );
        let drawing = found.chart.drawing.unwrap();
        assert!(drawing.wide.contains("a.hlog") && drawing.wide.contains("b.hlog"));
        assert_eq!(found.rows[0][..2], ["a.hlog", "2\u{202f}000"]);
        // 0.2 of 2000 values lie beyond P99.99.
        assert_eq!(found.rows[0][7], "–");
        assert_eq!(
            found.told[0].1,
            "3 intervals in 30.0\u{202f}s, added up. The file does not say the unit of its values; read as nanoseconds."
        );
    }

    #[test]
    fn values_are_read_in_the_unit_that_is_chosen() {
        let text = "Value Percentile TotalCount\n1.5 0.5 50\n3.0 1.0 100\n#[Mean = 2.0, x]";
        let file = Foreign {
            name: "x.hgrm".to_owned(),
            content: Content::Percentiles(read_percentile_file(text).unwrap()),
        };
        let p50 = |percentiles| {
            let units = Units {
                percentiles,
                ..Units::default()
            };
            shown(std::slice::from_ref(&file), units).rows[0][2].clone()
        };
        assert_eq!(p50(1), "1.50\u{202f}µs");
        assert_eq!(p50(2), "1.50\u{202f}ms");
        let told = &shown(std::slice::from_ref(&file), Units::default()).told[0].1;
        assert!(
            told.contains("Mean 2.00\u{202f}ms") && told.contains("milliseconds"),
            "{told}"
        );
    }

    #[test]
    fn more_curves_than_have_room_are_told() {
        let files: Vec<Foreign> = (1..=9)
            .map(|i| log(&format!("{i}.hlog"), i * 1000))
            .collect();
        let found = shown(&files, Units::default());
        assert!(
            found.chart.note.contains("first 8 of 9"),
            "{}",
            found.chart.note
        );
        assert_eq!(found.rows.len(), 9);
    }

    #[test]
    fn a_file_of_one_value_has_no_curve_and_says_so() {
        let one = Foreign {
            name: "one".to_owned(),
            content: Content::Log(Tagged {
                histogram: fixture::histogram([5]),
                ..Tagged::default()
            }),
        };
        let found = shown(&[one], Units::default());
        assert_eq!(found.chart.drawing, None);
        assert_eq!(found.chart.note, "Too few values for a curve.");
    }
}
