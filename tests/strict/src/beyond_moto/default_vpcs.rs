//! Default VPCs as AWS makes them: with an internet gateway, and a route to it. moto makes them without, and deletes
//! what is still in use.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::call::Call;
use crate::emulators::Upstreams;
use crate::faults::AwsError;
use crate::wire::element;

pub(super) struct DefaultVpcs {
    upstreams: Arc<Upstreams>,
    /// The accounts and regions that were looked at. Held while one is, so that no call is answered half-way.
    complete: Mutex<HashSet<(String, String)>>,
}

impl DefaultVpcs {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, complete: Mutex::default() }
    }

    /// Before the first call to EC2 in an account and a region. Without an answer the VPC stays as the emulator made it.
    pub(super) async fn complete(&self, call: &Call<'_>) {
        let place = (call.account.to_owned(), call.region().to_owned());
        let mut complete = self.complete.lock().await;
        if complete.insert(place)
            && let Some(vpc) = self.find(call, "DescribeVpcs", "is-default", "true", "vpcId").await
            && self.find_gateway(call, &vpc).await.is_none()
            && let Some(gateway) = self.attach_gateway(call, &vpc).await
        {
            self.route_to(call, &vpc, &gateway).await;
        }
    }

    /// The error of a call that deletes what something else is in.
    pub(super) async fn in_use(&self, call: &Call<'_>) -> Option<AwsError> {
        let interfaces = "DescribeNetworkInterfaces";
        let (kind, id, user) = match call.request.operation.as_str() {
            "DeleteVpc" => {
                let vpc = call.text("VpcId");
                let gateway = self.find_gateway(call, vpc).await;
                let interface = self.find(call, interfaces, "vpc-id", vpc, "networkInterfaceId").await;
                ("vpc", vpc, gateway.or(interface))
            }
            "DeleteSubnet" => {
                let subnet = call.text("SubnetId");
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
        let made = self.upstreams.ec2(call.account, call.region(), "CreateInternetGateway", &[]).await.ok()?;
        let gateway = element(&made, "internetGatewayId")?;
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

    /// The first that fits a filter.
    async fn find(&self, call: &Call<'_>, operation: &str, filter: &str, value: &str, id: &str) -> Option<String> {
        let asked = [("Filter.1.Name", filter), ("Filter.1.Value.1", value)];
        let found = self.upstreams.ec2(call.account, call.region(), operation, &asked).await.ok()?;
        element(&found, id)
    }
}
