//! The configuration of the function.

use vending_api::Principals;
use vending_core::StateMachineArn;
use vending_runtime::{Environment, StartError};

/// The configuration from these environment variables:
///
/// - `RECORDS_BUCKET`: the bucket of the manifests, the plans, and the runs.
/// - `STATE_MACHINE_ARN`: the state machine that plans and applies manifests.
/// - `ORGANIZATION_PRINCIPALS`: a list of ARNs of users and roles that can call this function. An entry can end with
///   `*`. The list can be empty.
#[derive(Debug)]
pub struct Config {
    pub(crate) records_bucket: String,
    pub(crate) state_machine_arn: StateMachineArn,
    pub(crate) principals: Principals,
}

impl Config {
    pub fn from_environment(environment: &Environment) -> Result<Self, StartError> {
        let principals = environment.list("ORGANIZATION_PRINCIPALS");
        Ok(Self {
            records_bucket: environment.required("RECORDS_BUCKET")?,
            state_machine_arn: environment.parsed("STATE_MACHINE_ARN")?,
            principals: Principals::parse(&principals)
                .map_err(|why| StartError::Invalid { name: "ORGANIZATION_PRINCIPALS", why })?,
        })
    }
}
