//! Submits requests for accounts: the rules that all entry points share.
//!
//! A request is claimed in the records bucket, and its execution is started with its request ID as the name. If an
//! account was requested before, [`decide`] says what to do.

mod adoption;
mod attempt;
mod hand_over;
mod preview;
mod resubmission;

use vending_core::{
    AccountKey, AccountRequest, EmailAddress, ErrorCode, RequestId, RequestPolicy, RequestRecord, Requester, StepError,
    stack_id,
};
use vending_executions::Executions;
use vending_organization::Organization;
use vending_records::{AccountRecords, Claim, Records};

pub use adoption::{Adoption, AdoptionCandidate};
pub use attempt::{AttemptState, account_id, may_have_account};
use attempt::{NextOwner, first, following};
pub use preview::{Action, Preview};
use resubmission::{Previous, Resubmission, decide};

/// How often a claim is attempted if other requests are faster.
pub const MAXIMUM_ATTEMPTS: usize = 5;

#[derive(Debug)]
pub struct Requests {
    records: Records,
    accounts: AccountRecords,
    executions: Executions,
    organization: Organization,
}

/// The outcome of submitting a request.
#[derive(Debug)]
pub enum RequestOutcome {
    /// The request runs, or was already running.
    Accepted(RequestId),
    /// The account was already vended. This is the record.
    AlreadyVended(Box<RequestRecord>),
    /// The request is rejected. The string says why and what to do.
    Conflict(String),
}

impl Requests {
    pub fn new(records: Records, accounts: AccountRecords, executions: Executions, organization: Organization) -> Self {
        Self { records, accounts, executions, organization }
    }

    pub fn accounts(&self) -> &AccountRecords {
        &self.accounts
    }

    pub fn records(&self) -> &Records {
        &self.records
    }

    pub fn executions(&self) -> &Executions {
        &self.executions
    }

    /// Submits a request. It first claims the first attempt, because most requests are for a new account.
    pub async fn submit(&self, request: AccountRequest, requester: &Requester) -> Result<RequestOutcome, StepError> {
        let id = RequestId::new(AccountKey::from_email(&request.account_email), 1);
        self.claim_or_resubmit(first(id, request, requester), requester).await
    }

    async fn claim_or_resubmit(
        &self,
        mut next: RequestRecord,
        requester: &Requester,
    ) -> Result<RequestOutcome, StepError> {
        let account = next.request_id.account_key.clone();
        for _ in 0..MAXIMUM_ATTEMPTS {
            if self.records.claim(&next).await? == Claim::Created {
                return self.start(&next).await;
            }
            let Some(previous) = self.records.latest(&account).await? else {
                continue; // Another call is writing it.
            };
            match decide(&self.previous(&previous, requester).await?, &next.request, requester) {
                Resubmission::Join => return Ok(RequestOutcome::Accepted(previous.request_id)),
                Resubmission::Start => return self.start(&previous).await,
                Resubmission::Show => return Ok(RequestOutcome::AlreadyVended(Box::new(previous))),
                Resubmission::Wait(why) | Resubmission::Reject(why) => return Ok(RequestOutcome::Conflict(why)),
                Resubmission::Change => return Ok(RequestOutcome::Conflict(different_settings(&previous))),
                Resubmission::TryAgain(next_owner) => {
                    let adoption = next.adopt.then(|| (next.account_id.clone(), next.adopted_from.clone()));
                    next = following(&previous, next.request, next_owner, requester);
                    if let Some((account_id, adopted_from)) = adoption {
                        next = RequestRecord { account_id, adopt: true, adopted_from, ..next };
                    }
                }
            }
        }
        Err(contention_error())
    }

