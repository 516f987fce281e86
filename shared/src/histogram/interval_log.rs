//! HdrHistogram's interval logs (`.hlog`), as other tools write them: a histogram per interval, each perhaps with a tag.
//!
//! Source: `HistogramLogWriter` and `HistogramLogReader` of the reference implementation, versions 1.0 to 1.3 of the
//! format, as far as the histograms in it are of the V2 encoding. The log does not say what unit its values have.

use super::{Bucket, Histogram, HistogramError, decode};

/// The newest version of the format that is read: 1.3.
const NEWEST_MINOR: u32 = 3;
/// Tags of a log at most, and so curves.
const MOST_TAGS: usize = 100;
/// Buckets that wait to be merged.
const MERGE_AT: usize = 200_000;
/// Different buckets of a merged histogram at most: sixteen times those of the widest one of 3 digits.
const MOST_BUCKETS: usize = 1_000_000;
/// Letters of a text that a message repeats.
const REPEATED: usize = 40;

/// Why a line is no part of an interval log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LogFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: LogProblem,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogProblem {
    /// Written by a newer tool.
    #[error("log format {0} is newer than 1.3, the newest that is read")]
    Newer(String),
    /// Not start, length, maximum and histogram.
    #[error("start, length, maximum and histogram are wanted; {0} of these fields are there")]
    Fields(usize),
    /// A time that is none.
    #[error("“{0}” is no time in seconds")]
    Time(String),
    /// The histogram cannot be read.
    #[error("the histogram {0}")]
    Histogram(#[from] HistogramError),
    /// More tags than curves can be told apart.
    #[error("more than 100 different tags")]
    Tags,
    /// More different values than a histogram has room for.
    #[error("more than a million different buckets")]
    Buckets,
    /// Nothing in it.
    #[error("the file ends without an interval")]
    Empty,
}

/// A log: its intervals, added up by tag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntervalLog {
    /// One per tag, in the order in which they first appear.
    pub tagged: Vec<Tagged>,
}

/// All intervals of a tag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tagged {
    /// The tag; absent for intervals without one.
    pub tag: Option<String>,
    /// Their values together, in the unit of the log.
    pub histogram: Histogram,
    /// How many intervals.
    pub intervals: u64,
    /// How long they are together, seconds.
    pub seconds: f64,
}

/// Reads a log line by line, so that a long one can be read in slices.
#[derive(Debug, Default)]
pub struct IntervalLogReader {
    lines: usize,
    log: IntervalLog,
    /// Buckets of each tag that are not merged yet.
    waiting: Vec<Vec<Bucket>>,
}

impl IntervalLogReader {
    /// Takes the next line.
    ///
    /// # Errors
    /// [`LogFault`]; no line makes it panic, and together they take at most some hundred megabytes.
    pub fn line(&mut self, text: &str) -> Result<(), LogFault> {
        self.lines += 1;
        self.read(text.trim())
            .map_err(|problem| self.fault(problem))
    }

    /// What the lines come to.
    ///
    /// # Errors
    /// [`LogProblem::Empty`] where none of them was an interval.
    pub fn finish(mut self) -> Result<IntervalLog, LogFault> {
        for index in 0..self.waiting.len() {
            self.merge(index).map_err(|problem| self.fault(problem))?;
        }
        if self.log.tagged.is_empty() {
            return Err(self.fault(LogProblem::Empty));
        }
        Ok(self.log)
    }

    fn fault(&self, problem: LogProblem) -> LogFault {
        LogFault {
            line: self.lines.max(1),
            problem,
        }
    }

    fn read(&mut self, line: &str) -> Result<(), LogProblem> {
        if let Some(comment) = line.strip_prefix('#') {
            return Self::comment(comment);
        }
        // The names of the columns.
        if line.is_empty() || line.starts_with('"') {
            return Ok(());
        }
        let (tag, rest) = match line.strip_prefix("Tag=").and_then(|l| l.split_once(',')) {
            Some((tag, rest)) => (Some(tag), rest),
            None => (None, line),
        };
        let fields: Vec<&str> = rest.splitn(4, ',').map(str::trim).collect();
        let [start, length, maximum, histogram] = fields.as_slice() else {
            return Err(LogProblem::Fields(fields.len()));
        };
        seconds(start)?;
        seconds(maximum)?;
        let length = seconds(length)?;
        self.interval(tag, length, decode::foreign_buckets(histogram)?)
    }

