//! A resource is created: asks for an account.

use vending_answers::{Answer, PendingAnswer};
use vending_core::{AccountKey, AccountRequest, ErrorCode, RELEASED, Requester, StepError};
use vending_requests::Asked;

use crate::event::Event;
use crate::update::stack_of;
use crate::{AccountResource, Reply};

impl AccountResource {
    pub(crate) async fn create(&self, event: &Event) -> Result<Reply, StepError> {
        let request = self.checked(&event.resource_properties, None).await?;
        let requester = event.requester()?;
        let key = AccountKey::of(&request.account_email);
        let to = event.addressee(Some(&key));
        let pending = PendingAnswer { account_key: key, request_id: None, takes_over: true, to };
        if !self.wait(&pending).await? {
            return Ok(Reply::Later);
        }
        let asked = Box::pin(self.ask(request, &requester)).await?;
        self.conclude(pending, asked).await
    }

    /// An account that stands is as good as vended, unless its stack has released it: it may have been moved away
    /// since, so its vend runs once more.
    async fn ask(&self, request: AccountRequest, requester: &Requester) -> Result<Asked, StepError> {
        let record = match self.requests.ask(request.clone(), requester).await? {
            Asked::Vended(record) => record,
            other => return Ok(other),
        };
        let account = self.account(&record).await?;
        if account.as_ref().and_then(stack_of) != Some(RELEASED) {
            return Ok(Asked::Vended(record));
        }
        match self.requests.change(&record, request.clone(), requester).await? {
            Some(asked) => Ok(asked),
            // Somebody else was faster: that request is joined or refused.
            None => self.requests.ask(request, requester).await,
        }
    }

    /// Keeps the pending answer and starts its timer; false where the event was answered before.
    ///
    /// Lambda may deliver an event twice. What a delivery is the first to keep although its timer runs already has
    /// been kept, answered and forgotten by another one.
    pub(crate) async fn wait(&self, pending: &PendingAnswer) -> Result<bool, StepError> {
        let kept = self.answers.keep(pending).await?;
        let started = self.timer.start(pending).await?;
        let answered_before = kept && !started;
        if answered_before {
            self.answers.forget(&pending.account_key, &pending.name()).await?;
        }
        Ok(!answered_before)
    }

    /// What is known already is answered now; the rest is answered by whoever ends the request.
    pub(crate) async fn conclude(&self, mut pending: PendingAnswer, asked: Asked) -> Result<Reply, StepError> {
        let answer = match asked {
            Asked::Refused(why) => Some(Answer::failed(&refused(why))),
            Asked::Vended(record) => self.answers.answer(&self.organization, &pending, &record).await?,
            Asked::Accepted(id) => {
                pending.request_id = Some(id.clone());
                self.answers.update(&pending).await?;
                // It may have ended before it could know that this stack waits for it.
                match self.requests.records().get(&id).await? {
                    Some(record) => self.answers.answer(&self.organization, &pending, &record).await?,
                    None => None,
                }
            }
        };
        Ok(answer.map_or(Reply::Later, Reply::Now))
    }
}

fn refused(why: String) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, why)
        .with_remedy("create or update the stack again when that is settled, or with other properties")
}
