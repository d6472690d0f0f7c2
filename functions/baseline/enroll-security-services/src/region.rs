//! Both services in one Region of the security account.

use aws_config::SdkConfig;
use vending_core::StepError;
use vending_runtime::Changes;

use crate::enrollment::EnrollmentStatus;
use crate::enrollment::{Member, enroll};
use crate::guard_duty::{Detectors, GuardDuty};
use crate::security_hub::SecurityHub;

#[derive(Debug)]
pub struct Region {
    pub(crate) name: String,
    pub(crate) guard_duty: GuardDuty,
    pub(crate) security_hub: SecurityHub,
}

impl Region {
    pub(crate) fn new(name: &str, config: &SdkConfig, detectors: Detectors) -> Self {
        Self {
            name: name.to_owned(),
            guard_duty: GuardDuty::new(name, aws_sdk_guardduty::Client::new(config), detectors),
            security_hub: SecurityHub::new(aws_sdk_securityhub::Client::new(config)),
        }
    }

    pub(crate) async fn enroll(
        &self,
        member: Member<'_>,
        changes: &Changes,
    ) -> Result<[EnrollmentStatus; 2], StepError> {
        Ok([
            enroll(&self.guard_duty, &self.name, member, changes).await?,
            enroll(&self.security_hub, &self.name, member, changes).await?,
        ])
    }
}
