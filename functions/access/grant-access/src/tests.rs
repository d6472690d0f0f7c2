use aws_config::{BehaviorVersion, Region};
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde_json::json;
use time::Duration;
use vending_core::{Assignment, ErrorCode, fixtures};

use super::*;
use crate::assignments::tests as assigned;
use crate::role::tests as role;

fn config() -> SdkConfig {
    SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1")).build()
}

/// The variables of a stack without engineers.
fn no_engineers(_name: &str) -> Option<String> {
    None
}

fn step(variables: fn(&str) -> Option<String>) -> GrantAccess {
    GrantAccess::new(&config(), &Environment::from_fn(variables)).unwrap()
}

fn input(assignments: &[Assignment]) -> BaselineInput {
    BaselineInput { assignments: assignments.to_vec(), ..fixtures::baseline_input(Duration::ZERO) }
}

/// Converges an account that is up to date. Asserts that each rule is called once.
async fn converge(
    variables: fn(&str) -> Option<String>,
    assignments: &[Assignment],
    iam: &[&Rule],
    identity_center: &[&Rule],
) -> Converged<GrantedAccess> {
    let step = step(variables);
    let identity_center_client = mock_client!(aws_sdk_ssoadmin, RuleMode::Sequential, identity_center);
    let account = Some(mock_client!(aws_sdk_iam, RuleMode::Sequential, iam)).filter(|_| step.role.is_some());
    let changes = Changes::apply();
    let converged =
        step.converge_with(&identity_center_client, account.as_ref(), &input(assignments), &changes).await.unwrap();
    for (index, rule) in iam.iter().chain(identity_center).enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    assert!(changes.into_names().is_empty());
    converged
}

#[tokio::test]
async fn role_and_assignments_are_up_to_date() {
    let iam = [&role::found("/account-vending/access/"), &role::listed()];
    let converged = converge(role::variables, &[assigned::developers()], &iam, &[&assigned::developers_hold()]).await;
    let found = format!("{} is up to date; all assignments exist (1)", role::ARN);
    let granted = GrantedAccess { engineer_role_arn: Some(role::ARN.to_owned()) };
    assert_eq!(serde_json::to_value(&granted).unwrap(), json!({ "engineerRoleArn": role::ARN }));
    assert_eq!(converged, Converged::new(found).with_result(granted));
}

#[tokio::test]
async fn engineers_role_needs_no_identity_center() {
    let iam = [&role::found("/account-vending/access/"), &role::listed()];
    let converged = converge(role::variables, &[], &iam, &[]).await;
    let granted = GrantedAccess { engineer_role_arn: Some(role::ARN.to_owned()) };
    assert_eq!(converged, Converged::new(format!("{} is up to date", role::ARN)).with_result(granted));
}

#[tokio::test]
async fn assignments_need_no_session_in_the_account() {
    let request = "abcdefghijklmnopqrst-1".parse().unwrap();
    let input = input(&[assigned::developers()]);
    // A call would fail, because there are no credentials.
    assert!(step(no_engineers).open(&request, &input).await.unwrap().is_none());
    let converged = converge(no_engineers, &[assigned::developers()], &[], &[&assigned::developers_hold()]).await;
    assert_eq!(converged, Converged::new("all assignments exist (1)"));
}

#[test]
fn step_without_any_access_is_skipped() {
    let skipped = step(no_engineers).skip_reason(&input(&[]));
    assert_eq!(
        skipped.as_deref(),
        Some("the stack has no EngineerPrincipals, and neither the request nor the settings have access")
    );
    assert_eq!(step(no_engineers).skip_reason(&input(&[assigned::developers()])), None);
    assert_eq!(step(role::variables).skip_reason(&input(&[])), None);
}

#[tokio::test]
async fn access_that_is_not_possible_yet_is_pending() {
    let pending = vec!["group platform: ReadOnlyAccess: there is no such group".to_owned()];
    let input = BaselineInput { pending_access: pending, ..input(&[]) };
    assert_eq!(step(no_engineers).skip_reason(&input), None);
    let converged = step(no_engineers).converge(&None, &input, &Changes::apply()).await.unwrap();
    let note = "not granted yet: group platform: ReadOnlyAccess: there is no such group";
    assert_eq!(converged, Converged::new("nothing is granted").with_note(note).pending());
}

#[test]
fn permanent_error_is_returned_before_transient() {
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
