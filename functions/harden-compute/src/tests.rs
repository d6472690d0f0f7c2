use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use time::Duration;
use vending_core::samples;
use vending_runtime::SessionPolicy;

use super::*;
use crate::default_vpc::tests as vpc;
use crate::settings::tests as settings;

fn step(removes_default_vpcs: bool) -> HardenCompute {
    let units = if removes_default_vpcs { vec!["Sandbox".to_owned()] } else { Vec::new() };
    HardenCompute { config: SdkConfig::builder().build(), removes_default_vpcs_in: units }
}

fn input(governed: &[&str], enabled: &[&str]) -> BaselineInput {
    let regions = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    BaselineInput {
        governed_regions: regions(governed),
        enabled_regions: regions(enabled),
        ..samples::baseline_input(Duration::ZERO)
    }
}

/// What the report of a run is made of, after the look that reads back.
struct Run {
    made: Vec<String>,
    differences: Vec<String>,
    converged: Converged,
}

/// Looks, changes and looks again. In each region every rule is called once, in order, and nothing else is called.
async fn run(step: &HardenCompute, governed: &[&str], regions: &[(&str, Vec<Rule>)]) -> Result<Run, StepError> {
    let enabled: Vec<&str> = regions.iter().map(|(region, _)| *region).collect();
    let input = input(governed, &enabled);
    let account = step.regions(&input, |name| {
        let (_, rules) = regions.iter().find(|(region, _)| *region == name).unwrap();
        mock_client!(aws_sdk_ec2, RuleMode::Sequential, rules)
    });
    let (making, listing) = (Changes::to_make(), Changes::to_list());
    let made = step.converge(&account, &input, &making).await;
    let read_back = match made {
        Ok(_) => step.converge(&account, &input, &listing).await,
        Err(error) => Err(error),
    };
    for (region, rules) in regions {
        for (index, rule) in rules.iter().enumerate() {
            assert_eq!(rule.num_calls(), 1, "calls of rule {index} in {region}");
        }
    }
    Ok(Run { made: making.into_list(), differences: listing.into_list(), converged: read_back? })
}

