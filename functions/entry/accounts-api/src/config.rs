//! The configuration of the function.

use vending_core::{AccountId, StateMachineArn};
use vending_runtime::{Environment, StartError};

use crate::operators::Operators;

/// The configuration from these environment variables:
///
/// - `RECORDS_BUCKET`: the bucket of the records and the settings.
/// - `STATE_MACHINE_ARN`: the state machine that vends one account.
/// - `OPERATOR_PRINCIPALS`: a list of ARNs of users and roles that can change any account. An entry can end with
///   `*`. The list can be empty.
/// - `MANAGEMENT_ACCOUNT_ID`: the account that cannot be adopted.
/// - `STACK_NAME`: the name of this deployment, a tag of the accounts that it vends.
#[derive(Debug)]
pub struct Config {
    pub(crate) records_bucket: String,
    pub(crate) state_machine_arn: StateMachineArn,
    pub(crate) operators: Operators,
    pub(crate) management_account: AccountId,
    pub(crate) deployment: String,
}

impl Config {
    pub fn from_environment(environment: &Environment) -> Result<Self, StartError> {
        let operators = environment.list("OPERATOR_PRINCIPALS");
        Ok(Self {
            records_bucket: environment.required("RECORDS_BUCKET")?,
            state_machine_arn: environment.parsed("STATE_MACHINE_ARN")?,
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            deployment: environment.required("STACK_NAME")?,
            operators: Operators::parse(&operators)
                .map_err(|why| StartError::Invalid { name: "OPERATOR_PRINCIPALS", why })?,
        })
    }
}
