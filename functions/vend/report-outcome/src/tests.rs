use aws_sdk_eventbridge::operation::put_events::{PutEventsError, PutEventsOutput};
use aws_sdk_eventbridge::types::PutEventsResultEntry;
use aws_sdk_organizations::operation::tag_resource::{TagResourceError, TagResourceOutput};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::types::error::NoSuchKey;
use aws_sdk_sns::operation::publish::{PublishError, PublishOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use vending_cfn::StackResponder;
use vending_core::{
    AccountRecord, Baseline, ErrorCode, Owner, ReportPart, StepReport, StepStatus, TimeToGuardrails, fixtures,
};
use vending_organization::Organization;
use vending_outcomes::Notifier;
use vending_records::testing::Bucket;
use vending_records::{AccountRecords, Records};

use super::*;

const ACCOUNT: &str = "111111111111";

fn record(name: &str) -> RequestRecord {
    let request = json!({
        "accountName": name, "accountEmail": "pay@example.com", "organizationalUnit": "Workloads",
        "owner": "team@example.com", "reason": "confidential"
    });
    let request = serde_json::from_value(request).unwrap();
    RequestRecord {
        request_id: "abcdefghijklmnopqrst-2".parse().unwrap(),
        submitted_by: "arn:joe".to_owned(),
        requester_since: OffsetDateTime::UNIX_EPOCH,
        requested_at: OffsetDateTime::UNIX_EPOCH,
        ..fixtures::request_record(request, 1, "arn:jane")
    }
}

fn input() -> Input {
    Input {
        account_id: Some(ACCOUNT.parse().unwrap()),
        creation_id: Some("car-1".to_owned()),
        creations: 1,
        vending_role_arn: Some("arn:vending".to_owned()),
        engineer_role_arn: None,
        github_role_arns: Vec::new(),
        account_created_at: Some(OffsetDateTime::UNIX_EPOCH),
        steps: vec![StepReport {
            step: "MoveAccount".to_owned(),
            status: StepStatus::Succeeded,
            changed: true,
            detail: "moved".to_owned(),
            started_at: OffsetDateTime::UNIX_EPOCH,
            duration_ms: 1,
            read_back_at: None,
        }],
        caught: None,
    }
}

fn vended() -> Input {
    input()
}

fn failed() -> Input {
    let failure =
        Failure { remedy: "allow it".to_owned(), ..Failure::new("EnableConfig", ErrorCode::AccessDenied, "denied") };
    let cause = json!({ "errorType": "AccessDenied", "errorMessage": serde_json::to_string(&failure).unwrap() });
    let caught =
        Caught { state: "ApplyBaselineStep".to_owned(), error: "AccessDenied".to_owned(), cause: cause.to_string() };
    Input { caught: Some(caught), ..vended() }
}

/// Mocked responses of the four services. A service without a rule must not be called.
struct Services {
    has_successor: bool,
    /// Whether the outcome names the account.
    has_account: bool,
    /// The name of the account in the record of the request.
    name: String,
    /// The client for the account record.
    accounts: aws_sdk_s3::Client,
    s3: Option<Rule>,
    /// Lists the pending responses, after the request record is written.
    stacks: Option<Rule>,
    /// Writes the request record again, if a part of the report failed.
    pending_parts: Option<Rule>,
    organizations: Option<Rule>,
    sns: Option<Rule>,
    eventbridge: Option<Rule>,
}

impl Services {
    fn successful() -> Self {
        Self {
            has_successor: false,
            has_account: true,
            name: "pay".to_owned(),
            accounts: bucket_with_account().client(),
            s3: Some(writes_record(|_| ())),
            stacks: Some(no_stacks()),
            pending_parts: None,
            organizations: Some(tag("vended")),
            sns: Some(published()),
            eventbridge: Some(sent()),
        }
    }

    async fn run(&self, input: Input) -> Result<StepOutcome, StepError> {
        let rules = |rule: &Option<Rule>| rule.iter().cloned().collect::<Vec<_>>();
        let record = record(&self.name);
        let read = vec![reads_record(&record)];
        let named = input.account_id.iter().filter(|_| self.has_account);
        let successor = named.map(|_| successor(self.has_successor)).collect();
        let s3 = [read, successor, rules(&self.s3), rules(&self.stacks), rules(&self.pending_parts)].concat();
        let organizations = rules(&self.organizations);
        let (sns, eventbridge) = (rules(&self.sns), rules(&self.eventbridge));
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, &s3);
        let step = ReportOutcome(Reporter::from_parts(
            Records::new(client.clone(), "records".to_owned()),
            AccountRecords::new(self.accounts.clone(), "records".to_owned()),
            Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, &organizations)),
            Notifier::from_parts(
                mock_client!(aws_sdk_sns, RuleMode::Sequential, &sns),
                "arn:topic".to_owned(),
                mock_client!(aws_sdk_eventbridge, RuleMode::Sequential, &eventbridge),
                "default".to_owned(),
            ),
            StackResponder::from_parts(
                client,
                "records".to_owned(),
                AccountRecords::new(self.accounts.clone(), "records".to_owned()),
                None,
            ),
        ));
        let done = Box::pin(step.run(&record.request_id, input)).await;
        for rule in [s3, organizations, sns, eventbridge].iter().flatten() {
            assert_eq!(rule.num_calls(), 1);
        }
        done
    }
}

