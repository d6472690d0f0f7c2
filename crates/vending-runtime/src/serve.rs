//! Runs a function in the Lambda runtime.

use std::fmt;
use std::future::Future;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vending_core::{ErrorCode, Failure, StepError};

/// A function with a typed input and output.
pub trait Handler: Send + Sync {
    /// The name of the function in messages.
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

/// `main` prints its error with `Debug`, so this is the same as `Display`.
impl fmt::Debug for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Handles invocations until Lambda ends the process. The runtime logs the errors that `handle` returns.
pub async fn serve<H: Handler>(handler: H) -> Result<(), StartError> {
    lambda_runtime::tracing::init_default_subscriber();
    let handler = &handler;
    let service = |event: LambdaEvent<Value>| {
        // Boxed: an SDK call below the layers of the runtime exceeds the nesting limit of the compiler.
        Box::pin(async move { handle(handler, event.payload).await })
    };
    #[expect(clippy::disallowed_methods, reason = "the only place that starts the runtime")]
    let result = lambda_runtime::run(service_fn(service)).await;
    result.map_err(StartError::Runtime)
}

/// Handles one invocation. Tests call this directly.
pub async fn handle<H: Handler>(handler: &H, payload: Value) -> Result<Value, Diagnostic> {
    let result = async {
        let input = serde_path_to_error::deserialize(payload).map_err(|error| invalid_payload(&error))?;
        let output = handler.handle(input).await?;
        serde_json::to_value(output)
            .map_err(|error| StepError::new(ErrorCode::Unexpected, "could not serialize the output").with_source(error))
    };
    result.await.map_err(|error: StepError| Diagnostic {
        error_type: error.code().to_string(),
        error_message: error_message(&Failure::from_step_error(H::NAME, &error)),
    })
}

/// The failure as JSON, which the state machine, the API, and the sweep read.
fn error_message(failure: &Failure) -> String {
    serde_json::to_string(failure).unwrap_or_else(|_| failure.message.clone())
}

fn invalid_payload(error: &serde_path_to_error::Error<serde_json::Error>) -> StepError {
    let message = format!("payload field `{}`: {}", error.path(), error.inner());
    StepError::new(ErrorCode::InvalidRequest, message)
}
