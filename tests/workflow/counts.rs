//! Limits the states and AWS calls of a vend, and shows that they do not depend on the size of the organization.
//!
//! Runs alone (see .config/nextest.toml), so that every recorded call belongs to this vend.

use std::collections::BTreeMap;

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use cloud::{Caller, Cloud, email, full_request};
use local_cloud::strict::Call;
use strum::IntoEnumIterator;
use vending_core::StepName;

use crate::baseline::FULL_UNIT;

/// The average of all steps of a vend, so that a new step adds its share to the limits.
const MAX_STATES_PER_STEP: usize = 2;
/// The same, with three governed Regions and without the deletion of default VPCs.
const MAX_CALLS_PER_STEP: usize = 9;
/// The same, in each Region except the home Region.
const MAX_REGIONAL_CALLS_PER_STEP: usize = 2;
/// For the deletion of a default VPC in one Region of a new account; each subnet adds one call.
///
/// An account that is not new needs four more: five reads of what was added to the VPC, but no read-back. The unit test
/// `deletion_in_old_account_takes_eleven_calls` of harden-ec2 counts them.
const MAX_CALLS_PER_DEFAULT_VPC: usize = 7;
/// For the reads and writes in the records bucket that decide what a step is allowed to do and who owns the account: each
/// step reads the record of the request, the validated request, and the record of the account (again at each poll). Steps
/// that give access also read the settings, and report-outcome reads before it writes.
const MAX_AUTHORITY_CALLS_PER_STEP: usize = 4;
const HOME_REGION: &str = "us-east-1";

/// The states and the AWS calls of a vend with every field.
struct Cost {
    states: usize,
    calls: Vec<Call>,
}

impl Cost {
    /// The number of calls of each operation, by function.
    fn by_function(&self) -> BTreeMap<&str, BTreeMap<String, usize>> {
        let mut counts: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        for call in &self.calls {
            let function = call.function.as_deref().unwrap_or("others");
            let function = function.rsplit(':').next().unwrap().trim_start_matches("account-vending-");
            let operation = format!("{}:{}", call.service, call.operation);
            *counts.entry(function).or_default().entry(operation).or_default() += 1;
        }
        counts
    }

    fn default_vpcs(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| is_default_vpc_call(call))
    }

    fn authority(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| is_authority_call(call))
    }

    fn others(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| !is_default_vpc_call(call) && !is_authority_call(call))
    }
}

fn is_authority_call(call: &Call) -> bool {
    let function = call.function.as_deref().unwrap_or_default();
    let is_step = !function.ends_with("-accounts-api") && !function.ends_with("-report-outcome");
    call.service == "s3" && (is_step || (function.ends_with("-report-outcome") && call.operation == "GetObject"))
}

fn is_default_vpc_call(call: &Call) -> bool {
    let resources = [
        "Vpc",
        "Subnet",
        "InternetGateway",
        "NetworkInterface",
        "RouteTable",
        "SecurityGroup",
        "NetworkAcl",
        "VpnGateway",
    ];
    call.service == "ec2" && resources.iter().any(|resource| call.operation.contains(resource))
}

fn by_region<'a>(calls: impl Iterator<Item = &'a Call>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut regions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for call in calls {
        regions.entry(call.region.as_deref().unwrap_or_default()).or_default().push(&call.operation);
    }
    regions
}

#[tokio::test]
async fn vend_cost_is_independent_of_organization_size() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let mut measured = Vec::new();
    for (name, more) in [("counts-warm", 0), ("counts-small", 0), ("counts-51", 50), ("counts-251", 200)] {
        add_accounts(&cloud, name, more).await;
        measured.push(vend(&cloud, &caller, name).await);
    }
    for cost in &measured[1..] {
        println!("{}", table(cost));
        check_limits(cost);
    }
    let sums: Vec<_> = measured[1..].iter().map(|cost| (cost.states, cost.by_function())).collect();
    assert!(sums.iter().all(|sum| *sum == sums[0]), "the cost depends on the size of the organization: {sums:#?}");
}

fn table(cost: &Cost) -> String {
    let (others, default_vpcs) = (cost.others().count(), cost.default_vpcs().count());
    let authority = cost.authority().count();
    let states = cost.states;
    let mut lines = vec![format!(
        "{states} states, {others} AWS calls, {authority} calls for authority, and {default_vpcs} for default VPCs"
    )];
    for (function, operations) in cost.by_function() {
        let total: usize = operations.values().sum();
        lines.push(format!("{total:4} {function}: {operations:?}"));
    }
    let regions = by_region(cost.others()).into_iter();
    lines.extend(regions.map(|(region, operations)| format!("{:4} in {region}", operations.len())));
    lines.join("\n")
}

fn check_limits(cost: &Cost) {
    let steps = StepName::iter().count();
    assert!(cost.states <= steps * MAX_STATES_PER_STEP, "{} states", cost.states);
    let others = cost.others().count();
    assert!(others <= steps * MAX_CALLS_PER_STEP, "{others} calls");
    let authority = cost.authority().count();
    assert!(authority <= steps * MAX_AUTHORITY_CALLS_PER_STEP, "{authority} calls for authority");
    for (region, operations) in by_region(cost.others()) {
        let within = region == HOME_REGION || operations.len() <= steps * MAX_REGIONAL_CALLS_PER_STEP;
        assert!(within, "{} calls in {region}: {operations:?}", operations.len());
    }
    for (region, operations) in by_region(cost.default_vpcs()) {
        let subnets = operations.iter().filter(|operation| **operation == "DeleteSubnet").count();
        assert!(operations.len() <= MAX_CALLS_PER_DEFAULT_VPC + subnets, "{region}: {operations:?}");
    }
}

/// Creates accounts directly in the emulated AWS, without the functions.
async fn add_accounts(cloud: &Cloud, name: &str, more: usize) {
    for number in 0..more {
        let email = email(&format!("{name}-{number}"));
        cloud.organizations().create_account().email(email).account_name(name).send().await.unwrap();
    }
}

async fn vend(cloud: &Cloud, caller: &Caller, name: &str) -> Cost {
    let before = cloud.strict.last_sequence().await.unwrap();
    let accepted = caller.post(&full_request(name, FULL_UNIT)).await;
    let id = accepted.body["requestId"].as_str().unwrap();
    let end = cloud.end_of_execution(id).await;
    assert!(end.starts_with("SUCCEEDED"), "{end}");
    let calls = cloud.strict.calls_since(before).await.unwrap();
    Cost { states: states(cloud, id).await, calls }
}

async fn states(cloud: &Cloud, request_id: &str) -> usize {
    let history = cloud.step_functions().get_execution_history().execution_arn(cloud.execution_arn(request_id));
    let mut pages = history.into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        events.extend(page.unwrap().events);
    }
    let of = |kind: HistoryEventType| events.iter().filter(|event| event.r#type == kind).count();
    let entered = |event: &&HistoryEvent| event.r#type.as_str().ends_with("StateEntered");
    // The histories of the local cloud show tasks inside a Map without their states.
    let hidden = of(HistoryEventType::TaskScheduled).saturating_sub(of(HistoryEventType::TaskStateEntered));
    events.iter().filter(entered).count() + hidden
}
