//! Updates a resource: changes the account of its stack.

use vending_cfn::PendingResponse;
use vending_core::{AccountRecord, AccountRequest, ErrorCode, RequestRecord, Requester, Status, StepError};
use vending_records::not_owned_by_stack;
use vending_requests::{MAXIMUM_ATTEMPTS, RequestOutcome, account_id, contention_error};

use crate::event::Event;
use crate::properties::Properties;
use crate::{CfnAccountResource, EventResult};

impl CfnAccountResource {
    pub(crate) async fn update(&self, event: &Event) -> Result<EventResult, StepError> {
        let requester = event.requester()?;
        let key = event.account_key().ok_or_else(no_account)?;
        let recorded = self.requests.records().latest(&key).await?.ok_or_else(no_account)?;
        let account = self.account(&recorded).await?.ok_or_else(no_account)?;
        if !account.has_stack_resource(requester.arn(), &event.logical_resource_id) {
            return Err(not_owned_by_stack(&account));
        }
        let request = self.validate(&event.resource_properties, Some(&recorded.request), &requester).await?;
        let reverted = reverted(&Properties::parse(&event.old_resource_properties), &recorded.request, &request);
        if !reverted.is_empty() {
            let (account_id, fields) = (&account.account_id, reverted.join(", "));
            let stack_id = &event.stack_id;
            tracing::warn!(stack_id, %account_id, fields, "the stack reverts changes made outside the stack");
        }
        let to = event.response_target(None);
        let pending = PendingResponse { account_key: key, request_id: None, to };
        if !self.register(&pending).await? {
            return Ok(EventResult::Pending);
        }
        let outcome = Box::pin(self.change(recorded, request, &requester)).await?;
        self.respond_or_wait(pending, outcome).await
    }

    /// Changes the account. A vended account with the same settings is not changed: the update may have changed only
    /// properties that are not settings of the account.
    async fn change(
        &self,
        recorded: RequestRecord,
        request: AccountRequest,
        requester: &Requester,
    ) -> Result<RequestOutcome, StepError> {
        let mut previous = recorded;
        for _ in 0..MAXIMUM_ATTEMPTS {
            if previous.request == request && is_vended(&previous) {
                return Ok(RequestOutcome::AlreadyVended(Box::new(previous)));
            }
            if let Some(outcome) = self.requests.change(&previous, request.clone(), requester).await? {
                return Ok(outcome);
            }
            let key = &previous.request_id.account_key;
            previous = self.requests.records().latest(key).await?.ok_or_else(no_account)?;
        }
        Err(contention_error())
    }

    /// The record of the account of a request.
    pub(crate) async fn account(&self, record: &RequestRecord) -> Result<Option<AccountRecord>, StepError> {
        match account_id(record) {
            Some(id) => self.requests.accounts().get(&id).await,
            None => Ok(None),
        }
    }
}

/// The fields that were changed outside the stack since its last update, and that this update sets to other values. The
/// properties of the stack take precedence.
fn reverted(previous: &Properties, recorded: &AccountRequest, wanted: &AccountRequest) -> Vec<String> {
    let fields = |request: &AccountRequest| serde_json::to_value(request).unwrap_or_default();
    let (recorded, wanted) = (fields(recorded), fields(wanted));
    let names = recorded.as_object().into_iter().chain(wanted.as_object()).flat_map(|fields| fields.keys());
    let mut names: Vec<&String> = names.collect();
    names.sort_unstable();
    names.dedup();
    let is_reverted = |name: &&String| {
        let current = recorded.get(name.as_str());
        name.as_str() != "accountEmail"
            && current != previous.request.get(name.as_str())
            && current != wanted.get(name.as_str())
    };
    names.into_iter().filter(is_reverted).cloned().collect()
}

fn is_vended(record: &RequestRecord) -> bool {
    record.outcome.as_ref().is_some_and(|outcome| outcome.status == Status::Vended)
}

fn no_account() -> StepError {
    StepError::new(ErrorCode::InvalidRequest, "this resource has no account")
        .with_remedy("delete this stack and create it again")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn externally_changed_fields_are_reverted() {
        let request = |reason: Option<&str>, budget: Option<u64>| {
            let body = json!({
                "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Sandbox",
                "reason": reason, "monthlyBudgetUsd": budget,
            });
            serde_json::from_value::<AccountRequest>(body).unwrap()
        };
        let previous = json!({ "AccountName": "a", "OrganizationalUnit": "Sandbox", "Reason": "CHG-1" });
        let previous = Properties::parse(previous.as_object().unwrap());
        let reverted = |recorded: &AccountRequest, wanted: &AccountRequest| reverted(&previous, recorded, wanted);
        assert_eq!(reverted(&request(Some("CHG-1"), None), &request(Some("CHG-2"), None)), [""; 0]);
        assert_eq!(
            reverted(&request(Some("theirs"), Some(7)), &request(Some("CHG-2"), None)),
            ["monthlyBudgetUsd", "reason"]
        );
        assert_eq!(reverted(&request(Some("theirs"), None), &request(Some("theirs"), None)), [""; 0]);
    }
}
