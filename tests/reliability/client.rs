//! A client that retries as AWS recommends: calls without a response, and requests that failed.

use std::time::Duration;

use cloud::{ApiResponse, Caller, pause};
use serde_json::Value;

const MAX_CALLS: usize = 40;
pub(crate) const MAX_ATTEMPTS: usize = 8;
const MAX_POLLS: u64 = 300;

/// A vended request.
#[derive(Debug)]
pub(crate) struct Vended {
    pub(crate) outcome: Value,
    /// The failed attempts before, each as `step: code`.
    pub(crate) failures: Vec<String>,
}

/// Sends a request until the response is final: throttles and errors of API Gateway or the function are retried.
pub(crate) async fn submit(caller: &Caller, body: &Value) -> ApiResponse {
    for _ in 0..MAX_CALLS {
        let response = caller.post(body).await;
        if response.status < 429 {
            return response;
        }
        pause(Duration::from_millis(200)).await;
    }
    panic!("no final response to {body}")
}

/// Waits until a request has ended. The interval grows, because many clients can wait at once, and each poll costs the
/// local cloud as much as a step.
pub(crate) async fn wait_for_end(caller: &Caller, request_id: &str) -> Value {
    for poll in 0..MAX_POLLS {
        let response = caller.get(&format!("/requests/{request_id}")).await;
        if response.status == 200 && response.body["status"] != "IN_PROGRESS" {
            return response.body;
        }
        assert!(response.status == 200 || response.status >= 429, "{response:?}");
        pause(Duration::from_millis(200 * poll.min(50))).await;
    }
    panic!("{request_id} does not end")
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
