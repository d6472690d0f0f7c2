//! Finds additions to the default VPC that are not subnets, network interfaces, or routes.
//!
//! AWS does not delete a VPC that has one of these. So they are read before the first change: otherwise the VPC would
//! lose its gateway and its subnets, and still exist.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html>

use aws_sdk_ec2::types::{AttachmentStatus, EgressOnlyInternetGateway, State, VpnGateway};
use vending_core::StepError;
use vending_runtime::Context;

use super::DefaultVpc;
use super::read::filter;

const SECURITY_GROUPS: &str = "it has security groups that AWS did not create";
const NETWORK_ACLS: &str = "it has network ACLs that AWS did not create";
const VPN_GATEWAYS: &str = "a virtual private gateway is attached to it";
const EGRESS_ONLY_GATEWAYS: &str = "it has an egress-only internet gateway";
const ENDPOINTS: &str = "it has VPC endpoints";

impl DefaultVpc {
    /// The reason to keep the VPC, if there is one.
    pub(super) async fn addition(&self, vpc: &str) -> Result<Option<&'static str>, StepError> {
        if self.has_own_security_groups(vpc).await? {
            return Ok(Some(SECURITY_GROUPS));
        }
        if self.has_own_network_acls(vpc).await? {
            return Ok(Some(NETWORK_ACLS));
        }
        if self.has_vpn_gateways(vpc).await? {
            return Ok(Some(VPN_GATEWAYS));
        }
        if self.has_egress_only_gateways(vpc).await? {
            return Ok(Some(EGRESS_ONLY_GATEWAYS));
        }
        Ok(self.has_endpoints(vpc).await?.then_some(ENDPOINTS))
    }

    /// AWS creates one security group. Any other may be in use, for example by a function without a network interface.
    async fn has_own_security_groups(&self, vpc: &str) -> Result<bool, StepError> {
        let describe = self.client.describe_security_groups().filters(filter("vpc-id", vpc));
        let groups = describe.into_paginator().items().send().try_collect().await;
        Ok(groups.context("list the default VPC's security groups")?.len() > 1)
    }

    /// AWS creates one network ACL for all subnets.
    async fn has_own_network_acls(&self, vpc: &str) -> Result<bool, StepError> {
        let describe = self.client.describe_network_acls().filters(filter("vpc-id", vpc));
        let acls = describe.into_paginator().items().send().try_collect().await;
        Ok(acls.context("list the default VPC's network ACLs")?.len() > 1)
    }

    /// Ignores detached gateways, which may still name the VPC.
    async fn has_vpn_gateways(&self, vpc: &str) -> Result<bool, StepError> {
        let described = self.client.describe_vpn_gateways().filters(filter("attachment.vpc-id", vpc)).send().await;
        let described = described.context("list the default VPC's VPN gateways")?;
        let mut attachments = described.vpn_gateways().iter().flat_map(VpnGateway::vpc_attachments);
        Ok(attachments
            .any(|attached| attached.vpc_id() == Some(vpc) && attached.state() != Some(&AttachmentStatus::Detached)))
    }

    /// Filters the gateways here, because AWS has no filter by VPC for them.
    async fn has_egress_only_gateways(&self, vpc: &str) -> Result<bool, StepError> {
        let describe = self.client.describe_egress_only_internet_gateways();
        let gateways = describe.into_paginator().items().send().try_collect().await;
        let gateways = gateways.context("list the default VPC's egress-only internet gateways")?;
        let mut attachments = gateways.iter().flat_map(EgressOnlyInternetGateway::attachments);
        Ok(attachments.any(|attached| attached.vpc_id() == Some(vpc)))
    }

    /// Interface endpoints have a network interface, but a gateway endpoint may be in no route table.
    async fn has_endpoints(&self, vpc: &str) -> Result<bool, StepError> {
        let describe = self.client.describe_vpc_endpoints().filters(filter("vpc-id", vpc));
        let endpoints = describe.into_paginator().items().send().try_collect().await;
        let endpoints = endpoints.context("list the default VPC's endpoints")?;
        Ok(endpoints.iter().any(|endpoint| endpoint.state() != Some(&State::Deleted)))
    }
}
