//! What is listed: creations as they are now, and accounts that can be seen.

use serde_json::{Value, json};

use super::{Organization, refusal};
use crate::proxy::lock;
use crate::wire::answer::error_code;
use crate::wire::{Answer, AwsRequest, answer};

impl Organization {
    pub(super) async fn describe_creation(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = Answer>,
    ) -> Answer {
        let id = request.text("CreateAccountRequestId").unwrap_or_default();
        let known = lock(&self.creations).status(id, self.clock.now());
        if let Some(status) = known {
            return answer::ok(&json!({"CreateAccountStatus": status}));
        }
        let answer = forward.await;
        if error_code(&answer).as_deref() == Some("AccountNotFoundException") {
            let message = "You specified a create account request that doesn't exist.";
            return refusal(request, "CreateAccountStatusNotFoundException", message);
        }
        answer
    }

    pub(super) async fn list_creations(&self, request: &AwsRequest) -> Answer {
        // In one page: moto's own page tokens go round in circles.
        let all = json!({"MaxResults": 1_000_000});
        let mut listed = match self.upstreams.organizations("ListCreateAccountStatus", &all).await {
            Ok(listed) => listed,
            Err(answer) => return answer,
        };
        let statuses = match listed["CreateAccountStatuses"].take() {
            Value::Array(statuses) => statuses,
            _ => Vec::new(),
        };
        let statuses = lock(&self.creations).overlay(statuses, self.clock.now());
        answer::ok(&page(in_wanted_states(statuses, request), request))
    }

    /// Leaves accounts out that are too new to be seen, so that a page may be short or empty, as on AWS.
    pub(super) fn list_accounts(&self, answer: Answer) -> Answer {
        let newcomers = lock(&self.newcomers);
        let now = self.clock.now();
        let Ok(mut body) = serde_json::from_slice::<Value>(answer.body()) else {
            return answer;
        };
        let Some(accounts) = body["Accounts"].as_array_mut() else {
            return answer;
        };
        let all = accounts.len();
        accounts.retain(|account| account["Id"].as_str().is_none_or(|id| !newcomers.is_hidden(id, now)));
        if accounts.len() == all { answer } else { answer::ok(&body) }
    }
}

fn in_wanted_states(mut statuses: Vec<Value>, request: &AwsRequest) -> Vec<Value> {
    if let Some(states) = request.parameters["States"].as_array().filter(|states| !states.is_empty()) {
        statuses.retain(|status| states.contains(&status["State"]));
    }
    statuses
}

/// Pages of at most 20, as on AWS; the token is the number of statuses already given.
fn page(statuses: Vec<Value>, request: &AwsRequest) -> Value {
    let start = request.text("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0_usize);
    let size = request.parameters["MaxResults"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(20);
    let end = start.saturating_add(size.clamp(1, 20));
    let next = (end < statuses.len()).then(|| end.to_string());
    let page: Vec<Value> = statuses.into_iter().skip(start).take(end - start).collect();
    json!({"CreateAccountStatuses": page, "NextToken": next})
}
