//! Moves an account to the organizational unit of its request.
//!
//! Only requests by operators move an account out of an OU in which requests are denied.

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{AccountId, RequestId, StepError};
use vending_organization::Organization;
use vending_records::{RecordedInput, StoredSettings};
use vending_runtime::{Environment, StartError, Step, StepOutcome};
use vending_settings::{MoveOutcome, ensure_in_unit};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
}

#[derive(Debug)]
pub struct MoveAccount {
    recorded: RecordedInput,
    settings: StoredSettings,
    organization: Organization,
}

impl MoveAccount {
    /// Reads `RECORDS_BUCKET`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            recorded: RecordedInput::new(config, environment)?,
            settings: StoredSettings::from_environment(config, environment)?,
            organization: Organization::new(Client::new(config)),
        })
    }
}

impl Step for MoveAccount {
    const NAME: &'static str = "MoveAccount";
    type Input = Input;
    type Result = ();

    async fn run(&self, id: &RequestId, input: Input) -> Result<StepOutcome, StepError> {
        let request = self.recorded.request(id, &input.account_id).await?;
        let (unit, by_operator) = (request.validated.organizational_unit_id()?, request.record.by_operator);
        let moving = ensure_in_unit(&self.organization, &self.settings, &input.account_id, unit, by_operator);
        Ok(match moving.await? {
            MoveOutcome::AlreadyThere => StepOutcome::unchanged(format!("already in {unit}"), ()),
            MoveOutcome::MovedFrom(parent) => StepOutcome::changed(format!("moved from {parent} to {unit}"), ()),
        })
    }
}
