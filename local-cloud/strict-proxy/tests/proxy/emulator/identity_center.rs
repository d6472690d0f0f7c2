//! An instance of IAM Identity Center in each Region, with as few checks as in moto.

use serde_json::{Value, json};

use super::state::EmulatorState;

pub(crate) const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-1111111111111111";
pub(crate) const STORE: &str = "d-1111111111";

/// Returns `None` for other operations.
pub(super) fn call(state: &mut EmulatorState, operation: &str, parameters: &Value) -> Option<(u16, Value)> {
    let sets = &mut state.permission_sets;
    let arn = &parameters["PermissionSetArn"];
    let position = sets.iter().position(|set| set["PermissionSetArn"] == *arn);
    Some(match (operation, position) {
        ("ListInstances", _) => {
            (200, json!({"Instances": [{"InstanceArn": INSTANCE, "IdentityStoreId": STORE, "Status": "ACTIVE"}]}))
        }
        ("CreatePermissionSet", _) => {
            let arn = format!("{INSTANCE}/ps-{:016}", sets.len() + 1);
            let duration = parameters["SessionDuration"].as_str().map_or(json!(3600), |text| json!(text));
            sets.push(json!({"PermissionSetArn": arn, "Name": parameters["Name"], "SessionDuration": duration}));
            (200, json!({"PermissionSet": sets.last()}))
        }
        ("ListPermissionSets", _) => {
            let arns: Vec<&Value> = sets.iter().map(|set| &set["PermissionSetArn"]).collect();
            (200, json!({"PermissionSets": arns}))
        }
        ("DescribePermissionSet" | "DeletePermissionSet", None) => {
            (400, json!({"__type": "ResourceNotFoundException", "message": "Could not find PermissionSet"}))
        }
        ("DescribePermissionSet", Some(position)) => (200, json!({"PermissionSet": sets[position]})),
        ("DeletePermissionSet", Some(position)) => {
            sets.remove(position);
            (200, json!({}))
        }
        _ => return None,
    })
}
