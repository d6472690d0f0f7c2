//! What the manifest says in comments.

use std::collections::BTreeMap;

use vending_core::{OrganizationalUnitPath, Problem};

/// The comments of a manifest.
#[derive(Clone, Debug, Default)]
pub(super) struct Comments {
    /// The lines above a field, by its JSON pointer.
    lines: BTreeMap<String, Vec<String>>,
    differences: Vec<String>,
}

impl Comments {
    /// Adds a line above a field.
    pub(super) fn add(&mut self, pointer: &str, line: impl Into<String>) {
        self.lines.entry(pointer.to_owned()).or_default().push(line.into());
    }

    /// Adds what a plan of the manifest changes.
    pub(super) fn differ(&mut self, difference: impl Into<String>) {
        self.differences.push(difference.into());
    }

    pub(super) fn at(&self, pointer: &str) -> &[String] {
        self.lines.get(pointer).map_or(&[], Vec::as_slice)
    }

    pub(super) fn differences(&self) -> &[String] {
        &self.differences
    }

    pub(super) fn into_differences(self) -> Vec<String> {
        self.differences
    }
}

/// The JSON pointer of an OU, or of the root.
pub(super) fn pointer(path: Option<&OrganizationalUnitPath>) -> String {
    let segments = path.into_iter().flat_map(OrganizationalUnitPath::segments);
    let below = segments.map(|name| Problem::at(&["organizationalUnits", name], "").pointer);
    below.fold("/root".to_owned(), |above, unit| above + &unit)
}
