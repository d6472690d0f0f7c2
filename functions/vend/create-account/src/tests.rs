use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::create_account::CreateAccountOutput;
use aws_sdk_organizations::operation::describe_account::{DescribeAccountError, DescribeAccountOutput};
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_create_account_status::ListCreateAccountStatusOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::operation::tag_resource::TagResourceOutput;
use aws_sdk_organizations::types::{Account, AccountState, CreateAccountStatus, Tag};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::json;
use time::OffsetDateTime;
use vending_core::{AccountKey, AccountRecord, AccountRequest, DEPLOYMENT_TAG, KEY_TAG, STACK_TAG, fixtures};
use vending_records::testing::Bucket;

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

fn record(attempt: u32) -> RequestRecord {
    fixtures::request_record(request(), attempt, STACK)
}

/// Runs the step for a request that the bucket has.
async fn run_recorded(
    rules: &[&Rule],
    record: &RequestRecord,
    bucket: &Bucket,
    may_have_been_tried: bool,
) -> Result<StepOutcome<Creation>, ErrorCode> {
    let client = mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules);
    let step = CreateAccount {
        records: Records::new(bucket.client(), "records".to_owned()),
        accounts: AccountRecords::new(bucket.client(), "records".to_owned()),
        organization: Organization::new(client),
        deployment: "vending".to_owned(),
        role_name: "OrganizationAccountAccessRole".to_owned(),
    };
    let done = Box::pin(step.run(&record.request_id, Input { may_have_been_tried })).await;
    done.map_err(|error| error.code())
}

async fn run(rules: &[&Rule], attempt: u32, may_have_been_tried: bool) -> Result<StepOutcome<Creation>, ErrorCode> {
    let record = record(attempt);
    run_recorded(rules, &record, &Bucket::with_request(&record, &fixtures::validated()), may_have_been_tried).await
}

fn creates() -> Rule {
    mock!(Client::create_account)
        .match_requests(|request| {
            let tagged = |key: &str| request.tags().iter().any(|tag| tag.key() == key);
            let has_own_tags = [KEY_TAG, DEPLOYMENT_TAG, STACK_TAG].into_iter().all(tagged);
            request.email() == Some(EMAIL) && has_own_tags
        })
        .then_output(|| {
            let status = CreateAccountStatus::builder().id("car-1").build();
            CreateAccountOutput::builder().create_account_status(status).build()
        })
}

