//! HdrHistogram's percentile files (`.hgrm`), as other tools write them: values over percentiles, as text or CSV.
//!
//! Source: `AbstractHistogram.outputPercentileDistribution` of the reference implementation. The file does not say what
//! unit its values have, and between two of its lines it knows no more than that the values lie there.

use super::interval_log::begin_of;
use super::{Bucket, Histogram};

/// Lines at most: HdrHistogram writes some hundred.
const MOST_ROWS: usize = 100_000;

/// Why a text is no percentile file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PercentileFault {
    /// There is no line that names the columns.
    #[error("no line names the columns Value, Percentile and TotalCount")]
    NoHeader,
    /// The columns are named, and nothing follows.
    #[error("it holds no values")]
    Empty,
    /// The last line does not hold all that the file says were counted.
    #[error("it ends early: {0} of the {1} values that it speaks of")]
    EndsEarly(u64, u64),
    /// A line that does not fit.
    #[error("line {line}: {problem}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: RowProblem,
    },
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// Not value, percentile and count.
    #[error("value, percentile and count are wanted; “{0}” is there")]
    Row(String),
    /// A value, percentile or count is below that of the line before.
    #[error("values, percentiles and counts have to rise; “{0}” is below the line before")]
    Falls(String),
    /// More lines than a histogram has percentiles.
    #[error("more than 100 000 lines of values")]
    TooMany,
}

/// A line: so many values are at most this.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    value: f64,
    percentile: f64,
    count: u64,
}

/// A percentile file.
#[derive(Debug, Clone, PartialEq)]
pub struct PercentileFile {
    rows: Vec<Row>,
    /// The mean, in the file's unit; absent where the file does not say it.
    pub mean: Option<f64>,
}

impl PercentileFile {
    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rows.last().map_or(0, |row| row.count)
    }

    /// How many lines of values the file has.
    #[must_use]
    pub const fn lines(&self) -> usize {
        self.rows.len()
    }

    /// The values as a histogram in nanoseconds, whose buckets are the file's lines. `unit` is the nanoseconds of its
    /// unit.
    #[must_use]
    pub fn histogram(&self, unit: u64) -> Histogram {
        let (mut below, mut counted) = (0, 0);
        let mut buckets: Vec<Bucket> = Vec::new();
        for row in &self.rows {
            let highest = (row.value * unit as f64).round() as u64;
            if row.count > counted {
                buckets.push(Bucket {
                    lowest: below,
                    highest,
                    count: row.count - counted,
                });
                counted = row.count;
            }
            below = highest;
        }
        Histogram::of_buckets(String::new(), buckets)
    }
}

/// Reads a percentile file. Text before its columns is left out, as load generators print some.
///
/// # Errors
/// [`PercentileFault`]; no text makes it panic, and it takes a few megabytes at most.
pub fn read_percentile_file(text: &str) -> Result<PercentileFile, PercentileFault> {
    let mut lines = text.lines().zip(1..);
    let is_header = |line: &str| line.contains("Value") && line.contains("TotalCount");
    lines
        .find(|(line, _)| is_header(line))
        .ok_or(PercentileFault::NoHeader)?;
    let mut rows: Vec<Row> = Vec::new();
    let (mut mean, mut total) = (None, None);
    let mut ended = false;
    for (text, line) in lines {
        let text = text.trim();
        if let Some(comment) = text.strip_prefix('#') {
            ended = true;
            mean = mean.or_else(|| named(comment, "Mean"));
            total = total.or_else(|| named(comment, "Total count"));
            continue;
        }
        if ended {
            break;
        }
        if text.is_empty() {
            continue;
        }
        let row =
            row(text, rows.last()).map_err(|problem| PercentileFault::Line { line, problem })?;
        if rows.len() == MOST_ROWS {
            let problem = RowProblem::TooMany;
            return Err(PercentileFault::Line { line, problem });
        }
        rows.push(row);
    }
    let counted = match rows.last() {
        Some(row) if row.count > 0 => row.count,
        _ => return Err(PercentileFault::Empty),
    };
    match total {
        Some(total) if total as u64 > counted => {
            Err(PercentileFault::EndsEarly(counted, total as u64))
        }
        _ => Ok(PercentileFile { rows, mean }),
    }
}

fn row(text: &str, before: Option<&Row>) -> Result<Row, RowProblem> {
    let is_csv = text.contains(',');
    let separator = |c: char| if is_csv { c == ',' } else { c.is_whitespace() };
    let mut fields = text
        .split(separator)
        .map(str::trim)
        .filter(|f| !f.is_empty());
    let mut next = || fields.next().unwrap_or_default();
    let read = (|| {
        let row = Row {
            value: next().parse().ok()?,
            percentile: next().parse().ok()?,
            count: next().parse().ok()?,
        };
        let fits =
            (0.0..f64::INFINITY).contains(&row.value) && (0.0..=1.0).contains(&row.percentile);
        fits.then_some(row)
    })();
    let row = read.ok_or_else(|| RowProblem::Row(begin_of(text)))?;
    let rises = before.is_none_or(|before| {
        before.value <= row.value
            && before.percentile <= row.percentile
            && before.count <= row.count
    });
    if rises {
        Ok(row)
    } else {
        Err(RowProblem::Falls(begin_of(text)))
    }
}

