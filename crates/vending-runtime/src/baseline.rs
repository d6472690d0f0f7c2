//! Baseline and access steps: they read, change only what differs, and read the changes back.

use std::future::Future;

use serde::Serialize;
use time::OffsetDateTime;
use vending_core::{BaselineInput, Invocation, RequestId, StepError, StepOutput, StepStatus};

use crate::changes::Changes;
use crate::serve::Handler;
use crate::step::{StepOutcome, output, past_deadline};

/// A step of the baseline or of access. The same code creates, repairs, and reads back.
///
/// If `converge` has made changes that no response of AWS confirms, it runs again with changes that are only listed: if
/// it lists any, AWS does not show the new state yet, and the step is retried. The second run repeats only the parts of
/// the step ([`Changes::part`]) with such changes, and gets the results of all others from the first run. So a step has
/// no memory of its own.
pub trait BaselineStep: Send + Sync {
    const NAME: &'static str;
    /// What the step needs in the account, usually the clients of one session.
    type Target: Send + Sync;
    /// What the outcome includes of the step; `()` if nothing.
    type Result: Serialize + Default + Send;

    /// Why the step is skipped for this account, if it is.
    fn skip_reason(&self, _input: &BaselineInput) -> Option<String> {
        None
    }

    /// Opens the session for all calls of the step. `request` is the session name in CloudTrail.
    fn open(
        &self,
        request: &RequestId,
        input: &BaselineInput,
    ) -> impl Future<Output = Result<Self::Target, StepError>> + Send;

    /// Reads what exists and changes what differs. Every change must be made through `changes`.
    fn converge(
        &self,
        account: &Self::Target,
        input: &BaselineInput,
        changes: &Changes,
    ) -> impl Future<Output = Result<Converged<Self::Result>, StepError>> + Send;
}

/// What is in place when everything is up to date.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Converged<R = ()> {
    summary: String,
    note: Option<String>,
    pending: bool,
    result: R,
}

impl<R: Default> Converged<R> {
    /// `summary` is the report of a run that changed nothing.
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), note: None, pending: false, result: R::default() }
    }
}

impl<R> Converged<R> {
    #[must_use]
    pub fn with_result(mut self, result: R) -> Self {
        self.result = result;
        self
    }

    /// Adds a note to the report.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// AWS is not done yet, and the vend does not wait.
    #[must_use]
    pub fn pending(mut self) -> Self {
        self.pending = true;
        self
    }

    fn into_outcome(self, changes: &[String]) -> StepOutcome<R> {
        let detail = if changes.is_empty() { self.summary } else { changes.join("; ") };
        let note = self.note.map(|note| format!("; {note}")).unwrap_or_default();
        StepOutcome { changed: !changes.is_empty(), detail: format!("{detail}{note}"), result: self.result }
    }
}

/// Where the input of a step comes from that no caller of its function can choose.
pub trait VerifiedInput: Send + Sync {
    /// The recorded input of a request. Any caller of the function can write the payload, so `input` only says which
    /// account it is, and what describes it.
    fn verify(
        &self,
        request: &RequestId,
        input: BaselineInput,
    ) -> impl Future<Output = Result<BaselineInput, StepError>> + Send;
}

/// Runs a baseline step as a function.
#[derive(Debug)]
pub struct BaselineRunner<S, V> {
    step: S,
    verified: V,
}

impl<S: BaselineStep, V: VerifiedInput> Handler for BaselineRunner<S, V> {
    const NAME: &'static str = S::NAME;
    type Input = Invocation<BaselineInput>;
    type Output = StepOutput<S::Result>;

    async fn handle(&self, payload: Self::Input) -> Result<Self::Output, StepError> {
        let started_at = OffsetDateTime::now_utc();
        let input = self.verified.verify(&payload.request_id, payload.input).await;
        let input = input.map_err(|error| past_deadline(error, payload.deadline))?;
        if let Some(why) = self.skip_reason(&input) {
            return Ok(output(
                S::NAME,
                started_at,
                StepStatus::Skipped,
                None,
                StepOutcome::unchanged(why, S::Result::default()),
            ));
        }
        let run = self.run(&payload.request_id, &input).await;
        let (status, outcome) = run.map_err(|error| past_deadline(error, payload.deadline))?;
        Ok(output(S::NAME, started_at, status, Some(OffsetDateTime::now_utc()), outcome))
    }
}

impl<S: BaselineStep, V: VerifiedInput> BaselineRunner<S, V> {
    pub const fn new(step: S, verified: V) -> Self {
        Self { step, verified }
    }

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        if input.settings.disabled_steps.iter().any(|name| name == S::NAME) {
            return Some(format!("the settings leave out this step in {}", input.request.organizational_unit));
        }
        self.step.skip_reason(input)
    }

    async fn run(
        &self,
        request: &RequestId,
        input: &BaselineInput,
    ) -> Result<(StepStatus, StepOutcome<S::Result>), StepError> {
        let step = &self.step;
        let account = &step.open(request, input).await?;
        let converge = |changes| async move { step.converge(account, input, &changes).await };
        let (converged, names) = Changes::apply_and_read_back(converge).await?;
        let status = if converged.pending { StepStatus::Pending } else { StepStatus::Succeeded };
        Ok((status, converged.into_outcome(&names)))
    }
}

#[cfg(test)]
mod tests;
