//! Blocks public sharing of Systems Manager (SSM) documents in each governed Region.
//!
//! In a new account, a document can be shared with all AWS accounts, which Security Hub reports as the critical finding
//! [SSM.7](https://docs.aws.amazon.com/securityhub/latest/userguide/ssm-controls.html#ssm-7). Documents can still be
//! shared with single accounts.

mod region;

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;
use vending_core::{BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, MemberSession, SessionPolicy, in_each_region};

pub use region::Region;

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

#[derive(Debug)]
pub struct HardenSsm {
    config: SdkConfig,
}

impl HardenSsm {
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone() }
    }
}

impl BaselineStep for HardenSsm {
    const NAME: &'static str = "HardenSsm";
    type Target = Vec<Region>;
    type Result = ();

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        input.settings.governed_regions.is_empty().then(|| "no Region is governed".to_owned())
    }

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Vec<Region>, StepError> {
        let session = MemberSession::for_step(&self.config, request, input, &SESSION_POLICY).await?;
        let region = |name: &String| Region {
            name: name.clone(),
            client: Client::new(&session.in_region(name)),
            propagation_end: input.propagation_end(),
        };
        Ok(input.settings.governed_regions.iter().map(region).collect())
    }

    async fn converge(
        &self,
        regions: &Vec<Region>,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        in_each_region(regions.iter().map(|region| (region.name.clone(), region.converge(changes)))).await?;
        let governed = input.settings.governed_regions.join(", ");
        Ok(Converged::new(format!("public sharing of SSM documents is blocked in {governed}")))
    }
}

#[cfg(test)]
mod tests;
