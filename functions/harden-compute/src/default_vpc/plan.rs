//! Which of a region's subnets and gateways belong to the default VPC; decided without a call.

use aws_sdk_ec2::types::{InternetGateway, Subnet};

/// A VPC with what has to go before it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Vpc {
    pub(super) id: String,
    pub(super) subnets: Vec<String>,
    pub(super) gateways: Vec<Gateway>,
}

#[derive(Debug, Eq, PartialEq)]
pub(super) struct Gateway {
    pub(super) id: String,
    pub(super) is_attached: bool,
}

/// Only the default VPC has default subnets.
pub(super) fn default_vpc_of(subnets: &[Subnet]) -> Option<&str> {
    subnets.iter().find(|subnet| subnet.default_for_az() == Some(true))?.vpc_id()
}

/// The default ones, and those that somebody added.
pub(super) fn subnets_of(vpc: &str, subnets: &[Subnet]) -> Vec<String> {
    let own = subnets.iter().filter(|subnet| subnet.vpc_id() == Some(vpc));
    own.filter_map(Subnet::subnet_id).map(str::to_owned).collect()
}

/// A run that was stopped between detaching the gateway and deleting it leaves one that is attached to nothing and has
/// no tags. It can be told from somebody else's only while nobody else is in the account.
pub(super) fn gateways_of(vpc: &str, gateways: &[InternetGateway], nobody_is_in: bool) -> Vec<Gateway> {
    let attached = those(gateways, true, |gateway| gateway.attachments().iter().any(|to| to.vpc_id() == Some(vpc)));
    if !attached.is_empty() || !nobody_is_in {
        return attached;
    }
    those(gateways, false, |gateway| gateway.attachments().is_empty() && gateway.tags().is_empty())
}

fn those(gateways: &[InternetGateway], is_attached: bool, is_ours: impl Fn(&InternetGateway) -> bool) -> Vec<Gateway> {
    let ours = gateways.iter().filter(|gateway| is_ours(gateway)).filter_map(InternetGateway::internet_gateway_id);
    ours.map(|id| Gateway { id: id.to_owned(), is_attached }).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{InternetGatewayAttachment, Tag};

    use super::*;

    fn subnet(id: &str, vpc: &str, is_default: bool) -> Subnet {
        Subnet::builder().subnet_id(id).vpc_id(vpc).default_for_az(is_default).build()
    }

    fn gateway(id: &str, vpc: Option<&str>) -> InternetGateway {
        let attachment = vpc.map(|vpc| vec![InternetGatewayAttachment::builder().vpc_id(vpc).build()]);
        InternetGateway::builder().internet_gateway_id(id).set_attachments(attachment).build()
    }

    fn chosen(gateways: &[InternetGateway], nobody_is_in: bool) -> Vec<(String, bool)> {
        let gateways = gateways_of("vpc-1", gateways, nobody_is_in);
        gateways.into_iter().map(|gateway| (gateway.id, gateway.is_attached)).collect()
    }

    #[test]
    fn a_default_subnet_names_its_vpc() {
        let subnets = [subnet("subnet-1", "vpc-2", false), subnet("subnet-2", "vpc-1", true)];
        assert_eq!(default_vpc_of(&subnets), Some("vpc-1"));
        assert_eq!(default_vpc_of(&subnets[..1]), None);
    }

    #[test]
    fn the_subnets_of_other_vpcs_are_left_alone() {
        let subnets =
            [subnet("subnet-1", "vpc-2", false), subnet("subnet-2", "vpc-1", true), subnet("subnet-3", "vpc-1", false)];
        assert_eq!(subnets_of("vpc-1", &subnets), ["subnet-2", "subnet-3"]);
    }

    #[test]
    fn the_gateways_of_other_vpcs_are_left_alone() {
        let gateways = [gateway("igw-1", Some("vpc-2")), gateway("igw-2", Some("vpc-1")), gateway("igw-3", None)];
        for nobody_is_in in [true, false] {
            assert_eq!(chosen(&gateways, nobody_is_in), [("igw-2".to_owned(), true)]);
        }
    }

    #[test]
    fn a_gateway_without_a_vpc_is_ours_only_while_nobody_else_is_in() {
        let mut tagged = gateway("igw-2", None);
        tagged.tags = Some(vec![Tag::builder().key("owner").build()]);
        let gateways = [gateway("igw-1", Some("vpc-2")), tagged, gateway("igw-3", None)];
        assert_eq!(chosen(&gateways, true), [("igw-3".to_owned(), false)]);
        assert!(chosen(&gateways, false).is_empty());
    }
}
