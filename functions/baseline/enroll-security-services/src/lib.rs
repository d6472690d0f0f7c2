//! Enrolls the account in GuardDuty and Security Hub in each governed Region, from the security account, which
//! administers both.
//!
//! The security team owns the enrollment, and both services can enroll new accounts automatically within a day. So an
//! error does not fail the vend: it is noted, and the enrollment is pending.

mod enrollment;
mod errors;
mod guard_duty;
mod region;
mod report;
mod security_hub;

use aws_config::SdkConfig;
use vending_core::{AccountId, BaselineInput, RequestId, StepError};
use vending_runtime::{
    BaselineStep, Changes, Converged, Environment, MemberSession, SessionPolicy, StartError, in_each_region,
};

use crate::enrollment::Member;
use crate::guard_duty::Detectors;
use crate::region::Region;
use crate::report::EnrollmentReport;

/// The session policy in the security account.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

const NO_SECURITY_ACCOUNT: &str = "the stack has no SecurityAccountId";

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
        Ok(Self { config: config.clone(), security_account, detectors: guard_duty::detectors() })
    }
}

/// The access to the security account.
#[derive(Debug)]
pub enum SecurityAccount {
    Accessible(Vec<Region>),
    /// With the reason.
    Inaccessible(String),
}

impl BaselineStep for EnrollSecurityServices {
    const NAME: &'static str = "EnrollSecurityServices";
    type Target = SecurityAccount;
    type Result = ();

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        match &self.security_account {
            None => Some(NO_SECURITY_ACCOUNT.to_owned()),
            Some(account) if *account == input.account_id => Some("the account is the security account".to_owned()),
            Some(_) => None,
        }
    }

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<SecurityAccount, StepError> {
        let Some(account) = &self.security_account else {
            return Ok(SecurityAccount::Inaccessible(NO_SECURITY_ACCOUNT.to_owned()));
        };
        let session = MemberSession::in_account(&self.config, request, input, account, &SESSION_POLICY).await;
        match session {
            Ok(session) => Ok(SecurityAccount::Accessible(self.regions(&session, input))),
            Err(error) => errors::reason(error, input.propagation_end()).map(SecurityAccount::Inaccessible),
        }
    }

    async fn converge(
        &self,
        account: &SecurityAccount,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        match account {
            SecurityAccount::Inaccessible(reason) => Ok(report::no_access(reason)),
            SecurityAccount::Accessible(regions) => {
                let member = Member::new(input);
                let work = regions.iter().map(|region| (region.name.clone(), region.enroll(member, changes)));
                let statuses = in_each_region(work).await?;
                Ok(EnrollmentReport::new(&statuses).converged())
            }
        }
    }
}

impl EnrollSecurityServices {
    fn regions(&self, session: &MemberSession, input: &BaselineInput) -> Vec<Region> {
        let governed = input.settings.governed_regions.iter();
        governed.map(|name| Region::new(name, &session.in_region(name), self.detectors.clone())).collect()
    }
}

#[cfg(test)]
mod tests;
