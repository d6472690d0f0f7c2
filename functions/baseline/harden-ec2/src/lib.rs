//! Encrypts EBS volumes by default, blocks public snapshots and AMIs, requires IMDSv2 by default, and deletes the
//! default VPCs.
//!
//! The EC2 defaults are set in each governed Region. If a declarative policy of the organization sets another value,
//! the value is kept and reported. Where the settings remove default VPCs, they are deleted in each enabled Region.

mod default_vpc;
mod region;
mod report;
mod settings;

use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use vending_core::{BaselineInput, ErrorCode, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, MemberSession, SessionPolicy, in_each_region};

use crate::default_vpc::DefaultVpc;
use crate::report::RegionReport;
use crate::settings::Settings;

pub use region::Region;

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));
/// The additional session policy for accounts whose default VPCs are deleted.
const DEFAULT_VPC_POLICY: &str = include_str!("../session-policy.default-vpcs.json");

#[derive(Debug)]
pub struct HardenEc2 {
    config: SdkConfig,
}

impl HardenEc2 {
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone() }
    }
}

impl BaselineStep for HardenEc2 {
    const NAME: &'static str = "HardenEc2";
    type Target = Vec<Region>;
    type Result = ();

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        region_names(input).is_empty().then(|| "no Region is governed".to_owned())
    }

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Vec<Region>, StepError> {
        require_enabled(input)?;
        let session = MemberSession::for_step(&self.config, request, input, &session_policy(input)).await?;
        Ok(regions(input, |region| Client::new(&session.in_region(region))))
    }

    async fn converge(
        &self,
        account: &Vec<Region>,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let work = account.iter().map(|region| (region.name().to_owned(), region.converge(changes)));
        let regions = in_each_region(work).await?;
        let reports = regions.into_iter().map(|(_, report)| report);
        let report = reports.fold(RegionReport::default(), RegionReport::merge);
        Ok(report.add_to(Converged::new(summary(input))))
    }
}

/// The governed Regions are a subset of the enabled Regions.
fn region_names(input: &BaselineInput) -> &[String] {
    if input.settings.remove_default_vpcs { &input.enabled_regions } else { &input.settings.governed_regions }
}

fn session_policy(input: &BaselineInput) -> SessionPolicy {
    if input.settings.remove_default_vpcs { SESSION_POLICY.and(DEFAULT_VPC_POLICY) } else { SESSION_POLICY }
}

fn regions(input: &BaselineInput, client: impl Fn(&str) -> Client) -> Vec<Region> {
    let region = |name: &String| {
        let client = client(name);
        let is_governed = input.settings.governed_regions.contains(name);
        let settings = is_governed.then(|| Settings::new(name, client.clone(), input.propagation_end()));
        let default_vpc = input.settings.remove_default_vpcs.then(|| DefaultVpc::new(name, client, input));
        Region::new(name, settings, default_vpc)
    };
    region_names(input).iter().map(region).collect()
}

fn summary(input: &BaselineInput) -> String {
    let governed = &input.settings.governed_regions;
    let settings = (!governed.is_empty())
        .then(|| format!("the defaults for EBS volumes, snapshots, AMIs, and IMDS are set in {}", governed.join(", ")));
    let default_vpcs = input
        .settings
        .remove_default_vpcs
        .then(|| format!("checked the default VPCs of {} Regions", input.enabled_regions.len()));
    settings.into_iter().chain(default_vpcs).collect::<Vec<_>>().join("; ")
}

/// Checks that all governed Regions are enabled. Otherwise AWS would deny every call there without a reason.
fn require_enabled(input: &BaselineInput) -> Result<(), StepError> {
    let is_disabled = |region: &&String| !input.enabled_regions.contains(region);
    let disabled: Vec<&str> = input.settings.governed_regions.iter().filter(is_disabled).map(String::as_str).collect();
    if disabled.is_empty() {
        return Ok(());
    }
    let message = format!("governed Regions that are not enabled in the account: {}", disabled.join(", "));
    let remedy = format!(
        "enable {} in the account, or remove it from `governedRegions` of the manifest; then send the same request again",
        disabled.join(", ")
    );
    Err(StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(remedy))
}

#[cfg(test)]
mod tests;
