//! Histograms as reports keep them: lossless, and readable by the other HdrHistogram tools.
//!
//! On the wire a histogram is the base64 text of HdrHistogram's V2 encoding, DEFLATE compressed, values in
//! nanoseconds with 3 significant digits. In memory it is the list of its non-empty buckets: some hundred
//! pairs instead of the quarter megabyte of counters that a recording histogram needs.

mod decode;
mod interval_log;
mod percentile_file;

use crate::sort::sort_by;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{
    Deserialize, Deserializer as SerdeDeserializer, Serialize, Serializer as SerdeSerializer,
};

pub use interval_log::{
    IntervalLog, IntervalLogReader, LogFault, LogProblem, Tagged, read_interval_log,
};
pub use percentile_file::{PercentileFault, PercentileFile, RowProblem, read_percentile_file};

/// Significant decimal digits of every histogram of a report.
pub const SIGNIFICANT_DIGITS: u8 = 3;
/// The highest latency that a recording histogram takes, nanoseconds: one hour. Higher ones count as this.
pub const HIGHEST_NS: u64 = 3_600_000_000_000;

/// Why a text is not a histogram.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistogramError {
    /// Not base64.
    #[error("is not base64: {0}")]
    Base64(String),
    /// The header is not that of a compressed V2 histogram, or names an impossible size.
    #[error("is not an HdrHistogram V2 encoding: {0}")]
    Header(&'static str),
    /// The compressed part is damaged.
    #[error("cannot be decompressed: {0}")]
    Compression(String),
    /// The counters are damaged.
    #[error("holds damaged counters: {0}")]
    Counters(String),
    /// It could not be encoded.
    #[error("cannot be encoded: {0}")]
    Encode(String),
}

/// One non-empty bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The lowest value that falls into it, nanoseconds.
    pub lowest: u64,
    /// The highest value that falls into it, nanoseconds: what percentiles report.
    pub highest: u64,
    /// How many values fell into it.
    pub count: u64,
}

/// A finished histogram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    encoded: String,
    buckets: Vec<Bucket>,
    count: u64,
}

/// A histogram to record into, as all evidence uses it: 1 ns to [`HIGHEST_NS`], 3 digits.
///
/// # Panics
/// Never: the bounds are constants that the crate accepts.
#[must_use]
pub fn recording() -> hdrhistogram::Histogram<u64> {
    hdrhistogram::Histogram::new_with_bounds(1, HIGHEST_NS, SIGNIFICANT_DIGITS)
        .expect("1 ns to one hour with 3 digits are bounds that HdrHistogram accepts")
}

impl Histogram {
    /// Closes a recording.
    ///
    /// # Errors
    /// [`HistogramError::Encode`] where the recording cannot be encoded.
    pub fn from_recording(
        recording: &hdrhistogram::Histogram<u64>,
    ) -> Result<Self, HistogramError> {
        if recording.is_empty() {
            return Ok(Self::default());
        }
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(recording, &mut bytes)
            .map_err(|e| HistogramError::Encode(e.to_string()))?;
        Ok(Self::of_recording(STANDARD.encode(bytes), recording))
    }

