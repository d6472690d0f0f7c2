//! Encrypts volumes, keeps snapshots and images private, asks for IMDSv2, and removes the default VPCs.
//!
//! All of it is set for each region by itself: the defaults of EC2 where the account is governed, the default VPC
//! wherever AWS made one.

mod default_vpc;
mod region;
mod settings;

use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use vending_core::{BaselineInput, ErrorCode, OrganizationalUnitPath, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, StartError, in_each_region};

use crate::default_vpc::DefaultVpc;
use crate::region::Remarks;
use crate::settings::Settings;

pub use region::Region;

/// What this step does in the account.
pub const SESSION_ACTIONS: &[&str] = settings::SESSION_ACTIONS;

/// What it does beside that where the default VPCs are removed.
pub const DEFAULT_VPC_SESSION_ACTIONS: &[&str] = default_vpc::SESSION_ACTIONS;

#[derive(Debug)]
pub struct HardenCompute {
    config: SdkConfig,
    /// The units whose accounts have no default VPCs.
    removes_default_vpcs_in: Vec<String>,
}

impl HardenCompute {
    /// Reads `REMOVE_DEFAULT_VPCS`: the paths of the OUs in whose accounts the default VPC of every enabled region is
    /// removed; `*` is all, nothing is none.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        const NAME: &str = "REMOVE_DEFAULT_VPCS";
        let units = environment.list(NAME);
        for unit in units.iter().filter(|unit| *unit != "*") {
            let path = unit.parse::<OrganizationalUnitPath>();
            path.map_err(|error| StartError::Invalid { name: NAME, why: format!("`{unit}` {error}") })?;
        }
        Ok(Self { config: config.clone(), removes_default_vpcs_in: units })
    }

    fn removes_default_vpcs(&self, input: &BaselineInput) -> bool {
        let unit = &input.request.organizational_unit;
        self.removes_default_vpcs_in.iter().any(|entry| entry == "*" || unit.is_within(entry))
    }
}

impl BaselineStep for HardenCompute {
    const NAME: &'static str = "HardenCompute";
    type Account = Vec<Region>;
    type Result = ();

    fn skip(&self, input: &BaselineInput) -> Option<String> {
        self.region_names(input).is_empty().then(|| "no region is governed".to_owned())
    }

    async fn enter(&self, request: &RequestId, input: &BaselineInput) -> Result<Vec<Region>, StepError> {
        require_enabled(input)?;
        let session = MemberSession::of_step(&self.config, request, input, &self.session_actions(input)).await?;
        Ok(self.regions(input, |region| Client::new(&session.in_region(region))))
    }

    async fn converge(
        &self,
        account: &Vec<Region>,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let work = account.iter().map(|region| (region.name().to_owned(), region.converge(changes)));
        let regions = in_each_region(work).await?;
        let remarks = regions.into_iter().map(|(_, remarks)| remarks).fold(Remarks::default(), Remarks::and);
        Ok(remarks.on(Converged::new(self.found(input))))
    }
}

impl HardenCompute {
    /// A governed region is an enabled one.
    fn region_names<'a>(&self, input: &'a BaselineInput) -> &'a [String] {
        if self.removes_default_vpcs(input) { &input.enabled_regions } else { &input.governed_regions }
    }

    fn session_actions(&self, input: &BaselineInput) -> Vec<&'static str> {
        let default_vpc = if self.removes_default_vpcs(input) { DEFAULT_VPC_SESSION_ACTIONS } else { &[] };
        [default_vpc, SESSION_ACTIONS].concat()
    }

    fn regions(&self, input: &BaselineInput, client: impl Fn(&str) -> Client) -> Vec<Region> {
        let removes = self.removes_default_vpcs(input);
        let region = |name: &String| {
            let client = client(name);
            let is_governed = input.governed_regions.contains(name);
            let settings = is_governed.then(|| Settings::new(name, client.clone(), input.ready_by()));
            let default_vpc = removes.then(|| DefaultVpc::new(name, client, input));
            Region::new(name, settings, default_vpc)
        };
        self.region_names(input).iter().map(region).collect()
    }

    fn found(&self, input: &BaselineInput) -> String {
        let governed = &input.governed_regions;
        let settings = (!governed.is_empty())
            .then(|| format!("the defaults for volumes, snapshots, AMIs and IMDS stand in {}", governed.join(", ")));
        let default_vpcs = self
            .removes_default_vpcs(input)
            .then(|| format!("the default VPCs of {} regions are seen to", input.enabled_regions.len()));
        settings.into_iter().chain(default_vpcs).collect::<Vec<_>>().join("; ")
    }
}

/// In a region that is not enabled every call would be denied, for a reason that AWS does not name.
fn require_enabled(input: &BaselineInput) -> Result<(), StepError> {
    let is_disabled = |region: &&String| !input.enabled_regions.contains(region);
    let disabled: Vec<&str> = input.governed_regions.iter().filter(is_disabled).map(String::as_str).collect();
    if disabled.is_empty() {
        return Ok(());
    }
    let message = format!("governed, but not enabled in the account: {}", disabled.join(", "));
    let remedy = format!(
        "enable {} in the account, or take it out of the governed regions of the stack; then send the same request again",
        disabled.join(", ")
    );
    Err(StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(remedy))
}

#[cfg(test)]
mod tests;
