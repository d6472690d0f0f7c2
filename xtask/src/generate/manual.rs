//! The baseline and access steps in the manual.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result};
use serde_norway::Value;

use super::block::replace_block;
use crate::functions::{Function, Stage, in_stage};

pub(super) fn render(text: &str, functions: &[Function]) -> Result<String> {
    let sections = |stage| -> Result<String> {
        let sections = in_stage(functions, stage).map(|step| section(step).with_context(|| step.name.clone()));
        Ok(format!("\n{}\n", sections.collect::<Result<Vec<_>>>()?.join("\n")))
    };
    let text = replace_block(text, "baseline", &sections(Stage::Baseline)?)?;
    replace_block(&text, "access", &sections(Stage::Access)?)
}

/// The documentation of the step, and what its policies allow.
fn section(step: &Function) -> Result<String> {
    let role = serde_norway::from_str(&step.properties).context("read its function.yaml")?;
    let sessions = step.session_policies.iter().map(serde_norway::to_value).collect::<Result<Vec<_>, _>>()?;
    let allowed = [("Its role", vec![role]), ("Its sessions", sessions)].map(|(who, policies)| {
        let actions = Actions::in_policies(&policies);
        if actions.0.is_empty() { String::new() } else { format!("- {who}: {actions}\n") }
    });
    Ok(format!("### {} (`{}`)\n\n{}\n\n{}", step.pascal_case(), step.name, step.documentation, allowed.concat()))
}

/// The allowed actions of each service.
#[derive(Default)]
struct Actions<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

impl<'a> Actions<'a> {
    fn in_policies(policies: &'a [Value]) -> Self {
        let mut actions = Self::default();
        for policy in policies {
            actions.collect(policy);
        }
        actions
    }

    /// Statements can be anywhere in the properties of a function, for example in an `!If`.
    fn collect(&mut self, value: &'a Value) {
        match value {
            Value::Mapping(statement) if statement.get("Effect").is_some_and(|effect| effect == "Allow") => {
                let actions = statement.get("Action").and_then(Value::as_sequence).into_iter().flatten();
                let actions = actions.filter_map(Value::as_str);
                for (service, action) in actions.filter_map(|action| action.split_once(':')) {
                    self.0.entry(service).or_default().insert(action);
                }
            }
            Value::Mapping(mapping) => mapping.values().for_each(|value| self.collect(value)),
            Value::Sequence(sequence) => sequence.iter().for_each(|value| self.collect(value)),
            Value::Tagged(tagged) => self.collect(&tagged.value),
            _ => {}
        }
    }
}

impl fmt::Display for Actions<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = |(service, actions): (&&str, &BTreeSet<&str>)| {
            format!("{service}: {}", actions.iter().copied().collect::<Vec<_>>().join(", "))
        };
        formatter.write_str(&self.0.iter().map(service).collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn section_has_documentation_and_allowed_actions() {
        let statement = |effect: &str, action: &str| json!({ "Effect": effect, "Action": [action] });
        let step = Function {
            properties: "Policies:\n- !If [Own, {Effect: Allow, Action: [sts:AssumeRole]}, !Ref AWS::NoValue]\n"
                .to_owned(),
            session_policies: vec![
                json!({ "Statement": [statement("Allow", "iam:GetRole"), statement("Deny", "iam:CreateUser")] }),
                json!({ "Statement": [statement("Allow", "iam:CreateRole"), statement("Allow", "ec2:DeleteVpc")] }),
            ],
            ..Function::sample(Stage::Baseline, "tag-volumes")
        };
        let expected = "### TagVolumes (`tag-volumes`)\n\nA sample.\n\n- Its role: sts: AssumeRole\n- Its sessions: ec2: DeleteVpc; iam: CreateRole, GetRole\n";
        assert_eq!(section(&step).unwrap(), expected);
    }
}
