//! Gives an account to another requester.

use time::OffsetDateTime;
use vending_core::{AccountRecord, RequestRecord, Requester, StepError};

use crate::attempt::account_id;
use crate::{AttemptState, RequestOutcome, Requests, unfinished};

impl Requests {
    /// The last attempt for a recorded account, or `None` if the account has no attempt.
    pub async fn last_for(&self, account: &AccountRecord) -> Result<Option<RequestRecord>, StepError> {
        let last = self.records().latest(&account.request_id.account_key).await?;
        Ok(last.map(|last| RequestRecord {
            account_id: account_id(&last).or_else(|| Some(account.account_id.clone())),
            ..last
        }))
    }

    /// Submits the last request of an account again, for another requester. From then on, the account belongs to this
    /// requester, also if the request fails. Returns `None` if `last` is no longer the last attempt.
    pub async fn hand_over(
        &self,
        last: &RequestRecord,
        new_requester: &str,
        operator: &Requester,
    ) -> Result<Option<RequestOutcome>, StepError> {
        if last.requested_by == new_requester {
            return Ok(Some(RequestOutcome::AlreadyVended(Box::new(last.clone()))));
        }
        if matches!(self.attempt_state(last).await?, AttemptState::Running | AttemptState::Unstarted) {
            return Ok(Some(RequestOutcome::Conflict(unfinished(last))));
        }
        let to_new_requester = |next: RequestRecord| RequestRecord {
            requested_by: new_requester.to_owned(),
            requester_since: OffsetDateTime::now_utc(),
            ..next
        };
        self.change_as(last, last.request.clone(), operator, to_new_requester).await
    }
}
