//! Account assignments take time, the number in progress is limited, and a repeated assignment is listed once.

use std::time::Duration;

use serde_json::{Value, json};

use super::IdentityCenter;
use super::permission_sets::Assignment;
use crate::faults::rewrite_field;
use crate::sync::lock;
use crate::wire::{AwsRequest, AwsResponse, response};

/// An assignment that is created or deleted.
pub(super) struct InProgress {
    completes_at: Duration,
    /// The entry in the list of creations; `None` for a deletion.
    creation: Option<Value>,
}

impl IdentityCenter {
    pub(super) async fn handle_assignment(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
    ) -> AwsResponse {
        match request.operation.as_str() {
            "CreateAccountAssignment" | "DeleteAccountAssignment" => self.start(request, forward).await,
            "DescribeAccountAssignmentCreationStatus" | "DescribeAccountAssignmentDeletionStatus" => {
                self.with_current_status(forward.await).await
            }
            "ListAccountAssignments" | "ListAccountAssignmentsForPrincipal" => without_duplicates(forward.await),
            _ => forward.await,
        }
    }

    /// Completed creations are not listed.
    pub(super) async fn list_creations(&self, request: &AwsRequest) -> Value {
        let (now, status) = (self.clock.now(), request.parameters["Filter"]["Status"].as_str());
        let in_progress = self.in_progress.lock().await;
        let unfinished = in_progress.values().filter(|request| now < request.completes_at);
        let creations = unfinished.filter_map(|request| request.creation.as_ref());
        let listed: Vec<&Value> =
            creations.filter(|creation| status.is_none_or(|status| creation["Status"] == status)).collect();
        json!({"AccountAssignmentsCreationStatus": listed})
    }

    async fn start(&self, request: &AwsRequest, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let mut in_progress = self.in_progress.lock().await;
        let (settings, now) = (self.settings(), self.clock.now());
        in_progress.retain(|_, request| now < request.completes_at);
        if settings.max_in_progress.is_some_and(|limit| in_progress.len() >= limit) {
            return response::error(request, &super::too_many_requests());
        }
        let response = forward.await;
        if let Some(id) = request_id(&response) {
            let completes_at = self.completes_at();
            in_progress.insert(id, InProgress { completes_at, creation: creation(&response) });
            self.record_assignment(request, &response, completes_at);
        }
        drop(in_progress);
        self.with_current_status(response).await
    }

    /// An assignment provisions its permission set in the account. After the last assignment, the account no longer has
    /// it.
    pub(super) fn record_assignment(&self, request: &AwsRequest, response: &AwsResponse, completes_at: Duration) {
        let Some(assignment) = Assignment::read(request).filter(|_| request_id(response).is_some()) else {
            return;
        };
        let mut sets = lock(&self.sets);
        if request.operation == "CreateAccountAssignment" {
            sets.assign(&assignment, completes_at);
        } else {
            sets.unassign(&assignment, completes_at);
        }
    }

    /// Shows an assignment as in progress until it completes.
    async fn with_current_status(&self, response: AwsResponse) -> AwsResponse {
        let completes_at = match request_id(&response) {
            Some(id) => self.in_progress.lock().await.get(&id).map(|request| request.completes_at),
            None => None,
        };
        match completes_at {
            Some(completes_at) if self.clock.now() < completes_at => rewrite_field(response, "Status", "IN_PROGRESS"),
            _ => response,
        }
    }
}

fn without_duplicates(response: AwsResponse) -> AwsResponse {
    let mut body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let Some(assignments) = body["AccountAssignments"].as_array_mut() else {
        return response;
    };
    let mut seen = Vec::new();
    assignments.retain(|assignment| {
        let is_new = !seen.contains(assignment);
        seen.push(assignment.clone());
        is_new
    });
    if seen.len() == assignments.len() { response } else { response::ok(&body) }
}

fn creation(response: &AwsResponse) -> Option<Value> {
    let body: Value = serde_json::from_slice(response.body()).ok()?;
    let created = body.get("AccountAssignmentCreationStatus")?;
    Some(json!({"RequestId": created["RequestId"], "CreatedDate": created["CreatedDate"], "Status": "IN_PROGRESS"}))
}

