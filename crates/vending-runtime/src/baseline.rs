//! Steps of the baseline and of access: they look, make what differs, and read back what they made.

use std::future::Future;

use serde::Serialize;
use time::OffsetDateTime;
use vending_core::{BaselineInput, ErrorCode, Invocation, RequestId, Standing, StepError, StepReport};

use crate::changes::Changes;
use crate::serve::Handler;
use crate::step::{Done, past_deadline, report};

/// One thing that every account, or every account of a request, gets.
///
/// There is one piece of code for making it, for reading it back, and for putting right what somebody undid.
pub trait BaselineStep: Send + Sync {
    const NAME: &'static str;
    /// What it works with in one account: the clients of one session, as a rule.
    type Account: Send + Sync;
    /// What the outcome shows of it; `()` where there is nothing.
    type Result: Serialize + Default + Send;

    /// Why there is nothing to do for this account, if so.
    fn skip(&self, _input: &BaselineInput) -> Option<String> {
        None
    }

    /// Opens the session that all of the step's calls use. `request` names it in the account's CloudTrail.
    fn enter(
        &self,
        request: &RequestId,
        input: &BaselineInput,
    ) -> impl Future<Output = Result<Self::Account, StepError>> + Send;

    /// Looks at what there is, and makes through `changes`, and only through them, what should be.
    fn converge(
        &self,
        account: &Self::Account,
        input: &BaselineInput,
        changes: &Changes,
    ) -> impl Future<Output = Result<Converged<Self::Result>, StepError>> + Send;
}

/// What stands when everything is as it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Converged<R = ()> {
    found: String,
    note: Option<String>,
    pending: bool,
    result: R,
}

impl<R: Default> Converged<R> {
    /// `found` is the report of a run that had nothing to change.
    pub fn new(found: impl Into<String>) -> Self {
        Self { found: found.into(), note: None, pending: false, result: R::default() }
    }
}

impl<R> Converged<R> {
    #[must_use]
    pub fn with_result(mut self, result: R) -> Self {
        self.result = result;
        self
    }

    /// What the reader of the report should know in any case.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// AWS takes its time, and nothing waits for it.
    #[must_use]
    pub fn pending(mut self) -> Self {
        self.pending = true;
        self
    }

    fn into_done(self, changes: &[String]) -> Done<R> {
        let what = if changes.is_empty() { self.found } else { changes.join("; ") };
        let note = self.note.map(|note| format!("; {note}")).unwrap_or_default();
        Done { changed: !changes.is_empty(), detail: format!("{what}{note}"), result: self.result }
    }
}

/// Turns a step of the baseline into a function.
#[derive(Debug)]
pub struct BaselineRunner<S>(pub S);

impl<S: BaselineStep> Handler for BaselineRunner<S> {
    const NAME: &'static str = S::NAME;
    type Input = Invocation<BaselineInput>;
    type Output = StepReport<S::Result>;

    async fn handle(&self, payload: Self::Input) -> Result<Self::Output, StepError> {
        let started_at = OffsetDateTime::now_utc();
        if let Some(why) = self.skip(&payload.input) {
            return Ok(report(
                S::NAME,
                started_at,
                Standing::Skipped,
                None,
                Done::unchanged(why, S::Result::default()),
            ));
        }
        let run = self.run(&payload.request_id, &payload.input).await;
        let (standing, done) = run.map_err(|error| past_deadline(error, payload.deadline))?;
        Ok(report(S::NAME, started_at, standing, Some(OffsetDateTime::now_utc()), done))
    }
}

impl<S: BaselineStep> BaselineRunner<S> {
    fn skip(&self, input: &BaselineInput) -> Option<String> {
        if input.switched_off.iter().any(|name| name == S::NAME) {
            return Some(format!("the stack switches this step off in {}", input.request.organizational_unit));
        }
        self.0.skip(input)
    }

    async fn run(&self, request: &RequestId, input: &BaselineInput) -> Result<(Standing, Done<S::Result>), StepError> {
        let account = self.0.enter(request, input).await?;
        let changes = Changes::to_make();
        let mut converged = self.0.converge(&account, input, &changes).await?;
        let made = changes.into_list();
        if !made.is_empty() {
            converged = self.read_back(&account, input).await?;
        }
        let standing = if converged.pending { Standing::Pending } else { Standing::Done };
        Ok((standing, converged.into_done(&made)))
    }

    /// Where nothing was changed, the look that found nothing to change has read everything already.
    async fn read_back(&self, account: &S::Account, input: &BaselineInput) -> Result<Converged<S::Result>, StepError> {
        let differences = Changes::to_list();
        let converged = self.0.converge(account, input, &differences).await?;
        match differences.into_list().as_slice() {
            [] => Ok(converged),
            missing => {
                let message = format!("AWS took it, and does not show it yet: {}", missing.join("; "));
                Err(StepError::new(ErrorCode::NotReady, message))
            }
        }
    }
}

#[cfg(test)]
mod tests;
