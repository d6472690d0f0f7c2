use aws_sdk_iam::operation::get_role::GetRoleOutput;
use aws_sdk_iam::operation::update_assume_role_policy::UpdateAssumeRolePolicyOutput;
use aws_sdk_iam::primitives::DateTime;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use time::Duration;
use vending_core::fixtures;

use super::*;

const ROLE: &str = "OrganizationAccountAccessRole";
const RESTRICTED: &str =
    "OrganizationAccountAccessRole is restricted to account-vending and the break-glass principals";

fn variables(name: &str) -> Option<String> {
    let value = match name {
        "ORGANIZATION_ACCESS_ROLE_NAME" => ROLE,
        "MANAGEMENT_ACCOUNT_ID" => "123456789012",
        "FUNCTION_ROLES" => "arn:aws:iam::123456789012:role/account-vending/stack/*",
        "BREAK_GLASS_PRINCIPALS" => "arn:aws:iam::123456789012:role/BreakGlass",
        _ => return None,
    };
    Some(value.to_owned())
}

fn step(variables: fn(&str) -> Option<String>) -> Result<RestrictOrgAccessRole, StartError> {
    RestrictOrgAccessRole::new(&SdkConfig::builder().build(), &Environment::from_fn(variables))
}

fn trust() -> Value {
    step(variables).unwrap().trust.unwrap()
}

/// The trust policy that AWS Organizations creates.
fn default_trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "sts:AssumeRole"
        }]
    })
}

fn found(trust: &Value) -> Rule {
    let role = Role::builder().path("/").role_name(ROLE).role_id("AROA").create_date(DateTime::from_secs(0));
    let role = role.arn(format!("arn:aws:iam::111111111111:role/{ROLE}"));
    let role = role.assume_role_policy_document(trust.to_string()).build().unwrap();
    mock!(Client::get_role)
        .match_requests(|request| request.role_name() == Some(ROLE))
        .then_output(move || GetRoleOutput::builder().role(role.clone()).build())
}

fn put() -> Rule {
    mock!(Client::update_assume_role_policy)
        .match_requests(|request| {
            request.role_name() == Some(ROLE) && request.policy_document() == Some(&*trust().to_string())
        })
        .then_output(|| UpdateAssumeRolePolicyOutput::builder().build())
}

fn read_fails(code: &'static str) -> Rule {
    mock!(Client::get_role).then_http_response(move || error_response(code))
}

fn update_fails(code: &'static str) -> Rule {
    mock!(Client::update_assume_role_policy).then_http_response(move || error_response(code))
}

fn error_response(code: &str) -> Response {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// Converges. Asserts that each rule is called once.
async fn converge(age: Duration, changes: &Changes, rules: &[&Rule]) -> Result<Converged, StepError> {
    let iam = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
    let converged = step(variables).unwrap().converge(&iam, &fixtures::baseline_input(age), changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    converged
}

async fn run(rules: &[&Rule]) -> (Converged, Vec<String>) {
    let changes = Changes::apply();
    let converged = converge(Duration::ZERO, &changes, rules).await.unwrap();
    (converged, changes.into_names())
}

async fn code(age: Duration, rules: &[&Rule]) -> ErrorCode {
    converge(age, &Changes::apply(), rules).await.unwrap_err().code()
}

#[tokio::test]
async fn default_trust_policy_is_restricted() {
    let (converged, changes) = run(&[&found(&default_trust()), &put()]).await;
    assert_eq!(converged, Converged::new(RESTRICTED));
    assert_eq!(
        changes,
        ["role OrganizationAccountAccessRole: restricted to account-vending and the break-glass principals"]
    );
}

#[tokio::test]
async fn restricted_role_is_only_read() {
    let (converged, changes) = run(&[&found(&trust())]).await;
    assert_eq!(converged, Converged::new(RESTRICTED));
    assert!(changes.is_empty());
}

#[tokio::test]
async fn recreated_principal_is_trusted_again() {
    let document = trust().to_string().replace("arn:aws:iam::123456789012:role/BreakGlass", "AROAEXAMPLE");
    let stale = serde_json::from_str(&document).unwrap();
    let (_, changes) = run(&[&found(&stale), &put()]).await;
    assert_eq!(changes.len(), 1);
}

#[tokio::test]
async fn account_without_the_role_is_unchanged() {
    let (converged, changes) = run(&[&read_fails("NoSuchEntity")]).await;
    let expected = "the account has no role OrganizationAccountAccessRole: there is nothing to restrict";
    assert_eq!(converged, Converged::new(expected));
    assert!(changes.is_empty());
}

#[tokio::test]
async fn plan_changes_nothing() {
    let changes = Changes::plan();
    converge(Duration::ZERO, &changes, &[&found(&default_trust())]).await.unwrap();
    assert_eq!(changes.into_names().len(), 1);
}

#[tokio::test]
async fn missing_principal_is_retried_then_reported() {
    let rejected = || update_fails("MalformedPolicyDocument");
    assert_eq!(code(Duration::ZERO, &[&found(&default_trust()), &rejected()]).await, ErrorCode::NotReady);
    let error = converge(Duration::DAY, &Changes::apply(), &[&found(&default_trust()), &rejected()]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.remedy().contains("BREAK_GLASS_PRINCIPALS"), "{}", error.remedy());
}

#[tokio::test]
async fn iam_errors_map_to_error_codes() {
    for (rejected, expected) in [
        ("LimitExceeded", ErrorCode::InvalidConfiguration),
        ("NoSuchEntity", ErrorCode::OutcomeUnknown),
        ("ServiceFailure", ErrorCode::ServiceUnavailable),
        ("SomethingNew", ErrorCode::Unexpected),
    ] {
        assert_eq!(
            code(Duration::DAY, &[&found(&default_trust()), &update_fails(rejected)]).await,
            expected,
            "{rejected}"
        );
    }
}

#[tokio::test]
async fn access_denied_is_retried_while_propagating() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
        assert_eq!(code(age, &[&read_fails("AccessDenied")]).await, expected);
        assert_eq!(code(age, &[&found(&default_trust()), &update_fails("AccessDenied")]).await, expected);
        assert_eq!(code(age, &[&read_fails("InvalidClientTokenId")]).await, expected);
    }
}

#[test]
fn no_break_glass_principals_skips_the_step() {
    let without = step(|name| variables(name).filter(|_| name != "BREAK_GLASS_PRINCIPALS")).unwrap();
    let why = without.skip_reason(&fixtures::baseline_input(Duration::ZERO)).unwrap();
    assert!(why.contains("OrganizationAccountAccessRole is unchanged"), "{why}");
    assert_eq!(step(variables).unwrap().skip_reason(&fixtures::baseline_input(Duration::ZERO)), None);
}

#[test]
fn missing_setting_is_rejected_at_start() {
    let error = step(|name| variables(name).filter(|_| name != "ORGANIZATION_ACCESS_ROLE_NAME")).unwrap_err();
    assert_eq!(error.to_string(), "environment variable ORGANIZATION_ACCESS_ROLE_NAME is not set");
}
