//! The groups and permission sets that blocks name.

use serde_json::Value;
use vending_core::{Problem, group_name, permission_set_name};

use super::{did_you_mean, problem};
use crate::tree::{Place, strings};

pub(super) fn problems(manifest: &Value, places: &[Place<'_>]) -> Vec<Problem> {
    let identity_center = manifest.get("identityCenter");
    let sets = identity_center.and_then(|fields| fields.get("permissionSets")?.as_object());
    let sets: Option<Vec<&str>> = sets.map(|sets| sets.keys().map(String::as_str).collect());
    let groups = identity_center.and_then(|fields| fields.get("groups")).filter(|groups| groups.is_array());
    let groups: Option<Vec<&str>> =
        groups.map(|groups| strings(Some(groups), "").into_iter().map(|(name, _)| name).collect());
    let unknown_set = |name: &str| unknown(name, sets.as_deref(), "permission sets", "permissionSets");
    let unknown_group = |name: &str| unknown(name, groups.as_deref(), "groups", "groups");

    let mut found = Vec::new();
    for place in places {
        for (name, pointer) in place.strings("vending/permissionSets") {
            if name != "*" && permission_set_name(name).is_ok() {
                found.extend(unknown_set(name).map(|detail| problem(pointer, detail)));
            }
        }
        let access = place.fields.get("vending").and_then(|vending| vending.get("access")?.as_array());
        for (index, entry) in access.into_iter().flatten().enumerate() {
            let pointer = |field: &str| format!("{}/vending/access/{index}/{field}", place.pointer);
            let field = |field: &str| entry.get(field).and_then(Value::as_str);
            let group = field("group").filter(|name| group_name(name).is_ok());
            let set = field("permissionSet").filter(|name| permission_set_name(name).is_ok());
            found.extend(group.and_then(unknown_group).map(|detail| problem(pointer("group"), detail)));
            found.extend(set.and_then(unknown_set).map(|detail| problem(pointer("permissionSet"), detail)));
        }
    }
    found
}

/// What is wrong with a name that a list of the manifest should have, if the list is there.
fn unknown(name: &str, known: Option<&[&str]>, what: &str, field: &str) -> Option<String> {
    let known = known?;
    if known.contains(&name) {
        return None;
    }
    let meant = did_you_mean(name, known.iter().copied());
    Some(format!("must be one of the {what} in identityCenter.{field}, not `{name}`{meant}"))
}