    /// Reads the text of a report. An empty text is the empty histogram.
    ///
    /// # Errors
    /// Any [`HistogramError`]; no text makes it panic or take more than a few megabytes.
    pub fn decode(text: &str) -> Result<Self, HistogramError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self::of_buckets(text.to_owned(), decode::buckets(text)?))
    }

    fn of_recording(encoded: String, recording: &hdrhistogram::Histogram<u64>) -> Self {
        let buckets = recording
            .iter_recorded()
            .map(|step| Bucket {
                lowest: recording.lowest_equivalent(step.value_iterated_to()),
                highest: recording.highest_equivalent(step.value_iterated_to()),
                count: step.count_since_last_iteration(),
            })
            .collect();
        Self::of_buckets(encoded, buckets)
    }

    pub(crate) fn of_buckets(encoded: String, buckets: Vec<Bucket>) -> Self {
        let count = buckets
            .iter()
            .fold(0, |sum: u64, b| sum.saturating_add(b.count));
        Self {
            encoded,
            buckets,
            count,
        }
    }

    /// Adds histograms up. The result has no text of its own: it is for reading, not for reports.
    #[must_use]
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut buckets: Vec<Bucket> = parts
            .into_iter()
            .flat_map(|h| &h.buckets)
            .copied()
            .collect();
        sort_by(&mut buckets, |a, b| a.highest.cmp(&b.highest));
        buckets.dedup_by(|later, kept| {
            let same = later.highest == kept.highest;
            if same {
                kept.count = kept.count.saturating_add(later.count);
                kept.lowest = kept.lowest.min(later.lowest);
            }
            same
        });
        let count = buckets
            .iter()
            .fold(0, |sum: u64, b| sum.saturating_add(b.count));
        Self {
            encoded: String::new(),
            buckets,
            count,
        }
    }

    /// The same values in a unit of which one holds so many of the present one.
    #[must_use]
    pub fn times(&self, factor: u64) -> Self {
        let mut scaled = self.clone();
        scaled.encoded.clear();
        for bucket in &mut scaled.buckets {
            bucket.lowest = bucket.lowest.saturating_mul(factor);
            bucket.highest = bucket.highest.saturating_mul(factor);
        }
        scaled
    }

    /// The text as it stands in the report; empty for an empty or a merged histogram.
    #[must_use]
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The non-empty buckets, lowest first.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// How many values were recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The highest value, nanoseconds, at the histogram's resolution; absent when empty.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        self.buckets.last().map(|b| b.highest)
    }

    /// The value at a quantile of 0 to 1, nanoseconds, by HdrHistogram's rule: the highest value of the bucket
    /// that holds the value of rank ⌈quantile × count⌉. Absent when empty.
    #[must_use]
    pub fn value_at_quantile(&self, quantile: f64) -> Option<u64> {
        let rank = rank_at_quantile(quantile, self.count);
        let mut seen = 0_u64;
        self.buckets
            .iter()
            .find(|b| {
                seen = seen.saturating_add(b.count);
                seen >= rank
            })
            .map(|b| b.highest)
    }

    /// The mean, nanoseconds, each value counted as the middle of its bucket; absent when empty.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let sum: f64 = self
            .buckets
            .iter()
            .map(|b| (b.lowest as f64 + b.highest as f64) / 2.0 * b.count as f64)
            .sum();
        Some(sum / self.count as f64)
    }
}

/// The rank, from 1, of the value at a quantile among `count` values: HdrHistogram's rule.
#[must_use]
pub fn rank_at_quantile(quantile: f64, count: u64) -> u64 {
    ((quantile.clamp(0.0, 1.0) * count as f64).ceil() as u64).max(1)
}

/// Decodes the text of a report with the HdrHistogram crate itself.
///
/// # Errors
/// Any [`HistogramError`].
pub fn decode_recording(text: &str) -> Result<hdrhistogram::Histogram<u64>, HistogramError> {
    // The crate does not withstand every text: a run of 2⁶³ empty counters overflows it.
    decode::buckets(text)?;
    let plain = decode::payload(text)?;
    Deserializer::new()
        .deserialize(&mut plain.as_slice())
        .map_err(|e| HistogramError::Counters(e.to_string()))
}

