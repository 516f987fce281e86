//! Ways to harm a report file: its text, its values, and the histograms in it.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Number, Value, json};

/// Bytes before the compressed part of a histogram: cookie and length.
const HEAD_BYTES: usize = 8;
/// Most changes of one document.
const MOST_CHANGES: u32 = 4;
/// Most changes of one document that is to be read.
const MOST_GENTLE_CHANGES: u32 = 12;

/// A document as it is, in half of the cases; harmed in the others.
pub(crate) fn some_of_the_time(text: &str, random: &mut ChaCha8Rng) -> String {
    if random.random_bool(0.5) {
        return text.to_owned();
    }
    document(text, random)
}

/// A harmed document: mostly still JSON and often of the right types, since what is not is refused at once.
pub(crate) fn document(text: &str, random: &mut ChaCha8Rng) -> String {
    if random.random_bool(0.1) {
        return harm_text(text, random);
    }
    let mut value: Value = serde_json::from_str(text).expect("golden reports are JSON");
    let gentle = random.random_bool(0.7);
    let most = if gentle {
        MOST_GENTLE_CHANGES
    } else {
        MOST_CHANGES
    };
    for _ in 0..random.random_range(1..=most) {
        if gentle {
            change(&mut value, random);
        } else {
            harm_value(&mut value, random);
        }
    }
    value.to_string()
}

/// One change after which a document may well be read: numbers that no run has, lists of other lengths, texts and
/// histograms that belong elsewhere.
fn change(value: &mut Value, random: &mut ChaCha8Rng) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let at = random.random_range(0..members.len());
            if let Some(member) = members.values_mut().nth(at) {
                change(member, random);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            let at = random.random_range(0..elements.len());
            match random.random_range(0..12) {
                0 => drop(elements.remove(at)),
                1 => {
                    let again = elements[at].clone();
                    elements.push(again);
                }
                2 => elements.reverse(),
                3 => elements.clear(),
                4 => {
                    let other = random.random_range(0..elements.len());
                    elements.swap(at, other);
                }
                _ => change(&mut elements[at], random),
            }
        }
        Value::String(text) if text.starts_with("HISTF") => {
            if random.random_bool(0.5) {
                text.clear();
            } else {
                *text = harm_histogram(text, random);
            }
        }
        Value::Number(number) => *value = near(number, random),
        // Names, words and times are texts of a few kinds, of which few may be others.
        _ => {}
    }
}

/// A harmed histogram of a scenario.
pub(crate) fn histogram(scenario: &str, random: &mut ChaCha8Rng) -> String {
    let all: Vec<&str> = scenario
        .split('"')
        .filter(|text| text.starts_with("HISTF"))
        .collect();
    harm_histogram(all[random.random_range(0..all.len())], random)
}