    async fn previous<'a>(&self, record: &'a RequestRecord, requester: &Requester) -> Result<Previous<'a>, StepError> {
        let state = self.attempt_state(record).await?;
        let unusable_reason = self.unusable_reason(record, state).await?;
        let is_abandoned = self.is_abandoned(record, requester).await?;
        Ok(Previous { record, state, unusable_reason, is_abandoned })
    }

    /// Whether the requester is a stack that was deleted before it received the account, and the submitter is another
    /// stack.
    async fn is_abandoned(&self, record: &RequestRecord, requester: &Requester) -> Result<bool, StepError> {
        let are_stacks = stack_id(&record.requested_by).is_some() && stack_id(requester.arn()).is_some();
        if !are_stacks {
            return Ok(false);
        }
        let key = &record.request_id.account_key;
        if self.records.abandoned_by(key).await?.as_ref() != Some(&record.requested_by) {
            return Ok(false);
        }
        if requester.is_same_principal(&record.requested_by) {
            self.records.clear_abandoned(key).await?;
            return Ok(false);
        }
        let Some(id) = account_id(record) else { return Ok(true) };
        Ok(self.accounts.get(&id).await?.is_none_or(|account| !account.had_stack_resource))
    }

    /// Why the account of an ended request cannot be used, if it cannot.
    async fn unusable_reason(&self, record: &RequestRecord, state: AttemptState) -> Result<Option<String>, StepError> {
        match (state, account_id(record)) {
            (AttemptState::Vended | AttemptState::Failed, Some(id)) => self.organization.unusable_reason(&id).await,
            _ => Ok(None),
        }
    }

    /// Submits a change of an account, or a repetition of its baseline. The entry point must check that the requester
    /// may do so. Returns `None` if `previous` is no longer the last attempt; the entry point then reads it again, up
    /// to [`MAXIMUM_ATTEMPTS`] times.
    pub async fn change(
        &self,
        previous: &RequestRecord,
        request: AccountRequest,
        requester: &Requester,
    ) -> Result<Option<RequestOutcome>, StepError> {
        self.change_as(previous, request, requester, |next| next).await
    }

    /// Like [`Self::change`], but `finish` adjusts the next attempt.
    async fn change_as(
        &self,
        previous: &RequestRecord,
        request: AccountRequest,
        requester: &Requester,
        finish: impl FnOnce(RequestRecord) -> RequestRecord,
    ) -> Result<Option<RequestOutcome>, StepError> {
        let is_same = previous.request == request;
        let state = self.attempt_state(previous).await?;
        if let Some(why) = self.unusable_reason(previous, state).await? {
            return Ok(Some(RequestOutcome::Conflict(why)));
        }
        match state {
            AttemptState::Running if is_same => Ok(Some(RequestOutcome::Accepted(previous.request_id.clone()))),
            AttemptState::Unstarted if is_same => self.start(previous).await.map(Some),
            AttemptState::Running | AttemptState::Unstarted => Ok(Some(RequestOutcome::Conflict(unfinished(previous)))),
            AttemptState::Vended | AttemptState::Failed => {
                let next = finish(following(previous, request, NextOwner::Recorded, requester));
                match self.records.claim(&next).await? {
                    Claim::Created => self.start(&next).await.map(Some),
                    Claim::Exists => Ok(None),
                }
            }
        }
    }

    /// Why no account can be created with the email of a request, if it cannot. The email of an account that may exist
    /// is allowed. An invalid email is ignored here, because the parser rejects it.
    pub async fn email_violation(
        &self,
        policy: &RequestPolicy,
        email: Option<&str>,
    ) -> Result<Option<String>, StepError> {
        let Some(email) = email.and_then(|email| email.parse::<EmailAddress>().ok()) else {
            return Ok(None);
        };
        let Some(violation) = policy.email_violation(&email) else {
            return Ok(None);
        };
        let last = self.records.latest(&AccountKey::from_email(&email)).await?;
        let is_known = last.is_some_and(|last| may_have_account(&last));
        Ok((!is_known).then_some(violation))
    }

    /// Starts the execution of a claimed attempt, with its record as the input.
    async fn start(&self, record: &RequestRecord) -> Result<RequestOutcome, StepError> {
        self.executions.start(record).await?;
        tracing::info!(request_id = %record.request_id, "request accepted");
        Ok(RequestOutcome::Accepted(record.request_id.clone()))
    }
}

fn unfinished(previous: &RequestRecord) -> String {
    let id = &previous.request_id;
    format!(
        "request {id} for this account has not ended; wait until GET /requests/{id} shows that it has ended, then send the change again"
    )
}

fn different_settings(previous: &RequestRecord) -> String {
    let path = account_id(previous).map_or_else(|| "/accounts/{accountId}".to_owned(), |id| format!("/accounts/{id}"));
    format!("the account already exists with different settings; use PUT {path} to change it")
}

/// The error if too many requests for the same account are sent at the same time.
pub fn contention_error() -> StepError {
    let message = "too many concurrent requests for this account; try again";
    StepError::new(ErrorCode::ServiceUnavailable, message)
}

#[cfg(test)]
mod tests;
