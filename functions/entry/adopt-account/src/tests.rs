//! Tests with sample events and mocked AWS clients. A call without a rule panics.

use aws_sdk_organizations::operation::describe_account::{DescribeAccountError, DescribeAccountOutput};
use aws_sdk_organizations::operation::describe_organizational_unit::DescribeOrganizationalUnitOutput;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::types::error::AccountNotFoundException;
use aws_sdk_organizations::types::{Account, AccountState, OrganizationalUnit, Parent, ParentType, Tag};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::operation::start_execution::StartExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use vending_core::{AccountKey, AccountRecord, AccountRequest, RequestId, RequestRecord, fixtures};
use vending_records::testing::Bucket;

use super::*;

const ACCOUNT: &str = "111122223333";
const EMAIL: &str = "pay@example.com";

fn key() -> AccountKey {
    AccountKey::from_email(&EMAIL.parse().unwrap())
}

#[derive(Default)]
struct Rules {
    s3: Vec<Rule>,
    executions: Vec<Rule>,
    organizations: Vec<Rule>,
    /// The records of accounts.
    accounts: Bucket,
}

fn event(name: &str) -> Value {
    let path = format!("{}/../../../events/eventbridge/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn scheduled() -> Value {
    json!({ "detail-type": "Scheduled Event", "source": "aws.events", "detail": {} })
}

/// Accounts in `ou-1` are adopted, and those in `ou-2` are not: no one can request accounts there.
fn settings() -> Settings {
    fixtures::settings(&json!({
        "ou-1": { "adopt": true, "requests": "allowed" },
        "ou-2": { "adopt": true, "requests": "denied" },
    }))
}

async fn run(event: Value, rules: &Rules) -> Result<Value, String> {
    let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &rules.organizations);
    let state_machine = "arn:aws:states:us-east-1:123456789012:stateMachine:vend".parse().unwrap();
    let function = AdoptAccount {
        requests: Requests::new(
            Records::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, &rules.s3), "records".to_owned()),
            AccountRecords::new(rules.accounts.client(), "records".to_owned()),
            Executions::new(mock_client!(aws_sdk_sfn, RuleMode::Sequential, &rules.executions), state_machine),
            Organization::new(organizations.clone()),
        ),
        organization: Organization::new(organizations),
        settings: StoredSettings::new(Bucket::default().with_settings(&settings()).client(), "records".to_owned()),
        deployment: "vending".to_owned(),
        management_account: "123456789012".parse().unwrap(),
        requester: Requester::new("arn:aws:lambda:us-east-1:123456789012:function:adopt-account"),
    };
    let done = vending_runtime::handle(&function, event).await;
    for rule in rules.s3.iter().chain(&rules.executions).chain(&rules.organizations) {
        assert_eq!(rule.num_calls(), 1);
    }
    done.map_err(|failure| failure.error_type)
}

fn described() -> [Rule; 2] {
    described_with(&[])
}

fn described_with(tags: &'static [(&'static str, &'static str)]) -> [Rule; 2] {
    [
        mock!(aws_sdk_organizations::Client::describe_account)
            .match_requests(|describe| describe.account_id() == Some(ACCOUNT))
            .then_output(|| {
                let account = Account::builder().id(ACCOUNT).email(EMAIL).name("pay").build();
                DescribeAccountOutput::builder().account(account).build()
            }),
        mock!(aws_sdk_organizations::Client::list_tags_for_resource).then_output(|| {
            let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build().unwrap();
            ListTagsForResourceOutput::builder().set_tags(Some(tags.iter().map(tag).collect())).build()
        }),
    ]
}

fn in_ou(unit: &'static str) -> [Rule; 3] {
    in_ou_with_id(unit, "ou-1")
}

