//! A client that retries as AWS recommends: calls without a response, and requests that failed.

use cloud::{ApiResponse, Caller, wait_for};
use serde_json::Value;

pub(crate) const MAX_ATTEMPTS: usize = 8;

/// A vended request.
#[derive(Debug)]
pub(crate) struct Vended {
    pub(crate) outcome: Value,
    /// The failed attempts before, each as `step: code`.
    pub(crate) failures: Vec<String>,
}

/// Sends a request until the response is final: throttles and errors of API Gateway or the function are retried.
pub(crate) async fn submit(caller: &Caller, body: &Value) -> ApiResponse {
    let what = format!("a final response to {body}");
    wait_for(&what, || async { Some(caller.post(body).await).filter(|response| response.status < 429) }).await
}

/// Waits until a request has ended.
pub(crate) async fn wait_for_end(caller: &Caller, request_id: &str) -> Value {
    wait_for(&format!("the end of {request_id}"), || async {
        let response = caller.get(&format!("/requests/{request_id}")).await;
        assert!(response.status == 200 || response.status >= 429, "{response:?}");
        (response.status == 200 && response.body["status"] != "IN_PROGRESS").then_some(response.body)
    })
    .await
}

/// Repeats a request until its account is vended.
pub(crate) async fn vend(caller: &Caller, body: &Value) -> Vended {
    let mut failures = Vec::new();
    for _ in 0..MAX_ATTEMPTS {
        let accepted = submit(caller, body).await;
        assert!(accepted.status == 202 || accepted.status == 200, "{accepted:?}");
        let outcome = wait_for_end(caller, accepted.body["requestId"].as_str().unwrap()).await;
        if outcome["status"] == "VENDED" {
            return Vended { outcome, failures };
        }
        failures.push(check_failure(&outcome));
    }
    panic!("not vended after {failures:?}")
}

/// Checks that a failure has its step, cause, remedy, and owner. Returns it as `step: code`.
pub(crate) fn check_failure(outcome: &Value) -> String {
    let failure = &outcome["failure"];
    for field in ["step", "code", "message", "remedy", "owner"] {
        assert!(failure[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {outcome:#}");
    }
    format!("{}: {}", failure["step"].as_str().unwrap(), failure["code"].as_str().unwrap())
}
