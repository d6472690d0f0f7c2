//! Where in a manifest the writer is.

use serde_json::{Map, Value};
use vending_core::Problem;

use super::order::rank;

/// An object of the manifest whose fields are written.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pointer: String,
    pub(super) indent: usize,
    /// Whether people choose the names of the fields.
    has_free_names: bool,
    /// Whether the fields are OUs.
    has_units: bool,
}

/// The objects with free names. Some are lists in other places.
const FREE: [&str; 7] =
    ["accounts", "configRules", "githubOwners", "organizationalUnits", "parameters", "permissionSets", "policies"];

impl Place {
    pub(super) fn top() -> Self {
        Self { pointer: String::new(), indent: 0, has_free_names: false, has_units: false }
    }

    pub(super) fn below(&self, name: &str) -> Self {
        let is_field = |names: &[&str]| !self.has_free_names && names.contains(&name);
        Self {
            pointer: self.pointer_of(name),
            indent: self.indent + INDENT,
            has_free_names: is_field(&FREE),
            has_units: is_field(&["organizationalUnits"]),
        }
    }

    /// The fields of an object in a list.
    pub(super) fn in_item(&self) -> Self {
        Self { indent: self.indent + INDENT, has_free_names: false, has_units: false, ..self.clone() }
    }

    pub(super) fn pointer_of(&self, name: &str) -> String {
        format!("{}{}", self.pointer, Problem::at(&[name], "").pointer)
    }

    /// Whether an object is written in braces if it fits into the line. As in the example, sections, blocks, and OUs
    /// are not.
    pub(super) fn is_flow(&self, name: &str, fields: &Map<String, Value>) -> bool {
        let is_field = !self.has_free_names && ["organizationalUnits", "vending"].contains(&name);
        let is_section = self.indent == 0 || self.has_units || is_field;
        let is_leaf = fields.values().all(|value| match value {
            Value::Object(fields) => fields.is_empty(),
            Value::Array(items) => !items.iter().any(Value::is_object),
            _ => true,
        });
        !is_section && is_leaf
    }

    /// The fields in the order of the example; free names by name.
    pub(super) fn ordered<'a>(&self, fields: &'a Map<String, Value>) -> Vec<(&'a str, &'a Value)> {
        let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
        fields.sort_by_key(|(name, _)| (if self.has_free_names { 0 } else { rank(name) }, *name));
        fields
    }
}

const INDENT: usize = 2;
