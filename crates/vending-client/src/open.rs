//! Enumerations that a later version of the API can extend.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IntoDeserializer};
use serde_json::Value;

/// A value of an enumeration, or a word that this version does not know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Open<T> {
    Known(T),
    Other(String),
}

impl<T> Open<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

impl<T: Default> Default for Open<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

impl<T: PartialEq> Open<T> {
    pub fn is(&self, value: &T) -> bool {
        self.known() == Some(value)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let known: StrDeserializer<'_, ValueError> = word.as_str().into_deserializer();
        Ok(T::deserialize(known).map_or_else(|_| Self::Other(word.clone()), Self::Known))
    }
}

/// As on the wire.
impl<T: serde::Serialize> fmt::Display for Open<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(value) => match serde_json::to_value(value) {
                Ok(Value::String(word)) => formatter.pad(&word),
                _ => Err(fmt::Error),
            },
            Self::Other(word) => formatter.pad(word),
        }
    }
}

/// The values that this version knows, or any other string.
impl<T: JsonSchema> JsonSchema for Open<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let known = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [known, { "type": "string", "description": "A word of a later version." }] })
    }
}

#[cfg(test)]
mod tests {
    use vending_core::Status;

    use super::*;

    #[test]
    fn unknown_word_is_kept() {
        let read = |text: &str| serde_json::from_str::<Open<Status>>(text).unwrap();
        assert!(read("\"VENDED\"").is(&Status::Vended));
        assert_eq!(read("\"VENDED\"").to_string(), "VENDED");
        assert_eq!(read("\"WAITING_FOR_APPROVAL\""), Open::Other("WAITING_FOR_APPROVAL".to_owned()));
        assert_eq!(read("\"WAITING_FOR_APPROVAL\"").to_string(), "WAITING_FOR_APPROVAL");
    }

    #[test]
    fn number_is_rejected() {
        assert!(serde_json::from_str::<Open<Status>>("7").is_err());
    }
}
