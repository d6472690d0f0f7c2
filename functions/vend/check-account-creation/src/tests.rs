use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::describe_account::DescribeAccountOutput;
use aws_sdk_organizations::operation::describe_create_account_status::{
    DescribeCreateAccountStatusError, DescribeCreateAccountStatusOutput,
};
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::types::error::CreateAccountStatusNotFoundException;
use aws_sdk_organizations::types::{Account, Tag};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use time::Duration;
use vending_core::{AccountKey, AccountRequest, DEPLOYMENT_TAG, KEY_TAG, RequestRecord, fixtures};
use vending_records::testing::Bucket;

use super::*;

const EMAIL: &str = "pay@example.com";
const ACCOUNT: &str = "111111111111";

async fn run(rules: &[Rule], creations: u32, time_left: Duration) -> Result<Creation, ErrorCode> {
    let input = Input {
        creation_id: "car-1".to_owned(),
        creations,
        outcome_unknown: false,
        creation_deadline: from_now(time_left),
    };
    run_in(&bucket(1), rules, 1, input).await
}

fn from_now(time_left: Duration) -> OffsetDateTime {
    OffsetDateTime::now_utc() + time_left
}

fn record(attempt: u32) -> RequestRecord {
    let request = AccountRequest { account_email: EMAIL.parse().unwrap(), ..fixtures::account_request() };
    fixtures::request_record(request, attempt, "arn:jane")
}

fn bucket(attempt: u32) -> Bucket {
    let bucket = Bucket::with_request(&record(attempt), &fixtures::validated());
    let key = record(attempt).request_id.account_key;
    bucket.put(&format!("creations/{key}/{attempt}.json"), &serde_json::json!({ "creationId": "car-1" }));
    bucket
}

async fn run_in(bucket: &Bucket, rules: &[Rule], attempt: u32, input: Input) -> Result<Creation, ErrorCode> {
    let rules: Vec<&Rule> = rules.iter().collect();
    let client = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &rules);
    let step = CheckAccountCreation {
        records: Records::new(bucket.client(), "records".to_owned()),
        accounts: AccountRecords::new(bucket.client(), "records".to_owned()),
        organization: Organization::new(client),
        deployment: "vending".to_owned(),
    };
    let done = step.run(&record(attempt).request_id, input).await;
    done.map(|done| done.result).map_err(|error| error.code())
}

fn status(state: &'static str, reason: Option<&'static str>) -> Rule {
    mock!(Client::describe_create_account_status).then_output(move || {
        let status = CreateAccountStatus::builder()
            .id("car-1")
            .state(state.into())
            .set_failure_reason(reason.map(Into::into))
            .set_account_id((state == "SUCCEEDED").then(|| ACCOUNT.to_owned()));
        DescribeCreateAccountStatusOutput::builder().create_account_status(status.build()).build()
    })
}

/// The organization's only account, with the tag of this request or of another one.
fn existing_account(managed: bool) -> [Rule; 3] {
    let joined = DateTime::from_secs(OffsetDateTime::now_utc().unix_timestamp());
    let account = move || Account::builder().id(ACCOUNT).email(EMAIL).joined_timestamp(joined).build();
    let key = if managed { AccountKey::from_email(&EMAIL.parse().unwrap()).to_string() } else { "another".to_owned() };
    [
        mock!(Client::list_accounts).then_output(move || ListAccountsOutput::builder().accounts(account()).build()),
        mock!(Client::describe_account)
            .then_output(move || DescribeAccountOutput::builder().account(account()).build()),
        mock!(Client::list_tags_for_resource).then_output(move || {
            let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
            let tags = ListTagsForResourceOutput::builder().tags(tag(KEY_TAG, &key));
            tags.tags(tag(DEPLOYMENT_TAG, "vending")).build()
        }),
    ]
}

fn empty_organization() -> Rule {
    mock!(Client::list_accounts).then_output(|| ListAccountsOutput::builder().build())
}

const LATER: Duration = Duration::minutes(5);

#[tokio::test]
async fn successful_creation_names_the_account() {
    let bucket = bucket(1);
    let input = Input {
        creation_id: "car-1".to_owned(),
        creations: 1,
        outcome_unknown: false,
        creation_deadline: from_now(LATER),
    };
    let creation = run_in(&bucket, &[status("SUCCEEDED", None)], 1, input).await.unwrap();
    assert_eq!(creation.state, CreationState::Succeeded);
    let account = bucket.account(ACCOUNT);
    assert_eq!((account.request_id, account.organizational_unit_id.as_str()), (record(1).request_id, "ou-target"));
    assert_eq!(creation.account_id.unwrap().as_str(), ACCOUNT);
    assert!(creation.account_created_at.is_some());
}

