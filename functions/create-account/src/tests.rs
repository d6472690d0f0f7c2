use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::create_account::CreateAccountOutput;
use aws_sdk_organizations::operation::describe_account::DescribeAccountOutput;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_create_account_status::ListCreateAccountStatusOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::operation::tag_resource::TagResourceOutput;
use aws_sdk_organizations::types::{Account, CreateAccountStatus, Tag};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use vending_core::{AccountKey, KEY_TAG, STACK_TAG};

use super::*;

const EMAIL: &str = "pay@example.com";
const ACCOUNT: &str = "111111111111";
const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/payments/1";

fn request() -> AccountRequest {
    let request = json!({
        "accountName": "pay", "accountEmail": EMAIL, "organizationalUnit": "Workloads", "tags": { "CostCenter": "7" }
    });
    serde_json::from_value(request).unwrap()
}

async fn run(rules: &[&Rule], attempt: u32, tried: bool) -> Result<Done<Creation>, ErrorCode> {
    let client = mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules);
    let step = CreateAccount {
        organization: Organization::new(client),
        role_name: "OrganizationAccountAccessRole".to_owned(),
    };
    let id = RequestId::new(AccountKey::of(&EMAIL.parse().unwrap()), attempt);
    let input = Input {
        request: request(),
        requested_by: STACK.to_owned(),
        account_id: None,
        adopt: false,
        may_have_been_tried: tried,
    };
    step.run(&id, input).await.map_err(|error| error.code())
}

fn creates() -> Rule {
    mock!(Client::create_account)
        .match_requests(|request| {
            let tagged = |key: &str| request.tags().iter().any(|tag| tag.key() == key);
            request.email() == Some(EMAIL) && tagged(KEY_TAG) && tagged(STACK_TAG)
        })
        .then_output(|| {
            let status = CreateAccountStatus::builder().id("car-1").build();
            CreateAccountOutput::builder().create_account_status(status).build()
        })
}