fn chain<const N: usize>(parts: [Vec<Rule>; N]) -> Vec<Rule> {
    parts.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_fresh_account_is_hardened_and_loses_its_default_vpcs() {
    let governed = chain([
        settings::fresh().into(),
        settings::fresh_set().into(),
        vpc::unused().into(),
        vpc::all_deleted().into(),
        settings::fresh_read_back().into(),
        vpc::read_back(None).into(),
    ]);
    let enabled = chain([vpc::unused().into(), vpc::all_deleted().into(), vpc::read_back(None).into()]);
    let regions = [("us-east-1", governed), ("eu-west-1", enabled)];
    let run = run(&step(true), &["us-east-1"], &regions).await.unwrap();
    assert_eq!(run.made.len(), 3 + 2 + 2, "{:?}", run.made);
    assert!(run.differences.is_empty(), "{:?}", run.differences);
    assert_eq!(
        run.converged,
        Converged::new(
            "the defaults for volumes, snapshots, AMIs and IMDS stand in us-east-1; the default VPCs of 2 regions are seen to"
        )
    );
}

#[tokio::test]
async fn without_the_removal_only_governed_regions_are_called() {
    let regions = [("us-east-1", settings::all_set().into()), ("eu-west-1", vec![])];
    let run = run(&step(false), &["us-east-1"], &regions).await.unwrap();
    assert!(run.made.is_empty());
    assert_eq!(run.converged, Converged::new("the defaults for volumes, snapshots, AMIs and IMDS stand in us-east-1"));
}

#[tokio::test]
async fn the_notes_of_all_regions_are_in_the_report() {
    let regions = [("us-east-1", vpc::in_use().into()), ("eu-west-1", vpc::in_use().into())];
    let run = run(&step(true), &[], &regions).await.unwrap();
    assert!(run.made.is_empty());
    let note = |region| format!("{region}: the default VPC vpc-1 stays: it has network interfaces");
    assert_eq!(
        run.converged,
        Converged::new("the default VPCs of 2 regions are seen to")
            .with_note([note("us-east-1"), note("eu-west-1")].join("; "))
    );
}

#[tokio::test]
async fn what_aws_takes_its_time_for_makes_the_report_pending() {
    let run = run(&step(false), &["us-east-1"], &[("us-east-1", settings::images_blocked())]).await.unwrap();
    assert_eq!(run.made, ["us-east-1: set the block of public AMIs"]);
    assert!(run.differences.is_empty());
    let found = Converged::new("the defaults for volumes, snapshots, AMIs and IMDS stand in us-east-1").pending();
    let note = "us-east-1: AWS takes up to 10 minutes until the block of public AMIs shows";
    assert_eq!(run.converged, found.with_note(note));
}

#[tokio::test]
async fn a_bad_region_does_not_stop_the_others() {
    let denied = mock!(Client::describe_subnets).then_http_response(|| settings::refusal("OptInRequired"));
    let regions = [("us-east-1", vec![denied]), ("eu-west-1", vpc::none().into())];
    let Err(error) = run(&step(true), &[], &regions).await else {
        panic!("a region is not ready");
    };
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert!(error.to_string().ends_with("fine: eu-west-1"), "{error}");
}

fn denied_by_the_organization() -> Rule {
    let words = "You are not authorized to perform this operation, with an explicit deny in a service control policy";
    mock!(Client::describe_subnets)
        .then_http_response(move || settings::refusal_in_words("UnauthorizedOperation", words))
}

#[tokio::test]
async fn regions_that_the_organization_closes_are_named_and_no_failure() {
    let closed = || vec![denied_by_the_organization(), denied_by_the_organization()];
    let open = chain([vpc::none().into()]);
    let regions = [("us-east-1", closed()), ("us-east-2", open), ("us-west-2", closed())];
    let run = run(&step(true), &[], &regions).await.unwrap();
    assert!(run.made.is_empty());
    let found = Converged::new("the default VPCs of 3 regions are seen to");
    assert_eq!(run.converged, found.with_note("a policy denies to see to the default VPC in us-east-1, us-west-2"));
}

#[tokio::test]
async fn a_governed_region_is_not_to_be_closed() {
    let rules = chain([settings::all_set().into(), vec![denied_by_the_organization()]]);
    let Err(error) = run(&step(true), &["us-east-1"], &[("us-east-1", rules)]).await else {
        panic!("a governed region is closed");
    };
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}

#[test]
fn a_governed_region_that_is_not_enabled_is_named() {
    let error = require_enabled(&input(&["us-east-1", "af-south-1"], &["us-east-1"])).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert_eq!(error.to_string(), "governed, but not enabled in the account: af-south-1");
    assert!(error.remedy().starts_with("enable af-south-1 in the account"), "{}", error.remedy());
    require_enabled(&input(&["us-east-1"], &["us-east-1", "eu-west-1"])).unwrap();
}

#[test]
fn without_a_region_there_is_nothing_to_do() {
    assert_eq!(step(false).skip(&input(&[], &["us-east-1"])).as_deref(), Some("no region is governed"));
    assert_eq!(step(true).skip(&input(&[], &["us-east-1"])), None);
    assert_eq!(step(false).skip(&input(&["us-east-1"], &["us-east-1"])), None);
}

fn start(variable: fn(&str) -> Option<String>) -> Result<HardenCompute, String> {
    let step = HardenCompute::new(&SdkConfig::builder().build(), &Environment::of(variable));
    step.map_err(|error| error.to_string())
}

#[test]
fn settings_are_checked_at_the_start() {
    let removes = |units: fn(&str) -> Option<String>| {
        start(units).unwrap().removes_default_vpcs(&input(&["us-east-1"], &["us-east-1"]))
    };
    assert!(removes(|_| Some("*".to_owned())));
    assert!(removes(|_| Some("Workloads,sandbox".to_owned())));
    assert!(!removes(|_| Some("Workloads".to_owned())));
    assert!(!removes(|_| None));
    let error = start(|_| Some("Workloads//Production".to_owned())).unwrap_err();
    assert!(error.contains("REMOVE_DEFAULT_VPCS"), "{error}");
}

fn anywhere() -> BaselineInput {
    input(&["us-east-1"], &["us-east-1"])
}

#[test]
fn the_session_may_remove_vpcs_only_where_the_step_does() {
    assert_eq!(step(false).session_actions(&anywhere()), SESSION_ACTIONS);
    let all = step(true).session_actions(&anywhere());
    assert_eq!(all.len(), SESSION_ACTIONS.len() + DEFAULT_VPC_SESSION_ACTIONS.len());
    assert!(all.is_sorted(), "{all:?}");
}

#[test]
fn the_session_policies_fit_into_what_sts_takes() {
    for removes in [false, true] {
        let policy = format!("{:?}", SessionPolicy::allow(&step(removes).session_actions(&anywhere())));
        assert!(policy.len() < 2_048, "{}", policy.len());
    }
}
