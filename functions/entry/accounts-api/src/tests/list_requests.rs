use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_sfn::operation::list_executions::{ListExecutionsError, ListExecutionsOutput};
use aws_sdk_sfn::types::error::InvalidToken;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use aws_smithy_mocks::mock;
use aws_smithy_types::DateTime;

use super::aws::*;
use super::*;

async fn list(query: &Value, rules: &Rules<'_>) -> (u64, Value) {
    let mut event = event("GET", "/requests", Some(JOE));
    event["queryStringParameters"] = query.clone();
    let (status, response) = call(&api(rules), event).await;
    (status, response["body"].clone())
}

/// A page of executions, for this filter and size.
fn page(
    filter: Option<&'static str>,
    size: i32,
    executions: Vec<(String, ExecutionStatus)>,
    next: Option<&'static str>,
) -> Rule {
    mock!(aws_sdk_sfn::Client::list_executions)
        .match_requests(move |list| {
            let requested = list.status_filter().map(ExecutionStatus::as_str);
            requested == filter && list.max_results() == Some(size)
        })
        .then_output(move || {
            let item = |(name, status): &(String, ExecutionStatus)| {
                let item = ExecutionListItem::builder().name(name).status(status.clone());
                let item = item.execution_arn("arn").state_machine_arn(STATE_MACHINE);
                item.start_date(DateTime::from_secs(0)).build().unwrap()
            };
            ListExecutionsOutput::builder()
                .set_executions(Some(executions.iter().map(item).collect()))
                .set_next_token(next.map(str::to_owned))
                .build()
                .unwrap()
        })
}

/// Records of these attempts, with their age in days.
fn records(days: &'static [(u32, i64)]) -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2).match_requests(|list| list.prefix() == Some("requests/")).then_output(
        || {
            let now = OffsetDateTime::now_utc();
            let objects = days.iter().map(|(attempt, age)| object(*attempt, now - Duration::days(*age)));
            ListObjectsV2Output::builder().set_contents(Some(objects.collect())).build()
        },
    )
}

fn ids(body: &Value) -> Vec<String> {
    let requests = body["requests"].as_array().unwrap();
    let id = |request: &Value| request["requestId"].as_str().unwrap().to_owned();
    requests.iter().map(id).collect()
}

#[tokio::test]
async fn executions_are_listed_before_older_records() {
    let (running, succeeded, old) = (record(3), vended(2), vended(1));
    let executions = vec![
        (id(3), ExecutionStatus::Running),
        ("started-by-hand".to_owned(), ExecutionStatus::Failed),
        (id(2), ExecutionStatus::Succeeded),
    ];
    let first = page(None, 20, executions, None);
    let s3 = [got(&running), got(&succeeded), records(&[(3, 0), (2, 1), (1, 91)]), got(&old)];
    let rules = Rules { s3: &s3.each_ref(), executions: &[&first], ..Rules::default() };
    let (status, body) = list(&Value::Null, &rules).await;
    assert_eq!(status, 200);
    assert_eq!(ids(&body), [id(3), id(2), id(1)]);
    assert_eq!(body["nextToken"], Value::Null);
    let mut newest = body["requests"][0].clone();
    newest["requestedAt"].take();
    assert_eq!(
        newest,
        json!({
            "requestId": id(3),
            "status": "IN_PROGRESS",
            "accountName": "payments-dev",
            "accountId": null,
            "organizationalUnit": "Workloads",
            "requestedBy": JANE,
            "requestedAt": null,
        })
    );
    assert_eq!(body["requests"][1]["accountId"], "222222222222");
}

#[tokio::test]
async fn next_page_continues_after_the_last() {
    let first = page(None, 1, vec![(id(9), ExecutionStatus::Running)], Some("sfn"));
    let newest = got(&record(9));
    let rules = Rules { s3: &[&newest], executions: &[&first], ..Rules::default() };
    let (_, body) = list(&json!({ "limit": "1" }), &rules).await;
    assert_eq!(ids(&body), [id(9)]);

    let second = page(None, 1, vec![(id(8), ExecutionStatus::Succeeded)], None);
    let next = got(&vended(8));
    let rules = Rules { s3: &[&next], executions: &[&second], ..Rules::default() };
    let (_, body) = list(&json!({ "limit": "1", "nextToken": body["nextToken"] }), &rules).await;
    assert_eq!(ids(&body), [id(8)]);

    let old = || records(&[(1, 300), (2, 200), (3, 200), (8, 1)]);
    let mut token = body["nextToken"].clone();
    for (attempt, more) in [(3, true), (2, true), (1, false)] {
        let (listed, read) = (old(), got(&vended(attempt)));
        let rules = Rules { s3: &[&listed, &read], ..Rules::default() };
        let (_, body) = list(&json!({ "limit": "1", "nextToken": token }), &rules).await;
        assert_eq!(ids(&body), [id(attempt)]);
        token = body["nextToken"].clone();
        assert_eq!(token.is_string(), more);
    }
}

