//! Moves an account to the organizational unit of its request.
//!
//! Only requests by operators move an account out of a protected OU.

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{AccountId, RequestId, StepError};
use vending_organization::{MoveOutcome, Organization};
use vending_records::{AccountRecords, Records};
use vending_runtime::{Environment, StartError, Step, StepOutcome};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
}

#[derive(Debug)]
pub struct MoveAccount {
    records: Records,
    accounts: AccountRecords,
    organization: Organization,
}

impl MoveAccount {
    /// Reads `RECORDS_BUCKET`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let (s3, bucket) = (aws_sdk_s3::Client::new(config), environment.required("RECORDS_BUCKET")?);
        Ok(Self {
            records: Records::new(s3.clone(), bucket.clone()),
            accounts: AccountRecords::new(s3, bucket),
            organization: Organization::new(Client::new(config)),
        })
    }
}

impl Step for MoveAccount {
    const NAME: &'static str = "MoveAccount";
    type Input = Input;
    type Result = ();

    async fn run(&self, id: &RequestId, input: Input) -> Result<StepOutcome, StepError> {
        let request = self.records.validated(id).await?;
        self.accounts.verify_request(&input.account_id, id).await?;
        let (unit, protected) = (&request.validated.organizational_unit_id, &request.validated.protected_unit_ids);
        let off_limits = if request.record.by_operator { &[] } else { protected.as_slice() };
        Ok(match self.organization.ensure_in_unit(&input.account_id, unit, off_limits).await? {
            MoveOutcome::AlreadyThere => StepOutcome::unchanged(format!("already in {unit}"), ()),
            MoveOutcome::MovedFrom(parent) => StepOutcome::changed(format!("moved from {parent} to {unit}"), ()),
        })
    }
}
