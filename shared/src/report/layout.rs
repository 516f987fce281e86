//! How a report file is laid out: what a person looks for has a line of its own, and what only programs read doesn't fill
//! the file with white space.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// JSON with each member of an object and each element of a list on a line of its own, indented by two spaces. All that an
/// element of a list holds stays on its line: a block is one line, and so is a sample.
///
/// # Errors
/// Where the document cannot be serialized; never for a `Value`, whose keys are texts.
pub(super) fn lines(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Lines::default()))?;
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

#[derive(Default)]
struct Lines {
    pretty: PrettyFormatter<'static>,
    /// How many lists and objects are open within an element of a list; none outside.
    within_element: Option<usize>,
}

impl Lines {
    /// Whether a bracket that opens stands within an element of a list.
    fn opens_within(&mut self) -> bool {
        self.within_element
            .as_mut()
            .map(|open| *open += 1)
            .is_some()
    }

    /// Whether a bracket that closes stands within an element of a list.
    fn closes_within(&mut self) -> bool {
        self.within_element
            .as_mut()
            .map(|open| *open -= 1)
            .is_some()
    }
}

impl Formatter for Lines {
    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.opens_within() {
            return CompactFormatter.begin_array(writer);
        }
        self.pretty.begin_array(writer)
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.closes_within() {
            return CompactFormatter.end_array(writer);
        }
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if self.within_element.is_some() {
            return CompactFormatter.begin_array_value(writer, first);
        }
        self.within_element = Some(0);
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.within_element != Some(0) {
            return CompactFormatter.end_array_value(writer);
        }
        self.within_element = None;
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.opens_within() {
            return CompactFormatter.begin_object(writer);
        }
        self.pretty.begin_object(writer)
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.closes_within() {
            return CompactFormatter.end_object(writer);
        }
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        match self.within_element {
            Some(_) => CompactFormatter.begin_object_key(writer, first),
            None => self.pretty.begin_object_key(writer, first),
        }
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        match self.within_element {
            Some(_) => CompactFormatter.begin_object_value(writer),
            None => self.pretty.begin_object_value(writer),
        }
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        match self.within_element {
            Some(_) => CompactFormatter.end_object_value(writer),
            None => self.pretty.end_object_value(writer),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn members_and_elements_have_lines_and_what_is_in_an_element_has_none() {
        let value = json!({
            "blocks": [{"errors": {}, "pair": 0, "sizes": [1, [], {"a": [{}]}]}, 7],
            "load": {"range": {"min": 1}, "tags": []},
            "nothing": {}
        });
        let expected = r#"{
  "blocks": [
    {"errors":{},"pair":0,"sizes":[1,[],{"a":[{}]}]},
    7
  ],
  "load": {
    "range": {
      "min": 1
    },
    "tags": []
  },
  "nothing": {}
}"#;
        assert_eq!(lines(&value).unwrap(), expected);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[a-z\"\\\\ ]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c]{1,2}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_layout_changes_no_value(value in any_json()) {
            let text = lines(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
