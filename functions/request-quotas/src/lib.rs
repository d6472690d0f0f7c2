//! Asks AWS for the quotas that the stack names.
//!
//! AWS may take days, may refuse, and may not answer: a request is followed from run to run. It fails no vend, and
//! holds up none for longer than the account takes to settle.

mod increase;
mod plan;
mod wanted;

use aws_config::SdkConfig;
use aws_sdk_servicequotas::Client;
use vending_core::{BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, StartError, in_each_region};

use crate::increase::Increase;
use crate::plan::State;
use crate::wanted::Wanted;

/// What this step does in the account.
///
/// Service Quotas makes its service-linked role with the first request, and reads some services' limits with the
/// rights of its caller: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ServiceQuotasFullAccess.html>.
pub const SESSION_ACTIONS: &[&str] = &[
    "autoscaling:DescribeAccountLimits",
    "cloudformation:DescribeAccountLimits",
    "dynamodb:DescribeLimits",
    "elasticloadbalancing:DescribeAccountLimits",
    "iam:CreateServiceLinkedRole",
    "iam:GetAccountSummary",
    "kinesis:DescribeLimits",
    "rds:DescribeAccountAttributes",
    "route53:GetAccountLimit",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
    "servicequotas:RequestServiceQuotaIncrease",
];

#[derive(Debug)]
pub struct RequestQuotas {
    config: SdkConfig,
    wanted: Vec<Wanted>,
}

impl RequestQuotas {
    /// Reads
    /// - `QUOTA_INCREASES`: a list of `service/quota=value`, each with `region:` before it where it is not for the
    ///   home region, like `ec2/L-1216C47A=64,eu-west-1:vpc/L-F678F1CE=20`; may be empty;
    /// - `AWS_REGION`, which Lambda sets: the home region.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let entries = environment.list("QUOTA_INCREASES");
        let wanted = wanted::parse(&entries, &environment.required("AWS_REGION")?);
        let wanted = wanted.map_err(|why| StartError::Invalid { name: "QUOTA_INCREASES", why })?;
        Ok(Self { config: config.clone(), wanted })
    }

    /// What is wanted, by region in the order of the setting.
    fn regions(&self, input: &BaselineInput, client: impl Fn(&str) -> Client) -> Vec<Region> {
        let ready_by = input.ready_by();
        let mut regions: Vec<Region> = Vec::new();
        for wanted in &self.wanted {
            let increase = Increase::new(wanted.clone(), client(&wanted.region), ready_by);
            match regions.iter_mut().find(|region| region.name == wanted.region) {
                Some(region) => region.increases.push(increase),
                None => regions.push(Region {
                    name: wanted.region.clone(),
                    is_enabled: input.enabled_regions.contains(&wanted.region),
                    increases: vec![increase],
                }),
            }
        }
        regions
    }
}

/// The quotas of one region that are to be raised.
#[derive(Debug)]
pub struct Region {
    name: String,
    is_enabled: bool,
    increases: Vec<Increase>,
}

impl BaselineStep for RequestQuotas {
    const NAME: &'static str = "RequestQuotas";
    type Account = Vec<Region>;
    type Result = ();

    fn skip(&self, _input: &BaselineInput) -> Option<String> {
        self.wanted.is_empty().then(|| "the stack asks for no quotas".to_owned())
    }

    async fn enter(&self, request: &RequestId, input: &BaselineInput) -> Result<Vec<Region>, StepError> {
        let session = MemberSession::of_step(&self.config, request, input, SESSION_ACTIONS).await?;
        Ok(self.regions(input, |region| Client::new(&session.in_region(region))))
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

impl Region {
    /// One after the other: Service Quotas takes few calls a second.
    async fn converge(&self, changes: &Changes) -> Result<Vec<State>, StepError> {
        let mut states = Vec::new();
        for increase in &self.increases {
            let state = if self.is_enabled { increase.converge(changes).await? } else { increase.out_of_reach() };
            states.push(state);
        }
        Ok(states)
    }
}

/// Pending as long as AWS has requests to work on, ours or others that ours waits for: what it refuses, nobody waits
/// for.
fn converged(states: &[State]) -> Converged {
    let found: Vec<&str> = states.iter().filter_map(State::found).collect();
    let notes: Vec<&str> = states.iter().filter_map(State::note).collect();
    let found = if found.is_empty() { "no quota is as asked for".to_owned() } else { found.join("; ") };
    let mut converged = Converged::new(found);
    if !notes.is_empty() {
        converged = converged.with_note(notes.join("; "));
    }
    let is_pending = states.iter().any(|state| matches!(state, State::Open(_)));
    if is_pending { converged.pending() } else { converged }
}

#[cfg(test)]
mod tests;
