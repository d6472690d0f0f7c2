//! What a vend costs in states and calls, whatever the size of the organization.
//!
//! Runs alone (see .config/nextest.toml): every call that is seen is this vend's.

use std::collections::BTreeMap;

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use local_cloud::{Caller, Cloud, email, full_request};
use strict::Call;

use crate::baseline::FULL_UNIT;

/// 25, and two for each step that has been added to the first three since.
const MOST_STATES: usize = 25 + 2 * 10;
/// With three governed regions and every step, the removal of default VPCs apart.
const MOST_CALLS: usize = 150;
const MOST_CALLS_OF_A_REGION: usize = 30;
/// Of the removal of a default VPC in one region, and one more for each subnet.
const MOST_CALLS_OF_A_DEFAULT_VPC: usize = 7;
const HOME_REGION: &str = "us-east-1";

/// A vend with everything, and what it called.
struct Cost {
    states: usize,
    calls: Vec<Call>,
}

impl Cost {
    /// The operations of each function, with their number.
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
        self.calls.iter().filter(|call| is_about_default_vpcs(call))
    }

    fn others(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| !is_about_default_vpcs(call))
    }
}

fn is_about_default_vpcs(call: &Call) -> bool {
    let things = ["Vpc", "Subnet", "InternetGateway", "NetworkInterface", "RouteTable"];
    call.service == "ec2" && things.iter().any(|thing| call.operation.contains(thing))
}

fn by_region<'a>(calls: impl Iterator<Item = &'a Call>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut regions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for call in calls {
        regions.entry(call.region.as_deref().unwrap_or_default()).or_default().push(&call.operation);
    }
    regions
}

#[tokio::test]
async fn a_vend_costs_the_same_in_a_small_and_a_large_organization() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let mut measured = Vec::new();
    for (name, more) in [("counts-warm", 0), ("counts-small", 0), ("counts-51", 50), ("counts-251", 200)] {
        add_accounts(&cloud, name, more).await;
        measured.push(vend(&cloud, &caller, name).await);
    }
    for cost in &measured[1..] {
        println!("{}", table(cost));
        is_within_its_budget(cost);
    }
    let sums: Vec<_> = measured[1..].iter().map(|cost| (cost.states, cost.by_function())).collect();
    assert!(sums.iter().all(|sum| *sum == sums[0]), "the cost grows with the organization: {sums:#?}");
}

fn table(cost: &Cost) -> String {
    let (others, default_vpcs) = (cost.others().count(), cost.default_vpcs().count());
    let mut lines = vec![format!("{} states, {others} AWS calls and {default_vpcs} for default VPCs", cost.states)];
    for (function, operations) in cost.by_function() {
        let total: usize = operations.values().sum();
        lines.push(format!("{total:4} {function}: {operations:?}"));
    }
    let regions = by_region(cost.others()).into_iter();
    lines.extend(regions.map(|(region, operations)| format!("{:4} in {region}", operations.len())));
    lines.join("\n")
}

fn is_within_its_budget(cost: &Cost) {
    assert!(cost.states <= MOST_STATES, "{} states", cost.states);
    let others = cost.others().count();
    assert!(others <= MOST_CALLS, "{others} calls");
    for (region, operations) in by_region(cost.others()) {
        let within = region == HOME_REGION || operations.len() <= MOST_CALLS_OF_A_REGION;
        assert!(within, "{} calls in {region}: {operations:?}", operations.len());
    }
    for (region, operations) in by_region(cost.default_vpcs()) {
        let subnets = operations.iter().filter(|operation| **operation == "DeleteSubnet").count();
        assert!(operations.len() <= MOST_CALLS_OF_A_DEFAULT_VPC + subnets, "{region}: {operations:?}");
    }
}

/// Straight into the emulated AWS: the functions know nothing of them.
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
    // The local cloud shows tasks inside a Map without their states.
    let hidden = of(HistoryEventType::TaskScheduled).saturating_sub(of(HistoryEventType::TaskStateEntered));
    events.iter().filter(entered).count() + hidden
}
