//! Checks or creates the CloudTrail trail that logs the account.
//!
//! An organization trail logs every member account since its creation. So by default, the step creates nothing: it
//! checks that the trail covers the account and the governed Regions, logs, and delivers. In the mode `account`, for
//! organizations without an organization trail, it creates the multi-Region trail `account-vending` in the account. AWS
//! charges for the second copy of the events if both exist.

mod account;
mod organization;

use aws_config::SdkConfig;
use aws_sdk_cloudtrail::Client;
use vending_core::{AccountSettings, BaselineInput, ErrorCode, RequestId, StepError, TrailMode};
use vending_runtime::{BaselineStep, Changes, Converged, MemberSession, SessionPolicy};

use crate::account::AccountTrail;
use crate::organization::OrganizationTrail;

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

#[derive(Debug)]
pub struct EnableCloudtrail {
    config: SdkConfig,
    /// Of the management account.
    client: Client,
}

impl EnableCloudtrail {
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone(), client: Client::new(config) }
    }
}

const NO_TRAIL: &str =
    "the manifest names no organization trail, and no bucket for trails of the accounts; see its key `trail`";

/// The trail of the settings.
enum Configured<'a> {
    Organization { name: &'a str },
    Account { bucket: &'a str },
}

fn configured(settings: &AccountSettings) -> Option<Configured<'_>> {
    let trail = settings.trail.as_ref()?;
    match trail.mode {
        TrailMode::Organization => trail.name.as_deref().map(|name| Configured::Organization { name }),
        TrailMode::Account => trail.bucket.as_deref().map(|bucket| Configured::Account { bucket }),
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

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        configured(&input.settings).is_none().then(|| NO_TRAIL.to_owned())
    }

    /// Opens a session only for a trail in the account.
    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Trail, StepError> {
        let bucket = match configured(&input.settings) {
            Some(Configured::Account { bucket }) => bucket.to_owned(),
            Some(Configured::Organization { name }) => {
                let (client, name) = (self.client.clone(), name.to_owned());
                return Ok(Trail::Organization(OrganizationTrail { client, name }));
            }
            None => return Err(StepError::new(ErrorCode::InvalidConfiguration, NO_TRAIL)),
        };
        let session = MemberSession::for_step(&self.config, request, input, &SESSION_POLICY).await?;
        let client = Client::new(session.config());
        Ok(Trail::Account(AccountTrail { client, bucket, propagation_end: input.propagation_end() }))
    }

    async fn converge(&self, trail: &Trail, input: &BaselineInput, changes: &Changes) -> Result<Converged, StepError> {
        match trail {
            Trail::Organization(trail) => trail.verify(&input.settings.governed_regions).await,
            Trail::Account(trail) => trail.converge(changes).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use vending_core::Trail;

    use super::*;

    fn settings(mode: TrailMode, name: Option<&str>, bucket: Option<&str>) -> AccountSettings {
        let [name, bucket] = [name, bucket].map(|text| text.map(str::to_owned));
        AccountSettings { trail: Some(Trail { mode, name, bucket }), ..AccountSettings::default() }
    }

    #[test]
    fn each_mode_needs_its_own_setting() {
        let organization = settings(TrailMode::Organization, Some("trail"), None);
        assert!(matches!(configured(&organization), Some(Configured::Organization { name: "trail" })));
        let account = settings(TrailMode::Account, None, Some("trails"));
        assert!(matches!(configured(&account), Some(Configured::Account { bucket: "trails" })));
        for incomplete in [
            AccountSettings::default(),
            settings(TrailMode::Organization, None, Some("trails")),
            settings(TrailMode::Account, Some("trail"), None),
        ] {
            assert!(configured(&incomplete).is_none(), "{incomplete:?}");
        }
    }
}