fn refuses(status: u16, body: &'static str) -> Rule {
    mock!(Client::create_account)
        .then_http_response(move || HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
}

fn lists(email: &'static str) -> Rule {
    mock!(Client::list_accounts).then_output(move || {
        let account = Account::builder().id(ACCOUNT).email(email).build();
        ListAccountsOutput::builder().accounts(account).build()
    })
}

fn describes(email: &'static str) -> Rule {
    mock!(Client::describe_account).then_output(move || {
        let account = Account::builder().id(ACCOUNT).email(email).name("anything").build();
        DescribeAccountOutput::builder().account(account).build()
    })
}

fn tagged(tags: Vec<(&'static str, String)>) -> Rule {
    mock!(Client::list_tags_for_resource).then_output(move || {
        let tag = |(key, value): &(&str, String)| Tag::builder().key(*key).value(value).build().unwrap();
        ListTagsForResourceOutput::builder().set_tags(Some(tags.iter().map(tag).collect())).build()
    })
}

fn in_flight(name: &'static str) -> Rule {
    mock!(Client::list_create_account_status).then_output(move || {
        let status = CreateAccountStatus::builder().id("car-0").account_name(name).build();
        ListCreateAccountStatusOutput::builder().create_account_statuses(status).build()
    })
}

fn our_key() -> (&'static str, String) {
    (KEY_TAG, AccountKey::of(&EMAIL.parse().unwrap()).to_string())
}

#[tokio::test]
async fn the_first_try_is_one_call() {
    let done = run(&[&creates()], 1, false).await.unwrap();
    assert_eq!(done.result.creation_id.as_deref(), Some("car-1"));
    assert_eq!(done.result.state, CreationState::InProgress);
}

#[tokio::test]
async fn a_repeated_try_looks_before_it_creates() {
    let rules = [lists("other@example.com"), in_flight("another name"), creates()];
    let done = run(&rules.iter().collect::<Vec<_>>(), 1, true).await.unwrap();
    assert_eq!(done.result.creation_id.as_deref(), Some("car-1"));
}

#[tokio::test]
async fn a_later_attempt_uses_the_account_that_stands() {
    let rules = [
        lists("Pay@Example.com"),
        describes("Pay@Example.com"),
        tagged(vec![our_key(), ("CostCenter", "7".to_owned())]),
    ];
    let done = run(&rules.iter().collect::<Vec<_>>(), 2, false).await.unwrap();
    assert_eq!(done.result.account_id.unwrap().as_str(), ACCOUNT);
    assert!(!done.changed);
}

#[tokio::test]
async fn changed_tags_of_an_account_that_stands_are_set() {
    let tags = mock!(Client::tag_resource)
        .match_requests(|request| request.tags().len() == 1 && request.tags()[0].key() == "CostCenter")
        .then_output(|| TagResourceOutput::builder().build());
    let rules = [lists(EMAIL), describes(EMAIL), tagged(vec![our_key(), ("CostCenter", "6".to_owned())]), tags];
    let done = run(&rules.iter().collect::<Vec<_>>(), 2, false).await.unwrap();
    assert!(done.changed);
    assert_eq!(done.detail, "the account stands; tagged CostCenter");
}

#[tokio::test]
async fn an_account_without_our_tag_is_never_used() {
    let rules = [lists(EMAIL), describes(EMAIL), tagged(vec![(KEY_TAG, "somebody else's".to_owned())])];
    let refused = run(&rules.iter().collect::<Vec<_>>(), 1, true).await;
    assert_eq!(refused.unwrap_err(), ErrorCode::EmailAlreadyExists);
}

#[tokio::test]
async fn a_creation_of_this_name_in_flight_is_waited_for() {
    let rules = [lists("other@example.com"), in_flight("pay")];
    let refused = run(&rules.iter().collect::<Vec<_>>(), 1, true).await;
    assert_eq!(refused.unwrap_err(), ErrorCode::NotReady);
}

#[tokio::test]
async fn the_sdk_does_not_retry_the_creation() {
    let failing = refuses(500, r#"{"__type":"ServiceException"}"#);
    let refused = run(&[&failing], 1, false).await;
    assert_eq!(refused.unwrap_err(), ErrorCode::OutcomeUnknown);
    assert_eq!(failing.num_calls(), 1);
}

#[tokio::test]
async fn each_refusal_is_the_right_decision() {
    let constraint = |reason: &str| {
        let body = format!(r#"{{"__type":"ConstraintViolationException","Reason":"{reason}"}}"#);
        &*Box::leak(body.into_boxed_str())
    };
    for (body, code) in [
        (r#"{"__type":"TooManyRequestsException"}"#, ErrorCode::Throttled),
        (constraint("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED"), ErrorCode::Throttled),
        (constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED"), ErrorCode::AccountLimitExceeded),
        (constraint("TAG_POLICY_VIOLATION"), ErrorCode::InvalidRequest),
        (constraint("MASTER_ACCOUNT_MISSING_CONTACT_INFO"), ErrorCode::CreationFailed),
        (constraint("SOMETHING_NEW"), ErrorCode::CreationFailed),
        (r#"{"__type":"InvalidInputException"}"#, ErrorCode::InvalidRequest),
        (r#"{"__type":"AccessDeniedException"}"#, ErrorCode::AccessDenied),
        (r#"{"__type":"AWSOrganizationsNotInUseException"}"#, ErrorCode::InvalidConfiguration),
        (r#"{"__type":"FinalizingOrganizationException"}"#, ErrorCode::OutcomeUnknown),
        (r#"{"__type":"ConcurrentModificationException"}"#, ErrorCode::OutcomeUnknown),
        (r#"{"__type":"SomethingNewException"}"#, ErrorCode::Unexpected),
    ] {
        let refused = run(&[&refuses(400, body)], 1, false).await;
        assert_eq!(refused.unwrap_err(), code, "{body}");
    }
}

async fn adopt(rules: &[&Rule]) -> Result<Done<Creation>, ErrorCode> {
    let client = mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules);
    let step = CreateAccount { organization: Organization::new(client), role_name: String::new() };
    let id = RequestId::new(AccountKey::of(&EMAIL.parse().unwrap()), 1);
    let input = Input {
        request: request(),
        requested_by: "arn".to_owned(),
        account_id: Some(ACCOUNT.parse().unwrap()),
        adopt: true,
        may_have_been_tried: false,
    };
    step.run(&id, input).await.map_err(|error| error.code())
}

#[tokio::test]
async fn an_account_that_is_adopted_gets_our_tag() {
    let tags = mock!(Client::tag_resource)
        .match_requests(|request| request.tags().iter().any(|tag| tag.key() == KEY_TAG))
        .then_output(|| TagResourceOutput::builder().build());
    let done = adopt(&[&describes("Pay@example.com"), &tagged(Vec::new()), &tags]).await.unwrap();
    assert_eq!(done.result.account_id.unwrap().as_str(), ACCOUNT);
    let again = adopt(&[&describes(EMAIL), &tagged(vec![our_key(), ("CostCenter", "7".to_owned())])]).await.unwrap();
    assert!(!again.changed);
}

#[tokio::test]
async fn an_account_that_is_not_what_the_door_saw_is_not_adopted() {
    let other = adopt(&[&describes("other@example.com"), &tagged(Vec::new())]).await;
    assert_eq!(other.unwrap_err(), ErrorCode::InvalidRequest);
    let theirs = adopt(&[&describes(EMAIL), &tagged(vec![(KEY_TAG, "another request's".to_owned())])]).await;
    assert_eq!(theirs.unwrap_err(), ErrorCode::InvalidRequest);
}