/// The number in `Mean    =      1.234,`.
fn named(comment: &str, name: &str) -> Option<f64> {
    let (_, rest) = comment.split_once(name)?;
    let value = rest.trim_start().strip_prefix('=')?;
    let end = value.find([',', ']']).unwrap_or(value.len());
    let number: f64 = value[..end].trim().parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "\
       Value     Percentile TotalCount 1/(1-Percentile)

       1.000 0.000000000000          1           1.00
       2.000 0.500000000000         50           2.00
       4.000 0.900000000000         90          10.00
      10.000 1.000000000000        100
#[Mean    =        2.500, StdDeviation   =        1.000]
#[Max     =       10.000, Total count    =          100]
#[Buckets =            1, SubBuckets     =         2048]
";

    #[test]
    fn its_lines_are_the_buckets_of_a_histogram() {
        let file = read_percentile_file(FILE).unwrap();
        assert_eq!((file.count(), file.lines(), file.mean), (100, 4, Some(2.5)));
        let histogram = file.histogram(1_000_000);
        assert_eq!(histogram.value_at_quantile(0.5), Some(2_000_000));
        assert_eq!(histogram.value_at_quantile(0.51), Some(4_000_000));
        assert_eq!(histogram.max(), Some(10_000_000));
        assert_eq!(histogram.count(), 100);
    }

    #[test]
    fn csv_and_the_output_of_a_load_generator_are_read_alike() {
        let csv: String = FILE
            .lines()
            .filter(|l| !l.starts_with('#'))
            .map(|l| l.split_whitespace().collect::<Vec<_>>().join(",") + "\n")
            .collect();
        let csv = csv.replace(
            "10.000,1.000000000000,100",
            "10.000,1.000000000000,100,Infinity",
        );
        let around = format!(
            "Running 1m test\n  Detailed Percentile spectrum:\n{FILE}----------\n  100 requests\n"
        );
        let read = read_percentile_file(FILE).unwrap();
        assert_eq!(read_percentile_file(&around).unwrap(), read);
        assert_eq!(read_percentile_file(&csv).unwrap().rows, read.rows);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let refused = |from: &str, to: &str| {
            read_percentile_file(&FILE.replacen(from, to, 1))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused("TotalCount", "Rank"),
            "no line names the columns Value, Percentile and TotalCount"
        );
        assert_eq!(
            refused("2.000 0.5", "NaN 0.5"),
            "line 4: value, percentile and count are wanted; “NaN 0.500000000000         50           ” is there"
        );
        assert_eq!(
            refused("2.000 0.500000000000         50", "-2 0.5 50"),
            "line 4: value, percentile and count are wanted; “-2 0.5 50           2.00” is there"
        );
        assert_eq!(
            refused("4.000 0.9", "0.1 0.9"),
            "line 5: values, percentiles and counts have to rise; “0.1 0.900000000000         90          1” is below the line before"
        );
        let cut = FILE.replacen("      10.000 1.000000000000        100\n", "", 1);
        assert_eq!(
            read_percentile_file(&cut).unwrap_err(),
            PercentileFault::EndsEarly(90, 100)
        );
        assert_eq!(
            read_percentile_file("Value Percentile TotalCount"),
            Err(PercentileFault::Empty)
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(Value Percentile TotalCount\n)?([0-9.,eE+-]|inf|NaN|#|Mean =|Total count =|[ \n\\]]|\\PC){0,300}") {
            if let Ok(file) = read_percentile_file(&text) {
                for unit in [1, 1_000_000_000] {
                    let histogram = file.histogram(unit);
                    prop_assert_eq!(histogram.count(), file.count());
                    prop_assert!(histogram.value_at_quantile(0.99).is_some());
                }
            }
        }

        #[test]
        fn percentiles_of_a_file_of_the_crate_are_those_of_the_recording(values in prop::collection::vec(1_u64..1_000_000_000, 1..300)) {
            let mut recording = hdrhistogram::Histogram::<u64>::new(3).unwrap();
            for value in &values { recording.record(*value).unwrap(); }
            let mut text = "Value Percentile TotalCount 1/(1-Percentile)\n".to_owned();
            let mut counted = 0;
            for step in recording.iter_quantiles(5) {
                counted += step.count_since_last_iteration();
                text += &format!("{} {} {counted}\n", step.value_iterated_to(), step.quantile());
            }
            let file = read_percentile_file(&text).unwrap();
            let histogram = file.histogram(1);
            for row in &file.rows {
                prop_assert_eq!(histogram.value_at_quantile((row.count as f64 - 0.5) / file.count() as f64), Some(row.value as u64));
            }
            prop_assert_eq!(histogram.max(), Some(recording.max()));
        }
    }
}
