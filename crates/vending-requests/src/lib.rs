//! Asks for accounts: the one set of rules behind every door.
//!
//! A request is claimed in the records bucket, and its execution started under a name that follows from it. Asked
//! again, it is joined, started, shown, tried again or refused: [`repeat`] decides.

mod adoption;
mod attempt;
mod repeat;

use schemars::JsonSchema;
use serde::Serialize;
use vending_core::{AccountId, AccountKey, AccountRequest, ErrorCode, RequestId, RequestRecord, Requester, StepError};
use vending_executions::Executions;
use vending_records::{Claim, Records};

pub use adoption::Candidate;
pub use attempt::{Standing, account_id};
use attempt::{first, following};
use repeat::{Repeat, repeat};

/// How often a claim is tried when others are faster.
pub const TRIES: usize = 5;

#[derive(Debug)]
pub struct Requests {
    records: Records,
    executions: Executions,
}

/// What became of a request.
#[derive(Debug)]
pub enum Asked {
    /// It runs, now or already.
    Accepted(RequestId),
    /// It is done: this is its record.
    Vended(Box<RequestRecord>),
    /// It cannot be, for now or for good; the text says why and what to do.
    Refused(String),
}

/// What would become of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// A new account would be created.
    Vend,
    /// The same request runs already; it would be joined.
    Join,
    /// The same request was claimed and has not started; it would be started.
    Start,
    /// The account stands with this content; nothing would be done.
    Show,
    /// The last attempt failed; another one would go on where it stopped.
    TryAgain,
    /// The request would be refused.
    Refuse,
}

/// What would become of a request, and why not.
#[derive(Debug)]
pub struct Preview {
    pub action: Action,
    /// The request that it would be.
    pub request_id: RequestId,
    pub obstacle: Option<String>,
}

impl Requests {
    pub fn new(records: Records, executions: Executions) -> Self {
        Self { records, executions }
    }

    pub fn records(&self) -> &Records {
        &self.records
    }

    pub fn executions(&self) -> &Executions {
        &self.executions
    }

    /// Asks for an account. Most requests are for a new one: the first attempt is claimed without looking.
    pub async fn ask(&self, request: AccountRequest, requester: &Requester) -> Result<Asked, StepError> {
        let id = RequestId::new(AccountKey::of(&request.account_email), 1);
        self.claim_or_repeat(first(id, request, requester), requester).await
    }

    /// Asks for the baseline of an account that came by another road.
    pub async fn adopt(
        &self,
        account_id: AccountId,
        request: AccountRequest,
        requester: &Requester,
    ) -> Result<Asked, StepError> {
        let id = RequestId::new(AccountKey::of(&request.account_email), 1);
        let adoption = RequestRecord { account_id: Some(account_id), adopt: true, ..first(id, request, requester) };
        self.claim_or_repeat(adoption, requester).await
    }

    async fn claim_or_repeat(&self, mut next: RequestRecord, requester: &Requester) -> Result<Asked, StepError> {
        let account = next.request_id.account_key.clone();
        for _ in 0..TRIES {
            if self.records.claim(&next).await? == Claim::Made {
                return self.start(&next).await;
            }
            let Some(previous) = self.records.latest(&account).await? else {
                continue; // Somebody is writing it right now.
            };
            let standing = self.standing(&previous).await?;
            match repeat(&previous, standing, &next.request, requester) {
                Repeat::Join => return Ok(Asked::Accepted(previous.request_id)),
                Repeat::Start => return self.start(&previous).await,
                Repeat::Show => return Ok(Asked::Vended(Box::new(previous))),
                Repeat::Refuse(why) => return Ok(Asked::Refused(why)),
                Repeat::TryAgain { requested_by } => {
                    next = following(&previous, next.request, &requested_by, requester);
                }
            }
        }
        Err(contended())
    }

    /// Asks for a change of an account, or for its baseline again. Who may do so is for the door to decide, from
    /// `previous`; `None` when that is no longer the last attempt, and the door looks again, up to [`TRIES`] times.
    pub async fn change(
        &self,
        previous: &RequestRecord,
        request: AccountRequest,
        requester: &Requester,
    ) -> Result<Option<Asked>, StepError> {
        let same = previous.request == request;
        match self.standing(previous).await? {
            Standing::Running if same => Ok(Some(Asked::Accepted(previous.request_id.clone()))),
            Standing::Unstarted if same => self.start(previous).await.map(Some),
            Standing::Running | Standing::Unstarted => Ok(Some(Asked::Refused(unfinished(previous)))),
            Standing::Vended | Standing::Failed => {
                let next = following(previous, request, &previous.requested_by, requester);
                match self.records.claim(&next).await? {
                    Claim::Made => self.start(&next).await.map(Some),
                    Claim::Taken => Ok(None),
                }
            }
        }
    }

    /// What `ask` would do, without doing it.
    pub async fn preview(&self, request: &AccountRequest, requester: &Requester) -> Result<Preview, StepError> {
        let account = AccountKey::of(&request.account_email);
        let Some(previous) = self.records.latest(&account).await? else {
            let request_id = RequestId::new(account, 1);
            return Ok(Preview { action: Action::Vend, request_id, obstacle: None });
        };
        let standing = self.standing(&previous).await?;
        let (action, obstacle) = match repeat(&previous, standing, request, requester) {
            Repeat::Join => (Action::Join, None),
            Repeat::Start => (Action::Start, None),
            Repeat::Show => (Action::Show, None),
            Repeat::Refuse(why) => (Action::Refuse, Some(why)),
            Repeat::TryAgain { .. } => (Action::TryAgain, None),
        };
        let later = u32::from(action == Action::TryAgain);
        let request_id = RequestId::new(account, previous.request_id.attempt.saturating_add(later));
        Ok(Preview { action, request_id, obstacle })
    }

    /// Starts an attempt that is claimed. The input is the record's, whoever starts it.
    async fn start(&self, record: &RequestRecord) -> Result<Asked, StepError> {
        self.executions.start(record).await?;
        tracing::info!(request_id = %record.request_id, "request accepted");
        Ok(Asked::Accepted(record.request_id.clone()))
    }
}

fn unfinished(previous: &RequestRecord) -> String {
    let id = &previous.request_id;
    format!("request {id} for this account has not ended; see GET /accounts/{id}, and send the change when it has")
}

/// Too many requesters at the same account in the same moment.
pub fn contended() -> StepError {
    let message = "others keep sending requests for this account; send the request again";
    StepError::new(ErrorCode::ServiceUnavailable, message)
}

#[cfg(test)]
mod tests;
