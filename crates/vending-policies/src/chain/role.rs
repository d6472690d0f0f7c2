//! Checks that a role can do what its permissions are for.

use std::collections::BTreeSet;

use iam_evaluation::{ActionRequest, InvalidPolicy, Keys, arn_matches};
use serde::Serialize;
use serde_json::Value;
use vending_core::GLOBAL_REGION;

use super::{Chain, Denial, Outcome};
use crate::principal::Principal;
use crate::values::{CASE_ACCOUNT, Values};

/// What the policies deny of the permissions of a role.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleCheck {
    pub denied: Vec<DeniedAction>,
    /// Actions with wildcards, and `NotAction`. They are not checked, because there is no list of all actions of AWS.
    pub not_checked: Vec<String>,
}

/// An action that the permissions allow and the policies deny.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeniedAction {
    pub action: String,
    /// An example of a resource for which it is denied. None for an action without a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The first Region in which it is denied.
    pub region: String,
    pub denial: Denial,
}

impl Chain {
    /// Checks each action that a policy document allows a role, on an example of each of its resources, in each
    /// governed Region and us-east-1. Also tries the resources that a policy of the chain names and the permissions
    /// include.
    ///
    /// `permissions` has no placeholders.
    pub fn denied_actions(
        &self,
        role: &Principal,
        permissions: &Value,
        values: &Values,
    ) -> Result<RoleCheck, InvalidPolicy> {
        let protected = self.named_resources();
        let mut check = RoleCheck::default();
        for statement in statements(permissions).filter(|statement| statement["Effect"] == "Allow") {
            check.not_checked.extend(statement.get("NotAction").map(|_| "NotAction".to_owned()));
            for action in strings(&statement["Action"]) {
                if action.contains(['*', '?']) {
                    check.not_checked.push(action.to_owned());
                } else {
                    let attempt = Attempt { role, action, statement, protected: &protected };
                    check.denied.extend(self.denied_action(&attempt, values)?);
                }
            }
        }
        Ok(check)
    }

    /// The denials of one action, at most one for each statement that denies it.
    fn denied_action(&self, attempt: &Attempt<'_>, values: &Values) -> Result<Vec<DeniedAction>, InvalidPolicy> {
        let mut denied: Vec<DeniedAction> = Vec::new();
        for region in regions(values) {
            let mut keys = attempt.role.keys(values).map_err(InvalidPolicy::new)?;
            keys.insert("aws:RequestedRegion".to_owned(), region.into());
            keys.extend(required_keys(attempt.statement, region));
            for resource in attempt.resources(region) {
                let request = ActionRequest { action: attempt.action, resource: resource.as_deref(), keys: &keys };
                if let Outcome::Denied(denial) = self.decide(attempt.role, request)?
                    && denied.iter().all(|known| known.denial != denial)
                {
                    let (action, region) = (attempt.action.to_owned(), region.to_owned());
                    denied.push(DeniedAction { action, resource, region, denial });
                }
            }
        }
        Ok(denied)
    }

    /// The resources that the denying statements name.
    fn named_resources(&self) -> BTreeSet<&str> {
        let policies = self.levels.iter().flat_map(|level| &level.policies);
        let denying =
            policies.flat_map(|policy| statements(policy.value())).filter(|statement| statement["Effect"] == "Deny");
        denying.flat_map(|statement| strings(&statement["Resource"])).filter(|resource| *resource != "*").collect()
    }
}

/// An action that a statement allows a role.
struct Attempt<'a> {
    role: &'a Principal,
    action: &'a str,
    statement: &'a Value,
    protected: &'a BTreeSet<&'a str>,
}

impl Attempt<'_> {
    /// An example of each resource of the statement, and of each protected resource that the statement includes.
    fn resources(&self, region: &str) -> BTreeSet<Option<String>> {
        let mut examples = BTreeSet::new();
        for allowed in strings(&self.statement["Resource"]) {
            examples.insert((allowed != "*").then(|| example_of_arn(allowed, region)));
            let protected = self.protected.iter().map(|protected| example_of_arn(protected, region));
            examples.extend(protected.filter(|arn| arn_matches(allowed, arn)).map(Some));
        }
        if examples.is_empty() {
            // NotResource includes most resources.
            examples.insert(None);
        }
        examples
    }
}

fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    let statements = &document["Statement"];
    statements.as_array().map_or(std::slice::from_ref(statements), Vec::as_slice).iter()
}

fn regions(values: &Values) -> impl Iterator<Item = &str> {
    let governed = values.governed_regions.iter().map(String::as_str);
    let global = Some(GLOBAL_REGION).filter(|global| !values.governed_regions.iter().any(|region| region == global));
    governed.chain(global)
}

/// Condition keys for which a statement allows its actions.
fn required_keys(statement: &Value, region: &str) -> Keys {
    let operators = ["StringEquals", "StringLike", "ArnEquals", "ArnLike"];
    let conditions = operators.iter().filter_map(|operator| statement["Condition"][*operator].as_object()).flatten();
    let first = |values: &Value| strings(values).next().map(|value| Value::String(example_of_arn(value, region)));
    conditions.filter_map(|(key, values)| Some((key.clone(), first(values)?))).collect()
}

/// An ARN that a pattern matches.
fn example_of_arn(pattern: &str, region: &str) -> String {
    let part = |(index, part): (usize, &str)| match (index, part) {
        (REGION, "*") => region.to_owned(),
        (ACCOUNT, "*") => CASE_ACCOUNT.to_owned(),
        (_, part) => part.replace('*', "example").replace('?', "x"),
    };
    let parts: Vec<String> = pattern.splitn(6, ':').enumerate().map(part).collect();
    parts.join(":")
}

const REGION: usize = 3;
const ACCOUNT: usize = 4;

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    values.iter().filter_map(Value::as_str)
}
