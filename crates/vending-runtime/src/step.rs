//! Steps: functions that do one part of a vend and report whether they changed anything.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use vending_core::{ErrorCode, Invocation, RequestId, StepError, StepOutput, StepReport, StepStatus};

use crate::serve::Handler;

/// A step of a vend that is a state of the state machine.
pub trait Step: Send + Sync {
    const NAME: &'static str;
    type Input: DeserializeOwned + Send;
    /// What later states need; `()` if nothing.
    type Result: Serialize + Send;

    /// `request` is the session name in CloudTrail.
    fn run(
        &self,
        request: &RequestId,
        input: Self::Input,
    ) -> impl Future<Output = Result<StepOutcome<Self::Result>, StepError>> + Send;
}

/// The result of a step, before it is reported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StepOutcome<R = ()> {
    pub changed: bool,
    pub detail: String,
    pub result: R,
}

impl<R> StepOutcome<R> {
    pub fn changed(detail: impl Into<String>, result: R) -> Self {
        Self { changed: true, detail: detail.into(), result }
    }

    pub fn unchanged(detail: impl Into<String>, result: R) -> Self {
        Self { changed: false, ..Self::changed(detail, result) }
    }
}

/// Runs a step as a function and creates its report.
#[derive(Debug)]
pub struct StepRunner<S>(pub S);

impl<S: Step> Handler for StepRunner<S> {
    const NAME: &'static str = S::NAME;
    type Input = Invocation<S::Input>;
    type Output = StepOutput<S::Result>;

    async fn handle(&self, payload: Invocation<S::Input>) -> Result<Self::Output, StepError> {
        let started_at = OffsetDateTime::now_utc();
        let run = self.0.run(&payload.request_id, payload.input).await;
        let outcome = run.map_err(|error| past_deadline(error, payload.deadline))?;
        Ok(output(S::NAME, started_at, StepStatus::Succeeded, None, outcome))
    }
}

pub(crate) fn output<R>(
    step: &str,
    started_at: OffsetDateTime,
    status: StepStatus,
    read_back_at: Option<OffsetDateTime>,
    outcome: StepOutcome<R>,
) -> StepOutput<R> {
    let StepOutcome { changed, detail, result } = outcome;
    let elapsed = OffsetDateTime::now_utc() - started_at;
    let duration_ms = u64::try_from(elapsed.whole_milliseconds()).unwrap_or_default();
    tracing::info!(step, changed, duration_ms, "step done");
    let report = StepReport { step: step.to_owned(), status, changed, detail, started_at, duration_ms, read_back_at };
    StepOutput { report, result }
}

/// Makes a retryable error permanent after the deadline, so that the `Catch` of the state machine receives it.
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

    /// A step that fails with this code.
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

        async fn run(&self, _request: &RequestId, _input: Input) -> Result<StepOutcome, StepError> {
            Err(StepError::new(self.0, "it failed"))
        }
    }

    async fn code(failing: ErrorCode, deadline: &str, input: Value) -> (String, String) {
        let payload = json!({ "requestId": "abcdefghijklmnopqrst-1", "deadline": deadline, "input": input });
        let failure = handle(&StepRunner(Failing(failing)), payload).await.unwrap_err();
        (failure.error_type, failure.error_message)
    }

    #[tokio::test]
    async fn retryable_error_is_final_after_the_deadline() {
        let input = json!({ "accountName": "a" });
        let before = code(ErrorCode::Throttled, "2999-01-01T00:00:00Z", input.clone()).await;
        assert_eq!(before.0, "Throttled");
        let after = code(ErrorCode::Throttled, "2000-01-01T00:00:00Z", input.clone()).await;
        assert_eq!(after.0, "DeadlineExceeded");
        let permanent = code(ErrorCode::AccessDenied, "2000-01-01T00:00:00Z", input).await;
        assert_eq!(permanent.0, "AccessDenied");
    }

    #[tokio::test]
    async fn invalid_payload_error_names_the_field() {
        let (code, message) = code(ErrorCode::Throttled, "2999-01-01T00:00:00Z", json!({ "accountName": 7 })).await;
        assert_eq!(code, "InvalidRequest");
        let details: Value = serde_json::from_str(&message).unwrap();
        assert_eq!(details["step"], "Failing");
        let message = details["message"].as_str().unwrap();
        assert!(message.starts_with("payload field `input.accountName`: invalid type"), "{message}");
    }
}
