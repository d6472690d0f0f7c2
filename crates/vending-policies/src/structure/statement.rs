//! Checks one statement of an SCP or RCP.

use serde_json::Value;
use vending_core::{ObjectReader, json_type};

use crate::PolicyType;

/// Returns the Sid.
pub(super) fn check(fields: &mut ObjectReader<'_>, policy_type: PolicyType) -> Option<String> {
    let sid = fields.optional("Sid", sid);
    match policy_type {
        PolicyType::Rcp => of_rcp(fields),
        _ => of_scp(fields),
    }
    strings(fields, "Action", action);
    strings(fields, "NotAction", action);
    one_of_two(fields, "Resource", "NotResource");
    strings(fields, "Resource", resource);
    strings(fields, "NotResource", resource);
    if let Some(condition) = fields.any("Condition") {
        conditions(fields, condition);
    }
    sid
}

fn of_scp(fields: &mut ObjectReader<'_>) {
    fields.required_choice::<Effect>("Effect", &["Allow", "Deny"]);
    one_of_two(fields, "Action", "NotAction");
    for name in ["Principal", "NotPrincipal"] {
        if fields.is_given(name) {
            fields.problem(
                name,
                "must not be there: an SCP is for all principals of the accounts; use a condition on aws:PrincipalArn",
            );
        }
    }
}

fn of_rcp(fields: &mut ObjectReader<'_>) {
    if fields.any("Effect").is_none_or(|effect| effect != "Deny") {
        fields.problem("Effect", "must be Deny: only RCPFullAWSAccess can allow");
    }
    if fields.any("Principal").is_none_or(|principal| principal != "*") {
        fields.problem("Principal", "must be \"*\"; use a condition for some principals");
    }
    if !fields.is_given("Action") {
        fields.problem("Action", "is required");
    }
    for name in ["NotAction", "NotPrincipal"] {
        if fields.is_given(name) {
            fields.problem(name, "must not be there: RCPs do not support it");
        }
    }
    let actions = fields.any("Action");
    let every = |value: &Value| value == "*";
    if actions.is_some_and(|actions| every(actions) || actions.as_array().is_some_and(|list| list.iter().any(every))) {
        fields.problem("Action", "must name a service, such as s3:*, because an RCP cannot be for all services");
    }
}

fn one_of_two(fields: &mut ObjectReader<'_>, one: &'static str, other: &'static str) {
    match (fields.is_given(one), fields.is_given(other)) {
        (false, false) => fields.problem(one, format!("is required, or {other}")),
        (true, true) => fields.problem(other, format!("must not be there together with {one}")),
        _ => {}
    }
}

/// Checks a string, or each of a list.
fn strings(fields: &mut ObjectReader<'_>, name: &'static str, check: fn(&str) -> Result<(), String>) {
    let checked = |value: &Value| match value {
        Value::String(text) => check(text),
        other => Err(format!("must be a string, not {}", json_type(other))),
    };
    match fields.any(name) {
        None => {}
        Some(Value::Array(list)) if list.is_empty() => fields.problem(name, "must have at least one entry"),
        Some(Value::Array(list)) => {
            for (index, value) in list.iter().enumerate() {
                if let Err(detail) = checked(value) {
                    fields.problem_at(&[name, &index.to_string()], detail);
                }
            }
        }
        Some(value) => {
            if let Err(detail) = checked(value) {
                fields.problem(name, detail);
            }
        }
    }
}

#[derive(strum::EnumString)]
enum Effect {
    Allow,
    Deny,
}

fn sid(text: &str) -> Result<String, String> {
    let is_valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_valid.then(|| text.to_owned()).ok_or_else(|| "must have letters and digits only".to_owned())
}

fn action(text: &str) -> Result<(), String> {
    let is_service = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"*?".contains(&byte);
    let is_action = text.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty() && !name.is_empty() && service.bytes().all(is_service) && name.bytes().all(is_name)
    });
    if text == "*" || is_action || text.contains("{{") {
        return Ok(());
    }
    Err("must be an action, such as s3:GetObject or s3:Get*".to_owned())
}

fn resource(text: &str) -> Result<(), String> {
    if text == "*" || (text.starts_with("arn:") && text.split(':').count() >= 6) || text.starts_with("{{") {
        return Ok(());
    }
    Err("must be * or an ARN with six parts, such as arn:aws:s3:::bucket/*".to_owned())
}

/// A condition has operators, which have keys, which have values.
fn conditions(fields: &mut ObjectReader<'_>, condition: &Value) {
    const NAME: &str = "Condition";
    let Value::Object(operators) = condition else {
        fields.problem(NAME, format!("must be an object with operators, not {}", json_type(condition)));
        return;
    };
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            fields.problem_at(
                &[NAME, operator],
                format!("must be an object with condition keys, not {}", json_type(keys)),
            );
            continue;
        };
        for (key, values) in keys {
            let is_value = |value: &Value| value.is_string() || value.is_boolean() || value.is_number();
            let is_list = values.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string));
            if !is_value(values) && !is_list {
                fields.problem_at(&[NAME, operator, key], "must be a string or a list of strings");
            }
        }
    }
}
