//! Finds the parts of the default VPC, and whether they are as AWS created them. It makes no AWS calls.

use std::error::Error;

use aws_sdk_ec2::types::{Route, RouteTable, Subnet};
use vending_core::StepError;

/// A VPC with the resources that must be deleted before it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Vpc {
    pub(super) id: String,
    pub(super) subnets: Vec<String>,
    pub(super) gateway: String,
}

#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    /// The ID of the VPC, and the reason to keep it.
    InUse(String, &'static str),
    Unused(Vpc),
}

/// A resource in the VPC prevents its deletion. This is the source of a [`StepError`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the default VPC is in use")]
pub(super) struct InUse;

impl InUse {
    pub(super) fn is_source_of(error: &StepError) -> bool {
        error.source().is_some_and(<dyn Error>::is::<Self>)
    }
}

/// Only the default VPC has default subnets.
pub(super) fn default_vpc_of(subnets: &[Subnet]) -> Option<&str> {
    subnets.iter().find(|subnet| subnet.default_for_az() == Some(true))?.vpc_id()
}

/// The default subnets of the VPC, or `None` if it has another subnet.
pub(super) fn default_subnets_of(vpc: &str, subnets: &[Subnet]) -> Option<Vec<String>> {
    let own = subnets.iter().filter(|subnet| subnet.vpc_id() == Some(vpc));
    own.map(|subnet| if subnet.default_for_az() == Some(true) { subnet.subnet_id.clone() } else { None }).collect()
}

/// The internet gateway of the VPC, or `None` if its routes differ from those that AWS created: one local route, and
/// one to the internet.
///
/// The route to the internet remains after its gateway is deleted (EC2 API Reference, Route: `blackhole`). So this
/// also works for a VPC that a stopped run has deleted partly.
pub(super) fn gateway_of(tables: &[RouteTable]) -> Option<String> {
    let [table] = tables else {
        return None;
    };
    let external: Vec<&Route> = table.routes().iter().filter(|route| route.gateway_id() != Some("local")).collect();
    let [internet] = external[..] else {
        return None;
    };
    let is_default_route = internet.destination_cidr_block() == Some("0.0.0.0/0");
    internet.gateway_id().filter(|id| is_default_route && id.starts_with("igw-")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(id: &str, vpc: &str, is_default: bool) -> Subnet {
        Subnet::builder().subnet_id(id).vpc_id(vpc).default_for_az(is_default).build()
    }

    fn route(to: &str, gateway: &str) -> Route {
        Route::builder().destination_cidr_block(to).gateway_id(gateway).build()
    }

    fn table(routes: &[Route]) -> RouteTable {
        RouteTable::builder().set_routes(Some(routes.to_vec())).build()
    }

    #[test]
    fn default_subnet_names_its_vpc() {
        let subnets = [subnet("subnet-1", "vpc-2", false), subnet("subnet-2", "vpc-1", true)];
        assert_eq!(default_vpc_of(&subnets), Some("vpc-1"));
        assert_eq!(default_vpc_of(&subnets[..1]), None);
    }

    #[test]
    fn subnets_of_other_vpcs_are_ignored() {
        let subnets = [subnet("subnet-1", "vpc-2", false), subnet("subnet-2", "vpc-1", true)];
        assert_eq!(default_subnets_of("vpc-1", &subnets).unwrap(), ["subnet-2"]);
        assert_eq!(default_subnets_of("vpc-3", &subnets).unwrap(), [""; 0]);
    }

    #[test]
    fn additional_subnet_keeps_the_vpc() {
        let subnets = [subnet("subnet-2", "vpc-1", true), subnet("subnet-3", "vpc-1", false)];
        assert_eq!(default_subnets_of("vpc-1", &subnets), None);
    }

    #[test]
    fn internet_route_names_the_gateway() {
        let (local, out) = (route("172.31.0.0/16", "local"), route("0.0.0.0/0", "igw-1"));
        assert_eq!(gateway_of(&[table(&[local, out])]).as_deref(), Some("igw-1"));
    }

    #[test]
    fn changed_routes_keep_the_vpc() {
        let (local, out) = (route("172.31.0.0/16", "local"), route("0.0.0.0/0", "igw-1"));
        let peering = Route::builder().destination_cidr_block("10.0.0.0/8").vpc_peering_connection_id("pcx-1").build();
        let nat = Route::builder().destination_cidr_block("0.0.0.0/0").nat_gateway_id("nat-1").build();
        for routes in [
            vec![local.clone()],
            vec![local.clone(), out.clone(), peering],
            vec![local.clone(), nat],
            vec![local.clone(), route("0.0.0.0/0", "vgw-1")],
            vec![local.clone(), route("10.0.0.0/8", "igw-1")],
        ] {
            assert_eq!(gateway_of(&[table(&routes)]), None, "{routes:?}");
        }
        let original = table(&[local, out]);
        assert_eq!(gateway_of(&[original.clone(), original]), None);
    }
}
