//! Default VPCs with an internet gateway and a route to it, as in AWS. moto creates them without, and deletes VPCs that
//! are in use.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::call::Call;
use crate::emulators::Upstreams;
use crate::wire::{AwsError, element};

pub(super) struct DefaultVpcs {
    upstreams: Arc<Upstreams>,
    /// The accounts and Regions whose default VPC is complete. Locked while one is completed, so that no call sees a
    /// part of it.
    complete: Mutex<HashSet<(String, String)>>,
}

impl DefaultVpcs {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, complete: Mutex::default() }
    }

    /// Completes the default VPC before the first EC2 call in an account and Region. If the emulator fails, the VPC
    /// stays as it is.
    pub(super) async fn complete(&self, call: &Call<'_>) {
        let scope = (call.account.to_owned(), call.region().to_owned());
        let mut complete = self.complete.lock().await;
        if complete.insert(scope)
            && let Some(vpc) = self.find(call, "DescribeVpcs", "is-default", "true", "vpcId").await
            && self.find_gateway(call, &vpc).await.is_none()
            && let Some(gateway) = self.attach_gateway(call, &vpc).await
        {
            self.route_to(call, &vpc, &gateway).await;
        }
    }

    /// Returns the error of a call that deletes a resource that is in use.
    pub(super) async fn dependency_error(&self, call: &Call<'_>) -> Option<AwsError> {
        let interfaces = "DescribeNetworkInterfaces";
        let (kind, id, user) = match call.request.operation.as_str() {
            "DeleteVpc" => {
                let vpc = call.string("VpcId");
                let gateway = self.find_gateway(call, vpc).await;
                let interface = self.find(call, interfaces, "vpc-id", vpc, "networkInterfaceId").await;
                ("vpc", vpc, gateway.or(interface))
            }
            "DeleteSubnet" => {
                let subnet = call.string("SubnetId");
                ("subnet", subnet, self.find(call, interfaces, "subnet-id", subnet, "networkInterfaceId").await)
            }
            _ => return None,
        };
        let message = format!("The {kind} '{id}' has dependencies and cannot be deleted.");
        user.map(|_| AwsError::new(400, "DependencyViolation", &message))
    }

    async fn find_gateway(&self, call: &Call<'_>, vpc: &str) -> Option<String> {
        self.find(call, "DescribeInternetGateways", "attachment.vpc-id", vpc, "internetGatewayId").await
    }

    async fn attach_gateway(&self, call: &Call<'_>, vpc: &str) -> Option<String> {
        let created = self.upstreams.ec2(call.account, call.region(), "CreateInternetGateway", &[]).await.ok()?;
        let gateway = element(&created, "internetGatewayId")?;
        let attached = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc)];
        self.upstreams.ec2(call.account, call.region(), "AttachInternetGateway", &attached).await.ok()?;
        Some(gateway)
    }

    async fn route_to(&self, call: &Call<'_>, vpc: &str, gateway: &str) {
        if let Some(table) = self.find(call, "DescribeRouteTables", "vpc-id", vpc, "routeTableId").await {
            let route =
                [("RouteTableId", table.as_str()), ("DestinationCidrBlock", "0.0.0.0/0"), ("GatewayId", gateway)];
            drop(self.upstreams.ec2(call.account, call.region(), "CreateRoute", &route).await);
        }
    }

    /// Returns the first resource that matches a filter.
    async fn find(&self, call: &Call<'_>, operation: &str, filter: &str, value: &str, id: &str) -> Option<String> {
        let parameters = [("Filter.1.Name", filter), ("Filter.1.Value.1", value)];
        let found = self.upstreams.ec2(call.account, call.region(), operation, &parameters).await.ok()?;
        element(&found, id)
    }
}
