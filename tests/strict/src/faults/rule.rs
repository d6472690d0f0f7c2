//! Which calls get a fault, and which fault.

use serde::{Deserialize, Serialize};

use crate::identity::Caller;
use crate::wire::{AwsRequest, matches};

/// The next `times` calls that match get the fault; `nth`, `probability` and `for_millis` narrow which of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The signing name, as in `Call::service`. A `*` stands for any text, here and in the operation.
    pub service: String,
    pub operation: String,
    /// The account that the caller acts in (of an `AssumeRole`, the account that it comes from).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A text that must occur in the call's parameters, written as compact JSON: an email, an account id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The function that calls, as in `Call::function`: `*-create-account`. A `*` alone means any function, and so
    /// none of a test's own calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Texts that name a vend: its email, its account's key. A call must have one of them in its parameters or its
    /// session's name, or be made in an account of this id. What a `CreateAccount` that matches makes, the account
    /// and the creation, is added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vend: Vec<String>,
    /// `ALWAYS` for every call.
    #[serde(default = "once")]
    pub times: u32,
    /// Only from this matching call on, counted from 1.
    #[serde(default = "once")]
    pub nth: u32,
    /// Only so many of the matching calls, by chance: 0.1 is one in ten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Makes the chance the same each time. Without it, the proxy picks one and tells it in the rule's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Only until so long after the first matching call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_millis: Option<u64>,
    pub fault: Fault,
}

/// What happens instead of, or to, a plain answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fault {
    /// The call is refused and never reaches the emulator.
    Error(AwsError),
    /// Refused with the service's own words for a permission that is missing, or has not spread yet.
    AccessDenied,
    /// Refused as by a service control policy, which no waiting heals.
    DeniedByScp,
    /// The connection closes, and nothing has happened.
    CutBefore,
    /// The call takes effect, and the connection closes without an answer.
    CutAfter,
    /// The call takes effect, and the function that made it is killed before it has the answer. On Linux alone, and
    /// nobody but a function: another caller gets `CallerNotKilled`.
    KillCaller,
    /// The call takes effect only after this time, even if the caller has given up by then.
    Delay { millis: u64 },
    /// The call takes effect at once, and its answer comes only after this time.
    SlowAnswer { millis: u64 },
    /// All fields of this name in the answer get this value: one that the SDK doesn't know yet, say.
    Rewrite { field: String, value: String },
}

/// An error as a service of AWS answers it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AwsError {
    pub status: u16,
    pub code: String,
    #[serde(default)]
    pub message: String,
    /// What Organizations adds to `ConstraintViolationException` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Rule {
    /// As `times`: the rule never wears off.
    pub const ALWAYS: u32 = u32::MAX;

    /// Matches one call to this operation, by anybody.
    pub fn new(service: &str, operation: &str, fault: Fault) -> Self {
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            account: None,
            parameter: None,
            function: None,
            vend: Vec::new(),
            times: 1,
            nth: 1,
            probability: None,
            seed: None,
            for_millis: None,
            fault,
        }
    }

    pub(super) fn matches(&self, request: &AwsRequest, caller: &Caller) -> bool {
        matches(&self.service, &request.service)
            && matches(&self.operation, &request.operation)
            && self.account.as_deref().is_none_or(|wanted| wanted == caller.account)
            && self.parameter.as_deref().is_none_or(|text| request.mentions(text))
            && self.function.as_deref().is_none_or(|wanted| is_function(wanted, caller))
            && (self.vend.is_empty() || self.is_of_vend(request, caller))
    }

    pub(super) fn is_of_vend(&self, request: &AwsRequest, caller: &Caller) -> bool {
        let session = caller.session.as_ref().map(|session| session.name.as_str()).unwrap_or_default();
        let mut names = self.vend.iter();
        names.any(|name| *name == caller.account || session.contains(name) || request.mentions(name))
    }
}

impl Fault {
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Error(AwsError::new(status, code, message))
    }
}

impl AwsError {
    pub(crate) fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), reason: None }
    }
}

fn is_function(wanted: &str, caller: &Caller) -> bool {
    caller.function.as_deref().is_some_and(|function| matches(wanted, function))
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_are_read_as_written_in_the_control_api() {
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