fn writes_record(check: fn(&RequestRecord)) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            check(&serde_json::from_slice(put.body().bytes().unwrap()).unwrap());
            put.key() == Some("requests/abcdefghijklmnopqrst/2.json") && put.if_none_match().is_none()
        })
        .then_output(|| PutObjectOutput::builder().build())
}

fn reads_record(record: &RequestRecord) -> Rule {
    let bytes = serde_json::to_vec(record).unwrap();
    mock!(aws_sdk_s3::Client::get_object)
        .match_requests(|get| get.key() == Some("requests/abcdefghijklmnopqrst/2.json"))
        .then_output(move || GetObjectOutput::builder().body(bytes.clone().into()).build())
}

/// Writes the record with the one part that failed, which the sweep repeats.
fn writes_pending_part(part: ReportPart) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            let record: RequestRecord = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            let outcome = record.outcome.unwrap();
            assert_eq!((outcome.status, outcome.pending_parts), (Status::Vended, [part].into()));
            put.key() == Some("requests/abcdefghijklmnopqrst/2.json")
        })
        .then_output(|| PutObjectOutput::builder().build())
}

/// Reads the next attempt, which exists or not.
fn successor(exists: bool) -> Rule {
    let next = mock!(aws_sdk_s3::Client::get_object)
        .match_requests(|get| get.key() == Some("requests/abcdefghijklmnopqrst/3.json"));
    if exists {
        let record = serde_json::to_vec(&record("pay")).unwrap();
        next.then_output(move || GetObjectOutput::builder().body(record.clone().into()).build())
    } else {
        next.then_error(|| GetObjectError::NoSuchKey(NoSuchKey::builder().build()))
    }
}

/// No stack waits for the account.
fn no_stacks() -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(|list| list.prefix() == Some("responses/abcdefghijklmnopqrst/"))
        .then_output(|| ListObjectsV2Output::builder().build())
}

fn tag(state: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::tag_resource)
        .match_requests(move |tag| {
            let tags: Vec<_> = tag.tags().iter().map(|tag| (tag.key(), tag.value())).collect();
            tag.resource_id() == Some(ACCOUNT) && tags == [("account-vending:state", state)]
        })
        .then_output(|| TagResourceOutput::builder().build())
}

fn published() -> Rule {
    mock!(aws_sdk_sns::Client::publish)
        .match_requests(|publish| publish.topic_arn() == Some("arn:topic"))
        .then_output(|| PublishOutput::builder().build())
}

fn sent() -> Rule {
    mock!(aws_sdk_eventbridge::Client::put_events)
        .match_requests(|put| put.entries().len() == 1 && put.entries()[0].event_bus_name() == Some("default"))
        .then_output(|| PutEventsOutput::builder().entries(PutEventsResultEntry::builder().build()).build())
}

fn denied() -> ErrorMetadata {
    ErrorMetadata::builder().code("AccessDenied").message("no").build()
}

#[test]
fn success_is_vended_with_the_account() {
    let outcome = outcome(&record("pay"), &vended());
    assert_eq!((outcome.status, &outcome.failure), (Status::Vended, &None));
    let account = outcome.account.unwrap();
    assert_eq!((account.id.as_str(), account.email.as_str()), (ACCOUNT, "pay@example.com"));
    assert_eq!(account.vending_role_arn.as_deref(), Some("arn:vending"));
    assert_eq!(outcome.steps.len(), 1);
}

