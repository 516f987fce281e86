//! Acknowledgements as one text: `5+17` for save 5 written as snapshot 17, `6=17` for save 6 deduplicated as it.
//!
//! There are hundreds of thousands a second of a fast service. As JSON arrays each would be several values that the
//! reader of a tagged message must keep apart first; a text is one.

use std::fmt::Write;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use super::messages::Ack;

const WRITTEN: char = '+';
const DEDUPLICATED: char = '=';
/// Length of a usual acknowledgement with the space behind it.
const USUAL_BYTES: usize = 16;

pub(super) fn serialize<S: Serializer>(acks: &[Ack], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(acks.len() * USUAL_BYTES);
    for ack in acks {
        write_ack(&mut text, *ack);
        text.push(' ');
    }
    serializer.serialize_str(text.trim_end())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Ack>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.split_ascii_whitespace()
        .map(|word| {
            read_ack(word)
                .ok_or_else(|| D::Error::custom(format!("`{word}` is no acknowledgement")))
        })
        .collect()
}

/// Appends an acknowledgement.
pub(crate) fn write_ack(text: &mut String, Ack(index, snapshot, written): Ack) {
    let sign = if written { WRITTEN } else { DEDUPLICATED };
    // Text takes everything.
    let _never_fails = write!(text, "{index}{sign}{snapshot}");
}

/// Reads an acknowledgement; none of what is none.
pub(crate) fn read_ack(word: &str) -> Option<Ack> {
    let sign = word.find([WRITTEN, DEDUPLICATED])?;
    let (index, snapshot) = (&word[..sign], &word[sign + 1..]);
    let written = word[sign..].starts_with(WRITTEN);
    Some(Ack(index.parse().ok()?, snapshot.parse().ok()?, written))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Line(#[serde(with = "super")] Vec<Ack>);

    proptest! {
        #[test]
        fn every_acknowledgement_survives(acks: Vec<(u64, i64, bool)>) {
            let acks: Vec<Ack> = acks.into_iter().map(|(i, s, w)| Ack(i, s, w)).collect();
            let text = serde_json::to_string(&Line(acks.clone())).unwrap();
            prop_assert_eq!(serde_json::from_str::<Line>(&text).unwrap().0, acks);
        }

        #[test]
        fn no_text_breaks_the_reader(text: String) {
            let json = serde_json::to_string(&text).unwrap();
            let _read_or_refused = serde_json::from_str::<Line>(&json);
        }
    }

    #[test]
    fn the_text_is_short_and_what_is_no_acknowledgement_is_named() {
        let line = Line(vec![Ack(5, 17, true), Ack(6, 17, false), Ack(7, -7, true)]);
        assert_eq!(serde_json::to_string(&line).unwrap(), r#""5+17 6=17 7+-7""#);
        let refused = serde_json::from_str::<Line>(r#""5+17 x""#).err().unwrap();
        assert!(
            refused.to_string().starts_with("`x` is no acknowledgement"),
            "{refused}"
        );
    }
}
