//! Takes the default VPC away, from the outside in; what is gone already is done.

use std::error::Error;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use vending_core::{ErrorCode, StepError};
use vending_runtime::error_code;

use super::DefaultVpc;
use super::plan::Vpc;

/// A retry, or somebody else, has done it (EC2 API Reference, "Error codes for the Amazon EC2 API").
const GONE: &[&str] =
    &["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidSubnetID.NotFound", "InvalidVpcID.NotFound"];

/// Something in the VPC keeps it from being removed, as the source of a [`StepError`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the default VPC is in use")]
pub(super) struct InUse;

impl InUse {
    pub(super) fn is_behind(error: &StepError) -> bool {
        error.source().is_some_and(<dyn Error>::is::<Self>)
    }
}

impl DefaultVpc {
    pub(super) async fn delete_gateway(&self, vpc: &Vpc) -> Result<(), StepError> {
        let gateway = &vpc.gateway;
        let detached = self.client.detach_internet_gateway().internet_gateway_id(gateway).vpc_id(&vpc.id).send().await;
        self.unless_gone(&format!("detach {gateway}"), detached)?;
        let deleted = self.client.delete_internet_gateway().internet_gateway_id(gateway).send().await;
        self.unless_gone(&format!("delete {gateway}"), deleted)
    }

    pub(super) async fn delete_subnets(&self, vpc: &Vpc) -> Result<(), StepError> {
        for subnet in &vpc.subnets {
            let deleted = self.client.delete_subnet().subnet_id(subnet).send().await;
            self.unless_gone(&format!("delete {subnet}"), deleted)?;
        }
        Ok(())
    }

    pub(super) async fn delete_vpc(&self, vpc: &str) -> Result<(), StepError> {
        let deleted = self.client.delete_vpc().vpc_id(vpc).send().await;
        self.unless_gone(&format!("delete {vpc}"), deleted)
    }

    fn unless_gone<T, E>(&self, doing: &str, answer: Result<T, SdkError<E>>) -> Result<(), StepError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let Err(error) = answer else {
            return Ok(());
        };
        let failed = self.failed(doing, &error);
        match error_code(&error) {
            Some(code) if GONE.contains(&code) => Ok(()),
            // Perhaps AWS has not let go yet of what was deleted just now; the next look tells.
            Some("DependencyViolation") if self.may_lag() => Err(failed.with_code(ErrorCode::NotReady)),
            Some("DependencyViolation") => Err(failed.with_source(InUse)),
            _ => Err(failed),
        }
    }
}
