use aws_sdk_ec2::operation::delete_internet_gateway::DeleteInternetGatewayOutput;
use aws_sdk_ec2::operation::delete_subnet::DeleteSubnetOutput;
use aws_sdk_ec2::operation::delete_vpc::DeleteVpcOutput;
use aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput;
use aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput;
use aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput;
use aws_sdk_ec2::operation::describe_subnets::DescribeSubnetsOutput;
use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
use aws_sdk_ec2::operation::detach_internet_gateway::DetachInternetGatewayOutput;
use aws_sdk_ec2::types::{Filter, NetworkInterface, Route, RouteTable, SecurityGroup, Subnet, Vpc as Ec2Vpc};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use time::Duration;
use vending_core::{ErrorCode, samples};

use super::*;
use crate::settings::tests::refusal;

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

/// The table that AWS makes, and maybe another.
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

/// What a region without a default VPC answers.
pub(crate) fn none() -> [Rule; 2] {
    [subnets(&[]), vpc(None)]
}

/// What a region with the default VPC that AWS made answers.
pub(crate) fn unused() -> [Rule; 3] {
    [subnets(&["subnet-1", "subnet-2"]), interfaces(0), routes(1)]
}

/// The same in an account that is not new.
fn unused_for_long() -> Vec<Rule> {
    unused().into_iter().chain([security_groups(1)]).collect()
}

/// The same with something in it.
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
    DefaultVpc::new("eu-west-1", client, &samples::baseline_input(age))
}

type Outcome = Result<(Vec<String>, Option<String>), StepError>;

/// Every rule is called once, in order, and nothing else is called.
async fn converge(age: Duration, rules: &[Rule]) -> Outcome {
    let changes = Changes::to_make();
    let note = default_vpc(age, rules).converge(&changes).await;
    assert_all_called(rules);
    Ok((changes.into_list(), note?))
}

