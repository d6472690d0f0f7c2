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
use aws_smithy_types::error::ErrorMetadata;
use time::Duration;
use vending_core::{AccountKey, KEY_TAG};

use super::*;

const EMAIL: &str = "pay@example.com";
const ACCOUNT: &str = "111111111111";

async fn run(rules: &[Rule], creations: u32, time_left: Duration) -> Result<Creation, ErrorCode> {
    let rules: Vec<&Rule> = rules.iter().collect();
    let client = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &rules);
    let step = CheckAccountCreation { organization: Organization::new(client) };
    let input = Input {
        creation_id: "car-1".to_owned(),
        account_email: EMAIL.parse().unwrap(),
        creations,
        creation_deadline: OffsetDateTime::now_utc() + time_left,
    };
    let request = "abcdefghijklmnopqrst-1".parse().unwrap();
    let done = step.run(&request, input).await;
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

/// The organization's only account, with or without our tag.
fn standing(ours: bool) -> [Rule; 3] {
    let account = || Account::builder().id(ACCOUNT).email(EMAIL).build();
    let key = if ours { AccountKey::of(&EMAIL.parse().unwrap()).to_string() } else { "another".to_owned() };
    [
        mock!(Client::list_accounts).then_output(move || ListAccountsOutput::builder().accounts(account()).build()),
        mock!(Client::describe_account)
            .then_output(move || DescribeAccountOutput::builder().account(account()).build()),
        mock!(Client::list_tags_for_resource).then_output(move || {
            let tag = Tag::builder().key(KEY_TAG).value(&key).build().unwrap();
            ListTagsForResourceOutput::builder().tags(tag).build()
        }),
    ]
}

fn empty_organization() -> Rule {
    mock!(Client::list_accounts).then_output(|| ListAccountsOutput::builder().build())
}

const LATER: Duration = Duration::minutes(5);

#[tokio::test]
async fn a_creation_that_succeeded_names_the_account() {
    let creation = run(&[status("SUCCEEDED", None)], 1, LATER).await.unwrap();
    assert_eq!(creation.state, CreationState::Succeeded);
    assert_eq!(creation.account_id.unwrap().as_str(), ACCOUNT);
    assert!(creation.account_created_at.is_some());
}

#[tokio::test]
async fn a_creation_in_progress_is_waited_for_until_its_deadline() {
    let creation = run(&[status("IN_PROGRESS", None)], 1, LATER).await.unwrap();
    assert_eq!(creation.state, CreationState::InProgress);
    let late = run(&[status("IN_PROGRESS", None)], 1, -LATER).await;
    assert_eq!(late.unwrap_err(), ErrorCode::CreationStillInProgress);
}

#[tokio::test]
async fn a_creation_that_is_not_visible_yet_is_looked_for_again() {
    let absent = mock!(Client::describe_create_account_status).then_error(|| {
        let meta = ErrorMetadata::builder().code("CreateAccountStatusNotFoundException").build();
        let error = CreateAccountStatusNotFoundException::builder().meta(meta).build();
        DescribeCreateAccountStatusError::CreateAccountStatusNotFoundException(error)
    });
    assert_eq!(run(&[absent], 1, LATER).await.unwrap_err(), ErrorCode::NotReady);
}

#[tokio::test]
async fn a_taken_email_that_is_ours_is_our_account() {
    for reason in ["EMAIL_ALREADY_EXISTS", "CONCURRENT_ACCOUNT_MODIFICATION"] {
        let mut rules = vec![status("FAILED", Some(reason))];
        rules.extend(standing(true));
        let creation = run(&rules, 1, LATER).await.unwrap();
        assert_eq!(creation.account_id.unwrap().as_str(), ACCOUNT, "{reason}");
    }
}

#[tokio::test]
async fn a_taken_email_that_is_not_ours_is_final() {
    let mut rules = vec![status("FAILED", Some("EMAIL_ALREADY_EXISTS"))];
    rules.extend(standing(false));
    assert_eq!(run(&rules, 1, LATER).await.unwrap_err(), ErrorCode::EmailAlreadyExists);
    // An account outside the organization, or a closed one.
    let outside = [status("FAILED", Some("EMAIL_ALREADY_EXISTS")), empty_organization()];
    assert_eq!(run(&outside, 1, LATER).await.unwrap_err(), ErrorCode::EmailAlreadyExists);
}

#[tokio::test]
async fn a_concurrent_creation_without_an_account_is_waited_for() {
    let rules = [status("FAILED", Some("CONCURRENT_ACCOUNT_MODIFICATION")), empty_organization()];
    assert_eq!(run(&rules, 1, LATER).await.unwrap_err(), ErrorCode::NotReady);
}

#[tokio::test]
async fn an_internal_failure_of_aws_is_tried_again_three_times_at_most() {
    let rules = [status("FAILED", Some("INTERNAL_FAILURE"))];
    assert_eq!(run(&rules, 2, LATER).await.unwrap().state, CreationState::TryAgain);
    let rules = [status("FAILED", Some("INTERNAL_FAILURE"))];
    assert_eq!(run(&rules, 3, LATER).await.unwrap_err(), ErrorCode::CreationFailed);
}

#[tokio::test]
async fn other_reasons_are_final_and_unknown_ones_too() {
    for (reason, code) in [
        ("ACCOUNT_LIMIT_EXCEEDED", ErrorCode::AccountLimitExceeded),
        ("INVALID_EMAIL", ErrorCode::InvalidRequest),
        ("MISSING_PAYMENT_INSTRUMENT", ErrorCode::CreationFailed),
        ("PENDING_BUSINESS_VALIDATION", ErrorCode::CreationFailed),
        ("SOMETHING_NEW", ErrorCode::CreationFailed),
    ] {
        let refused = run(&[status("FAILED", Some(reason))], 1, LATER).await;
        assert_eq!(refused.unwrap_err(), code, "{reason}");
    }
}
