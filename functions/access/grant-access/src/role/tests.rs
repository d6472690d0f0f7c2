use aws_sdk_iam::Client;
use aws_sdk_iam::operation::attach_role_policy::AttachRolePolicyOutput;
use aws_sdk_iam::operation::create_role::CreateRoleOutput;
use aws_sdk_iam::operation::get_role::GetRoleOutput;
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;
use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::{AttachedPolicy, Role};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;
use vending_runtime::Environment;

use super::*;
use crate::settings::engineer_role;

pub(crate) const ARN: &str = "arn:aws:iam::111111111111:role/account-vending/access/Engineer";
const POLICY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

pub(crate) fn variables(name: &str) -> Option<String> {
    let value = match name {
        "RECORDS_BUCKET" => "records",
        "ENGINEER_ROLE_NAME" => "Engineer",
        "ENGINEER_PRINCIPALS" => "arn:aws:iam::123456789012:root",
        "ENGINEER_POLICY_ARNS" => POLICY,
        _ => return None,
    };
    Some(value.to_owned())
}

fn spec() -> RoleSpec {
    engineer_role(&Environment::from_fn(variables)).unwrap().unwrap()
}

fn role(path: &str) -> Role {
    let role = Role::builder().path(path).role_name("Engineer").role_id("AROA").arn(ARN);
    let role = role.create_date(DateTime::from_secs(0));
    role.assume_role_policy_document(spec().trust_policy.to_string()).build().unwrap()
}

pub(crate) fn found(path: &'static str) -> Rule {
    mock!(Client::get_role).then_output(move || GetRoleOutput::builder().role(role(path)).build())
}

pub(crate) fn missing() -> Rule {
    mock!(Client::get_role).then_http_response(|| error_response("NoSuchEntity"))
}

fn created() -> Rule {
    mock!(Client::create_role)
        .match_requests(|request| request.path() == Some("/account-vending/access/"))
        .then_output(|| CreateRoleOutput::builder().role(role("/account-vending/access/")).build())
}

fn attached() -> Rule {
    mock!(Client::attach_role_policy)
        .match_requests(|request| request.policy_arn() == Some(POLICY))
        .then_output(|| AttachRolePolicyOutput::builder().build())
}

pub(crate) fn listed() -> Rule {
    mock!(Client::list_attached_role_policies).then_output(|| {
        let policy = AttachedPolicy::builder().policy_arn(POLICY).build();
        ListAttachedRolePoliciesOutput::builder().attached_policies(policy).build()
    })
}

fn error_response(code: &str) -> Response {
    error_with_message(code, "no")
}

fn error_with_message(code: &str, message: &str) -> Response {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>");
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// The ARN of the role and the changes. Asserts that each rule is called once.
async fn run(age: Duration, rules: &[&Rule]) -> Result<(String, Vec<String>), StepError> {
    let iam = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
    let propagation_end = vending_core::propagation_end(OffsetDateTime::now_utc() - age);
    let (spec, changes) = (spec(), Changes::apply());
    let arn = EngineersRole { iam: &iam, spec: &spec, propagation_end }.converge(&changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    arn.map(|arn| (arn, changes.into_names()))
}

#[tokio::test]
async fn new_account_gets_the_role() {
    let (arn, changes) = run(Duration::ZERO, &[&missing(), &created(), &attached()]).await.unwrap();
    assert_eq!((arn.as_str(), changes), (ARN, vec!["role Engineer: created".to_owned()]));
}

#[tokio::test]
async fn up_to_date_role_is_only_read() {
    let (arn, changes) = run(Duration::ZERO, &[&found("/account-vending/access/"), &listed()]).await.unwrap();
    assert_eq!((arn.as_str(), changes), (ARN, vec![]));
}

#[tokio::test]
async fn missing_principal_is_retried_then_reported() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::InvalidConfiguration)] {
        let create = mock!(Client::create_role).then_http_response(|| error_response("MalformedPolicyDocument"));
        let error = run(age, &[&missing(), &create]).await.unwrap_err();
        assert_eq!(error.code(), expected);
        if expected == ErrorCode::InvalidConfiguration {
            assert!(error.remedy().contains("ENGINEER_PRINCIPALS"), "{}", error.remedy());
        }
    }
}

#[tokio::test]
async fn missing_policy_is_reported_at_once() {
    let message = format!("Policy {POLICY} does not exist or is not attachable.");
    for age in [Duration::ZERO, Duration::DAY] {
        let message = message.clone();
        let attach =
            mock!(Client::attach_role_policy).then_http_response(move || error_with_message("NoSuchEntity", &message));
        let error = run(age, &[&missing(), &created(), &attach]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
        assert!(error.to_string().contains(POLICY), "{error}");
        assert!(error.remedy().contains("ENGINEER_POLICY_ARNS"), "{}", error.remedy());
    }
}

#[tokio::test]
async fn new_role_that_is_not_found_is_retried() {
    let attach = mock!(Client::attach_role_policy).then_http_response(|| error_response("NoSuchEntity"));
    let error = run(Duration::ZERO, &[&missing(), &created(), &attach]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::OutcomeUnknown);
}

#[tokio::test]
async fn access_denied_is_retried_while_propagating() {
    use ErrorCode::{AccessDenied, NotReady, OutcomeUnknown};
    for (code, fresh, later) in [
        ("AccessDenied", NotReady, AccessDenied),
        ("InvalidClientTokenId", NotReady, AccessDenied),
        ("EntityAlreadyExists", OutcomeUnknown, OutcomeUnknown),
    ] {
        for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, later)] {
            let create = mock!(Client::create_role).then_http_response(move || error_response(code));
            let error = run(age, &[&missing(), &create]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
        }
    }
}

#[tokio::test]
async fn foreign_role_of_that_name_is_not_changed() {
    let error = run(Duration::ZERO, &[&found("/")]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
}
