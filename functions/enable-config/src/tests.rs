use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use time::Duration;
use vending_core::{ErrorCode, samples};
use vending_runtime::SessionPolicy;

use super::*;
use crate::region::tests as regional;
use crate::service_role::tests as role;

fn start(variables: fn(&str) -> Option<String>) -> Result<EnableConfig, String> {
    let config = SdkConfig::builder().build();
    let step = EnableConfig::new(&config, &Environment::of(variables));
    step.map_err(|error| error.to_string())
}

fn step() -> EnableConfig {
    EnableConfig {
        config: SdkConfig::builder().build(),
        bucket: regional::BUCKET.to_owned(),
        control_tower_units: vec!["Governed/By CT".to_owned()],
        home_region: "us-east-1".to_owned(),
    }
}

type Regions<'a> = Vec<(&'a str, Vec<Rule>)>;

fn input(unit: &str) -> BaselineInput {
    let mut input = samples::baseline_input(Duration::ZERO);
    input.request.organizational_unit = unit.parse().unwrap();
    input
}

/// What is reported where nothing is changed, and the changes. Every rule is called once, in order, and nothing else is
/// called.
async fn converge(iam_rules: Vec<Rule>, regions: Regions<'_>) -> Result<(Converged, Vec<String>), StepError> {
    let iam = mock_client!(aws_sdk_iam, RuleMode::Sequential, &iam_rules);
    let client = |(region, rules): &(&str, Vec<Rule>)| {
        let client = mock_client!(aws_sdk_config, RuleMode::Sequential, rules);
        ((*region).to_owned(), client)
    };
    let account = Recorded::ByOurselves { role: ServiceRole::new(iam), clients: regions.iter().map(client).collect() };
    let changes = Changes::to_make();
    let converged = step().converge(&account, &input("Workloads"), &changes).await;
    let regional = regions.iter().flat_map(|(_, rules)| rules);
    for (index, rule) in iam_rules.iter().chain(regional).enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    converged.map(|converged| (converged, changes.into_list()))
}

fn fresh(global_resource_types: bool) -> Vec<Rule> {
    vec![
        regional::recorders(vec![]),
        regional::recorder_put(global_resource_types),
        regional::channel_put(),
        regional::started(),
    ]
}

fn recorded() -> Vec<Rule> {
    vec![
        regional::recorders(vec![regional::recorder("default")]),
        regional::channels(&["default"]),
        regional::recording(),
    ]
}

#[tokio::test]
async fn a_fresh_account_takes_six_calls_in_one_region() {
    let iam = vec![role::missing(), role::created()];
    let (_, changes) = converge(iam, vec![("us-east-1", fresh(true))]).await.unwrap();
    assert_eq!(
        changes,
        [
            "created AWSServiceRoleForConfig",
            "us-east-1: put the recorder default, put the delivery channel default, started default"
        ]
    );
}

#[tokio::test]
async fn global_resource_types_are_recorded_at_home_only() {
    let mut elsewhere = recorded();
    elsewhere.push(regional::recorder_put(false));
    let regions = vec![("us-east-1", recorded()), ("eu-west-1", elsewhere)];
    let (_, changes) = converge(vec![role::found()], regions).await.unwrap();
    assert_eq!(changes, ["eu-west-1: put the recorder default"]);
}

#[tokio::test]
async fn an_account_that_is_recorded_is_only_read() {
    let done = converge(vec![role::found()], vec![("us-east-1", recorded())]).await.unwrap();
    assert_eq!(done, (Converged::new("AWS Config records us-east-1"), vec![]));
}

#[tokio::test]
async fn a_bad_region_does_not_stop_the_others() {
    let denied = mock!(Client::describe_configuration_recorders)
        .then_http_response(|| regional::refusal("AccessDeniedException"));
    let regions = vec![("us-east-1", vec![denied]), ("eu-west-1", fresh(false))];
    let error = converge(vec![role::found()], regions).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert!(error.to_string().ends_with("fine: eu-west-1"), "{error}");
}

#[test]
fn control_tower_governs_an_organizational_unit_with_all_below_it() {
    let governed = |unit: &str| step().is_governed_by_control_tower(&unit.parse().unwrap());
    assert!(governed("Governed/By CT"));
    assert!(governed("governed/by ct/Production"));
    assert!(!governed("Governed"));
    assert!(!governed("Workloads"));
}

#[test]
fn settings_are_checked_at_the_start() {
    let complete = start(|name| {
        let value = match name {
            "CONFIG_BUCKET_NAME" => "log-archive",
            "AWS_REGION" => "us-east-1",
            "CONTROL_TOWER_ORGANIZATIONAL_UNITS" => "Sandbox, Workloads/Production",
            _ => return None,
        };
        Some(value.to_owned())
    });
    let units = complete.unwrap().control_tower_units;
    assert_eq!(units, ["Sandbox", "Workloads/Production"]);
    assert!(start(|_| None).unwrap_err().contains("CONFIG_BUCKET_NAME"));
    let error = start(|_| Some("a//b".to_owned())).unwrap_err();
    assert!(error.contains("CONTROL_TOWER_ORGANIZATIONAL_UNITS"), "{error}");
}

#[test]
fn the_session_policies_fit_into_what_sts_takes() {
    for actions in [SESSION_ACTIONS, control_tower::SESSION_ACTIONS] {
        let policy = format!("{:?}", SessionPolicy::allow(actions));
        assert!(policy.len() < 2_048, "{}", policy.len());
    }
}
