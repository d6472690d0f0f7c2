//! The paths of OUs that other parts of the manifest name, and what belongs together in the trail.

use serde_json::Value;
use vending_core::{OrganizationalUnitPath, Problem};

use super::{did_you_mean, problem};
use crate::read::ALL_UNITS;
use crate::tree::{Place, strings};

pub(super) fn problems(manifest: &Value, places: &[Place<'_>]) -> Vec<Problem> {
    let paths: Vec<String> = places.iter().map(Place::display_path).filter(|path| !path.is_empty()).collect();
    let unknown = |(path, pointer): (&str, String)| {
        let is_known = paths.iter().any(|known| known.to_lowercase() == path.to_lowercase());
        if is_known || path.parse::<OrganizationalUnitPath>().is_err() {
            return None;
        }
        let meant = did_you_mean(path, paths.iter().map(String::as_str));
        Some(problem(pointer, format!("must be the path of an OU in the manifest, not `{path}`{meant}")))
    };
    let list = |pointer: &str| strings(manifest.pointer(pointer), pointer);
    let governed = list("/controlTower/organizationalUnits");
    let events = list("/trail/s3DataEvents");
    let has_all = events.iter().any(|(path, _)| *path == ALL_UNITS);
    let mut found: Vec<Problem> = governed.into_iter().filter_map(unknown).collect();
    if has_all && events.len() > 1 {
        found.push(problem("/trail/s3DataEvents", format!("must have either `{ALL_UNITS}` alone or paths of OUs")));
    }
    found.extend(events.into_iter().filter(|(path, _)| *path != ALL_UNITS).filter_map(unknown));
    found.extend(trail(manifest));
    found
}

fn trail(manifest: &Value) -> Vec<Problem> {
    let Some(trail) = manifest.get("trail").and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    if trail.get("mode").and_then(Value::as_str) == Some("account") {
        if !trail.contains_key("bucket") {
            found.push(problem("/trail/bucket", "is required with `mode: account`: the trails deliver to it"));
        }
        for field in ["name", "s3DataEvents"] {
            if trail.contains_key(field) {
                let detail = "must be removed with `mode: account`: only the organization trail has it";
                found.push(problem(format!("/trail/{field}"), detail));
            }
        }
    }
    found
}
