//! What can be said about a request without the settings of the stack, before anything is sent.

use serde_json::Value;
use vending_core::{AccountRequest, Allowable, Allowed, OuScope, Problem, RequestPolicy};

/// Stands for the stack's pattern, which is not known here.
const SOME_PATTERN: &str = "aws+{accountName}@example.com";

/// The problems that every stack would find, by the API's own rules.
pub(crate) fn problems(body: &Value) -> Vec<Problem> {
    let problems = AccountRequest::parse(body, &permissive(body)).err().unwrap_or_default();
    problems.into_iter().filter(|problem| !depends_on_the_stack(body, problem)).collect()
}

/// The email is derived by the pattern of the stack, and an account that was adopted can have any name.
fn depends_on_the_stack(body: &Value, problem: &Problem) -> bool {
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    match problem.pointer.as_str() {
        "/accountEmail" => given("accountEmail").is_none(),
        "/accountName" => given("accountName").is_some_and(Value::is_string),
        _ => false,
    }
}

/// Allows what any stack can allow.
fn permissive(body: &Value) -> RequestPolicy {
    RequestPolicy {
        email_pattern: SOME_PATTERN.to_owned(),
        allowed_organizational_units: OuScope::all(),
        allowed_permission_sets: everything(),
        allowed_policy_arns: everything(),
        // No stack allows the repositories of everyone, so the owners are those of the request.
        allowed_github_owners: owners(body).parse().unwrap_or_default(),
        ..RequestPolicy::default()
    }
}

fn everything<K: Allowable>() -> Allowed<K> {
    "*".parse().unwrap_or_default()
}

fn owners(body: &Value) -> String {
    let deploys = body.get("githubDeploy").and_then(Value::as_array).into_iter().flatten();
    let repositories = deploys.filter_map(|deploy| deploy.get("repository")?.as_str());
    let owners: Vec<&str> =
        repositories.filter_map(|repository| repository.split_once('/')).map(|(owner, _)| owner).collect();
    owners.join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(body: &Value) -> Vec<String> {
        problems(body).into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn request_that_some_stack_accepts_has_no_problems() {
        let body = json!({
            "accountName": "payments-dev", "organizationalUnit": "Security/Audit",
            "access": [{ "group": "developers", "permissionSet": "AnySet" }],
            "githubDeploy": [{ "repository": "acme/payments", "branches": ["main"], "policyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"] },
                             { "repository": "other/app", "branches": ["main"], "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }],
        });
        assert_eq!(problems(&body), []);
    }

    #[test]
    fn name_and_email_are_left_to_the_stack() {
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
