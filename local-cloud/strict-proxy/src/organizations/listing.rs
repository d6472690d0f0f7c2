//! Lists of creations and accounts, as currently visible.

use serde_json::{Value, json};

use super::Organization;
use super::errors::rejection;
use crate::sync::lock;
use crate::wire::response::error_code;
use crate::wire::{AwsRequest, AwsResponse, response};

impl Organization {
    pub(super) async fn describe_creation(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
    ) -> AwsResponse {
        let id = request.string("CreateAccountRequestId").unwrap_or_default();
        let known = lock(&self.creations).status(id, self.clock.now());
        if let Some(status) = known {
            return response::ok(&json!({"CreateAccountStatus": status}));
        }
        let response = forward.await;
        if error_code(&response).as_deref() == Some("AccountNotFoundException") {
            let message = "You specified a create account request that doesn't exist.";
            return rejection(request, "CreateAccountStatusNotFoundException", message);
        }
        response
    }

    pub(super) async fn list_creations(&self, request: &AwsRequest) -> AwsResponse {
        // Requests one page, because the page tokens of moto repeat.
        let all = json!({"MaxResults": 1_000_000});
        let mut listed = match self.upstreams.organizations("ListCreateAccountStatus", &all).await {
            Ok(listed) => listed,
            Err(response) => return response,
        };
        let statuses = match listed["CreateAccountStatuses"].take() {
            Value::Array(statuses) => statuses,
            _ => Vec::new(),
        };
        let statuses = lock(&self.creations).overlay(statuses, self.clock.now());
        response::ok(&page(request, "CreateAccountStatuses", in_wanted_states(statuses, request)))
    }

    /// Removes accounts that are not visible yet or have left, and completes the others. As in AWS, a page can be short
    /// or empty.
    pub(super) fn with_visible_accounts(&self, response: AwsResponse) -> AwsResponse {
        let Ok(body) = serde_json::from_slice::<Value>(response.body()) else {
            return response;
        };
        let mut seen = body.clone();
        for field in seen.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
            match field {
                Value::Array(items) => items.retain_mut(|item| self.show(item)),
                // The account of DescribeAccount.
                account => *account = self.accounts.described(account.take()),
            }
        }
        if seen == body { response } else { response::ok(&seen) }
    }

    /// Completes an item of a list and returns whether it is visible. The item is an account or has another ID.
    fn show(&self, item: &mut Value) -> bool {
        let id = item["Id"].as_str().or(item["TargetId"].as_str()).unwrap_or_default();
        if self.accounts.is_unknown(id) || lock(&self.new_accounts).is_hidden(id, self.clock.now()) {
            return false;
        }
        *item = self.accounts.described(item.take());
        true
    }
}

fn in_wanted_states(mut statuses: Vec<Value>, request: &AwsRequest) -> Vec<Value> {
    if let Some(states) = request.parameters["States"].as_array().filter(|states| !states.is_empty()) {
        statuses.retain(|status| states.contains(&status["State"]));
    }
    statuses
}

/// Returns a page of at most 20, as AWS does. The token is the number of items returned so far.
pub(super) fn page(request: &AwsRequest, field: &str, items: Vec<Value>) -> Value {
    let start = request.string("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0_usize);
    let size = request.parameters["MaxResults"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(20);
    let end = start.saturating_add(size.clamp(1, 20));
    let next = (end < items.len()).then(|| end.to_string());
    let page: Vec<Value> = items.into_iter().skip(start).take(end - start).collect();
    json!({field: page, "NextToken": next})
}
