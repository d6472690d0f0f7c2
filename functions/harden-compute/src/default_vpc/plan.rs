//! What of a region belongs to the default VPC, and whether it is still as AWS made it; decided without a call.

use aws_sdk_ec2::types::{Route, RouteTable, Subnet};

/// A VPC with what has to go before it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Vpc {
    pub(super) id: String,
    pub(super) subnets: Vec<String>,
    pub(super) gateway: String,
}

/// Only the default VPC has default subnets.
pub(super) fn default_vpc_of(subnets: &[Subnet]) -> Option<&str> {
    subnets.iter().find(|subnet| subnet.default_for_az() == Some(true))?.vpc_id()
}

/// The default subnets of the VPC; none where somebody added one.
pub(super) fn default_subnets_of(vpc: &str, subnets: &[Subnet]) -> Option<Vec<String>> {
    let own = subnets.iter().filter(|subnet| subnet.vpc_id() == Some(vpc));
    own.map(|subnet| if subnet.default_for_az() == Some(true) { subnet.subnet_id.clone() } else { None }).collect()
}

/// The internet gateway of the VPC; none where its routes are not those that AWS made: one inside the VPC, one out.
///
/// The way out stands in the table as long as the VPC does, also when its gateway is gone
/// (EC2 API Reference, Route: `blackhole`). So it tells the gateway of a run that was stopped half-way, too.
pub(super) fn gateway_of(tables: &[RouteTable]) -> Option<String> {
    let [table] = tables else {
        return None;
    };
    let beyond: Vec<&Route> = table.routes().iter().filter(|route| route.gateway_id() != Some("local")).collect();
    let [way_out] = beyond[..] else {
        return None;
    };
    let to_everywhere = way_out.destination_cidr_block() == Some("0.0.0.0/0");
    way_out.gateway_id().filter(|id| to_everywhere && id.starts_with("igw-")).map(str::to_owned)
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
    fn a_default_subnet_names_its_vpc() {
        let subnets = [subnet("subnet-1", "vpc-2", false), subnet("subnet-2", "vpc-1", true)];
        assert_eq!(default_vpc_of(&subnets), Some("vpc-1"));
        assert_eq!(default_vpc_of(&subnets[..1]), None);
    }

    #[test]
    fn the_subnets_of_other_vpcs_are_left_alone() {
        let subnets = [subnet("subnet-1", "vpc-2", false), subnet("subnet-2", "vpc-1", true)];
        assert_eq!(default_subnets_of("vpc-1", &subnets).unwrap(), ["subnet-2"]);
        assert_eq!(default_subnets_of("vpc-3", &subnets).unwrap(), [""; 0]);
    }

    #[test]
    fn a_subnet_that_somebody_added_keeps_the_vpc() {
        let subnets = [subnet("subnet-2", "vpc-1", true), subnet("subnet-3", "vpc-1", false)];
        assert_eq!(default_subnets_of("vpc-1", &subnets), None);
    }

    #[test]
    fn the_way_out_names_the_gateway() {
        let (local, out) = (route("172.31.0.0/16", "local"), route("0.0.0.0/0", "igw-1"));
        assert_eq!(gateway_of(&[table(&[local, out])]).as_deref(), Some("igw-1"));
    }

    #[test]
    fn routes_that_somebody_changed_keep_the_vpc() {
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
        let as_made = table(&[local, out]);
        assert_eq!(gateway_of(&[as_made.clone(), as_made]), None);
    }
}
