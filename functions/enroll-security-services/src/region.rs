//! Both services in one region of the security account.

use aws_config::SdkConfig;
use vending_core::StepError;
use vending_runtime::Changes;

use crate::detectors::Detectors;
use crate::enrolment::{Enrolment, Newcomer};
use crate::guard_duty::GuardDuty;
use crate::security_hub::SecurityHub;
use crate::watch::Found;

#[derive(Debug)]
pub struct Region {
    pub(crate) name: String,
    pub(crate) guard_duty: Enrolment<GuardDuty>,
    pub(crate) security_hub: Enrolment<SecurityHub>,
}

impl Region {
    pub(crate) fn new(name: &str, config: &SdkConfig, detectors: Detectors) -> Self {
        let guard_duty = GuardDuty::new(name, aws_sdk_guardduty::Client::new(config), detectors);
        Self {
            name: name.to_owned(),
            guard_duty: Enrolment::new(guard_duty),
            security_hub: Enrolment::new(SecurityHub::new(aws_sdk_securityhub::Client::new(config))),
        }
    }

    pub(crate) async fn enrol(&self, newcomer: Newcomer<'_>, changes: &Changes) -> Result<[Found; 2], StepError> {
        Ok([
            self.guard_duty.converge(&self.name, newcomer, changes).await?,
            self.security_hub.converge(&self.name, newcomer, changes).await?,
        ])
    }
}
