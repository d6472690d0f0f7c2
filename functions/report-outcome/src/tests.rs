use aws_sdk_eventbridge::operation::put_events::{PutEventsError, PutEventsOutput};
use aws_sdk_eventbridge::types::PutEventsResultEntry;
use aws_sdk_organizations::operation::tag_resource::{TagResourceError, TagResourceOutput};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_sns::operation::publish::{PublishError, PublishOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use vending_core::{AccountRecord, ErrorCode, FromBirth, Owner, Standing, StepReport};

use super::*;

const ACCOUNT: &str = "111111111111";

fn input(name: &str) -> Input {
    let request = json!({
        "accountName": name, "accountEmail": "pay@example.com", "organizationalUnit": "Workloads",
        "owner": "team@example.com", "reason": "confidential"
    });
    Input {
        record: RequestRecord {
            request_id: "abcdefghijklmnopqrst-2".parse().unwrap(),
            request: serde_json::from_value(request).unwrap(),
            requested_by: "arn:jane".to_owned(),
            submitted_by: "arn:joe".to_owned(),
            requested_at: OffsetDateTime::UNIX_EPOCH,
            account_id: None,
            adopt: false,
            outcome: None,
        },
        account_id: Some(ACCOUNT.parse().unwrap()),
        creation_id: Some("car-1".to_owned()),
        vending_role_arn: Some("arn:vending".to_owned()),
        engineer_role_arn: None,
        github_role_arns: Vec::new(),
        account_created_at: Some(OffsetDateTime::UNIX_EPOCH),
        steps: vec![StepReport {
            step: "MoveAccount".to_owned(),
            standing: Standing::Done,
            changed: true,
            detail: "moved".to_owned(),
            started_at: OffsetDateTime::UNIX_EPOCH,
            duration_ms: 1,
            read_back_at: None,
            result: (),
        }],
        caught: None,
    }
}

fn vended() -> Input {
    input("pay")
}

fn failed() -> Input {
    let cause = json!({ "errorType": "AccessDenied", "errorMessage": "EnableConfig: denied\nRemedy: allow it" });
    let caught =
        Caught { state: "ApplyBaselineStep".to_owned(), error: "AccessDenied".to_owned(), cause: cause.to_string() };
    Input { caught: Some(caught), ..vended() }
}

/// What the four services answer; a service without a rule must not be called.
struct Services {
    /// The evidence of a vended account, before the request's record.
    kept: Vec<Rule>,
    s3: Option<Rule>,
    /// The look for stacks that wait, which comes once the record stands.
    waiting: Option<Rule>,
    /// The record again, where something could not be told.
    owed: Option<Rule>,
    organizations: Option<Rule>,
    sns: Option<Rule>,
    eventbridge: Option<Rule>,
}

impl Services {
    fn fine() -> Self {
        Self {
            kept: vec![keep()],
            s3: Some(put(|_| ())),
            waiting: Some(waiting()),
            owed: None,
            organizations: Some(tag("vended")),
            sns: Some(published()),
            eventbridge: Some(sent()),
        }
    }

    async fn run(&self, input: Input) -> Result<Done, StepError> {
        let rules = |rule: &Option<Rule>| rule.iter().cloned().collect::<Vec<_>>();
        let kept = if input.caught.is_none() { self.kept.clone() } else { Vec::new() };
        let s3 = [kept, rules(&self.s3), rules(&self.waiting), rules(&self.owed)].concat();
        let organizations = rules(&self.organizations);
        let (sns, eventbridge) = (rules(&self.sns), rules(&self.eventbridge));
        let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, &s3);
        let step = ReportOutcome::of(
            Records::new(client.clone(), "records".to_owned()),
            AccountRecords::new(client.clone(), "records".to_owned()),
            Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, &organizations)),
            Notifier::of(
                mock_client!(aws_sdk_sns, RuleMode::Sequential, &sns),
                "arn:topic".to_owned(),
                mock_client!(aws_sdk_eventbridge, RuleMode::Sequential, &eventbridge),
                "default".to_owned(),
            ),
            Answers::of(client, "records".to_owned(), None),
        );
        let id = input.record.request_id.clone();
        let done = Box::pin(step.run(&id, input)).await;
        for rule in [s3, organizations, sns, eventbridge].iter().flatten() {
            assert_eq!(rule.num_calls(), 1);
        }
        done
    }
}

