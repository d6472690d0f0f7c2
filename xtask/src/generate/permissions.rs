//! What the vending role may do in member accounts: what the sessions of the baseline and access steps may.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::functions::{Function, Stage};

pub(super) fn render(functions: &[Function]) -> Result<String> {
    let steps = functions.iter().filter(|function| matches!(function.stage, Stage::Baseline | Stage::Access));
    let mut merged: Vec<Value> = Vec::new();
    for (function, policy) in steps.flat_map(|step| step.session_policies.iter().map(move |policy| (step, policy))) {
        let statements = policy["Statement"].as_array();
        for statement in statements.with_context(|| format!("{}: a session policy has no Statement", function.name))? {
            add(&mut merged, statement).with_context(|| function.name.clone())?;
        }
    }
    let mut document = json!({ "Version": "2012-10-17", "Statement": merged });
    // Other crates can enable `preserve_order` of serde_json.
    document.sort_all_objects();
    Ok(format!("{document:#}\n"))
}

/// Statements of one Sid become one: they may differ in their actions alone.
fn add(merged: &mut Vec<Value>, statement: &Value) -> Result<()> {
    let Some(same) = merged.iter_mut().find(|one| one["Sid"] == statement["Sid"]) else {
        merged.push(statement.clone());
        return Ok(());
    };
    let scope = |one: &Value| ["Effect", "Resource", "Condition"].map(|field| one[field].clone());
    if scope(same) != scope(statement) {
        bail!("{} names a different statement in another session policy", statement["Sid"]);
    }
    let actions: BTreeSet<&str> = [&same["Action"], &statement["Action"]].into_iter().flat_map(actions).collect();
    same["Action"] = json!(actions);
    Ok(())
}

fn actions(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, sid: &str, action: &str, resource: &str) -> Function {
        let statement = json!({ "Sid": sid, "Effect": "Allow", "Action": [action], "Resource": resource });
        Function {
            session_policies: vec![json!({ "Statement": [statement] })],
            ..Function::sample(Stage::Baseline, name)
        }
    }

    #[test]
    fn statements_of_one_sid_become_one() {
        let steps = [step("a", "Roles", "iam:GetRole", "*"), step("b", "Roles", "iam:ListRoles", "*")];
        let document: Value = serde_json::from_str(&render(&steps).unwrap()).unwrap();
        assert_eq!(document["Statement"].as_array().unwrap().len(), 1);
        assert_eq!(document["Statement"][0]["Action"], json!(["iam:GetRole", "iam:ListRoles"]));
    }

    #[test]
    fn one_sid_with_two_scopes_is_an_error() {
        let steps = [step("a", "Roles", "iam:GetRole", "*"), step("b", "Roles", "iam:GetRole", "arn:a")];
        assert!(format!("{:#}", render(&steps).unwrap_err()).contains("Roles"));
    }
}
