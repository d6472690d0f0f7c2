//! Has GuardDuty and Security Hub watch the account, from the security account, which administers both.
//!
//! Whether they do is the security team's to see to: both can take in all new accounts by themselves, within a day.
//! So no refusal fails a vend; it is reported, and the enrolment is pending.

mod detectors;
mod enrolment;
mod guard_duty;
mod refusal;
mod region;
mod security_hub;
mod watch;

use aws_config::SdkConfig;
use vending_core::{AccountId, BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, StartError, in_each_region};

use crate::detectors::Detectors;
use crate::enrolment::Newcomer;
use crate::region::Region;
use crate::watch::Watch;

/// What this step does in the security account.
pub const SESSION_ACTIONS: &[&str] = &[
    "guardduty:CreateMembers",
    "guardduty:GetMembers",
    "guardduty:ListDetectors",
    "securityhub:CreateMembers",
    "securityhub:GetMembers",
];

const UNNAMED: &str = "the stack names no SecurityAccountId";

#[derive(Debug)]
pub struct EnrollSecurityServices {
    config: SdkConfig,
    security_account: Option<AccountId>,
    detectors: Detectors,
}

impl EnrollSecurityServices {
    /// Reads `SECURITY_ACCOUNT_ID`: the delegated administrator of GuardDuty and Security Hub; may be empty.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let security_account = environment.parsed_if_set("SECURITY_ACCOUNT_ID")?;
        Ok(Self { config: config.clone(), security_account, detectors: Detectors::default() })
    }
}

/// The security account, as far as it lets us in.
#[derive(Debug)]
pub enum SecurityAccount {
    Open(Vec<Region>),
    /// Says why.
    Closed(String),
}

impl BaselineStep for EnrollSecurityServices {
    const NAME: &'static str = "EnrollSecurityServices";
    type Account = SecurityAccount;
    type Result = ();

    fn skip(&self, input: &BaselineInput) -> Option<String> {
        match &self.security_account {
            None => Some(UNNAMED.to_owned()),
            Some(account) if *account == input.account_id => Some("this is the security account itself".to_owned()),
            Some(_) => None,
        }
    }

    async fn enter(&self, request: &RequestId, input: &BaselineInput) -> Result<SecurityAccount, StepError> {
        let Some(account) = &self.security_account else {
            return Ok(SecurityAccount::Closed(UNNAMED.to_owned()));
        };
        let session = MemberSession::elsewhere(&self.config, request, input, account, SESSION_ACTIONS).await;
        match session {
            Ok(session) => Ok(SecurityAccount::Open(self.regions(&session, input))),
            Err(error) => refusal::reason(error, input.ready_by()).map(SecurityAccount::Closed),
        }
    }

    async fn converge(
        &self,
        account: &SecurityAccount,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        match account {
            SecurityAccount::Closed(why) => Ok(watch::closed(why)),
            SecurityAccount::Open(regions) => {
                let newcomer = Newcomer::of(input);
                let work = regions.iter().map(|region| (region.name.clone(), region.enrol(newcomer, changes)));
                let found = in_each_region(work).await?;
                Ok(Watch::of(&found).converged())
            }
        }
    }
}

impl EnrollSecurityServices {
    fn regions(&self, session: &MemberSession, input: &BaselineInput) -> Vec<Region> {
        let governed = input.governed_regions.iter();
        governed.map(|name| Region::new(name, &session.in_region(name), self.detectors.clone())).collect()
    }
}

#[cfg(test)]
mod tests;
