//! What a request becomes when its account was asked for before.

use vending_core::{AccountRequest, RequestRecord, Requester, stack_id};

use crate::attempt::{Standing, account_id, left_no_account};

#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Repeat {
    /// It is the one that runs.
    Join,
    /// It is the one that nobody started.
    Start,
    /// It is the one that is done.
    Show,
    Refuse(String),
    /// It goes on where the last attempt stopped.
    TryAgain {
        requested_by: String,
    },
}

pub(crate) fn repeat(
    previous: &RequestRecord,
    standing: Standing,
    request: &AccountRequest,
    requester: &Requester,
) -> Repeat {
    if previous.request == *request {
        return match standing {
            Standing::Running => Repeat::Join,
            Standing::Unstarted => Repeat::Start,
            Standing::Vended => Repeat::Show,
            Standing::Failed => Repeat::TryAgain { requested_by: heir(previous, requester) },
        };
    }
    let id = &previous.request_id;
    let key = &id.account_key;
    match standing {
        Standing::Running => Repeat::Refuse(format!(
            "request {id} with other content is running for this account; see GET /accounts/{id} for when it has ended"
        )),
        Standing::Unstarted => Repeat::Refuse(format!(
            "request {id} with other content was sent for this account and has not started; send that one again, or wait until GET /accounts/{id} shows that it has ended"
        )),
        Standing::Vended => Repeat::Refuse(format!(
            "this account stands, with other content than this request; change it with PUT /accounts/{key}"
        )),
        Standing::Failed if account_id(previous).is_some() => Repeat::Refuse(format!(
            "request {id} failed, but its account stands, with other content than this request; change it with PUT /accounts/{key}"
        )),
        Standing::Failed if left_no_account(previous) || requester.is(&previous.requested_by) => {
            Repeat::TryAgain { requested_by: requester.arn().to_owned() }
        }
        Standing::Failed => Repeat::Refuse(format!(
            "request {id} of somebody else failed, and may have left an account with other content than this request; its requester can go on with PUT /accounts/{key}"
        )),
    }
}

/// Whose the account is when somebody repeats a request that failed: still the first requester's. Only a stack comes
/// after a stack: CloudFormation deletes what a failed creation left, and each new try is a stack of its own.
fn heir(previous: &RequestRecord, requester: &Requester) -> String {
    let stacks = stack_id(&previous.requested_by).is_some() && stack_id(requester.arn()).is_some();
    if stacks && account_id(previous).is_none() {
        return requester.arn().to_owned();
    }
    previous.requested_by.clone()
}
