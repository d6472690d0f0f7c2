use aws_sdk_ec2::operation::delete_internet_gateway::DeleteInternetGatewayOutput;
use aws_sdk_ec2::operation::delete_subnet::DeleteSubnetOutput;
use aws_sdk_ec2::operation::delete_vpc::DeleteVpcOutput;
use aws_sdk_ec2::operation::describe_egress_only_internet_gateways::DescribeEgressOnlyInternetGatewaysOutput;
use aws_sdk_ec2::operation::describe_network_acls::DescribeNetworkAclsOutput;
use aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput;
use aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput;
use aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;
use aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput;
use aws_sdk_ec2::operation::describe_vpc_endpoints::DescribeVpcEndpointsOutput;
use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
use aws_sdk_ec2::operation::describe_vpn_gateways::DescribeVpnGatewaysOutput;
use aws_sdk_ec2::operation::detach_internet_gateway::DetachInternetGatewayOutput;
use aws_sdk_ec2::types::{
    AttachmentStatus, EgressOnlyInternetGateway, Filter, InternetGatewayAttachment, NetworkAcl, NetworkInterface,
    Route, RouteTable, SecurityGroup, State, Subnet, Vpc as Ec2Vpc, VpcAttachment, VpcEndpoint, VpnGateway,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use time::Duration;
use vending_core::{ErrorCode, fixtures};

use super::*;
use crate::settings::tests::error_response;

fn is_filter(filters: &[Filter], name: &str, value: &str) -> bool {
    filters == [Filter::builder().name(name).values(value).build()]
}

fn subnets(ids: &'static [&'static str]) -> Rule {
    mock!(Client::describe_subnets).then_output(move || {
        let subnet = |id: &&str| Subnet::builder().subnet_id(*id).vpc_id("vpc-1").default_for_az(true).build();
        DescribeSubnetsOutput::builder().set_subnets(Some(ids.iter().map(subnet).collect())).build()
    })
}

fn vpc(id: Option<&'static str>) -> Rule {
    mock!(Client::describe_vpcs)
        .match_requests(|request| is_filter(request.filters(), "is-default", "true"))
        .then_output(move || {
            let vpcs = id.iter().map(|id| Ec2Vpc::builder().vpc_id(*id).build());
            DescribeVpcsOutput::builder().set_vpcs(Some(vpcs.collect())).build()
        })
}

fn interfaces(count: usize) -> Rule {
    mock!(Client::describe_network_interfaces)
        .match_requests(|request| {
            is_filter(request.filters(), "vpc-id", "vpc-1") && request.include_managed_resources() == Some(true)
        })
        .then_output(move || {
            let interfaces = vec![NetworkInterface::builder().build(); count];
            DescribeNetworkInterfacesOutput::builder().set_network_interfaces(Some(interfaces)).build()
        })
}

/// Route tables like the one that AWS creates.
fn routes(tables: usize) -> Rule {
    mock!(Client::describe_route_tables)
        .match_requests(|request| is_filter(request.filters(), "vpc-id", "vpc-1"))
        .then_output(move || {
            let route = |to, gateway| Route::builder().destination_cidr_block(to).gateway_id(gateway).build();
            let table =
                RouteTable::builder().routes(route("172.31.0.0/16", "local")).routes(route("0.0.0.0/0", "igw-1"));
            DescribeRouteTablesOutput::builder().set_route_tables(Some(vec![table.build(); tables])).build()
        })
}

fn security_groups(count: usize) -> Rule {
    mock!(Client::describe_security_groups)
        .match_requests(|request| is_filter(request.filters(), "vpc-id", "vpc-1"))
        .then_output(move || {
            let groups = vec![SecurityGroup::builder().build(); count];
            DescribeSecurityGroupsOutput::builder().set_security_groups(Some(groups)).build()
        })
}

fn network_acls(count: usize) -> Rule {
    mock!(Client::describe_network_acls)
        .match_requests(|request| is_filter(request.filters(), "vpc-id", "vpc-1"))
        .then_output(move || {
            let acls = vec![NetworkAcl::builder().build(); count];
            DescribeNetworkAclsOutput::builder().set_network_acls(Some(acls)).build()
        })
}

