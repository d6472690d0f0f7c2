//! A response as JSON, and what this version knows of it.

use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A part of a response. It dereferences to the fields that this version knows; the JSON also has those that a later
/// version of the API added.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document<T> {
    fields: T,
    json: Value,
}

impl<T: DeserializeOwned> Document<T> {
    pub fn from_json(json: Value) -> Result<Self, serde_json::Error> {
        Ok(Self { fields: T::deserialize(&json)?, json })
    }
}

impl<T> Document<T> {
    pub fn json(&self) -> &Value {
        &self.json
    }

    pub fn into_json(self) -> Value {
        self.json
    }
}

impl<T> Deref for Document<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fields
    }
}
