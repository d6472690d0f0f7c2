//! The cases of a policy: who does what, and whether it is allowed.

mod read;

use iam_evaluation::Keys;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::json;
use strum::EnumString;

use crate::principal::Principal;
use crate::problem::FileProblem;

/// The cases of a policy, `policies/NAME.cases.yaml`. They are tried before the policy is attached.
#[derive(Clone, Debug, JsonSchema, PartialEq)]
#[schemars(deny_unknown_fields)]
#[schemars(title = "Cases of a policy")]
pub struct Cases {
    #[schemars(skip)]
    policy: String,
    /// What the policy is for.
    #[schemars(length(min = 1))]
    pub why: String,
    /// What the policy breaks, and what it would break without its exemptions.
    #[schemars(length(min = 1))]
    pub breaks: String,
    /// Requests, and whether they are allowed.
    #[schemars(length(min = 1))]
    pub cases: Vec<Case>,
}

/// A request, or several that have the same outcome.
#[derive(Clone, Debug, JsonSchema, PartialEq)]
#[schemars(deny_unknown_fields, extend("required" = ["who", "does", "is", "because"]))]
pub struct Case {
    /// Who makes the request: a name, the ARN of a role, a user, or a root user, or a list of them.
    #[schemars(schema_with = "one_or_more::<Principal>")]
    pub who: Vec<Principal>,
    /// The action, such as `ec2:RunInstances`, or a list of actions. It has no wildcards.
    #[schemars(schema_with = "action")]
    pub does: Vec<String>,
    /// The ARN of the resource, or `*`, the default, for an action without a resource.
    #[schemars(with = "String", extend("default" = "*"))]
    pub on: Option<String>,
    /// Condition keys, in addition to those of the principal.
    #[schemars(schema_with = "condition_keys")]
    pub with: Keys,
    /// Whether the policies allow the request.
    pub is: Expected,
    /// Why the outcome is expected. It is shown if the case fails.
    #[schemars(length(min = 1))]
    pub because: String,
}

/// The outcome of a case.
#[derive(Clone, Copy, Debug, EnumString, Eq, JsonSchema, PartialEq, Serialize, strum::Display)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum Expected {
    Allowed,
    Denied,
}

/// A value, or a list of values.
fn one_or_more<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let one = generator.subschema_for::<T>();
    json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
}

fn action(_generator: &mut SchemaGenerator) -> Schema {
    let one = json!({ "type": "string", "pattern": "^[A-Za-z0-9-]+:[A-Za-z0-9]+$" });
    json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
}

fn condition_keys(_generator: &mut SchemaGenerator) -> Schema {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": ":" },
        "additionalProperties": { "anyOf": [{ "type": ["string", "boolean", "number"] }, texts] },
        "default": {},
    })
}

impl Cases {
    /// Parses `policies/NAME.cases.yaml`. Returns all problems.
    pub fn parse(policy: &str, text: &str) -> Result<Self, Vec<FileProblem>> {
        read::cases(policy, text)
    }

    /// The path of the cases of a policy, relative to the folder of the manifest.
    pub fn path(policy: &str) -> String {
        format!("policies/{policy}.cases.yaml")
    }

    /// The name of the policy.
    pub fn policy(&self) -> &str {
        &self.policy
    }
}

#[cfg(test)]
mod tests;
