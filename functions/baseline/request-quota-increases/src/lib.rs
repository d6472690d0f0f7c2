//! Requests the service quota increases of the settings.
//!
//! AWS may need days, may reject a request, or may not respond. So each run reads the status of the request again, and
//! the step is pending until AWS has raised the quota. A rejected increase is reported and not requested again. A
//! request never fails a vend, and delays it at most until the propagation window ends.

mod increase;
mod plan;

use aws_config::SdkConfig;
use aws_sdk_servicequotas::Client;
use vending_core::{BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, MemberSession, SessionPolicy, in_each_region};

use crate::increase::Increase;
use crate::plan::State;

/// The session policy of the step.
///
/// Service Quotas creates its service-linked role with the first request, and reads the limits of some services with
/// the permissions of its caller:
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ServiceQuotasFullAccess.html>.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

#[derive(Debug)]
pub struct RequestQuotaIncreases {
    config: SdkConfig,
}

impl RequestQuotaIncreases {
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone() }
    }
}

/// The quota increases of one Region.
#[derive(Debug)]
pub struct Region {
    name: String,
    is_enabled: bool,
    increases: Vec<Increase>,
}

impl BaselineStep for RequestQuotaIncreases {
    const NAME: &'static str = "RequestQuotaIncreases";
    type Target = Vec<Region>;
    type Result = ();

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        input.settings.quota_increases.is_empty().then(|| "the manifest has no quotaIncreases for this OU".to_owned())
    }

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Vec<Region>, StepError> {
        let session = MemberSession::for_step(&self.config, request, input, &SESSION_POLICY).await?;
        Ok(regions(input, |region| Client::new(&session.in_region(region))))
    }

    async fn converge(
        &self,
        account: &Vec<Region>,
        _input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let work = account.iter().map(|region| (region.name.clone(), region.converge(changes)));
        let regions = in_each_region(work).await?;
        let states: Vec<State> = regions.into_iter().flat_map(|(_, states)| states).collect();
        Ok(converged(&states))
    }
}

/// The increases by Region, in the order of the setting.
fn regions(input: &BaselineInput, client: impl Fn(&str) -> Client) -> Vec<Region> {
    let propagation_end = input.propagation_end();
    let mut regions: Vec<Region> = Vec::new();
    for wanted in &input.settings.quota_increases {
        let increase = Increase::new(wanted.clone(), client(wanted.region()), propagation_end);
        match regions.iter_mut().find(|region| region.name == wanted.region()) {
            Some(region) => region.increases.push(increase),
            None => regions.push(Region {
                name: wanted.region().to_owned(),
                is_enabled: input.enabled_regions.iter().any(|enabled| enabled == wanted.region()),
                increases: vec![increase],
            }),
        }
    }
    regions
}

impl Region {
    /// Converges one increase after the other, because Service Quotas allows few calls per second.
    async fn converge(&self, changes: &Changes) -> Result<Vec<State>, StepError> {
        let mut states = Vec::new();
        for increase in &self.increases {
            let state = if self.is_enabled { increase.converge(changes).await? } else { increase.region_disabled() };
            states.push(state);
        }
        Ok(states)
    }
}

/// The report of all increases. It is pending while AWS has open requests; rejected requests are only noted.
fn converged(states: &[State]) -> Converged {
    let found: Vec<&str> = states.iter().filter_map(State::found).collect();
    let notes: Vec<&str> = states.iter().filter_map(State::note).collect();
    let found = if found.is_empty() { "no quota has its configured value".to_owned() } else { found.join("; ") };
    let mut converged = Converged::new(found);
    if !notes.is_empty() {
        converged = converged.with_note(notes.join("; "));
    }
    let is_pending = states.iter().any(|state| matches!(state, State::Open(_)));
    if is_pending { converged.pending() } else { converged }
}

#[cfg(test)]
mod tests;
