//! What the manifest says that this version only validates.

use std::collections::BTreeMap;

use vending_core::Problem;

use crate::manifest::{Manifest, Unit};

impl Manifest {
    /// The JSON pointers of the fields that this version of account-vending validates, but does not apply yet.
    pub fn not_managed(&self) -> Vec<String> {
        let has = |pointer: &str, is_there: bool| is_there.then(|| pointer.to_owned());
        let mut found: Vec<String> = [
            has("/logArchive", self.log_archive.is_some()),
            has("/trail/s3DataEvents", self.trail.as_ref().is_some_and(|trail| trail.s3_data_events.is_some())),
            has("/security", self.security.is_some()),
        ]
        .into_iter()
        .flatten()
        .collect();
        in_units(&self.root.organizational_units, "/root", &mut found);
        found
    }
}

fn in_units(units: &BTreeMap<String, Unit>, parent: &str, found: &mut Vec<String>) {
    for (name, unit) in units {
        let pointer = format!("{parent}{}", Problem::at(&["organizationalUnits", name], "").pointer);
        if !unit.accounts.is_empty() {
            found.push(format!("{pointer}/accounts"));
        }
        in_units(&unit.organizational_units, &pointer, found);
    }
}
