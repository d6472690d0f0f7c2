use aws_sdk_ssoadmin::operation::create_account_assignment::CreateAccountAssignmentOutput;
use aws_sdk_ssoadmin::operation::describe_account_assignment_creation_status::DescribeAccountAssignmentCreationStatusOutput;
use aws_sdk_ssoadmin::operation::list_account_assignment_creation_status::ListAccountAssignmentCreationStatusOutput;
use aws_sdk_ssoadmin::operation::list_account_assignments::ListAccountAssignmentsOutput;
use aws_sdk_ssoadmin::primitives::DateTime;
use aws_sdk_ssoadmin::types::{AccountAssignment, AccountAssignmentOperationStatusMetadata, OperationStatusFilter};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;

use super::earlier::{MAXIMUM_IN_PROGRESS, MAXIMUM_PAGES};
use super::*;

const ACCOUNT: &str = "111111111111";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-1";
const POWER: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-power";
const READ: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-read";

fn wanted(kind: PrincipalType, id: &str, permission_set_arn: &str) -> Assignment {
    Assignment {
        instance_arn: INSTANCE.to_owned(),
        permission_set_arn: permission_set_arn.to_owned(),
        principal_type: kind,
        principal_id: id.to_owned(),
        label: format!("{id} as requested"),
        granted_by_settings: None,
    }
}

pub(crate) fn developers() -> Assignment {
    wanted(PrincipalType::Group, "developers", POWER)
}

fn lead() -> Assignment {
    wanted(PrincipalType::User, "lead", POWER)
}

fn page(permission_set: &'static str, holders: &[(types::PrincipalType, &str)], next: Option<&str>) -> Rule {
    let holder = |(kind, id): &(types::PrincipalType, &str)| {
        let assigned = AccountAssignment::builder().account_id(ACCOUNT).permission_set_arn(permission_set);
        assigned.principal_type(kind.clone()).principal_id(*id).build()
    };
    let listed = ListAccountAssignmentsOutput::builder()
        .set_account_assignments(Some(holders.iter().map(holder).collect()))
        .set_next_token(next.map(str::to_owned))
        .build();
    mock!(Client::list_account_assignments)
        .match_requests(move |request| {
            request.instance_arn() == Some(INSTANCE)
                && request.account_id() == Some(ACCOUNT)
                && request.permission_set_arn() == Some(permission_set)
        })
        .then_output(move || listed.clone())
}

fn no_holders() -> Rule {
    page(POWER, &[], None)
}

pub(crate) fn developers_hold() -> Rule {
    page(POWER, &[(types::PrincipalType::Group, "developers")], None)
}

/// The status of a request whose ID is the ID of its principal.
fn status(id: &str, status: StatusValues) -> AccountAssignmentOperationStatus {
    let kind = if id == "lead" { types::PrincipalType::User } else { types::PrincipalType::Group };
    let made = AccountAssignmentOperationStatus::builder().request_id(id).status(status);
    let made = made.target_id(ACCOUNT).permission_set_arn(POWER).principal_type(kind).principal_id(id);
    made.failure_reason("the role could not be created").build()
}

fn requests_on_page(state: StatusValues, requests: &[(&str, Duration)], next: Option<&str>) -> Rule {
    let listed = |(id, age): &(&str, Duration)| {
        let created = DateTime::from_secs((OffsetDateTime::now_utc() - *age).unix_timestamp());
        let listed = AccountAssignmentOperationStatusMetadata::builder().status(state.clone());
        listed.request_id(*id).created_date(created).build()
    };
    let listed = ListAccountAssignmentCreationStatusOutput::builder()
        .set_account_assignments_creation_status(Some(requests.iter().map(listed).collect()))
        .set_next_token(next.map(str::to_owned))
        .build();
    mock!(Client::list_account_assignment_creation_status)
        .match_requests(move |request| {
            let filter = request.filter().and_then(OperationStatusFilter::status);
            request.instance_arn() == Some(INSTANCE) && filter == Some(&state)
        })
        .then_output(move || listed.clone())
}

/// The requests in progress in the organization, each with its age.
fn in_progress(requests: &[(&str, Duration)]) -> Rule {
    requests_on_page(StatusValues::InProgress, requests, None)
}

fn failed(requests: &[(&str, Duration)]) -> Rule {
    requests_on_page(StatusValues::Failed, requests, None)
}

fn nothing_in_progress() -> Rule {
    in_progress(&[])
}

fn nothing_failed() -> Rule {
    failed(&[])
}