fn vpn_gateway(state: Option<AttachmentStatus>) -> Rule {
    mock!(Client::describe_vpn_gateways)
        .match_requests(|request| is_filter(request.filters(), "attachment.vpc-id", "vpc-1"))
        .then_output(move || {
            let attached = |state| VpcAttachment::builder().vpc_id("vpc-1").state(state).build();
            let gateways = state.clone().map(|state| VpnGateway::builder().vpc_attachments(attached(state)).build());
            DescribeVpnGatewaysOutput::builder().set_vpn_gateways(Some(gateways.into_iter().collect())).build()
        })
}

/// An egress-only gateway of each of these VPCs.
fn egress_only_gateways(vpcs: &'static [&'static str]) -> Rule {
    mock!(Client::describe_egress_only_internet_gateways).then_output(move || {
        let gateway = |vpc: &&str| {
            let attached = InternetGatewayAttachment::builder().vpc_id(*vpc).build();
            EgressOnlyInternetGateway::builder().attachments(attached).build()
        };
        let gateways = vpcs.iter().map(gateway).collect();
        DescribeEgressOnlyInternetGatewaysOutput::builder().set_egress_only_internet_gateways(Some(gateways)).build()
    })
}

fn endpoint(state: Option<State>) -> Rule {
    mock!(Client::describe_vpc_endpoints)
        .match_requests(|request| is_filter(request.filters(), "vpc-id", "vpc-1"))
        .then_output(move || {
            let endpoints = state.clone().map(|state| VpcEndpoint::builder().state(state).build());
            DescribeVpcEndpointsOutput::builder().set_vpc_endpoints(Some(endpoints.into_iter().collect())).build()
        })
}

/// No additions: only detached or deleted resources, and those of another VPC.
fn nothing_added() -> [Rule; 5] {
    [
        security_groups(1),
        network_acls(1),
        vpn_gateway(Some(AttachmentStatus::Detached)),
        egress_only_gateways(&["vpc-2"]),
        endpoint(Some(State::Deleted)),
    ]
}

fn detached() -> Rule {
    mock!(Client::detach_internet_gateway)
        .match_requests(|request| request.internet_gateway_id() == Some("igw-1") && request.vpc_id() == Some("vpc-1"))
        .then_output(|| DetachInternetGatewayOutput::builder().build())
}

fn gateway_deleted() -> Rule {
    mock!(Client::delete_internet_gateway)
        .match_requests(|request| request.internet_gateway_id() == Some("igw-1"))
        .then_output(|| DeleteInternetGatewayOutput::builder().build())
}

fn subnet_deleted(id: &'static str) -> Rule {
    mock!(Client::delete_subnet)
        .match_requests(move |request| request.subnet_id() == Some(id))
        .then_output(|| DeleteSubnetOutput::builder().build())
}

fn vpc_deleted() -> Rule {
    mock!(Client::delete_vpc)
        .match_requests(|request| request.vpc_id() == Some("vpc-1"))
        .then_output(|| DeleteVpcOutput::builder().build())
}

/// The responses of a Region without a default VPC.
pub(crate) fn none() -> [Rule; 2] {
    [subnets(&[]), vpc(None)]
}

/// The responses of a Region with the default VPC that AWS created.
pub(crate) fn unused() -> [Rule; 3] {
    [subnets(&["subnet-1", "subnet-2"]), interfaces(0), routes(1)]
}

/// The same responses in an account that is not new.
fn unused_in_old_account() -> Vec<Rule> {
    unused().into_iter().chain(nothing_added()).collect()
}

/// The same responses with a network interface in the VPC.
pub(crate) fn in_use() -> [Rule; 2] {
    [subnets(&["subnet-1"]), interfaces(1)]
}

pub(crate) fn all_deleted() -> [Rule; 5] {
    [detached(), gateway_deleted(), subnet_deleted("subnet-1"), subnet_deleted("subnet-2"), vpc_deleted()]
}

