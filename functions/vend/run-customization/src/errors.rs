//! The errors of a customization that has not succeeded, with their remedies.

use vending_core::{ErrorCode, StepError};
use vending_executions::End;

/// The maximum length of the customization's own error in the message, in characters.
const MAX_END_CHARS: usize = 500;

pub(crate) fn invalid_arn(state_machine: &str, why: &str) -> StepError {
    let message = format!("the customization {state_machine} cannot be run: {why}");
    map_sfn_error(state_machine, StepError::new(ErrorCode::InvalidConfiguration, message))
}

/// Adds the remedy to an error of Step Functions that the settings cause.
pub(crate) fn map_sfn_error(state_machine: &str, error: StepError) -> StepError {
    match error.code() {
        ErrorCode::InvalidConfiguration => error.with_remedy(format!(
            "correct {state_machine} in the stack's parameter CustomizationStateMachineArns and in `customization` of the manifest: it must be an existing state machine in this account and Region; then send the same request again"
        )),
        _ => error,
    }
}

/// Executions of Express workflows, versions, and aliases can have ARNs that cannot be derived from the request.
pub(crate) fn not_standard(state_machine: &str, execution: &str) -> StepError {
    let message = format!(
        "the customization {state_machine} was started as {execution}, an execution that cannot be found by its name"
    );
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(
        "name a Standard state machine, without version or alias, in the stack's parameter CustomizationStateMachineArns and in `customization` of the manifest; then send the same request again",
    )
}

pub(crate) fn still_running(execution: &str) -> StepError {
    StepError::new(ErrorCode::NotReady, format!("the customization {execution} is still running")).with_remedy(format!(
        "check what {execution} waits for; when it has ended or was stopped, send the same request again, which runs the customization again"
    ))
}

pub(crate) fn failed(execution: &str, end: &End) -> StepError {
    let message = format!("the customization {execution}: {}", truncate(&end.to_string()));
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(format!(
        "open {execution} in the Step Functions console and fix the cause of its failure, then send the same request again, which runs the customization again"
    ))
}

fn truncate(text: &str) -> String {
    match text.char_indices().nth(MAX_END_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
