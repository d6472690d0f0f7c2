//! Accounts, their states, and their tags, as in moto.

use serde_json::{Value, json};

use super::state::EmulatorState;

/// Returns `None` for other operations.
pub(super) fn call(state: &mut EmulatorState, operation: &str, parameters: &Value) -> Option<(u16, Value)> {
    let resource = parameters["ResourceId"].as_str().unwrap_or_default().to_owned();
    let response = match operation {
        "CloseAccount" => return Some(close(state, &parameters["AccountId"])),
        "DescribeAccount" => {
            json!({"Account": state.accounts.iter().find(|known| known["Id"] == parameters["AccountId"])?})
        }
        "ListAccounts" => json!({"Accounts": state.accounts}),
        "ListAccountsForParent" => json!({"Accounts": below(state, parameters)}),
        "ListChildren" if parameters["ChildType"] != "ORGANIZATIONAL_UNIT" => {
            let children =
                below(state, parameters).iter().map(|account| json!({"Id": account["Id"], "Type": "ACCOUNT"}));
            json!({"Children": children.collect::<Vec<_>>()})
        }
        "RemoveAccountFromOrganization" => {
            state.accounts.retain(|account| account["Id"] != parameters["AccountId"]);
            json!({})
        }
        "ListDelegatedServicesForAccount" if state.administrator.as_deref() == parameters["AccountId"].as_str() => {
            json!({"DelegatedServices": [{"ServicePrincipal": "guardduty.amazonaws.com"}]})
        }
        "ListTagsForResource" => {
            let tags = state.tags.entry(resource).or_default().iter();
            json!({"Tags": tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>()})
        }
        "TagResource" => {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let tags = parameters["Tags"].as_array().unwrap().iter();
            state.tags.entry(resource).or_default().extend(tags.map(|tag| (text(&tag["Key"]), text(&tag["Value"]))));
            json!({})
        }
        "UntagResource" => {
            let keys = parameters["TagKeys"].as_array().unwrap();
            state.tags.entry(resource).or_default().retain(|key, _| !keys.contains(&json!(key)));
            json!({})
        }
        _ => return None,
    };
    Some((200, response))
}

/// All accounts have the same parent.
fn below<'a>(state: &'a EmulatorState, parameters: &Value) -> &'a [Value] {
    if parameters["ParentId"] == state.parent { &state.accounts } else { &[] }
}

fn close(state: &mut EmulatorState, id: &Value) -> (u16, Value) {
    let Some(account) = state.accounts.iter_mut().find(|account| account["Id"] == *id) else {
        return (400, json!({"__type": "AccountNotFoundException"}));
    };
    if account["State"] == "SUSPENDED" {
        return (400, json!({"__type": "AccountAlreadyClosedException"}));
    }
    for field in ["State", "Status"] {
        account[field] = "SUSPENDED".into();
    }
    (200, json!({}))
}
