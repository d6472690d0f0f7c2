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

use super::earlier::{MOST_PAGES, MOST_UNDER_WAY};
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
        label: format!("{id} as asked for"),
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

fn nobody() -> Rule {
    page(POWER, &[], None)
}

pub(crate) fn developers_hold() -> Rule {
    page(POWER, &[(types::PrincipalType::Group, "developers")], None)
}

/// Of a request that has the id of whom it is for.
fn status(id: &str, status: StatusValues) -> AccountAssignmentOperationStatus {
    let kind = if id == "lead" { types::PrincipalType::User } else { types::PrincipalType::Group };
    let made = AccountAssignmentOperationStatus::builder().request_id(id).status(status);
    let made = made.target_id(ACCOUNT).permission_set_arn(POWER).principal_type(kind).principal_id(id);
    made.failure_reason("the role could not be made").build()
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

/// In the whole organization, each with the time since it was asked for.
fn under_way(requests: &[(&str, Duration)]) -> Rule {
    requests_on_page(StatusValues::InProgress, requests, None)
}

fn failed(requests: &[(&str, Duration)]) -> Rule {
    requests_on_page(StatusValues::Failed, requests, None)
}

fn nothing_under_way() -> Rule {
    under_way(&[])
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

fn looked_at(id: &'static str, state: StatusValues) -> Rule {
    mock!(Client::describe_account_assignment_creation_status)
        .match_requests(move |request| {
            request.instance_arn() == Some(INSTANCE) && request.account_assignment_creation_request_id() == Some(id)
        })
        .then_output(move || {
            let status = status(id, state.clone());
            DescribeAccountAssignmentCreationStatusOutput::builder().account_assignment_creation_status(status).build()
        })
}

fn refusal(code: &str) -> Response {
    let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// What was changed. Every rule is called once, in order, and nothing else is called.
async fn converge(age: Duration, wanted: &[Assignment], rules: &[&Rule]) -> Result<Vec<String>, StepError> {
    converge_with(Changes::to_make(), age, wanted, rules).await
}

async fn converge_with(
    changes: Changes,
    age: Duration,
    wanted: &[Assignment],
    rules: &[&Rule],
) -> Result<Vec<String>, StepError> {
    let client = mock_client!(aws_sdk_ssoadmin, RuleMode::Sequential, rules);
    let account = ACCOUNT.parse().unwrap();
    let ready_by = vending_core::ready_by(OffsetDateTime::now_utc() - age);
    let assignments = Assignments { client: &client, account: &account, ready_by };
    let converged = assignments.converge(wanted, &changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    converged.map(|()| changes.into_list())
}

#[tokio::test]
async fn a_request_without_access_makes_no_call() {
    assert!(converge(Duration::ZERO, &[], &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn all_that_are_missing_are_asked_for_and_left_to_the_next_run() {
    let rules = [
        &nobody(),
        &nothing_under_way(),
        &nothing_failed(),
        &assigned("developers", StatusValues::InProgress),
        &assigned("lead", StatusValues::Succeeded),
    ];
    let error = converge(Duration::ZERO, &[developers(), lead()], &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(error.to_string(), "the access to the account is being made: developers as asked for");
}

#[tokio::test]
async fn each_permission_set_is_listed_once_and_what_is_there_is_only_read() {
    let wanted = [developers(), wanted(PrincipalType::Group, "developers", READ), lead()];
    let everybody = [(types::PrincipalType::User, "lead"), (types::PrincipalType::Group, "developers")];
    let rules = [&page(POWER, &everybody, None), &page(READ, &everybody, None)];
    assert!(converge(Duration::ZERO, &wanted, &rules).await.unwrap().is_empty());
}

#[tokio::test]
async fn all_pages_count() {
    let first = page(POWER, &[(types::PrincipalType::User, "other")], Some("more"));
    assert!(converge(Duration::ZERO, &[developers()], &[&first, &developers_hold()]).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_what_is_missing_is_assigned() {
    // A user is not the group that has its id.
    let others =
        page(POWER, &[(types::PrincipalType::Group, "developers"), (types::PrincipalType::Group, "lead")], None);
    let rules = [&others, &nothing_under_way(), &nothing_failed(), &assigned("lead", StatusValues::Succeeded)];
    let changes = converge(Duration::ZERO, &[developers(), lead()], &rules).await.unwrap();
    assert_eq!(changes, ["assigned lead as asked for"]);
}

#[tokio::test]
async fn whoever_is_named_twice_is_assigned_once() {
    let rules = [&nobody(), &nothing_under_way(), &nothing_failed(), &assigned("lead", StatusValues::Succeeded)];
    assert_eq!(converge(Duration::ZERO, &[lead(), lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_look_alone_assigns_nothing() {
    let listed = converge_with(Changes::to_list(), Duration::ZERO, &[lead()], &[&nobody()]).await.unwrap();
    assert_eq!(listed, ["assigned lead as asked for"]);
}

#[tokio::test]
async fn what_an_earlier_run_asked_for_is_not_asked_for_again() {
    let rules = [
        &nobody(),
        &requests_on_page(StatusValues::InProgress, &[], Some("more")),
        &under_way(&[("others", Duration::MINUTE), ("lead", Duration::SECOND)]),
        &looked_at("others", StatusValues::InProgress),
        &looked_at("lead", StatusValues::InProgress),
        &nothing_failed(),
        &assigned("developers", StatusValues::Succeeded),
    ];
    let error = converge(Duration::ZERO, &[lead(), developers()], &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(error.to_string(), "the access to the account is being made: lead as asked for");
}

#[tokio::test]
async fn what_has_succeeded_since_it_was_listed_is_done() {
    let rules = [&nobody(), &under_way(&[("lead", Duration::SECOND)]), &looked_at("lead", StatusValues::Succeeded)];
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap(), ["assigned lead as asked for"]);
}

#[tokio::test]
async fn a_request_that_is_not_known_everywhere_is_somebody_elses() {
    let unknown = mock!(Client::describe_account_assignment_creation_status)
        .then_http_response(|| refusal("ResourceNotFoundException"));
    let asked = assigned("lead", StatusValues::Succeeded);
    let rules = [&nobody(), &under_way(&[("lead", Duration::SECOND)]), &unknown, &nothing_failed(), &asked];
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_no_run_of_this_vend_can_have_asked_for_is_asked_for_anew() {
    let under_way = under_way(&[("lead", Duration::HOUR)]);
    let failed = failed(&[("lead", Duration::minutes(2))]);
    let rules = [&nobody(), &under_way, &failed, &assigned("lead", StatusValues::Succeeded)];
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_more_requests_are_looked_at_than_can_be_under_way() {
    let (nobody, failed, asked) = (nobody(), nothing_failed(), assigned("lead", StatusValues::Succeeded));
    let others = under_way(&[("others", Duration::MINUTE); MOST_UNDER_WAY + 1]);
    let looks = [(); MOST_UNDER_WAY].map(|()| looked_at("others", StatusValues::InProgress));
    let rules: Vec<&Rule> = [&nobody, &others].into_iter().chain(&looks).chain([&failed, &asked]).collect();
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_more_pages_are_read_than_are_worth_it() {
    let (nobody, failed, asked) = (nobody(), nothing_failed(), assigned("lead", StatusValues::Succeeded));
    let page = |next: usize| requests_on_page(StatusValues::InProgress, &[], Some(&next.to_string()));
    let pages: [Rule; MOST_PAGES] = std::array::from_fn(page);
    let rules: Vec<&Rule> = [&nobody].into_iter().chain(&pages).chain([&failed, &asked]).collect();
    assert_eq!(converge(Duration::ZERO, &[lead()], &rules).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_failed_assignment_is_tried_again_in_a_new_account_and_reported_in_another() {
    use ErrorCode::{InvalidConfiguration, NotReady};
    for (age, expected) in [(Duration::ZERO, NotReady), (Duration::DAY, InvalidConfiguration)] {
        let at_once = [&nobody(), &nothing_under_way(), &nothing_failed(), &assigned("lead", StatusValues::Failed)];
        let earlier = [
            &nobody(),
            &nothing_under_way(),
            &failed(&[("lead", Duration::MINUTE)]),
            &looked_at("lead", StatusValues::Failed),
        ];
        for rules in [at_once, earlier] {
            let error = converge(age, &[lead()], &rules).await.unwrap_err();
            assert_eq!(error.code(), expected);
            let message = "IAM Identity Center could not assign lead as asked for: the role could not be made";
            assert_eq!(error.to_string(), message);
        }
    }
}

#[tokio::test]
async fn what_identity_center_refuses_is_mapped_to_a_decision() {
    use ErrorCode::{AccessDenied, InvalidConfiguration, NotReady, Throttled, Unexpected};
    for (code, fresh, settled) in [
        ("ConflictException", NotReady, NotReady),
        ("ServiceQuotaExceededException", Throttled, Throttled),
        ("ResourceNotFoundException", NotReady, InvalidConfiguration),
        ("AccessDeniedException", AccessDenied, AccessDenied),
        ("ValidationException", Unexpected, Unexpected),
    ] {
        for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, settled)] {
            let list = mock!(Client::list_account_assignments).then_http_response(move || refusal(code));
            let error = converge(age, &[lead()], &[&list]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code} of a look at the age of {age}");

            let create = mock!(Client::create_account_assignment).then_http_response(move || refusal(code));
            let error = converge(age, &[lead()], &[&nobody(), &nothing_under_way(), &nothing_failed(), &create])
                .await
                .unwrap_err();
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
            assert!(error.to_string().contains(code), "{error}");
        }
    }
}

#[tokio::test]
async fn a_look_at_what_is_being_made_can_be_refused() {
    let list =
        mock!(Client::list_account_assignment_creation_status).then_http_response(|| refusal("AccessDeniedException"));
    let error = converge(Duration::ZERO, &[lead()], &[&nobody(), &list]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);

    let look = mock!(Client::describe_account_assignment_creation_status)
        .then_http_response(|| refusal("AccessDeniedException"));
    let rules = [&nobody(), &under_way(&[("lead", Duration::SECOND)]), &look];
    let error = converge(Duration::ZERO, &[lead()], &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}
