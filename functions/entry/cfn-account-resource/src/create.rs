//! Creates a resource: requests an account.

use vending_cfn::{PendingResponse, Response};
use vending_core::{AccountKey, AccountRequest, ErrorCode, Requester, StepError};
use vending_requests::RequestOutcome;

use crate::event::Event;
use crate::{CfnAccountResource, EventResult};

impl CfnAccountResource {
    pub(crate) async fn create(&self, event: &Event) -> Result<EventResult, StepError> {
        let requester = event.requester()?;
        let request = self.validate(&event.resource_properties, None, &requester).await?;
        let key = AccountKey::from_email(&request.account_email);
        let to = event.response_target(Some(&key));
        let pending = PendingResponse { account_key: key, request_id: None, to };
        if !self.register(&pending).await? {
            return Ok(EventResult::Pending);
        }
        let outcome = Box::pin(self.request_account(request, &requester)).await?;
        self.respond_or_wait(pending, outcome).await
    }

    /// Submits the request. An account that this stack has released is vended again: it may have been moved since.
    async fn request_account(
        &self,
        request: AccountRequest,
        requester: &Requester,
    ) -> Result<RequestOutcome, StepError> {
        let record = match self.requests.submit(request.clone(), requester).await? {
            RequestOutcome::AlreadyVended(record) => record,
            other => return Ok(other),
        };
        let account = self.account(&record).await?;
        if account.is_none_or(|account| account.released_at.is_none()) {
            return Ok(RequestOutcome::AlreadyVended(record));
        }
        match self.requests.change(&record, request.clone(), requester).await? {
            Some(outcome) => Ok(outcome),
            // A concurrent request was first: join it, or report the conflict.
            None => self.requests.submit(request, requester).await,
        }
    }

    /// Stores the pending response and starts its timer. Returns false if another delivery of the event handles it.
    ///
    /// Lambda can deliver an event twice, also concurrently. If the pending response does not exist but its timer does,
    /// another delivery has responded already or is about to send the request. Then this delivery removes the pending
    /// response, but only if it is unchanged: if the other delivery has added the ID of its request, the response is
    /// needed when that request ends.
    pub(crate) async fn register(&self, pending: &PendingResponse) -> Result<bool, StepError> {
        let created = self.responder.create(pending).await?;
        let started = self.timer.start(pending).await?;
        match created {
            Some(version) if !started => {
                self.responder.remove_if_unchanged(pending, &version).await?;
                Ok(false)
            }
            _ => Ok(true),
        }
    }

    /// Responds if the outcome is known. Otherwise, the stack gets its response when the request ends.
    pub(crate) async fn respond_or_wait(
        &self,
        mut pending: PendingResponse,
        outcome: RequestOutcome,
    ) -> Result<EventResult, StepError> {
        let response = match outcome {
            RequestOutcome::Conflict(why) => Some(Response::from_error(&conflict(why))),
            RequestOutcome::AlreadyVended(record) => self.responder.response_for(&pending, &record).await?,
            RequestOutcome::Accepted(id) => {
                pending.request_id = Some(id.clone());
                self.responder.update(&pending).await?;
                // The request may have ended before the pending response had its ID.
                match self.requests.records().get(&id).await? {
                    Some(record) => self.responder.response_for(&pending, &record).await?,
                    None => None,
                }
            }
        };
        Ok(response.map_or(EventResult::Pending, EventResult::Respond))
    }
}

fn conflict(why: String) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, why)
        .with_remedy("resolve the conflict or change the properties, then create or update the stack again")
}
