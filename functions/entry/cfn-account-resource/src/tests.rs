//! Tests with events of CloudFormation and mocked AWS clients. A call without a rule panics.

use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use vending_cfn::testing::{Received, ResponseServer};
use vending_core::{
    AccountKey, AccountRecord, Failure, Outcome, Owner, RequestRecord, Status, VendedAccount, fixtures,
};
use vending_records::testing::Bucket;

use super::*;

mod aws;
mod create;
mod delete;
mod update;

const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/payments/0a1b2c3d";
const OTHER_STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/other/4e5f";
const EVENT_ID: &str = "5f3d1f6e-5d0c-4c8f-8a86-3f6c0d1b2a10";
const EMAIL: &str = "aws+payments-dev@example.com";
const ACCOUNT: &str = "222222222222";

/// The responses of the AWS services, in this order.
#[derive(Default)]
struct Rules {
    s3: Vec<Rule>,
    executions: Vec<Rule>,
    organizations: Vec<Rule>,
    /// The records of accounts.
    accounts: Bucket,
}

/// The result of an invocation: the code of an error, and the responses to CloudFormation.
struct Invocation {
    error: Option<String>,
    responses: Vec<Received>,
}

impl Rules {
    async fn run(self, event: Value) -> Invocation {
        self.run_with_status(200, event).await
    }

    /// Invokes the function. The bucket of CloudFormation returns this status. All rules must be used.
    async fn run_with_status(self, status: u16, mut event: Value) -> Invocation {
        let server = ResponseServer::start(status);
        if event["ResponseURL"].is_null() {
            event["ResponseURL"] = format!("{}token?X-Amz-Signature=secret", server.prefix()).into();
        }
        let ended = Box::pin(vending_runtime::handle(&self.resource(server.prefix()), event)).await;
        for rule in self.s3.iter().chain(&self.executions).chain(&self.organizations) {
            // The SDK retries a throttled call.
            assert!(rule.num_calls() > 0, "a call was not made");
        }
        let error = ended.err().map(|error| {
            assert!(!error.error_message.contains("secret"), "{}", error.error_message);
            error.error_type
        });
        Invocation { error, responses: server.close() }
    }

    fn accounts(&self) -> AccountRecords {
        AccountRecords::new(self.accounts.client(), "records".to_owned())
    }

    fn resource(&self, prefix: String) -> CfnAccountResource {
        let s3 = mock_client!(aws_sdk_s3, RuleMode::Sequential, &self.s3);
        let executions = mock_client!(aws_sdk_sfn, RuleMode::Sequential, &self.executions);
        let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &self.organizations);
        CfnAccountResource {
            requests: Requests::new(
                Records::new(s3.clone(), "records".to_owned()),
                self.accounts(),
                Executions::new(executions.clone(), aws::STATE_MACHINE.parse().unwrap()),
                Organization::new(organizations.clone()),
            ),
            settings: ou_settings(organizations),
            responder: StackResponder::from_parts(s3, "records".to_owned(), self.accounts(), Some(prefix)),
            timer: Timer::new(executions, aws::TIMER_STATE_MACHINE.parse().unwrap()),
        }
    }
}

/// Everyone can request accounts, but not in `Security`, whose ID is known.
fn ou_settings(organizations: aws_sdk_organizations::Client) -> OuSettings {
    let settings = fixtures::settings(&json!({
        "r-1": { "requests": "allowed", "emailPattern": "aws+{accountName}@example.com" },
        "ou-security": { "requests": "denied" },
    }));
    let units = OuCache::new(Organization::new(organizations)).caching_misses();
    let ids = ["r-1", "ou-security"].map(|id| id.parse().unwrap()).to_vec();
    units.insert("Security".parse().unwrap(), ids, OffsetDateTime::now_utc());
    let bucket = Bucket::default().with_settings(&settings);
    OuSettings::new(StoredSettings::new(bucket.client(), "records".to_owned()), units)
}

impl Invocation {
    /// The only response to CloudFormation, for this physical ID.
    fn response(&self, status: &str, physical_id: &str) -> &Value {
        assert_eq!(self.error, None);
        let [response] = self.responses.as_slice() else { panic!("one response, not {:?}", self.responses) };
        assert_eq!(response.body["Status"], status, "{}", response.body);
        assert_eq!(response.body["PhysicalResourceId"], physical_id, "{}", response.body);
        assert_eq!((&response.body["StackId"], &response.body["RequestId"]), (&json!(STACK), &json!(EVENT_ID)));
        &response.body
    }

    fn succeeded(&self) -> &Value {
        &self.response("SUCCESS", key().as_str())["Data"]
    }

    /// The reason of a failed creation, whose physical ID refers to no account.
    fn not_created(&self) -> &str {
        self.response("FAILED", &format!("not-created/{}", key()))["Reason"].as_str().unwrap()
    }