#[test]
fn failure_has_the_caught_error_and_account() {
    let outcome = outcome(&record("pay"), &failed());
    assert_eq!(outcome.status, Status::Failed);
    assert_eq!(outcome.account.unwrap().id, ACCOUNT);
    assert_eq!(outcome.creation_id.as_deref(), Some("car-1"));
    let failure = outcome.failure.unwrap();
    assert_eq!((failure.step.as_str(), failure.code.as_str()), ("EnableConfig", "AccessDenied"));
    assert_eq!((failure.remedy.as_str(), failure.owner), ("allow it", Owner::Platform));
}

#[tokio::test]
async fn vended_account_is_recorded_and_tagged() {
    let recorded = writes_record(|record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!((outcome.status, &outcome.pending_parts), (Status::Vended, &BTreeSet::new()));
        assert_eq!(outcome.evidence.as_ref().unwrap().key, "accounts/111111111111.json");
        assert_eq!(record.submitted_by, "arn:joe");
    });
    let done = Services { s3: Some(recorded), ..Services::successful() }.run(vended()).await.unwrap();
    assert_eq!(done, StepOutcome::changed("reported as vended", ()));
}

#[tokio::test]
async fn failed_account_is_tagged_with_the_step() {
    let services = Services { organizations: Some(tag("failed:EnableConfig")), ..Services::successful() };
    let done = services.run(failed()).await.unwrap();
    assert_eq!(done.detail, "reported as failed at EnableConfig: AccessDenied");
}

#[tokio::test]
async fn late_report_keeps_the_tag_of_the_next_attempt() {
    let services = Services { has_successor: true, organizations: None, ..Services::successful() };
    services.run(failed()).await.unwrap();
}

#[tokio::test]
async fn failure_without_account_tags_nothing() {
    let services = Services { organizations: None, ..Services::successful() };
    services.run(Input { account_id: None, ..failed() }).await.unwrap();
}