pub(crate) fn read_back(id: Option<&'static str>) -> [Rule; 1] {
    [vpc(id)]
}

fn default_vpc(age: Duration, rules: &[Rule]) -> DefaultVpc {
    let client = mock_client!(aws_sdk_ec2, RuleMode::Sequential, rules);
    let mut input = fixtures::baseline_input(age);
    input.settings.governed_regions = vec!["eu-west-1".to_owned()];
    DefaultVpc::new("eu-west-1", client, &input)
}

/// The changes, and the note if the VPC is kept.
type Outcome = Result<(Vec<String>, Option<String>), StepError>;

/// Converges. Asserts that each rule is called once.
async fn converge(age: Duration, rules: &[Rule]) -> Outcome {
    let changes = Changes::apply();
    let report = default_vpc(age, rules).converge(&changes).await;
    assert_all_called(rules);
    Ok((changes.into_names(), report?.notes.pop()))
}

/// Converges and reads back. Asserts that each rule is called once in both together.
async fn run(age: Duration, rules: &[Rule]) -> Outcome {
    let default_vpc = &default_vpc(age, rules);
    let converge = |changes| async move { default_vpc.converge(&changes).await };
    let run = Changes::apply_and_read_back(converge).await;
    assert_all_called(rules);
    run.map(|(mut report, made)| (made, report.notes.pop()))
}

