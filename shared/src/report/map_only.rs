//! A deserializer that reads structs from JSON objects alone.
//!
//! serde derives two readers for every struct, one for objects and one for arrays of the fields in order. A report
//! has only the former; without this adapter the site's visitors would download both.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

/// Hands everything on to what it wraps (a deserializer, a seed, a visitor, the members of an object, the elements of
/// an array), and asks for an object where a struct is wanted.
pub(super) struct MapOnly<T>(pub(super) T);

macro_rules! hand_on {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(MapOnly(visitor))
        })+
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for MapOnly<D> {
    type Error = D::Error;

    hand_on! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_option deserialize_unit deserialize_seq deserialize_map deserialize_identifier
        deserialize_ignored_any
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(MapOnly(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, MapOnly(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, MapOnly(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, MapOnly(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(length, MapOnly(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0
            .deserialize_tuple_struct(name, length, MapOnly(visitor))
    }
}

macro_rules! visit {
    ($($method:ident $value:ty),+ $(,)?) => {
        $(fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.0.$method(value)
        })+
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for MapOnly<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str, visit_borrowed_str &'de str,
        visit_string String,
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(MapOnly(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(MapOnly(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(MapOnly(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(MapOnly(members))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(variant)
    }
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for MapOnly<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.0.deserialize(MapOnly(inner))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for MapOnly<A> {
    type Error = A::Error;

    #[inline(never)]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(MapOnly(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for MapOnly<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    // Not inlined: one reader for each type of value, not one for each field.
    #[inline(never)]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(MapOnly(seed))
    }
}

#[cfg(test)]
mod tests {
    use super::MapOnly;
    use crate::report::{LoadFigures, Status};
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
        T::deserialize(MapOnly(&mut serde_json::Deserializer::from_str(text)))
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Everything {
        figures: Vec<LoadFigures>,
        maybe: Option<LoadFigures>,
        status: Status,
        text: String,
        below: i32,
    }

    const FIGURES: &str = r#"{"operations_per_second": 2.5, "operations": 5, "seconds": 2}"#;

    #[test]
    fn it_reads_what_serde_json_reads() {
        let text = format!(
            r#"{{"figures": [{FIGURES}, {FIGURES}], "maybe": {FIGURES}, "status": {{"state": "broken", "cause": "a\"b"}},
                "text": "\u00e4", "below": -3}}"#
        );
        let expected: Everything = serde_json::from_str(&text).unwrap();
        assert_eq!(read::<Everything>(&text).unwrap(), expected);
        let without = text.replace(&format!("\"maybe\": {FIGURES}"), "\"maybe\": null");
        assert_eq!(read::<Everything>(&without).unwrap().maybe, None);
    }

    #[test]
    fn it_refuses_what_serde_json_refuses_in_the_same_words() {
        for text in [
            r#"{"operations_per_second": 2.5, "operations": -5, "seconds": 2}"#,
            r#"{"operations_per_second": 2.5, "operations": 5}"#,
            r#"{"operations_per_second": 2.5, "operations": 5, "seconds": 2, "x": 1}"#,
            r#"{"operations_per_second": 2.5, "operations": 5, "operations": 5, "seconds": 2}"#,
            "{\n\"operations_per_second\": 2.5,",
            "7",
        ] {
            let refused = read::<LoadFigures>(text).unwrap_err().to_string();
            let expected = serde_json::from_str::<LoadFigures>(text).unwrap_err();
            assert_eq!(refused, expected.to_string());
        }
    }

    #[test]
    fn the_fields_in_order_are_no_struct() {
        assert!(read::<LoadFigures>("[2.5, 5, 2]").is_err());
        assert!(serde_json::from_str::<LoadFigures>("[2.5, 5, 2]").is_ok());
    }
}