impl Serialize for Histogram {
    fn serialize<S: SerdeSerializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.encoded.is_empty() && !self.is_empty() {
            return Err(serde::ser::Error::custom(
                "a merged histogram does not belong in a report",
            ));
        }
        serializer.serialize_str(&self.encoded)
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: SerdeDeserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text).map_err(|e| serde::de::Error::custom(format!("the histogram {e}")))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Histogram {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Histogram".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "contentEncoding": "base64",
            "description": "HdrHistogram V2 encoding with DEFLATE, nanoseconds, 3 significant digits; empty: no value recorded."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recorded(values: &[u64]) -> hdrhistogram::Histogram<u64> {
        let mut h = recording();
        for v in values {
            h.saturating_record(*v);
        }
        h
    }

    proptest! {
        #[test]
        fn percentiles_equal_those_of_the_crate(
            values in prop::collection::vec(1_u64..10_000_000_000, 1..400),
            quantile in 0.0001_f64..=1.0,
        ) {
            let recording = recorded(&values);
            let finished = Histogram::from_recording(&recording).unwrap();
            prop_assert_eq!(finished.value_at_quantile(quantile), Some(recording.value_at_quantile(quantile)));
            prop_assert_eq!(finished.count(), recording.len());
            prop_assert_eq!(finished.max(), Some(recording.max()));
        }

        #[test]
        fn text_survives_a_round_trip(values in prop::collection::vec(1_u64..HIGHEST_NS, 1..200)) {
            let finished = Histogram::from_recording(&recorded(&values)).unwrap();
            let by_the_crate = decode_recording(finished.encoded()).unwrap();
            let by_the_crate = Histogram::of_recording(finished.encoded().to_owned(), &by_the_crate);
            let decoded = Histogram::decode(finished.encoded()).unwrap();
            prop_assert_eq!(&decoded, &by_the_crate);
            prop_assert_eq!(decoded, finished);
        }

        #[test]
        fn merging_equals_recording_together(
            a in prop::collection::vec(1_u64..1_000_000_000, 0..200),
            b in prop::collection::vec(1_u64..1_000_000_000, 1..200),
        ) {
            let parts = [&a, &b].map(|v| Histogram::from_recording(&recorded(v)).unwrap());
            let merged = Histogram::merged(&parts);
            let together = Histogram::from_recording(&recorded(&[a, b].concat())).unwrap();
            prop_assert_eq!(merged.buckets(), together.buckets());
        }

        #[test]
        fn damaged_text_is_refused_or_read_but_never_panics(
            values in prop::collection::vec(1_u64..1_000_000_000, 1..50),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut bytes = STANDARD
                .decode(Histogram::from_recording(&recorded(&values)).unwrap().encoded())
                .unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let damaged = STANDARD.encode(bytes);
            let ours = Histogram::decode(&damaged);
            if let Ok(theirs) = decode_recording(&damaged) {
                prop_assert_eq!(ours, Ok(Histogram::of_recording(damaged, &theirs)));
            }
        }
    }

    #[test]
    fn a_text_that_claims_to_be_huge_is_refused() {
        use std::io::Write;
        let mut z = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        z.write_all(&vec![0_u8; 8 << 20]).unwrap();
        let body = z.finish().unwrap();
        let mut bytes = decode::COMPRESSED_COOKIE.to_be_bytes().to_vec();
        bytes.extend((body.len() as u32).to_be_bytes());
        bytes.extend(body);
        let refused = Histogram::decode(&STANDARD.encode(bytes)).unwrap_err();
        assert_eq!(
            refused,
            HistogramError::Header("more counters than a latency histogram can have")
        );
    }

    #[test]
    fn a_claim_of_empty_counters_beyond_the_last_is_refused() {
        use std::io::Write;
        let text = Histogram::from_recording(&recorded(&[5])).unwrap();
        let mut plain = decode::payload(text.encoded()).unwrap();
        // The number of variable length that means 2⁶³ empty counters.
        plain.extend([0xff; 9]);
        let length = u32::try_from(plain.len() - 40).unwrap();
        plain[4..8].copy_from_slice(&length.to_be_bytes());
        let mut z = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        z.write_all(&plain).unwrap();
        let body = z.finish().unwrap();
        let mut bytes = decode::COMPRESSED_COOKIE.to_be_bytes().to_vec();
        bytes.extend((body.len() as u32).to_be_bytes());
        bytes.extend(body);
        let text = STANDARD.encode(bytes);
        let refused = HistogramError::Counters("more of them than 64 bits have values".to_owned());
        assert_eq!(Histogram::decode(&text), Err(refused.clone()));
        assert_eq!(decode_recording(&text).unwrap_err(), refused);
    }

    #[test]
    fn the_empty_histogram_has_no_percentiles() {
        let empty = Histogram::from_recording(&recording()).unwrap();
        assert_eq!(empty.value_at_quantile(0.5), None);
        assert_eq!(empty.mean(), None);
        assert_eq!(Histogram::decode("").unwrap(), empty);
    }
}
