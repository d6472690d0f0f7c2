use aws_sdk_servicequotas::types::RequestStatus;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, QuotaIncrease, fixtures};

use super::*;
use crate::increase::tests::{applied, assert_each_called_once, history, request_fails, requested};

fn step() -> RequestQuotaIncreases {
    RequestQuotaIncreases::new(&SdkConfig::builder().build())
}

/// The increase of the number of Elastic Compute Cloud vCPUs to 64.
pub(crate) fn wanted(region: &str) -> QuotaIncrease {
    let [region, service, code] = [region, "ec2", "L-1216C47A"].map(str::to_owned);
    QuotaIncrease { region: Some(region), service, code, value: 64.into() }
}

fn input(enabled_regions: &[&str]) -> BaselineInput {
    let mut input = fixtures::baseline_input(Duration::DAY);
    input.settings.quota_increases = BOTH.iter().map(|region| wanted(region)).collect();
    input.enabled_regions = enabled_regions.iter().map(|&region| region.to_owned()).collect();
    input
}

type Run = (Result<Converged, StepError>, Vec<String>);

async fn converge(enabled: &[&str], us_east_1: Vec<Rule>, eu_west_1: Vec<Rule>) -> Run {
    run(&input(enabled), us_east_1, eu_west_1).await
}

/// Converges. Asserts that each rule of both Regions is called once.
async fn run(input: &BaselineInput, us_east_1: Vec<Rule>, eu_west_1: Vec<Rule>) -> Run {
    let (step, changes) = (step(), Changes::apply());
    let account = regions(input, |region| {
        let rules = if region == "us-east-1" { &us_east_1 } else { &eu_west_1 };
        mock_client!(aws_sdk_servicequotas, RuleMode::Sequential, rules)
    });
    let converged = step.converge(&account, input, &changes).await;
    assert_each_called_once(us_east_1.iter().chain(&eu_west_1));
    (converged, changes.into_names())
}

const BOTH: &[&str] = &["us-east-1", "eu-west-1"];

#[tokio::test]
async fn new_account_requests_in_each_region() {
    let fresh = || vec![applied(5.0), history(vec![]), requested()];
    let (converged, made) = converge(BOTH, fresh(), fresh()).await;
    let requests = ["requested 64 for ec2/L-1216C47A in us-east-1", "requested 64 for ec2/L-1216C47A in eu-west-1"];
    assert_eq!(made, requests);
    let open = BOTH.iter().map(|region| format!("the request of 64 for ec2/L-1216C47A in {region} is PENDING"));
    assert_eq!(converged.unwrap(), Converged::new(open.collect::<Vec<_>>().join("; ")).pending());
}

#[tokio::test]
async fn applied_increase_is_done() {
    let (converged, made) = converge(BOTH, vec![applied(64.0)], vec![applied(128.0)]).await;
    let text = "ec2/L-1216C47A in us-east-1 is 64; ec2/L-1216C47A in eu-west-1 is 128";
    assert_eq!(converged.unwrap(), Converged::new(text));
    assert!(made.is_empty());
}

#[tokio::test]
async fn open_request_is_pending() {
    let open = history(vec![(64.0, RequestStatus::Pending)]);
    let (converged, made) = converge(BOTH, vec![applied(64.0)], vec![applied(5.0), open]).await;
    let text = "ec2/L-1216C47A in us-east-1 is 64; the request of 64 for ec2/L-1216C47A in eu-west-1 is PENDING";
    assert_eq!(converged.unwrap(), Converged::new(text).pending());
    assert!(made.is_empty());
}

#[tokio::test]
async fn rejected_request_is_noted_and_not_pending() {
    let rejected = || vec![applied(5.0), history(vec![(64.0, RequestStatus::NotApproved)])];
    let (converged, _) = converge(BOTH, rejected(), rejected()).await;
    let note = ["us-east-1", "eu-west-1"].map(|region| {
        format!("the request of 64 for ec2/L-1216C47A in {region} is NOT_APPROVED; contact AWS Support for the reason")
    });
    assert_eq!(converged.unwrap(), Converged::new("no quota has its configured value").with_note(note.join("; ")));
}

#[tokio::test]
async fn disabled_region_is_not_called() {
    let (converged, _) = converge(&["us-east-1"], vec![applied(64.0)], vec![]).await;
    let note = "ec2/L-1216C47A in eu-west-1 was not requested: the Region is not enabled in the account";
    assert_eq!(converged.unwrap(), Converged::new("ec2/L-1216C47A in us-east-1 is 64").with_note(note));
}

#[tokio::test]
async fn one_failing_region_does_not_stop_the_rest() {
    let failing = || vec![applied(5.0), history(vec![]), request_fails("ServiceUnavailableException")];
    let succeeding = || vec![applied(5.0), history(vec![]), requested()];
    let fresh = BaselineInput { propagation_started_at: OffsetDateTime::now_utc(), ..input(BOTH) };
    let (converged, made) = run(&fresh, failing(), succeeding()).await;
    assert_eq!(converged.unwrap_err().code(), ErrorCode::ServiceUnavailable);
    assert_eq!(made, ["requested 64 for ec2/L-1216C47A in eu-west-1"]);

    let (converged, made) = converge(BOTH, failing(), succeeding()).await;
    assert_eq!(made, ["requested 64 for ec2/L-1216C47A in eu-west-1"]);
    let open = Converged::new("the request of 64 for ec2/L-1216C47A in eu-west-1 is PENDING").pending();
    let note = "could not request 64 for the quota ec2/L-1216C47A in us-east-1: ServiceUnavailableException: no; the next run of the step tries again";
    assert_eq!(converged.unwrap(), open.with_note(note));
}

#[test]
fn quotas_are_grouped_by_region() {
    let mut input = input(BOTH);
    input.settings.quota_increases.push(QuotaIncrease { code: "L-34B43A08".to_owned(), ..wanted("us-east-1") });
    let client = |_: &str| mock_client!(aws_sdk_servicequotas, RuleMode::Sequential, &[] as &[Rule]);
    let regions = regions(&input, client);
    let sizes: Vec<_> = regions.iter().map(|region| (region.name.as_str(), region.increases.len())).collect();
    assert_eq!(sizes, [("us-east-1", 2), ("eu-west-1", 1)]);
}

#[test]
fn stack_without_increases_skips_the_step() {
    let mut input = input(BOTH);
    assert_eq!(step().skip_reason(&input), None);
    input.settings.quota_increases.clear();
    assert_eq!(step().skip_reason(&input).as_deref(), Some("the manifest has no quotaIncreases for this OU"));
}