#[tokio::test]
async fn one_failing_part_does_not_stop_the_others() {
    let s3 = mock!(aws_sdk_s3::Client::put_object).then_error(|| PutObjectError::generic(denied()));
    let unlisted = mock!(aws_sdk_s3::Client::list_objects_v2).then_error(|| ListObjectsV2Error::generic(denied()));
    let organizations =
        mock!(aws_sdk_organizations::Client::tag_resource).then_error(|| TagResourceError::generic(denied()));
    let sns = mock!(aws_sdk_sns::Client::publish).then_error(|| PublishError::generic(denied()));
    let eventbridge = mock!(aws_sdk_eventbridge::Client::put_events).then_error(|| PutEventsError::generic(denied()));
    let opened = AccountRecord::new(&record("pay"), ACCOUNT.parse().unwrap(), "ou-1".to_owned());
    let opened = serde_json::to_vec(&opened).unwrap();
    let read = mock!(aws_sdk_s3::Client::get_object)
        .then_output(move || GetObjectOutput::builder().body(opened.clone().into()).e_tag("1").build());
    let unwritable = mock!(aws_sdk_s3::Client::put_object).then_error(|| PutObjectError::generic(denied()));
    let unwritable = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&read, &unwritable]);
    let pending = |part| Some(writes_pending_part(part));
    for (services, part) in [
        (Services { s3: Some(s3), stacks: None, ..Services::successful() }, "write the record of the request"),
        (
            Services {
                stacks: Some(unlisted),
                pending_parts: pending(ReportPart::StackResponses),
                ..Services::successful()
            },
            "list the pending responses",
        ),
        (
            Services { organizations: Some(organizations), s3: pending(ReportPart::Tag), ..Services::successful() },
            "tag the account",
        ),
        (
            Services { accounts: unwritable, s3: pending(ReportPart::AccountRecord), ..Services::successful() },
            "write the account record",
        ),
        (
            Services { sns: Some(sns), pending_parts: pending(ReportPart::Message), ..Services::successful() },
            "publish the outcome",
        ),
        (
            Services {
                eventbridge: Some(eventbridge),
                pending_parts: pending(ReportPart::Event),
                ..Services::successful()
            },
            "send the outcome event",
        ),
    ] {
        let error = services.run(vended()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn rejected_event_is_an_error() {
    let rejected = mock!(aws_sdk_eventbridge::Client::put_events).then_output(|| {
        let entry = PutEventsResultEntry::builder().error_code("InternalFailure").build();
        PutEventsOutput::builder().failed_entry_count(1).entries(entry).build()
    });
    let services = Services {
        eventbridge: Some(rejected),
        pending_parts: Some(writes_pending_part(ReportPart::Event)),
        ..Services::successful()
    };
    let error = services.run(vended()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceUnavailable);
    assert!(error.to_string().contains("InternalFailure"), "{error}");
}

#[tokio::test]
async fn subject_is_cut_to_the_limit_of_sns() {
    for (name, length) in [("pay", 19), (&*"x".repeat(50), 66), (&*"x".repeat(200), 100)] {
        let published = mock!(aws_sdk_sns::Client::publish)
            .match_requests(move |publish| {
                publish.subject().unwrap().starts_with("Account Vended: ") && publish.subject().unwrap().len() == length
            })
            .then_output(|| PublishOutput::builder().build());
        let services = Services { name: name.to_owned(), sns: Some(published), ..Services::successful() };
        services.run(vended()).await.unwrap();
    }
}

#[tokio::test]
async fn message_names_the_failure_and_the_remedy() {
    let published = mock!(aws_sdk_sns::Client::publish)
        .match_requests(|publish| {
            let message = publish.message().unwrap();
            ["Step: EnableConfig", "Cause: AccessDenied: denied", "Next: allow it", "abcdefghijklmnopqrst-2"]
                .iter()
                .all(|part| message.contains(part))
        })
        .then_output(|| PublishOutput::builder().build());
    let services =
        Services { sns: Some(published), organizations: Some(tag("failed:EnableConfig")), ..Services::successful() };
    services.run(failed()).await.unwrap();
}

#[tokio::test]
async fn event_names_the_account_but_no_email() {
    let sent = mock!(aws_sdk_eventbridge::Client::put_events)
        .match_requests(|put| {
            let entry = &put.entries()[0];
            let text = entry.detail().unwrap();
            let detail: Value = serde_json::from_str(text).unwrap();
            assert!(!text.contains('@') && !text.contains("confidential"), "{text}");
            assert_eq!(detail["requestId"], "abcdefghijklmnopqrst-2");
            assert_eq!(detail["accountId"], ACCOUNT);
            assert_eq!(detail["failure"]["code"], "AccessDenied");
            entry.source() == Some("account-vending") && entry.detail_type() == Some("Account Vending Failed")
        })
        .then_output(|| PutEventsOutput::builder().build());
    let services =
        Services { eventbridge: Some(sent), organizations: Some(tag("failed:EnableConfig")), ..Services::successful() };
    services.run(failed()).await.unwrap();
}

/// A bucket with the account record that is written when the ID of the account is known.
fn bucket_with_account() -> Bucket {
    let bucket = Bucket::default();
    bucket.put_account(&AccountRecord::new(&record("pay"), ACCOUNT.parse().unwrap(), "ou-1".to_owned()));
    bucket
}

#[tokio::test]
async fn foreign_account_is_not_reported() {
    let another = Bucket::default();
    let other = RequestRecord { request_id: "bbbbbbbbbbbbbbbbbbbb-1".parse().unwrap(), ..record("pay") };
    another.put_account(&AccountRecord::new(&other, ACCOUNT.parse().unwrap(), "ou-1".to_owned()));
    for accounts in [Bucket::default(), another] {
        let unknown = writes_record(|record| assert_eq!(record.outcome.as_ref().unwrap().account, None));
        let services =
            Services { accounts: accounts.client(), s3: Some(unknown), organizations: None, ..Services::successful() };
        let services = Services { has_account: false, ..services };
        services.run(failed()).await.unwrap();
    }
}

/// Reports another outcome of an execution whose earlier outcome is recorded.
async fn report_after(earlier: &Outcome, input: Input, has_successor: bool) -> (StepOutcome, RequestRecord) {
    let bucket = bucket_with_account();
    let id = record("pay").request_id;
    let key = format!("requests/{}/{}.json", id.account_key, id.attempt);
    bucket.put(&key, &RequestRecord { outcome: Some(earlier.clone()), ..record("pay") });
    if has_successor {
        bucket.put(&format!("requests/{}/{}.json", id.account_key, id.attempt + 1), &record("pay"));
    }
    let accounts = || AccountRecords::new(bucket.client(), "records".to_owned());
    let (published, sent) = (published(), sent());
    let tag = mock!(aws_sdk_organizations::Client::tag_resource).then_output(|| TagResourceOutput::builder().build());
    let step = ReportOutcome(Reporter::from_parts(
        Records::new(bucket.client(), "records".to_owned()),
        accounts(),
        Organization::new(mock_client!(aws_sdk_organizations, RuleMode::MatchAny, [&tag])),
        Notifier::from_parts(
            mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&published]),
            "arn:topic".to_owned(),
            mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&sent]),
            "default".to_owned(),
        ),
        StackResponder::from_parts(bucket.client(), "records".to_owned(), accounts(), None),
    ));
    let done = Box::pin(step.run(&id, input)).await.unwrap();
    (done, bucket.read(&key))
}

