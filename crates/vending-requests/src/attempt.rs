//! Attempts: the state of the last one, and the creation of the next one.

use time::OffsetDateTime;
use vending_core::{AccountId, AccountRequest, ErrorCode, RequestId, RequestRecord, Requester, Status, StepError};
use vending_executions::Execution;

use crate::Requests;

/// The state of the last attempt for an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AttemptState {
    /// Claimed, but its execution was not started.
    Unstarted,
    Running,
    Vended,
    /// Ended in any other way. The next attempt continues where this one stopped.
    Failed,
}

impl Requests {
    /// The state of an attempt.
    pub async fn attempt_state(&self, record: &RequestRecord) -> Result<AttemptState, StepError> {
        match &record.outcome {
            Some(outcome) if outcome.status == Status::Vended => Ok(AttemptState::Vended),
            Some(_) => Ok(AttemptState::Failed),
            None => Ok(match self.executions().describe(&record.request_id).await? {
                Execution::NotFound => AttemptState::Unstarted,
                Execution::Running => AttemptState::Running,
                // A success without a recorded outcome does not prove that the account was vended.
                Execution::Succeeded | Execution::Failed(_) => AttemptState::Failed,
            }),
        }
    }
}

/// The first attempt for an account.
pub(crate) fn first(id: RequestId, request: AccountRequest, requester: &Requester) -> RequestRecord {
    let now = OffsetDateTime::now_utc();
    RequestRecord {
        request_id: id,
        request,
        requested_by: requester.arn().to_owned(),
        requester_since: now,
        submitted_by: requester.arn().to_owned(),
        by_operator: requester.is_operator(),
        requested_at: now,
        account_id: None,
        adopt: false,
        adopted_from: None,
        schema_version: vending_core::SCHEMA_VERSION,
        outcome: None,
    }
}

/// To whom the account belongs from the next attempt on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NextOwner {
    /// The recorded requester.
    Recorded,
    /// The submitter of the new request. An older account does not belong to them.
    Submitter,
    /// The submitter of the new request, including an account that was created for the recorded requester.
    Successor,
}

/// The attempt after another one, for the same account.
pub(crate) fn following(
    previous: &RequestRecord,
    request: AccountRequest,
    next_owner: NextOwner,
    requester: &Requester,
) -> RequestRecord {
    let next = RequestRecord {
        account_id: account_id(previous),
        adopt: previous.adopt,
        ..first(previous.request_id.next(), request, requester)
    };
    match next_owner {
        NextOwner::Submitter => next,
        NextOwner::Successor => RequestRecord { requester_since: previous.requester_since, ..next },
        NextOwner::Recorded => RequestRecord {
            requested_by: previous.requested_by.clone(),
            requester_since: previous.requester_since,
            ..next
        },
    }
}

/// The account that an attempt created, or that an earlier attempt recorded.
pub fn account_id(record: &RequestRecord) -> Option<AccountId> {
    let outcome = record.outcome.as_ref();
    let account = outcome.and_then(|outcome| outcome.account.as_ref());
    let created = account.and_then(|account| account.id.parse().ok());
    created.or_else(|| record.account_id.clone())
}

/// Whether an attempt has an account, or may have one.
pub fn may_have_account(record: &RequestRecord) -> bool {
    !certainly_has_no_account(record)
}

/// Whether AWS certainly has no account of a failed attempt: it is the first attempt, and it failed before its only
/// CreateAccount call or because of it. Otherwise an account may exist, which belongs to the recorded requester and to
/// no later one.
pub(crate) fn certainly_has_no_account(record: &RequestRecord) -> bool {
    let Some(outcome) = &record.outcome else { return false };
    let code = outcome.failure.as_ref().and_then(|failure| failure.code.parse().ok());
    let ended_without = matches!(
        code,
        Some(
            ErrorCode::InvalidRequest
                | ErrorCode::EmailAlreadyExists
                | ErrorCode::AccountLimitExceeded
                | ErrorCode::CreationFailed
        )
    );
    ended_without
        && account_id(record).is_none()
        && record.request_id.attempt == 1
        && outcome.creations.is_some_and(|creations| creations <= 1)
}
