//! Identity Center as AWS has it, where moto is laxer: assignments take time, only so many may be under way, and one
//! that is made twice is there once.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::faults::{AwsError, rewritten};
use crate::proxy::lock;
use crate::wire::{Answer, AwsRequest, answer};

/// How assignments of people to accounts go.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assignments {
    /// How long one is in progress, made or deleted.
    pub settle_millis: u64,
    /// How many may be in progress at a time; none for as many as are asked for.
    pub outstanding: Option<usize>,
}

impl Default for Assignments {
    fn default() -> Self {
        Self { settle_millis: 1000, outstanding: Some(15) }
    }
}

impl Assignments {
    pub(crate) fn as_on_aws() -> Self {
        Self { settle_millis: 10_000, ..Self::default() }
    }
}

pub(crate) struct IdentityCenter {
    clock: Clock,
    settings: std::sync::Mutex<Assignments>,
    /// By the id of its request. Held while one more is made, so that of twenty at once fifteen are.
    settling: Mutex<HashMap<String, Settling>>,
}

struct Settling {
    settles_at: Duration,
    /// As the list of creations shows it; none of a deletion.
    creation: Option<Value>,
}

impl IdentityCenter {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, settings: std::sync::Mutex::default(), settling: Mutex::default() }
    }

    pub(crate) fn settings(&self) -> Assignments {
        *lock(&self.settings)
    }

    pub(crate) fn set(&self, settings: Assignments) {
        *lock(&self.settings) = settings;
    }

    pub(crate) async fn answer(&self, request: &AwsRequest, forward: impl Future<Output = Answer>) -> Answer {
        match request.operation.as_str() {
            "CreateAccountAssignment" | "DeleteAccountAssignment" => self.begin(request, forward).await,
            "DescribeAccountAssignmentCreationStatus" | "DescribeAccountAssignmentDeletionStatus" => {
                self.as_of_now(forward.await).await
            }
            "ListAccountAssignments" | "ListAccountAssignmentsForPrincipal" => each_once(forward.await),
            _ => match self.beyond_moto(request).await {
                Some(answer) => answer,
                None => forward.await,
            },
        }
    }

    /// What moto has not got. Creations that have ended are not listed.
    pub(crate) async fn beyond_moto(&self, request: &AwsRequest) -> Option<Answer> {
        if request.operation != "ListAccountAssignmentCreationStatus" {
            return None;
        }
        let (now, status) = (self.clock.now(), request.parameters["Filter"]["Status"].as_str());
        let settling = self.settling.lock().await;
        let under_way = settling.values().filter(|request| now < request.settles_at);
        let creations = under_way.filter_map(|request| request.creation.as_ref());
        let listed: Vec<&Value> =
            creations.filter(|creation| status.is_none_or(|status| creation["Status"] == status)).collect();
        Some(answer::ok(&json!({"AccountAssignmentsCreationStatus": listed})))
    }

    async fn begin(&self, request: &AwsRequest, forward: impl Future<Output = Answer>) -> Answer {
        let mut settling = self.settling.lock().await;
        let (settings, now) = (self.settings(), self.clock.now());
        settling.retain(|_, request| now < request.settles_at);
        if settings.outstanding.is_some_and(|most| settling.len() >= most) {
            let message = "There are too many requests processing. Please try again later.";
            return answer::error(request, &AwsError::new(400, "ThrottlingException", message));
        }
        let answer = forward.await;
        if let Some(id) = request_id(&answer) {
            let settles_at = self.clock.now().saturating_add(Duration::from_millis(settings.settle_millis));
            settling.insert(id, Settling { settles_at, creation: creation(&answer) });
        }
        drop(settling);
        self.as_of_now(answer).await
    }

    /// Hides from the emulator's answer that the assignment stands already.
    async fn as_of_now(&self, answer: Answer) -> Answer {
        let settles_at = match request_id(&answer) {
            Some(id) => self.settling.lock().await.get(&id).map(|request| request.settles_at),
            None => None,
        };
        match settles_at {
            Some(settles_at) if self.clock.now() < settles_at => rewritten(answer, "Status", "IN_PROGRESS"),
            _ => answer,
        }
    }
}

fn each_once(answer: Answer) -> Answer {
    let mut body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let Some(assignments) = body["AccountAssignments"].as_array_mut() else {
        return answer;
    };
    let mut seen = Vec::new();
    assignments.retain(|assignment| {
        let is_new = !seen.contains(assignment);
        seen.push(assignment.clone());
        is_new
    });
    if seen.len() == assignments.len() { answer } else { answer::ok(&body) }
}