fn in_ou_with_id(unit: &'static str, id: &'static str) -> [Rule; 3] {
    let parent = |id: &'static str, kind: ParentType| {
        mock!(aws_sdk_organizations::Client::list_parents).then_output(move || {
            let parent = Parent::builder().id(id).r#type(kind.clone()).build();
            ListParentsOutput::builder().parents(parent).build()
        })
    };
    let named = mock!(aws_sdk_organizations::Client::describe_organizational_unit).then_output(move || {
        let unit = OrganizationalUnit::builder().name(unit).build();
        DescribeOrganizationalUnitOutput::builder().organizational_unit(unit).build()
    });
    [parent(id, ParentType::OrganizationalUnit), named, parent("r-1", ParentType::Root)]
}

fn no_records() -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2).then_output(|| ListObjectsV2Output::builder().build())
}

fn recorded() -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2).then_output(|| {
        let object = Object::builder().key(format!("requests/{}/1.json", key())).last_modified(DateTime::from_secs(1));
        ListObjectsV2Output::builder().contents(object.build()).build()
    })
}

fn claimed() -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(|put| {
            let record: RequestRecord = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            assert_eq!((record.adopt, record.account_id.unwrap().as_str()), (true, ACCOUNT));
            assert_eq!(record.request.organizational_unit.to_string(), "Sandbox");
            put.if_none_match() == Some("*")
        })
        .then_output(|| PutObjectOutput::builder().build())
}

fn started() -> Rule {
    mock!(aws_sdk_sfn::Client::start_execution)
        .match_requests(|start| start.name() == Some(&RequestId::new(key(), 1).to_string()))
        .then_output(|| {
            StartExecutionOutput::builder().execution_arn("arn").start_date(DateTime::from_secs(0)).build().unwrap()
        })
}

fn adoption() -> Rules {
    Rules {
        s3: vec![no_records(), claimed()],
        executions: vec![started()],
        organizations: described().into_iter().chain(in_ou("Sandbox")).collect(),
        accounts: Bucket::default(),
    }
}

fn summary(adopted: u32, left_alone: u32) -> Value {
    json!({ "adopted": adopted, "leftAlone": left_alone, "failed": 0 })
}

#[tokio::test]
async fn account_of_every_event_type_is_adopted() {
    for name in [
        "create-account-result",
        "account-joined-organization",
        "control-tower-create-managed-account",
        "control-tower-update-managed-account",
    ] {
        assert_eq!(run(event(name), &adoption()).await.unwrap(), summary(1, 0), "{name}");
    }
}

#[tokio::test]
async fn failed_creation_is_ignored() {
    for name in ["create-account-result-failed", "control-tower-create-managed-account-failed"] {
        assert_eq!(run(event(name), &Rules::default()).await.unwrap(), summary(0, 0), "{name}");
    }
}

fn request_record() -> RequestRecord {
    let request = AccountRequest { account_email: EMAIL.parse().unwrap(), ..fixtures::account_request() };
    fixtures::request_record(request, 1, "arn:jane")
}

fn got(record: &RequestRecord) -> Rule {
    let bytes = serde_json::to_vec(record).unwrap();
    mock!(aws_sdk_s3::Client::get_object)
        .then_output(move || GetObjectOutput::builder().body(ByteStream::from(bytes.clone())).build())
}

fn running() -> Rule {
    mock!(aws_sdk_sfn::Client::describe_execution).then_output(|| {
        let execution = DescribeExecutionOutput::builder().execution_arn("arn").state_machine_arn("arn");
        execution.start_date(DateTime::from_secs(0)).status(ExecutionStatus::Running).build().unwrap()
    })
}

const OWN_TAGS: &[(&str, &str)] = &[("account-vending:key", "any"), ("account-vending:deployment", "vending")];

/// The request knows the account only after the creation has ended, which may be after the event.
#[tokio::test]
async fn own_accounts_are_skipped() {
    let (s3, executions) = (vec![recorded(), got(&request_record())], vec![running()]);
    let rules = Rules { s3, executions, organizations: described_with(OWN_TAGS).into(), ..Rules::default() };
    assert_eq!(run(event("create-account-result"), &rules).await.unwrap(), summary(0, 1));
}

