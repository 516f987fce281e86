//! Canonical JSON in one pass: keys sorted by the bytes of their UTF-8, of repeated keys the last
//! one, no white space, numbers and strings as `serde_json` prints them.
//!
//! The text is the one that parsing into a `serde_json::Value` and printing it would give, without
//! the tree: what the parser reads is written straight on, and only the members of an object whose
//! keys do not ascend are moved, as whole spans of text.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::ser::{CompactFormatter, Formatter};

use crate::request::MAX_STATE_DEPTH;

/// Why a text has no canonical form, with its place: lines and columns count from 1, columns in
/// bytes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error(
        "it is no unicode text: its bytes are no UTF-8 at line {line} column {column}; encode it \
         as UTF-8"
    )]
    NotUtf8 { line: usize, column: usize },
    #[error(
        "it is nested deeper than {MAX_STATE_DEPTH} arrays and objects, the recursion limit, at \
         line {line} column {column}; flatten it"
    )]
    TooDeep { line: usize, column: usize },
    #[error(
        "it contains a NUL character (\\u0000), which not every database can hold, at line {line} \
         column {column}; remove it"
    )]
    Nul { line: usize, column: usize },
    #[error("it is no valid JSON ({0})")]
    Syntax(serde_json::Error),
}

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        if error.is_data() {
            // The only objection of this module's own to what the parser has read.
            Self::Nul { line, column }
        } else if error.to_string().starts_with(RECURSION_LIMIT) {
            Self::TooDeep { line, column }
        } else {
            Self::Syntax(error)
        }
    }
}

/// How the parser's message for its recursion limit begins: it has no code for it.
const RECURSION_LIMIT: &str = "recursion limit exceeded";

/// The canonical form of a JSON text.
pub(crate) fn canonical_json(text: &[u8]) -> Result<String, Malformed> {
    // Once over the whole text is quicker than the parser's check of every string.
    let text = std::str::from_utf8(text).map_err(|error| {
        let (line, column) = place(text, error.valid_up_to());
        Malformed::NotUtf8 { line, column }
    })?;
    let mut canonical = Canonical {
        text: Text(String::with_capacity(text.len())),
        members: Vec::new(),
        ordered: String::new(),
    };
    let mut parser = serde_json::Deserializer::from_str(text);
    Next(&mut canonical).deserialize(&mut parser)?;
    parser.end()?;
    Ok(canonical.text.0)
}

/// Line and column of the byte at `offset`.
fn place(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let newlines = before.iter().filter(|byte| **byte == b'\n').count();
    (newlines + 1, offset - line_start + 1)
}

/// The canonical text so far.
struct Canonical<'de> {
    text: Text,
    /// The members of all objects that are open, the innermost object's last.
    members: Vec<Member<'de>>,
    /// Where members are put in order; empty between uses.
    ordered: String,
}

/// `"key":value,` in the canonical text.
struct Member<'de> {
    /// Without escapes.
    key: Cow<'de, str>,
    span: Range<usize>,
}

impl<'de> Canonical<'de> {
    /// A string that the parser could lend from its input held no escape, so it needs none here.
    fn push_plain(&mut self, string: &str) {
        self.text.0.push('"');
        self.text.0.push_str(string);
        self.text.0.push('"');
    }

    /// With the escapes that `serde_json` writes.
    fn push_escaped<E: serde::de::Error>(&mut self, string: &str) -> Result<(), E> {
        let text = &mut self.text.0;
        text.push('"');
        let mut plain = 0;
        for (at, byte) in string.bytes().enumerate() {
            let escape = match byte {
                0 => return Err(E::custom("NUL")),
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                b'\x08' => "\\b",
                b'\x0c' => "\\f",
                b'\x01'..=b'\x1f' => "\\u00",
                _ => continue,
            };
            text.push_str(&string[plain..at]);
            text.push_str(escape);
            if escape == "\\u00" {
                write!(text, "{byte:02x}").map_err(E::custom)?;
            }
            plain = at + 1;
        }
        text.push_str(&string[plain..]);
        text.push('"');
        Ok(())
    }

    /// Ends an array or object, each of whose elements or members ends with a comma.
    fn close(&mut self, bracket: char) {
        if self.text.0.ends_with(',') {
            self.text.0.pop();
        }
        self.text.0.push(bracket);
    }

    /// Puts the members from `first` on in order, which are the end of the text.
    fn order_members(&mut self, first: usize) {
        let members = &mut self.members[first..];
        let Some(start) = members.first().map(|member| member.span.start) else {
            return;
        };
        members.sort_unstable_by(|one, other| {
            (&one.key, one.span.start).cmp(&(&other.key, other.span.start))
        });
        for (at, member) in members.iter().enumerate() {
            let is_repeated = members
                .get(at + 1)
                .is_some_and(|next| next.key == member.key);
            if !is_repeated {
                self.ordered.push_str(&self.text.0[member.span.clone()]);
            }
        }
        self.text.0.truncate(start);
        self.text.0.push_str(&self.ordered);
        self.ordered.clear();
    }
}

