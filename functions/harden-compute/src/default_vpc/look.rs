//! Whether there is a default VPC, whether anybody may count on it, and what has to go before it.

use aws_sdk_ec2::types::{Filter, RouteTable, Subnet};
use vending_core::StepError;

use super::DefaultVpc;
use super::plan::{Vpc, default_subnets_of, default_vpc_of, gateway_of};

#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    /// By its id, and why it has to stay.
    InUse(String, &'static str),
    Unused(Vpc),
}

const INTERFACES: &str = "it has network interfaces";
const SUBNETS: &str = "it has subnets that AWS did not make";
const ROUTES: &str = "its routes are not those that AWS made";
const SECURITY_GROUPS: &str = "it has security groups that AWS did not make";

impl DefaultVpc {
    /// The subnets are asked for first, since a default one names its VPC: one call for both. A VPC that lost its
    /// subnets, to a run that was stopped, is found by itself.
    pub(super) async fn look(&self) -> Result<Found, StepError> {
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
        // A network interface is in a subnet: without one there is none.
        if !subnets.is_empty() && self.has_network_interfaces(&id).await? {
            return Ok(Found::InUse(id, INTERFACES));
        }
        let Some(gateway) = gateway_of(&self.route_tables(&id).await?) else {
            return Ok(Found::InUse(id, ROUTES));
        };
        if !self.is_new() && self.has_own_security_groups(&id).await? {
            return Ok(Found::InUse(id, SECURITY_GROUPS));
        }
        Ok(Found::Unused(Vpc { id, subnets, gateway }))
    }

    pub(super) async fn default_vpc(&self) -> Result<Option<String>, StepError> {
        let described = self.client.describe_vpcs().filters(filter("is-default", "true")).send().await;
        let described = described.map_err(|error| self.failed("look for the default VPC", &error))?;
        Ok(described.vpcs().iter().find_map(|vpc| vpc.vpc_id()).map(str::to_owned))
    }

    async fn subnets(&self) -> Result<Vec<Subnet>, StepError> {
        let pages = self.client.describe_subnets().into_paginator().items().send();
        let subnets: Result<Vec<_>, _> = pages.collect().await;
        subnets.map_err(|error| self.failed("list the subnets", &error))
    }

    /// Any of them: of an instance, a load balancer, a database, or left over from one.
    async fn has_network_interfaces(&self, vpc: &str) -> Result<bool, StepError> {
        let describe = self.client.describe_network_interfaces().filters(filter("vpc-id", vpc));
        // Those that AWS services manage may be hidden otherwise.
        let mut interfaces = describe.include_managed_resources(true).into_paginator().items().send();
        let first = interfaces.next().await.transpose();
        let first = first.map_err(|error| self.failed("list the network interfaces of the default VPC", &error))?;
        Ok(first.is_some())
    }

    async fn route_tables(&self, vpc: &str) -> Result<Vec<RouteTable>, StepError> {
        let describe = self.client.describe_route_tables().filters(filter("vpc-id", vpc));
        let tables: Result<Vec<_>, _> = describe.into_paginator().items().send().collect().await;
        tables.map_err(|error| self.failed("list the route tables of the default VPC", &error))
    }

    /// AWS makes one. Any other is somebody's, perhaps of a function or group that has no interface just now.
    async fn has_own_security_groups(&self, vpc: &str) -> Result<bool, StepError> {
        let described = self.client.describe_security_groups().filters(filter("vpc-id", vpc)).send().await;
        let described = described.map_err(|error| self.failed("list the default VPC's security groups", &error))?;
        Ok(described.security_groups().len() > 1)
    }
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}
