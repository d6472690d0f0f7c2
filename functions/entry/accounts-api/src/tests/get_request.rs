use aws_sdk_sfn::types::builders::HistoryEventBuilder;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent, HistoryEventType, StateEnteredEventDetails};
use aws_smithy_types::DateTime;
use vending_core::{StepReport, StepStatus};

use super::aws::*;
use super::*;

async fn get(record: &RequestRecord, executions: &[&Rule]) -> Value {
    let got = got(record);
    let rules = Rules { s3: &[&got], executions, ..Rules::default() };
    let (status, response) = call(&api(&rules), event("GET", &format!("/requests/{}", id(1)), Some(JOE))).await;
    assert_eq!(status, 200, "{response}");
    response["body"].clone()
}

fn entered(step: &str) -> HistoryEvent {
    let details = StateEnteredEventDetails::builder().name(step).build();
    HistoryEventBuilder::default()
        .id(1)
        .timestamp(DateTime::from_secs(0))
        .r#type(HistoryEventType::TaskStateEntered)
        .state_entered_event_details(details.unwrap())
        .build()
        .unwrap()
}

#[tokio::test]
async fn ended_request_is_read_from_its_record() {
    let mut record = vended(1);
    let report = StepReport {
        step: "MoveAccount".to_owned(),
        status: StepStatus::Succeeded,
        changed: true,
        detail: "moved".to_owned(),
        started_at: OffsetDateTime::UNIX_EPOCH,
        duration_ms: 7,
        read_back_at: None,
    };
    record.outcome.as_mut().unwrap().steps.push(report);
    record.requested_at = OffsetDateTime::UNIX_EPOCH;
    assert_eq!(
        get(&record, &[]).await,
        json!({
            "requestId": id(1),
            "status": "VENDED",
            "requestedBy": JANE,
            "submittedBy": JANE,
            "requestedAt": "1970-01-01T00:00:00Z",
            "account": {
                "id": "222222222222",
                "name": "payments-dev",
                "email": "aws+payments-dev@example.com",
                "organizationalUnit": "Workloads",
                "vendingRoleArn": null,
                "engineerRoleArn": null,
            },
            "steps": [{
                "step": "MoveAccount",
                "status": "SUCCEEDED",
                "startedAt": "1970-01-01T00:00:00Z",
                "durationMs": 7,
                "changed": true,
                "detail": "moved",
                "readBackAt": null,
            }],
            "failure": null,
        })
    );
}

#[tokio::test]
async fn failure_has_a_remedy_and_an_owner() {
    let shown = get(&failed(1, "AccessDenied", None), &[]).await;
    assert_eq!(shown["status"], "FAILED");
    assert_eq!(shown["account"], Value::Null);
    assert_eq!(
        shown["failure"],
        json!({ "step": "MoveAccount", "code": "AccessDenied", "message": "no", "remedy": "do", "owner": "platform" })
    );
    assert_eq!(shown["steps"][0]["status"], "FAILED");
}

#[tokio::test]
async fn running_request_has_the_steps_of_all_pages() {
    let running = execution(1, ExecutionStatus::Running);
    let first = history(None, Some("more"), vec![entered("ValidateRequest")]);
    let second = history(Some("more"), None, vec![entered("CreateAccount")]);
    let shown = get(&record(1), &[&running, &first, &second]).await;
    assert_eq!(shown["status"], "IN_PROGRESS");
    assert_eq!(shown["steps"][0]["status"], "IN_PROGRESS");
    assert_eq!(shown["steps"][1]["step"], "CreateAccount");
    assert_eq!(shown["failure"], Value::Null);
}

#[tokio::test]
async fn unrecorded_end_is_read_from_the_execution() {
    for (status, message) in [
        (ExecutionStatus::TimedOut, "the execution ended as TIMED_OUT"),
        (ExecutionStatus::Aborted, "the execution ended as ABORTED"),
        (ExecutionStatus::Failed, "the execution ended as FAILED"),
    ] {
        let ended = execution(1, status.clone());
        let stopped = history(None, None, vec![entered("CreateAccount")]);
        let shown = get(&record(1), &[&ended, &stopped]).await;
        assert_eq!(shown["status"], "FAILED");
        assert_eq!(shown["failure"]["step"], "CreateAccount");
        assert_eq!(shown["failure"]["code"], "ExecutionEnded");
        assert_eq!(shown["failure"]["message"], format!("{message}: States.Timeout"));
        let (ended, nothing) = (execution(1, status), history(None, None, vec![]));
        let shown = get(&record(1), &[&ended, &nothing]).await;
        assert_eq!(shown["failure"]["step"], "VendAccount");
    }
    let (ended, nothing) = (execution(1, ExecutionStatus::Succeeded), history(None, None, vec![]));
    let shown = get(&record(1), &[&ended, &nothing]).await;
    assert_eq!((&shown["status"], &shown["failure"]), (&"VENDED".into(), &Value::Null));
}

#[tokio::test]
async fn claim_without_an_execution_expires() {
    let absent = no_execution();
    let shown = get(&record(1), &[&absent]).await;
    assert_eq!((&shown["status"], &shown["steps"]), (&"IN_PROGRESS".into(), &json!([])));
    let absent = no_execution();
    let old = RequestRecord { requested_at: OffsetDateTime::now_utc() - Duration::hours(2), ..record(1) };
    assert_eq!(get(&old, &[&absent]).await["status"], "EXPIRED");
}

#[tokio::test]
async fn unknown_request_is_not_found() {
    for malformed in ["x", "..", key().as_str(), "payments-dev", "222222222222"] {
        let event = event("GET", &format!("/requests/{malformed}"), Some(JOE));
        let (status, _) = call(&api(&Rules::default()), event).await;
        assert_eq!(status, 404, "{malformed}");
    }
    let none = no_record();
    let rules = Rules { s3: &[&none], ..Rules::default() };
    let (status, _) = call(&api(&rules), event("GET", &format!("/requests/{}", id(1)), Some(JOE))).await;
    assert_eq!(status, 404);
}