fn assert_all_called(rules: &[Rule]) {
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

fn chain<const N: usize>(parts: [Vec<Rule>; N]) -> Vec<Rule> {
    parts.into_iter().flatten().collect()
}

const OFFLINE: &str = "eu-west-1: detached the default VPC from the internet";
const DELETED: &str = "eu-west-1: deleted the default VPC";

#[tokio::test]
async fn deletion_takes_seven_calls_and_one_per_subnet() {
    let rules = chain([unused().into(), all_deleted().into(), read_back(None).into()]);
    assert_eq!(rules.len(), 7 + 2);
    assert_eq!(run(Duration::ZERO, &rules).await.unwrap(), (vec![OFFLINE.to_owned(), DELETED.to_owned()], None));
}

#[tokio::test]
async fn deleted_vpc_that_is_visible_is_not_ready() {
    let rules = chain([unused().into(), all_deleted().into(), read_back(Some("vpc-1")).into()]);
    let error = run(Duration::ZERO, &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(error.to_string(), format!("changed, but not yet visible in AWS: {DELETED}"));
}

#[tokio::test]
async fn region_without_default_vpc_is_only_read() {
    assert_eq!(converge(Duration::ZERO, &none()).await.unwrap(), (vec![], None));
}

#[tokio::test]
async fn vpc_with_network_interface_is_kept_and_noted() {
    let (changes, note) = converge(Duration::ZERO, &in_use()).await.unwrap();
    assert!(changes.is_empty());
    assert_eq!(note.unwrap(), "eu-west-1: kept the default VPC vpc-1: it has network interfaces");
}

#[tokio::test]
async fn plan_deletes_nothing() {
    let rules = unused();
    let changes = Changes::plan();
    default_vpc(Duration::ZERO, &rules).converge(&changes).await.unwrap();
    assert_all_called(&rules);
    assert_eq!(changes.into_names(), [OFFLINE, DELETED]);
}

#[tokio::test]
async fn deletion_in_old_account_takes_eleven_calls() {
    let rules = chain([unused_in_old_account(), all_deleted().into()]);
    assert_eq!(rules.len(), 11 + 2);
    assert_eq!(run(Duration::DAY, &rules).await.unwrap(), (vec![OFFLINE.to_owned(), DELETED.to_owned()], None));
}

#[tokio::test]
async fn vpc_with_other_subnets_or_routes_is_kept() {
    let other_table = vec![subnets(&["subnet-1"]), interfaces(0), routes(2)];
    let another = mock!(Client::describe_subnets).then_output(|| {
        let subnet =
            |id, is_default| Subnet::builder().subnet_id(id).vpc_id("vpc-1").default_for_az(is_default).build();
        DescribeSubnetsOutput::builder().subnets(subnet("subnet-1", true)).subnets(subnet("subnet-2", false)).build()
    });
    for (rules, why) in [(vec![another], "subnets"), (other_table, "routes")] {
        let (changes, note) = converge(Duration::DAY, &rules).await.unwrap();
        assert!(changes.is_empty());
        let note = note.unwrap();
        assert!(note.starts_with("eu-west-1: kept the default VPC vpc-1: it") && note.contains(why), "{note}");
    }
}

#[tokio::test]
async fn vpc_with_additions_is_kept() {
    let additions = [
        (security_groups(2), "security groups"),
        (network_acls(2), "network ACLs"),
        (vpn_gateway(Some(AttachmentStatus::Attached)), "virtual private gateway"),
        (egress_only_gateways(&["vpc-2", "vpc-1"]), "egress-only internet gateway"),
        (endpoint(Some(State::Available)), "VPC endpoints"),
    ];
    for (index, (addition, why)) in additions.into_iter().enumerate() {
        let reads = nothing_added().into_iter().take(index).chain([addition]).collect();
        let (changes, note) = converge(Duration::DAY, &chain([unused().into(), reads])).await.unwrap();
        assert!(changes.is_empty());
        let note = note.unwrap();
        assert!(note.starts_with("eu-west-1: kept the default VPC vpc-1: ") && note.contains(why), "{note}");
    }
}

#[tokio::test]
async fn additions_are_not_read_in_new_account() {
    let rules = chain([unused().into(), all_deleted().into()]);
    assert_eq!(converge(Duration::ZERO, &rules).await.unwrap(), (vec![OFFLINE.to_owned(), DELETED.to_owned()], None));
}

#[tokio::test]
async fn partly_deleted_vpc_is_deleted() {
    let not_found = |code: &'static str| move || error_response(code);
    let detached = mock!(Client::detach_internet_gateway).then_http_response(not_found("Gateway.NotAttached"));
    let rules = chain([
        vec![subnets(&["subnet-2"]), interfaces(0), routes(1)],
        vec![detached, gateway_deleted(), subnet_deleted("subnet-2"), vpc_deleted()],
    ]);
    assert_eq!(converge(Duration::ZERO, &rules).await.unwrap().0, [OFFLINE, DELETED]);

    let unknown = "InvalidInternetGatewayID.NotFound";
    let detached = mock!(Client::detach_internet_gateway).then_http_response(not_found(unknown));
    let deleted = mock!(Client::delete_internet_gateway).then_http_response(not_found(unknown));
    let bare = [subnets(&[]), vpc(Some("vpc-1")), routes(1), detached, deleted, vpc_deleted()];
    assert_eq!(converge(Duration::ZERO, &bare).await.unwrap().0, [OFFLINE, DELETED]);
}

#[tokio::test]
async fn already_deleted_resources_are_ignored() {
    let rules = chain([
        unused_in_old_account(),
        vec![
            mock!(Client::detach_internet_gateway).then_http_response(|| error_response("Gateway.NotAttached")),
            mock!(Client::delete_internet_gateway)
                .then_http_response(|| error_response("InvalidInternetGatewayID.NotFound")),
            mock!(Client::delete_subnet).then_http_response(|| error_response("InvalidSubnetID.NotFound")),
            subnet_deleted("subnet-2"),
            mock!(Client::delete_vpc).then_http_response(|| error_response("InvalidVpcID.NotFound")),
        ],
    ]);
    let (changes, note) = converge(Duration::DAY, &rules).await.unwrap();
    assert_eq!(changes, [OFFLINE, DELETED]);
    assert_eq!(note, None);
}

/// The deletion fails at each of its calls in turn.
fn failure_at_each_call(age: Duration, code: &'static str) -> Vec<(Vec<Rule>, &'static str)> {
    let reads = |age: Duration| if age.is_zero() { unused().into() } else { unused_in_old_account() };
    let error = move || error_response(code);
    let failures = [
        (0, mock!(Client::detach_internet_gateway).then_http_response(error), "detach igw-1"),
        (1, mock!(Client::delete_internet_gateway).then_http_response(error), "delete igw-1"),
        (2, mock!(Client::delete_subnet).then_http_response(error), "delete subnet-1"),
        (4, mock!(Client::delete_vpc).then_http_response(error), "delete vpc-1"),
    ];
    let up_to = |(deleted, failure, action)| {
        let deleted = all_deleted().into_iter().take(deleted);
        (reads(age).into_iter().chain(deleted).chain([failure]).collect(), action)
    };
    failures.into_iter().map(up_to).collect()
}

#[tokio::test]
async fn vpc_that_comes_into_use_is_kept() {
    for (rules, action) in failure_at_each_call(Duration::DAY, "DependencyViolation") {
        let (changes, note) = converge(Duration::DAY, &rules).await.unwrap();
        let note = note.unwrap();
        assert!(note.starts_with("eu-west-1: kept the default VPC vpc-1: could not "), "{note}");
        assert!(note.contains(action), "{note}");
        assert!(!changes.contains(&DELETED.to_owned()), "{changes:?}");
    }
}

#[tokio::test]
async fn kept_vpc_is_not_read_back() {
    let (rules, _) = failure_at_each_call(Duration::DAY, "DependencyViolation").remove(2);
    let (changes, note) = run(Duration::DAY, &rules).await.unwrap();
    assert_eq!(changes, [OFFLINE]);
    assert!(note.is_some());
}

#[tokio::test]
async fn dependency_violation_is_retried_when_new() {
    for (rules, _) in failure_at_each_call(Duration::ZERO, "DependencyViolation") {
        assert_eq!(converge(Duration::ZERO, &rules).await.unwrap_err().code(), ErrorCode::NotReady);
    }
}

#[tokio::test]
async fn region_that_is_not_ready_is_retried() {
    for (code, later) in [
        ("OptInRequired", ErrorCode::ServiceNotActivated),
        ("AuthFailure", ErrorCode::AccessDenied),
        ("UnauthorizedOperation", ErrorCode::AccessDenied),
    ] {
        for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, later)] {
            let rule = mock!(Client::describe_subnets).then_http_response(move || error_response(code));
            let error = converge(age, &[rule]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
        }
    }
}

#[tokio::test]
async fn every_denied_call_is_reported() {
    let denied = || error_response("UnauthorizedOperation");
    let reads = [
        (vec![mock!(Client::describe_subnets).then_http_response(denied)], "list the subnets"),
        (vec![subnets(&[]), mock!(Client::describe_vpcs).then_http_response(denied)], "find the default VPC"),
        (
            vec![subnets(&["subnet-1"]), mock!(Client::describe_network_interfaces).then_http_response(denied)],
            "list the network interfaces",
        ),
        (
            vec![
                subnets(&["subnet-1"]),
                interfaces(0),
                mock!(Client::describe_route_tables).then_http_response(denied),
            ],
            "list the route tables",
        ),
    ];
    let additions = [
        (mock!(Client::describe_security_groups).then_http_response(denied), "security groups"),
        (mock!(Client::describe_network_acls).then_http_response(denied), "network ACLs"),
        (mock!(Client::describe_vpn_gateways).then_http_response(denied), "VPN gateways"),
        (
            mock!(Client::describe_egress_only_internet_gateways).then_http_response(denied),
            "egress-only internet gateways",
        ),
        (mock!(Client::describe_vpc_endpoints).then_http_response(denied), "endpoints"),
    ];
    let additions = additions.into_iter().enumerate().map(|(index, (rule, what))| {
        let reads = nothing_added().into_iter().take(index).chain([rule]).collect();
        (chain([unused().into(), reads]), what)
    });
    let deletions = failure_at_each_call(Duration::DAY, "UnauthorizedOperation");
    for (rules, action) in reads.into_iter().chain(additions).chain(deletions) {
        let error = converge(Duration::DAY, &rules).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.to_string().contains(action), "{error}");
    }
}
