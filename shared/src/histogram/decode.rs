//! Reading HdrHistogram's V2 encoding straight into buckets.
//!
//! The crate's own decoder fills a quarter megabyte of counters for every histogram; a report has thousands, and the
//! site's visitors download it. Source: HdrHistogram's V2 encoding, `AbstractHistogram.encodeIntoByteBuffer` and
//! `ZigZagEncoding` of the reference implementation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Decompress, FlushDecompress, Status};

use super::{Bucket, HistogramError, SIGNIFICANT_DIGITS};

/// A decompressed histogram is never larger than this: all counters of the widest one, 9 bytes each.
const LARGEST_PAYLOAD_BYTES: usize = 1 << 20;
pub(super) const COMPRESSED_COOKIE: u32 = 0x1c84_9314;
const V2_COOKIE: u32 = 0x1c84_9313;
const V2_HEADER_BYTES: usize = 40;
/// Significant digits of an HdrHistogram at most.
const MOST_DIGITS: u32 = 5;
/// Bytes of a counter at most; the last one carries eight bits of it.
const COUNTER_BYTES: u32 = 9;
/// A longer text of another tool is not looked at: what it could hold is refused anyway, and it would take as much memory.
const LONGEST_TEXT: usize = 2 * LARGEST_PAYLOAD_BYTES;

/// How the values of an encoding are spread over its counters.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// The power of two of the smallest step.
    unit: u32,
    /// Half of the counters of the first bucket, as a power of two: 2048 counters for 3 digits, where 2 × 1000 values
    /// are apart by one.
    half: u32,
}

impl Shape {
    fn new(unit: u32, digits: u32) -> Self {
        let apart_by_one = 2 * 10_u64.saturating_pow(digits);
        let half = apart_by_one.next_power_of_two().ilog2() - 1;
        Self { unit, half }
    }

    /// Counters of the widest histogram: those of the first bucket, and half as many for each doubling up to 64 bits.
    fn most_counters(self) -> u64 {
        u64::from(u64::BITS - self.half + 1) << self.half
    }
}

/// The non-empty buckets of a histogram as reports keep them, lowest first.
pub(super) fn buckets(text: &str) -> Result<Vec<Bucket>, HistogramError> {
    let plain = payload(text)?;
    let (unit, digits) = check_header(&plain)?;
    if digits != u32::from(SIGNIFICANT_DIGITS) {
        return Err(HistogramError::Header("not 3 significant digits"));
    }
    counters(&plain, Shape::new(unit, digits))
}

/// The non-empty buckets of a histogram that another tool wrote: compressed or not, 0 to 5 digits.
pub(super) fn foreign_buckets(text: &str) -> Result<Vec<Bucket>, HistogramError> {
    if text.len() > LONGEST_TEXT {
        return Err(HistogramError::Header("longer than a histogram can be"));
    }
    let bytes = bytes(text)?;
    let plain = if word(&bytes, 0) == Some(V2_COOKIE) {
        bytes
    } else {
        uncompressed(&bytes)?
    };
    let (unit, digits) = check_header(&plain)?;
    if digits > MOST_DIGITS {
        return Err(HistogramError::Header("more than 5 significant digits"));
    }
    // The JavaScript port writes 1 and means none.
    if word(&plain, 8).is_none_or(|offset| offset > 1) {
        return Err(HistogramError::Header("its counters are shifted"));
    }
    counters(&plain, Shape::new(unit, digits))
}

fn counters(plain: &[u8], shape: Shape) -> Result<Vec<Bucket>, HistogramError> {
    let mut buckets = Vec::new();
    let mut rest = &plain[V2_HEADER_BYTES..];
    let mut index = 0_u64;
    while !rest.is_empty() {
        let counter = next_counter(&mut rest)?;
        if counter < 0 {
            // A negative counter stands for so many empty ones.
            index = index.saturating_add(counter.unsigned_abs());
            continue;
        }
        if counter > 0 {
            let (lowest, highest) = bounds(index, shape)?;
            buckets.push(Bucket {
                lowest,
                highest,
                count: counter.unsigned_abs(),
            });
        }
        index = index.saturating_add(1);
    }
    if index > shape.most_counters() {
        return Err(too_many());
    }
    Ok(buckets)
}

/// The decompressed encoding, header included.
pub(super) fn payload(text: &str) -> Result<Vec<u8>, HistogramError> {
    uncompressed(&bytes(text)?)
}

