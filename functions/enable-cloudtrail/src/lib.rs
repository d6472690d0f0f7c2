//! Makes sure that CloudTrail logs the account.
//!
//! An organization trail logs every member account from its birth, so by default there is nothing to make: the step
//! proves that the trail is there and covers the governed regions. A trail of the account's own is for organizations
//! that have none; where both are, AWS charges for the second copy of the events.

mod account;
mod organization;

use aws_config::SdkConfig;
use aws_sdk_cloudtrail::Client;
use vending_core::{BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, StartError};

use crate::account::AccountTrail;
use crate::organization::OrganizationTrail;

pub use account::SESSION_ACTIONS;

#[derive(Debug)]
pub struct EnableCloudtrail {
    config: SdkConfig,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Organization(OrganizationTrail),
    Account { bucket: String },
}

impl EnableCloudtrail {
    /// Reads
    /// - `TRAIL_MODE`: `organization` (the default) or `account`;
    /// - `ORGANIZATION_TRAIL_NAME`, in the mode `organization`: the trail's name, or its ARN if its home is another region;
    /// - `TRAIL_BUCKET_NAME`, in the mode `account`: where each account's own trail delivers to.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let mode = match environment.optional("TRAIL_MODE").as_deref() {
            None | Some("organization") => Mode::Organization(OrganizationTrail {
                client: Client::new(config),
                name: environment.required("ORGANIZATION_TRAIL_NAME")?,
            }),
            Some("account") => Mode::Account { bucket: environment.required("TRAIL_BUCKET_NAME")? },
            Some(other) => {
                return Err(StartError::Invalid {
                    name: "TRAIL_MODE",
                    why: format!("`{other}` is neither organization nor account"),
                });
            }
        };
        Ok(Self { config: config.clone(), mode })
    }
}

/// The trail that has to log the account.
#[derive(Debug)]
pub enum Trail {
    /// Looked at from the management account; never changed.
    OfTheOrganization(OrganizationTrail),
    OfTheAccount(AccountTrail),
}

impl BaselineStep for EnableCloudtrail {
    const NAME: &'static str = "EnableCloudtrail";
    type Account = Trail;
    type Result = ();

    /// Only a trail of the account's own needs a session in it.
    async fn enter(&self, request: &RequestId, input: &BaselineInput) -> Result<Trail, StepError> {
        let bucket = match &self.mode {
            Mode::Organization(trail) => return Ok(Trail::OfTheOrganization(trail.clone())),
            Mode::Account { bucket } => bucket.clone(),
        };
        let session = MemberSession::of_step(&self.config, request, input, SESSION_ACTIONS).await?;
        let client = Client::new(session.config());
        Ok(Trail::OfTheAccount(AccountTrail { client, bucket, ready_by: input.ready_by() }))
    }

    async fn converge(&self, trail: &Trail, input: &BaselineInput, changes: &Changes) -> Result<Converged, StepError> {
        match trail {
            Trail::OfTheOrganization(trail) => trail.verify(&input.governed_regions).await,
            Trail::OfTheAccount(trail) => trail.converge(changes).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;
    use vending_runtime::SessionPolicy;

    use super::*;

    fn start(variables: fn(&str) -> Option<String>) -> Result<EnableCloudtrail, String> {
        let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        EnableCloudtrail::new(&config, &Environment::of(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_organization_trail_is_the_default() {
        let step = start(|name| (name == "ORGANIZATION_TRAIL_NAME").then(|| "trail".to_owned()));
        assert!(matches!(step.unwrap().mode, Mode::Organization(_)));
    }

    #[test]
    fn an_account_trail_needs_a_bucket() {
        let without = start(|name| (name == "TRAIL_MODE").then(|| "account".to_owned()));
        assert!(without.unwrap_err().contains("TRAIL_BUCKET_NAME"));
        let step = start(|_| Some("account".to_owned())).unwrap();
        assert!(matches!(step.mode, Mode::Account { .. }));
    }

    #[test]
    fn a_wrong_setting_is_named_at_the_start() {
        assert!(start(|_| None).unwrap_err().contains("ORGANIZATION_TRAIL_NAME"));
        let error = start(|_| Some("both".to_owned())).unwrap_err();
        assert!(error.contains("`both` is neither"), "{error}");
    }

    #[test]
    fn the_session_policy_fits_into_what_sts_takes() {
        let policy = format!("{:?}", SessionPolicy::allow(SESSION_ACTIONS));
        assert!(policy.len() < 2_048, "{}", policy.len());
    }
}
