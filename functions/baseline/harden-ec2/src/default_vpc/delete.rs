//! Deletes the default VPC: the gateway first, then the subnets, then the VPC.

use aws_sdk_ec2::error::SdkError;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, error_code, sdk_error};

use super::DefaultVpc;
use super::plan::{InUse, Vpc};

/// The resource is already detached or deleted (EC2 API Reference, "Error codes for the Amazon EC2 API").
const NOT_FOUND: &[&str] =
    &["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidSubnetID.NotFound", "InvalidVpcID.NotFound"];

impl DefaultVpc {
    pub(super) async fn delete_gateway(&self, vpc: &Vpc) -> Result<(), StepError> {
        let gateway = &vpc.gateway;
        let detached = self.client.detach_internet_gateway().internet_gateway_id(gateway).vpc_id(&vpc.id).send().await;
        self.ignore_not_found(&format!("detach {gateway}"), detached)?;
        let deleted = self.client.delete_internet_gateway().internet_gateway_id(gateway).send().await;
        self.ignore_not_found(&format!("delete {gateway}"), deleted)
    }

    pub(super) async fn delete_subnets(&self, vpc: &Vpc) -> Result<(), StepError> {
        for subnet in &vpc.subnets {
            let deleted = self.client.delete_subnet().subnet_id(subnet).send().await;
            self.ignore_not_found(&format!("delete {subnet}"), deleted)?;
        }
        Ok(())
    }

    pub(super) async fn delete_vpc(&self, vpc: &str) -> Result<(), StepError> {
        let deleted = self.client.delete_vpc().vpc_id(vpc).send().await;
        self.ignore_not_found(&format!("delete {vpc}"), deleted)
    }

    fn ignore_not_found<T, E: AwsError>(&self, action: &str, result: Result<T, SdkError<E>>) -> Result<(), StepError> {
        let Err(error) = result else {
            return Ok(());
        };
        let failed = sdk_error(action, &error);
        match error_code(&error) {
            Some(code) if NOT_FOUND.contains(&code) => Ok(()),
            // AWS may not have released the deleted resources yet. A retry reads the state again.
            Some("DependencyViolation") if self.is_propagating() => Err(failed.with_code(ErrorCode::NotReady)),
            Some("DependencyViolation") => Err(failed.with_source(InUse)),
            _ => Err(failed),
        }
    }
}
