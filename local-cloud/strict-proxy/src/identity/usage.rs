//! Records which of their allowed actions roles use.

use std::collections::BTreeMap;
use std::sync::Mutex;

use local_cloud::strict::RoleUsage;
use serde_json::Value;

use crate::sync::lock;
use crate::wire::matches;

/// By role ARN.
#[derive(Default)]
pub(super) struct Usage(Mutex<BTreeMap<String, RoleUsage>>);

impl Usage {
    pub(super) fn record_allowed(&self, role_arn: &str, policies: &[Value]) {
        let mut roles = lock(&self.0);
        roles.entry(role_arn.to_owned()).or_default().allowed.extend(policies.iter().flat_map(allowed_actions));
    }

    pub(super) fn record_used(&self, role_arn: &str, action: &str) {
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

    pub(super) fn clear(&self) {
        lock(&self.0).clear();
    }
}

fn allowed_actions(policy: &Value) -> Vec<String> {
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let allowing = statements.iter().filter(|statement| statement["Effect"] == "Allow");
    allowing.flat_map(|statement| strings(&statement["Action"])).collect()
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn unused_actions_are_those_never_called() {
        let usage = Usage::default();
        let policy = json!({"Statement": [
            {"Effect": "Allow", "Action": ["iam:GetRole", "iam:Put*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        ]});
        usage.record_allowed("role", &[policy]);
        usage.record_used("role", "iam:PutRolePolicy");
        usage.record_used("role", "s3:GetObject");
        let role = usage.roles().remove(0);
        assert_eq!(role.unused, BTreeSet::from(["iam:GetRole".to_owned()]));
        assert_eq!((role.role_arn.as_str(), role.allowed.len(), role.used.len()), ("role", 3, 2));
        usage.clear();
        assert_eq!(usage.roles(), []);
    }
}
