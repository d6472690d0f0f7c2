//! Which Regions go together.

use serde_json::Value;
use vending_core::{GLOBAL_REGION, Problem, is_opt_in_region, region};

use super::problem;
use crate::tree::strings;

pub(super) fn problems(manifest: &Value) -> Vec<Problem> {
    let home = manifest.get("homeRegion").and_then(Value::as_str).filter(|name| region(name).is_ok());
    let list = manifest.get("governedRegions");
    let governed: Vec<&str> = match list {
        Some(_) => strings(list, "").into_iter().map(|(name, _)| name).collect(),
        None => vec![GLOBAL_REGION],
    };
    let mut found = Vec::new();
    if !governed.is_empty() && !governed.contains(&GLOBAL_REGION) {
        let detail = format!("must have {GLOBAL_REGION}, because global services work and log there");
        found.push(problem("/governedRegions", detail));
    }
    let Some(home) = home else { return found };
    if is_opt_in_region(home) {
        let detail = "must be a Region that is enabled by default: a trail whose home is an opt-in Region does not log \
                      accounts that have not enabled it";
        found.push(problem("/homeRegion", detail));
    } else if !governed.is_empty() && !governed.contains(&home) {
        let detail = format!("must be one of the governedRegions: {}", governed.join(", "));
        found.push(problem("/homeRegion", detail));
    }
    found
}