    fn failed(&self) -> &str {
        self.response("FAILED", key().as_str())["Reason"].as_str().unwrap()
    }

    fn has_no_response(&self) {
        assert_eq!((&self.error, self.responses.len()), (&None, 0));
    }

    /// The function failed, so Lambda retries the event.
    fn is_retried(&self, code: &str) {
        assert_eq!((self.error.as_deref(), self.responses.len()), (Some(code), 0));
    }
}

fn properties() -> Value {
    json!({
        "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:account-vending-cfn-account-resource",
        "ServiceTimeout": "3600", "AccountName": "payments-dev", "AccountEmail": "", "OrganizationalUnit": "Workloads"
    })
}

fn with(changes: &Value) -> Value {
    let mut properties = properties();
    for (name, value) in changes.as_object().unwrap() {
        properties[name] = value.clone();
    }
    properties
}

fn event(kind: &str, properties: &Value) -> Value {
    let mut event = json!({
        "RequestType": kind, "RequestId": EVENT_ID, "StackId": STACK, "LogicalResourceId": "Account",
        "ResourceType": "Custom::Account", "ResourceProperties": properties, "ResponseURL": null
    });
    if kind != "Create" {
        event["PhysicalResourceId"] = key().to_string().into();
        event["OldResourceProperties"] = self::properties();
    }
    event
}

/// The record of an account of this requester, with these resources of its stack.
fn owned_by(stack: &str, resources: &[&str]) -> Bucket {
    let record = RequestRecord { requested_by: stack.to_owned(), ..record(1) };
    let mut account = AccountRecord::new(&record, ACCOUNT.parse().unwrap(), "ou-Workloads".to_owned());
    account.stack_resources = resources.iter().map(|&resource| resource.to_owned()).collect();
    account.had_stack_resource = !resources.is_empty();
    let bucket = Bucket::default();
    bucket.put_account(&account);
    bucket
}

/// The record of an account that this stack has released.
fn released_by(stack: &str) -> Bucket {
    let bucket = owned_by(stack, &[]);
    bucket.put_account(&AccountRecord {
        had_stack_resource: true,
        released_at: Some(OffsetDateTime::UNIX_EPOCH),
        ..bucket.account(ACCOUNT)
    });
    bucket
}

fn key() -> AccountKey {
    AccountKey::from_email(&EMAIL.parse().unwrap())
}

fn id(attempt: u32) -> String {
    format!("{}-{attempt}", key())
}

fn record(attempt: u32) -> RequestRecord {
    let request = json!({ "accountName": "payments-dev", "accountEmail": EMAIL, "organizationalUnit": "Workloads" });
    let request = serde_json::from_value(request).unwrap();
    RequestRecord {
        requester_since: OffsetDateTime::now_utc() - Duration::minutes(10),
        requested_at: OffsetDateTime::now_utc() - Duration::minutes(10),
        ..fixtures::request_record(request, attempt, STACK)
    }
}

fn vended(attempt: u32) -> RequestRecord {
    ended(attempt, None)
}

fn failed(attempt: u32) -> RequestRecord {
    let failure = Failure {
        step: "EnableConfig".to_owned(),
        code: "AccessDenied".to_owned(),
        message: "denied".to_owned(),
        remedy: "allow it".to_owned(),
        owner: Owner::Platform,
    };
    ended(attempt, Some(failure))
}

fn ended(attempt: u32, failure: Option<Failure>) -> RequestRecord {
    let account = VendedAccount {
        id: ACCOUNT.to_owned(),
        name: "payments-dev".to_owned(),
        email: EMAIL.to_owned(),
        organizational_unit: "Workloads".to_owned(),
        ..VendedAccount::default()
    };
    let outcome = Outcome {
        status: if failure.is_some() { Status::Failed } else { Status::Vended },
        ended_at: OffsetDateTime::now_utc(),
        account: Some(account),
        creation_id: None,
        creations: Some(1),
        steps: Vec::new(),
        evidence: None,
        pending_parts: [].into(),
        failure,
    };
    RequestRecord { outcome: Some(outcome), ..record(attempt) }
}

#[tokio::test]
async fn forged_events_are_rejected_before_any_call() {
    let mut elsewhere = event("Create", &properties());
    elsewhere["ResponseURL"] = "https://evil.example/?X-Amz-Signature=secret".into();
    let mut no_stack = event("Create", &properties());
    no_stack["StackId"] = "arn:aws:sts::123456789012:assumed-role/Developer/jane".into();
    let mut unknown = event("Create", &properties());
    unknown["RequestType"] = "Read".into();
    for event in [elsewhere, no_stack, unknown] {
        Rules::default().run(event).await.is_retried("InvalidRequest");
    }
}
