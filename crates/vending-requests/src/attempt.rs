//! Attempts: how the last one stands, and how the next one begins.

use time::OffsetDateTime;
use vending_core::{AccountId, AccountRequest, ErrorCode, RequestId, RequestRecord, Requester, Status, StepError};
use vending_executions::Execution;

use crate::Requests;

/// How the last attempt for an account stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It was claimed, and whoever claimed it did not come to start it.
    Unstarted,
    Running,
    Vended,
    /// It ended in any other way; the next attempt goes on where it stopped.
    Failed,
}

impl Requests {
    pub async fn standing(&self, record: &RequestRecord) -> Result<Standing, StepError> {
        match &record.outcome {
            Some(outcome) if outcome.status == Status::Vended => Ok(Standing::Vended),
            Some(_) => Ok(Standing::Failed),
            None => Ok(match self.executions().describe(&record.request_id).await? {
                Execution::Absent => Standing::Unstarted,
                Execution::Running => Standing::Running,
                // A success that was not recorded proves nothing about the account.
                Execution::Succeeded | Execution::Failed(_) => Standing::Failed,
            }),
        }
    }
}

/// The attempt that begins an account.
pub(crate) fn first(id: RequestId, request: AccountRequest, requester: &Requester) -> RequestRecord {
    RequestRecord {
        request_id: id,
        request,
        requested_by: requester.arn().to_owned(),
        submitted_by: requester.arn().to_owned(),
        requested_at: OffsetDateTime::now_utc(),
        account_id: None,
        adopt: false,
        outcome: None,
    }
}

/// The attempt after another one, which keeps the account that the other one came to.
pub(crate) fn following(
    previous: &RequestRecord,
    request: AccountRequest,
    requested_by: &str,
    requester: &Requester,
) -> RequestRecord {
    let last = &previous.request_id;
    let id = RequestId::new(last.account_key.clone(), last.attempt.saturating_add(1));
    RequestRecord {
        requested_by: requested_by.to_owned(),
        account_id: account_id(previous),
        adopt: previous.adopt,
        ..first(id, request, requester)
    }
}

/// The account that an attempt made, or that it knew of from earlier ones.
pub fn account_id(record: &RequestRecord) -> Option<AccountId> {
    let outcome = record.outcome.as_ref();
    let made = outcome.and_then(|outcome| outcome.account.as_ref());
    let made = made.and_then(|account| account.id.parse().ok());
    made.or_else(|| record.account_id.clone())
}

/// Whether AWS certainly has no account of an attempt that names none.
///
/// Where it might, the account belongs to the recorded requester, and nobody else gets it by asking again.
pub(crate) fn left_no_account(record: &RequestRecord) -> bool {
    let failure = record.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref());
    match failure.and_then(|failure| failure.code.parse().ok()) {
        // AWS itself ended the creation, after our look for the account found none.
        Some(ErrorCode::EmailAlreadyExists | ErrorCode::AccountLimitExceeded | ErrorCode::CreationFailed) => true,
        // It came to an end before the creation; what an earlier attempt left is not known.
        Some(ErrorCode::InvalidRequest) => record.request_id.attempt == 1,
        _ => false,
    }
}
