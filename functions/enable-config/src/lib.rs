//! Makes AWS Config record the account, in each governed region.
//!
//! Where Control Tower governs an organizational unit, recording is Control Tower's to set up: there the step only
//! proves that it did.

mod control_tower;
mod fan_out;
mod plan;
mod region;
mod service_role;

use aws_config::SdkConfig;
use aws_sdk_config::Client;
use vending_core::{BaselineInput, OrganizationalUnitPath, RequestId, StepError, ready_by};
use vending_runtime::{Done, Environment, MemberSession, SessionPolicy, StartError, Step};

use crate::plan::Desired;
use crate::region::Region;

pub use region::SESSION_ACTIONS;

#[derive(Debug)]
pub struct EnableConfig {
    config: SdkConfig,
    bucket: String,
    control_tower_units: Vec<String>,
    home_region: String,
}

impl EnableConfig {
    /// Reads
    /// - `CONFIG_BUCKET_NAME`: the bucket of the log archive that each account's recordings are delivered to;
    /// - `CONTROL_TOWER_ORGANIZATIONAL_UNITS`: the paths of the OUs that Control Tower governs; may be empty;
    /// - `AWS_REGION`, which Lambda sets: the home region, in which alone the global resource types are recorded.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let control_tower_units = environment.list("CONTROL_TOWER_ORGANIZATIONAL_UNITS");
        for unit in &control_tower_units {
            let path = unit.parse::<OrganizationalUnitPath>();
            path.map_err(|error| StartError::Invalid {
                name: "CONTROL_TOWER_ORGANIZATIONAL_UNITS",
                why: format!("`{unit}` {error}"),
            })?;
        }
        Ok(Self {
            config: config.clone(),
            bucket: environment.required("CONFIG_BUCKET_NAME")?,
            control_tower_units,
            home_region: environment.required("AWS_REGION")?,
        })
    }
}

/// One client for each governed region.
type Clients = Vec<(String, Client)>;

impl Step for EnableConfig {
    const NAME: &'static str = "EnableConfig";
    type Input = BaselineInput;
    type Result = ();

    async fn run(&self, request: &RequestId, input: BaselineInput) -> Result<Done, StepError> {
        let governed = self.is_governed_by_control_tower(&input.organizational_unit);
        let actions = if governed { control_tower::SESSION_ACTIONS } else { SESSION_ACTIONS };
        let session = MemberSession::assume(
            &self.config,
            &input.role_arn,
            &request.to_string(),
            &SessionPolicy::allow(actions),
            ready_by(input.account_created_at),
        )
        .await?;
        let regions = input.governed_regions.iter();
        let client = |region: &String| (region.clone(), Client::new(&session.in_region(region)));
        let clients: Clients = regions.map(client).collect();
        if governed {
            return control_tower::verify(clients, input.account_created_at).await;
        }
        let iam = aws_sdk_iam::Client::new(session.config());
        self.converge(&iam, clients, &input).await
    }
}

impl EnableConfig {
    fn is_governed_by_control_tower(&self, unit: &OrganizationalUnitPath) -> bool {
        self.control_tower_units.iter().any(|governed| unit.is_within(governed))
    }

    async fn converge(
        &self,
        iam: &aws_sdk_iam::Client,
        clients: Clients,
        input: &BaselineInput,
    ) -> Result<Done, StepError> {
        let ready_by = ready_by(input.account_created_at);
        let role_is_new = service_role::ensure(iam, ready_by).await?;
        let work = clients.into_iter().map(|(name, client)| {
            let desired = Desired {
                role_arn: service_role::arn(&input.account_id),
                bucket: self.bucket.clone(),
                global_resource_types: name == self.home_region,
            };
            let region = Region { client, desired, ready_by };
            (name, region.converge())
        });
        let done = fan_out::in_each_region(work).await?;
        if role_is_new {
            let detail = format!("created {}; {}", service_role::NAME, done.detail);
            return Ok(Done::changed(detail, ()));
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests;
