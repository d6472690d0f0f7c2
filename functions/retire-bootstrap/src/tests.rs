use aws_sdk_iam::operation::get_role::GetRoleOutput;
use aws_sdk_iam::operation::update_assume_role_policy::UpdateAssumeRolePolicyOutput;
use aws_sdk_iam::primitives::DateTime;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use time::Duration;
use vending_core::samples;
use vending_runtime::SessionPolicy;

use super::*;

const ROLE: &str = "OrganizationAccountAccessRole";
const CLOSED: &str =
    "OrganizationAccountAccessRole is closed to all but account-vending and the break-glass principals";

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

fn step(variables: fn(&str) -> Option<String>) -> Result<RetireBootstrap, StartError> {
    RetireBootstrap::new(&SdkConfig::builder().build(), &Environment::of(variables))
}

fn trust() -> Value {
    step(variables).unwrap().trust.unwrap()
}

/// As AWS Organizations makes it.
fn open() -> Value {
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

fn unread(code: &'static str) -> Rule {
    mock!(Client::get_role).then_http_response(move || refusal(code))
}

fn not_put(code: &'static str) -> Rule {
    mock!(Client::update_assume_role_policy).then_http_response(move || refusal(code))
}

fn refusal(code: &str) -> Response {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// Every rule is called once, in order, and nothing else is called.
async fn converge(age: Duration, changes: &Changes, rules: &[&Rule]) -> Result<Converged, StepError> {
    let iam = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
    let converged = step(variables).unwrap().converge(&iam, &samples::baseline_input(age), changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    converged
}

async fn run(rules: &[&Rule]) -> (Converged, Vec<String>) {
    let changes = Changes::to_make();
    let converged = converge(Duration::ZERO, &changes, rules).await.unwrap();
    (converged, changes.into_list())
}

async fn code(age: Duration, rules: &[&Rule]) -> ErrorCode {
    converge(age, &Changes::to_make(), rules).await.unwrap_err().code()
}

#[tokio::test]
async fn a_role_that_is_open_is_closed() {
    let (converged, changes) = run(&[&found(&open()), &put()]).await;
    assert_eq!(converged, Converged::new(CLOSED));
    assert_eq!(
        changes,
        ["role OrganizationAccountAccessRole: closed to all but account-vending and the break-glass principals"]
    );
}

#[tokio::test]
async fn a_role_that_is_closed_is_only_read() {
    let (converged, changes) = run(&[&found(&trust())]).await;
    assert_eq!(converged, Converged::new(CLOSED));
    assert!(changes.is_empty());
}

#[tokio::test]
async fn a_principal_that_was_made_anew_is_trusted_anew() {
    let text = trust().to_string().replace("arn:aws:iam::123456789012:role/BreakGlass", "AROAEXAMPLE");
    let stale = serde_json::from_str(&text).unwrap();
    let (_, changes) = run(&[&found(&stale), &put()]).await;
    assert_eq!(changes.len(), 1);
}

#[tokio::test]
async fn an_account_without_the_role_has_nothing_to_close() {
    let (converged, changes) = run(&[&unread("NoSuchEntity")]).await;
    let expected = "the account has no role OrganizationAccountAccessRole: there is nothing to close";
    assert_eq!(converged, Converged::new(expected));
    assert!(changes.is_empty());
}

#[tokio::test]
async fn what_is_only_listed_is_not_made() {
    let changes = Changes::to_list();
    converge(Duration::ZERO, &changes, &[&found(&open())]).await.unwrap();
    assert_eq!(changes.into_list().len(), 1);
}

#[tokio::test]
async fn a_principal_that_does_not_exist_is_waited_for_and_then_reported() {
    let refused = || not_put("MalformedPolicyDocument");
    assert_eq!(code(Duration::ZERO, &[&found(&open()), &refused()]).await, ErrorCode::NotReady);
    let error = converge(Duration::DAY, &Changes::to_make(), &[&found(&open()), &refused()]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.remedy().contains("BREAK_GLASS_PRINCIPALS"), "{}", error.remedy());
}

#[tokio::test]
async fn what_iam_refuses_is_mapped_to_a_decision() {
    for (refused, expected) in [
        ("LimitExceeded", ErrorCode::InvalidConfiguration),
        ("NoSuchEntity", ErrorCode::OutcomeUnknown),
        ("ServiceFailure", ErrorCode::ServiceUnavailable),
        ("SomethingNew", ErrorCode::Unexpected),
    ] {
        assert_eq!(code(Duration::DAY, &[&found(&open()), &not_put(refused)]).await, expected, "{refused}");
    }
}

#[tokio::test]
async fn a_denial_is_final_only_when_the_account_has_settled() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
        assert_eq!(code(age, &[&unread("AccessDenied")]).await, expected);
        assert_eq!(code(age, &[&found(&open()), &not_put("AccessDenied")]).await, expected);
        assert_eq!(code(age, &[&unread("InvalidClientTokenId")]).await, expected);
    }
}

#[test]
fn without_principals_for_emergencies_the_step_is_skipped() {
    let nobody = step(|name| variables(name).filter(|_| name != "BREAK_GLASS_PRINCIPALS")).unwrap();
    let why = nobody.skip(&samples::baseline_input(Duration::ZERO)).unwrap();
    assert!(why.contains("OrganizationAccountAccessRole is left as it is"), "{why}");
    assert_eq!(step(variables).unwrap().skip(&samples::baseline_input(Duration::ZERO)), None);
}

#[test]
fn settings_are_checked_at_the_start() {
    let error = step(|name| variables(name).filter(|_| name != "ORGANIZATION_ACCESS_ROLE_NAME")).unwrap_err();
    assert_eq!(error.to_string(), "environment variable ORGANIZATION_ACCESS_ROLE_NAME is not set");
}

#[test]
fn the_session_policy_fits_into_what_sts_takes() {
    let policy = format!("{:?}", SessionPolicy::allow(SESSION_ACTIONS));
    assert!(policy.len() < 2_048, "{}", policy.len());
    assert!(SESSION_ACTIONS.is_sorted());
}
