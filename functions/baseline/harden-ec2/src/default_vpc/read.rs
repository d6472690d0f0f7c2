//! Reads the default VPC, whether it is in use, and what must be deleted before it.

use aws_sdk_ec2::types::{Filter, RouteTable, Subnet};
use vending_core::StepError;
use vending_runtime::Context;

use super::DefaultVpc;
use super::plan::{Found, Vpc, default_subnets_of, default_vpc_of, gateway_of};

const INTERFACES: &str = "it has network interfaces";
const SUBNETS: &str = "it has subnets that AWS did not create";
const ROUTES: &str = "its routes differ from those that AWS created";

impl DefaultVpc {
    /// Lists the subnets first: a default subnet names its VPC, so one call is enough for both. A VPC without subnets,
    /// left by a run that stopped, needs a second call.
    pub(super) async fn read(&self) -> Result<Found, StepError> {
        let subnets = self.subnets().await?;
        let id = match default_vpc_of(&subnets) {
            Some(id) => Some(id.to_owned()),
            None => self.default_vpc().await?,
        };
        let Some(id) = id else {
            return Ok(Found::Nothing);
        };
        let Some(subnets) = default_subnets_of(&id, &subnets) else {
            return Ok(Found::InUse(id, SUBNETS));
        };
        // A network interface is always in a subnet.
        if !subnets.is_empty() && self.has_network_interfaces(&id).await? {
            return Ok(Found::InUse(id, INTERFACES));
        }
        let Some(gateway) = gateway_of(&self.route_tables(&id).await?) else {
            return Ok(Found::InUse(id, ROUTES));
        };
        if !self.is_new()
            && let Some(reason) = self.addition(&id).await?
        {
            return Ok(Found::InUse(id, reason));
        }
        Ok(Found::Unused(Vpc { id, subnets, gateway }))
    }

    pub(super) async fn default_vpc(&self) -> Result<Option<String>, StepError> {
        let describe = self.client.describe_vpcs().filters(filter("is-default", "true"));
        let mut vpcs = describe.into_paginator().items().send();
        let vpc = vpcs.try_next().await;
        Ok(vpc.context("find the default VPC")?.and_then(|vpc| vpc.vpc_id))
    }

    async fn subnets(&self) -> Result<Vec<Subnet>, StepError> {
        let subnets = self.client.describe_subnets().into_paginator().items().send().try_collect().await;
        subnets.context("list the subnets")
    }

    /// Whether the VPC has any network interface, in use or not.
    async fn has_network_interfaces(&self, vpc: &str) -> Result<bool, StepError> {
        let describe = self.client.describe_network_interfaces().filters(filter("vpc-id", vpc));
        // Without this flag, interfaces that AWS services manage may be hidden.
        let mut interfaces = describe.include_managed_resources(true).into_paginator().items().send();
        let first = interfaces.try_next().await;
        let first = first.context("list the network interfaces of the default VPC")?;
        Ok(first.is_some())
    }

    async fn route_tables(&self, vpc: &str) -> Result<Vec<RouteTable>, StepError> {
        let describe = self.client.describe_route_tables().filters(filter("vpc-id", vpc));
        let tables = describe.into_paginator().items().send().try_collect().await;
        tables.context("list the route tables of the default VPC")
    }
}

pub(super) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}
