//! Which of the actions that a role may use it did use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::proxy::lock;
use crate::wire::matches;

/// Of a role that called while policies were evaluated.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleUsage {
    pub role_arn: String,
    /// The actions that its policies allow, as they write them.
    pub allowed: BTreeSet<String>,
    /// The actions of calls that were let through.
    pub used: BTreeSet<String>,
    /// Those of `allowed` that fit none of `used`.
    pub unused: BTreeSet<String>,
}

/// By role.
#[derive(Default)]
pub(super) struct Usage(Mutex<BTreeMap<String, RoleUsage>>);

impl Usage {
    pub(super) fn learn(&self, role_arn: &str, policies: &[Value]) {
        let mut roles = lock(&self.0);
        roles.entry(role_arn.to_owned()).or_default().allowed.extend(policies.iter().flat_map(allowed_actions));
    }

    pub(super) fn used(&self, role_arn: &str, action: &str) {
        lock(&self.0).entry(role_arn.to_owned()).or_default().used.insert(action.to_owned());
    }

    pub(super) fn roles(&self) -> Vec<RoleUsage> {
        let complete = |(role_arn, usage): (&String, &RoleUsage)| {
            let is_unused = |action: &&String| !usage.used.iter().any(|used| matches(action, used));
            let unused = usage.allowed.iter().filter(is_unused).cloned().collect();
            RoleUsage { role_arn: role_arn.clone(), unused, ..usage.clone() }
        };
        lock(&self.0).iter().map(complete).collect()
    }

    pub(super) fn forget(&self) {
        lock(&self.0).clear();
    }
}

fn allowed_actions(policy: &Value) -> Vec<String> {
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let allowing = statements.iter().filter(|statement| statement["Effect"] == "Allow");
    allowing.flat_map(|statement| texts(&statement["Action"])).collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_role_may_and_never_did_is_unused() {
        let usage = Usage::default();
        let policy = json!({"Statement": [
            {"Effect": "Allow", "Action": ["iam:GetRole", "iam:Put*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        ]});
        usage.learn("role", &[policy]);
        usage.used("role", "iam:PutRolePolicy");
        usage.used("role", "s3:GetObject");
        let role = usage.roles().remove(0);
        assert_eq!(role.unused, BTreeSet::from(["iam:GetRole".to_owned()]));
        assert_eq!((role.role_arn.as_str(), role.allowed.len(), role.used.len()), ("role", 3, 2));
        usage.forget();
        assert_eq!(usage.roles(), []);
    }
}