fn put(check: fn(&RequestRecord)) -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put| {
            check(&serde_json::from_slice(put.body().bytes().unwrap()).unwrap());
            put.key() == Some("requests/abcdefghijklmnopqrst/2.json") && put.if_none_match().is_none()
        })
        .then_output(|| PutObjectOutput::builder().build())
}

fn keep() -> Rule {
    mock!(aws_sdk_s3::Client::put_object)
        .match_requests(|put| {
            let record: AccountRecord = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            assert!(record.is_intact() && record.from_birth.is_some(), "{record:?}");
            put.key() == Some("accounts/111111111111.json") && put.if_none_match() == Some("*")
        })
        .then_output(|| PutObjectOutput::builder().build())
}

/// The outcome stands, and the sweep reports it again.
fn owed(record: &RequestRecord) {
    let outcome = record.outcome.as_ref().unwrap();
    assert_eq!((outcome.status, outcome.owed), (Status::Vended, true));
}

/// No stack waits for the account.
fn waiting() -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2)
        .match_requests(|list| list.prefix() == Some("answers/abcdefghijklmnopqrst/"))
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
fn a_success_is_an_account_that_is_vended() {
    let outcome = outcome(&vended());
    assert_eq!((outcome.status, &outcome.failure), (Status::Vended, &None));
    let account = outcome.account.unwrap();
    assert_eq!((account.id.as_str(), account.email.as_str()), (ACCOUNT, "pay@example.com"));
    assert_eq!(account.vending_role_arn.as_deref(), Some("arn:vending"));
    assert_eq!(outcome.steps.len(), 1);
}

#[test]
fn a_failure_is_what_was_caught_and_the_account_that_is_left() {
    let outcome = outcome(&failed());
    assert_eq!(outcome.status, Status::Failed);
    assert_eq!(outcome.account.unwrap().id, ACCOUNT);
    assert_eq!(outcome.creation_id.as_deref(), Some("car-1"));
    let failure = outcome.failure.unwrap();
    assert_eq!((failure.step.as_str(), failure.code.as_str()), ("EnableConfig", "AccessDenied"));
    assert_eq!((failure.remedy.as_str(), failure.owner), ("allow it", Owner::Platform));
}

#[tokio::test]
async fn a_vended_account_is_recorded_tagged_and_told() {
    let recorded = put(|record| {
        let outcome = record.outcome.as_ref().unwrap();
        assert_eq!((outcome.status, outcome.owed), (Status::Vended, false));
        assert_eq!(outcome.evidence.as_ref().unwrap().key, "accounts/111111111111.json");
        assert_eq!(record.submitted_by, "arn:joe");
    });
    let done = Services { s3: Some(recorded), ..Services::fine() }.run(vended()).await.unwrap();
    assert_eq!(done, Done::changed("reported as vended", ()));
}

#[tokio::test]
async fn a_failed_account_is_tagged_with_where_it_stopped() {
    let answers = Services { organizations: Some(tag("failed:EnableConfig")), ..Services::fine() };
    let done = answers.run(failed()).await.unwrap();
    assert_eq!(done.detail, "reported as failed at EnableConfig: AccessDenied");
}

#[tokio::test]
async fn without_an_account_nothing_is_tagged() {
    let answers = Services { organizations: None, ..Services::fine() };
    answers.run(Input { account_id: None, ..failed() }).await.unwrap();
}