fn create_fails(status: u16, body: &'static str) -> Rule {
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
        let account = Account::builder().id(ACCOUNT).email(email).name("anything");
        let account = account.joined_timestamp(DateTime::from_secs(OffsetDateTime::now_utc().unix_timestamp())).build();
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

/// The tags of an account that this request created, and `more`.
fn managed(more: &[(&'static str, &str)]) -> Rule {
    let key = AccountKey::from_email(&EMAIL.parse().unwrap()).to_string();
    let own = [(KEY_TAG, key), (DEPLOYMENT_TAG, "vending".to_owned()), (STACK_TAG, STACK.to_owned())];
    tagged(own.into_iter().chain(more.iter().map(|(key, value)| (*key, (*value).to_owned()))).collect())
}

#[tokio::test]
async fn first_try_is_a_single_call() {
    let done = run(&[&creates()], 1, false).await.unwrap();
    assert_eq!(done.result.creation_id.as_deref(), Some("car-1"));
    assert_eq!(done.result.state, CreationState::InProgress);
}

#[tokio::test]
async fn repeated_try_looks_up_before_creating() {
    let rules = [lists("other@example.com"), in_flight("another name"), creates()];
    let done = run(&rules.iter().collect::<Vec<_>>(), 1, true).await.unwrap();
    assert_eq!(done.result.creation_id.as_deref(), Some("car-1"));
}

#[tokio::test]
async fn later_attempt_uses_the_existing_account() {
    let rules = [lists("Pay@Example.com"), describes("Pay@Example.com"), managed(&[("CostCenter", "7")])];
    let done = run(&rules.iter().collect::<Vec<_>>(), 2, false).await.unwrap();
    assert_eq!(done.result.account_id.unwrap().as_str(), ACCOUNT);
    assert!(!done.changed);
}

#[tokio::test]
async fn changed_tags_of_existing_account_are_updated() {
    let tags = mock!(Client::tag_resource)
        .match_requests(|request| request.tags().len() == 1 && request.tags()[0].key() == "CostCenter")
        .then_output(|| TagResourceOutput::builder().build());
    let rules = [lists(EMAIL), describes(EMAIL), managed(&[("CostCenter", "6")]), tags];
    let done = run(&rules.iter().collect::<Vec<_>>(), 2, false).await.unwrap();
    assert!(done.changed);
    assert_eq!(done.detail, "the account exists; updated tags: CostCenter");
}

#[tokio::test]
async fn account_without_matching_tag_is_never_used() {
    let rules = [lists(EMAIL), describes(EMAIL), tagged(vec![(KEY_TAG, "another request's".to_owned())])];
    let result = run(&rules.iter().collect::<Vec<_>>(), 1, true).await;
    assert_eq!(result.unwrap_err(), ErrorCode::EmailAlreadyExists);
}

#[tokio::test]
async fn same_name_creation_in_flight_is_not_ready() {
    let rules = [lists("other@example.com"), in_flight("pay")];
    let result = run(&rules.iter().collect::<Vec<_>>(), 1, true).await;
    assert_eq!(result.unwrap_err(), ErrorCode::NotReady);
}

#[tokio::test]
async fn sdk_does_not_retry_create_account() {
    let failing = create_fails(500, r#"{"__type":"ServiceException"}"#);
    let result = run(&[&failing], 1, false).await;
    assert_eq!(result.unwrap_err(), ErrorCode::OutcomeUnknown);
    assert_eq!(failing.num_calls(), 1);
}

#[tokio::test]
async fn create_account_errors_map_to_error_codes() {
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
        let result = run(&[&create_fails(400, body)], 1, false).await;
        assert_eq!(result.unwrap_err(), code, "{body}");
    }
}

#[tokio::test]
async fn foreign_or_older_account_is_never_used() {
    let other = || {
        let key = AccountKey::from_email(&EMAIL.parse().unwrap()).to_string();
        tagged(vec![(KEY_TAG, key), (DEPLOYMENT_TAG, "another".to_owned())])
    };
    for attempt in [1, 2] {
        let result = run(&[&lists(EMAIL), &describes(EMAIL), &other()], attempt, true).await;
        assert_eq!(result.unwrap_err(), ErrorCode::EmailAlreadyExists);
    }
    let since = OffsetDateTime::now_utc() + time::Duration::minutes(6);
    let later = RequestRecord { requester_since: since, ..record(2) };
    let bucket = Bucket::with_request(&later, &fixtures::validated());
    let result = run_recorded(&[&lists(EMAIL), &describes(EMAIL), &managed(&[])], &later, &bucket, true).await;
    assert_eq!(result.unwrap_err(), ErrorCode::EmailAlreadyExists);
}

#[tokio::test]
async fn account_is_recorded_once_its_id_is_known() {
    let record = record(2);
    let bucket = Bucket::with_request(&record, &fixtures::validated());
    let rules = [lists(EMAIL), describes(EMAIL), managed(&[("CostCenter", "7")])];
    run_recorded(&rules.each_ref(), &record, &bucket, false).await.unwrap();
    let account = bucket.account(ACCOUNT);
    assert_eq!((account.request_id, account.requested_by.as_str()), (record.request_id, STACK));
    assert_eq!(account.organizational_unit_id, "ou-target");
}

/// The ID is the identity: the step neither searches nor creates.
#[tokio::test]
async fn recorded_account_is_never_created_again() {
    let requested_at = OffsetDateTime::now_utc() - time::Duration::minutes(16);
    let known = RequestRecord { account_id: Some(ACCOUNT.parse().unwrap()), requested_at, ..record(2) };
    let run_with = |rules: Vec<Rule>| {
        let (known, bucket) = (known.clone(), Bucket::with_request(&known, &fixtures::validated()));
        async move { run_recorded(&rules.iter().collect::<Vec<_>>(), &known, &bucket, false).await }
    };
    let renamed = run_with(vec![describes("new@example.com"), managed(&[("CostCenter", "7")])]).await.unwrap();
    assert_eq!(renamed.result.account_id.unwrap().as_str(), ACCOUNT);
    let returned = run_with(vec![describes(EMAIL), tagged(Vec::new())]).await;
    assert_eq!(returned.unwrap_err(), ErrorCode::InvalidRequest);
    let gone = mock!(Client::describe_account).then_error(|| {
        let meta = ErrorMetadata::builder().code("AccountNotFoundException").build();
        DescribeAccountError::generic(meta)
    });
    assert_eq!(run_with(vec![gone]).await.unwrap_err(), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn request_without_record_is_rejected() {
    let record = record(1);
    let unknown = run_recorded(&[], &record, &Bucket::default(), false).await;
    assert_eq!(unknown.unwrap_err(), ErrorCode::InvalidRequest);
}

async fn adopt_by(by_operator: bool, rules: &[&Rule]) -> Result<StepOutcome<Creation>, ErrorCode> {
    let record = fixtures::request_record(request(), 1, "arn");
    let adopted_from = by_operator.then(|| "another".to_owned());
    let account_id = Some(ACCOUNT.parse().unwrap());
    let record = RequestRecord { account_id, adopt: true, adopted_from, by_operator, ..record };
    run_recorded(rules, &record, &Bucket::with_request(&record, &fixtures::validated()), false).await
}

async fn adopt(rules: &[&Rule]) -> Result<StepOutcome<Creation>, ErrorCode> {
    adopt_by(false, rules).await
}

#[tokio::test]
async fn adopted_account_is_tagged() {
    let tags = || {
        mock!(Client::tag_resource)
            .match_requests(|request| {
                let keys: Vec<&str> = request.tags().iter().map(Tag::key).collect();
                [KEY_TAG, DEPLOYMENT_TAG].iter().all(|key| keys.contains(key))
            })
            .then_output(|| TagResourceOutput::builder().build())
    };
    let done = adopt(&[&describes("Pay@example.com"), &tagged(Vec::new()), &tags()]).await.unwrap();
    assert_eq!(done.result.account_id.unwrap().as_str(), ACCOUNT);
    let again = adopt(&[&describes(EMAIL), &managed(&[("CostCenter", "7")])]).await.unwrap();
    assert!(!again.changed);
    let foreign = || tagged(vec![(KEY_TAG, "another request's".to_owned()), (DEPLOYMENT_TAG, "another".to_owned())]);
    assert!(adopt_by(true, &[&describes(EMAIL), &foreign(), &tags()]).await.unwrap().changed);
    assert_eq!(adopt(&[&describes(EMAIL), &foreign()]).await.unwrap_err(), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn requester_cannot_readopt_a_returned_account() {
    let record = |attempt: u32, by_operator: bool| RequestRecord {
        account_id: Some(ACCOUNT.parse().unwrap()),
        adopt: true,
        by_operator,
        ..fixtures::request_record(request(), attempt, "arn:operator")
    };
    let run_with = |attempt: u32, by_operator: bool, rules: Vec<Rule>| async move {
        let resubmitted = record(attempt, by_operator);
        let bucket = Bucket::with_request(&resubmitted, &fixtures::validated());
        let adopted = record(1, true);
        bucket.put_account(&AccountRecord::new(&adopted, ACCOUNT.parse().unwrap(), "ou-target".to_owned()));
        run_recorded(&rules.iter().collect::<Vec<_>>(), &resubmitted, &bucket, false).await
    };
    let untagged = || vec![describes(EMAIL), tagged(Vec::new())];
    assert_eq!(run_with(2, false, untagged()).await.unwrap_err(), ErrorCode::InvalidRequest);
    let tags = || mock!(Client::tag_resource).then_output(|| TagResourceOutput::builder().build());
    for (attempt, by_operator) in [(1, false), (2, true)] {
        let rules = [untagged(), vec![tags()]].concat();
        assert!(run_with(attempt, by_operator, rules).await.unwrap().changed, "{attempt} {by_operator}");
    }
}

#[tokio::test]
async fn inactive_account_is_rejected_and_not_tagged() {
    for state in [AccountState::Suspended, AccountState::PendingClosure, AccountState::Closed] {
        let closed = || {
            let joined = DateTime::from_secs(OffsetDateTime::now_utc().unix_timestamp());
            let account = Account::builder().id(ACCOUNT).email(EMAIL).state(state.clone()).joined_timestamp(joined);
            let account = account.build();
            mock!(Client::describe_account)
                .then_output(move || DescribeAccountOutput::builder().account(account.clone()).build())
        };
        assert_eq!(adopt(&[&closed(), &managed(&[])]).await.unwrap_err(), ErrorCode::InvalidRequest);
        let again = run(&[&lists(EMAIL), &closed(), &managed(&[])], 2, false).await;
        assert_eq!(again.unwrap_err(), ErrorCode::InvalidRequest);
    }
}
