//! Moves an account from wherever it is to its organizational unit.

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{AccountId, RequestId, StepError};
use vending_organization::{Organization, Placed};
use vending_runtime::{Done, Step};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
    pub organizational_unit_id: String,
}

#[derive(Debug)]
pub struct MoveAccount {
    organization: Organization,
}

impl MoveAccount {
    pub fn new(config: &SdkConfig) -> Self {
        Self { organization: Organization::new(Client::new(config)) }
    }
}

impl Step for MoveAccount {
    const NAME: &'static str = "MoveAccount";
    type Input = Input;
    type Result = ();

    async fn run(&self, _request: &RequestId, input: Input) -> Result<Done, StepError> {
        let unit = &input.organizational_unit_id;
        Ok(match self.organization.place(&input.account_id, unit).await? {
            Placed::Already => Done::unchanged(format!("already in {unit}"), ()),
            Placed::MovedFrom(parent) => Done::changed(format!("moved from {parent} to {unit}"), ()),
        })
    }
}
