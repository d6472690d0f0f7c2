//! Runs a function under the Lambda runtime: payload in, typed answer or coded error out.

use std::fmt;
use std::future::Future;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vending_core::{ErrorCode, StepError};

/// A function: one kind of input, one kind of answer.
pub trait Handler: Send + Sync {
    /// The function's name in messages.
    const NAME: &'static str;
    type Input: DeserializeOwned + Send;
    type Output: Serialize + Send;

    fn handle(&self, input: Self::Input) -> impl Future<Output = Result<Self::Output, StepError>> + Send;
}

/// Why a function cannot start.
#[derive(thiserror::Error)]
pub enum StartError {
    #[error("environment variable {name} is not set")]
    Missing { name: &'static str },
    #[error("environment variable {name} is wrong: {why}")]
    Invalid { name: &'static str, why: String },
    #[error("the Lambda runtime ended: {0}")]
    Runtime(lambda_runtime::Error),
}

/// `main` prints its error with `Debug`: a sentence helps more than a structure.
impl fmt::Debug for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Answers invocations until Lambda ends the process. The runtime logs what `handle` answers as an error.
pub async fn serve<H: Handler>(handler: H) -> Result<(), StartError> {
    lambda_runtime::tracing::init_default_subscriber();
    let handler = &handler;
    let answer = |event: LambdaEvent<Value>| {
        // Boxed: the compiler's limit on nested futures is reached by an SDK call below the runtime's layers.
        Box::pin(async move { handle(handler, event.payload).await })
    };
    #[expect(clippy::disallowed_methods, reason = "the one place that starts it")]
    let ended = lambda_runtime::run(service_fn(answer)).await;
    ended.map_err(StartError::Runtime)
}

/// One invocation: what `serve` does with each payload, and what tests call.
pub async fn handle<H: Handler>(handler: &H, payload: Value) -> Result<Value, Diagnostic> {
    let answer = async {
        let input = serde_path_to_error::deserialize(payload).map_err(|error| bad_payload(&error))?;
        let output = handler.handle(input).await?;
        serde_json::to_value(output)
            .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not write the answer").with_source(error))
    };
    answer.await.map_err(|error: StepError| Diagnostic {
        error_type: error.code().to_string(),
        error_message: error.wire_message(H::NAME),
    })
}

fn bad_payload(error: &serde_path_to_error::Error<serde_json::Error>) -> StepError {
    let message = format!("payload field `{}`: {}", error.path(), error.inner());
    StepError::new(ErrorCode::InvalidRequest, message)
}
