use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use time::Duration;
use vending_core::fixtures;

use super::*;
use crate::default_vpc::tests as vpc;
use crate::settings::tests as settings;

fn step() -> HardenEc2 {
    HardenEc2::new(&SdkConfig::builder().build())
}

const KEEP: bool = false;
const REMOVE: bool = true;

fn input(remove_default_vpcs: bool, governed: &[&str], enabled: &[&str]) -> BaselineInput {
    let regions = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let mut input = fixtures::baseline_input(Duration::ZERO);
    input.settings.remove_default_vpcs = remove_default_vpcs;
    input.settings.governed_regions = regions(governed);
    input.enabled_regions = regions(enabled);
    input
}

/// Converges and reads back. Returns the report and the changes. Asserts that each rule of each Region is called once.
async fn run(
    remove_default_vpcs: bool,
    governed: &[&str],
    regions: &[(&str, Vec<Rule>)],
) -> Result<(Converged, Vec<String>), StepError> {
    let enabled: Vec<&str> = regions.iter().map(|(region, _)| *region).collect();
    let (step, input) = (&step(), &input(remove_default_vpcs, governed, &enabled));
    let account = &super::regions(input, |name| {
        let (_, rules) = regions.iter().find(|(region, _)| *region == name).unwrap();
        mock_client!(aws_sdk_ec2, RuleMode::Sequential, rules)
    });
    let converge = |changes| async move { step.converge(account, input, &changes).await };
    let run = Changes::apply_and_read_back(converge).await;
    for (region, rules) in regions {
        for (index, rule) in rules.iter().enumerate() {
            assert_eq!(rule.num_calls(), 1, "calls of rule {index} in {region}");
        }
    }
    run
}

fn chain<const N: usize>(parts: [Vec<Rule>; N]) -> Vec<Rule> {
    parts.into_iter().flatten().collect()
}

#[tokio::test]
async fn new_account_is_hardened_without_default_vpcs() {
    let governed = chain([
        settings::fresh_set().into(),
        vpc::unused().into(),
        vpc::all_deleted().into(),
        settings::fresh_read_back().into(),
        vpc::read_back(None).into(),
    ]);
    let enabled = chain([vpc::unused().into(), vpc::all_deleted().into(), vpc::read_back(None).into()]);
    let regions = [("us-east-1", governed), ("eu-west-1", enabled)];
    let (converged, made) = run(REMOVE, &["us-east-1"], &regions).await.unwrap();
    assert_eq!(made.len(), 3 + 2 + 2, "{made:?}");
    assert_eq!(
        converged,
        Converged::new(
            "the defaults for EBS volumes, snapshots, AMIs, and IMDS are set in us-east-1; checked the default VPCs of 2 Regions"
        )
    );
}

#[tokio::test]
async fn only_governed_regions_are_called_by_default() {
    let regions = [("us-east-1", settings::all_set().into()), ("eu-west-1", vec![])];
    let (converged, made) = run(KEEP, &["us-east-1"], &regions).await.unwrap();
    assert!(made.is_empty());
    assert_eq!(
        converged,
        Converged::new("the defaults for EBS volumes, snapshots, AMIs, and IMDS are set in us-east-1")
    );
}

#[tokio::test]
async fn report_has_the_notes_of_all_regions() {
    let regions = [("us-east-1", vpc::in_use().into()), ("eu-west-1", vpc::in_use().into())];
    let (converged, made) = run(REMOVE, &[], &regions).await.unwrap();
    assert!(made.is_empty());
    let note = |region| format!("{region}: kept the default VPC vpc-1: it has network interfaces");
    assert_eq!(
        converged,
        Converged::new("checked the default VPCs of 2 Regions")
            .with_note([note("us-east-1"), note("eu-west-1")].join("; "))
    );
}

#[tokio::test]
async fn slow_setting_makes_the_report_pending() {
    let regions = [("us-east-1", settings::images_blocked())];
    let (converged, made) = run(KEEP, &["us-east-1"], &regions).await.unwrap();
    assert_eq!(made, ["us-east-1: set the public access block for AMIs"]);
    let found =
        Converged::new("the defaults for EBS volumes, snapshots, AMIs, and IMDS are set in us-east-1").pending();
    let note = "us-east-1: set the public access block for AMIs; AWS can take up to 10 minutes to show it";
    assert_eq!(converged, found.with_note(note));
}

#[tokio::test]
async fn one_failing_region_does_not_stop_the_rest() {
    let denied = mock!(Client::describe_subnets).then_http_response(|| settings::error_response("OptInRequired"));
    let regions = [("us-east-1", vec![denied]), ("eu-west-1", vpc::none().into())];
    let error = run(REMOVE, &[], &regions).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert!(error.to_string().ends_with("succeeded in eu-west-1"), "{error}");
}

fn denied_by_scp() -> Rule {
    let message = "You are not authorized to perform this operation, with an explicit deny in a service control policy";
    mock!(Client::describe_subnets)
        .then_http_response(move || settings::error_with_message("UnauthorizedOperation", message))
}

#[tokio::test]
async fn regions_denied_by_scp_are_only_noted() {
    let denied = || vec![denied_by_scp()];
    let deleted = chain([vpc::unused().into(), vpc::all_deleted().into(), vpc::read_back(None).into()]);
    let regions = [("us-east-1", denied()), ("us-east-2", deleted), ("us-west-2", denied())];
    let (converged, made) = run(REMOVE, &[], &regions).await.unwrap();
    assert_eq!(made.len(), 2, "{made:?}");
    let found = Converged::new("checked the default VPCs of 3 Regions");
    assert_eq!(converged, found.with_note("not allowed by policy to inspect the default VPC in us-east-1, us-west-2"));
}

#[tokio::test]
async fn denied_governed_region_fails_the_step() {
    let rules = chain([settings::all_set().into(), vec![denied_by_scp()]]);
    let error = run(REMOVE, &["us-east-1"], &[("us-east-1", rules)]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}

#[test]
fn disabled_governed_region_is_reported() {
    let error = require_enabled(&input(KEEP, &["us-east-1", "af-south-1"], &["us-east-1"])).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert_eq!(error.to_string(), "governed Regions that are not enabled in the account: af-south-1");
    assert!(error.remedy().starts_with("enable af-south-1 in the account"), "{}", error.remedy());
    require_enabled(&input(KEEP, &["us-east-1"], &["us-east-1", "eu-west-1"])).unwrap();
}

#[test]
fn step_without_regions_is_skipped() {
    assert_eq!(step().skip_reason(&input(KEEP, &[], &["us-east-1"])).as_deref(), Some("no Region is governed"));
    assert_eq!(step().skip_reason(&input(REMOVE, &[], &["us-east-1"])), None);
    assert_eq!(step().skip_reason(&input(KEEP, &["us-east-1"], &["us-east-1"])), None);
}

#[test]
fn only_deleting_sessions_may_delete_vpcs() {
    let may_delete = |remove| format!("{:?}", session_policy(&input(remove, &[], &[]))).contains("ec2:DeleteVpc");
    assert!(may_delete(REMOVE) && !may_delete(KEEP));
}
