//! `POST /accounts`: asks for an account.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use vending_core::{AccountKey, AccountRequest, RequestId, RequestRecord};
use vending_records::Claim;

use crate::AccountsApi;
use crate::answer::{Answer, Refusal, accepted};
use crate::attempt::{Standing, TRIES, account_id, first, following, left_no_account};
use crate::body::read_json;
use crate::caller::Caller;

impl AccountsApi {
    /// Most requests ask for a new account: the first attempt is claimed without looking.
    pub(crate) async fn post(&self, caller: &Caller, event: &ApiGatewayProxyRequest) -> Result<Answer, Refusal> {
        let request = self.check(&read_json(event)?, Vec::new()).await?;
        let account = AccountKey::of(&request.account_email);
        let id = RequestId::new(account.clone(), 1);
        let mut next = first(id, request, caller);
        for _ in 0..TRIES {
            if self.records.claim(&next).await? == Claim::Made {
                return Ok(self.start(&next).await?);
            }
            let Some(previous) = self.records.latest(&account).await? else {
                continue; // Somebody is writing it right now.
            };
            let standing = self.standing(&previous).await?;
            match repeat(&previous, standing, &next.request, caller) {
                Repeat::Join => return Ok(accepted(&previous.request_id)?),
                Repeat::Start => return Ok(self.start(&previous).await?),
                Repeat::Show => return Ok(self.show(&previous).await?),
                Repeat::Refuse(detail) => return Err(Refusal::conflict(detail)),
                Repeat::TryAgain { requested_by } => {
                    next = following(&previous, next.request, &requested_by, caller);
                }
            }
        }
        Err(Refusal::contended())
    }
}

/// What a request becomes when its account was asked for before.
#[derive(Debug, Eq, PartialEq)]
enum Repeat {
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

fn repeat(previous: &RequestRecord, standing: Standing, request: &AccountRequest, caller: &Caller) -> Repeat {
    if previous.request == *request {
        return match standing {
            Standing::Running => Repeat::Join,
            Standing::Unstarted => Repeat::Start,
            Standing::Vended => Repeat::Show,
            Standing::Failed => Repeat::TryAgain { requested_by: previous.requested_by.clone() },
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
        Standing::Failed if left_no_account(previous) || caller.is(&previous.requested_by) => {
            Repeat::TryAgain { requested_by: caller.arn().to_owned() }
        }
        Standing::Failed => Repeat::Refuse(format!(
            "request {id} of somebody else failed, and may have left an account with other content than this request; its requester can go on with PUT /accounts/{key}"
        )),
    }
}
