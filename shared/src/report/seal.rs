//! Proof that a report file is as it was written: a digest of the whole file, and one of each part so that damage
//! can be named.
//!
//! The seal is the file's last member. The whole digest is BLAKE3 over the file's own bytes with the digest's
//! hexadecimal digits replaced by zeros, so that no byte of the file is left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::layout::lines;

const HEX_DIGITS: usize = 64;
const PART_DIGITS: usize = 16;
/// Stands in the digest's place while the digest is computed.
const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Digests of a report file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// JSON pointer of each part → the first 16 hexadecimal digits of BLAKE3 over its compact JSON.
    pub parts: BTreeMap<String, String>,
    /// BLAKE3 over the whole file with these digits as zeros, hexadecimal.
    pub blake3: String,
}

/// What a seal's check found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// The file has no seal at its end.
    #[error("no seal at the end of the file")]
    Missing,
    /// Something was changed since the file was written; where was not looked for.
    #[error("changed since it was written: its seal does not agree")]
    Somewhere,
    /// Parts that were changed since the file was written.
    #[error("changed since it was written: {}", .0.join(", "))]
    Parts(Vec<String>),
    /// Something between the parts was changed: white space, the seal itself.
    #[error("changed since it was written, outside its values: white space or the seal itself")]
    Elsewhere,
}

/// Writes a report file's text: `document` must have a `seal` member, which is replaced and stands last.
///
/// # Errors
/// Where the document is not a JSON object.
pub fn seal<T: Serialize>(document: &T) -> Result<(String, String), serde_json::Error> {
    let mut value = serde_json::to_value(document)?;
    let seal = Seal {
        parts: digests(&value),
        blake3: BLANK.to_owned(),
    };
    if let Value::Object(members) = &mut value {
        members.remove("seal");
    }
    let body = lines(&value)?;
    let seal_text = serde_json::to_string_pretty(&seal)?.replace('\n', "\n  ");
    let body = body.strip_suffix("\n}").unwrap_or(&body);
    let blank = format!("{body},\n  \"seal\": {seal_text}\n}}\n");
    let digest = blake3::hash(blank.as_bytes()).to_hex().to_string();
    let text = replace_last(&blank, BLANK, &digest);
    Ok((text, digest))
}

/// Checks a file's bytes against its own seal and returns the digest.
///
/// # Errors
/// [`SealFault::Missing`] or [`SealFault::Somewhere`]; [`check_seal`] says where.
pub fn check_digest(text: &str) -> Result<String, SealFault> {
    let recorded = last_digest(text).ok_or(SealFault::Missing)?;
    let computed = blake3::hash(replace_last(text, recorded, BLANK).as_bytes())
        .to_hex()
        .to_string();
    if computed == recorded {
        Ok(computed)
    } else {
        Err(SealFault::Somewhere)
    }
}

/// Checks a file's bytes against its own seal, looks for the place of any damage, and returns the digest.
///
/// # Errors
/// [`SealFault`], as precise as the damage allows. A file that is no JSON at all must be reported by its reader first.
pub fn check_seal(text: &str) -> Result<String, SealFault> {
    match check_digest(text) {
        Err(SealFault::Somewhere) => Err(find_damage(text)),
        checked => checked,
    }
}

fn find_damage(text: &str) -> SealFault {
    let expected = serde_json::from_str::<Value>(text).ok().and_then(|value| {
        let seal = serde_json::from_value::<Seal>(value.get("seal")?.clone()).ok()?;
        Some((digests(&value), seal.parts))
    });
    let Some((actual, expected)) = expected else {
        return SealFault::Missing;
    };
    let mut changed: Vec<String> = expected
        .iter()
        .filter(|(part, digest)| actual.get(*part) != Some(digest))
        .map(|(part, _)| part.clone())
        .chain(
            actual
                .keys()
                .filter(|part| !expected.contains_key(*part))
                .cloned(),
        )
        .collect();
    changed.sort();
    if changed.is_empty() {
        SealFault::Elsewhere
    } else {
        SealFault::Parts(changed)
    }
}

/// Digests of all members, and of the elements of arrays one by one.
fn digests(document: &Value) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let Value::Object(members) = document else {
        return parts;
    };
    for (name, member) in members.iter().filter(|(name, _)| *name != "seal") {
        match member {
            Value::Array(elements) if !elements.is_empty() => {
                for (i, element) in elements.iter().enumerate() {
                    parts.insert(format!("/{name}/{i}"), digest(element));
                }
            }
            _ => {
                parts.insert(format!("/{name}"), digest(member));
            }
        }
    }
    parts
}

fn digest(value: &Value) -> String {
    // serde_json's objects are sorted maps, so that equal values have equal texts.
    let mut hex = blake3::hash(value.to_string().as_bytes())
        .to_hex()
        .to_string();
    hex.truncate(PART_DIGITS);
    hex
}

/// The digits of the whole digest: the last quoted 64 hexadecimal digits of the file.
fn last_digest(text: &str) -> Option<&str> {
    let at = text.rfind("\"blake3\": \"")? + "\"blake3\": \"".len();
    text.get(at..at + HEX_DIGITS)
        .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn replace_last(text: &str, from: &str, to: &str) -> String {
    match text.rfind(from) {
        Some(at) => format!("{}{to}{}", &text[..at], &text[at + from.len()..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sealed() -> String {
        let document = json!({"format": 1, "blocks": [{"n": 1.5}, {"n": 2}], "title": "é", "z": {"deep": {"n": 1}}, "seal": {}});
        seal(&document).unwrap().0
    }

    #[test]
    fn an_untouched_file_passes() {
        let text = sealed();
        let (_, digest) = seal(&serde_json::from_str::<Value>(&text).unwrap()).unwrap();
        assert_eq!(check_seal(&text), Ok(digest));
    }

    #[test]
    fn every_changed_byte_is_found() {
        let text = sealed();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(
                    check_seal(&changed).is_err(),
                    "byte {at} was changed unnoticed"
                );
            }
        }
    }

    #[test]
    fn the_changed_part_is_named() {
        let changed = sealed().replace("1.5", "1.6");
        assert_eq!(
            check_seal(&changed),
            Err(SealFault::Parts(vec!["/blocks/0".into()]))
        );
    }

    #[test]
    fn a_file_without_a_seal_is_refused() {
        assert_eq!(check_seal("{}"), Err(SealFault::Missing));
    }
}
