//! Walks through the OUs of a manifest that may still have problems.

use serde_json::{Map, Value};
use vending_core::Problem;

/// The root or an OU, as it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) pointer: String,
    /// The names from the root down. Empty for the root.
    pub(crate) path: Vec<&'a str>,
    pub(crate) fields: &'a Map<String, Value>,
}

/// The root and all OUs, each after the one above it.
pub(crate) fn places(manifest: &Value) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    if let Some(fields) = manifest.get("root").and_then(Value::as_object) {
        collect(Place { pointer: "/root".to_owned(), path: Vec::new(), fields }, &mut found);
    }
    found
}

fn collect<'a>(place: Place<'a>, found: &mut Vec<Place<'a>>) {
    let below = place.units();
    found.push(place);
    for unit in below {
        collect(unit, found);
    }
}

impl<'a> Place<'a> {
    /// The OUs directly below.
    pub(crate) fn units(&self) -> Vec<Self> {
        let unit = |(name, fields, pointer): (&'a str, &'a Map<String, Value>, String)| {
            let path = self.path.iter().copied().chain([name]).collect();
            Self { pointer, path, fields }
        };
        self.objects("organizationalUnits").into_iter().map(unit).collect()
    }

    /// The objects in a field, with their names and pointers, by name: whether JSON objects keep the order of their
    /// fields depends on a feature that other crates enable.
    pub(crate) fn objects(&self, field: &str) -> Vec<(&'a str, &'a Map<String, Value>, String)> {
        let entries = self.fields.get(field).and_then(Value::as_object).into_iter().flatten();
        let entry = |(name, value): (&'a String, &'a Value)| {
            let pointer = format!("{}{}", self.pointer, Problem::at(&[field, name], "").pointer);
            Some((name.as_str(), value.as_object()?, pointer))
        };
        let mut objects: Vec<_> = entries.filter_map(entry).collect();
        objects.sort_unstable_by_key(|&(name, ..)| name);
        objects
    }

    /// The strings in a list, with their pointers. `field` may lead through objects, like `vending/permissionSets`.
    pub(crate) fn strings(&self, field: &str) -> Vec<(&'a str, String)> {
        let mut parts = field.split('/');
        let first = parts.next().and_then(|name| self.fields.get(name));
        strings(parts.fold(first, |value, name| value?.get(name)), &format!("{}/{field}", self.pointer))
    }

    /// The path as a person writes it.
    pub(crate) fn display_path(&self) -> String {
        self.path.join("/")
    }
}

/// The strings in a list, with their pointers.
pub(crate) fn strings<'a>(list: Option<&'a Value>, pointer: &str) -> Vec<(&'a str, String)> {
    let items = list.and_then(Value::as_array).into_iter().flatten().enumerate();
    items.filter_map(|(index, item)| Some((item.as_str()?, format!("{pointer}/{index}")))).collect()
}
