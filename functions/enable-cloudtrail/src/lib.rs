//! Makes sure that CloudTrail logs the account.
//!
//! An organization trail logs every member account from its birth, so by default there is nothing to make: the step
//! proves that the trail is there and covers the governed regions. A trail of the account's own is for organizations
//! that have none; where both are, AWS charges for the second copy of the events.

mod account;
mod organization;

use aws_config::SdkConfig;
use aws_sdk_cloudtrail::Client;
use vending_core::{BaselineInput, RequestId, StepError, ready_by};
use vending_runtime::{Done, Environment, MemberSession, SessionPolicy, StartError, Step};

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

impl Step for EnableCloudtrail {
    const NAME: &'static str = "EnableCloudtrail";
    type Input = BaselineInput;
    type Result = ();

    async fn run(&self, request: &RequestId, input: BaselineInput) -> Result<Done, StepError> {
        let bucket = match &self.mode {
            Mode::Organization(trail) => return trail.verify(&input.governed_regions).await,
            Mode::Account { bucket } => bucket,
        };
        let ready_by = ready_by(input.account_created_at);
        let session = MemberSession::assume(
            &self.config,
            &input.role_arn,
            &request.to_string(),
            &SessionPolicy::allow(SESSION_ACTIONS),
            ready_by,
        )
        .await?;
        let trail = AccountTrail { client: Client::new(session.config()), bucket, ready_by };
        trail.converge().await
    }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;

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
}