    fn comment(comment: &str) -> Result<(), LogProblem> {
        let version = comment
            .trim_start()
            .strip_prefix("[Histogram log format version");
        let Some(version) = version.and_then(|v| v.split(']').next()).map(str::trim) else {
            return Ok(());
        };
        let minor = version.strip_prefix("1.").and_then(|v| v.parse().ok());
        if minor.is_none_or(|minor: u32| minor > NEWEST_MINOR) {
            return Err(LogProblem::Newer(begin_of(version)));
        }
        Ok(())
    }

    fn interval(
        &mut self,
        tag: Option<&str>,
        length: f64,
        buckets: Vec<Bucket>,
    ) -> Result<(), LogProblem> {
        let known = self.log.tagged.iter().position(|t| t.tag.as_deref() == tag);
        let index = known.unwrap_or(self.log.tagged.len());
        if known.is_none() {
            if index == MOST_TAGS {
                return Err(LogProblem::Tags);
            }
            self.log.tagged.push(Tagged {
                tag: tag.map(str::to_owned),
                ..Tagged::default()
            });
            self.waiting.push(Vec::new());
        }
        let tagged = &mut self.log.tagged[index];
        tagged.intervals += 1;
        tagged.seconds += length;
        self.waiting[index].extend(buckets);
        if self.waiting[index].len() > MERGE_AT {
            self.merge(index)?;
        }
        Ok(())
    }

    fn merge(&mut self, index: usize) -> Result<(), LogProblem> {
        let waiting =
            Histogram::of_buckets(String::new(), std::mem::take(&mut self.waiting[index]));
        let histogram = &mut self.log.tagged[index].histogram;
        *histogram = Histogram::merged([&*histogram, &waiting]);
        let buckets: usize = self
            .log
            .tagged
            .iter()
            .map(|t| t.histogram.buckets.len())
            .sum();
        if buckets > MOST_BUCKETS {
            return Err(LogProblem::Buckets);
        }
        Ok(())
    }
}

/// Reads a whole log.
///
/// # Errors
/// As [`IntervalLogReader`]'s.
pub fn read_interval_log(text: &str) -> Result<IntervalLog, LogFault> {
    let mut reader = IntervalLogReader::default();
    for line in text.lines() {
        reader.line(line)?;
    }
    reader.finish()
}

fn seconds(text: &str) -> Result<f64, LogProblem> {
    match text.parse() {
        Ok(seconds) if (0.0..f64::INFINITY).contains(&seconds) => Ok(seconds),
        _ => Err(LogProblem::Time(begin_of(text))),
    }
}