/// Returns `None` for an error response.
fn request_id(response: &AwsResponse) -> Option<String> {
    let body: Value = serde_json::from_slice(response.body()).ok()?;
    let statuses = ["AccountAssignmentCreationStatus", "AccountAssignmentDeletionStatus"];
    statuses.into_iter().find_map(|status| body[status]["RequestId"].as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hyper::Uri;
    use local_cloud::strict::Assignments;

    use super::*;
    use crate::clock::Clock;
    use crate::emulators::Upstreams;
    use crate::organizations::Accounts;
    use crate::wire::Protocol;
    use crate::wire::response::error_code;

    /// No emulator listens there.
    fn center(clock: &Clock) -> IdentityCenter {
        let nowhere = Uri::from_static("http://127.0.0.1:9");
        let upstreams = Arc::new(Upstreams::new(nowhere.clone(), nowhere));
        IdentityCenter::new(clock.clone(), upstreams, "123456789012", Arc::new(Accounts::new(clock.clone())))
    }

    fn request(operation: &str, parameters: Value) -> AwsRequest {
        let (service, operation, protocol) = ("sso".to_owned(), operation.to_owned(), Protocol::Json);
        AwsRequest { service, operation, region: None, access_key_id: None, protocol, parameters }
    }

    async fn call(center: &IdentityCenter, operation: &str, id: &str) -> AwsResponse {
        let kind = if operation == "DeleteAccountAssignment" { "Deletion" } else { "Creation" };
        let status = json!({"RequestId": id, "CreatedDate": 7, "Status": "SUCCEEDED"});
        let created = json!({format!("AccountAssignment{kind}Status"): status});
        center.handle(&request(operation, Value::Null), async { response::ok(&created) }).await
    }

    async fn status(center: &IdentityCenter, operation: &str, id: &str) -> Value {
        let response = call(center, operation, id).await;
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        body["AccountAssignmentCreationStatus"]["Status"].clone()
    }

    #[tokio::test]
    async fn assignment_is_in_progress_until_it_completes() {
        let (clock, describe) = (Clock::manual(), "DescribeAccountAssignmentCreationStatus");
        let center = center(&clock);
        assert_eq!(status(&center, "CreateAccountAssignment", "1").await, "IN_PROGRESS");
        assert_eq!(status(&center, describe, "1").await, "IN_PROGRESS");
        assert_eq!(status(&center, describe, "of-before").await, "SUCCEEDED");
        clock.advance(Duration::from_secs(1));
        assert_eq!(status(&center, describe, "1").await, "SUCCEEDED");
    }

    #[tokio::test]
    async fn creations_are_listed_until_they_complete() {
        let clock = Clock::manual();
        let center = center(&clock);
        call(&center, "CreateAccountAssignment", "created").await;
        call(&center, "DeleteAccountAssignment", "deleted").await;
        let list = async |parameters: Value| {
            let list = request("ListAccountAssignmentCreationStatus", parameters);
            let response = center.handle(&list, async { response::plain(hyper::StatusCode::NOT_FOUND, "moto") }).await;
            let body: Value = serde_json::from_slice(response.body()).unwrap();
            body["AccountAssignmentsCreationStatus"].clone()
        };
        let in_progress = json!({"Filter": {"Status": "IN_PROGRESS"}});
        let created = json!([{"RequestId": "created", "CreatedDate": 7, "Status": "IN_PROGRESS"}]);
        assert_eq!(list(in_progress.clone()).await, created);
        assert_eq!(list(json!({})).await, created);
        assert_eq!(list(json!({"Filter": {"Status": "FAILED"}})).await, json!([]));
        clock.advance(Duration::from_secs(1));
        assert_eq!(list(in_progress).await, json!([]));
    }

    #[test]
    fn repeated_assignment_is_listed_once() {
        let (one, other) = (json!({"PrincipalId": "1"}), json!({"PrincipalId": "2"}));
        let listed =
            without_duplicates(response::ok(&json!({"AccountAssignments": [one, other, one], "NextToken": "t"})));
        let body: Value = serde_json::from_slice(listed.body()).unwrap();
        assert_eq!(body, json!({"AccountAssignments": [one, other], "NextToken": "t"}));
        assert_eq!(error_code(&without_duplicates(response::plain(hyper::StatusCode::BAD_REQUEST, "no"))), None);
    }

    #[tokio::test]
    async fn fifteen_assignments_can_be_in_progress() {
        let clock = Clock::manual();
        let center = center(&clock);
        let create = async |id: usize| call(&center, "CreateAccountAssignment", &id.to_string()).await;
        for id in 0..15 {
            assert_eq!(create(id).await.status(), 200);
        }
        assert_eq!(error_code(&create(15).await).as_deref(), Some("ThrottlingException"));
        clock.advance(Duration::from_secs(1));
        assert_eq!(create(16).await.status(), 200);
        center.set(Assignments { in_progress_millis: 0, max_in_progress: None });
        assert_eq!(center.settings().max_in_progress, None);
        assert_eq!(create(17).await.status(), 200);
    }
}
