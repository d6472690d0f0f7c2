//! Validates a request before an account is created, and records what the later steps use.

mod access;

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{
    AccountKey, AccountSettings, ErrorCode, Problem, RequestId, RequestPolicy, RequestRecord, StateMachineArn,
    StepError, Validated,
};
use vending_organization::{Organization, OuCache};
use vending_records::{Records, StoredSettings};
use vending_runtime::{Environment, StartError, Step, StepOutcome};
use vending_settings::{OuSettings, SettingsLookup, UnitSettings};

use crate::access::{Access, IdentityCenters};

/// Empty: the step validates the stored record of the request.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {}

#[derive(Debug)]
pub struct ValidateRequest {
    records: Records,
    settings: OuSettings,
    identity_centers: IdentityCenters,
}

impl ValidateRequest {
    /// Reads
    /// - `RECORDS_BUCKET`: the bucket of the request records and of the settings;
    /// - `MANAGEMENT_ACCOUNT_ID`: the account that owns the organization's IAM Identity Center.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let units = OuCache::new(Organization::new(aws_sdk_organizations::Client::new(config)));
        Ok(Self {
            records: Records::new(aws_sdk_s3::Client::new(config), environment.required("RECORDS_BUCKET")?),
            settings: OuSettings::new(StoredSettings::from_environment(config, environment)?, units),
            identity_centers: IdentityCenters::new(config, environment)?,
        })
    }
}

impl Step for ValidateRequest {
    const NAME: &'static str = "ValidateRequest";
    type Input = Input;
    type Result = Validated;

    async fn run(&self, id: &RequestId, _input: Input) -> Result<StepOutcome<Validated>, StepError> {
        let record = self.records.active(id).await?;
        let request = &record.request;
        if AccountKey::from_email(&request.account_email) != id.account_key {
            return Err(invalid("the request ID does not belong to the request's accountEmail"));
        }
        let found = self.settings.read().await?.of(&request.organizational_unit).await?;
        let problems = violations(&record, &found.policy(record.by_operator));
        let unit = match found {
            SettingsLookup::Found(unit) if problems.is_empty() => unit,
            _ => return Err(rejected(&problems)),
        };
        let center = self.identity_centers.in_region(unit.settings.identity_center_region.as_deref());
        let access = center.resolve(&request.access, &unit.vending.access).await?;
        let validated = validated(&record, &unit, access.map_err(|problems| rejected(&problems))?);
        self.records.put_validated(id, &validated).await?;
        let detail = format!("{} is {}", request.organizational_unit, validated.organizational_unit_id()?);
        Ok(StepOutcome::unchanged(detail, validated))
    }
}

/// The entry points have checked the request, but the settings may have changed since, and an execution that was started
/// manually has not passed one.
fn violations(record: &RequestRecord, policy: &RequestPolicy) -> Vec<Problem> {
    let mut problems = record.request.violations(policy);
    // The owner of the mailbox of a new account can become its root user. An account that may exist keeps its email.
    if record.account_id.is_none() && record.request_id.attempt == 1 {
        let violation = policy.email_violation(&record.request.account_email);
        problems.extend(violation.map(|detail| Problem::at(&["accountEmail"], detail)));
    }
    problems
}

fn validated(record: &RequestRecord, unit: &UnitSettings, access: Access) -> Validated {
    let customization = unit.vending.customization.as_ref().map(StateMachineArn::to_string);
    Validated {
        request: record.request.clone(),
        adopt: record.adopt,
        organizational_unit_ids: unit.ids.clone(),
        settings: Box::new(AccountSettings::new(&unit.settings, &unit.vending, &unit.ids)),
        assignments: access.assignments,
        pending_access: access.pending,
        customization_state_machine_arn: customization,
    }
}

fn rejected(problems: &[Problem]) -> StepError {
    let described = problems.iter().map(|problem| {
        let field = problem.pointer.trim_start_matches('/');
        format!("{field} {}", problem.detail)
    });
    invalid(described.collect::<Vec<_>>().join("; "))
}

fn invalid(message: impl Into<String>) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, message)
}

#[cfg(test)]
mod tests;