/// As much of a text as a message repeats.
pub(super) fn begin_of(text: &str) -> String {
    text.chars().take(REPEATED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
    use hdrhistogram::serialization::{Serializer, V2DeflateSerializer, V2Serializer};
    use proptest::prelude::*;
    use std::time::Duration;

    type Recording = hdrhistogram::Histogram<u64>;

    fn recorded(digits: u8, values: &[u64]) -> Recording {
        let mut recording = Recording::new_with_bounds(1, 1_000_000_000, digits).unwrap();
        for value in values {
            recording.record(*value).unwrap();
        }
        recording
    }

    /// A log as the HdrHistogram crate writes it.
    fn log<S: Serializer>(serializer: &mut S, parts: &[(&str, &Recording)]) -> String {
        let mut bytes = Vec::new();
        let mut writer = IntervalLogWriterBuilder::new()
            .with_start_time(std::time::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500))
            .begin_log_with(&mut bytes, serializer)
            .unwrap();
        for (i, (tag, recording)) in parts.iter().enumerate() {
            let (start, length) = (Duration::from_secs(i as u64), Duration::from_millis(1500));
            writer
                .write_histogram(*recording, start, length, Tag::new(tag))
                .unwrap();
        }
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        // The crate's histograms of 5 digits are slow where nothing is optimized.
        #![proptest_config(ProptestConfig::with_cases(50))]
        #[test]
        fn a_log_of_the_crate_comes_to_the_same_percentiles(
            values in prop::collection::vec(1_u64..1_000_000_000, 2..200),
            digits in 0_u8..=5,
            compressed in any::<bool>(),
            quantile in 0.0001_f64..=1.0,
        ) {
            let (a, b) = values.split_at(values.len() / 2);
            let parts = [recorded(digits, a), recorded(digits, b)];
            let parts = [("all", &parts[0]), ("all", &parts[1])];
            let text = if compressed {
                log(&mut V2DeflateSerializer::new(), &parts)
            } else {
                log(&mut V2Serializer::new(), &parts)
            };
            let read = read_interval_log(&text).unwrap();
            let together = recorded(digits, &values);
            let [tagged] = read.tagged.as_slice() else { panic!("{read:?}") };
            prop_assert_eq!(tagged.histogram.value_at_quantile(quantile), Some(together.value_at_quantile(quantile)));
            prop_assert_eq!(tagged.histogram.count(), values.len() as u64);
            prop_assert_eq!((tagged.intervals, tagged.seconds), (2, 3.0));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(#|\"|Tag=|[0-9.,a-zA-Z+/=\\[\\] -]|HISTF|HISTE|\n|\\PC){0,300}") {
            let _ = read_interval_log(&text);
        }

        #[test]
        fn a_harmed_log_is_read_or_refused_with_its_line(
            values in prop::collection::vec(1_u64..1_000_000_000, 1..50),
            at in any::<prop::sample::Index>(),
            byte in 0_u8..128,
        ) {
            let recording = recorded(3, &values);
            let mut bytes = log(&mut V2Serializer::new(), &[("a", &recording), ("b", &recording)]).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            if let Err(fault) = read_interval_log(&text) {
                prop_assert!((1..=text.lines().count().max(1)).contains(&fault.line), "{}", fault);
            }
        }

        #[test]
        fn any_counters_and_header_are_read_or_refused(
            header in prop::collection::vec(any::<u8>(), 32),
            counters in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut bytes = 0x1c84_9313_u32.to_be_bytes().to_vec();
            bytes.extend((counters.len() as u32).to_be_bytes());
            bytes.extend(header);
            bytes.extend(counters);
            let _ = read_interval_log(&format!("0,1,2,{}", STANDARD.encode(bytes)));
        }
    }

    #[test]
    fn tags_are_curves_of_their_own() {
        let (fast, slow) = (recorded(3, &[10, 20]), recorded(3, &[1000]));
        let parts = [("", &fast), ("b", &slow), ("", &fast)];
        let read = read_interval_log(&log(&mut V2DeflateSerializer::new(), &parts)).unwrap();
        let told: Vec<_> = read
            .tagged
            .iter()
            .map(|t| (t.tag.as_deref(), t.histogram.count(), t.intervals))
            .collect();
        assert_eq!(told, [(Some(""), 4, 2), (Some("b"), 1, 1)]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let refused = |text: &str| read_interval_log(text).unwrap_err().to_string();
        assert_eq!(
            refused("#[Histogram log format version 2.0]\n"),
            "line 1: log format 2.0 is newer than 1.3, the newest that is read"
        );
        assert_eq!(
            refused("\n0.1,1.0,HISTFAAA"),
            "line 2: start, length, maximum and histogram are wanted; 3 of these fields are there"
        );
        assert_eq!(refused("NaN,1,1,x"), "line 1: “NaN” is no time in seconds");
        assert_eq!(refused("-1,1,1,x"), "line 1: “-1” is no time in seconds");
        assert_eq!(
            refused("# nothing\n\n"),
            "line 2: the file ends without an interval"
        );
        // A V1 histogram, compressed.
        let v1 = STANDARD.encode(0x1c84_9302_u32.to_be_bytes().repeat(3));
        assert_eq!(
            refused(&format!("0,1,1,{v1}")),
            "line 1: the histogram is not an HdrHistogram V2 encoding: wrong cookie"
        );
        // 10¹² empty counters, then one of 1.
        let many = "HISTFAAAACp4nJNpmSzMwMDAzgABzFCakYGB2c1gxwIG+w8Qgf/7V5yaZcUEAIGFCFg=";
        assert_eq!(
            refused(&format!("0,1,1,{many}")),
            "line 1: the histogram holds damaged counters: more of them than 64 bits have values"
        );
        let long = "A".repeat(3 << 20);
        assert_eq!(
            refused(&format!("0,1,1,{long}")),
            "line 1: the histogram is not an HdrHistogram V2 encoding: longer than a histogram can be"
        );
    }

    #[test]
    fn more_tags_than_curves_can_be_told_apart_are_refused() {
        let one = log(&mut V2DeflateSerializer::new(), &[("", &recorded(3, &[1]))]);
        let histogram = one.trim_end().rsplit(',').next().unwrap().to_owned();
        let text: String = (0..=MOST_TAGS)
            .map(|i| format!("Tag={i},0,1,1,{histogram}\n"))
            .collect();
        let refused = read_interval_log(&text).unwrap_err();
        assert_eq!((refused.line, refused.problem), (101, LogProblem::Tags));
    }
}
