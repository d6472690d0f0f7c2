//! Enables AWS Config in each governed Region of the account: its service-linked role, a recorder for all resource
//! types, and a delivery channel.
//!
//! An existing recorder or channel is used under its own name. In an OU that Control Tower governs, Control Tower
//! creates the recorders, and the step only checks them.

mod control_tower;
mod plan;
mod region;
mod service_role;

use aws_config::SdkConfig;
use aws_sdk_config::Client;
use vending_core::{BaselineInput, ErrorCode, RequestId, StepError};
use vending_iam::config_role;
use vending_runtime::{
    BaselineStep, Changes, Converged, Environment, MemberSession, SessionPolicy, StartError, in_each_region,
};

use crate::plan::Desired;
use crate::region::Region;
use crate::service_role::ServiceRole;

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));
/// The session policy for OUs that Control Tower governs.
const READ_ONLY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.control-tower.json"));

#[derive(Debug)]
pub struct EnableConfig {
    config: SdkConfig,
    home_region: String,
}

impl EnableConfig {
    /// Reads `AWS_REGION`, which Lambda sets: the home Region, the only one that records the global resource types.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { config: config.clone(), home_region: environment.required("AWS_REGION")? })
    }
}

const NO_BUCKET: &str = "the manifest names no bucket that AWS Config delivers to; see its key `config`";

/// The clients of one run, by the owner of the recorders.
#[derive(Debug)]
pub enum Recorders {
    ControlTower(Clients),
    AccountVending { role: ServiceRole, clients: Clients, bucket: String },
}

/// One client for each governed Region.
type Clients = Vec<(String, Client)>;

impl BaselineStep for EnableConfig {
    const NAME: &'static str = "EnableConfig";
    type Target = Recorders;
    type Result = ();

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        let settings = &input.settings;
        let has_no_owner = settings.config_bucket.is_none() && !settings.governed_by_control_tower;
        has_no_owner.then(|| NO_BUCKET.to_owned())
    }

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Recorders, StepError> {
        let governed = input.settings.governed_by_control_tower;
        let policy = if governed { READ_ONLY } else { SESSION_POLICY };
        let session = MemberSession::for_step(&self.config, request, input, &policy).await?;
        let regions = input.settings.governed_regions.iter();
        let clients = regions.map(|region| (region.clone(), Client::new(&session.in_region(region)))).collect();
        if governed {
            return Ok(Recorders::ControlTower(clients));
        }
        let bucket = input.settings.config_bucket.clone();
        let bucket = bucket.ok_or_else(|| StepError::new(ErrorCode::InvalidConfiguration, NO_BUCKET))?;
        let role = ServiceRole::new(aws_sdk_iam::Client::new(session.config()));
        Ok(Recorders::AccountVending { role, clients, bucket })
    }

    async fn converge(
        &self,
        account: &Recorders,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        match account {
            Recorders::ControlTower(clients) => control_tower::verify(clients, input).await,
            Recorders::AccountVending { role, clients, bucket } => {
                role.converge(input.propagation_end(), changes).await?;
                self.converge_regions(clients, bucket, input, changes).await?;
                Ok(Converged::new(format!("AWS Config records the account in {}", names(clients))))
            }
        }
    }
}

impl EnableConfig {
    async fn converge_regions(
        &self,
        clients: &Clients,
        bucket: &str,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<(), StepError> {
        let work = clients.iter().map(|(name, client)| {
            let desired = Desired {
                role_arn: config_role::arn(&input.account_id),
                bucket: bucket.to_owned(),
                global_resource_types: *name == self.home_region,
            };
            let region = Region { name, client, desired, propagation_end: input.propagation_end() };
            (name.clone(), changes.part(name, async move |changes| region.converge(&changes).await))
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