#[tokio::test]
async fn creation_of_another_request_is_rejected() {
    let (bucket, creation_deadline) = (bucket(1), from_now(LATER));
    let input = Input { creation_id: "car-2".to_owned(), creations: 1, outcome_unknown: false, creation_deadline };
    let result = run_in(&bucket, &[status("SUCCEEDED", None)], 1, input).await;
    assert_eq!(result.unwrap_err(), ErrorCode::InvalidRequest);
    assert!(!bucket.has(&format!("accounts/{ACCOUNT}.json")));
}

#[tokio::test]
async fn creation_in_progress_fails_at_its_deadline() {
    let creation = run(&[status("IN_PROGRESS", None)], 1, LATER).await.unwrap();
    assert_eq!(creation.state, CreationState::InProgress);
    let late = run(&[status("IN_PROGRESS", None)], 1, -LATER).await;
    assert_eq!(late.unwrap_err(), ErrorCode::CreationStillInProgress);
}

#[tokio::test]
async fn invisible_creation_is_not_ready() {
    let absent = mock!(Client::describe_create_account_status).then_error(|| {
        let meta = ErrorMetadata::builder().code("CreateAccountStatusNotFoundException").build();
        let error = CreateAccountStatusNotFoundException::builder().meta(meta).build();
        DescribeCreateAccountStatusError::CreateAccountStatusNotFoundException(error)
    });
    assert_eq!(run(&[absent], 1, LATER).await.unwrap_err(), ErrorCode::NotReady);
}

#[tokio::test]
async fn taken_email_of_own_account_succeeds() {
    for reason in ["EMAIL_ALREADY_EXISTS", "CONCURRENT_ACCOUNT_MODIFICATION"] {
        let mut rules = vec![status("FAILED", Some(reason))];
        rules.extend(existing_account(true));
        let creation = run(&rules, 1, LATER).await.unwrap();
        assert_eq!(creation.account_id.unwrap().as_str(), ACCOUNT, "{reason}");
    }
}

#[tokio::test]
async fn taken_email_of_foreign_account_fails() {
    let mut rules = vec![status("FAILED", Some("EMAIL_ALREADY_EXISTS"))];
    rules.extend(existing_account(false));
    assert_eq!(run(&rules, 1, LATER).await.unwrap_err(), ErrorCode::EmailAlreadyExists);
    // An account outside the organization, or a closed one.
    let outside = [status("FAILED", Some("EMAIL_ALREADY_EXISTS")), empty_organization()];
    assert_eq!(run(&outside, 1, LATER).await.unwrap_err(), ErrorCode::EmailAlreadyExists);
}

/// ListAccounts may not show yet the account that a call with a lost response created.
#[tokio::test]
async fn taken_email_is_retried_after_a_lost_response() {
    let taken = || [status("FAILED", Some("EMAIL_ALREADY_EXISTS")), empty_organization()];
    for (attempt, creations, outcome_unknown, minutes_left, code) in [
        (1, 1, false, 14, ErrorCode::EmailAlreadyExists),
        (1, 1, true, 14, ErrorCode::NotReady),
        (1, 2, false, 14, ErrorCode::NotReady),
        (2, 1, false, 14, ErrorCode::NotReady),
        (2, 1, true, 11, ErrorCode::EmailAlreadyExists),
    ] {
        let creation_deadline = from_now(Duration::minutes(minutes_left));
        let input = Input { creation_id: "car-1".to_owned(), creations, outcome_unknown, creation_deadline };
        let result = run_in(&bucket(attempt), &taken(), attempt, input).await;
        assert_eq!(result.unwrap_err(), code, "{attempt} {creations} {outcome_unknown} {minutes_left}");
    }
}

#[tokio::test]
async fn concurrent_creation_is_not_ready() {
    let rules = [status("FAILED", Some("CONCURRENT_ACCOUNT_MODIFICATION")), empty_organization()];
    assert_eq!(run(&rules, 1, LATER).await.unwrap_err(), ErrorCode::NotReady);
}

#[tokio::test]
async fn internal_failure_is_retried_up_to_the_limit() {
    let rules = [status("FAILED", Some("INTERNAL_FAILURE"))];
    assert_eq!(run(&rules, 2, LATER).await.unwrap().state, CreationState::TryAgain);
    let rules = [status("FAILED", Some("INTERNAL_FAILURE"))];
    assert_eq!(run(&rules, 3, LATER).await.unwrap_err(), ErrorCode::CreationFailed);
}

#[tokio::test]
async fn other_and_unknown_reasons_are_permanent() {
    for (reason, code) in [
        ("ACCOUNT_LIMIT_EXCEEDED", ErrorCode::AccountLimitExceeded),
        ("INVALID_EMAIL", ErrorCode::InvalidRequest),
        ("MISSING_PAYMENT_INSTRUMENT", ErrorCode::CreationFailed),
        ("PENDING_BUSINESS_VALIDATION", ErrorCode::CreationFailed),
        ("SOMETHING_NEW", ErrorCode::CreationFailed),
    ] {
        let result = run(&[status("FAILED", Some(reason))], 1, LATER).await;
        assert_eq!(result.unwrap_err(), code, "{reason}");
    }
}
