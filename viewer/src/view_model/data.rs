//! The figures behind a chart: what its readout says, its table lists and its copy holds.

use std::fmt::Write as _;

use shared::arms::Arms;

/// What the first column counts; it decides which charts share a cursor, and how a row is found under the pointer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Across {
    /// Measured time, in units of so many seconds.
    Time(f64),
    /// Percentiles, drawn by their nines.
    Percentile,
    /// The figure that the horizontal axis shows.
    Value,
    /// Nothing that is drawn from left to right.
    Nothing,
}

impl Across {
    /// As the figure's attribute says it; `web/instruments.js` reads it.
    pub(crate) fn attribute(self) -> Option<String> {
        match self {
            Self::Time(seconds) => Some(format!("time {seconds}")),
            Self::Percentile => Some("percentile".to_owned()),
            Self::Value => Some("value".to_owned()),
            Self::Nothing => None,
        }
    }
}

/// A table as comma-separated values (RFC 4180, but for its line ends), units in the heading.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Data {
    pub(crate) across: Across,
    pub(crate) csv: String,
}

/// One cell of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Text(&'a str),
    /// With at least four significant digits; empty where it is no number.
    Number(f64),
}

impl Data {
    /// An empty table. A heading is a name and its unit, which may be empty.
    pub(crate) fn new(across: Across, heading: &[(&str, &str)]) -> Self {
        let mut data = Self {
            across,
            csv: String::new(),
        };
        for (i, (name, unit)) in heading.iter().enumerate() {
            data.separate(i);
            let name = match *unit {
                "" => (*name).to_owned(),
                unit => format!("{name} ({unit})"),
            };
            write_text(&mut data.csv, &name);
        }
        data
    }

    /// A table without cursor whose rows each have a name.
    pub(crate) fn named(heading: &[(&str, &str)]) -> Self {
        Self::new(Across::Nothing, heading)
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>]) {
        self.csv.push('\n');
        for (i, cell) in cells.iter().enumerate() {
            self.separate(i);
            match cell {
                Cell::Text(text) => write_text(&mut self.csv, text),
                Cell::Number(value) => write_number(&mut self.csv, *value, 1e3),
            }
        }
    }

    fn separate(&mut self, column: usize) {
        if column > 0 {
            self.csv.push(',');
        }
    }

    /// The lines of both arms, each rising in its first figure: a row for each place that one of them has.
    pub(crate) fn of_lines(
        across: Across,
        first: (&str, &str),
        labels: &Arms<String>,
        unit: &str,
        lines: &Arms<Vec<(f64, f64)>>,
    ) -> Self {
        let heading = [first, (&labels.baseline, unit), (&labels.candidate, unit)];
        let mut data = Self::new(across, &heading);
        let (mut b, mut c) = (
            lines.baseline.iter().peekable(),
            lines.candidate.iter().peekable(),
        );
        loop {
            let place = |point: Option<&&(f64, f64)>| point.map_or(f64::INFINITY, |(x, _)| *x);
            let at = place(b.peek()).min(place(c.peek()));
            if !at.is_finite() {
                return data;
            }
            data.csv.push('\n');
            write_number(&mut data.csv, at, 1e5);
            for line in [&mut b, &mut c] {
                data.csv.push(',');
                if let Some((_, value)) = line.next_if(|(x, _)| *x - at <= SAME_PLACE) {
                    write_number(&mut data.csv, *value, 1e3);
                }
            }
        }
    }
}

/// Points that lie no farther apart stand in one row.
const SAME_PLACE: f64 = 1e-9;

/// Quoted where RFC 4180 asks for it. What a spreadsheet would take for a formula is made a text: names come from reports.
fn write_text(out: &mut String, text: &str) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) {
        let _ = write!(out, "\"{guard}{}\"", text.replace('"', "\"\""));
    } else {
        let _ = write!(out, "{guard}{text}");
    }
}

/// The most decimals of a number.
const MOST_DECIMALS: usize = 6;

/// A number whose digits, the point taken off, come to at least `least`, where [`MOST_DECIMALS`] allow for it; zeros at its
/// end are left out. By whole numbers: a day's series are ten thousands of them.
fn write_number(out: &mut String, value: f64, least: f64) {
    if !value.is_finite() {
        return;
    }
    let (mut scaled, mut decimals, mut unit) = (value.abs(), 0, 1_u64);
    while decimals < MOST_DECIMALS && scaled < least {
        scaled *= 10.0;
        unit *= 10;
        decimals += 1;
    }
    let mut digits = scaled.round() as u64;
    while decimals > 0 && digits.is_multiple_of(10) {
        digits /= 10;
        unit /= 10;
        decimals -= 1;
    }
    let sign = if value < 0.0 && digits > 0 { "-" } else { "" };
    let _ = match decimals {
        0 => write!(out, "{sign}{digits}"),
        _ => write!(out, "{sign}{}.{:0decimals$}", digits / unit, digits % unit),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> String {
        let mut out = String::new();
        write_number(&mut out, value, 1e3);
        out
    }

    #[test]
    fn numbers_have_four_digits_at_least_and_no_needless_zeros() {
        let written = [
            0.0,
            1.0,
            -0.25,
            12.345_67,
            0.000_012_3,
            99.999_9,
            123_456.7,
            1e-9,
            -1e-9,
        ];
        let expected = [
            "0", "1", "-0.25", "12.35", "0.000012", "100", "123457", "0", "0",
        ];
        assert_eq!(written.map(number), expected);
        assert_eq!(number(f64::NAN) + &number(f64::INFINITY), "");
        assert_eq!(number(f64::MAX), u64::MAX.to_string());
    }

    #[test]
    fn names_of_reports_cannot_break_a_table_or_calculate() {
        let mut data = Data::named(&[("a,b", ""), ("say \"x\"", "ms"), ("=1+1", "")]);
        data.row(&[
            Cell::Text("two\nlines"),
            Cell::Number(1.5),
            Cell::Text("@sum"),
        ]);
        assert_eq!(
            data.csv,
            "\"a,b\",\"say \"\"x\"\" (ms)\",'=1+1\n\"two\nlines\",1.5,'@sum"
        );
    }

    #[test]
    fn lines_share_rows_where_they_share_places() {
        let labels = Arms {
            baseline: "Standard".to_owned(),
            candidate: "Optimized".to_owned(),
        };
        let lines = Arms {
            baseline: vec![(0.5, 1.0), (1.0, 2.0)],
            candidate: vec![(0.5, 3.0), (0.75, f64::NAN), (2.0, 4.0)],
        };
        let data = Data::of_lines(Across::Time(1.0), ("time", "s"), &labels, "ms", &lines);
        assert_eq!(
            data.csv,
            "time (s),Standard (ms),Optimized (ms)\n0.5,1,3\n0.75,,\n1,2,\n2,,4"
        );
    }
}