#[tokio::test]
async fn tagged_accounts_are_left_to_operators() {
    let organizations = described_with(OWN_TAGS).into_iter().chain(in_ou("Sandbox")).collect();
    let rules = Rules { s3: vec![no_records()], organizations, ..Rules::default() };
    assert_eq!(run(event("create-account-result"), &rules).await.unwrap(), summary(0, 1));
    let other_deployment = described_with(&[("account-vending:key", "any"), ("account-vending:deployment", "test")]);
    let rules = Rules { s3: vec![no_records()], organizations: other_deployment.into(), ..Rules::default() };
    assert_eq!(run(event("create-account-result"), &rules).await.unwrap(), summary(0, 1));
}

#[tokio::test]
async fn returned_account_is_left_to_operators() {
    let rules =
        Rules { s3: vec![recorded(), got(&request_record())], organizations: described().into(), ..Rules::default() };
    let account = AccountRecord::new(&request_record(), ACCOUNT.parse().unwrap(), "ou-1".to_owned());
    rules.accounts.put_account(&account);
    assert_eq!(run(event("account-joined-organization"), &rules).await.unwrap(), summary(0, 1));
}

#[tokio::test]
async fn accounts_in_other_ous_are_skipped() {
    for (unit, id) in [("Workloads", "ou-3"), ("Security", "ou-2")] {
        let organizations = described().into_iter().chain(in_ou_with_id(unit, id)).collect();
        let rules = Rules { s3: vec![no_records()], organizations, ..Rules::default() };
        assert_eq!(run(event("create-account-result"), &rules).await.unwrap(), summary(0, 1), "{unit}");
    }
}

#[tokio::test]
async fn management_account_is_never_adopted() {
    let mut event = event("create-account-result");
    event["detail"]["serviceEventDetails"]["createAccountStatus"]["accountId"] = json!("123456789012");
    assert_eq!(run(event, &Rules::default()).await.unwrap(), summary(0, 1));
}

#[tokio::test]
async fn early_event_is_retried() {
    let not_found = mock!(aws_sdk_organizations::Client::describe_account).then_error(|| {
        let meta = ErrorMetadata::builder().code("AccountNotFoundException").build();
        DescribeAccountError::AccountNotFoundException(AccountNotFoundException::builder().meta(meta).build())
    });
    let rules = Rules { organizations: vec![not_found], ..Rules::default() };
    assert_eq!(run(event("create-account-result"), &rules).await.unwrap_err(), "NotReady");
}

#[tokio::test]
async fn unsupported_events_are_rejected() {
    assert_eq!(run(event("move-account"), &Rules::default()).await.unwrap_err(), "InvalidRequest");
}

/// The management account, an unmanaged account in the sandbox, one in the root, and a suspended one.
fn accounts() -> Rule {
    let account = |id: &str, email: &str, state: AccountState, path: &str| {
        Account::builder().id(id).email(email).state(state).paths(format!("o-1/r-1/{path}{id}/")).build()
    };
    mock!(aws_sdk_organizations::Client::list_accounts).then_output(move || {
        ListAccountsOutput::builder()
            .accounts(account("123456789012", "root@example.com", AccountState::Active, ""))
            .accounts(account(ACCOUNT, EMAIL, AccountState::Active, "ou-1/"))
            .accounts(account("222222222222", "free@example.com", AccountState::Active, ""))
            .accounts(account("333333333333", "gone@example.com", AccountState::Suspended, "ou-1/"))
            .build()
    })
}

#[tokio::test]
async fn comparison_finds_accounts_without_an_event() {
    let mut rules = adoption();
    rules.organizations.insert(0, accounts());
    assert_eq!(run(scheduled(), &rules).await.unwrap(), summary(1, 1));
}

#[tokio::test]
async fn event_without_an_account_id_compares_all() {
    let mut event = event("account-joined-organization");
    event["detail"]["serviceEventDetails"] = json!({ "joinedMethod": "Invited" });
    let rules = Rules { organizations: vec![accounts()], ..Rules::default() };
    rules.accounts.put_account(&AccountRecord::new(&request_record(), ACCOUNT.parse().unwrap(), "ou-1".to_owned()));
    assert_eq!(run(event, &rules).await.unwrap(), summary(0, 1));
}
