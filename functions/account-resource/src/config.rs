//! What the stack sets.

use vending_core::Bounds;
use vending_executions::StateMachineArn;
use vending_runtime::{Environment, StartError};

/// The configuration from these environment variables, beside those of `Answers`:
///
/// - `RECORDS_BUCKET`: the bucket of the request records.
/// - `STATE_MACHINE_ARN`: the state machine that vends one account.
/// - `ANSWER_STATE_MACHINE_ARN`: the state machine that answers a stack when its time is up.
/// - what requests may ask for: see [`Environment::bounds`].
#[derive(Debug)]
pub struct Config {
    pub(crate) records_bucket: String,
    pub(crate) state_machine_arn: StateMachineArn,
    pub(crate) answer_state_machine_arn: StateMachineArn,
    pub(crate) bounds: Bounds,
}

impl Config {
    pub fn from_environment(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            records_bucket: environment.required("RECORDS_BUCKET")?,
            state_machine_arn: environment.parsed("STATE_MACHINE_ARN")?,
            answer_state_machine_arn: environment.parsed("ANSWER_STATE_MACHINE_ARN")?,
            bounds: environment.bounds()?,
        })
    }
}
