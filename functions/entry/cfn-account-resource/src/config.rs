//! The configuration of the function.

use vending_core::StateMachineArn;
use vending_runtime::{Environment, StartError};

/// The configuration from these environment variables, in addition to those of `StackResponder`:
///
/// - `RECORDS_BUCKET`: the bucket of the records and the settings.
/// - `STATE_MACHINE_ARN`: the state machine that vends one account.
/// - `ANSWER_STATE_MACHINE_ARN`: the state machine of the timer, which responds to a stack before it times out.
#[derive(Debug)]
pub struct Config {
    pub(crate) records_bucket: String,
    pub(crate) state_machine_arn: StateMachineArn,
    pub(crate) timer_state_machine_arn: StateMachineArn,
}

impl Config {
    pub fn from_environment(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            records_bucket: environment.required("RECORDS_BUCKET")?,
            state_machine_arn: environment.parsed("STATE_MACHINE_ARN")?,
            timer_state_machine_arn: environment.parsed("ANSWER_STATE_MACHINE_ARN")?,
        })
    }
}