/// Lets `serde_json` write into a string. It writes whole characters at a time.
struct Text(String);

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The next value of the input.
struct Next<'a, 'de>(&'a mut Canonical<'de>);

impl<'de> DeserializeSeed<'de> for Next<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Next<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.text.0.push_str("null");
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.text.0.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        CompactFormatter
            .write_u64(&mut self.0.text, value)
            .map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        CompactFormatter
            .write_i64(&mut self.0.text, value)
            .map_err(E::custom)
    }

    // The parser refuses what is beyond the range of a double, so the value is finite.
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        CompactFormatter
            .write_f64(&mut self.0.text, value)
            .map_err(E::custom)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        self.0.push_plain(value);
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.0.push_escaped(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.0.text.0.push('[');
        while elements.next_element_seed(Next(self.0))?.is_some() {
            self.0.text.0.push(',');
        }
        self.0.close(']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let canonical = self.0;
        let first = canonical.members.len();
        let mut ascending = true;
        canonical.text.0.push('{');
        while let Some(key) = members.next_key_seed(NextKey)? {
            let start = canonical.text.0.len();
            match &key {
                Cow::Borrowed(key) => canonical.push_plain(key),
                Cow::Owned(key) => canonical.push_escaped(key)?,
            }
            canonical.text.0.push(':');
            ascending = ascending
                && canonical.members[first..]
                    .last()
                    .is_none_or(|last| last.key < key);
            let at = canonical.members.len();
            canonical.members.push(Member {
                key,
                span: start..start,
            });
            members.next_value_seed(Next(canonical))?;
            canonical.text.0.push(',');
            canonical.members[at].span.end = canonical.text.0.len();
        }
        if !ascending {
            canonical.order_members(first);
        }
        canonical.members.truncate(first);
        canonical.close('}');
        Ok(())
    }
}

/// The next key of an object.
struct NextKey;

impl<'de> DeserializeSeed<'de> for NextKey {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NextKey {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// The definition of the canonical form; `serde_json`'s map sorts its keys as long as its
    /// feature `preserve_order` is off, which a test guards.
    fn by_value(text: &[u8]) -> Option<String> {
        serde_json::from_slice::<Value>(text)
            .ok()
            .map(|value| value.to_string())
    }

    fn canonical(text: &str) -> String {
        canonical_json(text.as_bytes()).unwrap()
    }

    #[test]
    fn keys_are_sorted_and_white_space_is_dropped() {
        let text =
            r#" { "b" : [1, 2.50, "\u00e9"], "a": {"z": null, "y": true}, "": [{ }, [ ]] } "#;
        let expected = r#"{"":[{},[]],"a":{"y":true,"z":null},"b":[1,2.5,"é"]}"#;
        assert_eq!(canonical(text), expected);
        assert_eq!(canonical(expected), expected);
    }

    #[test]
    fn keys_are_sorted_without_their_escapes() {
        // As written, "\t" begins with a backslash and would come after "A".
        let text = r#"{"A":1,"\t":2,"\u0042":3,"\"":4,"é":5,"\ud83d\ude00":6,"z":7}"#;
        let expected = r#"{"\t":2,"\"":4,"A":1,"B":3,"z":7,"é":5,"😀":6}"#;
        assert_eq!(canonical(text), expected);
    }

