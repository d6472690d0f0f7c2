//! A step: a function that converges one thing and reports whether it had to change anything.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use vending_core::{ErrorCode, Invocation, RequestId, StepError, StepReport};

use crate::serve::Handler;

/// One state of the state machine.
pub trait Step: Send + Sync {
    const NAME: &'static str;
    type Input: DeserializeOwned + Send;
    /// What later states need of it; `()` where they need nothing.
    type Result: Serialize + Send;

    /// `request` names the sessions in the account's CloudTrail.
    fn run(
        &self,
        request: &RequestId,
        input: Self::Input,
    ) -> impl Future<Output = Result<Done<Self::Result>, StepError>> + Send;
}

/// What a step did, before it is reported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Done<R = ()> {
    pub changed: bool,
    pub detail: String,
    pub result: R,
}

impl<R> Done<R> {
    pub fn changed(detail: impl Into<String>, result: R) -> Self {
        Self { changed: true, detail: detail.into(), result }
    }

    pub fn unchanged(detail: impl Into<String>, result: R) -> Self {
        Self { changed: false, ..Self::changed(detail, result) }
    }
}

/// Turns a step into a function: measures it and makes its report.
#[derive(Debug)]
pub struct StepRunner<S>(pub S);

impl<S: Step> Handler for StepRunner<S> {
    const NAME: &'static str = S::NAME;
    type Input = Invocation<S::Input>;
    type Output = StepReport<S::Result>;

    async fn handle(&self, payload: Invocation<S::Input>) -> Result<Self::Output, StepError> {
        let started_at = OffsetDateTime::now_utc();
        let run = self.0.run(&payload.request_id, payload.input).await;
        let now = OffsetDateTime::now_utc();
        let done = run.map_err(|error| past_deadline(error, payload.deadline <= now))?;
        let elapsed = now - started_at;
        let report = StepReport {
            step: S::NAME.to_owned(),
            changed: done.changed,
            detail: done.detail,
            started_at,
            duration_ms: u64::try_from(elapsed.whole_milliseconds()).unwrap_or_default(),
            result: done.result,
        };
        tracing::info!(step = S::NAME, changed = report.changed, duration_ms = report.duration_ms, "step done");
        Ok(report)
    }
}

/// Ends the retries of an execution that has no time left, so that its `Catch` still sees why.
fn past_deadline(error: StepError, past: bool) -> StepError {
    if past && error.code().is_retryable() {
        return error.with_code(ErrorCode::DeadlineExceeded);
    }
    error
}