#[tokio::test]
async fn single_status_is_filtered_by_step_functions() {
    let running = page(Some("RUNNING"), 20, vec![(id(1), ExecutionStatus::Running)], None);
    let read = got(&record(1));
    let rules = Rules { s3: &[&read], executions: &[&running], ..Rules::default() };
    let (_, body) = list(&json!({ "status": "IN_PROGRESS" }), &rules).await;
    assert_eq!(ids(&body), [id(1)]);

    let succeeded = page(Some("SUCCEEDED"), 20, vec![], None);
    let old = [records(&[(2, 100), (1, 200)]), got(&vended(2)), got(&failed(1, "AccessDenied", None))];
    let rules = Rules { s3: &old.each_ref(), executions: &[&succeeded], ..Rules::default() };
    let (_, body) = list(&json!({ "status": "VENDED" }), &rules).await;
    assert_eq!(ids(&body), [id(2)]);
}

#[tokio::test]
async fn failed_requests_are_filtered_from_pages() {
    let pages: Vec<Rule> =
        (0..10).map(|_| page(None, 2, vec![(id(1), ExecutionStatus::Running)], Some("more"))).collect();
    let pages: Vec<&Rule> = pages.iter().collect();
    let rules = Rules { executions: &pages, ..Rules::default() };
    let (_, body) = list(&json!({ "status": "FAILED", "limit": "2" }), &rules).await;
    assert!(ids(&body).is_empty());
    assert!(body["nextToken"].is_string());

    let ended = vec![
        (id(3), ExecutionStatus::Aborted),
        (id(2), ExecutionStatus::Succeeded),
        (id(1), ExecutionStatus::TimedOut),
    ];
    let (pages, read) = (page(None, 3, ended, Some("more")), [got(&record(3)), got(&record(1))]);
    let last = page(None, 1, vec![], Some("more"));
    let more: Vec<Rule> = (0..8).map(|_| page(None, 1, vec![], Some("more"))).collect();
    let mut executions = vec![&pages, &last];
    executions.extend(&more);
    let rules = Rules { s3: &read.each_ref(), executions: &executions, ..Rules::default() };
    let (_, body) = list(&json!({ "status": "FAILED", "limit": "3" }), &rules).await;
    assert_eq!(ids(&body), [id(3), id(1)]);
    assert_eq!(body["requests"][0]["status"], "FAILED");
}

#[tokio::test]
async fn expired_requests_are_found_in_records() {
    let s3 = [records(&[(2, 100), (1, 200)]), got(&vended(2)), got(&record(1))];
    let rules = Rules { s3: &s3.each_ref(), ..Rules::default() };
    let (_, body) = list(&json!({ "status": "EXPIRED" }), &rules).await;
    assert_eq!(ids(&body), [id(1)]);
    assert_eq!(body["requests"][0]["status"], "EXPIRED");
}

#[tokio::test]
async fn missing_or_broken_record_is_skipped() {
    let executions = vec![
        (id(3), ExecutionStatus::Succeeded),
        (id(2), ExecutionStatus::Succeeded),
        (id(1), ExecutionStatus::Succeeded),
    ];
    let first = page(None, 3, executions, Some("more"));
    let broken = mock!(aws_sdk_s3::Client::get_object).then_output(|| {
        let body = aws_sdk_s3::primitives::ByteStream::from_static(b"{}");
        aws_sdk_s3::operation::get_object::GetObjectOutput::builder().body(body).build()
    });
    let (gone, fine) = (no_record(), got(&vended(1)));
    let second = page(None, 2, vec![], None);
    let nothing = records(&[]);
    let rules = Rules { s3: &[&gone, &broken, &fine, &nothing], executions: &[&first, &second], ..Rules::default() };
    let (status, body) = list(&json!({ "limit": "3" }), &rules).await;
    assert_eq!((status, ids(&body)), (200, vec![id(1)]));
}

#[tokio::test]
async fn invalid_query_is_rejected_with_all_problems() {
    for limit in ["0", "101", "-1", "ten", ""] {
        let query = json!({ "limit": limit, "status": "DONE", "nextToken": "???" });
        let (status, body) = list(&query, &Rules::default()).await;
        assert_eq!(status, 400);
        let response = json!({ "body": body });
        assert_eq!(pointers(&response), ["?limit", "?status", "?nextToken"]);
    }
}

#[tokio::test]
async fn token_unknown_to_step_functions_is_rejected() {
    let error = mock!(aws_sdk_sfn::Client::list_executions)
        .then_error(|| ListExecutionsError::InvalidToken(InvalidToken::builder().meta(meta("InvalidToken")).build()));
    let rules = Rules { executions: &[&error], ..Rules::default() };
    let token = crate::page::Cursor::Executions(Some("old".to_owned())).token();
    let (status, body) = list(&json!({ "nextToken": token }), &rules).await;
    assert_eq!(status, 400);
    assert_eq!(body["problems"][0]["pointer"], "?nextToken");
}