/// Text that may be no JSON any more.
fn harm_text(text: &str, random: &mut ChaCha8Rng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = random.random_range(0..bytes.len());
    match random.random_range(0..6) {
        0 => bytes.truncate(at),
        1 => bytes[at] = random.random(),
        2 => drop(bytes.splice(at..at, b"\0".iter().copied())),
        3 => drop(bytes.splice(at..at, b"[".repeat(100_000))),
        4 => drop(bytes.splice(at..at, br#"{"a":"#.repeat(100_000))),
        _ => {
            let end = (at + random.random_range(1..2_000)).min(bytes.len());
            let part = bytes[at..end].to_vec();
            drop(bytes.splice(at..at, part));
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One change somewhere in a tree.
fn harm_value(value: &mut Value, random: &mut ChaCha8Rng) {
    match value {
        Value::Object(members) if !members.is_empty() && random.random_bool(0.95) => {
            let at = random.random_range(0..members.len());
            let name = members.keys().nth(at).expect("there are as many").clone();
            match random.random_range(0..20) {
                0 => drop(members.remove(&name)),
                1 => harm_members(members, random),
                _ => {
                    if let Some(member) = members.get_mut(&name) {
                        harm_value(member, random);
                    }
                }
            }
        }
        Value::Array(elements) if !elements.is_empty() && random.random_bool(0.95) => {
            let at = random.random_range(0..elements.len());
            match random.random_range(0..20) {
                0 => drop(elements.remove(at)),
                1 => {
                    let element = elements[at].clone();
                    let times = random.random_range(1..50);
                    elements.extend(std::iter::repeat_n(element, times));
                }
                2 => elements.reverse(),
                3 => elements.clear(),
                _ => harm_value(&mut elements[at], random),
            }
        }
        Value::String(text) if text.starts_with("HISTF") && random.random_bool(0.8) => {
            *text = harm_histogram(text, random);
        }
        Value::Number(number) if random.random_bool(0.6) => {
            *value = near(number, random);
        }
        other => *other = hostile(random),
    }
}

fn harm_members(members: &mut Map<String, Value>, random: &mut ChaCha8Rng) {
    let names = [
        "__proto__",
        "constructor",
        "",
        "a\0b",
        "<script>",
        "unknown",
    ];
    let name = names[random.random_range(0..names.len())];
    members.insert(name.to_owned(), hostile(random));
}

/// A number of the same kind that a check may not have thought of.
fn near(number: &Number, random: &mut ChaCha8Rng) -> Value {
    let choice = random.random_range(0..9);
    if let Some(count) = number.as_u64() {
        return json!(match choice {
            0 => 0,
            1 => 1,
            2 => count.saturating_mul(1_000_000),
            3 => count / 1_000_000,
            4 => count.saturating_add(1),
            5 => count.saturating_sub(1),
            6 => count / 2,
            7 => u64::MAX - count,
            _ => u64::MAX,
        });
    }
    let number = number.as_f64().unwrap_or_default();
    json!(match choice {
        0 => 0.0,
        1 => -number,
        2 => number * 1e6,
        3 => number / 1e6,
        4 => f64::MAX,
        5 => f64::MIN_POSITIVE,
        6 => number.fract(),
        7 => 1e300,
        _ => number * 2.0,
    })
}

/// Something that does not belong there.
fn hostile(random: &mut ChaCha8Rng) -> Value {
    match random.random_range(0..16) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(i64::MIN),
        5 => json!(f64::MAX),
        6 => json!(f64::MIN_POSITIVE),
        7 => json!(0.0),
        8 => json!(1e300),
        9 => json!("NaN"),
        10 => json!("<script>alert(1)</script>"),
        11 => json!("\u{202e}\u{0}é𝄞".repeat(random.random_range(1..2_000))),
        12 => json!([]),
        13 => json!({}),
        14 => (0..100).fold(json!(1), |inner, _| json!([inner])),
        _ => json!("9999999-99-99T99:99:99Z"),
    }
}

/// Another histogram: harmed outside, where its checks are, or within, where its counters are.
fn harm_histogram(text: &str, random: &mut ChaCha8Rng) -> String {
    let mut bytes = match STANDARD.decode(text) {
        Ok(bytes) if bytes.len() > HEAD_BYTES => bytes,
        // Harmed before, beyond reading.
        _ => return harm_text(text, random),
    };
    match random.random_range(0..10) {
        0 => return harm_text(text, random),
        1 => {
            let at = random.random_range(0..bytes.len());
            bytes[at] = random.random();
            return STANDARD.encode(bytes);
        }
        _ => {}
    }
    let mut plain = Vec::new();
    if ZlibDecoder::new(&bytes[HEAD_BYTES..])
        .read_to_end(&mut plain)
        .is_err()
        || plain.is_empty()
    {
        return harm_text(text, random);
    }
    harm_counters(&mut plain, random);
    let mut compressed = ZlibEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(&plain).expect("memory takes it");
    let body = compressed.finish().expect("memory takes it");
    bytes.truncate(4);
    bytes.extend(u32::try_from(body.len()).expect("small").to_be_bytes());
    bytes.extend(body);
    STANDARD.encode(bytes)
}

/// Bytes of HdrHistogram's encoding V2: header of 40 bytes, then counters of up to 9.
fn harm_counters(plain: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    let at = random.random_range(0..plain.len());
    match random.random_range(0..6) {
        0 => plain[at] = random.random(),
        1 => plain.truncate(at),
        2 => drop(plain.splice(at..at, [0xff; 9])),
        // A claim of many empty counters, then one that is not.
        3 => plain.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x02]),
        4 => plain.extend([0x80; 8]),
        _ => plain.extend(vec![0x02; random.random_range(1..200_000)]),
    }
    // With the length that belongs to it, mostly: else nothing behind that check is ever reached.
    if plain.len() >= 8 && random.random_bool(0.9) {
        let length = u32::try_from(plain.len().saturating_sub(40)).expect("small");
        plain[4..8].copy_from_slice(&length.to_be_bytes());
    }
}