    #[test]
    fn of_repeated_keys_the_last_one_stays() {
        for (text, expected) in [
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#"{"a":1,"b":{},"\u0061":[3],"a":2}"#, r#"{"a":2,"b":{}}"#),
            (
                r#"{"b":{"x":1,"x":2},"a":1,"b":{"y":1}}"#,
                r#"{"a":1,"b":{"y":1}}"#,
            ),
        ] {
            assert_eq!(canonical(text), expected);
            assert_eq!(by_value(text.as_bytes()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn numbers_are_printed_as_the_parser_holds_them() {
        for (text, expected) in [
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551616", "1.8446744073709552e+19"),
            ("-0", "-0.0"),
            ("1.0", "1.0"),
            ("1E2", "100.0"),
            ("5e-324", "5e-324"),
            ("0.1e-400", "0.0"),
        ] {
            assert_eq!(canonical(text), expected);
            assert_eq!(by_value(text.as_bytes()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn nesting_is_accepted_up_to_the_limit_only() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(canonical_json(nested(MAX_STATE_DEPTH).as_bytes()).is_ok());
        let refused = canonical_json(nested(MAX_STATE_DEPTH + 1).as_bytes()).unwrap_err();
        assert!(
            matches!(
                refused,
                Malformed::TooDeep {
                    line: 1,
                    column: 128
                }
            ),
            "{refused}"
        );
        let far_too_deep = "{\"a\":".repeat(1_000_000);
        let refused = canonical_json(far_too_deep.as_bytes()).unwrap_err();
        assert!(matches!(refused, Malformed::TooDeep { .. }), "{refused}");
    }

    #[test]
    fn refusals_say_where() {
        for (text, expected) in [
            (
                &b"{\n \"a\": \"b\xffc\"}"[..],
                "no UTF-8 at line 2 column 9",
            ),
            (b"\xff", "no UTF-8 at line 1 column 1"),
            (
                br#"{"a":["x\u0000"]}"#,
                "NUL character (\\u0000), which not every database can hold, at line 1 column 15",
            ),
            (b"{\"a\":0,\n\"\\u0000\":1}", "can hold, at line 2 column"),
            (b"{\"a\":1,}", "trailing comma at line 1 column 8"),
            (b"{\"a\":\"\\ud800\"}", "at line 1 column"),
            (b"{\"a\":1e999}", "number out of range at line 1 column"),
        ] {
            let refused = canonical_json(text).unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        }
    }

    /// JSON as a document may hold it: odd keys, repeated ones, every escape, white space.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            prop_oneof!["null", "true", "false"],
            any::<i64>().prop_map(|number| number.to_string()),
            any::<u64>().prop_map(|number| number.to_string()),
            any::<f64>()
                .prop_filter("JSON has finite numbers only", |number| number.is_finite())
                .prop_map(|number| format!("{number:e}")),
            "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
            string(),
        ];
        leaf.prop_recursive(6, 60, 6, |inner| {
            let space = "[ \n\t\r]{0,2}";
            prop_oneof![
                proptest::collection::vec((space, inner.clone(), space), 0..6).prop_map(|values| {
                    let values = values
                        .into_iter()
                        .map(|(before, value, after)| before + &value + &after);
                    format!("[{}]", values.collect::<Vec<_>>().join(","))
                }),
                proptest::collection::vec((space, string(), inner, space), 0..6).prop_map(
                    |members| {
                        let members = members.into_iter().map(|(before, key, value, after)| {
                            format!("{before}{key}{after}:{before}{value}")
                        });
                        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
                    }
                ),
            ]
        })
    }

    /// A string in quotes: few different ones, so that keys repeat, and of the other characters
    /// any, written plainly or escaped.
    fn string() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            "[a-c]",
            "[\u{20}-\u{21}\u{23}-\u{5b}\u{5d}-\u{7f}é😀]",
            any::<char>()
                .prop_filter("NUL is refused", |character| *character != '\0')
                .prop_map(|character| {
                    let mut units = [0; 2];
                    let units = character.encode_utf16(&mut units);
                    units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
                }),
            prop_oneof![
                "\\\\n", "\\\\\"", "\\\\\\\\", "\\\\/", "\\\\b", "\\\\f", "\\\\r", "\\\\t"
            ],
        ];
        proptest::collection::vec(character, 0..5)
            .prop_map(|characters| format!("\"{}\"", characters.concat()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_is_what_a_parsed_tree_prints(text in json()) {
            let expected = by_value(text.as_bytes());
            prop_assert!(expected.is_some(), "{}", text);
            prop_assert_eq!(canonical_json(text.as_bytes()).ok(), expected);
        }

        #[test]
        fn damaged_text_is_refused_where_the_parser_refuses_it(
            text in json(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut text = text.into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            match (canonical_json(&text), by_value(&text)) {
                (Err(Malformed::Nul { .. }), Some(_)) => {
                    prop_assert!(String::from_utf8_lossy(&text).contains("\\u0000"));
                }
                (canonical, value) => prop_assert_eq!(canonical.ok(), value),
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(canonical_json(&bytes).ok(), by_value(&bytes));
        }

        #[test]
        fn no_sequence_of_tokens_makes_it_panic(
            tokens in proptest::collection::vec(
                prop_oneof!["[\\[\\]{},:\"]", "\"[ab]\"", "[0-9eE.+-]{1,3}", "null|true", "\\\\\\\\u[0-9d]{0,4}"],
                0..40,
            ),
        ) {
            let text = tokens.concat();
            match (canonical_json(text.as_bytes()), by_value(text.as_bytes())) {
                (Err(Malformed::Nul { .. }), Some(_)) => prop_assert!(text.contains("\\u0000")),
                (canonical, value) => prop_assert_eq!(canonical.ok(), value),
            }
        }
    }
}
