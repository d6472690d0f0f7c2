//! What to do with a request for an account that was requested before.

use vending_core::{AccountRequest, RequestRecord, Requester, principal};

use crate::attempt::{AttemptState, NextOwner, account_id, certainly_has_no_account};

/// The last attempt for the account, and what is known about it.
#[derive(Debug)]
pub(crate) struct Previous<'a> {
    /// The record of the last attempt.
    pub(crate) record: &'a RequestRecord,
    pub(crate) state: AttemptState,
    /// Why its account cannot be used, if it is suspended, closed, or no longer in the organization.
    pub(crate) unusable_reason: Option<String>,
    /// Whether the requester is a stack that was deleted before it received the account, and the submitter is another
    /// stack.
    pub(crate) is_abandoned: bool,
}

/// What to do with the request.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Resubmission {
    /// The same request is running.
    Join,
    /// The same request was claimed and not started.
    Start,
    /// The same request was vended.
    Show,
    /// A request that has not ended must end first, for this reason.
    Wait(String),
    /// The account exists with different settings, which the requester can change.
    Change,
    /// The request is rejected, for this reason.
    Reject(String),
    /// The next attempt continues where the last one stopped.
    TryAgain(NextOwner),
}

/// The relation of the submitter to the last attempt.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Submitter {
    Requester,
    Operator,
    /// A stack after an abandoned stack.
    Successor,
    Other,
}

pub(crate) fn decide(previous: &Previous<'_>, request: &AccountRequest, requester: &Requester) -> Resubmission {
    if let Some(why) = &previous.unusable_reason {
        return Resubmission::Reject(why.clone());
    }
    let is_same = previous.record.request == *request;
    let submitter = submitter(previous, requester);
    match previous.state {
        AttemptState::Running | AttemptState::Unstarted => unfinished(previous, is_same, submitter),
        AttemptState::Failed if certainly_has_no_account(previous.record) => {
            Resubmission::TryAgain(match (submitter, is_same) {
                (Submitter::Requester, _) | (Submitter::Operator, true) => NextOwner::Recorded,
                _ => NextOwner::Submitter,
            })
        }
        AttemptState::Failed if account_id(previous.record).is_none() => match submitter {
            Submitter::Requester | Submitter::Operator => Resubmission::TryAgain(NextOwner::Recorded),
            Submitter::Successor => Resubmission::TryAgain(NextOwner::Successor),
            Submitter::Other => Resubmission::Reject(belongs_to_another(previous)),
        },
        AttemptState::Failed | AttemptState::Vended => with_account(previous, is_same, submitter),
    }
}

fn submitter(previous: &Previous<'_>, requester: &Requester) -> Submitter {
    if requester.is_same_principal(&previous.record.requested_by) {
        Submitter::Requester
    } else if requester.is_operator() {
        Submitter::Operator
    } else if previous.is_abandoned {
        Submitter::Successor
    } else {
        Submitter::Other
    }
}

fn unfinished(previous: &Previous<'_>, is_same: bool, submitter: Submitter) -> Resubmission {
    let id = &previous.record.request_id;
    match (submitter, is_same, previous.state) {
        (Submitter::Requester | Submitter::Operator, true, AttemptState::Unstarted) => Resubmission::Start,
        (Submitter::Requester | Submitter::Operator, true, _) => Resubmission::Join,
        (Submitter::Requester | Submitter::Operator, false, _) => Resubmission::Wait(format!(
            "request {id} for this account has different settings and has not ended; wait until GET /requests/{id} shows that it has ended"
        )),
        (Submitter::Successor | Submitter::Other, ..) => Resubmission::Reject(format!(
            "request {id} of {} for this account has not ended; wait until GET /requests/{id} shows that it has ended, or request another account",
            principal(&previous.record.requested_by)
        )),
    }
}

/// A known account keeps its requester, and is changed with PUT.
fn with_account(previous: &Previous<'_>, is_same: bool, submitter: Submitter) -> Resubmission {
    match (submitter, is_same, previous.state) {
        (Submitter::Requester | Submitter::Operator, true, AttemptState::Vended) => Resubmission::Show,
        (Submitter::Requester | Submitter::Operator, true, _) => Resubmission::TryAgain(NextOwner::Recorded),
        (Submitter::Successor, true, _) => Resubmission::TryAgain(NextOwner::Successor),
        (Submitter::Other, ..) => Resubmission::Reject(belongs_to_another(previous)),
        (_, false, _) => Resubmission::Change,
    }
}

fn belongs_to_another(previous: &Previous<'_>) -> String {
    let (id, owner) = (&previous.record.request_id, principal(&previous.record.requested_by));
    format!(
        "the account with this email belongs to {owner} (request {id}); ask the owner or an operator for access, or request another account"
    )
}
