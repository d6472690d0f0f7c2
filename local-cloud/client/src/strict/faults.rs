//! Faults, and the rules that inject them.

use serde::{Deserialize, Serialize};

/// Injects a fault into the next `times` calls that match. `nth`, `probability`, and `for_millis` select some of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The signing name, as in `Call::service`. `*` matches any string, also in `operation`.
    pub service: String,
    pub operation: String,
    /// The account of the caller; for `AssumeRole`, the account that calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A string that the parameters of the call contain, as compact JSON: an email, an account ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The calling function, as in `Call::function`: `*-create-account`. `*` alone matches any function, but no caller
    /// that is not a function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Strings that identify an account, such as its email or its ID. A call matches if its parameters or session name
    /// contain one of them, or if it is made in an account with this ID. When a matching `CreateAccount` succeeds, the
    /// IDs of its creation and account are added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related_to: Vec<String>,
    /// `Rule::ALWAYS` for every matching call.
    #[serde(default = "once")]
    pub times: u32,
    /// The number of the first matching call that gets the fault, counted from 1.
    #[serde(default = "once")]
    pub nth: u32,
    /// The share of matching calls that get the fault, chosen at random: 0.1 is one in ten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The seed of the random choice. Without it, the proxy chooses one; the status of the rule shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How long the rule applies, from its first matching call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_millis: Option<u64>,
    pub fault: Fault,
}

/// What happens to a call.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fault {
    /// The call is rejected with this error and does not reach the emulator.
    Error(AwsError),
    /// The call is rejected with the error of the service for a permission that is missing or has not propagated.
    AccessDenied,
    /// The call is rejected as by a service control policy.
    DeniedByScp,
    /// The connection is closed and the call has no effect.
    CutBefore,
    /// The call takes effect and the connection is closed without a response.
    CutAfter,
    /// The call takes effect and the calling function is killed before it receives the response. Only on Linux, and
    /// only for functions: other callers receive `CallerNotKilled`.
    KillCaller,
    /// The call takes effect after this time, even if the caller has closed the connection.
    Delay { millis: u64 },
    /// The call takes effect immediately and the response is sent after this time.
    SlowResponse { millis: u64 },
    /// All fields of this name in the response get this value, for example one that the SDK does not know.
    Rewrite { field: String, value: String },
}

/// An error response of an AWS service.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AwsError {
    pub status: u16,
    pub code: String,
    #[serde(default)]
    pub message: String,
    /// The reason that Organizations adds to some errors, such as `ConstraintViolationException`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An active rule.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleStatus {
    pub id: u64,
    /// The rule, with the `times` that remain and the `seed` in use.
    pub rule: Rule,
    /// How many calls matched.
    pub matched: u32,
    /// How many matching calls got the fault.
    pub applied: u32,
}

impl Rule {
    /// A value of `times`: the rule applies until it is removed.
    pub const ALWAYS: u32 = u32::MAX;

    /// Matches the next call of this operation by any caller.
    pub fn new(service: &str, operation: &str, fault: Fault) -> Self {
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            account: None,
            parameter: None,
            function: None,
            related_to: Vec::new(),
            times: 1,
            nth: 1,
            probability: None,
            seed: None,
            for_millis: None,
            fault,
        }
    }
}

impl Fault {
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Error(AwsError::new(status, code, message))
    }
}

impl AwsError {
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), reason: None }
    }

    #[must_use]
    pub fn with_reason(self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..self }
    }
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_are_deserialized_from_json() {
        let error = json!({"kind": "error", "status": 403, "code": "AccessDenied", "message": "no"});
        let rule: Rule =
            serde_json::from_value(json!({"service": "iam", "operation": "CreateRole", "fault": error})).unwrap();
        assert_eq!(rule, Rule::new("iam", "CreateRole", Fault::error(403, "AccessDenied", "no")));
        for (fault, kind) in [
            (json!({"kind": "cutBefore"}), Fault::CutBefore),
            (json!({"kind": "deniedByScp"}), Fault::DeniedByScp),
            (json!({"kind": "killCaller"}), Fault::KillCaller),
            (json!({"kind": "delay", "millis": 5}), Fault::Delay { millis: 5 }),
            (
                json!({"kind": "rewrite", "field": "State", "value": "NEW"}),
                Fault::Rewrite { field: "State".to_owned(), value: "NEW".to_owned() },
            ),
        ] {
            assert_eq!(serde_json::from_value::<Fault>(fault).unwrap(), kind);
        }
        let misspelt =
            json!({"service": "iam", "operation": "CreateRole", "acount": "1", "fault": {"kind": "cutAfter"}});
        assert!(serde_json::from_value::<Rule>(misspelt).is_err());
    }
}
