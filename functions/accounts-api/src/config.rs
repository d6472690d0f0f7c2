//! What the stack sets.

use vending_core::{AccountId, Bounds};
use vending_executions::StateMachineArn;
use vending_runtime::{Environment, StartError};

use crate::caller::Operators;

/// The configuration from these environment variables:
///
/// - `RECORDS_BUCKET`: the bucket of the request records.
/// - `STATE_MACHINE_ARN`: the state machine that vends one account.
/// - what requests may ask for: see [`Environment::bounds`].
/// - `OPERATOR_PRINCIPALS`: list of ARNs of users and roles that may change any account, `*` allowed at the end
///   of an entry; may be empty.
/// - `MANAGEMENT_ACCOUNT_ID`: the one account that cannot be adopted.
#[derive(Debug)]
pub struct Config {
    pub(crate) records_bucket: String,
    pub(crate) state_machine_arn: StateMachineArn,
    pub(crate) bounds: Bounds,
    pub(crate) operators: Operators,
    pub(crate) management_account: AccountId,
}

impl Config {
    pub fn from_environment(environment: &Environment) -> Result<Self, StartError> {
        let operators = environment.list("OPERATOR_PRINCIPALS");
        Ok(Self {
            records_bucket: environment.required("RECORDS_BUCKET")?,
            state_machine_arn: environment.parsed("STATE_MACHINE_ARN")?,
            bounds: environment.bounds()?,
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            operators: Operators::read(&operators)
                .map_err(|why| StartError::Invalid { name: "OPERATOR_PRINCIPALS", why })?,
        })
    }
}
