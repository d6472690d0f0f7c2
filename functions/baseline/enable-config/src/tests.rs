use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use time::Duration;
use vending_core::{ErrorCode, fixtures};

use super::*;
use crate::region::tests as regional;
use crate::service_role::tests as role;

fn step() -> EnableConfig {
    EnableConfig { config: SdkConfig::builder().build(), home_region: "us-east-1".to_owned() }
}

type Regions<'a> = Vec<(&'a str, Vec<Rule>)>;

fn input() -> BaselineInput {
    fixtures::baseline_input(Duration::ZERO)
}

/// The report and the changes of a run without its read-back. Asserts that each rule is called once.
async fn converge(iam_rules: Vec<Rule>, regions: Regions<'_>) -> Result<(Converged, Vec<String>), StepError> {
    let changes = Changes::apply();
    let converged = step().converge(&account(&iam_rules, &regions), &input(), &changes).await;
    assert_each_called_once(&iam_rules, &regions);
    converged.map(|converged| (converged, changes.into_names()))
}

fn account(iam_rules: &[Rule], regions: &Regions<'_>) -> Recorders {
    let iam = mock_client!(aws_sdk_iam, RuleMode::Sequential, iam_rules);
    let client = |(region, rules): &(&str, Vec<Rule>)| {
        let client = mock_client!(aws_sdk_config, RuleMode::Sequential, rules);
        ((*region).to_owned(), client)
    };
    Recorders::AccountVending {
        role: ServiceRole::new(iam),
        clients: regions.iter().map(client).collect(),
        bucket: regional::BUCKET.to_owned(),
    }
}

fn assert_each_called_once(iam_rules: &[Rule], regions: &Regions<'_>) {
    let regional = regions.iter().flat_map(|(_, rules)| rules);
    for (index, rule) in iam_rules.iter().chain(regional).enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
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
async fn new_account_takes_six_calls_in_one_region() {
    let iam = vec![role::missing(), role::created()];
    let (_, changes) = converge(iam, vec![("us-east-1", fresh(true))]).await.unwrap();
    assert_eq!(
        changes,
        [
            "created AWSServiceRoleForConfig",
            "us-east-1: put the recorder default, put the delivery channel default, started the recorder default"
        ]
    );
}

#[tokio::test]
async fn global_types_are_recorded_in_home_region() {
    let mut other_region = recorded();
    other_region.push(regional::recorder_put(false));
    let regions = vec![("us-east-1", recorded()), ("eu-west-1", other_region)];
    let (_, changes) = converge(vec![role::found()], regions).await.unwrap();
    assert_eq!(changes, ["eu-west-1: put the recorder default"]);
}

#[tokio::test]
async fn only_the_changed_region_is_read_back() {
    let mut elsewhere = regional::recorder("default");
    elsewhere.recording_group.as_mut().unwrap().include_global_resource_types = false;
    let elsewhere = vec![regional::recorders(vec![elsewhere]), regional::channels(&["default"]), regional::recording()];
    let regions = vec![("us-east-1", [fresh(true), recorded()].concat()), ("eu-west-1", elsewhere)];
    let iam_rules = vec![role::missing(), role::created()];
    let (step, account, input) = (&step(), &account(&iam_rules, &regions), &input());
    Changes::apply_and_read_back(|changes| async move { step.converge(account, input, &changes).await }).await.unwrap();
    assert_each_called_once(&iam_rules, &regions);
}

#[tokio::test]
async fn recorded_account_is_only_read() {
    let done = converge(vec![role::found()], vec![("us-east-1", recorded())]).await.unwrap();
    assert_eq!(done, (Converged::new("AWS Config records the account in us-east-1"), vec![]));
}

#[tokio::test]
async fn one_failing_region_does_not_stop_the_rest() {
    let denied = mock!(Client::describe_configuration_recorders)
        .then_http_response(|| regional::error_response("AccessDeniedException"));
    let regions = vec![("us-east-1", vec![denied]), ("eu-west-1", fresh(false))];
    let error = converge(vec![role::found()], regions).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert!(error.to_string().ends_with("succeeded in eu-west-1"), "{error}");
}

#[test]
fn without_a_bucket_only_control_tower_accounts_are_checked() {
    let mut input = input();
    assert_eq!(step().skip_reason(&input), Some(NO_BUCKET.to_owned()));
    input.settings.governed_by_control_tower = true;
    assert_eq!(step().skip_reason(&input), None);
    input.settings.governed_by_control_tower = false;
    input.settings.config_bucket = Some(regional::BUCKET.to_owned());
    assert_eq!(step().skip_reason(&input), None);
}
