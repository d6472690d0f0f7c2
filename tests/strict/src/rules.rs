//! Faults that a test sets for the calls it names.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::call::AwsRequest;
use crate::proxy::lock;

/// The next `times` calls that match get the fault.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The signing name, as in `Call::service`.
    pub service: String,
    pub operation: String,
    /// The account that the caller acts in (of an `AssumeRole`, the account that it comes from).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A text that must occur in the call's parameters, written as compact JSON: an email, an account id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    #[serde(default = "once")]
    pub times: u32,
    pub fault: Fault,
}

/// What happens instead of, or to, a plain answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fault {
    /// The call is refused and never reaches the emulator.
    Error(AwsError),
    /// The connection closes, and nothing has happened.
    CutBefore,
    /// The call takes effect, and the connection closes without an answer.
    CutAfter,
    /// The call takes effect only after this time, even if the caller has given up by then.
    Delay { millis: u64 },
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
    /// Matches one call to this operation, by anybody.
    pub fn new(service: &str, operation: &str, fault: Fault) -> Self {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        Self { service, operation, account: None, parameter: None, times: 1, fault }
    }

    fn matches(&self, request: &AwsRequest, account: &str) -> bool {
        self.service == request.service
            && self.operation == request.operation
            && self.account.as_deref().is_none_or(|wanted| wanted == account)
            && self.parameter.as_deref().is_none_or(|text| request.parameters.to_string().contains(text))
    }
}

impl Fault {
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Error(AwsError { status, code: code.to_owned(), message: message.to_owned(), reason: None })
    }
}

#[derive(Default)]
pub(crate) struct Rules(Mutex<Set>);

#[derive(Default)]
struct Set {
    last_id: u64,
    rules: Vec<(u64, Rule)>,
}

impl Rules {
    pub(crate) fn add(&self, rule: Rule) -> u64 {
        let mut set = lock(&self.0);
        set.last_id += 1;
        let id = set.last_id;
        set.rules.push((id, rule));
        id
    }

    /// Answers how often the rule would still have applied.
    pub(crate) fn remove(&self, id: u64) -> Option<u32> {
        let mut set = lock(&self.0);
        let position = set.rules.iter().position(|(known, _)| *known == id)?;
        Some(set.rules.remove(position).1.times)
    }

    /// Uses up one time of the oldest rule that matches.
    pub(crate) fn take(&self, request: &AwsRequest, account: &str) -> Option<(u64, Fault)> {
        let mut set = lock(&self.0);
        let (id, rule) = set.rules.iter_mut().find(|(_, rule)| rule.times > 0 && rule.matches(request, account))?;
        rule.times -= 1;
        Some((*id, rule.fault.clone()))
    }
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::Protocol;

    fn create_role(role: &str) -> AwsRequest {
        AwsRequest {
            service: "iam".to_owned(),
            operation: "CreateRole".to_owned(),
            region: None,
            access_key_id: None,
            protocol: Protocol::Query,
            parameters: json!({"RoleName": role}),
        }
    }

    #[test]
    fn a_rule_applies_as_often_as_it_says_and_counts() {
        let rules = Rules::default();
        let id = rules.add(Rule { times: 3, ..Rule::new("iam", "CreateRole", Fault::CutBefore) });
        assert_eq!(rules.take(&create_role("a"), "1"), Some((id, Fault::CutBefore)));
        assert!(rules.take(&create_role("a"), "1").is_some());
        assert_eq!(rules.remove(id), Some(1));
        assert_eq!(rules.remove(id), None);
        assert_eq!(rules.take(&create_role("a"), "1"), None);
    }

    #[test]
    fn account_and_parameter_narrow_a_rule() {
        let rules = Rules::default();
        rules.add(Rule {
            account: Some("111111111111".to_owned()),
            parameter: Some("\"engineers\"".to_owned()),
            ..Rule::new("iam", "CreateRole", Fault::CutAfter)
        });
        assert_eq!(rules.take(&create_role("engineers"), "222222222222"), None);
        assert_eq!(rules.take(&create_role("auditors"), "111111111111"), None);
        assert!(rules.take(&create_role("engineers"), "111111111111").is_some());
    }

    #[test]
    fn the_oldest_rule_applies_first() {
        let rules = Rules::default();
        rules.add(Rule::new("iam", "CreateRole", Fault::error(403, "AccessDenied", "not yet")));
        rules.add(Rule::new("iam", "CreateRole", Fault::Delay { millis: 1 }));
        assert!(matches!(rules.take(&create_role("a"), "1"), Some((_, Fault::Error(_)))));
        assert!(matches!(rules.take(&create_role("a"), "1"), Some((_, Fault::Delay { .. }))));
        assert_eq!(rules.take(&create_role("a"), "1"), None);
    }

    #[test]
    fn rules_are_read_as_written_in_the_control_api() {
        let error = json!({"kind": "error", "status": 403, "code": "AccessDenied", "message": "no"});
        let rule: Rule =
            serde_json::from_value(json!({"service": "iam", "operation": "CreateRole", "fault": error})).unwrap();
        assert_eq!(rule, Rule::new("iam", "CreateRole", Fault::error(403, "AccessDenied", "no")));
        for (fault, kind) in [
            (json!({"kind": "cutBefore"}), Fault::CutBefore),
            (json!({"kind": "delay", "millis": 5}), Fault::Delay { millis: 5 }),
        ] {
            assert_eq!(serde_json::from_value::<Fault>(fault).unwrap(), kind);
        }
        let misspelt =
            json!({"service": "iam", "operation": "CreateRole", "acount": "1", "fault": {"kind": "cutAfter"}});
        assert!(serde_json::from_value::<Rule>(misspelt).is_err());
    }
}