fn bytes(text: &str) -> Result<Vec<u8>, HistogramError> {
    STANDARD
        .decode(text)
        .map_err(|e| HistogramError::Base64(e.to_string()))
}

fn uncompressed(compressed: &[u8]) -> Result<Vec<u8>, HistogramError> {
    let (head, body) = compressed
        .split_at_checked(8)
        .ok_or(HistogramError::Header("shorter than its header"))?;
    if word(head, 0) != Some(COMPRESSED_COOKIE) {
        return Err(HistogramError::Header("wrong cookie"));
    }
    if word(head, 4).map(|n| n as usize) != Some(body.len()) {
        return Err(HistogramError::Header("length does not agree"));
    }
    decompress(body)
}

/// Takes the DEFLATE layer off with a bound, since a small text may claim to hold terabytes.
fn decompress(body: &[u8]) -> Result<Vec<u8>, HistogramError> {
    let mut plain = Vec::with_capacity(body.len() * 4 + V2_HEADER_BYTES);
    let mut inflater = Decompress::new(true);
    loop {
        if plain.len() == plain.capacity() {
            plain.reserve(plain.len());
        }
        let before = (inflater.total_in(), plain.len());
        let rest = usize::try_from(before.0)
            .ok()
            .and_then(|done| body.get(done..));
        let status = inflater
            .decompress_vec(rest.unwrap_or_default(), &mut plain, FlushDecompress::None)
            .map_err(|e| HistogramError::Compression(e.to_string()))?;
        if plain.len() > LARGEST_PAYLOAD_BYTES {
            return Err(HistogramError::Header(
                "more counters than a latency histogram can have",
            ));
        }
        if status == Status::StreamEnd {
            return Ok(plain);
        }
        if before == (inflater.total_in(), plain.len()) {
            return Err(HistogramError::Compression("it ends early".to_owned()));
        }
    }
}

/// Checks payload length and range, and returns the power of two of the smallest step, and the significant digits.
fn check_header(plain: &[u8]) -> Result<(u32, u32), HistogramError> {
    if plain.len() < V2_HEADER_BYTES || word(plain, 0) != Some(V2_COOKIE) {
        return Err(HistogramError::Header("wrong inner cookie"));
    }
    if word(plain, 4).map(|n| n as usize) != Some(plain.len() - V2_HEADER_BYTES) {
        return Err(HistogramError::Header("inner length does not agree"));
    }
    let digits = word(plain, 12).unwrap_or_default();
    let lowest = word(plain, 16).zip(word(plain, 20));
    match lowest.map(|(high, low)| u64::from(high) << 32 | u64::from(low)) {
        Some(lowest) if lowest > 0 => Ok((lowest.ilog2(), digits)),
        _ => Err(HistogramError::Header("counts from zero")),
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at + 4)?
        .try_into()
        .ok()
        .map(u32::from_be_bytes)
}

/// A number of variable length, seven bits a byte and the lowest first, signs folded into the lowest bit.
fn next_counter(rest: &mut &[u8]) -> Result<i64, HistogramError> {
    let mut folded = 0_u64;
    for at in 0..COUNTER_BYTES {
        let (byte, behind) = rest
            .split_first()
            .ok_or_else(|| HistogramError::Counters("the last one is cut off".to_owned()))?;
        *rest = behind;
        let is_last = at == COUNTER_BYTES - 1;
        let bits = if is_last { *byte } else { *byte & 0x7f };
        folded |= u64::from(bits) << (7 * at);
        if *byte < 0x80 || is_last {
            break;
        }
    }
    Ok((folded >> 1).cast_signed() ^ -((folded & 1).cast_signed()))
}

fn too_many() -> HistogramError {
    HistogramError::Counters("more of them than 64 bits have values".to_owned())
}

/// The lowest and the highest value of a counter.
fn bounds(index: u64, shape: Shape) -> Result<(u64, u64), HistogramError> {
    let half = 1_u64 << shape.half;
    let (step, place) = if index < half {
        (0, index)
    } else {
        ((index >> shape.half) - 1, (index & (half - 1)) + half)
    };
    let step = u32::try_from(step).unwrap_or(u32::MAX);
    let shift = step.saturating_add(shape.unit);
    if shift > u64::BITS - shape.half - 1 {
        return Err(too_many());
    }
    let lowest = place << shift;
    Ok((lowest, lowest | ((1 << shift) - 1)))
}
