//! Makes AWS Config record the account, in each governed region.
//!
//! Where Control Tower governs an organizational unit, recording is Control Tower's to set up: there the step only
//! proves that it did.

mod control_tower;
mod plan;
mod region;
mod service_role;

use aws_config::SdkConfig;
use aws_sdk_config::Client;
use vending_core::{BaselineInput, OrganizationalUnitPath, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, StartError, in_each_region};

use crate::plan::Desired;
use crate::region::Region;
use crate::service_role::ServiceRole;

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

/// The clients of one session.
#[derive(Debug)]
pub enum Recorded {
    ByControlTower(Clients),
    ByOurselves { role: ServiceRole, clients: Clients },
}

/// One client for each governed region.
type Clients = Vec<(String, Client)>;

impl BaselineStep for EnableConfig {
    const NAME: &'static str = "EnableConfig";
    type Account = Recorded;
    type Result = ();

    async fn enter(&self, request: &RequestId, input: &BaselineInput) -> Result<Recorded, StepError> {
        let governed = self.is_governed_by_control_tower(&input.request.organizational_unit);
        let actions = if governed { control_tower::SESSION_ACTIONS } else { SESSION_ACTIONS };
        let session = MemberSession::of_step(&self.config, request, input, actions).await?;
        let regions = input.governed_regions.iter();
        let clients = regions.map(|region| (region.clone(), Client::new(&session.in_region(region)))).collect();
        if governed {
            return Ok(Recorded::ByControlTower(clients));
        }
        let role = ServiceRole::new(aws_sdk_iam::Client::new(session.config()));
        Ok(Recorded::ByOurselves { role, clients })
    }

    async fn converge(
        &self,
        account: &Recorded,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        match account {
            Recorded::ByControlTower(clients) => control_tower::verify(clients, input).await,
            Recorded::ByOurselves { role, clients } => {
                role.converge(input.ready_by(), changes).await?;
                self.converge_regions(clients, input, changes).await?;
                Ok(Converged::new(format!("AWS Config records {}", names(clients))))
            }
        }
    }
}

impl EnableConfig {
    fn is_governed_by_control_tower(&self, unit: &OrganizationalUnitPath) -> bool {
        self.control_tower_units.iter().any(|governed| unit.is_within(governed))
    }

    async fn converge_regions(
        &self,
        clients: &Clients,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<(), StepError> {
        let work = clients.iter().map(|(name, client)| {
            let desired = Desired {
                role_arn: service_role::arn(&input.account_id),
                bucket: self.bucket.clone(),
                global_resource_types: *name == self.home_region,
            };
            let ready_by = input.ready_by();
            let region = Region { name, client, desired, ready_by, changes };
            (name.clone(), region.converge())
        });
        in_each_region(work).await?;
        Ok(())
    }
}

fn names(clients: &Clients) -> String {
    clients.iter().map(|(region, _)| region.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
