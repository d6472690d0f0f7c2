//! Validates a request before an account is created, and records what the later steps use.

mod access;
mod settings;

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{
    AccountKey, Assignment, ErrorCode, Problem, RequestId, RequestPolicy, StepError, Validated,
    has_custom_protected_units,
};
use vending_organization::{Organization, OuCache, OuLookup};
use vending_records::Records;
use vending_runtime::{Environment, StartError, Step, StepOutcome};

use crate::access::IdentityCenter;
use crate::settings::Settings;

/// Empty: the step validates the stored record of the request.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {}

#[derive(Debug)]
pub struct ValidateRequest {
    records: Records,
    units: OuCache,
    identity_center: IdentityCenter,
    policy: RequestPolicy,
    settings: Settings,
}

impl ValidateRequest {
    /// Reads what [`Environment::request_policy`] reads, and
    /// - `RECORDS_BUCKET`: the bucket of the request records;
    /// - the settings for accounts: see [`Settings::from_environment`];
    /// - `MANAGEMENT_ACCOUNT_ID`: the account that owns the organization's IAM Identity Center;
    /// - `IDENTITY_CENTER_REGION`: the Region of IAM Identity Center, if it is not the function's own.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            records: Records::new(aws_sdk_s3::Client::new(config), environment.required("RECORDS_BUCKET")?),
            units: OuCache::new(Organization::new(aws_sdk_organizations::Client::new(config))),
            identity_center: IdentityCenter::new(config, environment)?,
            policy: environment.request_policy()?,
            settings: Settings::from_environment(environment)?,
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
        // The entry points have checked this, but an execution that was started manually has not passed one.
        let mut problems = request.violations(&self.policy);
        // The owner of the mailbox of a new account can become its root user. An account that may exist keeps its
        // email.
        if record.account_id.is_none() && id.attempt == 1 {
            let violation = self.policy.email_violation(&request.account_email);
            problems.extend(violation.map(|detail| Problem::at(&["accountEmail"], detail)));
        }
        if !problems.is_empty() {
            return Err(rejected(&problems));
        }
        let unit = self.units.resolve(&request.organizational_unit).await?;
        let access = self.identity_center.resolve(&request.access).await?;
        let (organizational_unit_id, assignments) = combine(unit, access).map_err(|problems| rejected(&problems))?;
        let protected_unit_ids = self.protected_unit_ids().await?;
        let detail = format!("{} is {organizational_unit_id}", request.organizational_unit);
        let validated = Validated {
            request: request.clone(),
            adopt: record.adopt,
            organizational_unit_id,
            protected_unit_ids,
            settings: Box::new(self.settings.for_unit(&request.organizational_unit)),
            assignments,
            customization_state_machine_arn: self.settings.customization_for(&request.organizational_unit),
        };
        self.records.put_validated(id, &validated).await?;
        Ok(StepOutcome::unchanged(detail, validated))
    }
}

impl ValidateRequest {
    /// The IDs of the protected OUs. A misspelled or deleted OU would silently protect nothing, so it is an error.
    async fn protected_unit_ids(&self) -> Result<Vec<String>, StepError> {
        let resolved = self.units.resolve_all(&self.policy.protected_organizational_units).await?;
        if resolved.missing.is_empty() || !has_custom_protected_units(&self.policy.protected_organizational_units) {
            return Ok(resolved.ids);
        }
        let missing = resolved.missing.join("; ");
        Err(StepError::new(
            ErrorCode::InvalidConfiguration,
            format!("the stack's ProtectedOrganizationalUnits: {missing}"),
        ))
    }
}

/// Returns both results, or all problems of both, so that a requester can correct them at once.
fn combine(
    unit: OuLookup,
    access: Result<Vec<Assignment>, Vec<Problem>>,
) -> Result<(String, Vec<Assignment>), Vec<Problem>> {
    match (unit, access) {
        (OuLookup::Found(id), Ok(assignments)) => Ok((id, assignments)),
        (OuLookup::Found(_), Err(problems)) => Err(problems),
        (OuLookup::Missing(detail), access) => {
            let unit = Problem::at(&["organizationalUnit"], detail);
            Err([vec![unit], access.err().unwrap_or_default()].concat())
        }
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
