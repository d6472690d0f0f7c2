//! Why the customization is not done, and what to do about it.

use vending_core::{ErrorCode, StepError};
use vending_executions::End;

/// Whatever a state machine writes about its end has to fit into ours.
const MAXIMUM_END: usize = 500;

pub(crate) fn no_state_machine(named: &str, why: &str) -> StepError {
    of_state_machine(named, StepError::new(ErrorCode::InvalidConfiguration, format!("cannot be run: {why}")))
}

/// What Step Functions refuses because of the state machine is the stack's to correct.
pub(crate) fn of_state_machine(named: &str, error: StepError) -> StepError {
    match error.code() {
        ErrorCode::InvalidConfiguration => error.with_remedy(format!(
            "have the stack's parameter CustomizationStateMachineArns name a state machine of this account and Region that can be run, not {named}; then send the same request again"
        )),
        _ => error,
    }
}

/// Executions of Express workflows, versions and aliases may have ARNs that do not follow from the request.
pub(crate) fn cannot_be_followed(named: &str, started: &str) -> StepError {
    let message =
        format!("the customization {named} was started as {started}, which cannot be found again by its name");
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(
        "have the stack's parameter CustomizationStateMachineArns name a Standard state machine, without version or alias; then send the same request again",
    )
}

pub(crate) fn still_runs(execution: &str) -> StepError {
    StepError::new(ErrorCode::NotReady, format!("the customization {execution} still runs")).with_remedy(format!(
        "see what {execution} waits for; when it has ended or was stopped, send the same request again, which runs the customization anew"
    ))
}

pub(crate) fn failed(execution: &str, end: &End) -> StepError {
    let message = format!("the customization {execution}: {}", cut(&end.to_string()));
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(format!(
        "look at {execution} in the Step Functions console and mend what made it fail, then send the same request again, which runs the customization anew"
    ))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAXIMUM_END) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
