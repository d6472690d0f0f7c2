//! Checks or creates the CloudTrail trail that logs the account.
//!
//! An organization trail logs every member account since its creation. So by default, the step creates nothing: it
//! checks that the trail covers the account and the governed Regions, logs, and delivers. With `TrailMode=account`, for
//! organizations without an organization trail, it creates the multi-Region trail `account-vending` in the account. AWS
//! charges for the second copy of the events if both exist.

mod account;
mod organization;

use aws_config::SdkConfig;
use aws_sdk_cloudtrail::Client;
use vending_core::{BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, SessionPolicy, StartError};

use crate::account::AccountTrail;
use crate::organization::OrganizationTrail;

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

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
    /// - `ORGANIZATION_TRAIL_NAME`, in the mode `organization`: the name of the trail, or its ARN if its home Region is
    ///   another one;
    /// - `TRAIL_BUCKET_NAME`, in the mode `account`: the bucket to which the trail of each account delivers.
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
                    why: format!("`{other}` is not valid: expected organization or account"),
                });
            }
        };
        Ok(Self { config: config.clone(), mode })
    }
}

/// The trail that logs the account.
#[derive(Debug)]
pub enum Trail {
    /// Read in the management account and never changed.
    Organization(OrganizationTrail),
    Account(AccountTrail),
}

impl BaselineStep for EnableCloudtrail {
    const NAME: &'static str = "EnableCloudtrail";
    type Target = Trail;
    type Result = ();

    /// Opens a session only for a trail in the account.
    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Trail, StepError> {
        let bucket = match &self.mode {
            Mode::Organization(trail) => return Ok(Trail::Organization(trail.clone())),
            Mode::Account { bucket } => bucket.clone(),
        };
        let session = MemberSession::for_step(&self.config, request, input, &SESSION_POLICY).await?;
        let client = Client::new(session.config());
        Ok(Trail::Account(AccountTrail { client, bucket, propagation_end: input.propagation_end() }))
    }

    async fn converge(&self, trail: &Trail, input: &BaselineInput, changes: &Changes) -> Result<Converged, StepError> {
        match trail {
            Trail::Organization(trail) => trail.verify(&input.governed_regions).await,
            Trail::Account(trail) => trail.converge(changes).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;

    use super::*;

    fn start(variables: fn(&str) -> Option<String>) -> Result<EnableCloudtrail, String> {
        let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        EnableCloudtrail::new(&config, &Environment::from_fn(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn organization_trail_is_the_default() {
        let step = start(|name| (name == "ORGANIZATION_TRAIL_NAME").then(|| "trail".to_owned()));
        assert!(matches!(step.unwrap().mode, Mode::Organization(_)));
    }

    #[test]
    fn account_trail_requires_a_bucket() {
        let without = start(|name| (name == "TRAIL_MODE").then(|| "account".to_owned()));
        assert!(without.unwrap_err().contains("TRAIL_BUCKET_NAME"));
        let step = start(|_| Some("account".to_owned())).unwrap();
        assert!(matches!(step.mode, Mode::Account { .. }));
    }

    #[test]
    fn invalid_settings_are_rejected_at_start() {
        assert!(start(|_| None).unwrap_err().contains("ORGANIZATION_TRAIL_NAME"));
        let error = start(|_| Some("both".to_owned())).unwrap_err();
        assert!(error.contains("`both` is not valid"), "{error}");
    }
}
