//! Events as AWS sends them, against mocked AWS clients: a call that no rule expects panics.

use aws_sdk_organizations::operation::describe_account::{DescribeAccountError, DescribeAccountOutput};
use aws_sdk_organizations::operation::describe_organizational_unit::DescribeOrganizationalUnitOutput;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::types::error::AccountNotFoundException;
use aws_sdk_organizations::types::{Account, AccountState, OrganizationalUnit, Parent, ParentType, Root};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_sdk_sfn::operation::start_execution::StartExecutionOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use vending_core::{AccountKey, RequestId, RequestRecord};

use super::*;

const ACCOUNT: &str = "111122223333";
const EMAIL: &str = "pay@example.com";

fn key() -> AccountKey {
    AccountKey::of(&EMAIL.parse().unwrap())
}

#[derive(Default)]
struct Rules {
    s3: Vec<Rule>,
    executions: Vec<Rule>,
    organizations: Vec<Rule>,
}

fn event(name: &str) -> Value {
    let path = format!("{}/../../events/eventbridge/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn scheduled() -> Value {
    json!({ "detail-type": "Scheduled Event", "source": "aws.events", "detail": {} })
}

async fn run(event: Value, rules: &Rules) -> Result<Value, String> {
    let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &rules.organizations);
    let state_machine = "arn:aws:states:us-east-1:123456789012:stateMachine:vend".parse().unwrap();
    let function = AdoptAccount {
        requests: Requests::new(
            Records::new(mock_client!(aws_sdk_s3, RuleMode::Sequential, &rules.s3), "records".to_owned()),
            Executions::new(mock_client!(aws_sdk_sfn, RuleMode::Sequential, &rules.executions), state_machine),
        ),
        organization: Organization::new(organizations),
        bounds: Bounds {
            email_pattern: String::new(),
            allowed_organizational_units: vec!["*".to_owned()],
            protected_organizational_units: vec!["Security".to_owned()],
            ..Bounds::default()
        },
        adopted_units: vec!["Sandbox".to_owned()],
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
    [
        mock!(aws_sdk_organizations::Client::describe_account)
            .match_requests(|describe| describe.account_id() == Some(ACCOUNT))
            .then_output(|| {
                let account = Account::builder().id(ACCOUNT).email(EMAIL).name("pay").build();
                DescribeAccountOutput::builder().account(account).build()
            }),
        mock!(aws_sdk_organizations::Client::list_tags_for_resource)
            .then_output(|| ListTagsForResourceOutput::builder().build()),
    ]
}

fn below(unit: &'static str) -> [Rule; 3] {
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
    [parent("ou-1", ParentType::OrganizationalUnit), named, parent("r-1", ParentType::Root)]
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
        organizations: described().into_iter().chain(below("Sandbox")).collect(),
    }
}

fn done(adopted: u32, left_alone: u32) -> Value {
    json!({ "adopted": adopted, "leftAlone": left_alone, "failed": 0 })
}

#[tokio::test]
async fn whoever_brings_an_account_it_is_adopted_as_aws_knows_it() {
    for name in [
        "create-account-result",
        "account-joined-organization",
        "control-tower-create-managed-account",
        "control-tower-update-managed-account",
    ] {
        assert_eq!(run(event(name), &adoption()).await.unwrap(), done(1, 0), "{name}");
    }
}

#[tokio::test]
async fn an_account_that_did_not_come_is_nothing_to_do() {
    for name in ["create-account-result-failed", "control-tower-create-managed-account-failed"] {
        assert_eq!(run(event(name), &Rules::default()).await.unwrap(), done(0, 0), "{name}");
    }
}

#[tokio::test]
async fn our_own_accounts_are_left_alone() {
    let record = json!({
        "requestId": RequestId::new(key(), 1), "requestedBy": "arn", "submittedBy": "arn",
        "requestedAt": "2026-11-22T00:00:00Z",
        "request": { "accountName": "pay", "accountEmail": EMAIL, "organizationalUnit": "Sandbox" }
    });
    let got = mock!(aws_sdk_s3::Client::get_object).then_output(move || {
        GetObjectOutput::builder().body(ByteStream::from(record.to_string().into_bytes())).build()
    });
    let rules = Rules { s3: vec![recorded(), got], organizations: described().into(), ..Rules::default() };
    assert_eq!(run(event("create-account-result"), &rules).await.unwrap(), done(0, 1));
}

#[tokio::test]
async fn accounts_elsewhere_are_left_alone() {
    for unit in ["Workloads", "Security"] {
        let organizations = described().into_iter().chain(below(unit)).collect();
        let rules = Rules { s3: vec![no_records()], organizations, ..Rules::default() };
        assert_eq!(run(event("create-account-result"), &rules).await.unwrap(), done(0, 1), "{unit}");
    }
}

#[tokio::test]
async fn the_management_account_is_never_adopted() {
    let mut event = event("create-account-result");
    event["detail"]["serviceEventDetails"]["createAccountStatus"]["accountId"] = json!("123456789012");
    assert_eq!(run(event, &Rules::default()).await.unwrap(), done(0, 1));
}

#[tokio::test]
async fn an_event_that_is_faster_than_aws_comes_again() {
    let absent = mock!(aws_sdk_organizations::Client::describe_account).then_error(|| {
        let meta = ErrorMetadata::builder().code("AccountNotFoundException").build();
        DescribeAccountError::AccountNotFoundException(AccountNotFoundException::builder().meta(meta).build())
    });
    let rules = Rules { organizations: vec![absent], ..Rules::default() };
    assert_eq!(run(event("create-account-result"), &rules).await.unwrap_err(), "NotReady");
}

#[tokio::test]
async fn other_events_are_refused() {
    assert_eq!(run(event("move-account"), &Rules::default()).await.unwrap_err(), "InvalidRequest");
}

fn root() -> Rule {
    mock!(aws_sdk_organizations::Client::list_roots)
        .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-1").build()).build())
}

fn sandbox() -> Rule {
    mock!(aws_sdk_organizations::Client::list_organizational_units_for_parent).then_output(|| {
        let unit = OrganizationalUnit::builder().name("Sandbox").id("ou-1").build();
        ListOrganizationalUnitsForParentOutput::builder().organizational_units(unit).build()
    })
}

/// The management account, a stranger in the sandbox, one in the root and one that is suspended.
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
async fn what_no_event_brought_is_found_by_comparing() {
    let mut rules = adoption();
    rules.s3.insert(0, no_records());
    rules.organizations.splice(0..0, [accounts(), root(), sandbox()]);
    assert_eq!(run(scheduled(), &rules).await.unwrap(), done(1, 1));
}

#[tokio::test]
async fn an_event_that_does_not_say_who_came_makes_us_compare() {
    let mut event = event("account-joined-organization");
    event["detail"]["serviceEventDetails"] = json!({ "joinedMethod": "Invited" });
    let rules = Rules { s3: vec![recorded()], organizations: vec![accounts(), root(), sandbox()], ..Rules::default() };
    assert_eq!(run(event, &rules).await.unwrap(), done(0, 1));
}
