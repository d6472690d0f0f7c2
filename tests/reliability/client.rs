//! A client as AWS recommends them: it repeats what was not answered, and what has failed.

use std::time::Duration;

use local_cloud::{Answer, Caller, pause};
use serde_json::Value;

const ASKS: usize = 40;
const ATTEMPTS: usize = 8;
const LOOKS: u64 = 300;

/// How a request came to its account.
#[derive(Debug)]
pub(crate) struct Vended {
    pub(crate) outcome: Value,
    /// The failures on the way, each as `step: code`.
    pub(crate) failures: Vec<String>,
}

/// Asks until there is an answer that is final. What API Gateway or the function could not answer is asked again.
pub(crate) async fn ask(caller: &Caller, body: &Value) -> Answer {
    for _ in 0..ASKS {
        let answer = caller.post(body).await;
        if answer.status < 429 {
            return answer;
        }
        pause(Duration::from_millis(200)).await;
    }
    panic!("no answer to {body}")
}

/// Waits until a request has ended. Looks less and less often: many clients may wait at once.
pub(crate) async fn end(caller: &Caller, request_id: &str) -> Value {
    for look in 0..LOOKS {
        let answer = caller.get(&format!("/accounts/{request_id}")).await;
        if answer.status == 200 && answer.body["status"] != "IN_PROGRESS" {
            return answer.body;
        }
        assert!(answer.status == 200 || answer.status >= 429, "{answer:?}");
        pause(Duration::from_millis(200 * look.min(15))).await;
    }
    panic!("{request_id} does not end")
}

/// Repeats a request until its account is vended.
pub(crate) async fn vend(caller: &Caller, body: &Value) -> Vended {
    let mut failures = Vec::new();
    for _ in 0..ATTEMPTS {
        let accepted = ask(caller, body).await;
        assert!(accepted.status == 202 || accepted.status == 200, "{accepted:?}");
        let outcome = end(caller, accepted.body["requestId"].as_str().unwrap()).await;
        if outcome["status"] == "VENDED" {
            return Vended { outcome, failures };
        }
        failures.push(clean_failure(&outcome));
    }
    panic!("not vended after {failures:?}")
}

/// A failure says where, why, what to do and who can do it.
pub(crate) fn clean_failure(outcome: &Value) -> String {
    let failure = &outcome["failure"];
    for field in ["step", "code", "message", "remedy", "owner"] {
        assert!(failure[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {outcome:#}");
    }
    format!("{}: {}", failure["step"].as_str().unwrap(), failure["code"].as_str().unwrap())
}
