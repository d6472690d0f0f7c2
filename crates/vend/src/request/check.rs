//! What can be said about a request without the settings of the organization, before anything is sent.

use serde_json::Value;
use vending_core::{AccountRequest, Problem};

/// The problems that every organization would find, by the API's own rules.
pub(crate) fn problems(body: &Value) -> Vec<Problem> {
    AccountRequest::form_problems(body).into_iter().filter(|problem| !is_recorded_name(body, problem)).collect()
}

/// An account that was adopted can have any name.
fn is_recorded_name(body: &Value, problem: &Problem) -> bool {
    problem.pointer == "/accountName" && body.get("accountName").is_some_and(Value::is_string)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(body: &Value) -> Vec<String> {
        problems(body).into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn request_that_some_settings_allow_has_no_problems() {
        let body = json!({
            "accountName": "payments-dev", "organizationalUnit": "Security/Audit",
            "access": [{ "group": "developers", "permissionSet": "AnySet" }],
            "githubDeploy": [{ "repository": "acme/payments", "branches": ["main"], "policyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"] },
                             { "repository": "other/app", "branches": ["main"], "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }],
        });
        assert_eq!(problems(&body), []);
    }

    #[test]
    fn name_and_email_are_left_to_the_api() {
        let adopted = json!({ "accountName": "Größe & Gewicht", "organizationalUnit": "Sandbox" });
        assert_eq!(pointers(&adopted), [""; 0]);
        let wrong = json!({ "accountName": 7, "accountEmail": "jo", "organizationalUnit": "Sandbox" });
        assert_eq!(pointers(&wrong), ["/accountName", "/accountEmail"]);
        assert_eq!(pointers(&json!({ "organizationalUnit": "Sandbox" })), ["/accountName"]);
    }

    #[test]
    fn types_and_fields_are_checked() {
        let body =
            json!({ "accountName": "a", "organizationalUnit": "a//b", "tags": { "CostCenter": 123 }, "color": "red" });
        assert_eq!(pointers(&body), ["/organizationalUnit", "/tags/CostCenter", "/color"]);
        assert_eq!(pointers(&json!([])), [""]);
    }
}