fn assigned(id: &'static str, state: StatusValues) -> Rule {
    mock!(Client::create_account_assignment)
        .match_requests(move |request| {
            request.instance_arn() == Some(INSTANCE)
                && request.permission_set_arn() == Some(POWER)
                && request.target_type() == Some(&TargetType::AwsAccount)
                && request.target_id() == Some(ACCOUNT)
                && request.principal_id() == Some(id)
        })
        .then_output(move || {
            let status = status(id, state.clone());
            CreateAccountAssignmentOutput::builder().account_assignment_creation_status(status).build()
        })
}

fn described(id: &'static str, state: StatusValues) -> Rule {
    mock!(Client::describe_account_assignment_creation_status)
        .match_requests(move |request| {
            request.instance_arn() == Some(INSTANCE) && request.account_assignment_creation_request_id() == Some(id)
        })
        .then_output(move || {
            let status = status(id, state.clone());
            DescribeAccountAssignmentCreationStatusOutput::builder().account_assignment_creation_status(status).build()
        })
}

fn error_response(code: &str) -> Response {
    let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// The changes. Asserts that each rule is called once.
async fn converge(age: Duration, wanted: &[Assignment], rules: &[&Rule]) -> Result<Vec<String>, StepError> {
    converge_with(Changes::apply(), age, wanted, rules).await
}

async fn converge_with(
    changes: Changes,
    age: Duration,
    wanted: &[Assignment],
    rules: &[&Rule],
) -> Result<Vec<String>, StepError> {
    let client = mock_client!(aws_sdk_ssoadmin, RuleMode::Sequential, rules);
    let account = ACCOUNT.parse().unwrap();
    let propagation_end = vending_core::propagation_end(OffsetDateTime::now_utc() - age);
    let assignments = Assignments { client: &client, account: &account, propagation_end };
    let converged = assignments.converge(wanted, &changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    converged.map(|()| changes.into_names())
}

#[tokio::test]
async fn no_assignments_make_no_call() {
    assert!(converge(Duration::ZERO, &[], &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn missing_assignments_are_requested_and_pending() {
    let rules = [
        &no_holders(),
        &nothing_in_progress(),
        &nothing_failed(),
        &assigned("developers", StatusValues::InProgress),
        &assigned("lead", StatusValues::Succeeded),
    ];
    let error = converge(Duration::ZERO, &[developers(), lead()], &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(error.to_string(), "IAM Identity Center has not completed these assignments: developers as requested");
}

#[tokio::test]
async fn each_permission_set_is_listed_once() {
    let wanted = [developers(), wanted(PrincipalType::Group, "developers", READ), lead()];
    let holders = [(types::PrincipalType::User, "lead"), (types::PrincipalType::Group, "developers")];
    let rules = [&page(POWER, &holders, None), &page(READ, &holders, None)];
    assert!(converge(Duration::ZERO, &wanted, &rules).await.unwrap().is_empty());
}

#[tokio::test]
async fn all_pages_are_read() {
    let first = page(POWER, &[(types::PrincipalType::User, "other")], Some("more"));
    assert!(converge(Duration::ZERO, &[developers()], &[&first, &developers_hold()]).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_missing_assignments_are_created() {
    // A group with the same ID is another principal.
    let others =
        page(POWER, &[(types::PrincipalType::Group, "developers"), (types::PrincipalType::Group, "lead")], None);
    let rules = [&others, &nothing_in_progress(), &nothing_failed(), &assigned("lead", StatusValues::Succeeded)];
    let changes = converge(Duration::ZERO, &[developers(), lead()], &rules).await.unwrap();
    assert_eq!(changes, ["assigned lead as requested"]);
}

#[tokio::test]
async fn duplicate_assignment_is_created_once() {
    let rules = [&no_holders(), &nothing_in_progress(), &nothing_failed(), &assigned("lead", StatusValues::Succeeded)];
    assert_eq!(converge(Duration::ZERO, &[lead(), lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn plan_assigns_nothing() {
    let listed = converge_with(Changes::plan(), Duration::ZERO, &[lead()], &[&no_holders()]).await.unwrap();
    assert_eq!(listed, ["assigned lead as requested"]);
}

#[tokio::test]
async fn earlier_request_is_not_repeated() {
    let rules = [
        &no_holders(),
        &requests_on_page(StatusValues::InProgress, &[], Some("more")),
        &in_progress(&[("others", Duration::MINUTE), ("lead", Duration::SECOND)]),
        &described("others", StatusValues::InProgress),
        &described("lead", StatusValues::InProgress),
        &nothing_failed(),
        &assigned("developers", StatusValues::Succeeded),
    ];
    let error = converge(Duration::ZERO, &[lead(), developers()], &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(error.to_string(), "IAM Identity Center has not completed these assignments: lead as requested");
}

#[tokio::test]
async fn request_that_succeeded_since_is_done() {
    let rules =
        [&no_holders(), &in_progress(&[("lead", Duration::SECOND)]), &described("lead", StatusValues::Succeeded)];
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap(), ["assigned lead as requested"]);
}

#[tokio::test]
async fn request_that_is_not_found_is_ignored() {
    let unknown = mock!(Client::describe_account_assignment_creation_status)
        .then_http_response(|| error_response("ResourceNotFoundException"));
    let created = assigned("lead", StatusValues::Succeeded);
    let rules = [&no_holders(), &in_progress(&[("lead", Duration::SECOND)]), &unknown, &nothing_failed(), &created];
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn old_requests_are_ignored() {
    let in_progress = in_progress(&[("lead", Duration::HOUR)]);
    let failed = failed(&[("lead", Duration::minutes(2))]);
    let rules = [&no_holders(), &in_progress, &failed, &assigned("lead", StatusValues::Succeeded)];
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn request_reads_are_limited() {
    let (no_holders, failed, created) = (no_holders(), nothing_failed(), assigned("lead", StatusValues::Succeeded));
    let others = in_progress(&[("others", Duration::MINUTE); MAXIMUM_IN_PROGRESS + 1]);
    let reads = [(); MAXIMUM_IN_PROGRESS].map(|()| described("others", StatusValues::InProgress));
    let rules: Vec<&Rule> = [&no_holders, &others].into_iter().chain(&reads).chain([&failed, &created]).collect();
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn page_reads_are_limited() {
    let (no_holders, failed, created) = (no_holders(), nothing_failed(), assigned("lead", StatusValues::Succeeded));
    let page = |next: usize| requests_on_page(StatusValues::InProgress, &[], Some(&next.to_string()));
    let pages: [Rule; MAXIMUM_PAGES] = std::array::from_fn(page);
    let rules: Vec<&Rule> = [&no_holders].into_iter().chain(&pages).chain([&failed, &created]).collect();
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn failed_assignment_is_retried_when_new() {
    use ErrorCode::{InvalidConfiguration, NotReady};
    for (age, expected) in [(Duration::ZERO, NotReady), (Duration::DAY, InvalidConfiguration)] {
        let at_once =
            [&no_holders(), &nothing_in_progress(), &nothing_failed(), &assigned("lead", StatusValues::Failed)];
        let earlier = [
            &no_holders(),
            &nothing_in_progress(),
            &failed(&[("lead", Duration::MINUTE)]),
            &described("lead", StatusValues::Failed),
        ];
        for rules in [at_once, earlier] {
            let error = converge(age, &[lead()], &rules).await.unwrap_err();
            assert_eq!(error.code(), expected);
            let message = "IAM Identity Center could not assign lead as requested: the role could not be created";
            assert_eq!(error.to_string(), message);
        }
    }
}

#[tokio::test]
async fn identity_center_errors_map_to_error_codes() {
    use ErrorCode::{AccessDenied, InvalidConfiguration, NotReady, Throttled, Unexpected};
    for (code, fresh, later) in [
        ("ConflictException", NotReady, NotReady),
        ("ServiceQuotaExceededException", Throttled, Throttled),
        ("ResourceNotFoundException", NotReady, InvalidConfiguration),
        ("AccessDeniedException", AccessDenied, AccessDenied),
        ("ValidationException", Unexpected, Unexpected),
    ] {
        for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, later)] {
            let list = mock!(Client::list_account_assignments).then_http_response(move || error_response(code));
            let error = converge(age, &[lead()], &[&list]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code} of a read at the age of {age}");

            let create = mock!(Client::create_account_assignment).then_http_response(move || error_response(code));
            let error = converge(age, &[lead()], &[&no_holders(), &nothing_in_progress(), &nothing_failed(), &create])
                .await
                .unwrap_err();
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
            assert!(error.to_string().contains(code), "{error}");
        }
    }
}

#[tokio::test]
async fn denied_request_reads_are_reported() {
    let list = mock!(Client::list_account_assignment_creation_status)
        .then_http_response(|| error_response("AccessDeniedException"));
    let error = converge(Duration::ZERO, &[lead()], &[&no_holders(), &list]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);

    let describe = mock!(Client::describe_account_assignment_creation_status)
        .then_http_response(|| error_response("AccessDeniedException"));
    let rules = [&no_holders(), &in_progress(&[("lead", Duration::SECOND)]), &describe];
    let error = converge(Duration::ZERO, &[lead()], &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}