/// An execution that is started again ends at ValidateRequest, without an account.
#[tokio::test]
async fn later_report_does_not_undo_a_vend() {
    let nothing = Input { account_id: None, creations: 0, steps: Vec::new(), ..failed() };
    let vended = outcome(&record("pay"), &vended());
    let (done, recorded) = report_after(&vended, nothing.clone(), false).await;
    assert_eq!(done, StepOutcome::unchanged("already reported", ()));
    assert_eq!(recorded.outcome.unwrap().status, Status::Vended);

    let denied = outcome(&record("pay"), &failed());
    let (done, recorded) = report_after(&denied, nothing.clone(), true).await;
    assert_eq!((done.changed, recorded.outcome.unwrap().creations), (false, Some(1)));
    let other = Caught { error: "InvalidRequest".to_owned(), ..nothing.caught.clone().unwrap() };
    let (_, recorded) = report_after(&denied, Input { caught: Some(other), ..nothing }, false).await;
    let outcome = recorded.outcome.unwrap();
    assert_eq!((outcome.account.unwrap().id.as_str(), outcome.creations), (ACCOUNT, Some(1)), "earlier facts are kept");
}

/// A bucket with the evidence of another attempt, with its own time to guardrails.
fn bucket_with_evidence(attempt: u32) -> Bucket {
    let record = record("pay");
    let account = AccountRecord::new(&record, ACCOUNT.parse().unwrap(), "ou-1".to_owned());
    let mut baseline = Baseline::from_outcome(&record, &outcome(&record, &vended()), None).unwrap();
    baseline.request_id.attempt = attempt;
    baseline.time_to_guardrails =
        Some(TimeToGuardrails { organizational_unit_after_ms: Some(7), baseline_after_ms: 8 });
    let bucket = Bucket::default();
    bucket.put_account(&AccountRecord { baseline: Some(baseline), ..account });
    bucket
}

#[tokio::test]
async fn new_evidence_keeps_the_time_to_guardrails() {
    let bucket = bucket_with_evidence(1);
    Services { accounts: bucket.client(), ..Services::successful() }.run(vended()).await.unwrap();
    let baseline = bucket.account(ACCOUNT).baseline.unwrap();
    assert_eq!((baseline.request_id.attempt, baseline.time_to_guardrails.unwrap().baseline_after_ms), (2, 8));
    assert!(baseline.verify_digest());
}

#[tokio::test]
async fn evidence_of_a_later_attempt_is_kept() {
    let bucket = bucket_with_evidence(3);
    Services { accounts: bucket.client(), ..Services::successful() }.run(vended()).await.unwrap();
    assert_eq!(bucket.account(ACCOUNT).baseline.unwrap().request_id.attempt, 3);
}

#[tokio::test]
async fn request_without_record_is_not_reported() {
    let nothing = || mock_client!(aws_sdk_sns, RuleMode::Sequential, &[]);
    let bucket = Bucket::default();
    let accounts = || AccountRecords::new(bucket.client(), "records".to_owned());
    let step = ReportOutcome(Reporter::from_parts(
        Records::new(bucket.client(), "records".to_owned()),
        accounts(),
        Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, &[])),
        Notifier::from_parts(
            nothing(),
            "arn:topic".to_owned(),
            mock_client!(aws_sdk_eventbridge, RuleMode::Sequential, &[]),
            "default".to_owned(),
        ),
        StackResponder::from_parts(bucket.client(), "records".to_owned(), accounts(), None),
    ));
    let done = Box::pin(step.run(&record("pay").request_id, vended())).await.unwrap();
    assert_eq!(done, StepOutcome::unchanged("there is no request abcdefghijklmnopqrst-2", ()));
    assert!(!bucket.has("requests/abcdefghijklmnopqrst/2.json"));
}
