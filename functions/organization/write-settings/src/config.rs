//! The configuration of the function.

use vending_runtime::{Environment, StartError};

/// The configuration from these environment variables:
///
/// - `RECORDS_BUCKET`: the bucket of the settings, the manifests, and the plans.
/// - `CUSTOMIZATION_STATE_MACHINE_ARNS`: a list of the state machines that the stack may run. The list can be empty.
#[derive(Debug)]
pub struct Config {
    pub(crate) records_bucket: String,
    pub(crate) customizations: Vec<String>,
}

impl Config {
    pub fn from_environment(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            records_bucket: environment.required("RECORDS_BUCKET")?,
            customizations: environment.list("CUSTOMIZATION_STATE_MACHINE_ARNS"),
        })
    }
}
