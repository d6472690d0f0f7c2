//! The function as CloudFormation has it invoked, against mocked AWS clients: a call that no rule expects panics.

use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use vending_answers::testing::{Inbox, Received};
use vending_core::{Account, AccountKey, Failure, Outcome, Owner, RequestRecord, Status};

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

/// What the services answer, each in this order.
#[derive(Default)]
struct Rules {
    s3: Vec<Rule>,
    executions: Vec<Rule>,
    organizations: Vec<Rule>,
}

/// What an invocation led to: the error's code, if any, and what CloudFormation was told.
struct Outcomes {
    error: Option<String>,
    told: Vec<Received>,
}

impl Rules {
    async fn run(self, event: Value) -> Outcomes {
        self.answered_with(200, event).await
    }

    /// One invocation, where CloudFormation's bucket answers with a status; all rules must have been used.
    async fn answered_with(self, status: u16, mut event: Value) -> Outcomes {
        let inbox = Inbox::open(status);
        if event["ResponseURL"].is_null() {
            event["ResponseURL"] = format!("{}token?X-Amz-Signature=secret", inbox.prefix()).into();
        }
        let ended = Box::pin(vending_runtime::handle(&self.resource(inbox.prefix()), event)).await;
        for rule in self.s3.iter().chain(&self.executions).chain(&self.organizations) {
            // The SDK repeats a call that is throttled.
            assert!(rule.num_calls() > 0, "a call was not made");
        }
        let error = ended.err().map(|error| {
            assert!(!error.error_message.contains("secret"), "{}", error.error_message);
            error.error_type
        });
        Outcomes { error, told: inbox.close() }
    }

    fn resource(&self, prefix: String) -> AccountResource {
        let s3 = mock_client!(aws_sdk_s3, RuleMode::Sequential, &self.s3);
        let executions = mock_client!(aws_sdk_sfn, RuleMode::Sequential, &self.executions);
        let organizations = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &self.organizations);
        AccountResource {
            requests: Requests::new(
                Records::new(s3.clone(), "records".to_owned()),
                Executions::new(executions.clone(), aws::STATE_MACHINE.parse().unwrap()),
            ),
            organization: Organization::new(organizations),
            answers: Answers::of(s3, "records".to_owned(), Some(prefix)),
            timer: Timer::new(executions, aws::ANSWER_STATE_MACHINE.parse().unwrap()),
            bounds: Bounds {
                email_pattern: "aws+{accountName}@example.com".to_owned(),
                allowed_organizational_units: vec!["*".to_owned()],
                protected_organizational_units: vec!["Security".to_owned()],
                ..Bounds::default()
            },
        }
    }
}

impl Outcomes {
    /// CloudFormation was told this once, about the resource's own id.
    fn told(&self, status: &str, physical_id: &str) -> &Value {
        assert_eq!(self.error, None);
        let [told] = self.told.as_slice() else { panic!("one answer, not {:?}", self.told) };
        assert_eq!(told.body["Status"], status, "{}", told.body);
        assert_eq!(told.body["PhysicalResourceId"], physical_id, "{}", told.body);
        assert_eq!((&told.body["StackId"], &told.body["RequestId"]), (&json!(STACK), &json!(EVENT_ID)));
        &told.body
    }

    fn succeeded(&self) -> &Value {
        &self.told("SUCCESS", key().as_str())["Data"]
    }

    fn failed(&self) -> &str {
        self.told("FAILED", key().as_str())["Reason"].as_str().unwrap()
    }

    fn nothing_yet(&self) {
        assert_eq!((&self.error, self.told.len()), (&None, 0));
    }

    /// The function failed: Lambda delivers the event again.
    fn again(&self, code: &str) {
        assert_eq!((self.error.as_deref(), self.told.len()), (Some(code), 0));
    }
}

fn properties() -> Value {
    json!({
        "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:account-vending-account-resource",
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

fn key() -> AccountKey {
    AccountKey::of(&EMAIL.parse().unwrap())
}

fn id(attempt: u32) -> String {
    format!("{}-{attempt}", key())
}

fn record(attempt: u32) -> RequestRecord {
    let request = json!({ "accountName": "payments-dev", "accountEmail": EMAIL, "organizationalUnit": "Workloads" });
    RequestRecord {
        request_id: id(attempt).parse().unwrap(),
        request: serde_json::from_value(request).unwrap(),
        requested_by: STACK.to_owned(),
        submitted_by: STACK.to_owned(),
        requested_at: OffsetDateTime::now_utc() - Duration::minutes(10),
        account_id: None,
        adopt: false,
        outcome: None,
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
    let account = Account {
        id: ACCOUNT.to_owned(),
        name: "payments-dev".to_owned(),
        email: EMAIL.to_owned(),
        organizational_unit: "Workloads".to_owned(),
        ..Account::default()
    };
    let outcome = Outcome {
        status: if failure.is_some() { Status::Failed } else { Status::Vended },
        ended_at: OffsetDateTime::now_utc(),
        account: Some(account),
        creation_id: None,
        steps: Vec::new(),
        evidence: None,
        owed: false,
        failure,
    };
    RequestRecord { outcome: Some(outcome), ..record(attempt) }
}

#[tokio::test]
async fn an_event_that_is_not_cloudformations_is_an_error_before_any_call() {
    let mut elsewhere = event("Create", &properties());
    elsewhere["ResponseURL"] = "https://evil.example/?X-Amz-Signature=secret".into();
    let mut no_stack = event("Create", &properties());
    no_stack["StackId"] = "arn:aws:sts::123456789012:assumed-role/Developer/jane".into();
    let mut unknown = event("Create", &properties());
    unknown["RequestType"] = "Read".into();
    for event in [elsewhere, no_stack, unknown] {
        Rules::default().run(event).await.again("InvalidRequest");
    }
}
