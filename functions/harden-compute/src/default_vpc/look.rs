//! Whether there is a default VPC, whether something is in it, and what has to go before it.

use aws_sdk_ec2::types::{Filter, InternetGateway, Subnet};
use vending_core::StepError;

use super::DefaultVpc;
use super::plan::{Vpc, default_vpc_of, gateways_of, subnets_of};

#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    /// A VPC with a network interface.
    InUse(String),
    Unused(Vpc),
}

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
        let subnets = subnets_of(&id, &subnets);
        // A network interface is in a subnet: without one there is none.
        if !subnets.is_empty() && self.has_network_interfaces(&id).await? {
            return Ok(Found::InUse(id));
        }
        let gateways = gateways_of(&id, &self.gateways().await?, self.nobody_is_in());
        Ok(Found::Unused(Vpc { id, subnets, gateways }))
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

    async fn gateways(&self) -> Result<Vec<InternetGateway>, StepError> {
        let pages = self.client.describe_internet_gateways().into_paginator().items().send();
        let gateways: Result<Vec<_>, _> = pages.collect().await;
        gateways.map_err(|error| self.failed("list the internet gateways", &error))
    }
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}
