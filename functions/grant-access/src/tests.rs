use aws_config::BehaviorVersion;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde_json::json;
use time::Duration;
use vending_core::{Assignment, ErrorCode, samples};
use vending_runtime::SessionPolicy;

use super::*;
use crate::assignments::tests as assigned;
use crate::role::tests as role;

fn config() -> SdkConfig {
    SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1")).build()
}

fn step(variables: fn(&str) -> Option<String>) -> GrantAccess {
    GrantAccess::new(&config(), &Environment::of(variables)).unwrap()
}

fn input(assignments: &[Assignment]) -> BaselineInput {
    BaselineInput { assignments: assignments.to_vec(), ..samples::baseline_input(Duration::ZERO) }
}

/// Nothing has to change. Every rule is called once, and nothing else is called.
async fn converge(
    variables: fn(&str) -> Option<String>,
    assignments: &[Assignment],
    iam: &[&Rule],
    identity_center: &[&Rule],
) -> Converged<GrantedAccess> {
    let mut step = step(variables);
    step.identity_center = mock_client!(aws_sdk_ssoadmin, RuleMode::Sequential, identity_center);
    let account = Some(mock_client!(aws_sdk_iam, RuleMode::Sequential, iam)).filter(|_| step.role.is_some());
    let changes = Changes::to_make();
    let converged = step.converge(&account, &input(assignments), &changes).await.unwrap();
    for (index, rule) in iam.iter().chain(identity_center).enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    assert!(changes.into_list().is_empty());
    converged
}

#[tokio::test]
async fn both_ways_in_stand() {
    let iam = [&role::found("/account-vending/access/"), &role::listed()];
    let converged = converge(role::variables, &[assigned::developers()], &iam, &[&assigned::developers_hold()]).await;
    let found = format!("{} is as it should be; all access of the request is assigned (1)", role::ARN);
    let granted = GrantedAccess { engineer_role_arn: Some(role::ARN.to_owned()) };
    assert_eq!(serde_json::to_value(&granted).unwrap(), json!({ "engineerRoleArn": role::ARN }));
    assert_eq!(converged, Converged::new(found).with_result(granted));
}

#[tokio::test]
async fn engineers_alone_need_no_identity_center() {
    let iam = [&role::found("/account-vending/access/"), &role::listed()];
    let converged = converge(role::variables, &[], &iam, &[]).await;
    let granted = GrantedAccess { engineer_role_arn: Some(role::ARN.to_owned()) };
    assert_eq!(converged, Converged::new(format!("{} is as it should be", role::ARN)).with_result(granted));
}

#[tokio::test]
async fn access_alone_needs_no_session_in_the_account() {
    let request = "abcdefghijklmnopqrst-1".parse().unwrap();
    let input = input(&[assigned::developers()]);
    // A call would end in an error: there are no credentials.
    assert!(step(|_| None).enter(&request, &input).await.unwrap().is_none());
    let converged = converge(|_| None, &[assigned::developers()], &[], &[&assigned::developers_hold()]).await;
    assert_eq!(converged, Converged::new("all access of the request is assigned (1)"));
}

#[test]
fn the_step_is_skipped_only_where_nobody_is_let_in() {
    let skipped = step(|_| None).skip(&input(&[]));
    assert_eq!(skipped.as_deref(), Some("the stack names no engineers, and the request asks for no access"));
    assert_eq!(step(|_| None).skip(&input(&[assigned::developers()])), None);
    assert_eq!(step(role::variables).skip(&input(&[])), None);
}

#[test]
fn of_two_failures_the_final_one_decides() {
    let error = |code| StepError::new(code, "no");
    let (retryable, last) = (ErrorCode::NotReady, ErrorCode::InvalidConfiguration);
    for (role, assigned, decides) in
        [(retryable, last, last), (last, retryable, last), (retryable, ErrorCode::Throttled, ErrorCode::Throttled)]
    {
        let failed = both::<()>(Err(error(role)), Err(error(assigned)));
        assert_eq!(failed.unwrap_err().code(), decides);
    }
    assert_eq!(both(Ok(()), Err(error(last))).unwrap_err().code(), last);
    assert_eq!(both::<()>(Err(error(last)), Ok(())).unwrap_err().code(), last);
}

#[test]
fn identity_center_is_in_the_functions_own_region_unless_another_is_named() {
    let region = |variables| step(variables).identity_center.config().region().unwrap().to_string();
    assert_eq!(region(|_| None), "us-east-1");
    assert_eq!(region(|name| (name == "IDENTITY_CENTER_REGION").then(|| "eu-west-1".to_owned())), "eu-west-1");
}

#[test]
fn the_session_policy_fits_into_what_sts_takes() {
    let policy = format!("{:?}", SessionPolicy::allow(SESSION_ACTIONS));
    assert!(policy.len() < 2_048, "{}", policy.len());
}
