//! OUs that have another name in AWS than in the manifest.

use vending_core::{OrganizationalUnitPath, Settings};
use vending_organization::MissingOu;

/// What is expected of the path of an OU that does not exist. If the OU of this path in the manifest was renamed in AWS,
/// its new path.
pub(crate) fn missing_detail(settings: &Settings, path: &OrganizationalUnitPath, missing: MissingOu) -> String {
    match new_path(settings, path, &missing) {
        Some(new) => format!("must be `{new}`: the OU was renamed"),
        None => missing.detail,
    }
}

fn new_path(settings: &Settings, path: &OrganizationalUnitPath, missing: &MissingOu) -> Option<String> {
    let segments: Vec<&str> = path.segments().collect();
    let former = segments.get(..=missing.depth)?.join("/").parse().ok()?;
    let name = missing.siblings.get(settings.id_of(&former)?)?;
    let mut renamed = segments;
    *renamed.get_mut(missing.depth)? = name;
    Some(renamed.join("/"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn renamed_ou_is_found_by_its_id() {
        let settings = json!({
            "schemaVersion": 1, "homeRegion": "us-east-1", "governedRegions": ["us-east-1"],
            "paths": { "ou-n": "Workloads/NonProd", "ou-o": "Workloads/Other" },
        });
        let settings = Settings::parse(settings.to_string().as_bytes()).unwrap();
        let missing = |depth| MissingOu {
            detail: "must exist".to_owned(),
            depth,
            siblings: [("ou-n".parse().unwrap(), "NonProduction".to_owned())].into(),
        };
        for (path, depth, expected) in [
            ("Workloads/NonProd", 1, "must be `Workloads/NonProduction`: the OU was renamed"),
            ("Workloads/NonProd/Dev", 1, "must be `Workloads/NonProduction/Dev`: the OU was renamed"),
            ("Workloads/Other", 1, "must exist"),
            ("Nowhere", 0, "must exist"),
        ] {
            assert_eq!(missing_detail(&settings, &path.parse().unwrap(), missing(depth)), expected, "{path}");
        }
    }
}
