//! Takes the default VPC away, from the outside in; what is gone already is done.

use std::error::Error;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use vending_core::{ErrorCode, StepError};
use vending_runtime::error_code;

use super::DefaultVpc;
use super::plan::{Gateway, Vpc};

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
    pub(super) async fn delete_gateways(&self, vpc: &Vpc) -> Result<(), StepError> {
        for gateway in &vpc.gateways {
            self.delete_gateway(gateway, &vpc.id).await?;
        }
        Ok(())
    }

    async fn delete_gateway(&self, gateway: &Gateway, vpc: &str) -> Result<(), StepError> {
        if gateway.is_attached {
            let detach = self.client.detach_internet_gateway();
            let detached = detach.internet_gateway_id(&gateway.id).vpc_id(vpc).send().await;
            self.unless_gone(&format!("detach {}", gateway.id), detached)?;
        }
        let deleted = self.client.delete_internet_gateway().internet_gateway_id(&gateway.id).send().await;
        self.unless_gone(&format!("delete {}", gateway.id), deleted)
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
            // Nobody can have put anything there: AWS has not let go yet of what was deleted just now.
            Some("DependencyViolation") if self.nobody_is_in() => Err(failed.with_code(ErrorCode::NotReady)),
            Some("DependencyViolation") => Err(failed.with_source(InUse)),
            _ => Err(failed),
        }
    }
}