#[tokio::test]
async fn what_fails_leaves_the_rest_done_and_is_an_error() {
    let s3 = mock!(aws_sdk_s3::Client::put_object).then_error(|| PutObjectError::generic(denied()));
    let unlisted = mock!(aws_sdk_s3::Client::list_objects_v2).then_error(|| ListObjectsV2Error::generic(denied()));
    let organizations =
        mock!(aws_sdk_organizations::Client::tag_resource).then_error(|| TagResourceError::generic(denied()));
    let sns = mock!(aws_sdk_sns::Client::publish).then_error(|| PublishError::generic(denied()));
    let eventbridge = mock!(aws_sdk_eventbridge::Client::put_events).then_error(|| PutEventsError::generic(denied()));
    let unkept = mock!(aws_sdk_s3::Client::put_object).then_error(|| PutObjectError::generic(denied()));
    let owed = || Some(put(owed));
    for (answers, part) in [
        (Services { s3: Some(s3), waiting: None, ..Services::fine() }, "write the request's record"),
        (Services { waiting: Some(unlisted), owed: owed(), ..Services::fine() }, "list the pending answers"),
        (Services { organizations: Some(organizations), s3: owed(), ..Services::fine() }, "tag the account"),
        (Services { kept: vec![unkept], s3: owed(), ..Services::fine() }, "write the account's record"),
        (Services { sns: Some(sns), owed: owed(), ..Services::fine() }, "publish the outcome"),
        (Services { eventbridge: Some(eventbridge), owed: owed(), ..Services::fine() }, "send the outcome event"),
    ] {
        let error = answers.run(vended()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn an_event_that_the_bus_did_not_take_is_an_error() {
    let untaken = mock!(aws_sdk_eventbridge::Client::put_events).then_output(|| {
        let entry = PutEventsResultEntry::builder().error_code("InternalFailure").build();
        PutEventsOutput::builder().failed_entry_count(1).entries(entry).build()
    });
    let answers = Services { eventbridge: Some(untaken), owed: Some(put(owed)), ..Services::fine() };
    let error = answers.run(vended()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceUnavailable);
    assert!(error.to_string().contains("InternalFailure"), "{error}");
}

#[tokio::test]
async fn a_subject_is_as_long_as_sns_takes() {
    for (name, length) in [("pay", 19), (&*"x".repeat(50), 66), (&*"x".repeat(200), 100)] {
        let published = mock!(aws_sdk_sns::Client::publish)
            .match_requests(move |publish| {
                publish.subject().unwrap().starts_with("Account Vended: ") && publish.subject().unwrap().len() == length
            })
            .then_output(|| PublishOutput::builder().build());
        Services { sns: Some(published), ..Services::fine() }.run(input(name)).await.unwrap();
    }
}

#[tokio::test]
async fn a_mail_says_what_happened_and_what_to_do() {
    let published = mock!(aws_sdk_sns::Client::publish)
        .match_requests(|publish| {
            let text = publish.message().unwrap();
            ["Step: EnableConfig", "Cause: AccessDenied: denied", "Next: allow it", "abcdefghijklmnopqrst-2"]
                .iter()
                .all(|part| text.contains(part))
        })
        .then_output(|| PublishOutput::builder().build());
    let answers =
        Services { sns: Some(published), organizations: Some(tag("failed:EnableConfig")), ..Services::fine() };
    answers.run(failed()).await.unwrap();
}

#[tokio::test]
async fn the_event_names_the_account_and_no_email() {
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
    let answers =
        Services { eventbridge: Some(sent), organizations: Some(tag("failed:EnableConfig")), ..Services::fine() };
    answers.run(failed()).await.unwrap();
}

fn kept_before() -> Rule {
    mock!(aws_sdk_s3::Client::put_object).then_error(|| {
        PutObjectError::generic(ErrorMetadata::builder().code("PreconditionFailed").message("no").build())
    })
}

/// The record of another attempt, born in another time.
fn kept(attempt: u32) -> Rule {
    let input = vended();
    let mut earlier = AccountRecord::of(&input.record, &outcome(&input), None).unwrap();
    earlier.request_id.attempt = attempt;
    earlier.from_birth = Some(FromBirth { organizational_unit_after_ms: Some(7), baseline_after_ms: 8 });
    let json = serde_json::to_vec(&earlier).unwrap();
    mock!(aws_sdk_s3::Client::get_object)
        .then_output(move || GetObjectOutput::builder().body(json.clone().into()).e_tag("tag").build())
}

#[tokio::test]
async fn evidence_is_replaced_and_keeps_what_happened_at_birth() {
    let replaced = mock!(aws_sdk_s3::Client::put_object)
        .match_requests(|put| {
            let record: AccountRecord = serde_json::from_slice(put.body().bytes().unwrap()).unwrap();
            record.from_birth.unwrap().baseline_after_ms == 8 && put.if_match() == Some("tag")
        })
        .then_output(|| PutObjectOutput::builder().build());
    let answers = Services { kept: vec![kept_before(), kept(1), replaced], ..Services::fine() };
    answers.run(vended()).await.unwrap();
}

#[tokio::test]
async fn evidence_of_a_later_attempt_stays() {
    let answers = Services { kept: vec![kept_before(), kept(3)], ..Services::fine() };
    answers.run(vended()).await.unwrap();
}

#[tokio::test]
async fn evidence_that_somebody_else_wrote_meanwhile_is_looked_at_again() {
    let answers =
        Services { kept: vec![kept_before(), kept(1), kept_before()], s3: Some(put(owed)), ..Services::fine() };
    let error = answers.run(vended()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceUnavailable);
}