fn assert_all_called(rules: &[Rule]) {
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

fn chain<const N: usize>(parts: [Vec<Rule>; N]) -> Vec<Rule> {
    parts.into_iter().flatten().collect()
}

const OFFLINE: &str = "eu-west-1: took the default VPC off the internet";
const REMOVED: &str = "eu-west-1: removed the default VPC";

#[tokio::test]
async fn removing_and_reading_back_takes_seven_calls_and_one_for_each_subnet() {
    let rules = chain([unused().into(), all_deleted().into(), read_back(None).into()]);
    assert_eq!(rules.len(), 7 + 2);
    let default_vpc = default_vpc(Duration::ZERO, &rules);
    let (made, listed) = (Changes::to_make(), Changes::to_list());
    assert_eq!(default_vpc.converge(&made).await.unwrap(), None);
    assert_eq!(default_vpc.converge(&listed).await.unwrap(), None);
    assert_all_called(&rules);
    assert_eq!(made.into_list(), [OFFLINE, REMOVED]);
    assert!(listed.into_list().is_empty());
}

#[tokio::test]
async fn a_removed_vpc_that_still_shows_is_a_difference() {
    let rules = chain([unused().into(), all_deleted().into(), read_back(Some("vpc-1")).into()]);
    let default_vpc = default_vpc(Duration::ZERO, &rules);
    let listed = Changes::to_list();
    default_vpc.converge(&Changes::to_make()).await.unwrap();
    default_vpc.converge(&listed).await.unwrap();
    assert_all_called(&rules);
    assert_eq!(listed.into_list(), [REMOVED]);
}

#[tokio::test]
async fn a_region_without_a_default_vpc_is_looked_at_once() {
    let rules = none();
    let default_vpc = default_vpc(Duration::ZERO, &rules);
    for changes in [Changes::to_make(), Changes::to_list()] {
        assert_eq!(default_vpc.converge(&changes).await.unwrap(), None);
        assert!(changes.into_list().is_empty());
    }
    assert_all_called(&rules);
}

#[tokio::test]
async fn a_vpc_with_a_network_interface_is_left_alone_and_named() {
    let rules = in_use();
    let default_vpc = default_vpc(Duration::ZERO, &rules);
    for changes in [Changes::to_make(), Changes::to_list()] {
        let note = default_vpc.converge(&changes).await.unwrap().unwrap();
        assert_eq!(note, "eu-west-1: the default VPC vpc-1 stays: it has network interfaces");
        assert!(changes.into_list().is_empty());
    }
    assert_all_called(&rules);
}

#[tokio::test]
async fn a_look_alone_removes_nothing() {
    let rules = unused();
    let changes = Changes::to_list();
    default_vpc(Duration::ZERO, &rules).converge(&changes).await.unwrap();
    assert_all_called(&rules);
    assert_eq!(changes.into_list(), [OFFLINE, REMOVED]);
}

#[tokio::test]
async fn in_an_account_that_is_not_new_a_vpc_as_aws_made_it_is_removed_with_seven_calls_too() {
    let rules = chain([unused_for_long(), all_deleted().into()]);
    assert_eq!(rules.len(), 7 + 2);
    let default_vpc = default_vpc(Duration::DAY, &rules);
    let (made, listed) = (Changes::to_make(), Changes::to_list());
    default_vpc.converge(&made).await.unwrap();
    default_vpc.converge(&listed).await.unwrap();
    assert_all_called(&rules);
    assert_eq!(made.into_list(), [OFFLINE, REMOVED]);
    assert!(listed.into_list().is_empty());
}

#[tokio::test]
async fn what_somebody_made_in_a_vpc_keeps_it_whole() {
    let other_table = vec![subnets(&["subnet-1"]), interfaces(0), routes(2)];
    let other_group = vec![subnets(&["subnet-1"]), interfaces(0), routes(1), security_groups(2)];
    let another = mock!(Client::describe_subnets).then_output(|| {
        let subnet =
            |id, is_default| Subnet::builder().subnet_id(id).vpc_id("vpc-1").default_for_az(is_default).build();
        DescribeSubnetsOutput::builder().subnets(subnet("subnet-1", true)).subnets(subnet("subnet-2", false)).build()
    });
    for (rules, why) in [(vec![another], "subnets"), (other_table, "routes"), (other_group, "security groups")] {
        let (changes, note) = converge(Duration::DAY, &rules).await.unwrap();
        assert!(changes.is_empty());
        let note = note.unwrap();
        assert!(note.starts_with("eu-west-1: the default VPC vpc-1 stays: it") && note.contains(why), "{note}");
    }
}

#[tokio::test]
async fn what_a_stopped_run_left_is_removed() {
    let gone = |code: &'static str| move || refusal(code);
    let detached = mock!(Client::detach_internet_gateway).then_http_response(gone("Gateway.NotAttached"));
    let rules = chain([
        vec![subnets(&["subnet-2"]), interfaces(0), routes(1)],
        vec![detached, gateway_deleted(), subnet_deleted("subnet-2"), vpc_deleted()],
    ]);
    assert_eq!(converge(Duration::ZERO, &rules).await.unwrap().0, [OFFLINE, REMOVED]);

    let unknown = "InvalidInternetGatewayID.NotFound";
    let detached = mock!(Client::detach_internet_gateway).then_http_response(gone(unknown));
    let deleted = mock!(Client::delete_internet_gateway).then_http_response(gone(unknown));
    let bare = [subnets(&[]), vpc(Some("vpc-1")), routes(1), detached, deleted, vpc_deleted()];
    assert_eq!(converge(Duration::ZERO, &bare).await.unwrap().0, [OFFLINE, REMOVED]);
}

#[tokio::test]
async fn what_is_gone_already_is_done() {
    let rules = chain([
        unused_for_long(),
        vec![
            mock!(Client::detach_internet_gateway).then_http_response(|| refusal("Gateway.NotAttached")),
            mock!(Client::delete_internet_gateway).then_http_response(|| refusal("InvalidInternetGatewayID.NotFound")),
            mock!(Client::delete_subnet).then_http_response(|| refusal("InvalidSubnetID.NotFound")),
            subnet_deleted("subnet-2"),
            mock!(Client::delete_vpc).then_http_response(|| refusal("InvalidVpcID.NotFound")),
        ],
    ]);
    let (changes, note) = converge(Duration::DAY, &rules).await.unwrap();
    assert_eq!(changes, [OFFLINE, REMOVED]);
    assert_eq!(note, None);
}

/// Refuses the removal at each of its calls in turn.
fn refused_at_each_call(age: Duration, code: &'static str) -> Vec<(Vec<Rule>, &'static str)> {
    let looked = |age: Duration| if age.is_zero() { unused().into() } else { unused_for_long() };
    let refused = move || refusal(code);
    let refusals = [
        (0, mock!(Client::detach_internet_gateway).then_http_response(refused), "detach igw-1"),
        (1, mock!(Client::delete_internet_gateway).then_http_response(refused), "delete igw-1"),
        (2, mock!(Client::delete_subnet).then_http_response(refused), "delete subnet-1"),
        (4, mock!(Client::delete_vpc).then_http_response(refused), "delete vpc-1"),
    ];
    let up_to = |(made, refusal, doing)| {
        let made = all_deleted().into_iter().take(made);
        (looked(age).into_iter().chain(made).chain([refusal]).collect(), doing)
    };
    refusals.into_iter().map(up_to).collect()
}

#[tokio::test]
async fn a_vpc_that_somebody_began_to_use_stays() {
    for (rules, doing) in refused_at_each_call(Duration::DAY, "DependencyViolation") {
        let (changes, note) = converge(Duration::DAY, &rules).await.unwrap();
        let note = note.unwrap();
        assert!(note.starts_with("eu-west-1: the default VPC vpc-1 stays: could not "), "{note}");
        assert!(note.contains(doing), "{note}");
        assert!(!changes.contains(&REMOVED.to_owned()), "{changes:?}");
    }
}

#[tokio::test]
async fn a_vpc_that_stays_is_not_read_back() {
    let (rules, _) = refused_at_each_call(Duration::DAY, "DependencyViolation").remove(2);
    let default_vpc = default_vpc(Duration::DAY, &rules);
    let note = default_vpc.converge(&Changes::to_make()).await.unwrap();
    let listed = Changes::to_list();
    assert_eq!(default_vpc.converge(&listed).await.unwrap(), note);
    assert!(note.is_some());
    assert!(listed.into_list().is_empty());
    assert_all_called(&rules);
}

#[tokio::test]
async fn in_a_fresh_account_aws_is_given_time_to_let_go() {
    for (rules, _) in refused_at_each_call(Duration::ZERO, "DependencyViolation") {
        assert_eq!(converge(Duration::ZERO, &rules).await.unwrap_err().code(), ErrorCode::NotReady);
    }
}

#[tokio::test]
async fn a_region_that_is_not_ready_is_waited_for() {
    for code in ["OptInRequired", "AuthFailure", "UnauthorizedOperation"] {
        for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
            let rule = mock!(Client::describe_subnets).then_http_response(move || refusal(code));
            let error = converge(age, &[rule]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
        }
    }
}

#[tokio::test]
async fn every_call_can_be_refused() {
    let denied = || refusal("UnauthorizedOperation");
    let looks = [
        (vec![mock!(Client::describe_subnets).then_http_response(denied)], "list the subnets"),
        (vec![subnets(&[]), mock!(Client::describe_vpcs).then_http_response(denied)], "look for the default VPC"),
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
        (
            chain([unused().into(), vec![mock!(Client::describe_security_groups).then_http_response(denied)]]),
            "list the default VPC's security groups",
        ),
    ];
    let removals = refused_at_each_call(Duration::DAY, "UnauthorizedOperation");
    for (rules, doing) in looks.into_iter().chain(removals) {
        let error = converge(Duration::DAY, &rules).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.to_string().contains(doing), "{error}");
    }
}
