//! A step: a function that converges one thing and reports whether it had to change anything.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use vending_core::{ErrorCode, Invocation, RequestId, Standing, StepError, StepReport};

use crate::serve::Handler;

/// One job of a vend: a state of the state machine, or an item of one of its Maps.
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
        let done = run.map_err(|error| past_deadline(error, payload.deadline))?;
        Ok(report(S::NAME, started_at, Standing::Done, None, done))
    }
}

pub(crate) fn report<R>(
    step: &str,
    started_at: OffsetDateTime,
    standing: Standing,
    read_back_at: Option<OffsetDateTime>,
    done: Done<R>,
) -> StepReport<R> {
    let elapsed = OffsetDateTime::now_utc() - started_at;
    let duration_ms = u64::try_from(elapsed.whole_milliseconds()).unwrap_or_default();
    tracing::info!(step, changed = done.changed, duration_ms, "step done");
    StepReport {
        step: step.to_owned(),
        standing,
        changed: done.changed,
        detail: done.detail,
        started_at,
        duration_ms,
        read_back_at,
        result: done.result,
    }
}

/// Ends the retries of an execution that has no time left, so that its `Catch` still sees why.
pub(crate) fn past_deadline(error: StepError, deadline: OffsetDateTime) -> StepError {
    if deadline <= OffsetDateTime::now_utc() && error.code().is_retryable() {
        return error.with_code(ErrorCode::DeadlineExceeded);
    }
    error
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::serve::handle;

    /// Fails with a code, so that a test sees what becomes of it.
    struct Failing(ErrorCode);

    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Input {
        #[expect(dead_code, reason = "only its absence is tested")]
        account_name: String,
    }

    impl Step for Failing {
        const NAME: &'static str = "Failing";
        type Input = Input;
        type Result = ();

        async fn run(&self, _request: &RequestId, _input: Input) -> Result<Done, StepError> {
            Err(StepError::new(self.0, "it failed"))
        }
    }

    async fn code(failing: ErrorCode, deadline: &str, input: Value) -> (String, String) {
        let payload = json!({ "requestId": "abcdefghijklmnopqrst-1", "deadline": deadline, "input": input });
        let failure = handle(&StepRunner(Failing(failing)), payload).await.unwrap_err();
        (failure.error_type, failure.error_message)
    }

    #[tokio::test]
    async fn a_retryable_error_is_final_after_the_deadline() {
        let input = json!({ "accountName": "a" });
        let before = code(ErrorCode::Throttled, "2999-01-01T00:00:00Z", input.clone()).await;
        assert_eq!(before.0, "Throttled");
        let after = code(ErrorCode::Throttled, "2000-01-01T00:00:00Z", input.clone()).await;
        assert_eq!(after.0, "DeadlineExceeded");
        let final_anyway = code(ErrorCode::AccessDenied, "2000-01-01T00:00:00Z", input).await;
        assert_eq!(final_anyway.0, "AccessDenied");
    }

    #[tokio::test]
    async fn a_payload_that_does_not_fit_names_its_field() {
        let (code, message) = code(ErrorCode::Throttled, "2999-01-01T00:00:00Z", json!({ "accountName": 7 })).await;
        assert_eq!(code, "InvalidRequest");
        assert!(message.starts_with("Failing: payload field `input.accountName`: invalid type"), "{message}");
    }
}
