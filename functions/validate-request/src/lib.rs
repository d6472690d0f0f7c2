//! Settles everything about a request that can be settled before an account and an email are spent.

mod access;
mod customizations;
mod switches;

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{AccountKey, AccountRequest, Assignment, Bounds, ErrorCode, PerUnit, Problem, RequestId, StepError};
use vending_organization::{KnownUnits, Organization, Units};
use vending_runtime::{Done, Environment, StartError, Step};

use crate::access::IdentityCenter;
use crate::customizations::StateMachineArn;
use crate::switches::Switches;

pub use switches::SWITCHABLE;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub request: AccountRequest,
}

/// What the later states work with.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validated {
    pub organizational_unit_id: String,
    pub governed_regions: Vec<String>,
    /// The steps that the stack leaves out in the account's organizational unit.
    pub switched_off: Vec<String>,
    /// What the request's `access` comes to in IAM Identity Center.
    pub assignments: Vec<Assignment>,
    /// The organization's own state machine for the organizational unit, to run on top of the baseline.
    pub customization_state_machine_arn: Option<String>,
}

#[derive(Debug)]
pub struct ValidateRequest {
    units: KnownUnits,
    identity_center: IdentityCenter,
    bounds: Bounds,
    governed_regions: Vec<String>,
    switches: Switches,
    customizations: PerUnit<StateMachineArn>,
}

impl ValidateRequest {
    /// Reads what [`Environment::bounds`] reads, and
    /// - `GOVERNED_REGIONS`: the regions that accounts are set up in;
    /// - `SWITCHED_OFF_STEPS`: steps to leave out, each by its folder's name, with `@` and the path of an OU where it is
    ///   left out only there and below: `request-quotas,set-budget@Sandbox`; may be empty;
    /// - `CUSTOMIZATION_STATE_MACHINE_ARNS` and, in the same order, `CUSTOMIZATION_ORGANIZATIONAL_UNITS`: for which OU
    ///   which state machine of the organization runs on top of the baseline; the OU `*` stands for all others; both may
    ///   be empty;
    /// - `MANAGEMENT_ACCOUNT_ID`: the account that owns the organization's IAM Identity Center;
    /// - `IDENTITY_CENTER_REGION`: the region of IAM Identity Center, where it is not the function's own.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            units: KnownUnits::new(Organization::new(aws_sdk_organizations::Client::new(config))),
            identity_center: IdentityCenter::new(config, environment)?,
            bounds: environment.bounds()?,
            governed_regions: environment.required_list("GOVERNED_REGIONS")?,
            switches: Switches::read(environment)?,
            customizations: customizations::read(environment)?,
        })
    }
}

impl Step for ValidateRequest {
    const NAME: &'static str = "ValidateRequest";
    type Input = Input;
    type Result = Validated;

    async fn run(&self, id: &RequestId, input: Input) -> Result<Done<Validated>, StepError> {
        let request = &input.request;
        if AccountKey::of(&request.account_email) != id.account_key {
            return Err(invalid("the request id does not belong to the request's accountEmail"));
        }
        // The doors have checked this; an execution that was started by hand has not been through a door.
        let refusals = request.refusals(&self.bounds);
        if !refusals.is_empty() {
            return Err(refused(&refusals));
        }
        let unit = self.units.resolve(&request.organizational_unit).await?;
        let access = self.identity_center.resolve(&request.access).await?;
        let (organizational_unit_id, assignments) = both(unit, access).map_err(|problems| refused(&problems))?;
        let detail = format!("{} is {organizational_unit_id}", request.organizational_unit);
        Ok(Done::unchanged(
            detail,
            Validated {
                organizational_unit_id,
                governed_regions: self.governed_regions.clone(),
                switched_off: self.switches.off_in(&request.organizational_unit),
                assignments,
                customization_state_machine_arn: self
                    .customizations
                    .of(&request.organizational_unit)
                    .map(ToString::to_string),
            },
        ))
    }
}

/// What was found; or everything that was not, so that a requester corrects it all at once.
fn both(unit: Units, access: Result<Vec<Assignment>, Vec<Problem>>) -> Result<(String, Vec<Assignment>), Vec<Problem>> {
    match (unit, access) {
        (Units::Found(id), Ok(assignments)) => Ok((id, assignments)),
        (Units::Found(_), Err(problems)) => Err(problems),
        (Units::Missing(detail), access) => {
            let unit = Problem::at(&["organizationalUnit"], detail);
            Err([vec![unit], access.err().unwrap_or_default()].concat())
        }
    }
}

fn refused(problems: &[Problem]) -> StepError {
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