fn creation(answer: &Answer) -> Option<Value> {
    let body: Value = serde_json::from_slice(answer.body()).ok()?;
    let made = body.get("AccountAssignmentCreationStatus")?;
    Some(json!({"RequestId": made["RequestId"], "CreatedDate": made["CreatedDate"], "Status": "IN_PROGRESS"}))
}

/// None of an answer that is an error.
fn request_id(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(answer.body()).ok()?;
    let statuses = ["AccountAssignmentCreationStatus", "AccountAssignmentDeletionStatus"];
    statuses.into_iter().find_map(|status| body[status]["RequestId"].as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Protocol;
    use crate::wire::answer::error_code;

    fn request(operation: &str, parameters: Value) -> AwsRequest {
        let (service, operation, protocol) = ("sso".to_owned(), operation.to_owned(), Protocol::Json);
        AwsRequest { service, operation, region: None, access_key_id: None, protocol, parameters }
    }

    async fn call(center: &IdentityCenter, operation: &str, id: &str) -> Answer {
        let kind = if operation == "DeleteAccountAssignment" { "Deletion" } else { "Creation" };
        let status = json!({"RequestId": id, "CreatedDate": 7, "Status": "SUCCEEDED"});
        let made = json!({format!("AccountAssignment{kind}Status"): status});
        center.answer(&request(operation, Value::Null), async { answer::ok(&made) }).await
    }

    async fn status(center: &IdentityCenter, operation: &str, id: &str) -> Value {
        let answer = call(center, operation, id).await;
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        body["AccountAssignmentCreationStatus"]["Status"].clone()
    }

    #[tokio::test]
    async fn an_assignment_is_in_progress_until_it_settles() {
        let (clock, describe) = (Clock::manual(), "DescribeAccountAssignmentCreationStatus");
        let center = IdentityCenter::new(clock.clone());
        assert_eq!(status(&center, "CreateAccountAssignment", "1").await, "IN_PROGRESS");
        assert_eq!(status(&center, describe, "1").await, "IN_PROGRESS");
        assert_eq!(status(&center, describe, "of-before").await, "SUCCEEDED");
        clock.advance(Duration::from_secs(1));
        assert_eq!(status(&center, describe, "1").await, "SUCCEEDED");
    }

    #[tokio::test]
    async fn creations_are_listed_until_they_settle() {
        let clock = Clock::manual();
        let center = IdentityCenter::new(clock.clone());
        call(&center, "CreateAccountAssignment", "made").await;
        call(&center, "DeleteAccountAssignment", "deleted").await;
        let list = async |parameters: Value| {
            let list = request("ListAccountAssignmentCreationStatus", parameters);
            let answer = center.answer(&list, async { answer::plain(hyper::StatusCode::NOT_FOUND, "moto") }).await;
            let body: Value = serde_json::from_slice(answer.body()).unwrap();
            body["AccountAssignmentsCreationStatus"].clone()
        };
        let in_progress = json!({"Filter": {"Status": "IN_PROGRESS"}});
        let made = json!([{"RequestId": "made", "CreatedDate": 7, "Status": "IN_PROGRESS"}]);
        assert_eq!(list(in_progress.clone()).await, made);
        assert_eq!(list(json!({})).await, made);
        assert_eq!(list(json!({"Filter": {"Status": "FAILED"}})).await, json!([]));
        clock.advance(Duration::from_secs(1));
        assert_eq!(list(in_progress).await, json!([]));
    }

    #[test]
    fn an_assignment_that_was_made_twice_is_listed_once() {
        let (one, other) = (json!({"PrincipalId": "1"}), json!({"PrincipalId": "2"}));
        let listed = each_once(answer::ok(&json!({"AccountAssignments": [one, other, one], "NextToken": "t"})));
        let body: Value = serde_json::from_slice(listed.body()).unwrap();
        assert_eq!(body, json!({"AccountAssignments": [one, other], "NextToken": "t"}));
        assert_eq!(error_code(&each_once(answer::plain(hyper::StatusCode::BAD_REQUEST, "no"))), None);
    }

    #[tokio::test]
    async fn fifteen_may_be_under_way() {
        let clock = Clock::manual();
        let center = IdentityCenter::new(clock.clone());
        let create = async |id: usize| call(&center, "CreateAccountAssignment", &id.to_string()).await;
        for id in 0..15 {
            assert_eq!(create(id).await.status(), 200);
        }
        assert_eq!(error_code(&create(15).await).as_deref(), Some("ThrottlingException"));
        clock.advance(Duration::from_secs(1));
        assert_eq!(create(16).await.status(), 200);
        center.set(Assignments { settle_millis: 0, outstanding: None });
        assert_eq!(center.settings().outstanding, None);
        assert_eq!(create(17).await.status(), 200);
    }
}
